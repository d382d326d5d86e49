// Findings as evidence about hosts
// SPDX-License-Identifier: Apache-2.0
#include "correlate/clue.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"
#include "correlate/weights.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#define CLUE_BYTES ((size_t)512 << 20)

static const struct {
    const char *format;
    enum source_class of;
} CLASSES[] = {
    {"evtx", SOURCE_CLASS_WINDOWS},     {"json_lines", SOURCE_CLASS_WINDOWS},
    {"w3c", SOURCE_CLASS_WEB},          {"access_log", SOURCE_CLASS_WEB},
    {"vedette_gate", SOURCE_CLASS_WEB}, {"release_catalogue", SOURCE_CLASS_FILES},
    {"exchange", SOURCE_CLASS_MAIL},    {"zeek", SOURCE_CLASS_NETWORK},
    {"squid", SOURCE_CLASS_NETWORK},    {"proxy", SOURCE_CLASS_NETWORK},
    {"nfdump", SOURCE_CLASS_NETWORK},   {"dhcp", SOURCE_CLASS_NETWORK},
    {"syslog", SOURCE_CLASS_UNIX},      {"file", SOURCE_CLASS_FILES},
    {"forensic", SOURCE_CLASS_FILES},
};

unsigned clue_source_class(const char *format) {
    struct slice name = slice_of_string(format);
    for (size_t i = 0; i < ARRAY_SIZE(CLASSES); i++)
        if (slice_starts(name, slice_of_string(CLASSES[i].format)))
            return CLASSES[i].of;
    return SOURCE_CLASS_OTHER;
}

// Rules by address: they live as long as their run.
struct rule_numbers {
    struct table table;
    const struct rule **rules;
    uint32_t count, capacity;
};

static bool rule_equal(const void *context, uint32_t number, const void *key) {
    const struct rule_numbers *numbers = context;
    return numbers->rules[number] == key;
}

static uint32_t rule_number(struct rule_numbers *numbers, const struct rule *rule) {
    uint64_t hash = digest_mix64(0, (uint64_t)(uintptr_t)rule);
    uint32_t number = table_find(&numbers->table, hash, rule_equal, numbers, rule);
    if (number != TABLE_NONE)
        return number;
    if (numbers->count == numbers->capacity) {
        numbers->capacity = numbers->capacity ? 2 * numbers->capacity : 256;
        numbers->rules = memory_resize(numbers->rules, numbers->capacity, sizeof *numbers->rules);
    }
    table_add(&numbers->table, hash, numbers->count);
    numbers->rules[numbers->count] = rule;
    return numbers->count++;
}

static void clue_read_field(struct clue *clue, const struct finding_field *field) {
    int64_t number;
    if (slice_equal_string(field->name, "what"))
        clue->what = field->text;
    else if (slice_equal_string(field->name, "source") && clue->source.size == 0)
        clue->source = field->text;
    else if (slice_equal_string(field->name, "source_quiet_days") &&
             text_integer(field->text, &number) && number >= 0 && number <= UINT16_MAX) {
        clue->source_quiet_days = (uint32_t)number;
        clue->source_moves = number == 0;
    } else if (slice_equal_string(field->name, "series"))
        clue->series = field->text;
    else if (slice_equal_string(field->name, "destination") && clue->destination.size == 0)
        clue->destination = field->text;
    else if (slice_equal_string(field->name, "volume") && text_integer(field->text, &number))
        clue->volume = (uint64_t)number;
    else if (slice_equal_string(field->name, "volume_is"))
        clue->volume_at_least = slice_equal_string(field->text, "at least");
    else if (slice_equal_string(field->name, "destination_since"))
        clock_parse(field->text, &clue->destination_since_ns);
    else if (slice_equal_string(field->name, "also_set_by") &&
             clue->setter_count < CLUE_SETTERS_MAX)
        clue->setters[clue->setter_count++] = field->text;
    else if (slice_equal_string(field->name, "technique") &&
             clue->technique_count < CLUE_TECHNIQUES_MAX)
        clue->techniques[clue->technique_count++] = field->text;
    else if ((slice_equal_string(field->name, "artefact") ||
              slice_equal_string(field->name, "path")) &&
             clue->artefact_count < CLUE_ARTEFACTS_MAX)
        clue->artefacts[clue->artefact_count++] = field->text;
}

