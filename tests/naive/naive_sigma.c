// Sigma rules evaluated the slow, plain way
// SPDX-License-Identifier: Apache-2.0
#include "naive_sigma.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "naive_value.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <yaml.h>

struct naive_rule {
    yaml_document_t document;
    yaml_node_t *detection;
    char *id;
    struct log_source_wanted wanted;
    bool refused;
};

struct naive_rules {
    struct naive_rule **rules;
    size_t count;
};

enum {
    NAIVE_TEXT_MAX = 64 << 20,
    NAIVE_SOURCES_MAX = 4096
};

static struct slice node_text(const yaml_node_t *node) {
    return slice_of(node->data.scalar.value, node->data.scalar.length);
}

static const char *node_string(const yaml_node_t *node) {
    return (const char *)node->data.scalar.value;
}

static yaml_node_t *map_get(const struct naive_rule *rule, const yaml_node_t *map,
                            const char *name) {
    yaml_document_t *document = (yaml_document_t *)(uintptr_t)&rule->document;
    if (!map || map->type != YAML_MAPPING_NODE)
        return NULL;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++) {
        yaml_node_t *key = yaml_document_get_node(document, pair->key);
        if (key->type == YAML_SCALAR_NODE && strcmp(node_string(key), name) == 0)
            return yaml_document_get_node(document, pair->value);
    }
    return NULL;
}

static bool node_is_null(const yaml_node_t *node) {
    return node->type == YAML_SCALAR_NODE && node->data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
           (node->data.scalar.length == 0 || strcmp(node_string(node), "null") == 0 ||
            strcmp(node_string(node), "Null") == 0 || strcmp(node_string(node), "NULL") == 0 ||
            strcmp(node_string(node), "~") == 0);
}

// The texts of one field of an event, or of all of them.
struct texts {
    struct buffer bytes;
    size_t ends[NAIVE_SOURCES_MAX];
    size_t count;
    bool exists; // the field is there, null or not
};

static void texts_end(struct texts *texts) {
    if (texts->count < NAIVE_SOURCES_MAX)
        texts->ends[texts->count++] = texts->bytes.size;
}

static struct slice texts_at(const struct texts *texts, size_t i) {
    size_t from = i ? texts->ends[i - 1] : 0;
    return slice_of(texts->bytes.data ? texts->bytes.data + from : (const uint8_t *)"",
                    texts->ends[i] - from);
}

static void texts_add(struct texts *texts, const struct event *event,
                      const struct field_source *source) {
    const struct value *value = event_value(event, source->field);
    if (value->kind != VALUE_ABSENT)
        texts->exists = true;
    if (source->transform != FIELD_TRANSFORM_NONE) {
        size_t before = texts->bytes.size;
        if (field_source_append_text(event, source, &texts->bytes))
            texts_end(texts);
        else
            texts->bytes.size = before;
        return;
    }
    for (size_t i = 0; i < value_count(value); i++) {
        struct value element = value_element(value, i);
        if (value_is_null(&element))
            continue;
        value_append_text(&element, &texts->bytes);
        texts_end(texts);
    }
}

static void texts_of_field(struct texts *texts, const struct event *event, struct slice name,
                           bool by_category) {
    static struct field_source sources[NAIVE_SOURCES_MAX];
    size_t count =
        event_class_resolve(event->event_class, name, by_category, sources, NAIVE_SOURCES_MAX);
    for (size_t i = 0; i < count && i < NAIVE_SOURCES_MAX; i++)
        texts_add(texts, event, &sources[i]);
}

static void texts_of_all(struct texts *texts, const struct event *event) {
    for (uint32_t i = 0; i < event->shape->field_count; i++)
        texts_add(texts, event, &(struct field_source){.field = (uint16_t)i});
    size_t before = texts->bytes.size;
    event_append_message(event, &texts->bytes);
    if (texts->bytes.size > before)
        texts_end(texts);
}

