// A case as a command reads it
// SPDX-License-Identifier: Apache-2.0
#include "app/case_reading.h"

#include "app/interrupt.h"
#include "app/shut_in.h"
#include "base/memory.h"
#include "relate/relate.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    READING_TEXT_MAX = 512 << 20
};

static enum status reading_open_output(struct case_reading *reading, bool has_output) {
    const char *path = has_output ? command_line_text(reading->line, "output") : NULL;
    reading->to = stdout;
    reading->to_name = "standard output";
    if (!path || strcmp(path, "-") == 0)
        return STATUS_OK;
    reading->to_name = path;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    reading->to = fd < 0 ? NULL : fdopen(fd, "w");
    return reading->to ? STATUS_OK : problem_set_errno(&reading->problem, "open %s", path);
}

enum status case_reading_init(struct case_reading *reading, const struct command_line *line,
                              bool has_output) {
    *reading = (struct case_reading){.line = line};
    reading->directory.log_fd = -1;
    buffer_init(&reading->text, READING_TEXT_MAX);
    tally_init(&reading->tally);
    const char *path = line->operands[0];
    if (!case_directory_is_meant(path))
        return problem_set(&reading->problem, STATUS_USAGE, "%s is no case: no directory", path);
    if (has_output)
        interrupt_abandon();
    enum status status = reading_open_output(reading, has_output);
    const char *missing;
    struct shut_in paths = {.case_directory = path, .spill_directory = shut_in_spill_directory()};
    if (status == STATUS_OK)
        status = shut_in_enter(&paths, &missing, &reading->problem);
    if (status == STATUS_OK && missing)
        fprintf(stderr, "vedette %s: this kernel lacks part of the sandbox: %s\n",
                line->command->name, missing);
    return status == STATUS_OK
               ? case_directory_open(&reading->directory, path, STORE_READ, &reading->problem)
               : status;
}

static enum status reading_tally(struct case_reading *reading) {
    struct finding *finding = memory_new(1, sizeof *finding);
    bool more = true;
    if (pipeline_relations(reading->run))
        reading->tally.fleet = relation_store_fleet(pipeline_relations(reading->run));
    enum status status = pipeline_rewind(reading->run, &reading->problem);
    while (status == STATUS_OK) {
        status = pipeline_next(reading->run, finding, &more, &reading->problem);
        if (status != STATUS_OK || !more)
            break;
        tally_add(&reading->tally, finding);
    }
    memory_free(finding);
    tally_sort(&reading->tally);
    return status == STATUS_OK ? pipeline_rewind(reading->run, &reading->problem) : status;
}

static unsigned reading_threads(void) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    return processors < 1 ? 1 : processors > 256 ? 256 : (unsigned)processors;
}

enum status case_reading_tell(struct case_reading *reading, const char *tlp) {
    struct problem *problem = &reading->problem;
    struct case_directory *directory = &reading->directory;
    struct slice said;
    enum status status = pipeline_reopen(directory->store, shut_in_spill_directory(),
                                         reading_threads(), &reading->run, problem);
    if (status == STATUS_OK)
        status = store_fact(directory->store, STORE_FACT_TLP, &directory->arena, &said, problem);
    struct scan_story_options options = {.tlp = tlp ? tlp
                                                : status == STATUS_OK && said.size
                                                    ? (const char *)said.data
                                                    : "red"};
    if (status == STATUS_OK)
        status = scan_story_open(&reading->story, &options, problem);
    if (status == STATUS_OK)
        status = case_directory_prepare(directory, &reading->story, problem);
    if (status == STATUS_OK)
        status = reading_tally(reading);
    reading->story.tally = &reading->tally;
    return status == STATUS_OK
               ? scan_story_tell(&reading->story, reading->run, &reading->text, problem)
               : status;
}

enum status case_reading_flush(struct case_reading *reading) {
    struct buffer *text = &reading->text;
    if (text->failed)
        return problem_set(&reading->problem, STATUS_LIMIT, "more than %d bytes to print",
                           READING_TEXT_MAX);
    if (reading->to != stdout && ftell(reading->to) == 0 && ftruncate(fileno(reading->to), 0) != 0)
        return problem_set_errno(&reading->problem, "empty %s", reading->to_name);
    bool written =
        (text->size == 0 || fwrite(text->data, 1, text->size, reading->to) == text->size) &&
        fflush(reading->to) == 0;
    buffer_reset(text);
    return written ? STATUS_OK : problem_set_errno(&reading->problem, "write %s", reading->to_name);
}

enum exit_code case_reading_done(struct case_reading *reading, enum status status) {
    if (status != STATUS_OK)
        fprintf(stderr, "vedette %s: %s\n", reading->line->command->name, reading->problem.text);
    scan_story_done(&reading->story);
    if (reading->run)
        pipeline_free(reading->run);
    case_directory_done(&reading->directory);
    tally_done(&reading->tally);
    buffer_done(&reading->text);
    if (reading->to && reading->to != stdout)
        fclose(reading->to);
    bool usage = status == STATUS_USAGE || status == STATUS_NOT_FOUND || status == STATUS_FORMAT ||
                 status == STATUS_UNSUPPORTED;
    return status == STATUS_OK ? EXIT_DONE : usage ? EXIT_USAGE : EXIT_TROUBLE;
}
