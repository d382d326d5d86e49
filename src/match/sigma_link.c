// Correlations linked to rules; what the options keep
// SPDX-License-Identifier: Apache-2.0
//
// 1. A document is found by its id or its name; the first in the order of the collection wins.
// 2. A correlation is good when everything it refers to is there and good; circles never become
//    so, since goodness grows from the rules outwards.
// 3. What a good correlation refers to makes no finding of its own, unless one of those that
//    refer to it says "generate: true".
// 4. What a kept correlation refers to, over any number of links, stays.
#include "match/sigma_parts.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

enum {
    CHAIN_LENGTH_MAX = 16
};

struct name {
    struct slice text;
    uint32_t index; // of the document
};

struct mark {
    bool good;         // rules always
    bool refused;      // said already
    bool kept;         // by the options
    bool needed;       // by a kept correlation
    bool referred;     // by a good correlation
    bool generate;     // one of those wants its findings too
    uint32_t place;    // in trees or correlations
    uint32_t *targets; // of a correlation's references; UINT32_MAX: not found
};

struct linker {
    struct sigma_collection *collection;
    struct name *names;
    size_t name_count;
    struct mark *marks;
};

static int name_compare(const void *a, const void *b) {
    const struct name *left = a, *right = b;
    int order = text_compare_fold_ascii(left->text, right->text);
    return order ? order : (left->index > right->index) - (left->index < right->index);
}

static void names_collect(struct linker *linker) {
    const struct sigma_collection *collection = linker->collection;
    linker->names = memory_new(collection->count * 2 + 1, sizeof *linker->names);
    for (size_t i = 0; i < collection->count; i++) {
        const struct sigma_document *document = collection->documents[i];
        if (document->kind == SIGMA_FILTER)
            continue;
        const struct rule *rule = &document->tree.rule;
        linker->names[linker->name_count++] = (struct name){rule->id, (uint32_t)i};
        if (rule->name.size && !slice_equal(rule->name, rule->id))
            linker->names[linker->name_count++] = (struct name){rule->name, (uint32_t)i};
    }
    qsort(linker->names, linker->name_count, sizeof *linker->names, name_compare);
}

static uint32_t document_find(const struct linker *linker, struct slice reference) {
    size_t low = 0, high = linker->name_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (text_compare_fold_ascii(linker->names[middle].text, reference) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (low < linker->name_count && text_equal_fold_ascii(linker->names[low].text, reference))
        return linker->names[low].index;
    return UINT32_MAX;
}

static void targets_find(struct linker *linker, size_t index) {
    const struct sigma_document *document = linker->collection->documents[index];
    struct mark *mark = &linker->marks[index];
    mark->targets = memory_new(document->reference_count, sizeof *mark->targets);
    for (uint32_t i = 0; i < document->reference_count; i++) {
        mark->targets[i] = document_find(linker, document->references[i]);
        if (mark->targets[i] != UINT32_MAX || mark->refused)
            continue;
        mark->refused = true;
        sigma_collection_note(linker->collection, &document->tree.rule, true,
                              "correlation: there is no rule '%.*s' (or it was refused)",
                              SIGMA_TEXT(document->references[i]));
    }
}

static bool targets_are_good(const struct linker *linker, size_t index) {
    const struct mark *mark = &linker->marks[index];
    for (uint32_t i = 0; i < linker->collection->documents[index]->reference_count; i++)
        if (mark->targets[i] == UINT32_MAX || !linker->marks[mark->targets[i]].good)
            return false;
    return true;
}

static bool is_correlation(const struct linker *linker, size_t index) {
    return linker->collection->documents[index]->kind == SIGMA_CORRELATION;
}

// Invariant 2; CHAIN_LENGTH_MAX rounds reach chains of that length.
static void goodness_spread(struct linker *linker) {
    size_t count = linker->collection->count;
    for (size_t i = 0; i < count; i++) {
        linker->marks[i].good = linker->collection->documents[i]->kind == SIGMA_RULE;
        if (is_correlation(linker, i))
            targets_find(linker, i);
    }
    bool changed = true;
    for (int round = 0; changed && round < CHAIN_LENGTH_MAX; round++) {
        changed = false;
        for (size_t i = 0; i < count; i++) {
            if (linker->marks[i].good || !is_correlation(linker, i) || !targets_are_good(linker, i))
                continue;
            linker->marks[i].good = true;
            changed = true;
        }
    }
    for (size_t i = 0; i < count; i++)
        if (is_correlation(linker, i) && !linker->marks[i].good && !linker->marks[i].refused)
            sigma_collection_note(linker->collection, &linker->collection->documents[i]->tree.rule,
                                  true,
                                  "correlation: refers to itself in a circle, to a correlation "
                                  "that was refused, or over more than %d links",
                                  CHAIN_LENGTH_MAX);
}

static bool text_among(struct slice text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(text, slice_of_string(words[i])))
            return true;
    return false;
}

// "attack.t1059" also keeps "attack.t1059.001".
static bool tag_fits(struct slice tag, struct slice wanted) {
    if (!text_starts_fold_ascii(tag, wanted))
        return false;
    return tag.size == wanted.size || tag.data[wanted.size] == '.';
}

