// One JSON line a decision
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_log.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    LINE_BYTES_MAX = 256 << 10, // a request target of 4 KiB, escaped, several times
    MICROSECONDS = 1000,
    HOST_SIZE = 256
};

struct gate_log {
    char *path; // NULL: standard output
    pthread_mutex_t lock;
    int file;
    bool torn; // its end may be half a line
    struct buffer text;
    char host[HOST_SIZE];
};

// A request costs little more than its line: no printf here.
static void append_name(struct buffer *buffer, const char *name) {
    buffer_append(buffer, ",\"", 2);
    buffer_append_text(buffer, name);
    buffer_append(buffer, "\":", 2);
}

static void append_text(struct buffer *buffer, const char *name, struct slice text) {
    append_name(buffer, name);
    text_append_json(buffer, text);
}

static void append_known(struct buffer *buffer, const char *name, struct slice text) {
    if (text.size)
        append_text(buffer, name, text);
}

static void append_number(struct buffer *buffer, const char *name, int64_t number) {
    append_name(buffer, name);
    buffer_append_i64(buffer, number);
}

static void append_hash(struct buffer *buffer, const char *name, const uint8_t *sha256) {
    char text[DIGEST_SHA256_HEX_SIZE];
    if (!sha256)
        return;
    digest_hex(sha256, text);
    append_name(buffer, name);
    buffer_append_byte(buffer, '"');
    buffer_append(buffer, text, sizeof text - 1);
    buffer_append_byte(buffer, '"');
}

// Microseconds as milliseconds: 1.234
static void append_milliseconds(struct buffer *buffer, int64_t taken_us) {
    int64_t rest = taken_us % MICROSECONDS;
    append_number(buffer, "ms", taken_us / MICROSECONDS);
    buffer_append_byte(buffer, '.');
    for (int64_t unit = MICROSECONDS / 10; unit; unit /= 10)
        buffer_append_byte(buffer, (uint8_t)('0' + rest / unit % 10));
}

void gate_line_append(struct buffer *buffer, const struct gate_line *line) {
    static const struct {
        enum metadata_type type;
        const char *name;
    } VERSIONS[] = {{METADATA_TARGETS, "targets_version"},
                    {METADATA_SNAPSHOT, "snapshot_version"},
                    {METADATA_TIMESTAMP, "timestamp_version"},
                    {METADATA_ROOT, "root_version"}};
    char time[CLOCK_TEXT_SIZE];
    size_t size = clock_format(line->time_ns, time);
    buffer_append_text(buffer, "{\"ts\":\"");
    buffer_append(buffer, time, size);
    buffer_append_byte(buffer, '"');
    append_known(buffer, "host", line->host);
    append_known(buffer, "req_id", line->request_id);
    append_known(buffer, "client", line->client);
    append_known(buffer, "method", line->method);
    append_known(buffer, "raw_uri", line->raw_uri);
    append_known(buffer, "norm_path", line->path);
    append_known(buffer, "range", line->range);
    append_text(buffer, "decision", slice_of_string(line->decision));
    append_text(buffer, "reason", slice_of_string(line->reason));
    append_known(buffer, "target", line->target);
    if (line->length >= 0)
        append_number(buffer, "length", line->length);
    append_hash(buffer, "sha256_expected", line->sha256_expected);
    append_hash(buffer, "sha256_served", line->sha256_served);
    append_known(buffer, "role", line->role);
    for (size_t i = 0; i < ARRAY_SIZE(VERSIONS); i++)
        if (line->versions[VERSIONS[i].type])
            append_number(buffer, VERSIONS[i].name, line->versions[VERSIONS[i].type]);
    if (line->tlog_index >= 0)
        append_number(buffer, "tlog_index", line->tlog_index);
    if (line->status)
        append_number(buffer, "status", line->status);
    append_number(buffer, "bytes", (int64_t)line->bytes);
    append_milliseconds(buffer, line->taken_us);
    if (line->detail)
        append_text(buffer, "detail", slice_of_string(line->detail));
    buffer_append_text(buffer, "}\n");
}

static int log_open(const char *path) {
    return open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
}

// Whether the file ends within a line: somebody was killed there, or the disk was full.
static bool file_is_torn(int file) {
    struct stat stat;
    char last;
    return fstat(file, &stat) == 0 && S_ISREG(stat.st_mode) && stat.st_size > 0 &&
           pread(file, &last, 1, stat.st_size - 1) == 1 && last != '\n';
}

enum status gate_log_new(const char *path, struct gate_log **ret_log, struct problem *problem) {
    int file = path ? log_open(path) : STDOUT_FILENO;
    if (file < 0)
        return problem_set_errno(problem, "open the log %s", path);
    struct gate_log *log = memory_new(1, sizeof *log);
    log->path = path ? memory_keep_text(path, strlen(path)) : NULL;
    log->file = file;
    log->torn = file_is_torn(file);
    if (gethostname(log->host, HOST_SIZE - 1) != 0)
        log->host[0] = '\0';
    pthread_mutex_init(&log->lock, NULL);
    buffer_init(&log->text, LINE_BYTES_MAX);
    *ret_log = log;
    return STATUS_OK;
}

void gate_log_free(struct gate_log *log) {
    if (!log)
        return;
    if (log->path)
        close(log->file);
    pthread_mutex_destroy(&log->lock);
    buffer_done(&log->text);
    memory_free(log->path);
    memory_free(log);
}

enum status gate_log_write(struct gate_log *log, const struct gate_line *line,
                           struct problem *problem) {
    enum status status = STATUS_OK;
    struct gate_line whole = *line;
    whole.host = slice_of_string(log->host);
    pthread_mutex_lock(&log->lock);
    buffer_reset(&log->text);
    if (log->torn) // half a line must not spoil the next one
        buffer_append_byte(&log->text, '\n');
    gate_line_append(&log->text, &whole);
    if (log->text.failed) {
        status = problem_set(problem, STATUS_LIMIT, "a line of the log is too long");
    } else if (!durable_write_all(log->file, buffer_slice(&log->text))) {
        status = problem_set_errno(problem, "write the log");
        log->torn = file_is_torn(log->file);
    } else {
        log->torn = false;
    }
    pthread_mutex_unlock(&log->lock);
    return status;
}

void gate_log_reopen(struct gate_log *log) {
    int file = log->path ? log_open(log->path) : -1;
    if (file < 0)
        return;
    pthread_mutex_lock(&log->lock);
    close(log->file);
    log->file = file;
    log->torn = file_is_torn(file);
    pthread_mutex_unlock(&log->lock);
}