static bool verdict_is_benign(const struct correlate_input *input, const struct clue *clue) {
    for (size_t i = 0; i < input->verdict_count; i++)
        for (uint32_t k = 0; input->verdicts[i].is_benign && k < clue->reference_count; k++)
            if (memcmp(input->verdicts[i].sha256, clue->references[k].sha256, DIGEST_SHA256_SIZE) ==
                0)
                return true;
    return false;
}

// Copies all texts of a clue into the book's arena; false when it is full.
static bool clue_keep(struct clue_book *book, struct clue *clue, const struct finding *finding) {
    struct slice *texts[5 + CLUE_ARTEFACTS_MAX + CLUE_SETTERS_MAX + CLUE_TECHNIQUES_MAX] = {
        &clue->account, &clue->what, &clue->destination, &clue->source, &clue->series};
    uint32_t count = 5;
    for (uint32_t i = 0; i < clue->artefact_count; i++)
        texts[count++] = &clue->artefacts[i];
    for (uint32_t i = 0; i < clue->setter_count; i++)
        texts[count++] = &clue->setters[i];
    for (uint32_t i = 0; i < clue->technique_count; i++)
        texts[count++] = &clue->techniques[i];
    for (uint32_t i = 0; i < count; i++) {
        size_t size = texts[i]->size;
        *texts[i] = arena_keep(&book->arena, *texts[i]);
        if (texts[i]->size != size)
            return false;
    }
    const struct reference *references =
        references_keep(&book->arena, finding->references, finding->reference_count);
    if (!references)
        return false;
    clue->references = references;
    clue->reference_count = finding->reference_count;
    return true;
}

// Whether a finding is any evidence at all.
static bool finding_speaks(const struct finding *finding, enum stage stage) {
    return finding->rule->level >= RULE_LEVEL_LOW && finding->first_ns != CLOCK_NONE &&
           finding->reference_count && (stage || finding->rule->level >= RULE_LEVEL_MEDIUM);
}

// Weak findings make nobody a host, unless they lead there from a host that had never moved.
static uint32_t clue_host(struct cast *cast, const struct finding *finding, struct slice name,
                          bool leads) {
    return leads || finding->rule->level >= RULE_LEVEL_MEDIUM
               ? cast_meet(cast, name, finding->first_ns)
               : cast_find(cast, name, finding->first_ns);
}

// A detector's finding has true times already (judge.c names it as its provider); a record's is as
// its host's clock wrote it. A syslog line's zone is not known: it may have another clock
// (settle.c).
static int64_t clue_skew(const struct clue *clue, const struct finding *finding,
                         const struct fleet *fleet) {
    bool is_record =
        !slice_equal_string(finding->provider, "vedette") && !(clue->classes & SOURCE_CLASS_UNIX);
    return is_record && clue->host < fleet->count ? fleet->hosts[clue->host].skew_ns : 0;
}

static void clue_fill(struct clue *clue, const struct finding *finding, enum stage stage,
                      struct cast *cast) {
    const struct correlate_input *input = cast->input;
    *clue = (struct clue){.rule = finding->rule,
                          .stage = stage,
                          .level = finding->rule->level,
                          .first_ns = finding->first_ns,
                          .last_ns = finding->last_ns,
                          .count = finding->count,
                          .account = finding->account,
                          .destination_since_ns = CLOCK_NONE,
                          .source_host = RELATION_NO_HOST};
    for (uint32_t i = 0; i < finding->field_count; i++)
        clue_read_field(clue, &finding->fields[i]);
    clue->host = clue_host(cast, finding, finding->host, clue->source_quiet_days);
    clue->source_host = clue_host(cast, finding, clue->source, clue->source_quiet_days);
    for (uint32_t i = 0; i < finding->reference_count; i++)
        clue->classes |= clue_source_class(
            input->source_format(input->context, finding->references[i].position.source));
    clue->skew_ns = clue_skew(clue, finding, input->fleet);
    clue->first_ns -= clue->skew_ns;
    clue->last_ns -= clue->skew_ns;
}

static struct clue *clue_place(struct clue **rows, uint32_t *count, uint32_t *capacity) {
    if (*count == *capacity) {
        *capacity = *capacity ? 2 * *capacity : 1024;
        *rows = memory_resize(*rows, *capacity, sizeof **rows);
    }
    return &(*rows)[(*count)++];
}

