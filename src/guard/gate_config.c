// What the gate is told
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_config.h"

#include "base/text.h"
#include "base/yaml.h"
#include "guard/request_path.h"

#include <stddef.h>

enum {
    ARENA_BYTES_MAX = 4 << 20
};

// Texts and numbers by their keys.
static const struct text_key {
    const char *key;
    size_t offset;
    bool needed;
} TEXTS[] = {
    {"listen", offsetof(struct gate_config, listen), true},
    {"origin", offsetof(struct gate_config, origin), true},
    {"store", offsetof(struct gate_config, store), true},
    {"metadata", offsetof(struct gate_config, metadata), true},
    {"trusted", offsetof(struct gate_config, trusted), true},
    {"log", offsetof(struct gate_config, log), false},
    {"ledger", offsetof(struct gate_config, ledger), false},
    {"break-glass", offsetof(struct gate_config, break_glass), false},
};

static const struct number_key {
    const char *key;
    size_t offset;
    uint32_t min, max;
} NUMBERS[] = {
    {"refresh-seconds", offsetof(struct gate_config, refresh_seconds), 1, 86400},
    {"origin-check-seconds", offsetof(struct gate_config, origin_check_seconds), 0, 30 * 86400},
    {"fetch-seconds", offsetof(struct gate_config, fetch_seconds), 1, 86400},
    {"fetches", offsetof(struct gate_config, fetches), 1, 64},
    {"connections", offsetof(struct gate_config, connections), 1, 65536},
};

static const char *const CLASSES[] = {"deny", "artifact", "metadata", "api"};

// Keys other than these are for gate_rules_read and targets_read.
static enum status key_read(struct gate_config *config, const struct yaml_node *node,
                            bool *ret_known, struct problem *problem) {
    *ret_known = true;
    for (size_t i = 0; i < ARRAY_SIZE(TEXTS); i++) {
        if (!slice_equal_string(node->key, TEXTS[i].key))
            continue;
        if (node->kind != YAML_SCALAR || node->text.size == 0)
            return problem_set_line(problem, STATUS_FORMAT, node->line, "%s takes a text",
                                    TEXTS[i].key);
        const char *text = (const char *)arena_keep(&config->arena, node->text).data;
        memcpy((char *)config + TEXTS[i].offset, &text, sizeof text);
        return STATUS_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(NUMBERS); i++) {
        int64_t number;
        if (!slice_equal_string(node->key, NUMBERS[i].key))
            continue;
        if (node->kind != YAML_SCALAR || !text_integer(node->text, &number) ||
            number < NUMBERS[i].min || number > NUMBERS[i].max)
            return problem_set_line(problem, STATUS_FORMAT, node->line, "%s takes %u to %u",
                                    NUMBERS[i].key, NUMBERS[i].min, NUMBERS[i].max);
        uint32_t small = (uint32_t)number;
        memcpy((char *)config + NUMBERS[i].offset, &small, sizeof small);
        return STATUS_OK;
    }
    *ret_known = false;
    return STATUS_OK;
}

static struct slice without_slash(struct gate_config *config, struct slice text) {
    return arena_keep(&config->arena, slice_part(text, 1, text.size));
}

// "- /packages/**: artifact"
static enum status rule_read(struct gate_config *config, const struct yaml_node *item,
                             struct gate_rule *ret_rule, struct problem *problem) {
    const struct yaml_node *child = item->kind == YAML_MAPPING ? item->first : NULL;
    if (!child || item->count != 1 || child->kind != YAML_SCALAR || child->key.size == 0 ||
        child->key.data[0] != '/')
        return problem_set_line(problem, STATUS_FORMAT, item->line,
                                "a path takes the form /PATTERN: CLASS");
    for (size_t i = 0; i < ARRAY_SIZE(CLASSES); i++)
        if (slice_equal_string(child->text, CLASSES[i])) {
            ret_rule->class_of = (enum gate_class)i;
            ret_rule->pattern = without_slash(config, child->key);
            return STATUS_OK;
        }
    return problem_set_line(problem, STATUS_FORMAT, child->line,
                            "the class of a path is artifact, metadata, api or deny");
}

