// Exposed or cleared: what a host's own logs say
// SPDX-License-Identifier: Apache-2.0
//
// A host is cleared when a log of its own that tells what ran there (Sysmon, or a Security log with
// program starts) covers every day from when it could first have been reached to the campaign's
// last sign, loses no record, was not cleared, and nothing was found on the host in that time.
#include "correlate/bystander.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <stdlib.h>

#define DAY_NS (86400 * SECOND_NS)

enum {
    REASON_BYTES = 1 << 16,
    WHAT_BYTES_MAX = 1024,
    ALIASES_MAX = 6,
    NAMES_MAX = 6,
    ROW_NONE = -1
};

struct judge {
    struct bystander_search *search;
    const struct evidence_coverage *coverage;
    int32_t *rows; // by fleet host: its first row of coverage; ROW_NONE
    int32_t *next; // by row: the host's next
    bool *starts;  // by fleet host: program starts are logged there
    struct buffer text;
    bool full; // the arena is
};

static bool row_is(const struct coverage_row *row, const char *log) {
    return text_equal_fold_ascii(row->log, slice_of_string(log));
}

// One log that the host has, or NULL.
static const struct coverage_row *host_log(const struct judge *judge, uint32_t host,
                                           const char *log) {
    for (int32_t i = judge->rows[host]; i != ROW_NONE; i = judge->next[i])
        if (row_is(&judge->coverage->rows[i], log) && judge->coverage->rows[i].format.size)
            return &judge->coverage->rows[i];
    return NULL;
}

// Which log tells what ran there; NULL: none does.
static const char *telling_log(const struct judge *judge, uint32_t host) {
    if (host_log(judge, host, "sysmon"))
        return "sysmon";
    return judge->starts[host] && host_log(judge, host, "security") ? "security" : NULL;
}

static bool host_has_logs(const struct judge *judge, uint32_t host) {
    for (int32_t i = judge->rows[host]; i != ROW_NONE; i = judge->next[i])
        if (judge->coverage->rows[i].format.size)
            return true;
    return false;
}

static void text_day(struct buffer *text, int64_t time_ns) {
    char written[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, written);
    buffer_append(text, written, size < 10 ? size : 10);
}

// The last day without a hole from `day` on, over all files of that log; day - 1 when there is
// none.
static int32_t covered_until(const struct judge *judge, uint32_t host, const char *log,
                             int32_t day) {
    int32_t until = day - 1;
    for (bool grew = true; grew;) {
        grew = false;
        for (int32_t i = judge->rows[host]; i != ROW_NONE; i = judge->next[i]) {
            const struct coverage_row *row = &judge->coverage->rows[i];
            for (uint32_t k = 0; row_is(row, log) && k < row->span_count; k++) {
                const struct coverage_span *span = &row->spans[k];
                bool goes_on = span->first_day <= (until < day ? day : until + 1);
                if (!goes_on || span->last_day <= until)
                    continue;
                until = span->last_day;
                grew = true;
            }
        }
    }
    return until;
}

// What is wrong with the log, in words into the text; false when nothing is.
static bool log_fails(struct judge *judge, uint32_t host, const char *log, int64_t from_ns,
                      int64_t until_ns) {
    int64_t first_ns = CLOCK_MAX;
    struct buffer *text = &judge->text;
    for (int32_t i = judge->rows[host]; i != ROW_NONE; i = judge->next[i]) {
        const struct coverage_row *row = &judge->coverage->rows[i];
        if (!row_is(row, log))
            continue;
        if (row->state == COVERAGE_CLEARED) {
            buffer_append_format(text, "its %s log was cleared on ", log);
            text_day(text, row->cleared_ns);
            return true;
        }
        if (row->missing_records) {
            buffer_append_format(text, "%llu records of its %s log are missing",
                                 (unsigned long long)row->missing_records, log);
            return true;
        }
        if (row->first_ns != CLOCK_NONE && row->first_ns < first_ns)
            first_ns = row->first_ns;
    }
    int32_t from_day = (int32_t)(from_ns / DAY_NS), until_day = (int32_t)(until_ns / DAY_NS);
    int32_t covered = covered_until(judge, host, log, from_day);
    if (first_ns > from_ns) {
        buffer_append_format(text, "its %s log begins later", log);
        if (first_ns != CLOCK_MAX) {
            buffer_append_text(text, ", on ");
            text_day(text, first_ns);
        }
        return true;
    }
    if (covered >= until_day - WEIGHT_ALIBI_QUIET_DAYS)
        return false;
    buffer_append_format(text, "its %s log ", log);
    if (covered < from_day) {
        buffer_append_text(text, "has a hole at that time");
        return true;
    }
    buffer_append_text(text, "is there without a hole only until ");
    text_day(text, covered * DAY_NS);
    return true;
}

