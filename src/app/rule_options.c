// The options by which rules are chosen
// SPDX-License-Identifier: Apache-2.0
#include "app/rule_options.h"

#include "app/shut_in.h"
#include "base/memory.h"

#include <unistd.h>

enum {
    RULE_READING_THREADS = 2
};

static void rule_choice_cache(struct rule_choice *choice, const struct command_line *line) {
    choice->options.cache_directory = command_line_text(line, "cache");
    if (command_line_flag(line, "no-cache")) {
        choice->options.cache_directory = NULL;
    } else if (!choice->options.cache_directory) {
        choice->cache_directory = shut_in_cache_directory();
        choice->options.cache_directory = choice->cache_directory;
    }
}

enum status rule_choice_init(struct rule_choice *choice, const struct command_line *line,
                             struct problem *problem) {
    *choice = (struct rule_choice){.options.threads = RULE_READING_THREADS};
    struct ruleset_options *options = &choice->options;
    options->paths = command_line_list(line, "rules", &options->path_count);
    if (options->path_count == 0) {
        choice->shipped = shut_in_shipped_rules();
        if (!choice->shipped)
            return problem_set(problem, STATUS_USAGE,
                               "the shipped rules are not to be found; name some with -r");
        choice->shipped_path[0] = choice->shipped;
        options->paths = choice->shipped_path;
        options->path_count = 1;
    }
    for (size_t i = 0; i < options->path_count; i++)
        if (access(options->paths[i], R_OK) != 0)
            return problem_set_errno(problem, "rules %s", options->paths[i]);
    options->placeholder_paths =
        command_line_list(line, "placeholders", &options->placeholder_count);
    options->tags = command_line_list(line, "tag", &options->tag_count);
    options->statuses = command_line_list(line, "status", &options->status_count);
    options->excluded = command_line_list(line, "exclude-rule", &options->excluded_count);
    const char *level = command_line_text(line, "min-level");
    if (level)
        rule_level_parse(slice_of_string(level), &options->min_level);
    rule_choice_cache(choice, line);
    return STATUS_OK;
}

void rule_choice_done(struct rule_choice *choice) {
    memory_free(choice->cache_directory);
    memory_free(choice->shipped);
}
