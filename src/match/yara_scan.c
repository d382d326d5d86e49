// YARA rules over bytes
// SPDX-License-Identifier: Apache-2.0
//
// 1. All sources are compiled into one set of rules, each file a namespace of its own, so that
//    rules of the same name do not collide. YARA gives up a compiler at its first error: when
//    there is one, each file is tried by itself, and those that compile are compiled together.
// 2. A rule's number is its place in YARA's table, which has the order of compiling.
// 3. Scanning never maps files and sets no signal handlers: bytes are read before.
#include "match/yara_scan.h"

#include "base/arena.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "match/match.h"
#include "match/yara_files.h"

#include <assert.h>
#include <limits.h>
#include <string.h>
#include <yara.h>

enum {
    YARA_ARENA_BYTES = 320 << 20,
    YARA_BLOCK_BYTES = 64 << 20, // a larger file is scanned in pieces
    YARA_FILE_SECONDS = 60,
    YARA_LOG_SECONDS = 20,
    YARA_NAME_MAX = 4096,
};

struct yara_rules {
    struct arena arena;
    YR_RULES *compiled;
    struct rule *rules;
    bool *is_log;
    uint32_t count;
    bool have_logs;
    struct rule_complaint *complaints;
    size_t complaint_count;
    uint8_t digest[DIGEST_SHA256_SIZE]; // of all files
};

struct yara_scanner {
    const struct yara_rules *rules;
    YR_SCANNER *scanner;
    uint8_t *block;
    size_t block_capacity;
    // Of the scan in hand
    const struct yara_sink *sink;
    bool of_log;
    bool too_many;
    struct yara_match matches[YARA_MATCHES_MAX];
    struct slice metas[YARA_METAS_MAX][2];
};

static const char *const VARIABLES[] = {"filename", "filepath", "extension", "filetype", "owner"};

static void complain(struct yara_rules *rules, struct slice file, uint32_t line, const char *text) {
    rules->complaints =
        memory_resize(rules->complaints, rules->complaint_count + 1, sizeof *rules->complaints);
    struct slice kept = arena_keep(&rules->arena, text_cut(slice_of_string(text), 1024));
    rules->complaints[rules->complaint_count++] =
        (struct rule_complaint){.file = file, .line = line, .refused = true, .text = kept};
}

// One compiling: what it is told of the first error.
struct compiling {
    struct yara_rules *rules;
    struct slice file;
    bool tells;
};

static void compiling_tell(int level, const char *file, int line, const YR_RULE *rule,
                           const char *message, void *context) {
    struct compiling *compiling = context;
    (void)file;
    (void)rule;
    if (level == YARA_ERROR_LEVEL_ERROR && compiling->tells)
        complain(compiling->rules, compiling->file, line > 0 ? (uint32_t)line : 0, message);
}

static YR_COMPILER *compiler_new(struct compiling *compiling) {
    YR_COMPILER *compiler = NULL;
    if (yr_compiler_create(&compiler) != ERROR_SUCCESS)
        return NULL;
    yr_compiler_set_callback(compiler, compiling_tell, compiling);
    yr_compiler_set_include_callback(compiler, NULL, NULL, NULL);
    for (size_t i = 0; i < ARRAY_SIZE(VARIABLES); i++)
        yr_compiler_define_string_variable(compiler, VARIABLES[i], "");
    return compiler;
}

static bool compiler_add(YR_COMPILER *compiler, struct compiling *compiling,
                         const struct yara_file *file) {
    compiling->file = file->path;
    return yr_compiler_add_string(compiler, (const char *)file->text.data,
                                  (const char *)file->path.data) == 0;
}

// Whether a file compiles by itself; if not, a complaint says why.
static bool file_compiles(struct yara_rules *rules, const struct yara_file *file) {
    struct compiling compiling = {.rules = rules, .file = file->path, .tells = true};
    YR_COMPILER *compiler = compiler_new(&compiling);
    bool fine = compiler && compiler_add(compiler, &compiling, file);
    if (compiler)
        yr_compiler_destroy(compiler);
    return fine;
}

// All files that have no trouble, into rules->compiled. False when one of them does not compile.
static bool files_compile(struct yara_rules *rules, const struct yara_file *files, size_t count) {
    struct compiling compiling = {.rules = rules};
    YR_COMPILER *compiler = compiler_new(&compiling);
    bool fine = compiler != NULL;
    for (size_t i = 0; i < count && fine; i++)
        if (!files[i].trouble)
            fine = compiler_add(compiler, &compiling, &files[i]);
    fine = fine && yr_compiler_get_rules(compiler, &rules->compiled) == ERROR_SUCCESS;
    if (compiler)
        yr_compiler_destroy(compiler);
    return fine;
}

