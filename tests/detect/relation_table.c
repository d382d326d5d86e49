// Relations made by hand, for detectors' tests
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include "base/memory.h"
#include "base/text.h"
#include "inventory/inventory.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define START_SECONDS 1767571200ll // 2026-01-05T00:00:00Z

struct relation_table *relation_table_new(void) {
    struct relation_table *table = memory_new(1, sizeof *table);
    table->fleet.hosts = table->hosts;
    table->detections = memory_new(TABLE_DETECTIONS_MAX, sizeof *table->detections);
    return table;
}

void relation_table_free(struct relation_table *table) {
    memory_free(table->detections);
    memory_free(table);
}

uint32_t relation_table_host(struct relation_table *table, const char *name, unsigned roles) {
    assert(table->fleet.count < TABLE_HOSTS_MAX);
    table->hosts[table->fleet.count] =
        (struct fleet_host){.name = slice_of_string(name), .roles = roles, .has_evidence = true};
    return table->fleet.count++;
}

static uint32_t host_of(const struct relation_table *table, struct slice part) {
    for (uint32_t i = 0; i < table->fleet.count; i++)
        if (text_equal_fold_ascii(table->hosts[i].name, part))
            return i;
    return RELATION_NO_HOST;
}

struct relation *relation_table_add(struct relation_table *table, enum relation_kind kind,
                                    const char *from, const char *to, int64_t seconds) {
    assert(table->relation_count < TABLE_RELATIONS_MAX);
    size_t i = table->relation_count++;
    int64_t time_ns = (START_SECONDS + seconds) * 1000000000;
    table->references[i] = (struct reference){
        .position = {.offset = i * 100, .line = i + 1}, .time_ns = time_ns, .sha256 = {1}};
    struct relation *relation = &table->relations[i];
    *relation = (struct relation){.kind = kind,
                                  .from = slice_of_string(from),
                                  .to = slice_of_string(to),
                                  .first_ns = time_ns,
                                  .last_ns = time_ns,
                                  .count = 1,
                                  .references = &table->references[i],
                                  .reference_count = 1};
    return relation;
}

void relation_table_skew_last(struct relation_table *table, int64_t seconds) {
    table->references[table->relation_count - 1].time_ns += seconds * 1000000000;
}

// A naive reader: picks, sorts with qsort, walks.
struct table_reader {
    const struct relation_table *table;
    size_t *order;
    size_t count, at;
};

struct sort_row {
    const struct relation *relation;
    enum relation_order order;
    size_t index;
};

static int64_t compare_number(int64_t a, int64_t b) {
    return a < b ? -1 : a > b;
}

static int row_compare(const void *left, const void *right) {
    const struct sort_row *a = left, *b = right;
    const struct relation *x = a->relation, *y = b->relation;
    int from = slice_compare(x->from, y->from), to = slice_compare(x->to, y->to);
    int artefact = slice_compare(x->artefact, y->artefact);
    int account = slice_compare(x->account, y->account);
    int kind = (int)compare_number((int64_t)x->kind, (int64_t)y->kind);
    int time = (int)compare_number(x->first_ns, y->first_ns);
    const int keys[][5] = {
        [RELATION_ORDER_TIME] = {time, kind, from, to, artefact},
        [RELATION_ORDER_FROM] = {from, kind, to, artefact, time},
        [RELATION_ORDER_TO] = {to, kind, artefact, from, time},
        [RELATION_ORDER_ARTEFACT] = {artefact, kind, to, time, from},
        [RELATION_ORDER_ACCOUNT] = {account, kind, to, artefact, time},
        [RELATION_ORDER_PAIR] = {from, to, kind, time, artefact},
    };
    for (size_t i = 0; i < 5; i++)
        if (keys[a->order][i])
            return keys[a->order][i];
    return (int)compare_number((int64_t)a->index, (int64_t)b->index);
}

static enum status table_open(void *context, uint64_t kinds, enum relation_order order,
                              void **ret_reader, struct problem *problem) {
    (void)problem;
    struct relation_table *table = context;
    struct sort_row *rows = memory_new(table->relation_count + 1, sizeof *rows);
    size_t count = 0;
    for (size_t i = 0; i < table->relation_count; i++) {
        struct relation *relation = &table->relations[i];
        relation->from_host = host_of(table, relation->from);
        relation->to_host = host_of(table, relation->to);
        if (kinds >> relation->kind & 1)
            rows[count++] = (struct sort_row){relation, order, i};
    }
    qsort(rows, count, sizeof *rows, row_compare);
    struct table_reader *reader = memory_new(1, sizeof *reader);
    *reader = (struct table_reader){
        .table = table, .order = memory_new(count + 1, sizeof(size_t)), .count = count};
    for (size_t i = 0; i < count; i++)
        reader->order[i] = rows[i].index;
    memory_free(rows);
    *ret_reader = reader;
    return STATUS_OK;
}

