// A case on disk: database, reports, log
// SPDX-License-Identifier: Apache-2.0
#include "app/case_directory.h"

#include "app/build_config.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "base/text.h"
#include "correlate/correlate.h"
#include "report/report.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum {
    CASE_TEXTS_BYTES = 256 << 20,
    CASE_REPORT_BYTES = 512 << 20,
    CASE_LINE_BYTES = 1 << 20
};

bool case_directory_is_meant(const char *output) {
    struct stat about;
    size_t size = strlen(output);
    return (size && output[size - 1] == '/') ||
           (stat(output, &about) == 0 && S_ISDIR(about.st_mode));
}

enum status case_directory_make(const char *path, struct problem *problem) {
    struct stat about;
    if (mkdir(path, 0700) == 0)
        return STATUS_OK;
    int error = errno;
    if (error == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return STATUS_OK;
    errno = error;
    return problem_set_errno(problem, "make the case directory %s", path);
}

char *case_directory_file(const struct case_directory *directory, const char *name) {
    struct buffer path;
    buffer_init(&path, CASE_LINE_BYTES);
    buffer_append_text(&path, directory->path);
    buffer_append_byte(&path, '/');
    buffer_append_text(&path, name);
    char *text = memory_keep_text(path.data, path.size);
    buffer_done(&path);
    return text;
}

enum status case_directory_open(struct case_directory *directory, const char *path,
                                enum store_access access, struct problem *problem) {
    size_t size = strlen(path);
    while (size > 1 && path[size - 1] == '/')
        size--;
    *directory = (struct case_directory){.path = memory_keep_text(path, size), .log_fd = -1};
    arena_init(&directory->arena, CASE_TEXTS_BYTES);
    char *database = case_directory_file(directory, "case.db");
    enum status status = STATUS_OK;
    struct stat about;
    if (access != STORE_MAKE && stat(database, &about) != 0)
        status = problem_set(problem, STATUS_NOT_FOUND, "%s is no case: it has no case.db",
                             directory->path);
    if (status == STATUS_OK)
        status = store_open(database, access, &directory->store, problem);
    memory_free(database);
    return status;
}

void case_directory_done(struct case_directory *directory) {
    if (directory->path && directory->log_fd >= 0)
        close(directory->log_fd);
    store_close(directory->store);
    memory_free(directory->verdict_rows);
    memory_free(directory->verdicts);
    memory_free(directory->told);
    if (directory->path)
        arena_done(&directory->arena);
    memory_free(directory->path);
    *directory = (struct case_directory){.log_fd = -1};
}

// --- run.log

static void case_log_time(struct buffer *line) {
    struct timespec now;
    char text[CLOCK_TEXT_SIZE];
    clock_gettime(CLOCK_REALTIME, &now);
    clock_format(now.tv_sec * INT64_C(1000000000) + now.tv_nsec, text);
    buffer_append_format(line, "%s %ld ", text, (long)getpid());
}

static bool case_log_write(const struct case_directory *directory, struct buffer *line) {
    buffer_append_byte(line, '\n');
    ssize_t written = write(directory->log_fd, line->data, line->size);
    return written == (ssize_t)line->size;
}

enum status case_directory_log_begin(struct case_directory *directory,
                                     const struct command_line *line, struct problem *problem) {
    char *path = case_directory_file(directory, "run.log");
    directory->log_fd =
        open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0600);
    enum status status =
        directory->log_fd < 0 ? problem_set_errno(problem, "open %s", path) : STATUS_OK;
    struct buffer text;
    buffer_init(&text, CASE_LINE_BYTES);
    case_log_time(&text);
    buffer_append_format(&text, "begin vedette %s: %s", VEDETTE_VERSION, line->command->name);
    for (size_t i = 0; i < line->word_count; i++) {
        buffer_append_byte(&text, ' ');
        text_append_terminal(&text, slice_of_string(line->words[i]));
    }
    if (status == STATUS_OK && !case_log_write(directory, &text))
        status = problem_set_errno(problem, "write %s", path);
    buffer_done(&text);
    memory_free(path);
    return status;
}

