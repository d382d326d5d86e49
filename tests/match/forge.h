// Rules and events made by hand, for the engine's tests
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MATCH_FORGE_H
#define TESTS_MATCH_FORGE_H

#include "base/arena.h"
#include "match/evaluate.h"
#include "match/ruleset.h"
#include "match/sigma.h"

enum {
    FORGE_RULES_MAX = 64,
    FORGE_FIELDS_MAX = 16
};

// Everything lives in one arena.
struct forge {
    struct arena arena;
    struct rule_tree trees[FORGE_RULES_MAX];
    size_t tree_count;
};

void forge_init(struct forge *forge);
void forge_done(struct forge *forge);

const struct node *forge_atom(struct forge *forge, struct atom atom);
// "a*b?c" with * and ?; no escapes.
const struct node *forge_pattern(struct forge *forge, const char *field, const char *text);
const struct node *forge_cased(struct forge *forge, const char *field, const char *text);
const struct node *forge_regex(struct forge *forge, const char *field, const char *source);
const struct node *forge_null(struct forge *forge, const char *field);
const struct node *forge_join(struct forge *forge, enum node_kind kind, const struct node *a,
                              const struct node *b);
const struct node *forge_not(struct forge *forge, const struct node *a);
// A rule for product windows, category process_creation. Its number.
uint32_t forge_rule(struct forge *forge, const struct node *root);

struct ruleset *forge_compile(const struct forge *forge);

// An event of named values. Text is given as UTF-8; its kind may be changed before use.
struct forge_event {
    struct shape shape;
    struct shape_field fields[FORGE_FIELDS_MAX];
    struct value values[FORGE_FIELDS_MAX];
    struct event_class event_class;
    struct event event;
};

void forge_event_init(struct forge_event *event, uint32_t class_id);
struct value *forge_event_add(struct forge_event *event, const char *name, const char *text);
const struct event *forge_event_ready(struct forge_event *event);

#endif
