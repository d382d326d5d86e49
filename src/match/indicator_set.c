// Lists of indicators become a set
// SPDX-License-Identifier: Apache-2.0
#include "match/indicator_set.h"

#include "base/clock.h"
#include "base/digest.h"
#include "base/json.h"
#include "base/memory.h"
#include "base/text.h"
#include "match/public_suffix.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#define SET_BYTES ((size_t)2 << 30)
#define FILE_BYTES_MAX ((size_t)1 << 30)

enum {
    SET_DEPTH_MAX = 8, // of directories
    COMPLAINT_TEXT_MAX = 80
};

// Rules, kind by kind: low, medium, high, each with every marking.

#define TEXT(literal)                                                                              \
    { (const uint8_t *)("" literal), sizeof(literal) - 1 }
#define TAG_ROW(a, b, label)                                                                       \
    { TEXT(a), TEXT(b), TEXT("tlp." label) }
#define TAGS(kind, a, b)                                                                           \
    static const struct slice kind##_TAGS[MARKING_COUNT][3] = {                                    \
        [MARKING_CLEAR] = TAG_ROW(a, b, "clear"),                                                  \
        [MARKING_GREEN] = TAG_ROW(a, b, "green"),                                                  \
        [MARKING_AMBER] = TAG_ROW(a, b, "amber"),                                                  \
        [MARKING_AMBER_STRICT] = TAG_ROW(a, b, "amber+strict"),                                    \
        [MARKING_RED] = TAG_ROW(a, b, "red")};
TAGS(RUN, "attack.execution", "vedette.stage.foothold")
TAGS(CONTROL, "attack.command-and-control", "vedette.stage.control")
TAGS(ENTRY, "attack.initial-access", "vedette.stage.entry")

#define RULE(kind_text, title_text, level_value, kind_tags, marking_value)                         \
    {                                                                                              \
        .id = TEXT("vedette-ioc-" kind_text), .name = TEXT("vedette-ioc-" kind_text),              \
        .title = TEXT(title_text), .level = level_value, .tags = kind_tags[marking_value],         \
        .tag_count = ARRAY_SIZE(kind_tags[marking_value])                                          \
    }
#define MARKED(kind, title, level, tags)                                                           \
    RULE(kind, title, level, tags, MARKING_CLEAR), RULE(kind, title, level, tags, MARKING_GREEN),  \
        RULE(kind, title, level, tags, MARKING_AMBER),                                             \
        RULE(kind, title, level, tags, MARKING_AMBER_STRICT),                                      \
        RULE(kind, title, level, tags, MARKING_RED)
#define RULES(kind, title, tags)                                                                   \
    MARKED(kind, title, RULE_LEVEL_LOW, tags), MARKED(kind, title, RULE_LEVEL_MEDIUM, tags),       \
        MARKED(kind, title, RULE_LEVEL_HIGH, tags)

static const struct rule IOC_RULES[] = {
    RULES("hash", "Hash of a listed indicator", RUN_TAGS),
    RULES("address", "Address of a listed indicator", CONTROL_TAGS),
    RULES("network", "Address in a listed network", CONTROL_TAGS),
    RULES("domain", "Domain of a listed indicator", CONTROL_TAGS),
    RULES("url", "URL of a listed indicator", CONTROL_TAGS),
    RULES("mutex", "Mutex of a listed indicator", RUN_TAGS),
    RULES("pipe", "Named pipe of a listed indicator", RUN_TAGS),
    RULES("path", "Path of a listed indicator", RUN_TAGS),
    RULES("mail", "Mail address of a listed indicator", ENTRY_TAGS),
};
_Static_assert(ARRAY_SIZE(IOC_RULES) == INDICATOR_KIND_COUNT * INDICATOR_LEVELS * MARKING_COUNT,
               "a rule for each kind, level and marking");

uint32_t indicator_rule(const struct indicator *row) {
    return ((uint32_t)row->kind * INDICATOR_LEVELS + row->level) * MARKING_COUNT + row->marking;
}

size_t indicators_rule_count(void) {
    return ARRAY_SIZE(IOC_RULES);
}

const struct rule *indicators_rule(size_t index) {
    return &IOC_RULES[index];
}

