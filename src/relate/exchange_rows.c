// Rows: what Exchange's own logs say
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_row.h"

#include "base/slice.h"

// Columns as Exchange 2013 to 2019 name them; docs/decode.md.
#define BUILT "to=@host:host!; artefact=MajorVersion&MinorVersion&BuildVersion&RevisionVersion!"
#define READS                                                                                      \
    "from=ClientIpAddress:host; to=@host:host!; account=AuthenticatedUser; detail0=SoapAction; "   \
    "detail1=UserAgent; out=RequestSize; in=ResponseSize; taken=TotalRequestTime; "
// server-hostname is whom the message went to, which may be anybody's.
#define TRACKED                                                                                    \
    "from=sender-address:lower; to=recipient-address:domain; account=sender-address:lower; "       \
    "detail0=recipient-address:lower; detail1=message-subject:digest; out=total-bytes; "           \
    "recorder=@folder; "

#define LOG(name, what, text, only)                                                                \
    {                                                                                              \
        .format = "exchange_" name, .code = ROW_ANY_CODE, .kind = RELATION_##what, .parts = text,  \
        .when = only                                                                               \
    }

static const struct relation_row ROWS[] = {
    LOG("http_proxy", WEB_REQUEST,
        "from=ClientIpAddress:host; to=@host:host!; account=AuthenticatedUser; "
        "artefact=UrlStem:webpath!; detail0=Method; detail1=HttpStatus; detail2=@marks; "
        "out=RequestBytes; in=ResponseBytes; taken=TotalRequestTime",
        NULL),
    LOG("http_proxy", ANCHOR,
        "from=ClientIpAddress:host; to=@host:host!; account=AuthenticatedUser; "
        "artefact=AnchorMailbox:lower!; detail0=UrlStem:webpath; detail1=HttpStatus; "
        "detail2=TargetServer:lower",
        NULL),
    LOG("http_proxy", BUILD, BUILT, NULL),
    LOG("ews", MAIL_READ, READS "artefact=AuthenticatedUser:lower!", "ImpersonatedUser="),
    LOG("ews", MAIL_READ, READS "artefact=ImpersonatedUser:lower!; detail2='impersonated'", NULL),
    LOG("ews", BUILD, BUILT, NULL),
    LOG("rps_http", CMDLET,
        "from=ClientIpAddress:host; to=@host:host!; account=AuthenticatedUser; "
        "artefact=CommandName:lower!; detail1=ErrorCode:failed; detail2=ClientInfo",
        NULL),
    LOG("rps_http", BUILD, BUILT, NULL),
    LOG("rps_cmdlet", CMDLET,
        "to=@host:host!; account=AuthenticatedUser; artefact=Cmdlet:lower!; detail0=Parameters; "
        "detail1=ErrorType:failed; detail2=ClientApplication",
        NULL),
    LOG("rps_cmdlet", BUILD, BUILT, NULL),
    LOG("ecp_server", CMDLET,
        "to=@host:host!; artefact=EventData.CMD:cmdlet!; detail0=EventData.CMD; "
        "detail1=EventData.EX:failed; detail2='ecp'",
        NULL),
    LOG("ecp_server", BUILD, "to=@host:host!; artefact=EventData.BLD!", NULL),
    LOG("audit", CMDLET,
        "from=Data.ClientIP:host|ClientIP:host; to=@host:host!; "
        "account=UserId|UserIds|Data.UserId; artefact=Operation:lower|Data.Operation:lower!; "
        "detail0=Data.ObjectId|ObjectId; detail2='audit'",
        NULL),
    LOG("tracking", MAIL, TRACKED "artefact='sent'", "event-id=SEND|SENDEXTERNAL"),
    LOG("tracking", MAIL, TRACKED "artefact='received'", "event-id=RECEIVE; source=SMTP"),
    LOG("tracking", MAIL, TRACKED "artefact='delivered'", "event-id=DELIVER"),
};

const struct relation_family relation_family_exchange = {ROWS, ARRAY_SIZE(ROWS)};
