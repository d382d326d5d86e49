// What starts by itself on few hosts only
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "detect/autostart_text.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/path_name.h"
#include "detect/persistence_book.h"

#include <stdio.h>
#include <stdlib.h>

// Services, tasks, run keys, startup files: what few hosts have is weighed by its name, its
// program's place and age. What a product or an administrator rolls out is on many hosts, lies
// where programs lie and has a name that somebody chose.
//
// Cost: persistence_book.h's two passes, one over persistence and files to cite.

enum persistence_rule {
    PERSISTENCE_RARE,
    PERSISTENCE_PLANTED,
};

static const struct slice TAGS[] = {JUDGEMENT_TEXT("attack.persistence"),
                                    JUDGEMENT_TEXT("vedette.stage.foothold")};

static const struct rule RULES[] = {
    [PERSISTENCE_RARE] = JUDGEMENT("vedette-persistence-rare",
                                   "Starts by itself on few hosts, in an odd way", MEDIUM, TAGS),
    [PERSISTENCE_PLANTED] = JUDGEMENT(
        "vedette-persistence-planted",
        "Starts by itself on few hosts, out of a place or by a name of no product", HIGH, TAGS),
};

enum {
    FLEET_HOSTS_MIN = 5, // of fewer none is the odd one
    POINTS_TOLD = 3,
    POINTS_HIGH = 5,
    TOLD_MAX = 2048 // what is beyond is no longer rare
};

// Why an entry is told.
struct weight {
    struct persistence_entry *entry;
    bool series, odd, writable, random, masked, hides, installed, home;
    int points;
    struct reference references[FINDING_REFERENCES_MAX];
    struct relation cited; // its references are those above
};

struct persistence_judge {
    const struct detect_context *context;
    struct persistence_book book;
    struct weight *told; // in the order of entries
    uint32_t count;
};

// Of so few hosts that nobody rolled it out.
static uint32_t few_hosts(const struct persistence_book *book) {
    return book->fleet_hosts / 100 > 2 ? book->fleet_hosts / 100 : 2;
}

// One pattern, another name on each of several hosts; on a quarter of the fleet it is a product's.
static bool entry_is_of_series(const struct persistence_book *book,
                               const struct persistence_entry *entry) {
    struct persistence_spread spread = persistence_spread_of(book, entry->pattern);
    return spread.hosts >= 3 && spread.names * 4 >= spread.hosts * 3 &&
           spread.hosts * 4 <= book->fleet_hosts &&
           memchr(persistence_text(book, entry->pattern).data, '#',
                  persistence_text(book, entry->pattern).size);
}

static struct slice without_ending(struct slice name) {
    size_t size = name.size;
    while (size && name.data[size - 1] != '.')
        size--;
    return size > 1 ? slice_part(name, 0, size - 1) : name;
}

// A product of the entry's own name, or of its program's folder's.
static bool entry_is_installed(const struct persistence_book *book,
                               const struct persistence_entry *entry) {
    struct slice program = persistence_text(book, entry->program);
    struct slice file = path_base(program);
    struct slice folder = slice_part(program, 0, program.size - file.size);
    if (folder.size)
        folder.size--;
    return persistence_is_installed(book, without_ending(persistence_name(book, entry->name))) ||
           persistence_is_installed(book, path_base(folder));
}

// Tools of administrators that come and go by this very way; rules tell them.
static bool entry_is_known_tool(const struct persistence_book *book,
                                const struct persistence_entry *entry) {
    static const char *const NAMES[] = {"psexesvc", "remcomsvc", "paexec-#", "winexesvc",
                                        "pdqdeployrunner-#"};
    struct slice pattern = persistence_name(book, entry->pattern);
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (slice_equal_string(pattern, NAMES[i]))
            return true;
    return false;
}

static int place_points(struct weight *weight, const struct persistence_book *book,
                        uint32_t program_hosts) {
    struct slice program = persistence_text(book, weight->entry->program);
    enum autostart_place place = autostart_place_of(program);
    if (weight->entry->kind >= PERSISTENCE_STARTUP)
        place = AUTOSTART_WRITABLE;
    weight->odd = program.size && place == AUTOSTART_ODD;
    weight->writable = program.size && place == AUTOSTART_WRITABLE;
    // What many hosts have below Windows is Windows'.
    weight->home =
        place == AUTOSTART_HOME || (place == AUTOSTART_SYSTEM && program_hosts > few_hosts(book) &&
                                    !autostart_by_interpreter(program));
    return (weight->odd ? 2 : 0) + (weight->writable ? 1 : 0) - (weight->home ? 2 : 0);
}

