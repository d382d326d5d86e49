// vedette rules
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/rule_options.h"
#include "app/shut_in.h"
#include "base/buffer.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
    RULE_OPTIONS,
    {"format", 'f', OPTION_CHOICE, "FORMAT", "table|jsonl", "table", "form of the list"},
    {0},
};

enum {
    RULES_LINE_MAX = 1 << 20
};

static void rules_print(struct buffer *line) {
    buffer_append_byte(line, '\n');
    fwrite(line->data, 1, line->size, stdout);
    buffer_reset(line);
}

static void rules_append_source(struct buffer *line, const struct log_source_wanted *wanted) {
    const char *parts[] = {log_product_text(wanted->product), log_category_text(wanted->category),
                           log_service_text(wanted->service)};
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        buffer_append_format(line, "%s%s", i ? "/" : "", parts[i][0] ? parts[i] : "*");
}

static void rules_append_json(struct buffer *line, const struct rule *rule) {
    buffer_append_text(line, "{\"schema\":\"vedette.rule/1\",\"id\":");
    text_append_json(line, rule->id);
    buffer_append_text(line, ",\"title\":");
    text_append_json(line, rule->title);
    buffer_append_format(line, ",\"level\":\"%s\",\"status\":\"%s\",\"logsource\":\"",
                         rule_level_text(rule->level), rule_status_text(rule->status));
    rules_append_source(line, &rule->wanted);
    buffer_append_text(line, "\",\"file\":");
    text_append_json(line, rule->file);
    buffer_append_format(line, ",\"line\":%u}", rule->line);
}

static void rules_append_table(struct buffer *line, const struct rule *rule) {
    text_append_terminal(line, rule->id);
    buffer_append_format(line, "  %-13s  ", rule_level_text(rule->level));
    rules_append_source(line, &rule->wanted);
    buffer_append_text(line, "  ");
    text_append_terminal(line, rule->title);
}

static void rules_list(const struct ruleset *ruleset, bool json, struct buffer *line) {
    size_t plain = ruleset_count(ruleset);
    for (size_t i = 0; i < plain + ruleset_correlation_count(ruleset); i++) {
        const struct rule *rule =
            i < plain ? ruleset_rule(ruleset, i) : &ruleset_correlation(ruleset, i - plain)->rule;
        if (json)
            rules_append_json(line, rule);
        else
            rules_append_table(line, rule);
        rules_print(line);
    }
}

static void rules_complaint(const struct rule_complaint *complaint, bool json,
                            struct buffer *line) {
    if (json) {
        buffer_append_text(line, "{\"schema\":\"vedette.rule-complaint/1\",\"file\":");
        text_append_json(line, complaint->file);
        buffer_append_format(line, ",\"line\":%u,\"refused\":%s,\"rule\":", complaint->line,
                             complaint->refused ? "true" : "false");
        text_append_json(line, complaint->rule_id);
        buffer_append_text(line, ",\"text\":");
        text_append_json(line, complaint->text);
        buffer_append_byte(line, '}');
        return;
    }
    text_append_terminal(line, complaint->file);
    if (complaint->line)
        buffer_append_format(line, ":%u", complaint->line);
    buffer_append_text(line, complaint->refused ? ": refused: " : ": ");
    text_append_terminal(line, complaint->text);
}

// Every refused rule by file, line and reason, then what else is odd. Says how many.
static enum exit_code rules_lint(struct ruleset *ruleset, bool json, struct buffer *line) {
    ruleset_lint(ruleset);
    size_t refused = 0;
    size_t count = ruleset_complaint_count(ruleset);
    for (size_t i = 0; i < count; i++) {
        const struct rule_complaint *complaint = ruleset_complaint(ruleset, i);
        refused += complaint->refused;
        rules_complaint(complaint, json, line);
        rules_print(line);
    }
    fprintf(stderr, "%zu rules and %zu correlations read, %zu refused, %zu remarks\n",
            ruleset_count(ruleset), ruleset_correlation_count(ruleset), refused, count - refused);
    return refused ? EXIT_PARTIAL : EXIT_DONE;
}

// Rules come out of archives that others made.
static enum status rules_shut_in(const struct ruleset_options *wanted, struct problem *problem) {
    struct shut_in paths = {
        .rules = wanted->paths,
        .rule_count = wanted->path_count,
        .placeholders = wanted->placeholder_paths,
        .placeholder_count = wanted->placeholder_count,
        .cache_directory = wanted->cache_directory,
    };
    const char *missing;
    return shut_in_enter(&paths, &missing, problem);
}

static enum exit_code rules_run(const struct command_line *line) {
    const char *verb = line->operands[0];
    bool lint = strcmp(verb, "lint") == 0;
    struct rule_choice choice;
    struct problem problem;
    struct ruleset *ruleset = NULL;
    if ((!lint && strcmp(verb, "list") != 0) || line->operand_count != 1) {
        fprintf(stderr, "vedette rules: takes one word, list or lint; rules are named with -r\n");
        return EXIT_USAGE;
    }
    enum status status = rule_choice_init(&choice, line, &problem);
    if (lint) // the image keeps no trees to look at
        choice.options.cache_directory = NULL;
    if (status == STATUS_OK)
        status = rules_shut_in(&choice.options, &problem);
    if (status == STATUS_OK)
        status = ruleset_new(&choice.options, &ruleset, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "vedette rules: %s\n", problem.text);
        rule_choice_done(&choice);
        return status == STATUS_USAGE || status == STATUS_NOT_FOUND ? EXIT_USAGE : EXIT_TROUBLE;
    }
    struct buffer text;
    buffer_init(&text, RULES_LINE_MAX);
    bool json = strcmp(command_line_text(line, "format"), "jsonl") == 0;
    enum exit_code code = EXIT_DONE;
    if (lint)
        code = rules_lint(ruleset, json, &text);
    else
        rules_list(ruleset, json, &text);
    buffer_done(&text);
    ruleset_free(ruleset);
    rule_choice_done(&choice);
    return code;
}

const struct command command_rules = {
    .name = "rules",
    .summary = "list the rules, or say what is wrong with them",
    .operands = "list|lint",
    .operands_min = 1,
    .text = "list prints id, level, log source and title of every rule. lint names every refused\n"
            "rule with file, line and reason, and what can never hold, unknown fields and log\n"
            "sources, duplicate ids; it exits 3 when a rule was refused.",
    .options = options,
    .run = rules_run,
};
