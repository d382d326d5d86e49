// Flow records of a router (nfdump -o csv)
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/log_single.h"
#include "drill/wire.h"

// nfdump 1.6: 48 columns, local time, a record for each direction.
#define HEADER                                                                                     \
    "ts,te,td,sa,da,sp,dp,pr,flg,fwd,stos,ipkt,ibyt,opkt,obyt,in,out,sas,das,smk,dmk,dtos,dir,"    \
    "nh,nhb,svln,dvln,ismc,odmc,idmc,osmc,mpls1,mpls2,mpls3,mpls4,mpls5,mpls6,mpls7,mpls8,mpls9,"  \
    "mpls10,cl,sl,al,ra,eng,exid,tr"
#define LABELS "0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0,0-0-0"
#define HARDWARE "00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00,00:00:00:00:00:00"

// A site's first router stands at its edge and sees what goes in or out; a further one joins the
// site's own networks. What stays in one network passes no router.
struct router {
    struct log log;
    bool inside;
};

enum side {
    SIDE_OUTSIDE,
    SIDE_WORKSTATIONS,
    SIDE_SERVERS
};

static enum status netflow_open(const struct log_site *site, struct log **ret_log,
                                struct problem *problem) {
    (void)problem;
    const struct organisation *organisation = site->organisation;
    struct router *router = memory_new(1, sizeof *router);
    router->log.site = site;
    text_log_init(&router->log.text, site);
    for (uint32_t i = 0; i < site->host->number; i++)
        router->inside = router->inside || (organisation->hosts[i].role == HOST_ROUTER &&
                                            organisation->hosts[i].site == site->host->site);
    *ret_log = &router->log;
    return STATUS_OK;
}

static enum side find_side(const struct site *site, const struct address *address) {
    if (network_holds(&site->servers, address))
        return SIDE_SERVERS;
    return network_holds(&site->workstations, address) ? SIDE_WORKSTATIONS : SIDE_OUTSIDE;
}

static bool passes(const struct log *log, const struct wire_leg *leg) {
    const struct site *site = &log->site->organisation->sites[log->site->host->site];
    enum side from = find_side(site, &leg->from), to = find_side(site, &leg->to);
    if (((const struct router *)log)->inside)
        return from != to && from != SIDE_OUTSIDE && to != SIDE_OUTSIDE;
    return (from == SIDE_OUTSIDE) != (to == SIDE_OUTSIDE);
}

static void append_time(struct buffer *line, int64_t time_ns, int32_t zone, unsigned digits) {
    text_append_date(line, time_ns, zone);
    buffer_append_byte(line, ' ');
    text_append_clock(line, time_ns, zone, digits);
    buffer_append_byte(line, ',');
}

static void append_number(struct buffer *line, uint64_t number, char after) {
    buffer_append_u64(line, number);
    buffer_append_byte(line, (uint8_t)after);
}

static const char *flags_of(const struct wire_leg *leg) {
    if (leg->protocol[0] != 't')
        return "........";
    return leg->refused ? "......S." : "...AP.SF";
}

static const char *protocol_of(const struct wire_leg *leg) {
    return leg->protocol[0] == 't' ? "TCP" : leg->protocol[0] == 'u' ? "UDP" : "ICMP";
}

static void compose(struct log *log, const struct wire_leg *leg, int64_t time_ns, bool back) {
    struct buffer *line = &log->text.line;
    const struct host *host = log->site->host;
    int32_t zone = host->zone_seconds;
    int64_t end_ns = time_ns + leg->taken_ms * 1000000ll;
    uint64_t packets = back ? leg->received_packets : leg->sent_packets;
    uint64_t bytes = back ? leg->received_bytes : leg->sent_bytes;
    append_time(line, time_ns, zone, 0);
    append_time(line, end_ns, zone, 0);
    append_number(line, leg->taken_ms / 1000, '.');
    for (uint32_t unit = 100; unit > 0; unit /= 10)
        buffer_append_byte(line, (uint8_t)('0' + leg->taken_ms / unit % 10));
    buffer_append_byte(line, ',');
    text_append_address(line, back ? &leg->to : &leg->from);
    buffer_append_byte(line, ',');
    text_append_address(line, back ? &leg->from : &leg->to);
    buffer_append_byte(line, ',');
    append_number(line, back ? leg->to_port : leg->from_port, ',');
    append_number(line, back ? leg->from_port : leg->to_port, ',');
    buffer_append_text(line, protocol_of(leg));
    buffer_append_byte(line, ',');
    buffer_append_text(line, flags_of(leg));
    buffer_append_text(line, ",0,0,");
    append_number(line, packets, ',');
    append_number(line, bytes + packets * (leg->protocol[0] == 't' ? 40 : 28), ',');
    buffer_append_text(line, back ? "0,0,2,1,0,0,24,24,0,0," : "0,0,1,2,0,0,24,24,0,0,");
    buffer_append_text(line, "0.0.0.0,0.0.0.0,0,0," HARDWARE "," LABELS ",    0.000,    0.000,"
                             "    0.000,");
    text_append_address(line, &host->address);
    buffer_append_text(line, ",0/0,1,");
    text_append_date(line, end_ns, zone);
    buffer_append_byte(line, ' ');
    text_append_clock(line, end_ns, zone, 3);
}

static enum status netflow_write(struct log *log, const struct log_entry *entry,
                                 struct problem *problem) {
    const struct log_day day = {"netflow/nfcapd.", ".csv", HEADER, log->site->host->zone_seconds};
    struct wire_leg legs[WIRE_LEGS_MAX];
    size_t count = wire_legs(log->site->organisation, entry->deed, legs);
    enum status status = log_single_day(log, &day, entry->time_ns, problem);
    for (size_t i = 0; i < 2 * count && status == STATUS_OK; i++) {
        const struct wire_leg *leg = &legs[i / 2];
        if ((i % 2 == 1 && leg->received_packets == 0) || !passes(log, leg))
            continue;
        compose(log, leg, entry->time_ns, i % 2 == 1);
        status = text_log_put(&log->text, &entry->mark, problem);
    }
    return status;
}

const struct log_writer log_writer_netflow = {
    .name = "netflow",
    .summary = "flow records of the routers, as nfdump -o csv prints them",
    .kinds = DEED_MASK(LEASE) | DEED_MASK(NAME_QUERY) | DEED_MASK(FLOW) | DEED_MASK(WEB_REQUEST) |
             DEED_MASK(MAIL) | DEED_MASK(MAILBOX_ACCESS) | DEED_MASK(LOGON) | DEED_MASK(SSH_LOGIN) |
             DEED_MASK(SHARE_ACCESS),
    .places = PLACE_WIRE,
    .roles = HOST_MASK(ROUTER),
    .open = netflow_open,
    .write = netflow_write,
    .close = log_single_close,
};
