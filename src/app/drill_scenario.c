// vedette drill play, describe and check
// SPDX-License-Identifier: Apache-2.0
#include "app/drill_scenario.h"

#include "app/interrupt.h"
#include "app/shut_in.h"
#include "base/slice.h"
#include "base/memory.h"
#include "drill/drill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_SIZE_MAX = 4096,
    RECORDS_LOW = 20,
    RECORDS_NORMAL = 200,
    RECORDS_HIGH = 2000
};

// A name of ours, or a path: whatever holds a '/' or ends in .yml.
static bool find_scenario(const char *word, char ret_path[PATH_SIZE_MAX]) {
    size_t size = strlen(word);
    if (strchr(word, '/') || (size > 4 && strcmp(word + size - 4, ".yml") == 0)) {
        snprintf(ret_path, PATH_SIZE_MAX, "%s", word);
        return true;
    }
    char *directory = shut_in_shipped_scenarios();
    const char *given = getenv("VEDETTE_SCENARIOS");
    snprintf(ret_path, PATH_SIZE_MAX, "%s/%s.yml", directory ? directory : ".", word);
    bool found = access(ret_path, R_OK) == 0;
    if (!found && (directory || given))
        fprintf(stderr, "vedette drill: there is no scenario %s in %s\n", word,
                directory ? directory : given);
    else if (!found)
        fprintf(stderr, "vedette drill: no scenarios lie beside this program: install it, or name "
                        "their directory in VEDETTE_SCENARIOS\n");
    memory_free(directory);
    return found;
}

static enum exit_code refuse(const struct problem *problem) {
    fprintf(stderr, "vedette drill: %s\n", problem->text);
    return problem->status == STATUS_USAGE || problem->status == STATUS_FORMAT ? EXIT_USAGE
                                                                               : EXIT_TROUBLE;
}

// "0.15" into millionths.
static bool read_loss(const char *text, uint32_t *ret_millionths) {
    char *end = NULL;
    double loss = text ? strtod(text, &end) : 0;
    if (text && (*end || end == text || !(loss >= 0 && loss <= 1)))
        return false;
    *ret_millionths = (uint32_t)(loss * 1e6);
    return true;
}

static uint32_t records_a_day(const char *noise) {
    return strcmp(noise, "low") == 0    ? RECORDS_LOW
           : strcmp(noise, "high") == 0 ? RECORDS_HIGH
                                        : RECORDS_NORMAL;
}

static uint32_t count(const struct command_line *line, const char *name) {
    uint64_t number = command_line_count(line, name, 0);
    return number > UINT32_MAX ? UINT32_MAX : (uint32_t)number;
}

static bool locate(const struct command_line *line, char ret_path[PATH_SIZE_MAX]) {
    if (line->operand_count != 2) {
        fprintf(stderr, "vedette drill: which scenario? upgrade-server, mail-server, both, clean, "
                        "small-wave or a file\n");
        return false;
    }
    return find_scenario(line->operands[1], ret_path);
}

enum exit_code drill_scenario_play(const struct command_line *line) {
    char path[PATH_SIZE_MAX];
    const char *windows = command_line_text(line, "windows");
    struct drill_play_options wanted = {
        .scenario = path,
        .directory = command_line_text(line, "output"),
        .hosts = count(line, "hosts"),
        .days = count(line, "days"),
        .victims = count(line, "victims"),
        .records_a_day = records_a_day(command_line_text(line, "noise")),
        .seed = command_line_count(line, "seed", 1),
        .evtx = strcmp(windows, "winlogbeat") != 0,
        .winlogbeat = strcmp(windows, "evtx") != 0,
    };
    wanted.variants = command_line_list(line, "variant", &wanted.variant_count);
    if (!locate(line, path))
        return EXIT_USAGE;
    if (!wanted.directory || !read_loss(command_line_text(line, "loss"), &wanted.loss_millionths)) {
        fprintf(stderr, "vedette drill: play needs -o DIR, and --loss a number from 0 to 1\n");
        return EXIT_USAGE;
    }
    static const char *const COUNTS[] = {"hosts", "days", "victims"};
    for (size_t i = 0; i < ARRAY_SIZE(COUNTS); i++)
        if (command_line_text(line, COUNTS[i]) && !count(line, COUNTS[i])) {
            fprintf(stderr, "vedette drill: --%s 0 leaves nothing to play\n", COUNTS[i]);
            return EXIT_USAGE;
        }
    struct drill_play_result result;
    struct problem problem;
    interrupt_abandon();
    if (drill_play(&wanted, &result, &problem) != STATUS_OK)
        return refuse(&problem);
    printf("%llu hosts, %llu records in %llu files, %.1f MB; %llu things done by intruders\n",
           (unsigned long long)result.hosts, (unsigned long long)result.records,
           (unsigned long long)result.files, (double)result.bytes / 1e6,
           (unsigned long long)result.attack_deeds);
    return EXIT_DONE;
}

enum exit_code drill_scenario_describe(const struct command_line *line) {
    char path[PATH_SIZE_MAX], *text;
    struct problem problem;
    if (!locate(line, path))
        return EXIT_USAGE;
    if (drill_describe(path, command_line_count(line, "seed", 1), &text, &problem) != STATUS_OK)
        return refuse(&problem);
    fputs(text, stdout);
    memory_free(text);
    return EXIT_DONE;
}

enum exit_code drill_scenario_check(const struct command_line *line) {
    char *text;
    bool right;
    struct problem problem;
    if (line->operand_count != 3) {
        fprintf(stderr, "vedette drill: check takes the directory of a play and a report\n");
        return EXIT_USAGE;
    }
    struct drill_check_options wanted = {
        .directory = line->operands[1],
        .report = line->operands[2],
        .json = strcmp(command_line_text(line, "format"), "json") == 0,
    };
    if (drill_check(&wanted, &text, &right, &problem) != STATUS_OK)
        return refuse(&problem);
    fputs(text, stdout);
    memory_free(text);
    return right ? EXIT_DONE : EXIT_FINDINGS;
}
