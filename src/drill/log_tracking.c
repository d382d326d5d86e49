// Exchange's message tracking
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/exchange_log.h"

#include <stdio.h>
#include <string.h>

// Four rows of files: MSGTRK of the transport service, MSGTRKMS of mailbox submission, MSGTRKMD
// of mailbox delivery, MSGTRKMA of moderation. A message leaves several records (Microsoft,
// "Message tracking": event types):
//
//     received   MSGTRK: HAREDIRECT (the copy for another server), RECEIVE, AGENTINFO
//     submitted  MSGTRKMS: NOTIFYMAPI, SUBMIT; MSGTRK: RECEIVE, AGENTINFO; now and then one is
//                moderated, MSGTRKMA: RECEIVE
//     delivered  MSGTRK: SEND; MSGTRKMD: DELIVER
//     sent       MSGTRK: SENDEXTERNAL
#define FIELDS                                                                                     \
    "date-time,client-ip,client-hostname,server-ip,server-hostname,source-context,connector-id,"   \
    "source,event-id,internal-message-id,message-id,network-message-id,recipient-address,"         \
    "recipient-status,total-bytes,recipient-count,related-recipient-address,reference,"            \
    "message-subject,sender-address,return-path,message-info,directionality,tenant-id,"            \
    "original-client-ip,original-server-ip,custom-data,transport-traffic-type,log-id,"             \
    "schema-version"
#define FORMAT(name)                                                                               \
    { "TransportRoles/Logs/MessageTracking/" name, "Message Tracking Log", FIELDS, NULL, false, 0 }

enum {
    LOG_TRANSPORT,
    LOG_SUBMISSION,
    LOG_DELIVERY,
    LOG_MODERATION,
    LOG_COUNT
};

enum {
    MODERATED_ODDS = 400,
    ROWS_MAX = 5
};

static const struct exchange_format formats[LOG_COUNT] = {FORMAT("MSGTRK"), FORMAT("MSGTRKMS"),
                                                          FORMAT("MSGTRKMD"), FORMAT("MSGTRKMA")};

struct log {
    struct exchange_log rows[LOG_COUNT];
    uint64_t message; // internal-message-id
};

// What one record says beyond the message.
struct hop {
    const char *source, *event, *direction;
    struct address client, server;
    char client_name[HOST_FQDN_SIZE], server_name[HOST_FQDN_SIZE], connector[64];
    const char *recipient_status;
    bool nameless;  // of the mailbox database's notice: it knows no message yet
    uint8_t number; // of the row among those of the deed
};

static enum status tracking_open(const struct log_site *site, struct log **ret_log,
                                 struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    for (size_t i = 0; i < LOG_COUNT; i++)
        exchange_log_init(&log->rows[i], &formats[i], site);
    log->message = 0x3AE0000000ull + dice_below(&log->rows[0].dice, 1u << 30);
    *ret_log = log;
    return STATUS_OK;
}

static void copy_domain(char *name, size_t size, const char *host, struct slice address) {
    const uint8_t *at = address.size ? memchr(address.data, '@', address.size) : NULL;
    size_t from = at ? (size_t)(at - address.data) + 1 : 0;
    size_t length = from;
    while (length < address.size && address.data[length] != ';')
        length++;
    snprintf(name, size, "%s.%.*s", host, (int)(length - from < 48 ? length - from : 48),
             at ? (const char *)address.data + from : "");
}

// The other side's server: of 198.51.100.0/24 (RFC 5737), always the same for a name.
static struct address outside_server(const char *name) {
    uint32_t hash = 2166136261u;
    for (; *name; name++)
        hash = (hash ^ (uint8_t)*name) * 16777619u;
    return address_of(0xC6336440u + hash % 180);
}

