// Pages of a web root whose text is unlike the others'
// SPDX-License-Identifier: Apache-2.0
#include "base/arena.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/path_name.h"
#include "detect/reading.h"

#include <stdlib.h>

// Cost: one pass over files; memory is one host's scripts, 65,536 at most.
//
// Pages of one language on one host are ranked by each measure; the ranks are added up, and a page
// is told when its sum is among the first and two of three things are far from the others' (in
// robust deviations from the median):
//   letters    entropy above, or index of coincidence below the others'
//   token      the longest run without a blank, as doublings
//   compressed what deflate makes of it, of pages of 2 KiB and more: short ones always compress
//   badly

enum script_rank_rule {
    SCRIPT_RANK_ODD,
};

static const struct slice TAGS[] = {
    JUDGEMENT_TEXT("attack.persistence"), JUDGEMENT_TEXT("attack.t1505.003"),
    JUDGEMENT_TEXT("attack.t1027"), JUDGEMENT_TEXT("vedette.stage.foothold")};

static const struct rule RULES[] = {
    [SCRIPT_RANK_ODD] = JUDGEMENT("vedette-webshell-script-unlike-others",
                                  "Page whose text is unlike all others of its kind", MEDIUM, TAGS),
};

enum {
    SCRIPTS_MAX = 65536,
    SCRIPTS_MIN = 12,       // of fewer none is the odd one
    TOLD_MAX = 5,           // of one language and host
    Z_TENTHS = 35,          // robust deviations that speak
    SIZE_COMPRESSED = 2048, // bytes from which compression says something
    ARENA_BYTES = 64 << 20
};

// Measures as integers, so that orderings are the same everywhere: thousandths, and eighths of a
// doubling of the token.
enum measure {
    MEASURE_ENTROPY,
    MEASURE_COINCIDENCE, // negative: a low one is odd
    MEASURE_TOKEN,
    MEASURE_COMPRESSED,
    MEASURE_COUNT
};

// What a normal spread is at least: pages made by one generator differ in nothing.
static const int64_t SPREAD_MIN[MEASURE_COUNT] = {120, 5, 5, 50};

struct script {
    struct slice path, language;
    uint64_t size;
    int64_t measures[MEASURE_COUNT];
    int64_t z[MEASURE_COUNT]; // tenths
    uint32_t rank;            // sum over all measures, 0 the oddest
    struct relation relation; // first, last, count; references kept
};

struct script_judge {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct problem *problem;
    struct draft draft;
    struct arena arena;
    struct script *scripts;
    uint32_t count;
    struct buffer host;
    int64_t *values; // of one measure, sorted
};

static bool number_take(struct slice *text, int64_t *ret_number) {
    int64_t number = 0;
    size_t i = 0;
    while (i < text->size && i < 15 && text->data[i] >= '0' && text->data[i] <= '9')
        number = number * 10 + (text->data[i++] - '0');
    if (i == 0)
        return false;
    *ret_number = number;
    *text = slice_part(*text, i < text->size && text->data[i] == '.' ? i + 1 : i, SIZE_MAX);
    return true;
}

// "4.9312.0.0461.212.0.3011": shares have four digits behind the point.
static bool measures_read(struct slice text, int64_t measures[MEASURE_COUNT]) {
    int64_t parts[7];
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (!number_take(&text, &parts[i]))
            return false;
    measures[MEASURE_ENTROPY] = parts[0] * 1000 + parts[1] / 10;
    measures[MEASURE_COINCIDENCE] = -(parts[2] * 1000 + parts[3] / 10);
    measures[MEASURE_COMPRESSED] = parts[5] * 1000 + parts[6] / 10;
    int64_t eighths = 0, token = parts[4] + 1;
    while (token >> (eighths / 8 + 1))
        eighths += 8;
    eighths += (token - (1ll << eighths / 8)) * 8 >> eighths / 8;
    measures[MEASURE_TOKEN] = eighths;
    return true;
}

