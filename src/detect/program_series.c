// Programs with another name on each host
// SPDX-License-Identifier: Apache-2.0
#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/autostart_text.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/reading.h"

#include <stdlib.h>

// Cost: one pass over files, process starts and what starts by itself; memory for programs that lie
// right in folders that are none for programs, under names that nobody would choose.
//
// Somebody who brings a tool to many hosts gives it another name, and other bytes, on each: lists
// of names and of hashes find nothing. But the names are made by one hand: they follow one pattern,
// in one folder, and no host has another one's.

enum program_series_rule {
    PROGRAM_SERIES_HOST,
};

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.lateral-movement"),
                                    JUDGEMENT_TEXT("attack.t1570"),
                                    JUDGEMENT_TEXT("vedette.stage.spread")};

static const struct rule RULES[] = {
    [PROGRAM_SERIES_HOST] =
        JUDGEMENT("vedette-program-series",
                  "Program of a series that has another name on each host", HIGH, TAGS),
};

enum {
    SERIES_ROWS_MAX = 16384,
    SERIES_HOSTS_MIN = 4,
    SERIES_CITED_MAX = 4,
    SERIES_TEXT_BYTES = 8 << 20
};

// One relation of one program on one host; texts are numbers.
struct series_row {
    uint32_t pattern, path, host;
    int64_t first_ns, last_ns;
    uint64_t count;
    struct reference references[SERIES_CITED_MAX];
    uint32_t reference_count;
};

struct series_book {
    struct interner texts;
    struct series_row *rows; // at last by (pattern, path, host, time)
    uint32_t count;
};

static bool path_is_program(struct slice path) {
    return slice_ends(path, SLICE(".exe")) || slice_ends(path, SLICE(".dll")) ||
           slice_ends(path, SLICE(".sys"));
}

// Other records of the same program on the same host: one row.
static bool row_goes_on(struct series_row *last, const struct series_row *row) {
    if (last->pattern != row->pattern || last->path != row->path || last->host != row->host)
        return false;
    last->first_ns = row->first_ns < last->first_ns ? row->first_ns : last->first_ns;
    last->last_ns = row->last_ns > last->last_ns ? row->last_ns : last->last_ns;
    last->count += row->count;
    for (uint32_t i = 0; i < row->reference_count && last->reference_count < SERIES_CITED_MAX; i++)
        last->references[last->reference_count++] = row->references[i];
    return true;
}

static void row_take(struct series_book *book, struct slice path, struct slice pattern,
                     struct slice host, const struct relation *relation) {
    struct series_row row = {.pattern = intern_add(&book->texts, pattern),
                             .path = intern_add(&book->texts, path),
                             .host = intern_add(&book->texts, host),
                             .first_ns = relation->first_ns,
                             .last_ns = relation->last_ns,
                             .count = relation->count};
    if (row.pattern == INTERN_FULL || row.path == INTERN_FULL || row.host == INTERN_FULL ||
        book->count == SERIES_ROWS_MAX)
        return;
    while (row.reference_count < relation->reference_count &&
           row.reference_count < SERIES_CITED_MAX) {
        row.references[row.reference_count] = relation->references[row.reference_count];
        row.reference_count++;
    }
    if (book->count == 0 || !row_goes_on(&book->rows[book->count - 1], &row))
        book->rows[book->count++] = row;
}

// The program that a file is, that was started, or that is to be; one way of writing for all.
static void relation_program(struct buffer *buffer, const struct relation *relation) {
    if (relation->kind == RELATION_PERSISTENCE)
        autostart_program(buffer, relation->detail[1]);
    else if (path_is_program(relation->artefact))
        autostart_path(buffer, relation->artefact);
}

// A setup's start stays in the log when what it unpacked is gone again.
static bool relation_is_of_setup(const struct relation *relation, struct slice path) {
    return relation->kind == RELATION_SPAWN &&
           text_find_fold_ascii(path, 0, SLICE("\\temp\\")) != SIZE_MAX;
}

static bool relation_is_removal(const struct relation *relation) {
    return relation->kind == RELATION_FILE && slice_equal_string(relation->detail[2], "deleted");
}

// A folder's pattern: "\windows\mon#.exe".
static void relation_take(struct series_book *book, const struct detect_context *context,
                          const struct relation *relation, struct buffer texts[2]) {
    if (relation->first_ns == CLOCK_NONE || relation->reference_count == 0 ||
        relation_is_removal(relation))
        return;
    buffer_reset(&texts[0]);
    buffer_reset(&texts[1]);
    relation_program(&texts[0], relation);
    struct slice path = buffer_slice(&texts[0]);
    if (path_is_program(path) && !relation_is_of_setup(relation, path) &&
        autostart_series(&texts[1], path))
        row_take(book, path, buffer_slice(&texts[1]), reading_to(context, relation), relation);
}

static int row_compare(const void *left, const void *right) {
    const struct series_row *a = left, *b = right;
    if (a->pattern != b->pattern)
        return a->pattern < b->pattern ? -1 : 1;
    if (a->path != b->path)
        return a->path < b->path ? -1 : 1;
    if (a->host != b->host)
        return a->host < b->host ? -1 : 1;
    if (a->first_ns != b->first_ns)
        return a->first_ns < b->first_ns ? -1 : 1;
    return reference_compare(&a->references[0], &b->references[0]);
}