static enum rule_level level_of_word(const char *word) {
    enum rule_level level = RULE_LEVEL_MEDIUM;
    rule_level_parse(slice_of_string(word), &level);
    return level;
}

// Scores as many public rules have them: 0 to 100.
static enum rule_level level_of_score(int64_t score) {
    return score >= 80 ? RULE_LEVEL_HIGH : score >= 50 ? RULE_LEVEL_MEDIUM : RULE_LEVEL_LOW;
}

static bool name_is(const char *name, const char *wanted) {
    return text_equal_fold_ascii(slice_of_string(name), slice_of_string(wanted));
}

static void rule_read_metas(struct rule *rule, const YR_RULE *from) {
    const YR_META *meta;
    yr_rule_metas_foreach(from, meta) {
        bool text = meta->type == META_TYPE_STRING;
        if (text && name_is(meta->identifier, "description"))
            rule->title = slice_of_string(meta->string);
        if (text &&
            (name_is(meta->identifier, "severity") || name_is(meta->identifier, "threat_level") ||
             name_is(meta->identifier, "level")))
            rule->level = level_of_word(meta->string);
        if (meta->type == META_TYPE_INTEGER && name_is(meta->identifier, "score"))
            rule->level = level_of_score(meta->integer);
    }
}

static void rule_read_tags(struct yara_rules *rules, struct rule *rule, bool *ret_is_log,
                           const YR_RULE *from) {
    const char *tag;
    uint32_t count = 0;
    yr_rule_tags_foreach(from, tag) count++;
    struct slice *tags = arena_new(&rules->arena, count, sizeof *tags);
    rule->tags = tags;
    yr_rule_tags_foreach(from, tag) {
        *ret_is_log = *ret_is_log || name_is(tag, "LOG");
        if (tags)
            tags[rule->tag_count++] = slice_of_string(tag);
    }
}

// What is known of the rules; texts stay YARA's.
static void rules_list(struct yara_rules *rules) {
    const YR_RULE *one;
    yr_rules_foreach(rules->compiled, one) rules->count++;
    rules->rules = memory_new(rules->count, sizeof *rules->rules);
    rules->is_log = memory_new(rules->count, sizeof *rules->is_log);
    for (uint32_t i = 0; i < rules->count; i++) {
        one = &rules->compiled->rules_table[i];
        struct rule *rule = &rules->rules[i];
        rule->id = rule->name = rule->title = slice_of_string(one->identifier);
        rule->file = slice_of_string(one->ns->name);
        rule->level = RULE_LEVEL_MEDIUM;
        rule_read_metas(rule, one);
        rule_read_tags(rules, rule, &rules->is_log[i], one);
        rules->have_logs = rules->have_logs || rules->is_log[i];
    }
}

static enum status rules_compile(struct yara_rules *rules, struct yara_file *files, size_t count,
                                 struct problem *problem) {
    for (size_t i = 0; i < count; i++)
        if (files[i].trouble)
            complain(rules, files[i].path, 0, files[i].trouble);
    if (!files_compile(rules, files, count)) {
        for (size_t i = 0; i < count; i++)
            if (!files[i].trouble && !file_compiles(rules, &files[i]))
                files[i].trouble = "does not compile";
        if (!files_compile(rules, files, count))
            return problem_set(problem, STATUS_LIMIT, "YARA rules do not compile together");
    }
    rules_list(rules);
    if (rules->count)
        return STATUS_OK;
    if (!rules->complaint_count)
        return problem_set(problem, STATUS_USAGE, "there is no YARA rule in what was given");
    const struct rule_complaint *first = &rules->complaints[0];
    return problem_set(problem, STATUS_USAGE, "no YARA rule: %.*s:%u: %.*s", (int)first->file.size,
                       (const char *)first->file.data, first->line, (int)first->text.size,
                       (const char *)first->text.data);
}

enum status yara_rules_new(const char *const *paths, size_t path_count,
                           struct yara_rules **ret_rules, struct problem *problem) {
    struct yara_rules *rules = memory_new(1, sizeof *rules);
    struct yara_file *files = NULL;
    size_t count = 0;
    arena_init(&rules->arena, YARA_ARENA_BYTES);
    int result = yr_initialize();
    assert(result == ERROR_SUCCESS);
    (void)result;
    enum status status = yara_files_read(paths, path_count, &rules->arena, &files, &count, problem);
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        digest_chain(rules->digest, files[i].path);
        digest_chain(rules->digest, files[i].text);
    }
    if (status == STATUS_OK)
        status = rules_compile(rules, files, count, problem);
    memory_free(files);
    if (status != STATUS_OK) {
        yara_rules_free(rules);
        return status;
    }
    *ret_rules = rules;
    return STATUS_OK;
}

