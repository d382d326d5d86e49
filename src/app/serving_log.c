// Access logs of an upgrade server, for its audit
// SPDX-License-Identifier: Apache-2.0
#include "app/serving_log.h"

#include "app/interrupt.h"
#include "app/shut_in.h"
#include "guard/guard.h"
#include "model/event.h"
#include "model/value.h"
#include "pipeline/pipeline.h"

#include <dirent.h>
#include <string.h>

enum {
    NAMES_MAX = 4096 // of a directory that are looked at
};

struct reading {
    struct serving_book *book;
    uint64_t requests;
};

static struct slice field_text(const struct event *event, const char *name) {
    const struct shape *shape = event->shape;
    for (uint32_t i = 0; i < shape->field_count; i++)
        if (slice_equal_string(shape->fields[i].name, name)) {
            const struct value *value = event_value(event, i);
            return slice_of(value->data, value->size);
        }
    return (struct slice){NULL, 0};
}

static bool field_number(const struct event *event, const char *name, int64_t *ret_number) {
    const struct shape *shape = event->shape;
    for (uint32_t i = 0; i < shape->field_count; i++)
        if (slice_equal_string(shape->fields[i].name, name))
            return value_integer(event_value(event, i), ret_number);
    return false;
}

static bool reading_event(void *context, const struct event *event, struct slice host,
                          struct slice path) {
    (void)host;
    (void)path;
    struct reading *reading = context;
    struct slice stem = field_text(event, "cs-uri-stem");
    int64_t status, size;
    struct request_path request;
    if (!event->shape->format || stem.size == 0 || !field_number(event, "sc-status", &status))
        return true;
    reading->requests++;
    bool is_get = slice_equal(field_text(event, "cs-method"), SLICE("GET"));
    if (status != 200 || !is_get || !field_number(event, "sc-bytes", &size) || size < 0 ||
        request_path_read(stem, &request, NULL) != STATUS_OK)
        return true;
    struct serving serving = {
        .path = request.path,
        .client = field_text(event, "c-ip"),
        .time_ns = event->time_ns,
        .size_bytes = (uint64_t)size,
        .with_head = strcmp(event->shape->format, "iis") == 0,
    };
    serving_book_add(reading->book, &serving);
    return true;
}

enum status serving_log_read(const char *path, struct serving_book *book, struct problem *problem) {
    struct reading reading = {.book = book};
    struct pipeline_run *run;
    struct pipeline_options options = {
        .paths = &path,
        .path_count = 1,
        .filter = {.since_ns = CLOCK_NONE, .until_ns = CLOCK_NONE},
        .threads = 1,
        .spill_directory = shut_in_spill_directory(),
        .stop = interrupt_watch(),
    };
    enum status status = pipeline_events(&options, reading_event, &reading, &run, problem);
    if (status != STATUS_OK)
        return status;
    bool interrupted = pipeline_counts(run)->interrupted;
    pipeline_free(run);
    if (interrupted)
        return problem_set(problem, STATUS_INTERRUPTED, "interrupted");
    if (reading.requests == 0)
        return problem_set(problem, STATUS_FORMAT,
                           "%s: neither a list of SHA-256 sums nor a web server's access log",
                           path);
    return STATUS_OK;
}

static bool is_log_name(const char *name) {
    struct slice text = slice_of_string(name);
    return strstr(name, ".log") || slice_starts(text, SLICE("u_ex")) ||
           slice_starts(text, SLICE("access"));
}

bool serving_log_recognise(const char *path) {
    DIR *directory = opendir(path);
    unsigned logs = 0, others = 0;
    if (!directory)
        return false;
    for (struct dirent *entry; logs + others < NAMES_MAX && (entry = readdir(directory));)
        if (entry->d_name[0] != '.')
            *(is_log_name(entry->d_name) ? &logs : &others) += 1;
    closedir(directory);
    return logs && others == 0;
}
