// Leases and log of a DHCP server (ISC dhcpd)
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "drill/log_single.h"

// dhcpd.leases(5), to which each grant is appended, and the syslog lines of dhcpd(8). Leases are
// UTC, the log is local time.
struct dhcp_log {
    struct log leases, messages;
};

static enum status dhcp_open(const struct log_site *site, struct log **ret_log,
                             struct problem *problem) {
    (void)problem;
    struct dhcp_log *log = memory_new(1, sizeof *log);
    log->leases.site = log->messages.site = site;
    text_log_init(&log->leases.text, site);
    text_log_init(&log->messages.text, site);
    *ret_log = &log->leases;
    return STATUS_OK;
}

// Locally administered, the same wherever the host is.
static void append_hardware(struct buffer *line, uint32_t host) {
    buffer_append_format(line, "02:00:5e:%02x:%02x:%02x", host >> 16 & 255, host >> 8 & 255,
                         host & 255);
}

static const char *name_of(const struct log *log, const struct deed *deed) {
    const struct organisation *organisation = log->site->organisation;
    return deed->from.host < organisation->host_count ? organisation->hosts[deed->from.host].name
                                                      : "";
}

static enum status put_time(struct log *log, const char *word, int64_t time_ns,
                            struct problem *problem) {
    struct buffer *line = &log->text.line;
    struct clock_date date;
    clock_to_date(time_ns, &date);
    buffer_append_format(line, "  %s %d %04lld/%02d/%02d ", word, date.weekday,
                         (long long)date.year, date.month, date.day);
    text_append_clock(line, time_ns, 0, 0);
    buffer_append_byte(line, ';');
    return text_log_put(&log->text, NULL, problem);
}

static enum status put_text(struct log *log, const char *text, struct problem *problem) {
    buffer_append_text(&log->text.line, text);
    return text_log_put(&log->text, NULL, problem);
}

static enum status put_head(struct log *log, const char *const *lines, struct problem *problem) {
    enum status status = log_single_whole(log, "var/lib/dhcp/dhcpd.leases", problem);
    for (; *lines && status == STATUS_OK; lines++)
        status = put_text(log, *lines, problem);
    return status;
}

static enum status write_lease(struct log *log, const struct log_entry *entry,
                               struct problem *problem) {
    static const char *const head[] = {
        "# The format of this file is documented in the dhcpd.leases(5) manual page.",
        "# This lease file was written by isc-dhcp-4.4.3",
        "",
        "authoring-byte-order little-endian;",
        "",
        NULL};
    const struct deed *deed = entry->deed;
    struct buffer *line = &log->text.line;
    enum status status = STATUS_OK;
    if (text_log_due(&log->text, 0))
        status = put_head(log, head, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(line, "lease ");
    text_append_address(line, &deed->from.address);
    buffer_append_text(line, " {");
    status = text_log_put(&log->text, &entry->mark, problem);
    if (status == STATUS_OK)
        status = put_time(log, "starts", entry->time_ns, problem);
    if (status == STATUS_OK)
        status = put_time(log, "ends", deed->lease.until_ns, problem);
    if (status == STATUS_OK)
        status = put_time(log, "cltt", entry->time_ns, problem);
    if (status == STATUS_OK)
        status = put_text(log, "  binding state active;", problem);
    if (status == STATUS_OK)
        status = put_text(log, "  next binding state free;", problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(line, "  hardware ethernet ");
    append_hardware(line, deed->from.host);
    status = put_text(log, ";", problem);
    if (status == STATUS_OK) {
        buffer_append_format(line, "  client-hostname \"%s\"", name_of(log, deed));
        status = put_text(log, ";", problem);
    }
    return status == STATUS_OK ? put_text(log, "}", problem) : status;
}

static enum status write_message(struct log *log, const struct log_entry *entry, bool asked,
                                 struct problem *problem) {
    struct buffer *line = &log->text.line;
    const struct deed *deed = entry->deed;
    text_append_syslog(line, log->site, entry->time_ns);
    buffer_append_text(line, asked ? "dhcpd[911]: DHCPREQUEST for " : "dhcpd[911]: DHCPACK on ");
    text_append_address(line, &deed->from.address);
    buffer_append_text(line, asked ? " from " : " to ");
    append_hardware(line, deed->from.host);
    buffer_append_format(line, " (%s) via eth0", name_of(log, deed));
    return text_log_put(&log->text, &entry->mark, problem);
}

static enum status dhcp_write(struct log *base, const struct log_entry *entry,
                              struct problem *problem) {
    struct dhcp_log *log = (struct dhcp_log *)base;
    enum status status = write_lease(&log->leases, entry, problem);
    const struct log_day day = {"var/log/dhcpd.log-", "", NULL, base->site->host->zone_seconds};
    if (status == STATUS_OK)
        status = log_single_day(&log->messages, &day, entry->time_ns, problem);
    if (status == STATUS_OK)
        status = write_message(&log->messages, entry, true, problem);
    return status == STATUS_OK ? write_message(&log->messages, entry, false, problem) : status;
}

static enum status dhcp_close(struct log *base, struct problem *problem) {
    struct dhcp_log *log = (struct dhcp_log *)base;
    enum status status = text_log_done(&log->leases.text, problem);
    enum status done = text_log_done(&log->messages.text, status == STATUS_OK ? problem : NULL);
    memory_free(log);
    return status == STATUS_OK ? done : status;
}

const struct log_writer log_writer_dhcp = {
    .name = "dhcp",
    .summary = "leases and log of the DHCP server (ISC dhcpd)",
    .kinds = DEED_MASK(LEASE),
    .places = PLACE_TO | PLACE_SERVICE,
    .roles = HOST_MASK(RESOLVER),
    .open = dhcp_open,
    .write = dhcp_write,
    .close = dhcp_close,
};