// "what (why). confidence.": the estimate never goes without what it stands on.
static bool hours_take(struct clue_book *book, const struct finding *finding) {
    static const char *const PARTS[] = {"what", "why", "confidence"};
    struct buffer text;
    struct clue clue = {.rule = finding->rule, .first_ns = finding->first_ns};
    clue.host = clue_host(&book->cast, finding, finding->host, false);
    if (book->hours.reference_count || finding->reference_count == 0)
        return true;
    buffer_init(&text, 8 * RELATION_PART_BYTES_MAX);
    for (size_t i = 0; i < ARRAY_SIZE(PARTS); i++)
        for (uint32_t k = 0; k < finding->field_count; k++)
            if (slice_equal_string(finding->fields[k].name, PARTS[i])) {
                buffer_append_text(&text, i == 0 ? "" : i == 2 ? " Confidence " : " ");
                buffer_append_slice(&text, finding->fields[k].text);
                buffer_append_text(&text, i == 0 ? "" : ".");
            }
    clue.what = buffer_slice(&text);
    bool kept = clue_keep(book, &clue, finding);
    buffer_done(&text);
    if (kept)
        book->hours = clue;
    return kept;
}

static enum status clue_take(struct clue_book *book, const struct correlate_input *input,
                             const struct finding *finding, struct rule_numbers *numbers,
                             struct problem *problem) {
    struct clue clue;
    enum stage stage = stage_of_rule(finding->rule);
    if (slice_equal(finding->rule->id, SLICE("vedette-working-hours")) &&
        !hours_take(book, finding))
        return problem_set(problem, STATUS_LIMIT, "more than %d findings to correlate", CLUES_MAX);
    if (!finding_speaks(finding, stage))
        return STATUS_OK;
    clue_fill(&clue, finding, stage, &book->cast);
    if (book->count + book->lead_count >= CLUES_MAX || !clue_keep(book, &clue, finding))
        return problem_set(problem, STATUS_LIMIT, "more than %d findings to correlate", CLUES_MAX);
    clue.rule_number = rule_number(numbers, finding->rule);
    clue.is_benign = verdict_is_benign(input, &clue);
    if (clue.host == RELATION_NO_HOST)
        *clue_place(&book->leads, &book->lead_count, &book->lead_capacity) = clue;
    else
        *clue_place(&book->clues, &book->count, &book->capacity) = clue;
    return STATUS_OK;
}

// Cost: a sort of what habits cite, a search for each record that another clue of the stage cites.

struct habit_records {
    const struct reference **rows; // by digest
    size_t count;
};

static int record_compare(const void *left, const void *right) {
    const struct reference *const *a = left, *const *b = right;
    return memcmp((*a)->sha256, (*b)->sha256, DIGEST_SHA256_SIZE);
}

static bool clue_is_habit(const struct clue *clue) {
    return clue_is_of(clue, "vedette-log-cleared-by-habit");
}

static void records_init(struct habit_records *records, const struct clue_book *book) {
    size_t capacity = 0;
    for (uint32_t i = 0; i < book->count; i++)
        capacity += clue_is_habit(&book->clues[i]) ? book->clues[i].reference_count : 0;
    *records = (struct habit_records){.rows = memory_new(capacity + 1, sizeof *records->rows)};
    for (uint32_t i = 0; i < book->count; i++)
        for (uint32_t k = 0; clue_is_habit(&book->clues[i]) && k < book->clues[i].reference_count;
             k++)
            records->rows[records->count++] = &book->clues[i].references[k];
    if (records->count)
        qsort(records->rows, records->count, sizeof *records->rows, record_compare);
}

static bool records_have(const struct habit_records *records, const struct reference *reference) {
    return bsearch(&reference, records->rows, records->count, sizeof *records->rows,
                   record_compare) != NULL;
}

static int64_t clue_time(const struct clue *clue, const struct reference *reference) {
    return reference->time_ns == CLOCK_NONE ? CLOCK_NONE : reference->time_ns - clue->skew_ns;
}

int64_t clue_reference_time(const struct clue *clue, uint32_t number) {
    return clue_time(clue, &clue->references[number]);
}