// One language goes by several endings.
static struct slice language_of(struct slice path) {
    static const struct {
        const char *ending, *language;
    } ROWS[] = {
        {".asp", "ASP"},        {".asa", "ASP"},      {".cer", "ASP"},      {".aspx", "ASP.NET"},
        {".ashx", "ASP.NET"},   {".asmx", "ASP.NET"}, {".ascx", "ASP.NET"}, {".asax", "ASP.NET"},
        {".cshtml", "ASP.NET"}, {".jsp", "JSP"},      {".jspx", "JSP"},     {".jspf", "JSP"},
        {".php", "PHP"},        {".phtml", "PHP"},    {".php5", "PHP"},     {".php7", "PHP"},
        {".inc", "PHP"},        {".cfm", "CFM"},      {".cfc", "CFM"},      {".pl", "Perl"},
        {".cgi", "Perl"},       {".py", "Python"}};
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++)
        if (slice_ends(path, slice_of_string(ROWS[i].ending)))
            return slice_of_string(ROWS[i].language);
    return SLICE("");
}

static int script_compare(const void *left, const void *right) {
    const struct script *a = left, *b = right;
    int order = slice_compare(a->language, b->language);
    return order ? order : slice_compare(a->path, b->path);
}

static int value_compare(const void *left, const void *right) {
    int64_t a = *(const int64_t *)left, b = *(const int64_t *)right;
    return a < b ? -1 : a > b;
}

// z of all scripts [from, to) by one measure, and the measure's ranks added.
static void measure_weigh(struct script_judge *judge, uint32_t from, uint32_t to,
                          enum measure measure) {
    uint32_t count = to - from;
    for (uint32_t i = 0; i < count; i++)
        judge->values[i] = judge->scripts[from + i].measures[measure];
    qsort(judge->values, count, sizeof *judge->values, value_compare);
    int64_t median = judge->values[count / 2];
    for (uint32_t i = from; i < to; i++) {
        // How many are odder: those above; equal ones share a rank.
        uint32_t low = 0, high = count;
        while (low < high) {
            uint32_t middle = low + (high - low) / 2;
            if (judge->values[middle] <= judge->scripts[i].measures[measure])
                low = middle + 1;
            else
                high = middle;
        }
        judge->scripts[i].rank += count - low;
    }
    for (uint32_t i = 0; i < count; i++) {
        int64_t distance = judge->scripts[from + i].measures[measure] - median;
        judge->values[i] = distance < 0 ? -distance : distance;
    }
    qsort(judge->values, count, sizeof *judge->values, value_compare);
    int64_t spread = judge->values[count / 2] * 1483 / 1000;
    if (spread < SPREAD_MIN[measure])
        spread = SPREAD_MIN[measure];
    for (uint32_t i = from; i < to; i++)
        judge->scripts[i].z[measure] = (judge->scripts[i].measures[measure] - median) * 10 / spread;
}

static unsigned script_votes(const struct script *script) {
    bool letters =
        script->z[MEASURE_ENTROPY] >= Z_TENTHS || script->z[MEASURE_COINCIDENCE] >= Z_TENTHS;
    bool token = script->z[MEASURE_TOKEN] >= Z_TENTHS;
    bool compressed = script->z[MEASURE_COMPRESSED] >= Z_TENTHS && script->size >= SIZE_COMPRESSED;
    return (letters ? 1u : 0u) + (token ? 1u : 0u) + (compressed ? 1u : 0u);
}

static enum status script_tell(struct script_judge *judge, const struct script *script,
                               uint32_t place, uint32_t count) {
    struct draft *draft = &judge->draft;
    draft_begin(draft, SCRIPT_RANK_ODD, buffer_slice(&judge->host), SLICE(""));
    draft_cite(draft, &script->relation);
    draft_say(draft, "what", "%.*s on %.*s is unlike the other %u %.*s pages there.",
              SLICE_FORMAT(path_base(script->path)), SLICE_FORMAT(buffer_slice(&judge->host)),
              count - 1, SLICE_FORMAT(script->language));
    draft_say(
        draft, "why",
        "place %u of %u by all measures together; robust deviations from the median: entropy "
        "%+.1f, coincidence %+.1f, longest token %+.1f, compressed share %+.1f (from 3.5 on it "
        "speaks; two of letters, token and compression must)",
        place, count, (double)script->z[MEASURE_ENTROPY] / 10,
        -(double)script->z[MEASURE_COINCIDENCE] / 10, (double)script->z[MEASURE_TOKEN] / 10,
        (double)script->z[MEASURE_COMPRESSED] / 10);
    draft_say(draft, "confidence",
              "medium: encoded or packed text is odd, not bad; look at the file");
    draft_say(
        draft, "benign",
        "Licensed products ship encoded pages; then most pages beside it would be so too, and the "
        "median with them. A page with a picture or a key in its text looks the same.");
    draft_say_text(draft, "artefact", script->path);
    return draft_tell(draft, judge->sink, judge->problem);
}