void indicator_complain(struct indicator_reader *reader, uint32_t line, const char *why,
                        struct slice text) {
    struct indicators *set = reader->set;
    if (set->complaint_count == INDICATOR_COMPLAINTS_MAX) {
        set->left_out++;
        return;
    }
    struct buffer whole;
    buffer_init(&whole, 4096);
    buffer_append_text(&whole, why);
    if (text.size) {
        buffer_append_text(&whole, ": ");
        buffer_append_slice(&whole, text_cut(text, COMPLAINT_TEXT_MAX));
    }
    set->complaints[set->complaint_count++] =
        (struct rule_complaint){.file = set->files[reader->file],
                                .line = line,
                                .refused = true,
                                .text = arena_keep(&set->arena, buffer_slice(&whole))};
    buffer_done(&whole);
}

static bool row_has_key(const void *context, uint32_t number, const void *key) {
    const struct indicator *row = &((const struct indicators *)context)->rows[number];
    return slice_equal(slice_of(row->key, row->key_size), *(const struct slice *)key);
}

// Two bits of one 64-byte line.
static const uint64_t *filter_line(const struct indicators *set, uint64_t hash) {
    return &set->filter[(hash >> 32 & set->filter_mask) * 8];
}

static uint64_t filter_bit(uint64_t hash, unsigned shift) {
    return 1ull << (hash >> shift & 63);
}

const struct indicator *indicator_find(const struct indicators *set, struct slice key) {
    uint64_t hash = digest_hash64(key);
    const uint64_t *line = filter_line(set, hash);
    if (!(line[hash & 7] & filter_bit(hash, 3)) || !(line[hash >> 9 & 7] & filter_bit(hash, 12)))
        return NULL;
    uint32_t row = table_find(&set->by_key, hash, row_has_key, set, &key);
    return row == TABLE_NONE ? NULL : &set->rows[row];
}

static void filter_fill(struct indicators *set) {
    uint64_t lines = 64;
    while (lines * 32 < set->count) // 512 bits a line, 16 bits a key
        lines *= 2;
    set->filter_mask = lines - 1;
    set->filter = memory_new(lines * 8, sizeof *set->filter);
    for (uint32_t i = 0; i < set->count; i++) {
        uint64_t hash = digest_hash64(slice_of(set->rows[i].key, set->rows[i].key_size));
        uint64_t *line = &set->filter[(hash >> 32 & set->filter_mask) * 8];
        line[hash & 7] |= filter_bit(hash, 3);
        line[hash >> 9 & 7] |= filter_bit(hash, 12);
    }
}

static uint32_t description_keep(struct indicator_reader *reader, struct slice text) {
    struct indicators *set = reader->set;
    if (text.size == 0)
        return 0;
    if (reader->description_number && slice_equal(reader->description, text))
        return reader->description_number;
    if (set->description_count + 1 >= set->description_capacity) {
        set->description_capacity = set->description_capacity ? set->description_capacity * 2 : 64;
        set->descriptions =
            memory_resize(set->descriptions, set->description_capacity, sizeof *set->descriptions);
        set->descriptions[0] = SLICE("");
    }
    reader->description = arena_keep(&set->arena, text_cut(text, INDICATOR_TEXT_MAX));
    reader->description_number = ++set->description_count;
    set->descriptions[reader->description_number] = reader->description;
    return reader->description_number;
}

// A file's name without a directory, a network's breadth: what is weak in itself.
static uint8_t level_of(const struct indicator_about *about, enum indicator_kind kind,
                        struct slice key) {
    uint8_t level = about->confidence < 0    ? 1
                    : about->confidence < 30 ? 0
                    : about->confidence < 70 ? 1
                                             : 2;
    if (kind == INDICATOR_PATH && !memchr(key.data, '\\', key.size))
        return level ? (uint8_t)(level - 1) : 0;
    return level;
}

// Of two that say the same the surer stands; of these the one that holds longer, then the first.
static bool is_better(const struct indicator *old, const struct indicator *fresh) {
    if (old->ignored || fresh->ignored)
        return fresh->ignored && !old->ignored;
    if (old->level != fresh->level)
        return fresh->level > old->level;
    return old->until_ns != CLOCK_NONE &&
           (fresh->until_ns == CLOCK_NONE || fresh->until_ns > old->until_ns);
}