// What was found there since, though it pays for no explanation; NULL: nothing.
static const struct clue *host_clue(const struct judge *judge, uint32_t host, int64_t from_ns) {
    const struct clue_book *book = judge->search->book;
    for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (clue->level >= RULE_LEVEL_MEDIUM && !clue->is_benign &&
            clue->last_ns >= from_ns - WEIGHT_BEFORE_SECONDS * SECOND_NS)
            return clue;
    }
    return NULL;
}

// The second half of the reason; whether it clears.
static bool host_is_clear(struct judge *judge, uint32_t host, int64_t from_ns, int64_t until_ns) {
    struct buffer *text = &judge->text;
    const struct bystander_search *search = judge->search;
    if (host >= search->input->fleet->count || !host_has_logs(judge, host)) {
        buffer_append_text(text, "no log of its own is here");
        return false;
    }
    const char *log = telling_log(judge, host);
    if (!log) {
        buffer_append_text(text, "none of its logs tells what ran there");
        return false;
    }
    if (log_fails(judge, host, log, from_ns, until_ns))
        return false;
    const struct clue *clue = host_clue(judge, host, from_ns);
    if (clue) {
        buffer_append_text(text, "too little was found there since to tell: ");
        buffer_append_slice(text, slice_part(clue->rule->title, 0, WHAT_BYTES_MAX));
        return false;
    }
    buffer_append_format(text, "its %s log covers the time without a hole, and nothing was found",
                         log);
    return true;
}

static void way_write(struct judge *judge, const struct bystander_way *way,
                      const struct campaign *campaign) {
    static const char *const WORDS[] = {
        [BYSTANDER_FETCHED] = "Fetched ",
        [BYSTANDER_ASKED] = "Asked for ",
        [BYSTANDER_EXECUTION] = "Something was run there by ",
        [BYSTANDER_LOGON] = "Logged on to by ",
    };
    struct buffer *text = &judge->text;
    buffer_append_text(text, WORDS[way->kind]);
    buffer_append_slice(text, slice_part(way->what, 0, WHAT_BYTES_MAX));
    buffer_append_text(text, " from ");
    buffer_append_slice(text, campaign->hosts[way->source].name);
    buffer_append_text(text, ", ");
    text_append_minute(text, way->time_ns, "an unknown time");
    buffer_append_text(text, way->kind <= BYSTANDER_ASKED ? ", while a wave went out; "
                                                          : ", an account of the intruders; ");
}

static int64_t campaign_last(const struct campaign *campaign) {
    int64_t last_ns = CLOCK_NONE;
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        if (campaign->stages[i].last_ns > last_ns)
            last_ns = campaign->stages[i].last_ns;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        if (campaign->hosts[i].first_ns > last_ns)
            last_ns = campaign->hosts[i].first_ns;
    return last_ns;
}

static void *judge_keep(struct judge *judge, const void *rows, size_t count, size_t size) {
    void *kept = arena_new(judge->search->arena, count ? count : 1, size);
    if (kept && count)
        memcpy(kept, rows, count * size);
    judge->full |= !kept;
    return kept;
}