static enum status rows_read(struct series_book *book, const struct detect_context *context,
                             struct problem *problem) {
    struct buffer texts[2];
    buffer_init(&texts[0], RELATION_PART_BYTES_MAX);
    buffer_init(&texts[1], 2 * RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status = reading_open(
        &reading, context, RELATION_MASK(FILE) | RELATION_MASK(SPAWN) | RELATION_MASK(PERSISTENCE),
        RELATION_ORDER_ARTEFACT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        relation_take(book, context, &reading.relation, texts);
    reading_close(&reading);
    buffer_done(&texts[0]);
    buffer_done(&texts[1]);
    if (book->count)
        qsort(book->rows, book->count, sizeof *book->rows, row_compare);
    return status;
}

static uint32_t path_end(const struct series_book *book, uint32_t from) {
    uint32_t end = from;
    while (end < book->count && book->rows[end].path == book->rows[from].path)
        end++;
    return end;
}

static bool path_is_lone(const struct series_book *book, uint32_t from, uint32_t end) {
    return book->rows[from].host == book->rows[end - 1].host;
}

static enum status path_tell(const struct series_book *book, uint32_t from, uint32_t end,
                             uint32_t hosts, const struct detection_sink *sink,
                             struct problem *problem) {
    const struct series_row *row = &book->rows[from];
    struct slice path = intern_text(&book->texts, row->path);
    struct slice host = intern_text(&book->texts, row->host);
    struct slice pattern = intern_text(&book->texts, row->pattern);
    struct draft draft;
    draft_init(&draft);
    draft_begin(&draft, PROGRAM_SERIES_HOST, host, SLICE(""));
    for (uint32_t i = from; i < end; i++) {
        const struct series_row *cited = &book->rows[i];
        struct relation relation = {.references = cited->references,
                                    .reference_count = cited->reference_count,
                                    .first_ns = cited->first_ns,
                                    .last_ns = cited->last_ns,
                                    .count = cited->count};
        draft_cite(&draft, &relation);
    }
    draft_say(&draft, "what", "%.*s came to %.*s, one of a series with another name on each host.",
              SLICE_FORMAT(path), SLICE_FORMAT(host));
    draft_say(&draft, "why", "%u hosts have a program %.*s, no two of them under the same name",
              hosts, SLICE_FORMAT(pattern));
    draft_say(&draft, "confidence", "high: one hand made the names, and nobody's list finds them");
    draft_say(
        &draft, "benign",
        "A setup that unpacks itself makes names up, but in folders for what is temporary, and "
        "removes them.");
    draft_say_text(&draft, "artefact", path);
    draft_say_text(&draft, "series", pattern);
    enum status status = draft_tell(&draft, sink, problem);
    draft_done(&draft);
    return status;
}

// Whose programs lie on one host each, and on so many hosts; not on a quarter of the fleet: then it
// is a product's way. Rows of a series are together, and each lone path is another host's, or
// nearly.
static enum status series_tell(const struct series_book *book, uint32_t from, uint32_t until,
                               const struct detect_context *context,
                               const struct detection_sink *sink, struct problem *problem) {
    uint32_t paths = 0, hosts = 0;
    bool *met = memory_new((size_t)book->texts.count + 1, sizeof *met);
    for (uint32_t i = from; i < until; i = path_end(book, i)) {
        paths++;
        if (!path_is_lone(book, i, path_end(book, i)) || met[book->rows[i].host])
            continue;
        met[book->rows[i].host] = true;
        hosts++;
    }
    memory_free(met);
    enum status status = STATUS_OK;
    if (hosts < SERIES_HOSTS_MIN || 10 * hosts < 9 * paths || 4 * hosts > context->fleet->count)
        return STATUS_OK;
    for (uint32_t i = from; status == STATUS_OK && i < until; i = path_end(book, i))
        if (path_is_lone(book, i, path_end(book, i)))
            status = path_tell(book, i, path_end(book, i), hosts, sink, problem);
    return status;
}

static enum status program_series_judge(const struct detect_context *context,
                                        const struct detection_sink *sink,
                                        struct problem *problem) {
    struct series_book book = {.rows = memory_new(SERIES_ROWS_MAX, sizeof *book.rows)};
    intern_init(&book.texts, 3 * SERIES_ROWS_MAX, SERIES_TEXT_BYTES);
    enum status status = rows_read(&book, context, problem);
    for (uint32_t i = 0, end; status == STATUS_OK && i < book.count; i = end) {
        for (end = i; end < book.count && book.rows[end].pattern == book.rows[i].pattern;)
            end++;
        status = series_tell(&book, i, end, context, sink, problem);
    }
    intern_done(&book.texts);
    memory_free(book.rows);
    return status;
}

const struct detector detector_program_series = {
    .name = "program_series",
    .summary = "programs of one pattern, under another name on each host",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = program_series_judge,
};