static enum status row_add(struct indicator_reader *reader, struct indicator *row,
                           struct slice text) {
    struct indicators *set = reader->set;
    struct slice key = buffer_slice(&reader->key);
    uint64_t hash = digest_hash64(key);
    uint32_t old = table_find(&set->by_key, hash, row_has_key, set, &key);
    // Of two lists that have it the stricter one's marking holds, whichever stands.
    if (old != TABLE_NONE && !set->rows[old].ignored && !row->ignored) {
        enum marking strictest =
            marking_strictest((enum marking)set->rows[old].marking, (enum marking)row->marking);
        set->rows[old].marking = row->marking = (uint8_t)strictest;
    }
    if (old != TABLE_NONE && !is_better(&set->rows[old], row))
        return STATUS_OK;
    struct slice kept = arena_keep(&set->arena, key);
    struct slice shown = arena_keep(&set->arena, text);
    if (!kept.data || !shown.data || set->count == INDICATORS_MAX)
        return problem_set(reader->problem, STATUS_LIMIT, "more than %d indicators",
                           INDICATORS_MAX);
    row->key = kept.data;
    row->key_size = (uint16_t)kept.size;
    row->text = shown.data;
    row->text_size = (uint16_t)shown.size;
    if (old != TABLE_NONE) {
        set->rows[old] = *row;
        return STATUS_OK;
    }
    if (set->count == set->capacity) {
        set->capacity = set->capacity ? set->capacity * 2 : 1024;
        set->rows = memory_resize(set->rows, set->capacity, sizeof *set->rows);
    }
    table_add(&set->by_key, hash, set->count);
    set->rows[set->count++] = *row;
    return STATUS_OK;
}

// The strictest of what the file and the indicator say; red when neither says anything.
static uint8_t marking_said(const struct indicator_reader *reader,
                            const struct indicator_about *about) {
    unsigned said = marked_strictest(reader->marked, about->marked);
    return said ? (uint8_t)(said - 1) : MARKING_RED;
}

enum status indicator_add(struct indicator_reader *reader, const struct indicator_about *about) {
    struct indicators *set = reader->set;
    buffer_reset(&reader->text);
    indicator_append_refanged(&reader->text, text_cut(about->text, INDICATOR_TEXT_MAX));
    struct slice text = buffer_slice(&reader->text);
    enum indicator_kind kind = about->kind;
    bool good = about->has_kind || indicator_guess(text, &kind);
    // Lists call a network an address, too.
    if (about->has_kind && kind == INDICATOR_ADDRESS && text.size &&
        memchr(text.data, '/', text.size))
        kind = INDICATOR_NETWORK;
    buffer_reset(&reader->key);
    if (!good || !indicator_append_key(&reader->key, kind, text)) {
        indicator_complain(reader, about->line, "no indicator of a kind that is known", text);
        return STATUS_OK;
    }
    struct slice key = buffer_slice(&reader->key);
    struct indicator row = {.until_ns = about->until_ns,
                            .line = about->line,
                            .file = reader->file,
                            .kind = (uint8_t)kind,
                            .level = level_of(about, kind, key),
                            .ignored = reader->ignored,
                            .marking = marking_said(reader, about),
                            .description = description_keep(reader, about->description)};
    row.exact = kind == INDICATOR_DOMAIN && public_suffix_is(slice_part(key, 1, SIZE_MAX));
    set->kinds |= 1u << kind;
    if (kind == INDICATOR_NETWORK)
        set->prefixes[key.data[1] / 64] |= 1ull << (key.data[1] % 64);
    return row_add(reader, &row, text);
}

// Files

static enum status file_load(const char *path, uint8_t **ret_bytes, size_t *ret_size,
                             struct problem *problem) {
    struct stat about;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 || fstat(fd, &about) != 0) {
        enum status status = problem_set_errno(problem, "indicators %s", path);
        if (fd >= 0)
            close(fd);
        return status;
    }
    if (!S_ISREG(about.st_mode) || (uint64_t)about.st_size > FILE_BYTES_MAX) {
        close(fd);
        return problem_set(problem, STATUS_USAGE, "indicators %s: no file of at most 1 GiB", path);
    }
    size_t size = (size_t)about.st_size, got = 0;
    uint8_t *bytes = memory_new(size + JSON_PADDING, 1);
    for (ssize_t step = 1; got < size && step > 0; got += step > 0 ? (size_t)step : 0)
        step = pread(fd, bytes + got, size - got, (off_t)got);
    close(fd);
    *ret_bytes = bytes;
    *ret_size = got;
    return STATUS_OK;
}

static enum status reader_take(struct indicator_reader *reader, struct slice text) {
    if (slice_starts(text, SLICE("\xEF\xBB\xBF")))
        text = slice_part(text, 3, SIZE_MAX);
    size_t at = 0;
    while (at < text.size && strchr(" \t\r\n", text.data[at]))
        at++;
    bool is_json = at < text.size && (text.data[at] == '{' || text.data[at] == '[') &&
                   !slice_starts(slice_part(text, at, 3), SLICE("[.]"));
    return is_json ? indicator_read_json(reader, text) : indicator_read_lines(reader, text);
}