static enum status table_next(void *context, struct relation *ret_relation, bool *ret_more,
                              struct problem *problem) {
    (void)problem;
    struct table_reader *reader = context;
    *ret_more = reader->at < reader->count;
    if (*ret_more)
        *ret_relation = reader->table->relations[reader->order[reader->at++]];
    return STATUS_OK;
}

static void table_close(void *context) {
    struct table_reader *reader = context;
    if (!reader)
        return;
    memory_free(reader->order);
    memory_free(reader);
}

static uint32_t table_find_host(void *context, struct slice name, int64_t time_ns) {
    (void)time_ns;
    return host_of(context, name);
}

void relation_table_source(struct relation_table *table, struct relation_source *ret_source) {
    *ret_source =
        (struct relation_source){table, table_open, table_next, table_close, table_find_host};
}

// What a detector told, kept.
struct listener {
    struct relation_table *table;
    const struct detector *detector;
};

static void text_keep(char *to, size_t size, struct slice text) {
    snprintf(to, size, "%.*s", (int)text.size, (const char *)text.data);
}

static enum status listener_found(void *context, const struct detection *detection,
                                  struct problem *problem) {
    (void)problem;
    struct listener *listener = context;
    struct relation_table *table = listener->table;
    assert(detection->rule < listener->detector->rule_count);
    assert(detection->reference_count > 0);
    assert(table->detection_count < TABLE_DETECTIONS_MAX);
    struct table_detection *kept = &table->detections[table->detection_count++];
    memset(kept, 0, sizeof *kept);
    kept->rule = &listener->detector->rules[detection->rule];
    text_keep(kept->host, sizeof kept->host, detection->host);
    text_keep(kept->account, sizeof kept->account, detection->account);
    kept->first_ns = detection->first_ns;
    kept->last_ns = detection->last_ns;
    kept->count = detection->count;
    for (uint32_t i = 0; i < detection->field_count && i < 16; i++) {
        text_keep(kept->fields[i][0], sizeof kept->fields[i][0], detection->fields[i].name);
        text_keep(kept->fields[i][1], sizeof kept->fields[i][1], detection->fields[i].text);
        kept->field_count++;
    }
    kept->reference_count = detection->reference_count;
    for (uint32_t i = 0; i < detection->reference_count; i++)
        kept->lines[i] = detection->references[i].position.line;
    return STATUS_OK;
}

static void judge_once(struct relation_table *table, const struct detector *detector) {
    struct relation_source source;
    relation_table_source(table, &source);
    struct detect_context context = {.relations = &source,
                                     .fleet = &table->fleet,
                                     .facts = inventory_facts(),
                                     .first_ns = START_SECONDS * 1000000000,
                                     .last_ns = START_SECONDS * 1000000000,
                                     .spill_directory = "/tmp"};
    for (size_t i = 0; i < table->relation_count; i++)
        if (table->relations[i].last_ns > context.last_ns)
            context.last_ns = table->relations[i].last_ns;
    struct listener listener = {table, detector};
    struct detection_sink sink = {&listener, listener_found};
    struct problem problem;
    table->detection_count = 0;
    enum status status = detector->judge(&context, &sink, &problem);
    assert(status == STATUS_OK);
    (void)status;
}

void relation_table_judge(struct relation_table *table, const struct detector *detector) {
    judge_once(table, detector);
    size_t first_count = table->detection_count;
    // Rows the other way round: each has its reference with it.
    for (size_t i = 0; i < table->relation_count / 2; i++) {
        struct relation *a = &table->relations[i];
        struct relation *b = &table->relations[table->relation_count - 1 - i];
        struct relation kept = *a;
        *a = *b;
        *b = kept;
    }
    judge_once(table, detector);
    assert(table->detection_count == first_count);
    (void)first_count;
}

const struct table_detection *relation_table_find(const struct relation_table *table,
                                                  const char *rule, const char *host) {
    for (size_t i = 0; i < table->detection_count; i++)
        if (slice_equal_string(table->detections[i].rule->id, rule) &&
            (!host || strcmp(table->detections[i].host, host) == 0))
            return &table->detections[i];
    return NULL;
}

size_t relation_table_count(const struct relation_table *table, const char *rule) {
    size_t count = 0;
    for (size_t i = 0; i < table->detection_count; i++)
        count += slice_equal_string(table->detections[i].rule->id, rule);
    return count;
}

const char *table_detection_field(const struct table_detection *detection, const char *name) {
    for (uint32_t i = 0; i < detection->field_count; i++)
        if (strcmp(detection->fields[i][0], name) == 0)
            return detection->fields[i][1];
    return "";
}
