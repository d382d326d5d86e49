// Exchange's generator of offline address books
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/exchange_log.h"

#include <string.h>
#include <strings.h>

// The address book is made anew every day. Public descriptions give the folder and the message
// of a failed download; the columns are our reading of it: parse the message, not the columns.
static const struct exchange_format format = {
    .path = "Logging/OABGeneratorLog/OABGeneratorLog_",
    .type = "OABGenerator Log",
    .fields = "DateTime,ServerName,ActivityId,Context,Message",
    .version = "15.0.0.0",
    .daily = true,
};

struct log {
    struct exchange_log row;
    uint32_t day; // when the address book was last made
};

static enum status oab_open(const struct log_site *site, struct log **ret_log,
                            struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    exchange_log_init(&log->row, &format, site);
    *ret_log = log;
    return STATUS_OK;
}

static enum status put_line(struct log *log, const struct log_entry *entry, struct slice message,
                            struct problem *problem) {
    struct exchange_log *row = &log->row;
    enum status status = exchange_begin(row, entry->time_ns, problem);
    if (status != STATUS_OK)
        return status;
    exchange_put_time(row, "DateTime", entry->time_ns);
    exchange_put(row, "ServerName", slice_of_string(row->text.site->host->name));
    exchange_put_guid(row, "ActivityId", entry->deed->serial, EXCHANGE_ACTIVITY);
    exchange_put(row, "Context", SLICE("Default Offline Address Book"));
    exchange_put(row, "Message", message);
    return exchange_end(row, &entry->mark, problem);
}

static enum status make_book(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    static const char *const messages[] = {
        "OAB generation started",
        "Generating OAB files of address list 'Default Global Address "
        "List'",
        "OAB generation finished"};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(messages) && status == STATUS_OK; i++)
        status = put_line(log, entry, slice_of_string(messages[i]), problem);
    return status;
}

static bool holds(struct slice text, const char *part) {
    size_t size = strlen(part);
    for (size_t i = 0; i + size <= text.size; i++)
        if (strncasecmp((const char *)text.data + i, part, size) == 0)
            return true;
    return false;
}

// The generator only deletes what it believes to be its own: a file that the address book's
// service or Unified Messaging wrote.
static enum status tell_file(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    const struct deed *deed = entry->deed;
    struct buffer message;
    if (!holds(deed->file.path, "\\OAB\\") && !holds(deed->program.image, "UMWorkerProcess.exe"))
        return STATUS_OK;
    buffer_init(&message, TEXT_LOG_LINE_MAX / 2);
    buffer_append_text(&message, "Download failed and temporary file '");
    buffer_append_slice(&message, deed->file.path);
    buffer_append_text(&message, "' needs to be removed");
    enum status status = put_line(log, entry, buffer_slice(&message), problem);
    buffer_done(&message);
    return status;
}

static enum status oab_write(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    uint32_t day = text_log_day(entry->time_ns, 0);
    if (entry->deed->kind == DEED_FILE_WRITE)
        return tell_file(log, entry, problem);
    if (day == log->day)
        return STATUS_OK;
    log->day = day;
    return make_book(log, entry, problem);
}

static enum status oab_clear(struct log *log, const struct log_entry *entry,
                             struct problem *problem) {
    return exchange_log_clear(&log->row, entry, problem);
}

static enum status oab_close(struct log *log, struct problem *problem) {
    enum status status = exchange_log_done(&log->row, problem);
    memory_free(log);
    return status;
}

const struct log_writer log_writer_oab = {
    .name = "oab",
    .summary = "Exchange's log of the offline address book generator",
    .kinds = DEED_MASK(ROUTINE) | DEED_MASK(FILE_WRITE),
    .places = PLACE_TO,
    .roles = HOST_MASK(MAIL),
    .open = oab_open,
    .write = oab_write,
    .clear = oab_clear,
    .close = oab_close,
};
