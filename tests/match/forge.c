// Rules and events made by hand, for the engine's tests
// SPDX-License-Identifier: Apache-2.0
#include "forge.h"

#include "match/plan_compile.h"

#include <assert.h>
#include <stdio.h>

void forge_init(struct forge *forge) {
    memset(forge, 0, sizeof *forge);
    arena_init(&forge->arena, 64 << 20);
}

void forge_done(struct forge *forge) {
    arena_done(&forge->arena);
}

const struct node *forge_atom(struct forge *forge, struct atom atom) {
    struct node *node = arena_new(&forge->arena, 1, sizeof *node);
    node->kind = NODE_ATOM;
    node->atom = atom;
    return node;
}

static struct pattern forge_parts(struct forge *forge, const char *text) {
    size_t size = strlen(text);
    struct pattern_part *parts = arena_new(&forge->arena, size + 1, sizeof *parts);
    uint32_t count = 0;
    for (size_t at = 0; at < size;) {
        size_t run = strcspn(text + at, "*?");
        if (run) {
            parts[count].kind = PATTERN_LITERAL;
            parts[count++].literal = arena_keep(&forge->arena, slice_of(text + at, run));
            at += run;
        } else if (text[at] == '*') {
            if (count == 0 || parts[count - 1].kind != PATTERN_ANY)
                parts[count++].kind = PATTERN_ANY;
            at++;
        } else {
            parts[count++].kind = PATTERN_ONE;
            at++;
        }
    }
    return (struct pattern){.parts = parts, .part_count = count};
}

const struct node *forge_pattern(struct forge *forge, const char *field, const char *text) {
    return forge_atom(forge, (struct atom){.kind = ATOM_PATTERN,
                                           .field = slice_of_string(field),
                                           .pattern = forge_parts(forge, text)});
}

const struct node *forge_cased(struct forge *forge, const char *field, const char *text) {
    struct atom atom = {
        .kind = ATOM_PATTERN, .field = slice_of_string(field), .pattern = forge_parts(forge, text)};
    atom.pattern.cased = true;
    return forge_atom(forge, atom);
}

const struct node *forge_regex(struct forge *forge, const char *field, const char *source) {
    return forge_atom(forge, (struct atom){.kind = ATOM_REGEX,
                                           .field = slice_of_string(field),
                                           .regex = slice_of_string(source)});
}

const struct node *forge_null(struct forge *forge, const char *field) {
    return forge_atom(forge, (struct atom){.kind = ATOM_NULL, .field = slice_of_string(field)});
}

const struct node *forge_join(struct forge *forge, enum node_kind kind, const struct node *a,
                              const struct node *b) {
    const struct node **children = arena_new(&forge->arena, 2, sizeof(const struct node *));
    struct node *node = arena_new(&forge->arena, 1, sizeof *node);
    children[0] = a;
    children[1] = b;
    *node = (struct node){.kind = kind, .children = children, .child_count = b ? 2 : 1};
    return node;
}

const struct node *forge_not(struct forge *forge, const struct node *a) {
    return forge_join(forge, NODE_NOT, a, NULL);
}

uint32_t forge_rule(struct forge *forge, const struct node *root) {
    assert(forge->tree_count < FORGE_RULES_MAX);
    char id[32];
    int size = snprintf(id, sizeof id, "rule-%03zu", forge->tree_count);
    struct rule_tree *tree = &forge->trees[forge->tree_count];
    tree->rule.id = arena_keep(&forge->arena, slice_of(id, (size_t)size));
    tree->rule.title = tree->rule.id;
    tree->rule.wanted.product = LOG_PRODUCT_WINDOWS;
    tree->rule.wanted.category = LOG_CATEGORY_PROCESS_CREATION;
    tree->root = root;
    return (uint32_t)forge->tree_count++;
}

struct ruleset *forge_compile(const struct forge *forge) {
    struct rule_tree trees[FORGE_RULES_MAX];
    memcpy(trees, forge->trees, sizeof trees);
    struct sigma_rules rules = {.trees = trees, .tree_count = forge->tree_count};
    struct buffer blob;
    buffer_init(&blob, 1 << 28);
    struct problem problem;
    enum status status = plan_compile(&rules, 0, &blob, &problem);
    assert(status == STATUS_OK);
    struct ruleset *ruleset = ruleset_from_blob(&blob);
    assert(ruleset);
    return ruleset;
}

void forge_event_init(struct forge_event *event, uint32_t class_id) {
    memset(event, 0, sizeof *event);
    event->shape.fields = event->fields;
    event->shape.format = "forged";
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        event->shape.role_fields[i] = -1;
    event->event_class.id = class_id;
    event->event_class.code = -1;
    event->event_class.log_source.product = LOG_PRODUCT_WINDOWS;
    log_source_add_category(&event->event_class.log_source, LOG_CATEGORY_PROCESS_CREATION);
}

struct value *forge_event_add(struct forge_event *event, const char *name, const char *text) {
    uint32_t field = event->shape.field_count++;
    assert(field < FORGE_FIELDS_MAX);
    event->fields[field].name = slice_of_string(name);
    event->fields[field].path = slice_of_string(name);
    event->fields[field].slot = (struct slot){0, (uint16_t)field};
    event->values[field] = EVENT_VALUE_ABSENT;
    if (text)
        event->values[field] = (struct value){
            .data = (const uint8_t *)text, .size = (uint32_t)strlen(text), .kind = VALUE_UTF8};
    return &event->values[field];
}

const struct event *forge_event_ready(struct forge_event *event) {
    event->event_class.shape = &event->shape;
    event->event = (struct event){.shape = &event->shape,
                                  .banks = {event->values},
                                  .bank_sizes = {(uint16_t)event->shape.field_count},
                                  .event_class = &event->event_class};
    return &event->event;
}