static bool any_fits(const struct naive_modifiers *m, const struct texts *texts, struct slice value,
                     bool keyword) {
    for (size_t i = 0; i < texts->count; i++)
        if (naive_value_fits(m, value, texts_at(texts, i), keyword))
            return true;
    return false;
}

static bool scalar_holds(const struct naive_rule *rule, const struct event *event,
                         const struct naive_modifiers *m, const struct texts *texts,
                         const yaml_node_t *node, bool keyword) {
    if (node_is_null(node))
        return texts->count == 0;
    if (m->exists)
        return texts->exists == (strcasecmp(node_string(node), "true") == 0 ||
                                 strcasecmp(node_string(node), "yes") == 0);
    if (!m->fieldref)
        return any_fits(m, texts, node_text(node), keyword);
    struct texts others = {.count = 0};
    buffer_init(&others.bytes, NAIVE_TEXT_MAX);
    texts_of_field(&others, event, node_text(node), rule->wanted.category != LOG_CATEGORY_NONE);
    bool holds = false;
    for (size_t i = 0; i < texts->count; i++)
        for (size_t k = 0; k < others.count; k++)
            holds |= naive_texts_relate(m, texts_at(texts, i), texts_at(&others, k));
    buffer_done(&others.bytes);
    return holds;
}

// One line of a selection: field and modifiers, one value or a list.
static bool item_holds(const struct naive_rule *rule, const struct event *event, const char *key,
                       const yaml_node_t *value) {
    yaml_document_t *document = (yaml_document_t *)(uintptr_t)&rule->document;
    struct slice field;
    struct naive_modifiers m = naive_modifiers_parse(key, &field);
    bool keyword = field.size == 0;
    struct texts *texts = memory_new(1, sizeof *texts);
    buffer_init(&texts->bytes, NAIVE_TEXT_MAX);
    if (keyword)
        texts_of_all(texts, event);
    else
        texts_of_field(texts, event, field, rule->wanted.category != LOG_CATEGORY_NONE);
    bool holds = m.all;
    if (value->type == YAML_SCALAR_NODE) {
        holds = scalar_holds(rule, event, &m, texts, value, keyword);
    } else {
        for (yaml_node_item_t *item = value->data.sequence.items.start;
             item < value->data.sequence.items.top; item++) {
            bool one = scalar_holds(rule, event, &m, texts, yaml_document_get_node(document, *item),
                                    keyword);
            holds = m.all ? holds && one : holds || one;
        }
    }
    buffer_done(&texts->bytes);
    memory_free(texts);
    return holds != m.neq;
}

static bool map_holds(const struct naive_rule *rule, const struct event *event,
                      const yaml_node_t *map) {
    yaml_document_t *document = (yaml_document_t *)(uintptr_t)&rule->document;
    for (yaml_node_pair_t *pair = map->data.mapping.pairs.start; pair < map->data.mapping.pairs.top;
         pair++)
        if (!item_holds(rule, event, node_string(yaml_document_get_node(document, pair->key)),
                        yaml_document_get_node(document, pair->value)))
            return false;
    return true;
}

static bool selection_holds(const struct naive_rule *rule, const struct event *event,
                            const yaml_node_t *selection) {
    yaml_document_t *document = (yaml_document_t *)(uintptr_t)&rule->document;
    if (selection->type == YAML_MAPPING_NODE)
        return map_holds(rule, event, selection);
    if (selection->type == YAML_SCALAR_NODE)
        return item_holds(rule, event, "", selection);
    for (yaml_node_item_t *item = selection->data.sequence.items.start;
         item < selection->data.sequence.items.top; item++) {
        const yaml_node_t *node = yaml_document_get_node(document, *item);
        bool holds = node->type == YAML_MAPPING_NODE ? map_holds(rule, event, node)
                                                     : item_holds(rule, event, "", node);
        if (holds)
            return true;
    }
    return false;
}

// A condition and how far it has been read.
struct condition {
    const struct naive_rule *rule;
    const struct event *event;
    const char *at;
    char word[256];
};

