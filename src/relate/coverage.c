// Which logs there are, by host and day
// SPDX-License-Identifier: Apache-2.0
#include "relate/coverage.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "relate/text_form.h"

// Cost of a record: a look at its class's log, a compare of the host's bytes, three numbers.

enum {
    COVERAGE_SLOTS = 64, // hosts, logs and days that lie mixed in one unit
    COVERAGE_HOST_BYTES = 128,
    COVERAGE_LOG_BYTES = 96,
    COVERAGE_LOGS_MAX = 512,
    COVERAGE_TEXT_BYTES = 64 << 10
};

// A class's number of log; not yet worked out, or one that is not counted.
#define LOG_NEW UINT16_MAX
#define LOG_OUTSIDE (UINT16_MAX - 1)

struct coverage_log {
    uint8_t text[COVERAGE_LOG_BYTES];
    uint32_t size;
    uint64_t hash; // of text and format: the same in every worker, as numbers of logs are not
    const char *format;
    bool is_inventory; // lists what there is: its times are not those of a log
};

struct coverage_slot {
    uint16_t log;
    uint16_t host_size;
    int32_t day;
    struct relation_batch batch; // count 0: the slot is free
    uint8_t host[COVERAGE_HOST_BYTES];
    uint8_t name[COVERAGE_HOST_BYTES * 3]; // the host as a relation has it
    uint32_t name_size;
};

struct coverage {
    struct coverage_log logs[COVERAGE_LOGS_MAX];
    uint32_t log_count;
    uint16_t *log_of; // by class id
    uint32_t capacity;
    struct coverage_slot slots[COVERAGE_SLOTS];
    struct buffer text;
};

struct coverage *coverage_new(void) {
    struct coverage *coverage = memory_new(1, sizeof *coverage);
    buffer_init(&coverage->text, COVERAGE_TEXT_BYTES);
    return coverage;
}

void coverage_free(struct coverage *coverage) {
    if (!coverage)
        return;
    buffer_done(&coverage->text);
    memory_free(coverage->log_of);
    memory_free(coverage);
}

static const char *first_service(const struct log_source *source) {
    for (uint32_t i = 1; i < LOG_SERVICE_COUNT; i++)
        if (source->services[i / 64] >> (i % 64) & 1)
            return log_service_text(i);
    return NULL;
}

static bool format_is_inventory(const char *format) {
    static const char *const INVENTORIES[] = {
        "mft",          "usn",        "amcache",        "shimcache",          "prefetch",
        "web_root",     "file",       "file_inventory", "software_inventory", "release_catalogue",
        "release_list", "dhcp_leases"};
    for (size_t i = 0; i < ARRAY_SIZE(INVENTORIES); i++)
        if (strcmp(format, INVENTORIES[i]) == 0)
            return true;
    return false;
}

// "security", "sysmon", "zeek/dns", "iis", a channel that no service stands for.
static uint16_t log_find(struct coverage *coverage, const struct event_class *event_class) {
    const char *format = event_class->shape->format;
    if (!format)
        return LOG_OUTSIDE;
    struct coverage_log log = {.format = format, .is_inventory = format_is_inventory(format)};
    const char *service = first_service(&event_class->log_source);
    bool zeek = strcmp(format, "zeek") == 0;
    struct buffer *text = &coverage->text;
    buffer_reset(text);
    if (zeek)
        buffer_append_text(text, "zeek/");
    if (service && event_class->is_windows)
        buffer_append_text(text, service);
    else
        buffer_append_slice(text, event_class->channel.size ? event_class->channel
                                                            : slice_of_string(format));
    struct slice name = text_cut(buffer_slice(text), COVERAGE_LOG_BYTES);
    text_fold_ascii(name.data, name.size, log.text);
    log.size = (uint32_t)name.size;
    log.hash =
        digest_hash64_seeded(slice_of(log.text, log.size), digest_hash64(slice_of_string(format)));
    for (uint32_t i = 0; i < coverage->log_count; i++)
        if (coverage->logs[i].format == format &&
            slice_equal(slice_of(coverage->logs[i].text, coverage->logs[i].size), name))
            return (uint16_t)i;
    if (coverage->log_count == COVERAGE_LOGS_MAX)
        return LOG_OUTSIDE;
    coverage->logs[coverage->log_count] = log;
    return (uint16_t)coverage->log_count++;
}

static uint16_t log_of_class(struct coverage *coverage, const struct event_class *event_class) {
    uint32_t id = event_class->id;
    if (id == UINT32_MAX)
        return log_find(coverage, event_class);
    if (id >= coverage->capacity) {
        uint32_t capacity = coverage->capacity ? coverage->capacity : 64;
        while (capacity <= id)
            capacity *= 2;
        coverage->log_of = memory_resize(coverage->log_of, capacity, sizeof *coverage->log_of);
        memset(coverage->log_of + coverage->capacity, 0xFF,
               (capacity - coverage->capacity) * sizeof *coverage->log_of);
        coverage->capacity = capacity;
    }
    if (coverage->log_of[id] == LOG_NEW)
        coverage->log_of[id] = log_find(coverage, event_class);
    return coverage->log_of[id];
}

