// Which of Zeek's logs a file is, by its name
// SPDX-License-Identifier: Apache-2.0
#include "decode/zeek_logs.h"

#include <string.h>

// Zeek 7's default logs, without those about Zeek itself.
static const char *const LOGS[] = {
    "conn",         "dns",        "http",        "ssl",          "x509",
    "files",        "smb_files",  "smb_mapping", "smb_cmd",      "kerberos",
    "ntlm",         "dce_rpc",    "dhcp",        "ssh",          "rdp",
    "ftp",          "smtp",       "ldap",        "ldap_search",  "quic",
    "weird",        "notice",     "dpd",         "analyzer",     "tunnel",
    "pe",           "ocsp",       "software",    "known_hosts",  "known_services",
    "known_certs",  "snmp",       "socks",       "sip",          "irc",
    "mysql",        "postgresql", "radius",      "rfb",          "syslog",
    "traceroute",   "signatures", "intel",       "ntp",          "mqtt_connect",
    "mqtt_publish", "modbus",     "dnp3",        "capture_loss", "packet_filter",
    "reporter",     "stats",      "telemetry",   "websocket",    "notice_alarm",
};

static bool is_letter(uint8_t byte) {
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

// A word of its own: no letter before or behind it.
static bool name_has(struct slice name, struct slice word) {
    for (size_t at = 0; name.size - at >= word.size; at++) {
        size_t end = at + word.size;
        if (memcmp(name.data + at, word.data, word.size) == 0 &&
            (at == 0 || !is_letter(name.data[at - 1])) &&
            (end == name.size || !is_letter(name.data[end])))
            return true;
    }
    return false;
}

const char *zeek_log_of_path(struct slice path) {
    struct slice name = slice_behind_last(path, "/\\!");
    const char *best = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(LOGS); i++)
        if ((!best || strlen(LOGS[i]) > strlen(best)) && name_has(name, slice_of_string(LOGS[i])))
            best = LOGS[i];
    return best;
}
