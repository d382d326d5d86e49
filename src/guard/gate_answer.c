// Answers of the gate, and their lines in the log
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_inside.h"

#include "base/clock.h"

#include <stdio.h>
#include <time.h>

enum {
    FIELDS_SIZE = 512,
    METADATA_BYTES_MAX = 64 << 20,
    MICROSECOND_NS = 1000
};

static int refusal_http_status(enum refusal_reason reason) {
    switch (reason) {
    case REFUSAL_BAD_PATH:
        return 400;
    case REFUSAL_UNLISTED:
        return 403;
    case REFUSAL_METHOD:
        return 405;
    case REFUSAL_HASH_MISMATCH:
    case REFUSAL_LENGTH:
    case REFUSAL_MISSING:
    case REFUSAL_FETCH:
        return 502;
    default:
        return 503;
    }
}

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_REALTIME, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static struct gate_line line_of(const struct gate_request *request, const char *decision,
                                const char *reason, int status) {
    return (struct gate_line){
        .time_ns = now(),
        .decision = decision,
        .reason = reason,
        .request_id = request->id,
        .client = request->client,
        .method = request->method,
        .raw_uri = request->raw_uri,
        .path = request->path,
        .range = request->range,
        .length = -1,
        .tlog_index = -1,
        .status = status,
        .taken_us = (clock_now_monotonic() - request->begun_ns) / MICROSECOND_NS,
    };
}

// The target as metadata names it; `room` must outlive the line.
static void line_target(struct gate_line *line, const struct gate *gate,
                        const struct gate_request *request, const struct release_target *target,
                        struct buffer *room) {
    line->target = slice_part(gate_path(request), gate->config->targets_at.size, SIZE_MAX);
    if (target->by_hash) {
        release_target_path(line->target, target, room);
        line->target = buffer_slice(room);
    }
    line->length = (int64_t)target->name.size_bytes;
    line->sha256_expected = target->name.sha256;
    line->role = slice_of_string(target->role);
    memcpy(line->versions, target->versions, sizeof line->versions);
    line->tlog_index = target->tlog_index;
}

// Nothing is handed out that is not told: false, and a refusal is sent, when the log fails.
static bool line_write(struct gate *gate, const struct gate_request *request,
                       const struct gate_line *line) {
    struct problem problem;
    if (gate_log_write(gate->log, line, &problem) == STATUS_OK)
        return true;
    gate->options.tell(gate->options.context, problem.text);
    http_server_answer(gate->server, request->ticket,
                       &(struct http_answer){.status = 503, .body = SLICE("refused: system\n")});
    return false;
}

static void gate_note_line(struct gate *gate, const struct gate_line *line) {
    struct problem problem;
    if (gate_log_write(gate->log, line, &problem) != STATUS_OK)
        gate->options.tell(gate->options.context, problem.text);
}

void gate_refuse(struct gate *gate, const struct gate_request *request,
                 const struct refusal *refusal, const struct release_target *target,
                 const uint8_t *sha256) {
    struct buffer room;
    char fields[FIELDS_SIZE], body[FIELDS_SIZE];
    const char *reason = refusal_word(refusal->reason);
    int status = refusal_http_status(refusal->reason);
    struct gate_line line = line_of(request, "refuse", reason, request->is_watch ? 0 : status);
    line.detail = refusal->problem.text;
    buffer_init(&room, REQUEST_TARGET_BYTES_MAX);
    if (target)
        line_target(&line, gate, request, target, &room);
    else
        gate_release_versions(gate->release, line.versions);
    line.sha256_served = sha256;
    bool told = !request->is_watch && line_write(gate, request, &line);
    if (request->is_watch)
        gate_note_line(gate, &line);
    buffer_done(&room);
    if (!told)
        return;
    int fields_size = snprintf(fields, sizeof fields,
                               "Content-Type: text/plain\r\nCache-Control: no-store\r\n"
                               "X-Vedette-Refused: %s\r\n%s",
                               reason, status == 405 ? "Allow: GET, HEAD\r\n" : "");
    int body_size = snprintf(body, sizeof body, "refused: %s\n", reason);
    http_server_answer(gate->server, request->ticket,
                       &(struct http_answer){.status = status,
                                             .fields = slice_of(fields, (size_t)fields_size),
                                             .body = slice_of(body, (size_t)body_size)});
}