static bool entry_weigh(const struct persistence_judge *judge, struct weight *weight) {
    const struct persistence_book *book = &judge->book;
    const struct persistence_entry *entry = weight->entry;
    uint32_t name_hosts = persistence_spread_of(book, entry->name).hosts;
    uint32_t program_hosts = persistence_spread_of(book, entry->program).hosts;
    struct slice command = persistence_text(book, entry->command);
    if (name_hosts > few_hosts(book) || entry_is_known_tool(book, entry))
        return false;
    weight->points = 1 + place_points(weight, book, program_hosts);
    weight->series = entry_is_of_series(book, entry);
    weight->random = entry->kind != PERSISTENCE_SSH_KEY &&
                     autostart_name_is_random(persistence_name(book, entry->name));
    weight->masked = autostart_masquerades(persistence_text(book, entry->program));
    weight->hides = entry->kind < PERSISTENCE_STARTUP && autostart_hides(command);
    weight->installed = entry->by_installer || entry_is_installed(book, entry);
    weight->points += (weight->series ? 2 : 0) + (weight->random ? 1 : 0) +
                      (weight->masked ? 2 : 0) + (weight->hides ? 2 : 0) + (entry->came ? 1 : 0) -
                      (weight->installed ? 2 : 0);
    // Lists of files go back for years: only what came while logs ran is new.
    if (entry->kind >= PERSISTENCE_STARTUP)
        weight->points += entry->came ? 0 : -2;
    return weight->points >= POINTS_TOLD;
}

static struct weight *weight_of(struct persistence_judge *judge,
                                const struct persistence_entry *entry) {
    uint32_t low = 0, high = judge->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (judge->told[middle].entry < entry)
            low = middle + 1;
        else
            high = middle;
    }
    return low < judge->count && judge->told[low].entry == entry ? &judge->told[low] : NULL;
}

static void weight_cite(struct weight *weight, const struct relation *relation) {
    struct relation *cited = &weight->cited;
    for (uint32_t i = 0; i < relation->reference_count; i++)
        reference_insert(weight->references, &cited->reference_count, &relation->references[i]);
    if (cited->count == 0 || relation->first_ns < cited->first_ns)
        cited->first_ns = relation->first_ns;
    if (cited->count == 0 || relation->last_ns > cited->last_ns)
        cited->last_ns = relation->last_ns;
    cited->count += relation->count;
}

static enum status citations_read(struct persistence_judge *judge, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, judge->context, RELATION_MASK(PERSISTENCE) | RELATION_MASK(FILE),
                     RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct persistence_entry *entry = persistence_find(&judge->book, &reading.relation);
        struct weight *weight = entry ? weight_of(judge, entry) : NULL;
        if (weight)
            weight_cite(weight, &reading.relation);
    }
    reading_close(&reading);
    return status;
}

static void reasons_say(const struct persistence_book *book, const struct weight *weight,
                        struct draft *draft) {
    const struct {
        bool holds;
        const char *text;
    } REASONS[] = {
        {weight->odd, "; its program lies right in a folder that is none for programs, 2"},
        {weight->writable, "; its program lies where users may write, 1"},
        {weight->series, "; names of this pattern, another one on each of several hosts, 2"},
        {weight->random, "; nobody would choose this name, 1"},
        {weight->masked, "; its program has the name of one of Windows' and lies elsewhere, 2"},
        {weight->hides, "; its command is encoded, hidden or loads from elsewhere, 2"},
        {weight->entry->came, "; its file was written within a day before, 1"},
        {weight->home, "; its program lies where programs lie, -2"},
        {weight->installed, "; a product of that name is installed or wrote it, -2"},
    };
    char text[1024];
    size_t size = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ARRAY_SIZE(REASONS); i++)
        if (REASONS[i].holds)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s", REASONS[i].text);
    draft_say(draft, "why",
              "%d points (%d are enough): %u of %u hosts have this name, the pattern %u, the "
              "program %u, 1%s",
              weight->points, POINTS_TOLD, persistence_spread_of(book, weight->entry->name).hosts,
              book->fleet_hosts, persistence_spread_of(book, weight->entry->pattern).hosts,
              persistence_spread_of(book, weight->entry->program).hosts, text);
}

