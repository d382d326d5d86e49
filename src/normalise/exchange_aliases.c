// Exchange's logs in the words of rules
// SPDX-License-Identifier: Apache-2.0
#include "normalise/aliases.h"

extern const struct alias_table exchange_proxy_aliases;
extern const struct alias_table exchange_cmdlet_aliases;
extern const struct alias_table exchange_receive_aliases;
extern const struct alias_table exchange_send_aliases;

// HttpProxy logs the requests that IIS logs as well, for rules of category webserver: names as in
// web_aliases.c. UrlQuery begins with its "?".
// clang-format off
static const struct field_alias PROXY[] = {
    ALIAS("cs-method", "Method"),
    ALIAS("cs-host", "UrlHost"),
    ALIAS("cs-uri-stem", "UrlStem"),
    ALIAS("c-uri-stem", "UrlStem"),
    ALIAS_AS("c-uri-extension", "UrlStem", PATH_EXTENSION),
    ALIAS_AS("cs-uri-query", "UrlQuery", QUERY),
    ALIAS_OF_TWO("cs-uri-query", "UrlStem", "UrlQuery", JOIN),
    ALIAS_AS("c-uri-query", "UrlQuery", QUERY),
    ALIAS_OF_TWO("cs-uri", "UrlStem", "UrlQuery", JOIN),
    ALIAS_OF_TWO("c-uri", "UrlStem", "UrlQuery", JOIN),
    ALIAS("cs-username", "AuthenticatedUser"),
    ALIAS("cs-user-agent", "UserAgent"),
    ALIAS("cs(User-Agent)", "UserAgent"),
    ALIAS("c-useragent", "UserAgent"),
    ALIAS("c-ip", "ClientIpAddress"),
    ALIAS("src_ip", "ClientIpAddress"),
    ALIAS("sc-status", "HttpStatus"),
    ALIAS("cs-bytes", "RequestBytes"),
    ALIAS("sc-bytes", "ResponseBytes"),
    ALIAS("time-taken", "TotalRequestTime"),
    ALIAS("s-computername", "ServerHostName"),
    // for field.def
    ALIAS_OF_TWO("url.original", "UrlStem", "UrlQuery", JOIN),
    ALIAS_AS("url.query", "UrlQuery", QUERY),
};

// The connection's other end is the client of a receiving server, the server of a sending one.
static const struct field_alias RECEIVE[] = {
    ALIAS_AS("source.ip", "remote-endpoint", ENDPOINT_HOST),
    ALIAS_AS("source.port", "remote-endpoint", ENDPOINT_PORT),
    ALIAS_AS("destination.ip", "local-endpoint", ENDPOINT_HOST),
    ALIAS_AS("destination.port", "local-endpoint", ENDPOINT_PORT),
};
static const struct field_alias SEND[] = {
    ALIAS_AS("source.ip", "local-endpoint", ENDPOINT_HOST),
    ALIAS_AS("source.port", "local-endpoint", ENDPOINT_PORT),
    ALIAS_AS("destination.ip", "remote-endpoint", ENDPOINT_HOST),
    ALIAS_AS("destination.port", "remote-endpoint", ENDPOINT_PORT),
};
// clang-format on

const struct alias_table exchange_proxy_aliases = ALIAS_TABLE(PROXY);
const struct alias_table exchange_receive_aliases = ALIAS_TABLE(RECEIVE);
const struct alias_table exchange_send_aliases = ALIAS_TABLE(SEND);

// Rules of service msexchange-management look for keywords in the text of the event log's
// records, which has the cmdlet and its parameters as this log has them.
const struct alias_table exchange_cmdlet_aliases = {NULL, 0, EVENT_MESSAGE_EXCHANGE_ROW};