static bool condition_peek(struct condition *c, const char *word) {
    while (*c->at == ' ' || *c->at == '\n')
        c->at++;
    size_t size = strlen(word);
    if (strncasecmp(c->at, word, size) != 0)
        return false;
    char after = c->at[size];
    return word[0] == '(' || word[0] == ')' || after == ' ' || after == '\0' || after == '(' ||
           after == ')' || after == '\n';
}

static bool condition_take(struct condition *c, const char *word) {
    if (!condition_peek(c, word))
        return false;
    c->at += strlen(word);
    return true;
}

static const char *condition_word(struct condition *c) {
    while (*c->at == ' ' || *c->at == '\n')
        c->at++;
    size_t size = strcspn(c->at, " ()\n");
    if (size >= sizeof c->word)
        size = sizeof c->word - 1;
    memcpy(c->word, c->at, size);
    c->word[size] = '\0';
    c->at += size;
    return c->word;
}

static bool name_fits(const char *pattern, const char *name) {
    if (*pattern == '*')
        return name_fits(pattern + 1, name) || (*name && name_fits(pattern, name + 1));
    if (*pattern == '\0' || *name == '\0')
        return *pattern == *name;
    return *pattern == *name && name_fits(pattern + 1, name + 1);
}

static bool condition_of(struct condition *c, bool all) {
    yaml_document_t *document = (yaml_document_t *)(uintptr_t)&c->rule->document;
    const char *pattern = condition_word(c);
    bool them = strcasecmp(pattern, "them") == 0;
    const yaml_node_t *detection = c->rule->detection;
    bool result = all;
    for (yaml_node_pair_t *pair = detection->data.mapping.pairs.start;
         pair < detection->data.mapping.pairs.top; pair++) {
        const char *name = node_string(yaml_document_get_node(document, pair->key));
        if (strcmp(name, "condition") == 0 || strcmp(name, "timeframe") == 0 ||
            (them ? name[0] == '_' : !name_fits(pattern, name)))
            continue;
        bool holds =
            selection_holds(c->rule, c->event, yaml_document_get_node(document, pair->value));
        result = all ? result && holds : result || holds;
    }
    return result;
}

static bool condition_or(struct condition *c);

static bool condition_one(struct condition *c) {
    if (condition_take(c, "not"))
        return !condition_one(c);
    if (condition_take(c, "(")) {
        bool holds = condition_or(c);
        condition_take(c, ")");
        return holds;
    }
    if (condition_take(c, "1 of") || condition_take(c, "any of"))
        return condition_of(c, false);
    if (condition_take(c, "all of"))
        return condition_of(c, true);
    const yaml_node_t *selection = map_get(c->rule, c->rule->detection, condition_word(c));
    return selection && selection_holds(c->rule, c->event, selection);
}

static bool condition_and(struct condition *c) {
    bool holds = condition_one(c);
    while (condition_take(c, "and")) {
        bool other = condition_one(c);
        holds = holds && other;
    }
    return holds;
}

static bool condition_or(struct condition *c) {
    bool holds = condition_and(c);
    while (condition_take(c, "or")) {
        bool other = condition_and(c);
        holds = holds || other;
    }
    return holds;
}

bool naive_rule_holds(const struct naive_rules *rules, size_t index, const struct event *event) {
    const struct naive_rule *rule = rules->rules[index];
    yaml_document_t *document = (yaml_document_t *)(uintptr_t)&rule->document;
    const yaml_node_t *condition = map_get(rule, rule->detection, "condition");
    if (condition->type == YAML_SCALAR_NODE)
        return condition_or(&(struct condition){rule, event, node_string(condition), ""});
    for (yaml_node_item_t *item = condition->data.sequence.items.start;
         item < condition->data.sequence.items.top; item++) {
        const yaml_node_t *one = yaml_document_get_node(document, *item);
        if (condition_or(&(struct condition){rule, event, node_string(one), ""}))
            return true;
    }
    return false;
}

bool naive_rule_applies(const struct naive_rules *rules, size_t index, const struct event *event) {
    return !rules->rules[index]->refused &&
           log_source_fits(&event->event_class->log_source, &rules->rules[index]->wanted);
}

