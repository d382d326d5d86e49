// vedette evidence
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/case_directory.h"
#include "app/event_run.h"
#include "app/evidence_tag.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/finding.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"bytes", 0, OPTION_FLAG, NULL, NULL, NULL,
     "write the record's raw bytes and nothing else (sha256sum agrees with the finding)"},
    {"recover", 0, OPTION_FLAG, NULL, NULL, NULL, "also look in slack and free space"},
    {"collected", 0, OPTION_TIME, "TIME", NULL, NULL,
     "when the evidence was taken (now): gives their year to logs that write none"},
    {0},
};

enum {
    EVIDENCE_TEXT_MAX = 512 << 20
};

struct evidence {
    struct slice path; // of the source that holds the record
    bool bytes;
    const struct store_record *cited; // only this record, with these bytes; NULL: any
    uint64_t found;
    uint64_t differing; // stand where the cited one stood
};

// Where the cited record stood; whether its bytes are those that were cited.
static bool evidence_is_cited(struct evidence *evidence, const struct event *event) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    if (event->position.offset != evidence->cited->position.offset)
        return false;
    reference_digest(event, digest);
    if (memcmp(digest, evidence->cited->sha256, sizeof digest) == 0)
        return true;
    evidence->differing++;
    return false;
}

static void evidence_tell(const struct event *event, struct slice path, struct buffer *text) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    char hex[DIGEST_SHA256_HEX_SIZE];
    reference_digest(event, digest);
    digest_hex(digest, hex);
    const struct position *position = &event->position;
    buffer_append_text(text, "file    ");
    text_append_terminal(text, path);
    if (position->line)
        buffer_append_format(text, "\nline    %llu", (unsigned long long)position->line);
    else
        buffer_append_format(text, "\nrecord  %llu", (unsigned long long)position->record_id);
    buffer_append_format(text, "\noffset  %llu\nsize    %zu\nsha256  %s\n",
                         (unsigned long long)position->offset, event->raw.size, hex);
    if (event->damaged)
        buffer_append_text(text, "damaged the checksum of its chunk differs\n");
    if (event->recovered)
        buffer_append_text(text, "found   in slack or free space\n");
    // The decoded record is JSON: control characters are escaped, bidirectional ones are not.
    struct buffer decoded;
    buffer_init(&decoded, EVIDENCE_TEXT_MAX);
    event_append_raw_json(event, &decoded);
    text_append_terminal(text, buffer_slice(&decoded));
    buffer_append_byte(text, '\n');
    buffer_done(&decoded);
}

static bool evidence_event(void *context, const struct event *event, struct slice host,
                           struct slice path) {
    (void)host;
    struct evidence *evidence = context;
    if (!slice_equal(path, evidence->path) ||
        (evidence->cited && !evidence_is_cited(evidence, event)))
        return true;
    evidence->found++;
    if (evidence->bytes) {
        fwrite(event->raw.data, 1, event->raw.size, stdout);
        return false;
    }
    struct buffer text;
    buffer_init(&text, EVIDENCE_TEXT_MAX);
    evidence_tell(event, path, &text);
    fwrite(text.data, 1, text.size, stdout);
    buffer_done(&text);
    return true; // exported logs repeat record ids: show them all
}

