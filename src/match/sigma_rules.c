// From Sigma YAML to rule trees
// SPDX-License-Identifier: Apache-2.0
//
// 1. Files are read by any number of threads, each into its own arena; what a file gave hangs on
//    its input, so the result does not depend on who read it.
// 2. Everything after that is done by the caller's thread, over documents sorted by (id, file,
//    line).
#include "match/sigma_parts.h"

#include "base/memory.h"
#include "base/workers.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    THREADS_MAX = 64,
    FILES_A_TURN = 16,
    JOIN_BYTES_MAX = 1 << 30, // of what joining adds to what was read
};

struct reading {
    struct sigma_input *inputs;
    size_t count;
    atomic_size_t next;
    struct sigma_worker *workers;
};

static enum status reading_run(void *context, unsigned worker, struct problem *problem) {
    (void)problem;
    struct reading *reading = context;
    for (;;) {
        size_t from = atomic_fetch_add(&reading->next, FILES_A_TURN);
        for (size_t i = from; i < from + FILES_A_TURN && i < reading->count; i++)
            sigma_input_read(&reading->workers[worker], &reading->inputs[i]);
        if (from + FILES_A_TURN >= reading->count)
            return STATUS_OK;
    }
}

// A thread that cannot be started is done without: the caller's own reads what is left.
static void inputs_read(struct sigma_rules *rules, struct sigma_input *inputs, size_t count,
                        const struct sigma_placeholders *placeholders, unsigned threads) {
    size_t wanted = threads > THREADS_MAX ? THREADS_MAX : threads ? threads : 1;
    if (wanted > count / FILES_A_TURN + 1)
        wanted = count / FILES_A_TURN + 1;
    struct reading reading = {.inputs = inputs, .count = count};
    atomic_init(&reading.next, 0);
    reading.workers = memory_new(wanted, sizeof *reading.workers);
    for (size_t i = 0; i < wanted; i++)
        sigma_worker_init(&reading.workers[i], placeholders);
    workers_run((unsigned)wanted, reading_run, &reading, NULL);
    for (size_t i = 0; i < wanted; i++) {
        arena_absorb(&rules->arena, &reading.workers[i].kept);
        sigma_worker_done(&reading.workers[i]);
    }
    memory_free(reading.workers);
}

static int document_compare(const void *a, const void *b) {
    const struct rule *left = &(*(struct sigma_document *const *)a)->tree.rule;
    const struct rule *right = &(*(struct sigma_document *const *)b)->tree.rule;
    int order = slice_compare(left->id, right->id);
    if (!order)
        order = slice_compare(left->file, right->file);
    return order ? order : (left->line > right->line) - (left->line < right->line);
}

static void documents_collect(struct sigma_collection *collection, struct sigma_input *inputs,
                              size_t count) {
    size_t total = 0;
    for (size_t i = 0; i < count; i++)
        for (struct sigma_document *at = inputs[i].documents; at; at = at->next)
            total++;
    collection->documents = memory_new(total + 1, sizeof(void *));
    for (size_t i = 0; i < count; i++)
        for (struct sigma_document *at = inputs[i].documents; at; at = at->next)
            collection->documents[collection->count++] = at;
    if (total)
        qsort(collection->documents, total, sizeof(void *), document_compare);
}