// The same words as program_series.c's: what starts by itself there and what lies there are kin.
static void series_say(const struct persistence_book *book, const struct weight *weight,
                       struct draft *draft) {
    struct buffer text;
    if (!weight->series || weight->entry->program == INTERN_FULL)
        return;
    buffer_init(&text, 2 * RELATION_PART_BYTES_MAX);
    if (autostart_series(&text, persistence_text(book, weight->entry->program)))
        draft_say_text(draft, "series", buffer_slice(&text));
    buffer_done(&text);
}

// By ATT&CK's names; what starts a path with '/' is no Windows.
static const char *entry_technique(const struct persistence_book *book,
                                   const struct persistence_entry *entry) {
    static const struct {
        const char *windows, *others;
    } NAMES[] = {[PERSISTENCE_SERVICE] = {"T1543.003", "T1543.002"},
                 [PERSISTENCE_TASK] = {"T1053.005", "T1053.003"},
                 [PERSISTENCE_RUN_KEY] = {"T1547.001", "T1547.001"},
                 [PERSISTENCE_STARTUP] = {"T1547.001", "T1037.004"},
                 [PERSISTENCE_SSH_KEY] = {"T1098.004", "T1098.004"}};
    struct slice program = persistence_text(book, entry->program);
    bool others = program.size && program.data[0] == '/';
    return others ? NAMES[entry->kind].others : NAMES[entry->kind].windows;
}

static enum status weight_tell(const struct persistence_judge *judge, struct weight *weight,
                               struct draft *draft, const struct detection_sink *sink,
                               struct problem *problem) {
    const struct persistence_book *book = &judge->book;
    const struct persistence_entry *entry = weight->entry;
    struct slice host = judge->context->fleet->hosts[entry->host].name;
    struct slice name = persistence_name(book, entry->name);
    struct slice command = persistence_text(book, entry->command);
    if (weight->cited.reference_count == 0)
        return STATUS_OK;
    bool high = weight->points >= POINTS_HIGH;
    draft_begin(draft, high ? PERSISTENCE_PLANTED : PERSISTENCE_RARE, host, SLICE(""));
    weight->cited.references = weight->references;
    draft_cite(draft, &weight->cited);
    draft_say(draft, "what", "%.*s has a %s named %.*s%s%.*s.", SLICE_FORMAT(host),
              persistence_kind_name(entry->kind), SLICE_FORMAT(name),
              command.size ? ", which starts " : "", SLICE_FORMAT(command));
    reasons_say(book, weight, draft);
    draft_say(draft, "confidence", high ? "high" : "medium: by its rarity and one or two oddities");
    draft_say(draft, "benign",
              "Software that somebody set up by hand on one host looks the same%s; what is rolled "
              "out is on more hosts.",
              weight->installed ? " (a product of that name was weighed and counts against it)"
                                : " (no product of that name is installed)");
    draft_say_text(draft, "artefact", name);
    if (entry->program != INTERN_FULL)
        draft_say_text(draft, "artefact", persistence_text(book, entry->program));
    series_say(book, weight, draft);
    draft_say(draft, "technique", "%s", entry_technique(book, entry));
    return draft_tell(draft, sink, problem);
}

static void entries_weigh(struct persistence_judge *judge) {
    struct persistence_book *book = &judge->book;
    if (book->fleet_hosts < FLEET_HOSTS_MIN)
        return;
    for (uint32_t i = 0; i < book->count && judge->count < TOLD_MAX; i++) {
        struct weight *weight = &judge->told[judge->count];
        *weight = (struct weight){.entry = &book->entries[i]};
        judge->count += entry_weigh(judge, weight);
    }
}

static enum status persistence_judge(const struct detect_context *context,
                                     const struct detection_sink *sink, struct problem *problem) {
    struct persistence_judge judge = {.context = context};
    struct draft draft;
    draft_init(&draft);
    persistence_book_init(&judge.book, context);
    judge.told = memory_new(TOLD_MAX, sizeof *judge.told);
    enum status status = persistence_book_read(&judge.book, problem);
    if (status == STATUS_OK)
        entries_weigh(&judge);
    if (status == STATUS_OK && judge.count)
        status = citations_read(&judge, problem);
    for (uint32_t i = 0; i < judge.count && status == STATUS_OK; i++)
        status = weight_tell(&judge, &judge.told[i], &draft, sink, problem);
    memory_free(judge.told);
    persistence_book_done(&judge.book);
    draft_done(&draft);
    return status;
}

const struct detector detector_persistence = {
    .name = "persistence",
    .summary = "what starts by itself on few hosts only",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = persistence_judge,
};