static enum exit_code evidence_look(const struct command_line *line, char *file, const char *record,
                                    const struct store_record *cited) {
    struct evidence evidence = {
        .path = slice_of_string(file), .cited = cited, .bytes = command_line_flag(line, "bytes")};
    // "case.zip!a/b.evtx": the archive is opened, its entry looked for.
    size_t outer_size = strlen(file);
    if (access(file, F_OK) != 0)
        outer_size = strcspn(file, "!");
    char *outer = memory_keep_text(file, outer_size);
    const char *paths[] = {outer};
    struct event_run run = {.line = line, .paths = paths, .path_count = 1};
    run.options.recover = command_line_flag(line, "recover");
    run.options.files = true;
    run.options.collected_ns = command_line_collected(line);
    run.options.filter.since_ns = CLOCK_NONE;
    run.options.filter.until_ns = CLOCK_NONE;
    run.options.filter.records = &record;
    run.options.filter.record_count = 1;
    enum exit_code code = event_run(&run, evidence_event, &evidence);
    memory_free(outer);
    if (evidence.found == 0 && cited && (code == EXIT_DONE || code == EXIT_PARTIAL)) {
        fprintf(stderr, "vedette evidence: the record is not in %s any more%s\n", file,
                evidence.differing ? ": another one stands in its place" : "");
        return EXIT_PARTIAL;
    }
    if (evidence.found == 0 && (code == EXIT_DONE || code == EXIT_PARTIAL)) {
        fprintf(stderr, "vedette evidence: %s has no record %s\n", file, record);
        return EXIT_USAGE;
    }
    return code;
}

// A relative path starts where the scan was.
static char *evidence_file(const struct store_cited *cited) {
    struct buffer path;
    buffer_init(&path, 1 << 20);
    if (cited->path.size && cited->path.data[0] != '/') {
        buffer_append_slice(&path, cited->directory);
        buffer_append_byte(&path, '/');
    }
    buffer_append_slice(&path, cited->path);
    char *text = memory_keep_text(path.data, path.size);
    buffer_done(&path);
    return text;
}

// The case tells which file has to be read, so it is opened before the sandbox is entered.
static enum status evidence_find(const char *path, const char *tag, struct arena *arena,
                                 struct store_cited *ret_cited, struct problem *problem) {
    struct case_directory directory;
    if (!case_directory_is_meant(path))
        return problem_set(problem, STATUS_USAGE, "%s is no case: no directory", path);
    enum status status = case_directory_open(&directory, path, STORE_READ, problem);
    if (status == STATUS_OK)
        status = evidence_tag_find(directory.store, tag, arena, ret_cited, problem);
    case_directory_done(&directory);
    return status;
}

static enum exit_code evidence_of_case(const struct command_line *line) {
    struct arena arena;
    struct store_cited cited;
    struct problem problem;
    arena_init(&arena, EVIDENCE_TEXT_MAX);
    enum status status =
        evidence_find(line->operands[0], line->operands[1], &arena, &cited, &problem);
    enum exit_code code = status == STATUS_SYSTEM ? EXIT_TROUBLE : EXIT_USAGE;
    if (status != STATUS_OK) {
        fprintf(stderr, "vedette evidence: %s\n", problem.text);
    } else {
        char record[24];
        const struct position *position = &cited.record.position;
        char *file = evidence_file(&cited);
        snprintf(record, sizeof record, "%llu",
                 (unsigned long long)(position->line ? position->line : position->record_id));
        code = evidence_look(line, file, record, &cited.record);
        memory_free(file);
    }
    arena_done(&arena);
    return code;
}

static enum exit_code evidence_run(const struct command_line *line) {
    if (line->operand_count == 2)
        return evidence_of_case(line);
    const char *operand = line->operands[0];
    const char *colon = strrchr(operand, ':');
    if (line->operand_count != 1 || !colon || colon == operand || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
        fprintf(stderr, "vedette evidence: takes FILE:RECORD, with a record id or line number, or "
                        "CASE TAG\n");
        return EXIT_USAGE;
    }
    char *file = memory_keep_text(operand, (size_t)(colon - operand));
    enum exit_code code = evidence_look(line, file, colon + 1, NULL);
    memory_free(file);
    return code;
}

const struct command command_evidence = {
    .name = "evidence",
    .summary = "print the record a finding stands on",
    .operands = "FILE:RECORD | CASE TAG",
    .operands_min = 1,
    .text =
        "Prints where the record lies, the SHA-256 of its raw bytes, and the record itself.\n"
        "FILE is written as in the finding, also inside archives (case.zip!dir/a.evtx:4711).\n"
        "With a case and a tag of its reports: that record, as it lies in the evidence now; exit\n"
        "status 3 when its bytes are no longer those that were cited.",
    .options = options,
    .run = evidence_run,
};
