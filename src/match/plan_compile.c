// From rule trees to flat tables
// SPDX-License-Identifier: Apache-2.0
#include "match/plan_compile.h"

#include "base/digest.h"

#include <stdio.h>

// What a set of rules may come to; SigmaHQ's 3,757 take about a hundredth of it.
enum {
    ROWS_MAX = 1 << 24,
    SECTION_BYTES_MAX = 1 << 30,
};

static void compiler_init(struct compiler *compiler) {
    memset(compiler, 0, sizeof *compiler);
    weigher_init(&compiler->weigher);
    for (size_t i = 0; i < COMPILED_SECTION_COUNT; i++)
        buffer_init(&compiler->sections[i], SECTION_BYTES_MAX);
    struct interner *interners[] = {&compiler->texts, &compiler->symbols, &compiler->atoms,
                                    &compiler->inner, &compiler->groups};
    for (size_t i = 0; i < ARRAY_SIZE(interners); i++)
        intern_init(interners[i], ROWS_MAX, SECTION_BYTES_MAX);
    struct buffer *buffers[] = {&compiler->text_rows, &compiler->atom_costs, &compiler->inner_costs,
                                &compiler->stack,     &compiler->key,        &compiler->folded};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buffer_init(buffers[i], SECTION_BYTES_MAX);
}

static void compiler_done(struct compiler *compiler) {
    for (size_t i = 0; i < COMPILED_SECTION_COUNT; i++)
        buffer_done(&compiler->sections[i]);
    intern_done(&compiler->texts);
    intern_done(&compiler->symbols);
    intern_done(&compiler->atoms);
    intern_done(&compiler->inner);
    intern_done(&compiler->groups);
    buffer_done(&compiler->text_rows);
    buffer_done(&compiler->atom_costs);
    buffer_done(&compiler->inner_costs);
    buffer_done(&compiler->stack);
    buffer_done(&compiler->key);
    buffer_done(&compiler->folded);
}

void compiler_row(struct compiler *compiler, enum compiled_section section, const void *row) {
    buffer_append(&compiler->sections[section], row, compiled_row_size(section));
}

uint32_t compiler_row_count(const struct compiler *compiler, enum compiled_section section) {
    return (uint32_t)(compiler->sections[section].size / compiled_row_size(section));
}

struct compiled_text compiler_text(struct compiler *compiler, struct slice text) {
    if (text.size == 0)
        return (struct compiled_text){0, 0};
    uint32_t before = compiler->texts.count;
    uint32_t number = intern_add(&compiler->texts, text);
    if (number == INTERN_FULL) {
        compiler->failed = true;
        return (struct compiled_text){0, 0};
    }
    struct buffer *bytes = &compiler->sections[COMPILED_TEXT];
    struct compiled_text row = {(uint32_t)bytes->size, (uint32_t)text.size};
    if (number == before) {
        buffer_append_slice(bytes, text);
        buffer_append(&compiler->text_rows, &row, sizeof row);
    } else {
        memcpy(&row, compiler->text_rows.data + number * sizeof row, sizeof row);
    }
    return row;
}

// Rows of log_source.def are kept by number, so their texts are part of the probe.
uint64_t plan_probe(void) {
    uint64_t probe = weight_probe();
    for (uint32_t i = 0; i < LOG_PRODUCT_COUNT; i++)
        probe = digest_hash64_seeded(slice_of_string(log_product_text(i)), probe);
    for (uint32_t i = 0; i < LOG_CATEGORY_COUNT; i++)
        probe = digest_hash64_seeded(slice_of_string(log_category_text(i)), probe);
    for (uint32_t i = 0; i < LOG_SERVICE_COUNT; i++)
        probe = digest_hash64_seeded(slice_of_string(log_service_text(i)), probe);
    return probe;
}

static struct compiled_list compiler_list(struct compiler *compiler, const struct slice *texts,
                                          uint32_t count) {
    struct compiled_list list = {compiler_row_count(compiler, COMPILED_LISTS), count};
    for (uint32_t i = 0; i < count; i++) {
        struct compiled_text text = compiler_text(compiler, texts[i]);
        compiler_row(compiler, COMPILED_LISTS, &text);
    }
    return list;
}

static uint32_t compiler_group(struct compiler *compiler, const struct log_source_wanted *wanted) {
    uint32_t before = compiler->groups.count;
    uint32_t group = intern_add(&compiler->groups, slice_of(wanted, sizeof *wanted));
    if (group == INTERN_FULL)
        compiler->failed = true;
    else if (group == before)
        compiler_row(compiler, COMPILED_GROUPS, wanted);
    return group;
}

static struct compiled_rule compiler_rule(struct compiler *compiler, const struct rule *rule) {
    return (struct compiled_rule){
        .id = compiler_text(compiler, rule->id),
        .name = compiler_text(compiler, rule->name),
        .title = compiler_text(compiler, rule->title),
        .file = compiler_text(compiler, rule->file),
        .line = rule->line,
        .level = (uint8_t)rule->level,
        .status = (uint8_t)rule->status,
        .silent = rule->silent,
        .tags = compiler_list(compiler, rule->tags, rule->tag_count),
        .fields = compiler_list(compiler, rule->fields, rule->field_count),
    };
}