// What a clue cites beyond the habit's records. Of a clue that stands on more than it cites the end
// is not known to be anybody's habit.
static void clue_narrow(struct clue_book *book, const struct habit_records *records,
                        struct clue *clue) {
    struct reference left[FINDING_REFERENCES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < clue->reference_count; i++)
        if (!records_have(records, &clue->references[i]))
            left[count++] = clue->references[i];
    if (count == clue->reference_count)
        return;
    bool is_whole = clue->count <= clue->reference_count;
    const struct reference *kept = references_keep(&book->arena, left, count);
    if (count == 0 || !kept) {
        clue->is_benign = is_whole;
        return;
    }
    int64_t first_ns = clue->last_ns, last_ns = clue->first_ns;
    for (uint32_t i = 0; i < count; i++) {
        int64_t time_ns = clue_time(clue, &left[i]);
        if (time_ns < first_ns)
            first_ns = time_ns;
        if (time_ns > last_ns)
            last_ns = time_ns;
    }
    // What a detector cites has the time that was written, its finding that of a clock set right.
    clue->first_ns = first_ns > clue->first_ns ? first_ns : clue->first_ns;
    if (is_whole && last_ns < clue->last_ns)
        clue->last_ns = last_ns > clue->first_ns ? last_ns : clue->first_ns;
    clue->count -= clue->reference_count - count;
    clue->references = kept;
    clue->reference_count = count;
}

// A record of a clearing that the detector tells as its clearer's habit is no covering of tracks,
// whichever rules hold for it: a clue of that stage that cites nothing else becomes benign, and one
// that cites other records, too, keeps those alone.
static void book_explain_habits(struct clue_book *book) {
    struct habit_records records;
    records_init(&records, book);
    for (uint32_t i = 0; records.count && i < book->count; i++) {
        struct clue *clue = &book->clues[i];
        if (clue->stage != STAGE_COVER)
            continue;
        if (clue_is_habit(clue))
            clue->is_benign = true;
        else
            clue_narrow(book, &records, clue);
    }
    memory_free(records.rows);
}

// A stable order: findings come in theirs, which is the last key.
struct clue_row {
    struct clue clue;
    uint32_t order;
};

