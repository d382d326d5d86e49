// vedette evidence
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/event_run.h"
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
    uint64_t found;
};

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
    if (!slice_equal(path, evidence->path))
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

static enum exit_code evidence_look(const struct command_line *line, char *file,
                                    const char *record) {
    struct evidence evidence = {.path = slice_of_string(file),
                                .bytes = command_line_flag(line, "bytes")};
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
    if (evidence.found == 0 && (code == EXIT_DONE || code == EXIT_PARTIAL)) {
        fprintf(stderr, "vedette evidence: %s has no record %s\n", file, record);
        return EXIT_USAGE;
    }
    return code;
}

static enum exit_code evidence_run(const struct command_line *line) {
    const char *operand = line->operands[0];
    const char *colon = strrchr(operand, ':');
    if (line->operand_count != 1 || !colon || colon == operand || !colon[1] ||
        strspn(colon + 1, "0123456789") != strlen(colon + 1)) {
        fprintf(stderr, "vedette evidence: takes FILE:RECORD, with a record id or line number\n");
        return EXIT_USAGE;
    }
    char *file = memory_keep_text(operand, (size_t)(colon - operand));
    enum exit_code code = evidence_look(line, file, colon + 1);
    memory_free(file);
    return code;
}

const struct command command_evidence = {
    .name = "evidence",
    .summary = "print the record a finding stands on",
    .operands = "FILE:RECORD",
    .operands_min = 1,
    .text = "Prints where the record lies, the SHA-256 of its raw bytes, and the record itself.\n"
            "FILE is written as in the finding, also inside archives (case.zip!dir/a.evtx:4711).",
    .options = options,
    .run = evidence_run,
};