static bool rule_has_tag(const struct rule *rule, const struct ruleset_options *options) {
    for (uint32_t i = 0; i < rule->tag_count; i++)
        for (size_t j = 0; j < options->tag_count; j++)
            if (tag_fits(rule->tags[i], slice_of_string(options->tags[j])))
                return true;
    return options->tag_count == 0;
}

static bool options_keep(const struct ruleset_options *options, const struct rule *rule) {
    if (rule->level < options->min_level || !rule_has_tag(rule, options))
        return false;
    struct slice status = slice_of_string(rule_status_text(rule->status));
    if (options->status_count && !text_among(status, options->statuses, options->status_count))
        return false;
    return !text_among(rule->id, options->excluded, options->excluded_count) &&
           !text_among(rule->title, options->excluded, options->excluded_count);
}

// Invariants 3 and 4.
static void need_spread(struct linker *linker) {
    size_t count = linker->collection->count;
    for (size_t i = 0; i < count; i++)
        linker->marks[i].kept =
            linker->marks[i].good &&
            options_keep(linker->collection->options, &linker->collection->documents[i]->tree.rule);
    for (int round = 0; round < CHAIN_LENGTH_MAX; round++)
        for (size_t i = 0; i < count; i++) {
            struct mark *mark = &linker->marks[i];
            const struct sigma_document *document = linker->collection->documents[i];
            for (uint32_t j = 0; mark->good && mark->targets && j < document->reference_count;
                 j++) {
                struct mark *target = &linker->marks[mark->targets[j]];
                target->referred = true;
                target->generate = target->generate || document->generate;
                target->needed = target->needed || mark->kept || mark->needed;
            }
        }
}

static bool mark_stays(const struct mark *mark) {
    return mark->good && (mark->kept || mark->needed);
}

static struct slice alias_of(const struct sigma_document *document, struct slice group,
                             struct slice reference) {
    for (uint32_t i = 0; i < document->alias_count; i++)
        if (slice_equal(document->aliases[i].alias, group) &&
            slice_equal(document->aliases[i].rule, reference))
            return document->aliases[i].field;
    return group;
}

static void members_fill(const struct linker *linker, size_t index,
                         struct correlation *correlation) {
    const struct sigma_document *document = linker->collection->documents[index];
    correlation->member_count = document->reference_count;
    for (uint32_t i = 0; i < document->reference_count; i++) {
        uint32_t target = linker->marks[index].targets[i];
        struct correlation_member *member = &correlation->members[i];
        member->is_correlation = is_correlation(linker, target);
        member->index = linker->marks[target].place;
        for (uint32_t j = 0; j < correlation->group_by_count; j++)
            member->group_fields[j] =
                alias_of(document, correlation->group_by[j], document->references[i]);
    }
}

// Silent: needed but not kept, or referred to without "generate".
static bool mark_is_silent(const struct mark *mark) {
    return !mark->kept || (mark->referred && !mark->generate);
}

static void places_give(struct linker *linker) {
    struct sigma_rules *rules = linker->collection->rules;
    for (size_t i = 0; i < linker->collection->count; i++) {
        struct mark *mark = &linker->marks[i];
        if (mark_stays(mark))
            mark->place = (uint32_t)(is_correlation(linker, i) ? rules->correlation_count++
                                                               : rules->tree_count++);
    }
}

static enum status results_fill(struct linker *linker, struct problem *problem) {
    struct sigma_rules *rules = linker->collection->rules;
    places_give(linker);
    rules->trees = arena_new(&rules->arena, rules->tree_count + 1, sizeof *rules->trees);
    rules->correlations =
        arena_new(&rules->arena, rules->correlation_count + 1, sizeof *rules->correlations);
    if (!rules->trees || !rules->correlations)
        return problem_set(problem, STATUS_LIMIT, "the rules ask for too much memory");
    for (size_t i = 0; i < linker->collection->count; i++) {
        const struct mark *mark = &linker->marks[i];
        const struct sigma_document *document = linker->collection->documents[i];
        if (!mark_stays(mark))
            continue;
        if (is_correlation(linker, i)) {
            struct correlation *correlation = &rules->correlations[mark->place];
            *correlation = *document->correlation;
            correlation->rule.silent = mark_is_silent(mark);
            members_fill(linker, i, correlation);
        } else {
            rules->trees[mark->place] = document->tree;
            rules->trees[mark->place].rule.silent = mark_is_silent(mark);
        }
    }
    return STATUS_OK;
}

enum status sigma_collection_link(struct sigma_collection *collection, struct problem *problem) {
    struct linker linker = {.collection = collection};
    linker.marks = memory_new(collection->count + 1, sizeof *linker.marks);
    names_collect(&linker);
    goodness_spread(&linker);
    need_spread(&linker);
    enum status status = results_fill(&linker, problem);
    for (size_t i = 0; i < collection->count; i++)
        memory_free(linker.marks[i].targets);
    memory_free(linker.marks);
    memory_free(linker.names);
    return status;
}
