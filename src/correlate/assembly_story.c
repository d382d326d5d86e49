// The story of a campaign
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly_techniques.h"
#include "correlate/stage_begin.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

enum {
    STAGE_SENTENCES_MAX = 24
};

// What one rule says in one stage, over all hosts of the campaign.
struct statement {
    const struct rule *rule;
    enum rule_level level;
    int64_t first_ns, last_ns;
    uint32_t host; // the first
    uint32_t host_count, clue_count;
    uint64_t records;
    struct slice what;        // of the first clue
    const struct clue *first; // what it says is shown by its records
    struct citations citations;
};

struct statement_row {
    struct statement *rows;
    uint32_t count, capacity;
    struct technique_row techniques;
};

static struct statement *statement_find(struct statement_row *row, const struct rule *rule) {
    for (uint32_t i = 0; i < row->count; i++)
        if (row->rows[i].rule == rule)
            return &row->rows[i];
    if (row->count == row->capacity) {
        row->capacity = row->capacity ? 2 * row->capacity : 32;
        row->rows = memory_resize(row->rows, row->capacity, sizeof *row->rows);
    }
    struct statement *made = &row->rows[row->count++];
    *made = (struct statement){.rule = rule, .host = FOREST_NONE, .first_ns = INT64_MAX};
    return made;
}

static void statement_add(struct statement *statement, const struct clue *clue, int64_t first_ns,
                          uint32_t *ret_last) {
    if (*ret_last != clue->host)
        statement->host_count++;
    *ret_last = clue->host;
    if (first_ns < statement->first_ns) {
        statement->first_ns = first_ns;
        statement->host = clue->host;
        statement->what = clue->what;
        statement->first = clue;
    }
    if (clue->last_ns > statement->last_ns)
        statement->last_ns = clue->last_ns;
    statement->level = clue->level;
    statement->clue_count++;
    statement->records += clue->count;
    citations_add(&statement->citations, clue->references, clue->reference_count);
}

// By host and rule, so that a host counts once in a statement. What is commonplace is told only
// where nothing else is, and never as covering of tracks, which is no stage of its own.
static void statements_gather(struct assembly *assembly, const struct stage_judge *judge,
                              enum stage stage, bool with_commonplace, struct statement_row *row) {
    const struct clue_book *book = assembly->book;
    uint32_t *last = memory_new((size_t)book->rule_count + 1, sizeof *last);
    memset(last, 0xFF, ((size_t)book->rule_count + 1) * sizeof *last);
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t number = assembly->members[k];
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            int64_t begin_ns;
            if (stage_of_clue(judge, clue, &begin_ns) != stage ||
                (!with_commonplace && stage_clue_is_commonplace(judge, clue)))
                continue;
            statement_add(statement_find(row, clue->rule), clue, begin_ns,
                          &last[clue->rule_number]);
            technique_row_add(&row->techniques, clue, stage, begin_ns);
        }
    }
    memory_free(last);
}

static int statement_compare_weight(const void *left, const void *right) {
    const struct statement *a = left, *b = right;
    if (a->level != b->level)
        return a->level > b->level ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return slice_compare(a->rule->id, b->rule->id);
}

static int statement_compare_time(const void *left, const void *right) {
    const struct statement *a = left, *b = right;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return slice_compare(a->rule->id, b->rule->id);
}

static void statement_write(struct assembly *assembly, const struct statement *statement) {
    struct buffer *text = &assembly->text;
    text_append_minute(text, statement->first_ns, "an unknown time");
    buffer_append_text(text, ": ");
    if (statement->what.size && statement->clue_count == 1) {
        buffer_append_slice(text, statement->what);
        return;
    }
    buffer_append_slice(text, statement->rule->title);
    buffer_append_text(text, " on ");
    buffer_append_slice(text, host_name(assembly, statement->host));
    if (statement->host_count > 1)
        buffer_append_format(text, " and %u more host%s", statement->host_count - 1,
                             statement->host_count == 2 ? "" : "s");
    if (statement->clue_count > 1) {
        buffer_append_text(text, ", until ");
        text_append_minute(text, statement->last_ns, "an unknown time");
    }
    buffer_append_byte(text, '.');
    if (statement->what.size) {
        buffer_append_text(text, " First: ");
        buffer_append_slice(text, statement->what);
    }
}

static uint32_t stage_hosts(const struct campaign *campaign, enum stage stage) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        count += campaign->hosts[i].stages >> stage & 1;
    return count;
}

// What a statement says first is shown by the records of its first clue, and so is when its stage
// began.
static void statements_lead(struct statement_row *row, struct citations *ret_stage) {
    const struct statement *first = &row->rows[0];
    for (uint32_t i = 0; i < row->count; i++) {
        struct statement *one = &row->rows[i];
        citations_lead(&one->citations, one->first->references, one->first->reference_count,
                       one->first_ns);
        if (statement_compare_time(one, first) < 0)
            first = one;
    }
    citations_lead(ret_stage, first->first->references, first->first->reference_count,
                   first->first_ns);
}