static int clue_compare(const void *left, const void *right) {
    const struct clue_row *a = left, *b = right;
    if (a->clue.host != b->clue.host)
        return a->clue.host < b->clue.host ? -1 : 1;
    if (a->clue.first_ns != b->clue.first_ns)
        return a->clue.first_ns < b->clue.first_ns ? -1 : 1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void book_sort(struct clue_book *book, uint32_t host_count) {
    struct clue_row *rows = memory_new((size_t)book->count + 1, sizeof *rows);
    for (uint32_t i = 0; i < book->count; i++)
        rows[i] = (struct clue_row){book->clues[i], i};
    qsort(rows, book->count, sizeof *rows, clue_compare);
    book->starts = memory_new((size_t)host_count + 1, sizeof *book->starts);
    for (uint32_t i = 0, host = 0; host <= host_count; host++) {
        book->starts[host] = i;
        for (; i < book->count && rows[i].clue.host == host; i++)
            book->clues[i] = rows[i].clue;
    }
    memory_free(rows);
}

// On how many hosts each rule held; clues are sorted by host.
static void book_count_spreads(struct clue_book *book) {
    uint32_t *last = memory_new((size_t)book->rule_count + 1, sizeof *last);
    book->spreads = memory_new((size_t)book->rule_count + 1, sizeof *book->spreads);
    for (uint32_t i = 0; i < book->count; i++) {
        const struct clue *clue = &book->clues[i];
        if (last[clue->rule_number] == clue->host + 1)
            continue;
        last[clue->rule_number] = clue->host + 1;
        book->spreads[clue->rule_number]++;
    }
    memory_free(last);
}

int32_t clue_level_bits(enum rule_level level) {
    switch (level) {
    case RULE_LEVEL_CRITICAL:
        return WEIGHT_LEVEL_CRITICAL;
    case RULE_LEVEL_HIGH:
        return WEIGHT_LEVEL_HIGH;
    case RULE_LEVEL_MEDIUM:
        return WEIGHT_LEVEL_MEDIUM;
    case RULE_LEVEL_LOW:
        return WEIGHT_LEVEL_LOW;
    default:
        return 0;
    }
}

static void book_weigh(struct clue_book *book, uint32_t host_count) {
    for (uint32_t i = 0; i < book->count; i++) {
        struct clue *clue = &book->clues[i];
        int32_t bits = clue_level_bits(clue->level);
        int32_t rarity = millibits_of_ratio((uint64_t)host_count + 1,
                                            (uint64_t)book->spreads[clue->rule_number]);
        clue->bits = clue->is_benign ? 0 : bits < rarity ? bits : rarity;
    }
}

enum status clue_book_init(struct clue_book *book, const struct correlate_input *input,
                           struct problem *problem) {
    *book = (struct clue_book){0};
    arena_init(&book->arena, CLUE_BYTES);
    cast_init(&book->cast, input);
    struct rule_numbers numbers = {0};
    table_init(&numbers.table);
    struct finding *finding = memory_new(1, sizeof *finding);
    enum status status;
    bool more = true;
    do {
        status = input->next(input->context, finding, &more, problem);
        if (status == STATUS_OK && more)
            status = clue_take(book, input, finding, &numbers, problem);
    } while (status == STATUS_OK && more);
    memory_free(finding);
    if (status == STATUS_OK)
        status = cast_meet_askers(&book->cast, problem);
    if (status == STATUS_OK)
        status = cast_meet_contacted(&book->cast, problem);
    if (status == STATUS_OK)
        status = cast_meet_senders(&book->cast, problem);
    book->rule_count = numbers.count;
    memory_free(numbers.rules);
    table_done(&numbers.table);
    if (status != STATUS_OK) {
        clue_book_done(book);
        return status;
    }
    cast_settle(&book->cast);
    book_explain_habits(book);
    book_sort(book, book->cast.fleet.count);
    book_count_spreads(book);
    book_weigh(book, input->fleet->count);
    return STATUS_OK;
}

void clue_book_done(struct clue_book *book) {
    arena_done(&book->arena);
    cast_done(&book->cast);
    memory_free(book->clues);
    memory_free(book->leads);
    memory_free(book->starts);
    memory_free(book->spreads);
    *book = (struct clue_book){0};
}

int32_t clue_evidence(const struct clue_book *book, uint32_t host, int64_t from_ns,
                      int64_t until_ns) {
    // The best bits of each rule: rules of a host are few, so a short row is looked through.
    struct {
        uint32_t rule;
        enum stage stage;
        int32_t bits;
    } best[64];
    uint32_t count = 0;
    for (uint32_t i = book->starts[host]; i < book->starts[host + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (clue->last_ns < from_ns || clue->first_ns >= until_ns || clue->bits == 0 ||
            clue->is_untied)
            continue;
        uint32_t k = 0;
        while (k < count && best[k].rule != clue->rule_number)
            k++;
        if (k == count && count < ARRAY_SIZE(best))
            best[count++].bits = -1;
        if (k < count && clue->bits > best[k].bits) {
            best[k].rule = clue->rule_number;
            best[k].stage = clue->stage;
            best[k].bits = clue->bits;
        }
    }
    int32_t sum = 0;
    uint32_t a_stage[STAGE_COUNT] = {0};
    for (uint32_t k = 0; k < count; k++)
        if (a_stage[best[k].stage]++ < WEIGHT_RULES_A_STAGE)
            sum += best[k].bits;
    return sum;
}

bool clue_is_of(const struct clue *clue, const char *rule_prefix) {
    return slice_starts(clue->rule->id, slice_of_string(rule_prefix));
}

bool clue_sends_mail_on(const struct clue *clue) {
    return clue_is_of(clue, "vedette-exchange-forwarding") ||
           clue_is_of(clue, "vedette-exchange-export-usual") ||
           clue_is_of(clue, "vedette-exfiltration-forwarding");
}

bool clue_is_loot(const struct clue *clue) {
    return clue_is_of(clue, "vedette-exfiltration-internal") ||
           clue_is_of(clue, "vedette-implant-gathers") ||
           clue_is_of(clue, "vedette-webshell-inside");
}

struct slice clue_technique(const struct clue *clue, uint32_t number,
                            char room[CLUE_TECHNIQUE_SIZE]) {
    static const size_t BEFORE = sizeof "attack." - 1;
    if (clue->technique_count)
        return number < clue->technique_count ? clue->techniques[number] : SLICE("");
    for (uint32_t i = 0; i < clue->rule->tag_count; i++) {
        struct slice tag = clue->rule->tags[i];
        if (tag.size < BEFORE + 2 || !slice_starts(tag, SLICE("attack.t")) ||
            tag.data[BEFORE + 1] < '0' || tag.data[BEFORE + 1] > '9' || number--)
            continue;
        struct slice id = slice_part(tag, BEFORE, CLUE_TECHNIQUE_SIZE);
        memcpy(room, id.data, id.size);
        room[0] = 'T';
        return slice_of(room, id.size);
    }
    return SLICE("");
}
