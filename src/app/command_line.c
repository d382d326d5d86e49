// The words of one call, checked against a table
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/slice.h"

#include <assert.h>
#include <string.h>
#include <time.h>

struct command_given {
    const char **texts;
    size_t count;
};

static size_t command_row_count(const struct option_row *rows) {
    size_t count = 0;
    while (rows[count].name)
        count++;
    return count;
}

static void command_push(const char ***texts, size_t *count, const char *text) {
    *texts = memory_resize(*texts, *count + 1, sizeof **texts);
    (*texts)[(*count)++] = text;
}

static bool command_is_count(const char *text) {
    size_t size = strlen(text);
    return size > 0 && size < 19 && strspn(text, "0123456789") == size;
}

static bool command_is_choice(const char *choices, const char *text) {
    size_t size = strcspn(text, "|");
    if (text[size])
        return false;
    for (const char *at = choices; at; at = strchr(at, '|') ? strchr(at, '|') + 1 : NULL)
        if (strncmp(at, text, size) == 0 && (at[size] == '|' || at[size] == '\0'))
            return size > 0;
    return false;
}

static enum status command_check(const struct option_row *row, const char *text,
                                 struct problem *problem) {
    int64_t time_ns;
    if (row->kind == OPTION_COUNT && !command_is_count(text))
        return problem_set(problem, STATUS_USAGE, "--%s takes a whole number, not '%s'", row->name,
                           text);
    if (row->kind == OPTION_CHOICE && !command_is_choice(row->choices, text))
        return problem_set(problem, STATUS_USAGE, "--%s takes one of %s, not '%s'", row->name,
                           row->choices, text);
    if (row->kind == OPTION_TIME && !clock_parse(slice_of_string(text), &time_ns))
        return problem_set(problem, STATUS_USAGE,
                           "--%s takes a time such as 2026-11-22T03:00:00Z or a date, not '%s'",
                           row->name, text);
    return STATUS_OK;
}

static const struct option_row *command_row(const struct option_row *rows, const char *name,
                                            size_t size) {
    for (; rows->name; rows++)
        if (strncmp(rows->name, name, size) == 0 && rows->name[size] == '\0')
            return rows;
    return NULL;
}

static const struct option_row *command_row_letter(const struct option_row *rows, char letter) {
    for (; rows->name; rows++)
        if (rows->letter == letter)
            return rows;
    return NULL;
}

// The words still to be read.
struct command_words {
    char **words;
    int count;
    int at;
};

static enum status command_give(struct command_line *line, const struct option_row *row,
                                const char *value, struct command_words *words,
                                struct problem *problem) {
    struct command_given *given = &line->given[row - line->command->options];
    if (row->kind == OPTION_FLAG) {
        if (value)
            return problem_set(problem, STATUS_USAGE, "--%s takes no value", row->name);
        command_push(&given->texts, &given->count, "");
        return STATUS_OK;
    }
    if (!value) {
        if (words->at == words->count)
            return problem_set(problem, STATUS_USAGE, "--%s needs a value: %s", row->name,
                               row->value);
        value = words->words[words->at++];
    }
    command_push(&given->texts, &given->count, value);
    return command_check(row, value, problem);
}

static enum status command_long(struct command_line *line, const char *word,
                                struct command_words *words, struct problem *problem) {
    size_t size = strcspn(word, "=");
    if (strcmp(word, "help") == 0) {
        line->help = true;
        return STATUS_OK;
    }
    const struct option_row *row = command_row(line->command->options, word, size);
    if (!row)
        return problem_set(problem, STATUS_USAGE, "there is no option --%.*s", (int)size, word);
    return command_give(line, row, word[size] ? word + size + 1 : NULL, words, problem);
}