void yara_rules_free(struct yara_rules *rules) {
    if (!rules)
        return;
    if (rules->compiled)
        yr_rules_destroy(rules->compiled);
    yr_finalize();
    memory_free(rules->rules);
    memory_free(rules->is_log);
    memory_free(rules->complaints);
    arena_done(&rules->arena);
    memory_free(rules);
}

void yara_rules_digest(const struct yara_rules *rules, uint8_t digest[DIGEST_SHA256_SIZE]) {
    digest_chain(digest, slice_of(rules->digest, sizeof rules->digest));
}

size_t yara_rules_count(const struct yara_rules *rules) {
    return rules->count;
}

const struct rule *yara_rules_rule(const struct yara_rules *rules, size_t index) {
    assert(index < rules->count);
    return &rules->rules[index];
}

size_t yara_rules_complaint_count(const struct yara_rules *rules) {
    return rules->complaint_count;
}

const struct rule_complaint *yara_rules_complaint(const struct yara_rules *rules, size_t index) {
    assert(index < rules->complaint_count);
    return &rules->complaints[index];
}

bool yara_rules_have_logs(const struct yara_rules *rules) {
    return rules->have_logs;
}

// libyara keeps its matches in a notebook that aligns nothing: read where they lie, as it does
// itself.
__attribute__((no_sanitize("alignment"))) static void hit_read_matches(struct yara_scanner *scanner,
                                                                       YR_SCAN_CONTEXT *context,
                                                                       const YR_RULE *rule,
                                                                       struct yara_hit *hit) {
    const YR_STRING *string;
    yr_rule_strings_foreach(rule, string) {
        const YR_MATCH *match;
        if (STRING_IS_PRIVATE(string))
            continue;
        yr_string_matches_foreach(context, string, match) {
            hit->match_total++;
            if (hit->match_count < YARA_MATCHES_MAX)
                scanner->matches[hit->match_count++] = (struct yara_match){
                    .identifier = slice_of_string(string->identifier),
                    .offset = (uint64_t)(match->base + match->offset),
                    .size = (uint32_t)match->match_length,
                };
        }
    }
}

static void hit_read_metas(struct yara_scanner *scanner, const YR_RULE *rule,
                           struct yara_hit *hit) {
    const YR_META *meta;
    yr_rule_metas_foreach(rule, meta) {
        if (meta->type != META_TYPE_STRING || hit->meta_count == YARA_METAS_MAX ||
            name_is(meta->identifier, "description"))
            continue;
        scanner->metas[hit->meta_count][0] = slice_of_string(meta->identifier);
        scanner->metas[hit->meta_count++][1] = slice_of_string(meta->string);
    }
}

static int scanner_hear(YR_SCAN_CONTEXT *context, int message, void *data, void *user) {
    struct yara_scanner *scanner = user;
    if (message == CALLBACK_MSG_TOO_MANY_MATCHES)
        scanner->too_many = true;
    if (message != CALLBACK_MSG_RULE_MATCHING)
        return CALLBACK_CONTINUE;
    const YR_RULE *rule = data;
    struct yara_hit hit = {.rule = (uint32_t)(rule - scanner->rules->compiled->rules_table),
                           .matches = scanner->matches,
                           .metas = (const struct slice(*)[2])scanner->metas};
    assert(hit.rule < scanner->rules->count);
    if (scanner->rules->is_log[hit.rule] != scanner->of_log)
        return CALLBACK_CONTINUE;
    hit_read_matches(scanner, context, rule, &hit);
    hit_read_metas(scanner, rule, &hit);
    scanner->sink->hit(scanner->sink->context, &hit);
    return CALLBACK_CONTINUE;
}

struct yara_scanner *yara_scanner_new(const struct yara_rules *rules) {
    struct yara_scanner *scanner = memory_new(1, sizeof *scanner);
    scanner->rules = rules;
    int result = yr_scanner_create(rules->compiled, &scanner->scanner);
    assert(result == ERROR_SUCCESS);
    (void)result;
    yr_scanner_set_callback(scanner->scanner, scanner_hear, scanner);
    yr_scanner_set_flags(scanner->scanner,
                         SCAN_FLAGS_REPORT_RULES_MATCHING | SCAN_FLAGS_NO_TRYCATCH);
    return scanner;
}

void yara_scanner_free(struct yara_scanner *scanner) {
    if (!scanner)
        return;
    yr_scanner_destroy(scanner->scanner);
    memory_free(scanner->block);
    memory_free(scanner);
}

static const char *scan_reason(const struct yara_scanner *scanner, int result) {
    if (result == ERROR_SCAN_TIMEOUT)
        return "YARA: time limit passed: not all rules were looked at";
    if (result != ERROR_SUCCESS)
        return "YARA: scan given up";
    return scanner->too_many ? "YARA: too many matches of a string: not all were counted" : NULL;
}