static void make_hop(const struct exchange_log *row, const struct deed *deed, struct hop *hop) {
    const struct host *host = row->text.site->host;
    *hop = (struct hop){.client = deed->to.address, .server = deed->to.address};
    snprintf(hop->client_name, sizeof hop->client_name, "%s", host->fqdn);
    snprintf(hop->server_name, sizeof hop->server_name, "%s", host->name);
    switch (deed->mail.event) {
    case MAIL_RECEIVED:
        hop->source = "SMTP", hop->event = "RECEIVE", hop->direction = "Incoming";
        hop->client = deed->from.address;
        copy_domain(hop->client_name, sizeof hop->client_name, "mail", deed->mail.sender);
        snprintf(hop->connector, sizeof hop->connector, "%s\\Default %s", host->name, host->name);
        break;
    case MAIL_SUBMITTED:
        hop->source = "STOREDRIVER", hop->event = "SUBMIT", hop->direction = "Originating";
        break;
    case MAIL_DELIVERED:
        hop->source = "STOREDRIVER", hop->event = "DELIVER", hop->direction = "Originating";
        hop->recipient_status = "";
        break;
    case MAIL_SENT:
        hop->source = "SMTP", hop->event = "SENDEXTERNAL", hop->direction = "Originating";
        copy_domain(hop->server_name, sizeof hop->server_name, "mx", deed->mail.recipients);
        hop->server = outside_server(hop->server_name);
        snprintf(hop->connector, sizeof hop->connector, "Outbound to Internet");
        hop->recipient_status = "250 2.0.0 Ok: queued";
        break;
    }
}

static void put_source_context(struct exchange_log *row, const struct log_entry *entry,
                               const struct hop *hop, uint64_t message) {
    struct buffer *line = exchange_cell(row, "source-context");
    if (strcmp(hop->event, "AGENTINFO") == 0) {
        buffer_append_text(line, "CatContentConversion");
        return;
    }
    if (strcmp(hop->source, "SMTP") == 0) {
        buffer_append_format(line, "%016llX;",
                             (unsigned long long)(0x08DE000000000000ull + message));
        exchange_append_time(line, entry->time_ns);
        buffer_append_text(line, ";0");
        return;
    }
    buffer_append_text(line, "\"MDB:");
    exchange_append_guid(line, row->text.site->host->seed, EXCHANGE_DATABASE);
    buffer_append_text(line, ", Mailbox:");
    exchange_append_guid(line, entry->deed->serial, EXCHANGE_SESSION);
    buffer_append_format(line, ", Event:%llu, MessageClass:IPM.Note, CreationTime:",
                         (unsigned long long)(message & 0xFFFFFFF));
    exchange_append_time(line, entry->time_ns - 200 * 1000000ll);
    buffer_append_text(line, ", ClientType:MOMT\"");
}

static void put_message(struct exchange_log *row, const struct deed *deed, const struct hop *hop,
                        uint64_t message) {
    bool many = deed->mail.recipient_count > 0;
    if (hop->nameless)
        return;
    exchange_put_number(row, "internal-message-id", message);
    exchange_put(row, "message-id", deed->mail.message_id);
    exchange_put(row, "network-message-id", deed->mail.network_id);
    exchange_put(row, "recipient-address", deed->mail.recipients);
    exchange_put(row, "recipient-status",
                 slice_of_string(hop->recipient_status ? hop->recipient_status : ""));
    exchange_put_number(row, "total-bytes", deed->mail.size_bytes);
    exchange_put_number(row, "recipient-count", many ? deed->mail.recipient_count : 1);
    exchange_put(row, "message-subject", deed->mail.subject);
    exchange_put(row, "sender-address", deed->mail.sender);
    exchange_put(row, "return-path", deed->mail.sender);
    exchange_put(row, "message-info", SLICE("04I: "));
    exchange_put(row, "directionality", slice_of_string(hop->direction));
}