static void bystander_name(struct judge *judge, uint32_t host, struct bystander *told) {
    const struct cast *cast = &judge->search->book->cast;
    struct slice aliases[ALIASES_MAX];
    uint32_t count = 0;
    if (host >= cast->fleet.count) {
        struct slice name = intern_text(&judge->search->addresses, host - cast->fleet.count);
        told->name = arena_keep(judge->search->arena, name);
        judge->full |= told->name.size != name.size;
        return;
    }
    const struct fleet_host *known = &cast->fleet.hosts[host];
    told->name = known->name;
    if (known->fqdn.size)
        aliases[count++] = known->fqdn;
    for (uint32_t i = 0; i < known->alias_count && count < ALIASES_MAX; i++) {
        bool again = text_equal_fold_ascii(known->aliases[i].text, known->name);
        for (uint32_t k = 0; k < count && !again; k++)
            again = text_equal_fold_ascii(known->aliases[i].text, aliases[k]);
        if (!again)
            aliases[count++] = known->aliases[i].text;
    }
    told->aliases = judge_keep(judge, aliases, count, sizeof *aliases);
    told->alias_count = count;
}

static void bystander_judge(struct judge *judge, const struct bystander_way *way,
                            const struct campaign *campaign, struct bystander *told) {
    const struct cast *cast = &judge->search->book->cast;
    *told = (struct bystander){
        .host = way->host < judge->search->input->fleet->count ? way->host : RELATION_NO_HOST,
        .first_ns = way->time_ns,
        .source = way->source};
    way_write(judge, way, campaign);
    uint32_t host = way->host < cast->fleet.count ? way->host : RELATION_NO_HOST;
    bool clear = host_is_clear(judge, host, way->time_ns, campaign_last(campaign));
    buffer_append_byte(&judge->text, '.');
    told->state = clear ? HOST_STATE_CLEARED : HOST_STATE_EXPOSED;
    told->reason = arena_keep(judge->search->arena, buffer_slice(&judge->text));
    judge->full |= told->reason.size != judge->text.size;
    buffer_reset(&judge->text);
    told->references =
        judge_keep(judge, way->references, way->reference_count, sizeof *way->references);
    told->reference_count = way->reference_count;
    bystander_name(judge, way->host, told);
}

static int bystander_compare(const void *left, const void *right) {
    const struct bystander *a = left, *b = right;
    if (a->state != b->state)
        return a->state == HOST_STATE_EXPOSED ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    int order = text_compare_fold_ascii(a->name, b->name);
    return order ? order : slice_compare(a->name, b->name);
}

// One more sentence of what is not known, citing the first of the exposed.
static void unknown_add(struct judge *judge, struct campaign *campaign) {
    struct reference cited[FINDING_REFERENCES_MAX];
    uint32_t cited_count = 0, named = 0;
    struct buffer *text = &judge->text;
    if (campaign->exposed_count == 0)
        return;
    buffer_append_format(text,
                         "Whether %u more host%s reached is not known: ", campaign->exposed_count,
                         campaign->exposed_count == 1 ? " was" : "s were");
    for (; named < campaign->exposed_count && named < NAMES_MAX; named++) {
        const struct bystander *one = &campaign->bystanders[named];
        buffer_append_text(text, named ? ", " : "");
        buffer_append_slice(text, one->name);
        reference_insert(cited, &cited_count, &one->references[0]);
    }
    if (campaign->exposed_count > named)
        buffer_append_format(text, " and %u more", campaign->exposed_count - named);
    buffer_append_text(text, ". The host list says of each how it could have been, and why its own "
                             "logs cannot tell.");
    struct sentence *grown =
        arena_new(judge->search->arena, campaign->unknown_count + 1u, sizeof *grown);
    struct slice kept = arena_keep(judge->search->arena, buffer_slice(text));
    judge->full |= !grown || kept.size != text->size;
    buffer_reset(text);
    if (judge->full)
        return;
    if (campaign->unknown_count)
        memcpy(grown, campaign->unknowns, campaign->unknown_count * sizeof *grown);
    grown[campaign->unknown_count++] =
        (struct sentence){.text = kept,
                          .references = judge_keep(judge, cited, cited_count, sizeof *cited),
                          .reference_count = cited_count};
    campaign->unknowns = grown;
}