static void scanner_define(struct yara_scanner *scanner, const char *name, struct slice text) {
    char value[YARA_NAME_MAX];
    text = text_cut(text, sizeof value - 1);
    if (text.size)
        memcpy(value, text.data, text.size);
    value[text.size] = '\0';
    yr_scanner_define_string_variable(scanner->scanner, name, value);
}

static void scanner_name(struct yara_scanner *scanner, struct slice path) {
    size_t name = 0, dot = path.size;
    for (size_t i = 0; i < path.size; i++) {
        if (path.data[i] == '/' || path.data[i] == '\\' || path.data[i] == '!') {
            name = i + 1;
            dot = path.size;
        } else if (path.data[i] == '.') {
            dot = i;
        }
    }
    scanner_define(scanner, "filename", slice_part(path, name, SIZE_MAX));
    scanner_define(scanner, "filepath", slice_part(path, 0, name ? name - 1 : 0));
    scanner_define(scanner, "extension", slice_part(path, dot, SIZE_MAX));
}

// The pieces of a large file, one after the other in scanner->block.
struct block_walk {
    struct yara_scanner *scanner;
    const struct unit *unit;
    YR_MEMORY_BLOCK block;
};

static const uint8_t *block_bytes(YR_MEMORY_BLOCK *block) {
    struct block_walk *walk = block->context;
    return walk->scanner->block;
}

static YR_MEMORY_BLOCK *block_take(YR_MEMORY_BLOCK_ITERATOR *iterator, uint64_t from) {
    struct block_walk *walk = iterator->context;
    iterator->last_error = ERROR_SUCCESS;
    size_t got = unit_read(walk->unit, from, YARA_BLOCK_BYTES, walk->scanner->block);
    walk->block =
        (YR_MEMORY_BLOCK){.size = got, .base = from, .context = walk, .fetch_data = block_bytes};
    return got ? &walk->block : NULL;
}

static YR_MEMORY_BLOCK *block_first(YR_MEMORY_BLOCK_ITERATOR *iterator) {
    return block_take(iterator, 0);
}

static YR_MEMORY_BLOCK *block_next(YR_MEMORY_BLOCK_ITERATOR *iterator) {
    const struct block_walk *walk = iterator->context;
    return block_take(iterator, walk->block.base + walk->block.size);
}

static uint64_t block_file_size(YR_MEMORY_BLOCK_ITERATOR *iterator) {
    return ((const struct block_walk *)iterator->context)->unit->size;
}

static int scan_blocks(struct yara_scanner *scanner, const struct unit *unit) {
    struct block_walk walk = {.scanner = scanner, .unit = unit};
    YR_MEMORY_BLOCK_ITERATOR iterator = {
        .context = &walk, .first = block_first, .next = block_next, .file_size = block_file_size};
    return yr_scanner_scan_mem_blocks(scanner->scanner, &iterator);
}

const char *yara_scan_file(struct yara_scanner *scanner, const struct unit *unit,
                           const struct yara_sink *sink) {
    scanner->sink = sink;
    scanner->of_log = scanner->too_many = false;
    scanner_name(scanner, unit->path);
    yr_scanner_set_timeout(scanner->scanner, YARA_FILE_SECONDS);
    size_t size = unit->size < YARA_BLOCK_BYTES ? (size_t)unit->size : YARA_BLOCK_BYTES;
    if (unit->fd < 0 && unit->size <= YARA_BLOCK_BYTES)
        return scan_reason(
            scanner, yr_scanner_scan_mem(scanner->scanner, unit->bytes.data, unit->bytes.size));
    if (size > scanner->block_capacity) {
        scanner->block = memory_resize(scanner->block, size, 1);
        scanner->block_capacity = size;
    }
    if (unit->size > YARA_BLOCK_BYTES) {
        const char *reason = scan_reason(scanner, scan_blocks(scanner, unit));
        return reason ? reason : "YARA: file over 64 MiB scanned in pieces";
    }
    size_t got = unit_read(unit, 0, size, scanner->block);
    return scan_reason(scanner, yr_scanner_scan_mem(scanner->scanner, scanner->block, got));
}

const char *yara_scan_log(struct yara_scanner *scanner, struct slice text,
                          const struct yara_sink *sink) {
    scanner->sink = sink;
    scanner->of_log = true;
    scanner->too_many = false;
    scanner_name(scanner, SLICE(""));
    yr_scanner_set_timeout(scanner->scanner, YARA_LOG_SECONDS);
    return scan_reason(scanner, yr_scanner_scan_mem(scanner->scanner, text.data, text.size));
}