// "W/" counts too (RFC 9110 13.1.2); lists of several are no upgrade client's.
static bool is_same(struct slice if_none_match, const char *sha256) {
    if (slice_starts(if_none_match, SLICE("W/")))
        if_none_match = slice_part(if_none_match, 2, if_none_match.size);
    return if_none_match.size == 2 + 2 * DIGEST_SHA256_SIZE && if_none_match.data[0] == '"' &&
           memcmp(if_none_match.data + 1, sha256, 2 * DIGEST_SHA256_SIZE) == 0;
}

void gate_allow(struct gate *gate, const struct gate_request *request,
                const struct release_target *target, struct slice small) {
    char fields[FIELDS_SIZE], sha256[DIGEST_SHA256_HEX_SIZE];
    struct buffer room;
    digest_hex(target->name.sha256, sha256);
    bool same = is_same(request->if_none_match, sha256);
    struct gate_line line =
        line_of(request, "allow", target->break_glass ? "break_glass" : "signed", same ? 304 : 200);
    buffer_init(&room, REQUEST_TARGET_BYTES_MAX);
    line_target(&line, gate, request, target, &room);
    line.sha256_served = target->name.sha256;
    if (!same && !slice_equal(request->method, SLICE("HEAD")))
        line.bytes = target->name.size_bytes;
    bool told = line_write(gate, request, &line);
    buffer_done(&room);
    if (!told)
        return;
    int size = 0;
    if (!same && small.size == 0)
        size = snprintf(fields, sizeof fields, "X-Accel-Redirect: /vedette-content/%s\r\n", sha256);
    size +=
        snprintf(fields + size, sizeof fields - (size_t)size, "ETag: \"%s\"\r\n%s", sha256,
                 same ? "" : "Accept-Ranges: bytes\r\nContent-Type: application/octet-stream\r\n");
    http_server_answer(gate->server, request->ticket,
                       &(struct http_answer){.status = same ? 304 : 200,
                                             .fields = slice_of(fields, (size_t)size),
                                             .body = same ? (struct slice){0} : small});
}

void gate_pass(struct gate *gate, const struct gate_request *request) {
    struct gate_line line = line_of(request, "pass", "api", 0);
    gate_release_versions(gate->release, line.versions);
    if (line_write(gate, request, &line))
        http_server_answer(
            gate->server, request->ticket,
            &(struct http_answer){.status = 200,
                                  .fields = SLICE("X-Accel-Redirect: @vedette_origin\r\n")});
}

// What the gate has verified; other files of TUF (older roots, delegated targets) come from the
// origin: clients of TUF check them themselves.
void gate_hand_metadata(struct gate *gate, const struct gate_request *request) {
    struct buffer body;
    buffer_init(&body, METADATA_BYTES_MAX);
    struct slice name = slice_behind_last(request->path, "/");
    bool held = gate_release_metadata(gate->release, name, &body) == STATUS_OK;
    struct gate_line line = line_of(request, "pass", "metadata", held ? 200 : 0);
    gate_release_versions(gate->release, line.versions);
    bool is_head = slice_equal(request->method, SLICE("HEAD"));
    line.bytes = held && !is_head ? body.size : 0;
    if (line_write(gate, request, &line))
        http_server_answer(
            gate->server, request->ticket,
            held ? &(struct http_answer){.status = 200,
                                         .fields = SLICE("Content-Type: application/json\r\n"
                                                         "Cache-Control: no-cache\r\n"),
                                         .body = buffer_slice(&body)}
                 : &(struct http_answer){.status = 200,
                                         .fields = SLICE("X-Accel-Redirect: @vedette_origin\r\n")});
    buffer_done(&body);
}

void gate_note(struct gate *gate, const char *reason, const char *detail) {
    struct gate_request nobody = {.begun_ns = clock_now_monotonic()};
    struct gate_line line = line_of(&nobody, "metadata", reason, 0);
    gate_release_versions(gate->release, line.versions);
    line.detail = detail;
    gate_note_line(gate, &line);
}
