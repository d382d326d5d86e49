// Results: what the pieces came to
// SPDX-License-Identifier: Apache-2.0
#include "store/connection.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <stdlib.h>
#include <string.h>

enum {
    RESULT_TEXT_BYTES = 64 << 20,
    RESULT_RULES_MAX = 1 << 20
};

enum status store_clear_results(struct store *store, struct problem *problem) {
    enum status status = store_put_fact(store, STORE_FACT_FINISHED, SLICE("0"), problem);
    if (status == STATUS_OK)
        status = store->backend->run(store->database,
                                     "DELETE FROM rule; DELETE FROM result; DELETE FROM finding;"
                                     "DELETE FROM relation; DELETE FROM host; DELETE FROM gap;",
                                     problem);
    return status == STATUS_OK ? store_clear_story(store, problem) : status;
}

enum status store_clear_story(struct store *store, struct problem *problem) {
    return store->backend->run(
        store->database,
        "DELETE FROM campaign; DELETE FROM campaign_host;"
        // What somebody spoke of is still to be found, cited or not.
        "DELETE FROM record WHERE sha256 NOT IN (SELECT sha256 FROM verdict);",
        problem);
}

// Texts of a list, one a line.
static struct slice result_list(const struct slice *texts, uint32_t count, struct buffer *to) {
    size_t from = to->size;
    for (uint32_t i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(to, '\n');
        buffer_append_slice(to, texts[i]);
    }
    return slice_of(to->data ? to->data + from : NULL, to->size - from);
}

enum status store_put_rule(struct store *store, uint32_t number, const struct rule *rule,
                           struct problem *problem) {
    struct buffer tags, fields;
    buffer_init(&tags, RESULT_TEXT_BYTES);
    buffer_init(&fields, RESULT_TEXT_BYTES);
    const struct backend_value values[] = {
        value_number(number),
        value_text(rule->id),
        value_text(rule->name),
        value_text(rule->title),
        value_text(rule->file),
        value_number(rule->line),
        value_text(slice_of_string(rule_level_text(rule->level))),
        value_text(slice_of_string(rule_status_text(rule->status))),
        value_text(result_list(rule->tags, rule->tag_count, &tags)),
        value_text(result_list(rule->fields, rule->field_count, &fields)),
    };
    enum status status = store_do(store, STATEMENT_PUT_RULE, values, ARRAY_SIZE(values), problem);
    buffer_done(&tags);
    buffer_done(&fields);
    return status;
}

// The lines of a list back; false when the arena is full.
static bool rule_take_list(struct slice lines, struct arena *arena, const struct slice **ret_rows,
                           uint32_t *ret_count) {
    uint32_t count = lines.size > 0;
    for (size_t i = 0; i < lines.size; i++)
        count += lines.data[i] == '\n';
    struct slice *rows = count ? arena_new(arena, count, sizeof *rows) : NULL;
    if (count && !rows)
        return false;
    size_t from = 0;
    uint32_t at = 0;
    for (size_t i = 0; count && i <= lines.size; i++) {
        if (i < lines.size && lines.data[i] != '\n')
            continue;
        rows[at++] = slice_part(lines, from, i - from);
        from = i + 1;
    }
    *ret_rows = rows;
    *ret_count = at;
    return true;
}

static enum status rule_read(struct store *store, struct arena *arena, struct rule *rule,
                             struct problem *problem) {
    enum store_statement which = STATEMENT_RULES;
    struct slice tags, fields;
    struct slice *const texts[] = {&rule->id, &rule->name, &rule->title, &rule->file};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(texts) && status == STATUS_OK; i++)
        status = store_keep(store, which, i + 1, arena, texts[i], problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 8, arena, &tags, problem);
    if (status == STATUS_OK)
        status = store_keep(store, which, 9, arena, &fields, problem);
    if (status != STATUS_OK)
        return status;
    rule->line = (uint32_t)store_number(store, which, 5);
    if (!rule_level_parse(store_bytes(store, which, 6), &rule->level) ||
        !rule_take_list(tags, arena, &rule->tags, &rule->tag_count) ||
        !rule_take_list(fields, arena, &rule->fields, &rule->field_count))
        return problem_set(problem, STATUS_FORMAT, "the case's list of rules is damaged");
    if (!rule_status_parse(store_bytes(store, which, 7), &rule->status))
        rule->status = RULE_STATUS_NONE;
    return STATUS_OK;
}

enum status store_rules(struct store *store, struct arena *arena, struct rule **ret_rules,
                        size_t *ret_count, struct problem *problem) {
    enum store_statement which = STATEMENT_RULES;
    struct rule *rules = NULL;
    size_t count = 0;
    bool row = true;
    enum status status = store_start(store, which, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, which, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        if (store_number(store, which, 0) != (int64_t)count || count == RESULT_RULES_MAX) {
            status = problem_set(problem, STATUS_FORMAT, "the case's list of rules is damaged");
            break;
        }
        if ((count & (count - 1)) == 0)
            rules = memory_resize(rules, count ? count * 2 : 1, sizeof *rules);
        rules[count] = (struct rule){0};
        status = rule_read(store, arena, &rules[count++], problem);
    }
    if (status != STATUS_OK) {
        memory_free(rules);
        return status;
    }
    *ret_rules = rules;
    *ret_count = count;
    return STATUS_OK;
}

enum status store_put_findings(struct store *store, struct slice rows, struct problem *problem) {
    const struct backend_value values[] = {value_bytes(rows), value_number(digest_crc32(0, rows))};
    return store_do(store, STATEMENT_PUT_FINDINGS, values, ARRAY_SIZE(values), problem);
}