static enum status command_letters(struct command_line *line, const char *letters,
                                   struct command_words *words, struct problem *problem) {
    for (; *letters; letters++) {
        if (*letters == 'h') {
            line->help = true;
            continue;
        }
        const struct option_row *row = command_row_letter(line->command->options, *letters);
        if (!row)
            return problem_set(problem, STATUS_USAGE, "there is no option -%c", *letters);
        bool takes_rest = row->kind != OPTION_FLAG && letters[1] != '\0';
        enum status status =
            command_give(line, row, takes_rest ? letters + 1 : NULL, words, problem);
        if (status != STATUS_OK || takes_rest)
            return status;
    }
    return STATUS_OK;
}

static enum status command_read(struct command_line *line, struct command_words *words,
                                struct problem *problem) {
    bool only_operands = false;
    while (words->at < words->count) {
        const char *word = words->words[words->at++];
        enum status status = STATUS_OK;
        if (!only_operands && strcmp(word, "--") == 0)
            only_operands = true;
        else if (!only_operands && word[0] == '-' && word[1] == '-')
            status = command_long(line, word + 2, words, problem);
        else if (!only_operands && word[0] == '-' && word[1])
            status = command_letters(line, word + 1, words, problem);
        else
            command_push(&line->operands, &line->operand_count, word);
        if (status != STATUS_OK)
            return status;
    }
    if (!line->help && line->operand_count < line->command->operands_min)
        return problem_set(problem, STATUS_USAGE, "%s is missing", line->command->operands);
    if (!line->help && line->command->operands[0] == '\0' && line->operand_count)
        return problem_set(problem, STATUS_USAGE, "'%s' is one word too many", line->operands[0]);
    return STATUS_OK;
}

enum status command_line_init(struct command_line *line, const struct command *command, int count,
                              char **words, struct problem *problem) {
    *line = (struct command_line){
        .command = command, .words = words, .word_count = count > 0 ? (size_t)count : 0};
    line->given = memory_new(command_row_count(command->options), sizeof *line->given);
    struct command_words rest = {words, count, 0};
    enum status status = command_read(line, &rest, problem);
    if (status != STATUS_OK)
        command_line_done(line);
    return status;
}

void command_line_done(struct command_line *line) {
    for (size_t i = 0; i < command_row_count(line->command->options); i++)
        memory_free(line->given[i].texts);
    memory_free(line->given);
    memory_free(line->operands);
    *line = (struct command_line){.command = line->command};
}

static const struct command_given *command_given(const struct command_line *line, const char *name,
                                                 const struct option_row **ret_row) {
    *ret_row = command_row(line->command->options, name, strlen(name));
    assert(*ret_row);
    return &line->given[*ret_row - line->command->options];
}

const char *command_line_text(const struct command_line *line, const char *name) {
    const struct option_row *row;
    const struct command_given *given = command_given(line, name, &row);
    return given->count ? given->texts[given->count - 1] : row->fallback;
}

bool command_line_flag(const struct command_line *line, const char *name) {
    const struct option_row *row;
    return command_given(line, name, &row)->count > 0;
}

const char *const *command_line_list(const struct command_line *line, const char *name,
                                     size_t *ret_count) {
    const struct option_row *row;
    const struct command_given *given = command_given(line, name, &row);
    *ret_count = given->count;
    return given->texts;
}

uint64_t command_line_count(const struct command_line *line, const char *name, uint64_t fallback) {
    const char *text = command_line_text(line, name);
    if (!text)
        return fallback;
    uint64_t number = 0;
    for (; *text; text++)
        number = number * 10 + (uint64_t)(*text - '0');
    return number;
}

int64_t command_line_time(const struct command_line *line, const char *name) {
    const char *text = command_line_text(line, name);
    int64_t time_ns = CLOCK_NONE;
    if (text)
        clock_parse(slice_of_string(text), &time_ns);
    return time_ns;
}

int64_t command_line_collected(const struct command_line *line) {
    int64_t time_ns = command_line_time(line, "collected");
    struct timespec now = {0};
    clock_gettime(CLOCK_REALTIME, &now);
    return time_ns != CLOCK_NONE ? time_ns : now.tv_sec * 1000000000ll + now.tv_nsec;
}