void sigma_collection_note(struct sigma_collection *collection, const struct rule *rule,
                           bool refused, const char *format, ...) {
    char text[PROBLEM_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    struct arena *arena = &collection->rules->arena;
    struct sigma_note *note = arena_new(arena, 1, sizeof *note);
    if (!note)
        return; // joining fails with STATUS_LIMIT then
    note->complaint = (struct rule_complaint){
        .file = rule->file,
        .line = rule->line,
        .rule_id = rule->id,
        .refused = refused,
        .text = arena_keep(arena, slice_of_string(text)),
    };
    note->next = collection->notes.first;
    collection->notes.first = note;
}

static int complaint_compare(const void *a, const void *b) {
    const struct rule_complaint *left = a, *right = b;
    int order = slice_compare(left->file, right->file);
    if (!order)
        order = (left->line > right->line) - (left->line < right->line);
    return order ? order : slice_compare(left->text, right->text);
}

void sigma_complaints_sort(struct rule_complaint *complaints, size_t count) {
    if (count)
        qsort(complaints, count, sizeof *complaints, complaint_compare);
}

static size_t notes_count(const struct sigma_notes *notes, bool refused) {
    size_t count = 0;
    for (const struct sigma_note *note = notes->first; note; note = note->next)
        count += note->complaint.refused == refused;
    return count;
}

static void notes_hand_out(const struct sigma_notes *notes, struct sigma_rules *rules) {
    for (const struct sigma_note *note = notes->first; note; note = note->next) {
        if (note->complaint.refused)
            rules->complaints[rules->complaint_count++] = note->complaint;
        else
            rules->remarks[rules->remark_count++] = note->complaint;
    }
}

static enum status complaints_collect(struct sigma_collection *collection,
                                      const struct sigma_input *inputs, size_t count,
                                      struct problem *problem) {
    struct sigma_rules *rules = collection->rules;
    size_t refusals = notes_count(&collection->notes, true);
    size_t remarks = notes_count(&collection->notes, false);
    for (size_t i = 0; i < count; i++) {
        refusals += notes_count(&inputs[i].notes, true);
        remarks += notes_count(&inputs[i].notes, false);
    }
    rules->complaints = arena_new(&rules->arena, refusals + 1, sizeof *rules->complaints);
    rules->remarks = arena_new(&rules->arena, remarks + 1, sizeof *rules->remarks);
    if (!rules->complaints || !rules->remarks)
        return problem_set(problem, STATUS_LIMIT, "the rules ask for too much memory");
    for (size_t i = 0; i < count; i++)
        notes_hand_out(&inputs[i].notes, rules);
    notes_hand_out(&collection->notes, rules);
    sigma_complaints_sort(rules->complaints, rules->complaint_count);
    sigma_complaints_sort(rules->remarks, rules->remark_count);
    return STATUS_OK;
}

static enum status files_list(struct sigma_rules *rules, const struct sigma_input *inputs,
                              size_t count, struct problem *problem) {
    rules->files = arena_new(&rules->arena, count + 1, sizeof *rules->files);
    if (!rules->files)
        return problem_set(problem, STATUS_LIMIT, "the rules ask for too much memory");
    for (size_t i = 0; i < count; i++)
        rules->files[i] = inputs[i].file;
    rules->file_count = count;
    return STATUS_OK;
}

enum status sigma_inputs_join(struct sigma_rules *rules, const struct ruleset_options *options,
                              struct sigma_input *inputs, size_t count, struct problem *problem) {
    struct sigma_collection collection = {.rules = rules, .options = options};
    documents_collect(&collection, inputs, count);
    enum status status = sigma_filters_join(&collection, problem);
    if (!status)
        status = sigma_collection_link(&collection, problem);
    if (!status)
        status = complaints_collect(&collection, inputs, count, problem);
    if (!status)
        status = files_list(rules, inputs, count, problem);
    memory_free(collection.documents);
    return status;
}

enum status sigma_rules_init(struct sigma_rules *rules, const struct ruleset_options *options,
                             struct problem *problem) {
    struct sigma_placeholders placeholders;
    struct sigma_input *inputs = NULL;
    size_t count = 0;
    *rules = (struct sigma_rules){0};
    arena_init(&rules->arena, JOIN_BYTES_MAX);
    enum status status = sigma_placeholders_read(&placeholders, options, &rules->arena, problem);
    if (!status)
        status = sigma_inputs_find(options, &rules->arena, &inputs, &count, problem);
    if (!status) {
        inputs_read(rules, inputs, count, &placeholders, options->threads);
        status = sigma_inputs_join(rules, options, inputs, count, problem);
    }
    if (status)
        sigma_rules_done(rules);
    return status;
}

void sigma_rules_done(struct sigma_rules *rules) {
    arena_done(&rules->arena);
    *rules = (struct sigma_rules){.arena = rules->arena};
}