enum status store_findings(struct store *store, const struct store_rows_sink *sink,
                           struct problem *problem) {
    bool row = true;
    enum status status = store_start(store, STATEMENT_FINDINGS, NULL, 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, STATEMENT_FINDINGS, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        struct slice rows = store_bytes(store, STATEMENT_FINDINGS, 0);
        if (store_number(store, STATEMENT_FINDINGS, 1) != digest_crc32(0, rows))
            return problem_set(problem, STATUS_FORMAT,
                               "the case is damaged: its findings are not as they were written");
        status = sink->rows(sink->context, rows, problem);
    }
    return status;
}

static struct backend_value value_time(int64_t time_ns, char text[CLOCK_TEXT_SIZE]) {
    size_t size = clock_format(time_ns, text);
    return size ? value_text(slice_of(text, size)) : (struct backend_value){.kind = BACKEND_NULL};
}

enum status store_put_finding(struct store *store, const struct finding *finding, int64_t source,
                              struct problem *problem) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE], hex[DIGEST_SHA256_HEX_SIZE];
    const struct reference first_record =
        finding->reference_count ? finding->references[0] : (struct reference){0};
    digest_hex(first_record.sha256, hex);
    const struct backend_value values[] = {
        value_text(finding->rule->id),
        value_text(finding->rule->title),
        value_text(slice_of_string(rule_level_text(finding->rule->level))),
        value_text(finding->host),
        value_text(finding->account),
        value_text(finding->provider),
        value_text(finding->channel),
        value_number(finding->code),
        value_time(finding->first_ns, first),
        value_time(finding->last_ns, last),
        value_number((int64_t)finding->count),
        value_text(slice_of_string(finding->reference_count ? hex : "")),
        value_number(source),
        value_number((int64_t)first_record.position.offset),
        value_number((int64_t)first_record.position.record_id),
        value_number((int64_t)first_record.position.line),
        value_number(first_record.time_ns),
    };
    return store_do(store, STATEMENT_PUT_FINDING, values, ARRAY_SIZE(values), problem);
}

enum status store_put_relation(struct store *store, const struct relation *relation,
                               struct problem *problem) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    const struct backend_value values[] = {
        value_text(slice_of_string(relation_kind_name(relation->kind))),
        value_text(relation->from),
        value_text(relation->to),
        value_text(relation->account),
        value_text(relation->artefact),
        value_text(relation->recorder),
        value_time(relation->first_ns, first),
        value_time(relation->last_ns, last),
        value_number((int64_t)relation->count),
        value_number((int64_t)relation->bytes_out),
        value_number((int64_t)relation->bytes_in),
    };
    return store_do(store, STATEMENT_PUT_RELATION, values, ARRAY_SIZE(values), problem);
}

enum status store_put_host(struct store *store, uint32_t number, const struct fleet_host *host,
                           struct problem *problem) {
    struct buffer aliases;
    buffer_init(&aliases, RESULT_TEXT_BYTES);
    for (uint32_t i = 0; i < host->alias_count; i++) {
        if (i)
            buffer_append_byte(&aliases, ' ');
        buffer_append_slice(&aliases, host->aliases[i].text);
    }
    const struct backend_value values[] = {
        value_number(number),        value_text(host->name),
        value_text(host->fqdn),      value_text(buffer_slice(&aliases)),
        value_number(host->skew_ns), value_number(host->has_evidence),
    };
    enum status status = store_do(store, STATEMENT_PUT_HOST, values, ARRAY_SIZE(values), problem);
    buffer_done(&aliases);
    return status;
}

static enum status campaign_put_host(struct store *store, const struct campaign *campaign,
                                     const struct campaign_host *host, struct problem *problem) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    int32_t parent = host->best.parent;
    const struct backend_value values[] = {
        value_text(campaign->id),
        value_text(host->name),
        value_text(slice_of_string(host_state_name(host->state))),
        value_time(host->first_ns, first),
        value_time(host->last_ns, last),
        parent >= 0 ? value_text(campaign->hosts[parent].name)
                    : (struct backend_value){.kind = BACKEND_NULL},
        value_text(host->best.reason),
        value_number(host->evidence_millibits),
    };
    return store_do(store, STATEMENT_PUT_CAMPAIGN_HOST, values, ARRAY_SIZE(values), problem);
}

enum status store_put_campaign(struct store *store, const struct campaign *campaign,
                               struct problem *problem) {
    const struct backend_value values[] = {
        value_text(campaign->id),
        value_text(slice_of_string(campaign->is_incident ? "incident" : "campaign")),
        value_text(campaign->title),
        value_text(campaign->confidence),
        value_number(campaign->score_millibits),
        value_number(campaign->threshold_millibits),
        value_number(campaign->host_count),
    };
    enum status status =
        store_do(store, STATEMENT_PUT_CAMPAIGN, values, ARRAY_SIZE(values), problem);
    for (uint32_t i = 0; i < campaign->host_count && status == STATUS_OK; i++)
        status = campaign_put_host(store, campaign, &campaign->hosts[i], problem);
    return status;
}

enum status store_put_gap(struct store *store, int64_t source, const struct gap_sum *gap,
                          struct problem *problem) {
    const struct backend_value values[] = {
        value_number(source),
        value_text(slice_of_string(gap->reason)),
        value_number((int64_t)gap->count),
        value_number((int64_t)gap->bytes),
        value_number((int64_t)gap->records),
        value_number((int64_t)gap->offset),
    };
    return store_do(store, STATEMENT_PUT_GAP, values, ARRAY_SIZE(values), problem);
}
