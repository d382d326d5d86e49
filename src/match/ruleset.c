// A ruleset behind its door
// SPDX-License-Identifier: Apache-2.0
#include "match/ruleset.h"

#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>

static const struct slice *ruleset_slices(struct ruleset *ruleset, struct compiled_list list) {
    if (list.count == 0)
        return NULL;
    struct slice *slices = arena_new(&ruleset->arena, list.count, sizeof *slices);
    assert(slices);
    for (uint32_t i = 0; i < list.count; i++)
        slices[i] = compiled_slice(&ruleset->compiled, ruleset->compiled.lists[list.first + i]);
    return slices;
}

static struct rule ruleset_unpack_rule(struct ruleset *ruleset, const struct compiled_rule *row) {
    const struct compiled *compiled = &ruleset->compiled;
    return (struct rule){
        .id = compiled_slice(compiled, row->id),
        .name = compiled_slice(compiled, row->name),
        .title = compiled_slice(compiled, row->title),
        .file = compiled_slice(compiled, row->file),
        .line = row->line,
        .level = (enum rule_level)row->level,
        .status = (enum rule_status)row->status,
        .tags = ruleset_slices(ruleset, row->tags),
        .tag_count = row->tags.count,
        .fields = ruleset_slices(ruleset, row->fields),
        .field_count = row->fields.count,
        .silent = row->silent,
    };
}

static void ruleset_unpack_member(struct ruleset *ruleset, const struct compiled_member *row,
                                  struct correlation_member *member) {
    member->is_correlation = row->is_correlation;
    member->index = row->index;
    for (uint32_t i = 0; i < row->group_fields.count; i++)
        member->group_fields[i] = compiled_slice(
            &ruleset->compiled, ruleset->compiled.lists[row->group_fields.first + i]);
}

static void ruleset_unpack_correlation(struct ruleset *ruleset,
                                       const struct compiled_correlation *row,
                                       struct correlation *correlation) {
    const struct compiled *compiled = &ruleset->compiled;
    correlation->rule = ruleset_unpack_rule(ruleset, &row->rule);
    correlation->type = (enum correlation_type)row->type;
    correlation->timespan_ns = row->timespan_ns;
    correlation->percentile = row->percentile;
    correlation->field = compiled_slice(compiled, row->field);
    correlation->bound_count = row->bound_count;
    for (uint32_t i = 0; i < row->bound_count; i++) {
        correlation->bounds[i].compare = (enum correlation_compare)row->bounds[i].compare;
        correlation->bounds[i].number = row->bounds[i].number;
    }
    correlation->group_by_count = row->group_by.count;
    for (uint32_t i = 0; i < row->group_by.count; i++)
        correlation->group_by[i] =
            compiled_slice(compiled, compiled->lists[row->group_by.first + i]);
    correlation->member_count = row->members.count;
    for (uint32_t i = 0; i < row->members.count; i++)
        ruleset_unpack_member(ruleset, &compiled->members[row->members.first + i],
                              &correlation->members[i]);
}

static void *ruleset_rows(struct ruleset *ruleset, size_t count, size_t size) {
    void *rows = arena_new(&ruleset->arena, count ? count : 1, size);
    assert(rows);
    return rows;
}

static void ruleset_unpack(struct ruleset *ruleset) {
    const struct compiled *compiled = &ruleset->compiled;
    size_t count = compiled->counts[COMPILED_RULES];
    ruleset->rules = ruleset_rows(ruleset, count, sizeof *ruleset->rules);
    for (size_t i = 0; i < count; i++) {
        ruleset->rules[i] = ruleset_unpack_rule(ruleset, &compiled->rules[i]);
        ruleset->rules[i].wanted = compiled->groups[compiled->rules[i].group];
    }
    count = compiled->counts[COMPILED_FOLDS];
    ruleset->correlations = ruleset_rows(ruleset, count, sizeof *ruleset->correlations);
    for (size_t i = 0; i < count; i++)
        ruleset_unpack_correlation(ruleset, &compiled->folds[i], &ruleset->correlations[i]);
    count = compiled->counts[COMPILED_COMPLAINTS];
    ruleset->complaints = memory_new(count ? count : 1, sizeof *ruleset->complaints);
    ruleset->complaint_count = count;
    for (size_t i = 0; i < count; i++) {
        const struct compiled_complaint *row = &compiled->complaints[i];
        ruleset->complaints[i] =
            (struct rule_complaint){.file = compiled_slice(compiled, row->file),
                                    .line = row->line,
                                    .rule_id = compiled_slice(compiled, row->rule_id),
                                    .refused = row->refused,
                                    .text = compiled_slice(compiled, row->text)};
    }
}

struct ruleset *ruleset_from_blob(struct buffer *blob) {
    struct compiled compiled;
    if (!compiled_open(buffer_slice(blob), &compiled))
        return NULL;
    struct ruleset *ruleset = memory_new(1, sizeof *ruleset);
    ruleset->blob = *blob;
    buffer_init(blob, blob->ceiling);
    ruleset->compiled = compiled;
    // Bounded by the blob: see the invariants of compiled.c.
    arena_init(&ruleset->arena, SIZE_MAX / 2);
    ruleset_unpack(ruleset);
    return ruleset;
}

void ruleset_free(struct ruleset *ruleset) {
    if (!ruleset)
        return;
    buffer_done(&ruleset->blob);
    arena_done(&ruleset->arena);
    memory_free(ruleset->complaints);
    memory_free(ruleset);
}

void ruleset_digest(const struct ruleset *ruleset, uint8_t digest[DIGEST_SHA256_SIZE]) {
    const struct compiled_header *header = (const void *)ruleset->compiled.blob.data;
    // Behind the members come complaints, and what files there were and when they changed.
    for (size_t i = 0; i <= COMPILED_MEMBERS; i++)
        digest_chain(digest, slice_part(ruleset->compiled.blob, header->sections[i].offset,
                                        header->sections[i].count *
                                            compiled_row_size((enum compiled_section)i)));
}

size_t ruleset_count(const struct ruleset *ruleset) {
    return ruleset->compiled.counts[COMPILED_RULES];
}

const struct rule *ruleset_rule(const struct ruleset *ruleset, size_t index) {
    assert(index < ruleset_count(ruleset));
    return &ruleset->rules[index];
}

size_t ruleset_correlation_count(const struct ruleset *ruleset) {
    return ruleset->compiled.counts[COMPILED_FOLDS];
}

const struct correlation *ruleset_correlation(const struct ruleset *ruleset, size_t index) {
    assert(index < ruleset_correlation_count(ruleset));
    return &ruleset->correlations[index];
}

size_t ruleset_complaint_count(const struct ruleset *ruleset) {
    return ruleset->complaint_count;
}

const struct rule_complaint *ruleset_complaint(const struct ruleset *ruleset, size_t index) {
    assert(index < ruleset->complaint_count);
    return &ruleset->complaints[index];
}

bool ruleset_is_from_image(const struct ruleset *ruleset) {
    return ruleset->from_image;
}