static enum status put_record(struct exchange_log *row, const struct log_entry *entry,
                              const struct hop *hop, uint64_t message, struct problem *problem) {
    const struct deed *deed = entry->deed;
    const struct exchange_build *build = &row->build;
    const struct organisation *organisation = row->text.site->organisation;
    const char *domain = organisation->companies[row->text.site->host->company].domain;
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    exchange_put_time(row, "date-time", entry->time_ns);
    text_append_address(exchange_cell(row, "client-ip"), &hop->client);
    exchange_put(row, "client-hostname", slice_of_string(hop->client_name));
    text_append_address(exchange_cell(row, "server-ip"), &hop->server);
    exchange_put(row, "server-hostname", slice_of_string(hop->server_name));
    put_source_context(row, entry, hop, message);
    exchange_put(row, "connector-id", slice_of_string(hop->connector));
    exchange_put(row, "source", slice_of_string(hop->source));
    exchange_put(row, "event-id", slice_of_string(hop->event));
    put_message(row, deed, hop, message);
    if (!hop->nameless)
        text_append_address(exchange_cell(row, "original-client-ip"), &deed->from.address);
    text_append_address(exchange_cell(row, "original-server-ip"), &deed->to.address);
    struct buffer *custom = exchange_cell(row, "custom-data");
    if (strcmp(hop->event, "AGENTINFO") == 0)
        buffer_append_text(custom, "S:AMA=SUM|v=0|action=|error=|atch=0;S:CompCost=|ETR=0;");
    buffer_append_format(custom, "S:DeliveryPriority=Normal;S:AccountForest=%s", domain);
    exchange_put(row, "transport-traffic-type", SLICE("Email"));
    exchange_put_guid(row, "log-id", deed->serial, EXCHANGE_RECORD + 16 * (uint64_t)hop->number);
    buffer_append_format(exchange_cell(row, "schema-version"), "%02u.%02u.%04u.%03u", build->major,
                         build->minor, build->build, build->revision);
    return exchange_end(row, hop->nameless ? NULL : &entry->mark, problem);
}

struct row {
    uint8_t log;
    const char *source, *event; // NULL: the hop's own
};

static size_t list_rows(struct log *log, enum deed_mail_event event, struct row rows[ROWS_MAX]) {
    static const struct row received[] = {{LOG_TRANSPORT, "SMTP", "HAREDIRECT"},
                                          {LOG_TRANSPORT, NULL, NULL},
                                          {LOG_TRANSPORT, "AGENT", "AGENTINFO"}};
    static const struct row submitted[] = {{LOG_SUBMISSION, "STOREDRIVER", "NOTIFYMAPI"},
                                           {LOG_SUBMISSION, NULL, NULL},
                                           {LOG_TRANSPORT, "SMTP", "RECEIVE"},
                                           {LOG_TRANSPORT, "AGENT", "AGENTINFO"},
                                           {LOG_MODERATION, "APPROVAL", "RECEIVE"}};
    static const struct row delivered[] = {{LOG_TRANSPORT, "SMTP", "SEND"},
                                           {LOG_DELIVERY, NULL, NULL}};
    static const struct row sent[] = {{LOG_TRANSPORT, NULL, NULL}};
    static const struct {
        const struct row *rows;
        size_t count;
    } lists[] = {[MAIL_RECEIVED] = {received, ARRAY_SIZE(received)},
                 [MAIL_SUBMITTED] = {submitted, ARRAY_SIZE(submitted)},
                 [MAIL_DELIVERED] = {delivered, ARRAY_SIZE(delivered)},
                 [MAIL_SENT] = {sent, ARRAY_SIZE(sent)}};
    size_t count = lists[event].count;
    memcpy(rows, lists[event].rows, count * sizeof *rows);
    if (event == MAIL_SUBMITTED && !dice_one_in(&log->rows[0].dice, MODERATED_ODDS))
        count--;
    return count;
}

static enum status tracking_write(struct log *log, const struct log_entry *entry,
                                  struct problem *problem) {
    struct row rows[ROWS_MAX];
    size_t count = list_rows(log, entry->deed->mail.event, rows);
    struct hop whole;
    enum status status = STATUS_OK;
    make_hop(&log->rows[LOG_TRANSPORT], entry->deed, &whole);
    log->message += 1 + dice_below(&log->rows[0].dice, 40);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        struct hop hop = whole;
        hop.number = (uint8_t)i;
        if (rows[i].event) {
            hop.source = rows[i].source;
            hop.event = rows[i].event;
            hop.nameless = strcmp(hop.event, "NOTIFYMAPI") == 0;
        }
        status = put_record(&log->rows[rows[i].log], entry, &hop, log->message, problem);
    }
    return status;
}

static enum status tracking_clear(struct log *log, const struct log_entry *entry,
                                  struct problem *problem) {
    return exchange_logs_clear(log->rows, LOG_COUNT, entry, problem);
}

static enum status tracking_close(struct log *log, struct problem *problem) {
    enum status status = exchange_logs_done(log->rows, LOG_COUNT, problem);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_tracking = {
    .name = "tracking",
    .summary = "Exchange's message tracking: transport, submission, delivery, moderation",
    .kinds = DEED_MASK(MAIL),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = tracking_open,
    .write = tracking_write,
    .clear = tracking_clear,
    .close = tracking_close,
};
