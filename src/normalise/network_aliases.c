// Second spellings of the network's fields
// SPDX-License-Identifier: Apache-2.0
#include "normalise/aliases.h"

extern const struct alias_table zeek_aliases, proxy_aliases, flow_aliases, dhcp_aliases;

// clang-format off
// All of Zeek's logs: a name that a log lacks gives nothing.
static const struct field_alias ZEEK[] = {
    // connections, as Sysmon names them, and as rules of firewalls do
    ALIAS("SourceIp", "id.orig_h"),
    ALIAS("SourcePort", "id.orig_p"),
    ALIAS("DestinationIp", "id.resp_h"),
    ALIAS("DestinationPort", "id.resp_p"),
    ALIAS("Protocol", "proto"),
    ALIAS("SourceBytes", "orig_bytes"),
    ALIAS("SourceBytes", "request_body_len"),
    ALIAS("DestinationBytes", "resp_bytes"),
    ALIAS("DestinationBytes", "response_body_len"),
    ALIAS("src_ip", "id.orig_h"),
    ALIAS("src_port", "id.orig_p"),
    ALIAS("dst_ip", "id.resp_h"),
    ALIAS("dst_port", "id.resp_p"),
    ALIAS("dataset", "_path"),
    // dns
    ALIAS("QueryName", "query"),
    ALIAS("answer", "answers"),
    ALIAS("record_type", "qtype_name"),
    // http, as rules of proxies and web servers name it
    ALIAS("c-ip", "id.orig_h"),
    ALIAS("c-uri", "uri"),
    ALIAS("cs-uri", "uri"),
    ALIAS_AS("c-uri-stem", "uri", URL_PATH),
    ALIAS_AS("cs-uri-stem", "uri", URL_PATH),
    ALIAS_AS("c-uri-extension", "uri", URL_EXTENSION),
    ALIAS_AS("c-uri-query", "uri", URL_QUERY),
    ALIAS("cs-uri-query", "uri"), // rules put paths there too
    ALIAS("c-useragent", "user_agent"),
    ALIAS("cs-user-agent", "user_agent"),
    ALIAS("cs-host", "host"),
    ALIAS("r-dns", "host"),
    ALIAS("cs-method", "method"),
    ALIAS("sc-status", "status_code"),
    ALIAS("cs-username", "username"),
    ALIAS("cs-referer", "referrer"),
    ALIAS("cs-referrer", "referrer"),
    ALIAS("cs-cookie", "cookie"),
    ALIAS("cs-content-type", "orig_mime_types"),
};

// Squid and exports of gateways. What has no column of its own is taken from the address.
static const struct field_alias PROXY[] = {
    ALIAS("cs-uri", "c-uri"),
    ALIAS_AS("c-uri-stem", "c-uri", URL_PATH),
    ALIAS("c-uri-stem", "cs-uri-stem"),
    ALIAS("cs-uri-stem", "cs-uri-stem"),
    ALIAS_AS("cs-uri-stem", "c-uri", URL_PATH),
    ALIAS_AS("c-uri-extension", "c-uri", URL_EXTENSION),
    ALIAS_AS("c-uri-extension", "cs-uri-stem", URL_EXTENSION),
    ALIAS("c-uri-query", "c-uri-query"),
    ALIAS_AS("c-uri-query", "c-uri", URL_QUERY),
    ALIAS("cs-uri-query", "c-uri"),
    ALIAS("cs-uri-query", "cs-uri-stem"),
    ALIAS("cs-uri-query", "c-uri-query"),
    ALIAS("c-uri", "c-uri"),
    ALIAS("c-uri", "cs-uri-stem"),
    ALIAS("cs-host", "cs-host"),
    ALIAS_AS("cs-host", "c-uri", URL_HOST),
    ALIAS("r-dns", "cs-host"),
    ALIAS_AS("r-dns", "c-uri", URL_HOST),
    ALIAS("cs-user-agent", "c-useragent"),
    ALIAS("cs-referer", "cs-referrer"),
    ALIAS("src_ip", "c-ip"),
    ALIAS("src_port", "c-port"),
    ALIAS("dst_ip", "r-ip"),
    ALIAS("dst_port", "r-port"),
    ALIAS("SourceIp", "c-ip"),
    ALIAS("SourcePort", "c-port"),
    ALIAS("DestinationIp", "r-ip"),
    ALIAS("DestinationPort", "r-port"),
    ALIAS("SourceBytes", "cs-bytes"),
    ALIAS("DestinationBytes", "sc-bytes"),
};

static const struct field_alias FLOW[] = {
    ALIAS("SourceIp", "sa"),
    ALIAS("SourcePort", "sp"),
    ALIAS("DestinationIp", "da"),
    ALIAS("DestinationPort", "dp"),
    ALIAS_AS("Protocol", "pr", PROTOCOL),
    ALIAS("SourceBytes", "ibyt"),
    ALIAS("DestinationBytes", "obyt"),
    ALIAS("src_ip", "sa"),
    ALIAS("src_port", "sp"),
    ALIAS("dst_ip", "da"),
    ALIAS("dst_port", "dp"),
};

static const struct field_alias DHCP[] = {
    ALIAS("hostname", "Host Name"),
    ALIAS("ip", "IP Address"),
    ALIAS("mac", "MAC Address"),
};
// clang-format on

const struct alias_table zeek_aliases = ALIAS_TABLE(ZEEK);
const struct alias_table proxy_aliases = ALIAS_TABLE(PROXY);
const struct alias_table flow_aliases = ALIAS_TABLE(FLOW);
const struct alias_table dhcp_aliases = ALIAS_TABLE(DHCP);