static int rank_compare(const void *left, const void *right) {
    const struct script *const *a = left, *const *b = right;
    if ((*a)->rank != (*b)->rank)
        return (*a)->rank < (*b)->rank ? -1 : 1;
    return slice_compare((*a)->path, (*b)->path);
}

static enum status language_judge(struct script_judge *judge, uint32_t from, uint32_t to) {
    uint32_t count = to - from;
    if (count < SCRIPTS_MIN || judge->scripts[from].language.size == 0)
        return STATUS_OK;
    for (size_t measure = 0; measure < MEASURE_COUNT; measure++)
        measure_weigh(judge, from, to, (enum measure)measure);
    const struct script **ranked = memory_new(count, sizeof *ranked);
    for (uint32_t i = 0; i < count; i++)
        ranked[i] = &judge->scripts[from + i];
    qsort(ranked, count, sizeof *ranked, rank_compare);
    enum status status = STATUS_OK;
    // Among the first tenth, so that a far outlier of two measures is not the tamest of the others.
    for (uint32_t i = 0, told = 0; i <= count / 10 && told < TOLD_MAX && status == STATUS_OK; i++) {
        if (script_votes(ranked[i]) < 2)
            continue;
        status = script_tell(judge, ranked[i], i + 1, count);
        told++;
    }
    memory_free(ranked);
    return status;
}

static enum status host_end(struct script_judge *judge) {
    enum status status = STATUS_OK;
    qsort(judge->scripts, judge->count, sizeof *judge->scripts, script_compare);
    for (uint32_t from = 0, to; from < judge->count && status == STATUS_OK; from = to) {
        for (to = from + 1; to < judge->count && slice_equal(judge->scripts[to].language,
                                                             judge->scripts[from].language);)
            to++;
        status = language_judge(judge, from, to);
    }
    judge->count = 0;
    arena_reset(&judge->arena);
    return status;
}

static void script_take(struct script_judge *judge, const struct relation *relation) {
    struct script *script = &judge->scripts[judge->count];
    *script = (struct script){.size = relation->bytes_in_max};
    if (judge->count == SCRIPTS_MAX || !measures_read(relation->detail[3], script->measures))
        return;
    script->path = arena_keep(&judge->arena, relation->artefact);
    size_t count = relation->reference_count ? 1 : 0;
    struct reference *reference = arena_new(&judge->arena, 1, sizeof *reference);
    if (!script->path.size || !reference || !count)
        return;
    *reference = relation->references[0];
    script->language = language_of(script->path);
    script->relation = (struct relation){.references = reference,
                                         .reference_count = 1,
                                         .first_ns = relation->first_ns,
                                         .last_ns = relation->last_ns,
                                         .count = 1};
    judge->count++;
}

static enum status script_rank_judge(const struct detect_context *context,
                                     const struct detection_sink *sink, struct problem *problem) {
    struct script_judge judge = {.context = context, .sink = sink, .problem = problem};
    draft_init(&judge.draft);
    arena_init(&judge.arena, ARENA_BYTES);
    buffer_init(&judge.host, RELATION_PART_BYTES_MAX);
    judge.scripts = memory_new(SCRIPTS_MAX + 1, sizeof *judge.scripts);
    judge.values = memory_new(SCRIPTS_MAX, sizeof *judge.values);
    struct reading reading;
    enum status status =
        reading_open(&reading, context, RELATION_MASK(FILE), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (!slice_equal_string(reading.relation.detail[2], "listed") ||
            !reading.relation.detail[3].size)
            continue;
        struct slice host = reading_to(context, &reading.relation);
        if (!slice_equal(host, buffer_slice(&judge.host))) {
            status = host_end(&judge);
            buffer_reset(&judge.host);
            buffer_append_slice(&judge.host, host);
        }
        script_take(&judge, &reading.relation);
    }
    if (status == STATUS_OK)
        status = host_end(&judge);
    reading_close(&reading);
    memory_free(judge.values);
    memory_free(judge.scripts);
    buffer_done(&judge.host);
    arena_done(&judge.arena);
    draft_done(&judge.draft);
    return status;
}

const struct detector detector_script_rank = {
    .name = "script_rank",
    .summary = "pages of a web root whose text is unlike the others'",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = script_rank_judge,
};