static void stage_tell(struct assembly *assembly, struct campaign *campaign,
                       const struct stage_judge *judge, enum stage stage, struct statement_row *row,
                       struct technique_row *techniques) {
    struct campaign_stage *told = &campaign->stages[campaign->stage_count++];
    *told = (struct campaign_stage){.stage = stage,
                                    .host_count = stage_hosts(campaign, stage),
                                    .first_ns = judge->begins_ns[stage],
                                    .last_ns = INT64_MIN};
    struct citations citations = {.count = 0};
    statements_lead(row, &citations);
    for (uint32_t i = 0; i < row->count; i++) {
        const struct statement *one = &row->rows[i];
        if (one->last_ns > told->last_ns)
            told->last_ns = one->last_ns;
        citations_add(&citations, one->citations.references, one->citations.count);
    }
    qsort(row->rows, row->count, sizeof *row->rows, statement_compare_weight);
    told->techniques = technique_row_tell(assembly, &row->techniques, techniques);
    uint32_t shown = row->count < STAGE_SENTENCES_MAX ? row->count : STAGE_SENTENCES_MAX;
    qsort(row->rows, shown, sizeof *row->rows, statement_compare_time);
    struct sentence_row sentences = {0};
    for (uint32_t i = 0; i < shown; i++) {
        statement_write(assembly, &row->rows[i]);
        sentence_row_add(assembly, &sentences, &row->rows[i].citations);
    }
    told->sentences = sentence_row_keep(assembly, &sentences, &told->sentence_count);
    told->references = citations_keep(assembly, &citations);
    told->reference_count = citations.count;
}

static void left_out_add(struct assembly *assembly, const struct clue *clue) {
    if (assembly->left_out_count++ == 0)
        assembly->left_out_first = clue;
    citations_add(&assembly->left_out, clue->references, clue->reference_count);
}

// A host shows the stages in which its clues are told, and those of its weak clues; but covering of
// tracks only by what is told as such: logs are cleared as a matter of routine, too. High clues
// of others' accounts that are told in none are kept for what is unknown.
static void hosts_show_stages(struct assembly *assembly, const struct stage_judge *judge,
                              struct campaign *campaign) {
    const struct clue_book *book = assembly->book;
    assembly->left_out = (struct citations){.count = 0};
    assembly->left_out_count = 0;
    for (uint32_t k = 0; k < campaign->host_count; k++) {
        uint32_t number = assembly->members[k];
        campaign->hosts[k].stages = 0;
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            int64_t begin_ns;
            assembly->told[i] = STAGE_NONE;
            if (!assembly_clue_counts(assembly, clue))
                continue;
            enum stage stage = clue->level >= RULE_LEVEL_MEDIUM
                                   ? stage_of_clue(judge, clue, &begin_ns)
                                   : clue->stage;
            assembly->told[i] = clue->level >= RULE_LEVEL_MEDIUM ? (uint8_t)stage : STAGE_NONE;
            if (stage != STAGE_COVER ||
                (clue->level >= RULE_LEVEL_MEDIUM && !stage_clue_is_commonplace(judge, clue)))
                campaign->hosts[k].stages |= 1u << stage;
            if (clue->level >= RULE_LEVEL_HIGH && stage == STAGE_NONE &&
                judge->tellings[i].is_strangers)
                left_out_add(assembly, clue);
        }
    }
}

void assembly_stages(struct assembly *assembly, struct campaign *campaign) {
    struct stage_judge judge;
    struct technique_row techniques = {0};
    stage_judge_init(&judge, assembly);
    assembly_accounts(assembly, &judge, campaign);
    hosts_show_stages(assembly, &judge, campaign);
    campaign->stages = assembly_new(assembly, STAGE_COUNT, sizeof *campaign->stages);
    for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT && campaign->stages; stage++) {
        struct statement_row row = {0};
        statements_gather(assembly, &judge, (enum stage)stage, false, &row);
        if (row.count == 0 && stage != STAGE_COVER)
            statements_gather(assembly, &judge, (enum stage)stage, true, &row);
        if (row.count)
            stage_tell(assembly, campaign, &judge, (enum stage)stage, &row, &techniques);
        memory_free(row.rows);
        memory_free(row.techniques.mentions);
    }
    technique_row_keep(assembly, &techniques, campaign);
    memory_free(techniques.mentions);
    stage_judge_done(&judge);
}

struct citations host_citations(const struct campaign_host *host) {
    struct citations citations = {.count = 0};
    citations_lead(&citations, host->best.references, host->best.reference_count,
                   host->best.time_ns);
    citations_add(&citations, host->references, host->reference_count);
    return citations;
}
