// vedette evidence
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/case_directory.h"
#include "app/case_hosts.h"
#include "app/event_run.h"
#include "app/evidence_root.h"
#include "app/evidence_tag.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/finding.h"
#include "report/report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"bytes", 0, OPTION_FLAG, NULL, NULL, NULL,
     "write the record's raw bytes and nothing else (sha256sum agrees with the finding)"},
    {"recover", 0, OPTION_FLAG, NULL, NULL, NULL, "also look in slack and free space"},
    {"evidence-root", 0, OPTION_PATH, "DIR", NULL, NULL,
     "with CASE: where the evidence lies now; DIR takes the place of the directory that all of it "
     "had in common"},
    {"collected", 0, OPTION_TIME, "TIME", NULL, NULL,
     "when the evidence was taken (now): gives their year to logs that write none"},
    {0},
};

enum {
    EVIDENCE_TEXT_MAX = 512 << 20
};

// What a case knows of the record that is asked for.
struct evidence_case {
    struct arena arena;
    struct case_hosts hosts;
    struct store_cited cited; // when it was asked for by its tag
    char *root;               // that all evidence of the case had in common, with its '/'
    char *file;               // that holds the record
    char record[24];          // its number or line
};

struct evidence {
    struct slice path;              // of the source that holds the record
    const struct evidence_case *of; // NULL: no case was asked
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

static void evidence_append_time(struct buffer *text, int64_t time_ns) {
    char time[CLOCK_TEXT_SIZE];
    buffer_append(text, time, clock_format(time_ns, time));
}

// "8:00:00 ahead of UTC"
static void evidence_append_skew(struct buffer *text, int64_t skew_ns) {
    long long seconds = llabs((skew_ns + (skew_ns < 0 ? -500000000 : 500000000)) / 1000000000);
    buffer_append_format(text, "%lld:%02lld:%02lld %s true time", seconds / 3600, seconds / 60 % 60,
                         seconds % 60, skew_ns < 0 ? "behind" : "ahead of");
}

// The host, and the time that the story tells: what the record says, without what its host's clock
// was off by.
static void evidence_tell_time(const struct evidence *evidence, const struct event *event,
                               struct slice host, struct buffer *text) {
    const struct store_host *known =
        evidence->of ? case_hosts_find(&evidence->of->hosts, host) : NULL;
    int64_t time_ns = evidence->cited ? evidence->cited->time_ns : event->time_ns;
    int64_t skew_ns = known ? known->skew_ns : 0;
    buffer_append_text(text, "host    ");
    text_append_terminal(text, known ? known->name : host.size ? host : SLICE("not known"));
    buffer_append_text(text, "\ntime    ");
    if (time_ns == CLOCK_NONE) {
        buffer_append_text(text, "none\n");
        return;
    }
    evidence_append_time(text, time_ns - skew_ns);
    if (skew_ns) {
        buffer_append_text(text, " UTC; the record says ");
        evidence_append_time(text, time_ns);
        buffer_append_text(text, ", by a clock (or zone) ");
        evidence_append_skew(text, skew_ns);
        buffer_append_byte(text, '\n');
    } else {
        buffer_append_text(text, known
                                     ? " UTC, as the record says: its clock was taken as right\n"
                                     : " UTC, as the record says, unless it was in another zone\n");
    }
}

static void evidence_tell(const struct evidence *evidence, const struct event *event,
                          struct slice host, struct buffer *text) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    char hex[DIGEST_SHA256_HEX_SIZE];
    reference_digest(event, digest);
    digest_hex(digest, hex);
    const struct position *position = &event->position;
    buffer_append_text(text, "file    ");
    text_append_terminal(text, evidence->path);
    if (position->line)
        buffer_append_format(text, "\nline    %llu", (unsigned long long)position->line);
    else
        buffer_append_format(text, "\nrecord  %llu", (unsigned long long)position->record_id);
    buffer_append_format(text, "\noffset  %llu\nsize    %zu\nsha256  %s\n",
                         (unsigned long long)position->offset, event->raw.size, hex);
    evidence_tell_time(evidence, event, host, text);
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
    evidence_tell(evidence, event, host, &text);
    fwrite(text.data, 1, text.size, stdout);
    buffer_done(&text);
    return true; // exported logs repeat record ids: show them all
}

// "case.zip!a/b.evtx": the archive is opened, its entry looked for. memory_free it.
static char *evidence_outer(const char *file) {
    return memory_keep_text(file, access(file, F_OK) == 0 ? strlen(file) : strcspn(file, "!"));
}