bool naive_rule_is_refused(const struct naive_rules *rules, size_t index) {
    return rules->rules[index]->refused;
}

size_t naive_rules_count(const struct naive_rules *rules) {
    return rules->count;
}

const char *naive_rule_id(const struct naive_rules *rules, size_t index) {
    return rules->rules[index]->id;
}

static struct slice rule_text(const struct naive_rule *rule, const yaml_node_t *map,
                              const char *name) {
    const yaml_node_t *node = map_get(rule, map, name);
    return node && node->type == YAML_SCALAR_NODE ? node_text(node) : (struct slice){NULL, 0};
}

// A modifier "expand" without placeholders cannot be evaluated.
static bool rule_expands(const struct naive_rule *rule) {
    for (const yaml_node_t *node = rule->document.nodes.start; node < rule->document.nodes.top;
         node++)
        if (node->type == YAML_SCALAR_NODE && strstr(node_string(node), "|expand"))
            return true;
    return false;
}

static void rules_add(struct naive_rules *rules, struct naive_rule *rule) {
    yaml_node_t *root = yaml_document_get_root_node(&rule->document);
    rule->detection = map_get(rule, root, "detection");
    if (!rule->detection || map_get(rule, root, "filter")) {
        yaml_document_delete(&rule->document);
        memory_free(rule);
        return;
    }
    struct slice id = rule_text(rule, root, "id");
    rule->id = memory_keep_text(id.data, id.size);
    const yaml_node_t *source = map_get(rule, root, "logsource");
    rule->wanted.product = log_product_find(rule_text(rule, source, "product"));
    rule->wanted.category = log_category_find(rule_text(rule, source, "category"));
    rule->wanted.service = log_service_find(rule_text(rule, source, "service"));
    rule->refused = rule_expands(rule);
    rules->rules = memory_resize(rules->rules, rules->count + 1, sizeof *rules->rules);
    rules->rules[rules->count++] = rule;
}

static void rules_read_file(struct naive_rules *rules, const char *path) {
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    yaml_parser_t parser;
    yaml_parser_initialize(&parser);
    yaml_parser_set_input_file(&parser, file);
    for (;;) {
        struct naive_rule *rule = memory_new(1, sizeof *rule);
        if (!yaml_parser_load(&parser, &rule->document) ||
            !yaml_document_get_root_node(&rule->document)) {
            yaml_document_delete(&rule->document);
            memory_free(rule);
            break;
        }
        rules_add(rules, rule);
    }
    yaml_parser_delete(&parser);
    fclose(file);
}

static bool path_is_yaml(const char *path) {
    size_t size = strlen(path);
    return (size > 4 && strcmp(path + size - 4, ".yml") == 0) ||
           (size > 5 && strcmp(path + size - 5, ".yaml") == 0);
}

static void rules_walk(struct naive_rules *rules, const char *path) {
    struct stat about;
    if (stat(path, &about) != 0)
        return;
    if (S_ISREG(about.st_mode) && path_is_yaml(path))
        rules_read_file(rules, path);
    DIR *directory = S_ISDIR(about.st_mode) ? opendir(path) : NULL;
    if (!directory)
        return;
    struct dirent *entry;
    while ((entry = readdir(directory))) {
        char inner[4096];
        if (entry->d_name[0] != '.' &&
            snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) < (int)sizeof inner)
            rules_walk(rules, inner);
    }
    closedir(directory);
}

struct naive_rules *naive_rules_new(const char *path) {
    struct naive_rules *rules = memory_new(1, sizeof *rules);
    rules_walk(rules, path);
    return rules;
}

void naive_rules_free(struct naive_rules *rules) {
    for (size_t i = 0; i < rules->count; i++) {
        yaml_document_delete(&rules->rules[i]->document);
        memory_free(rules->rules[i]->id);
        memory_free(rules->rules[i]);
    }
    memory_free(rules->rules);
    memory_free(rules);
}