static void compiler_add_tree(struct compiler *compiler, const struct rule_tree *tree) {
    struct compiled_rule row = compiler_rule(compiler, &tree->rule);
    struct problem problem;
    row.group = compiler_group(compiler, &tree->rule.wanted);
    compiler->by_category = tree->rule.wanted.category != LOG_CATEGORY_NONE;
    if (!compiler_condition(compiler, tree->root, &row.root, &problem)) {
        struct compiled_complaint complaint = {
            .file = row.file,
            .rule_id = row.id,
            .text = compiler_text(compiler, slice_of_string(problem.text)),
            .line = row.line,
            .refused = true};
        compiler_row(compiler, COMPILED_COMPLAINTS, &complaint);
    }
    compiler_row(compiler, COMPILED_RULES, &row);
}

static void compiler_add_correlation(struct compiler *compiler,
                                     const struct correlation *correlation) {
    struct compiled_correlation row;
    memset(&row, 0, sizeof row);
    row.rule = compiler_rule(compiler, &correlation->rule);
    row.timespan_ns = correlation->timespan_ns;
    row.percentile = correlation->percentile;
    row.type = correlation->type;
    row.bound_count = correlation->bound_count;
    for (uint32_t i = 0; i < correlation->bound_count; i++) {
        row.bounds[i].compare = correlation->bounds[i].compare;
        row.bounds[i].number = correlation->bounds[i].number;
    }
    row.field = compiler_text(compiler, correlation->field);
    row.group_by = compiler_list(compiler, correlation->group_by, correlation->group_by_count);
    row.members.first = compiler_row_count(compiler, COMPILED_MEMBERS);
    row.members.count = correlation->member_count;
    for (uint32_t i = 0; i < correlation->member_count; i++) {
        const struct correlation_member *member = &correlation->members[i];
        struct compiled_member member_row = {
            .is_correlation = member->is_correlation,
            .index = member->index,
            .group_fields =
                compiler_list(compiler, member->group_fields, correlation->group_by_count)};
        compiler_row(compiler, COMPILED_MEMBERS, &member_row);
    }
    compiler_row(compiler, COMPILED_FOLDS, &row);
}

static void compiler_add_rest(struct compiler *compiler, const struct sigma_rules *rules) {
    for (size_t i = 0; i < rules->complaint_count; i++) {
        const struct rule_complaint *complaint = &rules->complaints[i];
        struct compiled_complaint row = {.file = compiler_text(compiler, complaint->file),
                                         .rule_id = compiler_text(compiler, complaint->rule_id),
                                         .text = compiler_text(compiler, complaint->text),
                                         .line = complaint->line,
                                         .refused = complaint->refused};
        compiler_row(compiler, COMPILED_COMPLAINTS, &row);
    }
    for (size_t i = 0; i < rules->file_count; i++) {
        struct compiled_file row = {.path = compiler_text(compiler, rules->files[i].path),
                                    .size = rules->files[i].size,
                                    .modified_ns = rules->files[i].modified_ns,
                                    .inode = rules->files[i].inode};
        compiler_row(compiler, COMPILED_FILES, &row);
    }
    for (size_t i = 0; i < rules->correlation_count; i++)
        compiler_add_correlation(compiler, &rules->correlations[i]);
}

// Lay the sections out one after the other, each at a multiple of 8.
static void compiler_lay_out(const struct compiler *compiler, uint64_t options_hash,
                             struct buffer *ret_blob) {
    static const uint8_t padding[8];
    struct compiled_header header;
    memset(&header, 0, sizeof header);
    memcpy(header.magic, COMPILED_MAGIC, sizeof header.magic);
    header.probe = plan_probe();
    header.options = options_hash;
    buffer_append(ret_blob, &header, sizeof header);
    for (size_t i = 0; i < COMPILED_SECTION_COUNT; i++) {
        header.sections[i].offset = ret_blob->size;
        header.sections[i].count = compiler->sections[i].size / compiled_row_size(i);
        buffer_append_slice(ret_blob, buffer_slice(&compiler->sections[i]));
        buffer_append(ret_blob, padding, (8 - ret_blob->size % 8) % 8);
    }
    if (ret_blob->failed)
        return;
    header.size = ret_blob->size;
    memcpy(ret_blob->data, &header, sizeof header);
    header.checksum = compiled_checksum(buffer_slice(ret_blob));
    memcpy(ret_blob->data, &header, sizeof header);
}

enum status plan_compile(const struct sigma_rules *rules, uint64_t options_hash,
                         struct buffer *ret_blob, struct problem *problem) {
    struct compiler compiler;
    compiler_init(&compiler);
    for (size_t i = 0; i < rules->tree_count && !compiler.failed; i++)
        compiler_add_tree(&compiler, &rules->trees[i]);
    if (!compiler.failed)
        compiler_add_rest(&compiler, rules);
    for (size_t i = 0; i < COMPILED_SECTION_COUNT; i++)
        compiler.failed |= compiler.sections[i].failed;
    if (!compiler.failed)
        compiler_lay_out(&compiler, options_hash, ret_blob);
    bool failed =
        compiler.failed || rules->correlation_count > COMPILED_FOLDS_MAX || ret_blob->failed;
    compiler_done(&compiler);
    if (failed)
        return problem_set(problem, STATUS_LIMIT, "more rules than the tables hold");
    return STATUS_OK;
}