static enum exit_code evidence_look(const struct command_line *line, const char *file,
                                    const char *record, const struct evidence_case *of) {
    const struct store_record *cited = of && of->cited.record.tag.size ? &of->cited.record : NULL;
    struct evidence evidence = {.path = slice_of_string(file),
                                .of = of,
                                .cited = cited,
                                .bytes = command_line_flag(line, "bytes")};
    char *outer = evidence_outer(file);
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

// "servers/DC-01/...evtx:4711", as `timeline` prints it: where the number begins; NULL for a tag.
static const char *evidence_number(const char *word) {
    const char *colon = strrchr(word, ':');
    bool named =
        colon && colon > word && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
    return named ? colon + 1 : NULL;
}

// Which record is meant, before anything is known of where it lies now; `*ret_file` as it lay.
static enum status evidence_name(struct evidence_case *of, struct store *store, const char *word,
                                 char **ret_file, struct problem *problem) {
    const char *number = evidence_number(word);
    if (number) {
        struct slice file = slice_of(word, (size_t)(number - word) - 1);
        snprintf(of->record, sizeof of->record, "%s", number);
        *ret_file = evidence_path(slice_of_string(of->root), file);
        return STATUS_OK;
    }
    enum status status = evidence_tag_find(store, word, &of->arena, &of->cited, problem);
    if (status != STATUS_OK)
        return status;
    const struct position *position = &of->cited.record.position;
    snprintf(of->record, sizeof of->record, "%llu",
             (unsigned long long)(position->line ? position->line : position->record_id));
    *ret_file = evidence_path(of->cited.directory, of->cited.path);
    return STATUS_OK;
}

// The evidence may have been moved, as a whole.
static enum status evidence_place(struct evidence_case *of, char *file, const char *moved,
                                  struct problem *problem) {
    struct slice whole = slice_of_string(file), root = slice_of_string(of->root);
    struct buffer path;
    buffer_init(&path, 1 << 20);
    if (moved && slice_starts(whole, root)) {
        buffer_append_format(&path, "%s/", moved);
        whole = slice_part(whole, root.size, SIZE_MAX);
    }
    buffer_append_slice(&path, whole);
    of->file = memory_keep_text(path.data, path.size);
    buffer_done(&path);
    char *outer = evidence_outer(of->file);
    bool there = access(outer, F_OK) == 0;
    memory_free(outer);
    if (there)
        return STATUS_OK;
    return problem_set(problem, STATUS_NOT_FOUND,
                       "%s is not there; the case's evidence lay below %s: --evidence-root DIR "
                       "says where it lies now",
                       of->file, of->root);
}

// The case tells which file has to be read, so it is opened before the sandbox is entered.
static enum status evidence_find(struct evidence_case *of, const struct command_line *line,
                                 struct problem *problem) {
    struct case_directory directory;
    struct slice *roots = NULL;
    char *file = NULL;
    size_t count = 0;
    if (!case_directory_is_meant(line->operands[0]))
        return problem_set(problem, STATUS_USAGE, "%s is no case: no directory", line->operands[0]);
    enum status status = case_directory_open(&directory, line->operands[0], STORE_READ, problem);
    if (status == STATUS_OK)
        status = store_directories(directory.store, &of->arena, &roots, &count, problem);
    if (status == STATUS_OK) {
        of->root = evidence_root(roots, count);
        status = case_hosts_read(directory.store, &of->arena, &of->hosts, problem);
    }
    if (status == STATUS_OK)
        status = evidence_name(of, directory.store, line->operands[1], &file, problem);
    if (status == STATUS_OK)
        status = evidence_place(of, file, command_line_text(line, "evidence-root"), problem);
    memory_free(file);
    memory_free(roots);
    case_directory_done(&directory);
    return status;
}

static enum exit_code evidence_of_case(const struct command_line *line) {
    struct evidence_case of = {0};
    struct problem problem;
    arena_init(&of.arena, EVIDENCE_TEXT_MAX);
    enum status status = evidence_find(&of, line, &problem);
    enum exit_code code = status == STATUS_SYSTEM ? EXIT_TROUBLE : EXIT_USAGE;
    if (status != STATUS_OK)
        fprintf(stderr, "vedette evidence: %s\n", problem.text);
    else
        code = evidence_look(line, of.file, of.record, &of);
    case_hosts_done(&of.hosts);
    memory_free(of.root);
    memory_free(of.file);
    arena_done(&of.arena);
    return code;
}

static enum exit_code evidence_run(const struct command_line *line) {
    if (line->operand_count == 2)
        return evidence_of_case(line);
    const char *operand = line->operands[0];
    const char *number = line->operand_count == 1 ? evidence_number(operand) : NULL;
    if (!number || command_line_text(line, "evidence-root")) {
        fprintf(stderr, "vedette evidence: takes FILE:RECORD, with a record id or line number, or "
                        "CASE and a TAG or FILE:RECORD (--evidence-root needs the CASE)\n");
        return EXIT_USAGE;
    }
    char *file = memory_keep_text(operand, (size_t)(number - operand) - 1);
    char *outer = evidence_outer(file);
    if (access(outer, F_OK) != 0)
        fprintf(stderr, "vedette evidence: a name out of a case's report is taken with the case: "
                        "vedette evidence CASE FILE:RECORD\n");
    memory_free(outer);
    enum exit_code code = evidence_look(line, file, number, NULL);
    memory_free(file);
    return code;
}

const struct command command_evidence = {
    .name = "evidence",
    .summary = "print the record a finding stands on",
    .operands = "FILE:RECORD | CASE TAG | CASE FILE:RECORD",
    .operands_min = 1,
    .text =
        "Prints where the record lies, the SHA-256 of its raw bytes, its host and time, and the "
        "record\nitself. FILE is a path from here, also inside archives "
        "(case.zip!dir/a.evtx:4711), "
        "or, with a\ncase, as its reports and `vedette timeline` name it. With a case and a tag of "
        "its reports or of\n`timeline`: that record, as it lies in the evidence now; exit status 3 "
        "when its bytes are no\nlonger those that were cited. The time is then the story's, in "
        "UTC: "
        "what the host's clock was\noff by is taken away, and told.",
    .options = options,
    .run = evidence_run,
};