static enum status rules_read(struct gate_config *config, const struct yaml_node *node,
                              struct problem *problem) {
    if (node->kind != YAML_SEQUENCE)
        return problem_set_line(problem, STATUS_FORMAT, node->line,
                                "paths takes a list of /PATTERN: CLASS");
    config->rules = arena_new(&config->arena, node->count + 1, sizeof *config->rules);
    if (!config->rules)
        return problem_set_line(problem, STATUS_LIMIT, node->line, "too many paths");
    enum status status = STATUS_OK;
    for (const struct yaml_node *item = node->first; item && status == STATUS_OK; item = item->next)
        status = rule_read(config, item, &config->rules[config->rule_count++], problem);
    return status;
}

static enum status document_read(struct gate_config *config, const struct yaml_node *document,
                                 struct problem *problem) {
    if (!document || document->kind != YAML_MAPPING || document->next)
        return problem_set(problem, STATUS_FORMAT, "a configuration is one mapping");
    for (const struct yaml_node *node = document->first; node; node = node->next) {
        bool known;
        enum status status = key_read(config, node, &known, problem);
        if (status == STATUS_OK && !known && slice_equal_string(node->key, "paths")) {
            status = rules_read(config, node, problem);
        } else if (status == STATUS_OK && !known && slice_equal_string(node->key, "targets-at")) {
            if (node->kind != YAML_SCALAR || !slice_starts(node->text, SLICE("/")) ||
                !slice_ends(node->text, SLICE("/")))
                return problem_set_line(problem, STATUS_FORMAT, node->line,
                                        "targets-at begins and ends with '/'");
            config->targets_at = without_slash(config, node->text);
        } else if (!known && status == STATUS_OK) {
            return problem_set_line(problem, STATUS_FORMAT, node->key_line, "no such key: %.*s",
                                    (int)node->key.size, (const char *)node->key.data);
        }
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status gate_config_read(struct slice text, struct gate_config *ret_config,
                             struct problem *problem) {
    struct gate_config config = {.refresh_seconds = 60,
                                 .origin_check_seconds = 3600,
                                 .fetch_seconds = 600,
                                 .fetches = 8,
                                 .connections = 2048};
    const struct yaml_node *document;
    arena_init(&config.arena, ARENA_BYTES_MAX);
    enum status status = yaml_read(text, &config.arena, &document, problem);
    if (status == STATUS_OK)
        status = document_read(&config, document, problem);
    for (size_t i = 0; i < ARRAY_SIZE(TEXTS) && status == STATUS_OK; i++) {
        const char *value;
        memcpy(&value, (const char *)&config + TEXTS[i].offset, sizeof value);
        if (TEXTS[i].needed && !value)
            status = problem_set(problem, STATUS_USAGE, "the configuration lacks %s", TEXTS[i].key);
    }
    if (status == STATUS_OK)
        *ret_config = config;
    else
        arena_done(&config.arena);
    return status;
}

void gate_config_done(struct gate_config *config) {
    arena_done(&config->arena);
}

// The last '*' that was met takes one byte more whenever what follows does not fit. One after a
// '**' cannot need more than that, and a '*' gives up at a '/', for the '**' before it.
bool gate_pattern_matches(struct slice pattern, struct slice path) {
    size_t i = 0, j = 0;
    struct mark {
        size_t pattern, path;
        bool set;
    } one = {0}, all = {0};
    while (j < path.size || i < pattern.size) {
        if (i < pattern.size && pattern.data[i] == '*') {
            bool is_all = i + 1 < pattern.size && pattern.data[i + 1] == '*';
            i += is_all ? 2 : 1;
            *(is_all ? &all : &one) = (struct mark){i, j, true};
            if (is_all)
                one.set = false;
        } else if (i < pattern.size && j < path.size && pattern.data[i] == path.data[j]) {
            i++;
            j++;
        } else if (one.set && one.path < path.size && path.data[one.path] != '/') {
            i = one.pattern;
            j = ++one.path;
        } else if (all.set && all.path < path.size) {
            i = all.pattern;
            j = ++all.path;
            one.set = false;
        } else {
            return false;
        }
    }
    return true;
}

enum gate_class gate_config_class(const struct gate_config *config, struct slice path) {
    for (uint32_t i = 0; i < config->rule_count; i++)
        if (gate_pattern_matches(config->rules[i].pattern, path))
            return config->rules[i].class_of;
    return GATE_DENY;
}
