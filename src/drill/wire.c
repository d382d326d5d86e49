// What a deed looks like on the network
// SPDX-License-Identifier: Apache-2.0
#include "drill/wire.h"

#include <stdio.h>

static uint64_t mix(uint64_t number) {
    number = (number ^ number >> 30) * 0xBF58476D1CE4E5B9ull;
    number = (number ^ number >> 27) * 0x94D049BB133111EBull;
    return number ^ number >> 31;
}

uint16_t wire_from_port(const struct deed *deed) {
    if (deed->from.port)
        return deed->from.port;
    return (uint16_t)(49152 + mix(deed->serial) % 16384);
}

bool wire_is_secret(const struct deed_web *web) {
    if (web->scheme.size)
        return slice_equal(web->scheme, SLICE("https"));
    return web->site == WEB_EXCHANGE_FRONT || web->site == WEB_EXCHANGE_BACK;
}

const struct host *wire_proxy(const struct organisation *organisation) {
    return organisation_host(organisation, HOST_PROXY, 0);
}

static uint16_t service_port(struct slice service) {
    static const struct {
        const char *name;
        uint16_t port;
    } known[] = {{"ssl", 443}, {"http", 80},    {"smb", 445}, {"ssh", 22},  {"rdp", 3389},
                 {"dns", 53},  {"winrm", 5985}, {"smtp", 25}, {"ntp", 123}, {"ldap", 389},
                 {"krb", 88},  {"rpc", 135},    {"ftp", 21}};
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (slice_equal_string(service, known[i].name))
            return known[i].port;
    return 8080;
}

static const char *zeek_service(struct slice service) {
    static const char *const same[] = {"ssl", "http", "ssh", "rdp", "dns", "smtp", "ntp", "ftp"};
    for (size_t i = 0; i < ARRAY_SIZE(same); i++)
        if (slice_equal_string(service, same[i]))
            return same[i];
    if (slice_equal(service, SLICE("smb")))
        return "gssapi,ntlm,smb";
    if (slice_equal(service, SLICE("winrm")))
        return "http";
    if (slice_equal(service, SLICE("ldap")))
        return "ldap_tcp";
    if (slice_equal(service, SLICE("krb")))
        return "krb_tcp";
    return slice_equal(service, SLICE("rpc")) ? "dce_rpc" : "";
}

static void fill_flow(struct wire_leg *leg, const struct deed *deed) {
    leg->protocol = slice_equal(deed->flow.protocol, SLICE("udp"))    ? "udp"
                    : slice_equal(deed->flow.protocol, SLICE("icmp")) ? "icmp"
                                                                      : "tcp";
    leg->service = deed->flow.refused ? "" : zeek_service(deed->flow.service);
    leg->to_port = service_port(deed->flow.service);
    leg->sent_bytes = deed->flow.sent_bytes;
    leg->received_bytes = deed->flow.received_bytes;
    leg->taken_ms = deed->flow.taken_ms;
    leg->refused = deed->flow.refused;
    leg->secret = slice_equal(deed->flow.service, SLICE("ssl"));
}

static void fill_web(struct wire_leg *leg, const struct deed *deed) {
    const struct deed_web *web = &deed->web;
    leg->secret = wire_is_secret(web);
    leg->service = leg->secret ? "ssl" : "http";
    leg->to_port = web->site == WEB_EXCHANGE_BACK ? 444 : leg->secret ? 443 : 80;
    leg->sent_bytes = web->request_bytes + 380 + (leg->secret ? 900 : 0);
    leg->received_bytes = web->response_bytes + 290 + (leg->secret ? 3800 : 0);
    leg->taken_ms = web->taken_ms + 1;
}

static void fill_logon(struct wire_leg *leg, const struct deed *deed) {
    bool remote = deed->logon.type == LOGON_REMOTE;
    leg->service = remote ? "rdp" : "gssapi,ntlm,smb";
    leg->to_port = remote ? 3389 : 445;
    leg->sent_bytes = remote ? 48000 : 3100 + mix(deed->serial) % 900;
    leg->received_bytes = remote ? 910000 : 1700 + mix(deed->serial + 1) % 400;
    leg->taken_ms = remote ? 600000 : 400;
}