static enum status set_read_file(struct indicators *set, const char *path, bool ignored,
                                 struct problem *problem) {
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (set->file_count == INDICATOR_FILES_MAX)
        return problem_set(problem, STATUS_LIMIT, "more than %d files of indicators",
                           INDICATOR_FILES_MAX);
    enum status status = file_load(path, &bytes, &size, problem);
    if (status != STATUS_OK)
        return status;
    if (set->file_count % 64 == 0)
        set->files = memory_resize(set->files, set->file_count + 64, sizeof *set->files);
    set->files[set->file_count] = arena_keep(&set->arena, slice_of_string(path));
    struct indicator_reader reader = {
        .set = set, .file = (uint16_t)set->file_count++, .ignored = ignored, .problem = problem};
    buffer_init(&reader.text, 4 * INDICATOR_TEXT_MAX);
    buffer_init(&reader.key, 4 * INDICATOR_TEXT_MAX);
    digest_chain(set->digest, slice_of_string(path));
    digest_chain(set->digest, slice_of(bytes, size));
    status = reader_take(&reader, slice_of(bytes, size));
    buffer_done(&reader.text);
    buffer_done(&reader.key);
    memory_free(bytes);
    return status;
}

static int name_compare(const struct dirent **a, const struct dirent **b) {
    return strcmp((*a)->d_name, (*b)->d_name);
}

static int name_is_shown(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

// Calls itself for directories, as deep as SET_DEPTH_MAX; in the order of names.
static enum status set_read_path(struct indicators *set, const char *path, bool ignored,
                                 unsigned depth, struct problem *problem) {
    struct stat about;
    if (stat(path, &about) != 0)
        return problem_set_errno(problem, "indicators %s", path);
    if (!S_ISDIR(about.st_mode))
        return set_read_file(set, path, ignored, problem);
    struct dirent **names;
    int count = depth == SET_DEPTH_MAX ? 0 : scandir(path, &names, name_is_shown, name_compare);
    if (count < 0)
        return problem_set_errno(problem, "indicators %s", path);
    enum status status = STATUS_OK;
    for (int i = 0; i < count; i++) {
        struct buffer joined;
        buffer_init(&joined, 8192);
        buffer_append_format(&joined, "%s/%s", path, names[i]->d_name);
        buffer_append_byte(&joined, 0);
        if (status == STATUS_OK && !joined.failed)
            status = set_read_path(set, (const char *)joined.data, ignored, depth + 1, problem);
        buffer_done(&joined);
        memory_free(names[i]);
    }
    if (depth < SET_DEPTH_MAX)
        memory_free(names);
    return status;
}

enum status indicators_new(const struct indicator_options *options,
                           struct indicators **ret_indicators, struct problem *problem) {
    struct indicators *set = memory_new(1, sizeof *set);
    arena_init(&set->arena, SET_BYTES);
    table_init(&set->by_key);
    set->anywhere = options->anywhere;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->path_count && status == STATUS_OK; i++)
        status = set_read_path(set, options->paths[i], false, 0, problem);
    for (size_t i = 0; i < options->ignored_count && status == STATUS_OK; i++)
        status = set_read_path(set, options->ignored[i], true, 0, problem);
    if (status != STATUS_OK) {
        indicators_free(set);
        return status;
    }
    filter_fill(set);
    *ret_indicators = set;
    return STATUS_OK;
}

void indicators_free(struct indicators *set) {
    if (!set)
        return;
    arena_done(&set->arena);
    table_done(&set->by_key);
    memory_free(set->rows);
    memory_free(set->filter);
    memory_free(set->descriptions);
    memory_free(set->files);
    memory_free(set);
}

void indicators_digest(const struct indicators *indicators, uint8_t digest[DIGEST_SHA256_SIZE]) {
    digest_chain(digest, slice_of(indicators->digest, sizeof indicators->digest));
    digest_chain(digest, slice_of(&indicators->anywhere, sizeof indicators->anywhere));
}

size_t indicators_count(const struct indicators *set) {
    return set->count;
}

size_t indicators_complaint_count(const struct indicators *set) {
    return set->complaint_count;
}

const struct rule_complaint *indicators_complaint(const struct indicators *set, size_t index) {
    return &set->complaints[index];
}