static void unit_tell(struct judge *judge, struct campaign *campaign,
                      const struct bystander_way *ways, uint32_t count) {
    struct bystander *rows = memory_new((size_t)count + 1, sizeof *rows);
    for (uint32_t i = 0; i < count; i++) {
        bystander_judge(judge, &ways[i], campaign, &rows[i]);
        campaign->exposed_count += rows[i].state == HOST_STATE_EXPOSED;
        campaign->cleared_count += rows[i].state == HOST_STATE_CLEARED;
    }
    qsort(rows, count, sizeof *rows, bystander_compare);
    uint32_t kept = count < BYSTANDERS_MAX ? count : BYSTANDERS_MAX;
    campaign->bystanders = judge_keep(judge, rows, kept, sizeof *rows);
    campaign->bystander_count = judge->full ? 0 : kept;
    memory_free(rows);
    if (!judge->full)
        unknown_add(judge, campaign);
}

static void judge_take_rows(struct judge *judge) {
    const struct evidence_coverage *coverage = judge->coverage;
    uint32_t hosts = judge->search->input->fleet->count;
    for (uint32_t i = 0; i < hosts; i++)
        judge->rows[i] = ROW_NONE;
    for (uint32_t i = coverage->row_count; i-- > 0;) {
        uint32_t host = coverage->rows[i].host;
        if (host >= hosts)
            continue;
        judge->next[i] = judge->rows[host];
        judge->rows[host] = (int32_t)i;
    }
}

static enum status start_take(void *context, struct relation *relation, struct problem *problem) {
    struct judge *judge = context;
    (void)problem;
    if (relation->to_host < judge->search->input->fleet->count)
        judge->starts[relation->to_host] = true;
    return STATUS_OK;
}

// Only for hosts that have a Security log and no better one.
static enum status judge_read_starts(struct judge *judge, struct problem *problem) {
    const struct bystander_search *search = judge->search;
    bool asked = false;
    for (uint32_t i = 0; i < search->count && !asked; i++) {
        uint32_t host = search->ways[i].host;
        asked = host < search->input->fleet->count && !host_log(judge, host, "sysmon") &&
                host_log(judge, host, "security");
    }
    if (!asked)
        return STATUS_OK;
    return relation_source_each(search->input->relations, RELATION_MASK(SPAWN), RELATION_ORDER_TO,
                                start_take, judge, problem);
}

enum status bystanders_tell(struct bystander_search *search,
                            const struct evidence_coverage *coverage, struct problem *problem) {
    size_t hosts = search->input->fleet->count;
    struct judge judge = {.search = search,
                          .coverage = coverage,
                          .rows = memory_new(hosts + 1, sizeof *judge.rows),
                          .next = memory_new((size_t)coverage->row_count + 1, sizeof *judge.next),
                          .starts = memory_new(hosts + 1, sizeof *judge.starts)};
    buffer_init(&judge.text, REASON_BYTES);
    judge_take_rows(&judge);
    enum status status = judge_read_starts(&judge, problem);
    for (uint32_t from = 0, to; from < search->count && status == STATUS_OK; from = to) {
        uint32_t unit = search->ways[from].unit;
        for (to = from + 1; to < search->count && search->ways[to].unit == unit;)
            to++;
        unit_tell(&judge, bystander_unit(search, unit), &search->ways[from], to - from);
    }
    if (status == STATUS_OK && judge.full)
        status = problem_set(problem, STATUS_LIMIT, "the reconstruction is larger than 512 MiB");
    buffer_done(&judge.text);
    memory_free(judge.rows);
    memory_free(judge.next);
    memory_free(judge.starts);
    return status;
}
