// Web servers' logs in the words of rules
// SPDX-License-Identifier: Apache-2.0
#include "normalise/aliases.h"

extern const struct alias_table web_aliases;

// Every web log's fields have W3C's names (decode/w3c.c, decode/access_log.c). Published rules use
// Sigma's: a path stands in cs-uri-query as often as in cs-uri-stem, so that both the query
// itself and stem?query are tried. IIS writes '+' for blanks in header fields, so that the
// text with blanks is tried as well.
// clang-format off
static const struct field_alias WEB[] = {
    ALIAS("cs-uri-query", "cs-uri-query"),
    ALIAS_OF_TWO("cs-uri-query", "cs-uri-stem", "cs-uri-query", JOIN_QUERY),
    ALIAS_OF_TWO("cs-uri", "cs-uri-stem", "cs-uri-query", JOIN_QUERY),
    ALIAS_OF_TWO("c-uri", "cs-uri-stem", "cs-uri-query", JOIN_QUERY),
    // Blue Coat says path for stem; other proxies log the whole.
    ALIAS_OF_TWO("c-uri", "cs-uri-path", "cs-uri-query", JOIN_QUERY),
    ALIAS_OF_TWO("cs-uri", "cs-uri-path", "cs-uri-query", JOIN_QUERY),
    ALIAS("cs-uri", "cs-uri"),
    ALIAS("c-uri", "cs-uri"),
    ALIAS("c-uri-query", "cs-uri-query"),
    ALIAS("c-uri-stem", "cs-uri-stem"),
    ALIAS_AS("c-uri-extension", "cs-uri-stem", PATH_EXTENSION),
    ALIAS("cs-user-agent", "cs(User-Agent)"),
    ALIAS_AS("cs-user-agent", "cs(User-Agent)", PLUS_BLANK),
    ALIAS("c-useragent", "cs(User-Agent)"),
    ALIAS_AS("c-useragent", "cs(User-Agent)", PLUS_BLANK),
    ALIAS("cs-referer", "cs(Referer)"),
    ALIAS("cs-referrer", "cs(Referer)"),
    ALIAS("cs-cookie", "cs(Cookie)"),
    ALIAS("cs-content-type", "cs(Content-Type)"),
    ALIAS("cs-host", "cs-host"),
    ALIAS("cs-host", "cs(Host)"),
    ALIAS("src_ip", "c-ip"),
    ALIAS("dst_ip", "s-ip"),
    ALIAS("dst_port", "s-port"),
    // for field.def
    ALIAS("url.query", "cs-uri-query"),
    ALIAS_OF_TWO("url.original", "cs-uri-stem", "cs-uri-query", JOIN_QUERY),
    ALIAS("url.original", "cs-uri-stem"),
};
// clang-format on

const struct alias_table web_aliases = ALIAS_TABLE(WEB);