void case_directory_log_end(struct case_directory *directory, const char *format, ...) {
    if (directory->log_fd < 0)
        return;
    char said[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(said, sizeof said, format, arguments);
    va_end(arguments);
    struct buffer text;
    buffer_init(&text, CASE_LINE_BYTES);
    case_log_time(&text);
    buffer_append_text(&text, "end ");
    buffer_append_text(&text, said);
    case_log_write(directory, &text);
    buffer_done(&text);
}

// --- what a story is made of

// A later one on the same record takes its place.
static bool case_verdict_holds(const struct case_directory *directory, size_t place) {
    const struct store_verdict *rows = directory->verdict_rows;
    for (size_t i = place + 1; i < directory->verdict_row_count; i++)
        if (memcmp(rows[i].sha256, rows[place].sha256, DIGEST_SHA256_SIZE) == 0)
            return false;
    return true;
}

static enum status case_read_verdicts(struct case_directory *directory, struct problem *problem) {
    memory_free(directory->verdict_rows);
    memory_free(directory->verdicts);
    memory_free(directory->told);
    directory->told = NULL;
    directory->verdict_rows = NULL;
    directory->verdicts = NULL;
    enum status status =
        store_verdicts(directory->store, &directory->arena, &directory->verdict_rows,
                       &directory->verdict_row_count, problem);
    if (status != STATUS_OK)
        return status;
    directory->verdicts = memory_new(directory->verdict_row_count + 1, sizeof *directory->verdicts);
    directory->told = memory_new(directory->verdict_row_count + 1, sizeof *directory->told);
    directory->verdict_count = 0;
    for (size_t i = 0; i < directory->verdict_row_count; i++) {
        const struct store_verdict *row = &directory->verdict_rows[i];
        struct report_verdict *told = &directory->told[i];
        *told = (struct report_verdict){.tag = row->tag,
                                        .who = row->who,
                                        .at = row->at,
                                        .why = row->why,
                                        .is_benign = row->is_benign,
                                        .holds = case_verdict_holds(directory, i)};
        memcpy(told->sha256, row->sha256, sizeof told->sha256);
        if (!told->holds)
            continue;
        struct verdict *verdict = &directory->verdicts[directory->verdict_count++];
        memcpy(verdict->sha256, row->sha256, DIGEST_SHA256_SIZE);
        verdict->is_benign = row->is_benign;
    }
    return STATUS_OK;
}

enum status case_directory_prepare(struct case_directory *directory, struct scan_story *story,
                                   struct problem *problem) {
    struct slice *rows;
    size_t count;
    enum status status =
        store_directories(directory->store, &directory->arena, &rows, &count, problem);
    if (status != STATUS_OK)
        return status;
    scan_story_set_root(story, rows, count);
    memory_free(rows);
    status = case_read_verdicts(directory, problem);
    story->verdicts = directory->verdicts;
    story->verdict_count = directory->verdict_count;
    story->told = directory->told;
    story->told_count = directory->verdict_row_count;
    return status;
}

static enum status case_write_reports(const struct case_directory *directory,
                                      const struct pipeline_run *run,
                                      const struct scan_story *story, struct problem *problem) {
    struct source_names names;
    struct report_input input;
    scan_story_input(story, run, &names, &input);
    struct buffer text;
    buffer_init(&text, CASE_REPORT_BYTES);
    size_t count;
    const struct report_form *forms = report_forms(&count);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < count && status == STATUS_OK; i++) {
        char *path = case_directory_file(directory, forms[i].file);
        buffer_reset(&text);
        forms[i].append(&text, &input);
        if (text.failed)
            status = problem_set(problem, STATUS_LIMIT, "%s would be larger than %d bytes", path,
                                 CASE_REPORT_BYTES);
        else
            status = durable_file_write(path, buffer_slice(&text), 0600, problem);
        memory_free(path);
    }
    buffer_done(&text);
    return status;
}

static enum status case_put_story(struct case_directory *directory, const struct pipeline_run *run,
                                  const struct scan_story *story, struct problem *problem) {
    const struct reconstruction *made = story->made;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < made->campaign_count && status == STATUS_OK; i++)
        status = store_put_campaign(directory->store, &made->campaigns[i], problem);
    for (uint32_t i = 0; i < made->incident_count && status == STATUS_OK; i++)
        status = store_put_campaign(directory->store, &made->incidents[i], problem);
    for (uint32_t i = 0; i < story->cited.count && status == STATUS_OK; i++) {
        const struct reference *reference = &story->cited.references[i];
        char tag[TAG_SIZE];
        cited_tag(&story->cited, reference, tag);
        struct store_record record = {.tag = slice_of_string(tag),
                                      .source = pipeline_source_id(run, reference->position.source),
                                      .position = reference->position,
                                      .time_ns = reference->time_ns};
        memcpy(record.sha256, reference->sha256, sizeof record.sha256);
        status = store_put_record(directory->store, &record, problem);
    }
    return status;
}

enum status case_directory_write(struct case_directory *directory, struct pipeline_run *run,
                                 const struct scan_story *story, bool results,
                                 struct problem *problem) {
    struct store *store = directory->store;
    enum status status = case_write_reports(directory, run, story, problem);
    if (status == STATUS_OK)
        status = results ? pipeline_keep_results(run, store, problem)
                         : store_clear_story(store, problem);
    if (status == STATUS_OK)
        status = case_put_story(directory, run, story, problem);
    if (status == STATUS_OK && story->tlp)
        status = store_put_fact(store, STORE_FACT_TLP, slice_of_string(story->tlp), problem);
    if (status == STATUS_OK)
        status = store_put_fact(store, STORE_FACT_FINISHED, SLICE("1"), problem);
    return status == STATUS_OK ? store_commit(store, problem) : status;
}