static enum status slot_flush(struct coverage *coverage, struct coverage_slot *slot,
                              struct relation_table *table, struct problem *problem) {
    if (slot->batch.count == 0)
        return STATUS_OK;
    const struct coverage_log *log = &coverage->logs[slot->log];
    struct relation_key key;
    memset(&key, 0, sizeof key);
    key.kind = RELATION_COVERAGE;
    key.parts[PART_TO] = key.parts[PART_RECORDER] = slice_of(slot->name, slot->name_size);
    key.parts[PART_ARTEFACT] = slice_of(log->text, log->size);
    key.parts[PART_DETAIL_0] = slice_of_string(log->format);
    enum status status = relation_table_add(table, &key, &slot->batch, problem);
    slot->batch.count = 0;
    return status;
}

// The first record of a batch is the one that is cited; a host without a name is not counted.
static void slot_begin(struct coverage *coverage, struct coverage_slot *slot,
                       const struct event *event, struct slice host) {
    struct buffer *text = &coverage->text;
    buffer_reset(text);
    value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), text);
    if (text->size == 0)
        buffer_append_slice(text, host);
    slot->name_size = 0;
    if (!text_form_apply(TEXT_FORM_HOST, text, 0) || text->size > sizeof slot->name)
        return;
    memcpy(slot->name, text->data, text->size);
    slot->name_size = (uint32_t)text->size;
    memset(&slot->batch, 0, sizeof slot->batch);
    slot->batch.first_ns = slot->batch.last_ns = CLOCK_NONE;
    slot->batch.number_min = UINT64_MAX;
    slot->batch.reference.position = event->position;
    slot->batch.reference.time_ns = event->time_ns;
    reference_digest(event, slot->batch.reference.sha256);
}

static void batch_add(struct relation_batch *batch, const struct event *event, int64_t time_ns) {
    batch->count++;
    if (event->position.record_id < batch->number_min)
        batch->number_min = event->position.record_id;
    if (event->position.record_id > batch->number_max)
        batch->number_max = event->position.record_id;
    if (time_ns == CLOCK_NONE)
        return;
    if (batch->first_ns == CLOCK_NONE || time_ns < batch->first_ns)
        batch->first_ns = time_ns;
    if (time_ns > batch->last_ns)
        batch->last_ns = time_ns;
}

enum status coverage_observe(struct coverage *coverage, struct relation_table *table,
                             const struct event *event, struct slice host,
                             struct problem *problem) {
    uint16_t log = log_of_class(coverage, event->event_class);
    // What was found in slack belongs to a log of another time.
    if (log == LOG_OUTSIDE || event->recovered)
        return STATUS_OK;
    int64_t time_ns = event->time_ns;
    if (coverage->logs[log].is_inventory)
        time_ns = CLOCK_NONE;
    int32_t day = time_ns == CLOCK_NONE ? INT32_MIN : day_of(time_ns);
    const struct value *computer = event_role_value(event, FIELD_ROLE_COMPUTER);
    struct slice own = computer->size ? slice_of(computer->data, computer->size) : host;
    if (own.size == 0 || own.size > COVERAGE_HOST_BYTES)
        return STATUS_OK;
    // Which hosts and days share a slot decides what is cited: that hangs on the unit alone.
    uint64_t mixed = digest_mix64(coverage->logs[log].hash ^ (uint32_t)day,
                                  (uint64_t)own.size << 16 | own.data[own.size / 2]);
    mixed = digest_mix64(mixed, (uint64_t)own.data[own.size - 1] << 8 | own.data[0]);
    struct coverage_slot *slot = &coverage->slots[mixed % COVERAGE_SLOTS];
    if (slot->batch.count == 0 || slot->log != log || slot->day != day ||
        slot->host_size != own.size || memcmp(slot->host, own.data, own.size) != 0) {
        enum status status = slot_flush(coverage, slot, table, problem);
        if (status != STATUS_OK)
            return status;
        slot_begin(coverage, slot, event, host);
        if (slot->name_size == 0)
            return STATUS_OK;
        slot->log = log;
        slot->day = day;
        slot->host_size = (uint16_t)own.size;
        memcpy(slot->host, own.data, own.size);
    }
    batch_add(&slot->batch, event, time_ns);
    return STATUS_OK;
}

enum status coverage_flush(struct coverage *coverage, struct relation_table *table,
                           struct problem *problem) {
    for (size_t i = 0; i < COVERAGE_SLOTS; i++) {
        enum status status = slot_flush(coverage, &coverage->slots[i], table, problem);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}
