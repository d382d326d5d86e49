// Rows: what web servers and upgrade servers say
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_row.h"

#include "base/slice.h"

// Fields by their W3C names, which the decoders of access logs use as well.
#define REQUEST                                                                                    \
    "from=x-forwarded-for:host|c-ip:host; to=@host:host|s-ip:host|s-computername:host!; "          \
    "account=cs-username; artefact=cs-uri-stem:webpath!; detail0=cs-method; detail1=sc-status; "   \
    "detail2=@marks; out=cs-bytes; in=sc-bytes; taken=time-taken|time-taken-us|time-taken-s"
#define FETCH                                                                                      \
    "from=x-forwarded-for:host|c-ip:host!; to=@host:host|s-ip:host!; "                             \
    "artefact=cs-uri-stem:package!; "                                                              \
    "detail0=sc-status; detail1=sc-bytes; in=sc-bytes"
#define FETCHED "sc-status=200|206; cs-method=GET"

#define LOG(name, what, text, only)                                                                \
    { .format = name, .code = ROW_ANY_CODE, .kind = RELATION_##what, .parts = text, .when = only }

static const struct relation_row ROWS[] = {
    LOG("iis", WEB_REQUEST, REQUEST, NULL),
    LOG("w3c", WEB_REQUEST, REQUEST, NULL),
    LOG("access_log", WEB_REQUEST, REQUEST, NULL),
    LOG("iis", ALIAS, "from=@host:host!; to=s-ip:host!; artefact='iis'", NULL),
    LOG("iis", UPDATE_FETCH, FETCH, FETCHED),
    LOG("w3c", UPDATE_FETCH, FETCH, FETCHED),
    LOG("access_log", UPDATE_FETCH, FETCH, FETCHED),
    // The gate's: what it handed out, with its hash, and every request.
    LOG("vedette_gate", WEB_REQUEST,
        "from=c-ip:host; to=@host:host!; artefact=cs-uri-stem:webpath!; detail0=cs-method; "
        "detail1=sc-status; detail2=@marks; in=sc-bytes",
        NULL),
    LOG("vedette_gate", UPDATE_FETCH,
        "from=c-ip:host!; to=@host:host!; artefact=cs-uri-stem:package!; detail0=sc-status; "
        "detail1=sc-bytes; detail2=sha256_served:sha256; in=sc-bytes",
        "decision=allow; cs-method=GET"),
    LOG("release_catalogue", PACKAGE,
        "to=@host:host!; account=signer; artefact=path:lower!; detail0=sha256:sha256; "
        "detail1=version; in=size",
        NULL),
    LOG("release_list", PACKAGE,
        "to=@host:host!; account=signer; artefact=name:lower!; detail0=sha256:sha256; "
        "detail1=version; detail2='listed'; in=size",
        NULL),
};

const struct relation_family relation_family_web = {ROWS, ARRAY_SIZE(ROWS)};