static void fill_kind(struct wire_leg *leg, const struct deed *deed) {
    switch (deed->kind) {
    case DEED_LEASE:
        leg->protocol = "udp";
        leg->service = "dhcp";
        leg->from_port = 68;
        leg->to_port = 67;
        leg->sent_bytes = leg->received_bytes = 302;
        leg->taken_ms = 12;
        break;
    case DEED_NAME_QUERY:
        leg->protocol = "udp";
        leg->service = "dns";
        leg->to_port = 53;
        leg->sent_bytes = 18 + deed->name_query.name.size;
        leg->received_bytes = leg->sent_bytes + (deed->name_query.answer.size > 0 ? 16 : 0);
        leg->taken_ms = (uint32_t)(1 + mix(deed->serial) % 30);
        break;
    case DEED_FLOW:
        fill_flow(leg, deed);
        break;
    case DEED_WEB_REQUEST:
        fill_web(leg, deed);
        break;
    case DEED_MAIL:
        leg->service = "smtp";
        leg->to_port = 25;
        leg->sent_bytes = deed->mail.size_bytes + 700;
        leg->received_bytes = 650;
        leg->taken_ms = 900;
        break;
    case DEED_MAILBOX_ACCESS:
        leg->service = "ssl";
        leg->to_port = 443;
        leg->secret = true;
        leg->sent_bytes = deed->mailbox.request_bytes + 1300;
        leg->received_bytes = deed->mailbox.response_bytes + 4100;
        leg->taken_ms = deed->mailbox.taken_ms + 1;
        break;
    case DEED_SSH_LOGIN:
        leg->service = "ssh";
        leg->to_port = 22;
        leg->sent_bytes = 3100;
        leg->received_bytes = 4200;
        leg->taken_ms = deed->ssh.failed ? 2400 : 340000;
        break;
    case DEED_LOGON:
        fill_logon(leg, deed);
        break;
    default: // SHARE_ACCESS
        leg->service = "gssapi,ntlm,smb";
        leg->to_port = 445;
        leg->sent_bytes = deed->kind == DEED_SHARE_ACCESS && deed->share.written ? 210000 : 4200;
        leg->received_bytes = 38000;
        leg->taken_ms = 1500;
    }
}

static void count_packets(struct wire_leg *leg) {
    bool stream = leg->protocol[0] == 't';
    leg->sent_packets = leg->sent_bytes / 1400 + (stream ? 5 : 1);
    leg->received_packets = leg->received_bytes / 1400 + (stream ? 4 : leg->received_bytes > 0);
    if (stream) // acknowledgements
        leg->sent_packets += leg->received_bytes / 4200;
    if (leg->refused) {
        leg->sent_bytes = leg->received_bytes = 0;
        leg->sent_packets = 1;
        leg->received_packets = 0;
    }
}

size_t wire_legs(const struct organisation *organisation, const struct deed *deed,
                 struct wire_leg ret_legs[WIRE_LEGS_MAX]) {
    struct wire_leg *leg = &ret_legs[0];
    *leg = (struct wire_leg){.deed = deed,
                             .from = deed->from.address,
                             .to = deed->to.address,
                             .from_port = wire_from_port(deed),
                             .protocol = "tcp",
                             .service = "",
                             .key = mix(deed->serial * 2 + 1)};
    fill_kind(leg, deed);
    if (deed->to.port)
        leg->to_port = deed->to.port;
    count_packets(leg);
    const struct host *proxy = wire_proxy(organisation);
    if (deed->kind != DEED_WEB_REQUEST || !deed->web.proxied || !proxy)
        return 1;
    ret_legs[1] = *leg;
    leg->to = ret_legs[1].from = proxy->address;
    leg->to_port = WIRE_PROXY_PORT;
    leg->service = leg->secret ? "http,ssl" : "http";
    leg->proxied = true;
    ret_legs[1].from_port = (uint16_t)(32768 + mix(deed->serial + 2) % 28232);
    ret_legs[1].key = mix(leg->key);
    return 2;
}
