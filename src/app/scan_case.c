// A scan whose results stay: -o CASE/
// SPDX-License-Identifier: Apache-2.0
#include "app/scan_case.h"

#include "app/build_config.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>

enum status scan_case_init(struct scan_case *scan_case, const struct command_line *line,
                           struct problem *problem) {
    const char *output = command_line_text(line, "output");
    *scan_case = (struct scan_case){.quiet = command_line_flag(line, "quiet")};
    scan_case->directory.log_fd = -1;
    if (!output || strcmp(output, "-") == 0 || !case_directory_is_meant(output))
        return STATUS_OK;
    if (command_line_text(line, "format"))
        return problem_set(problem, STATUS_USAGE,
                           "-f is the form of a FILE; a case is read with vedette report %s",
                           output);
    if (command_line_flag(line, "no-detectors"))
        return problem_set(problem, STATUS_USAGE,
                           "a case holds relations and campaigns: not with --no-detectors");
    for (size_t i = 0; i < line->operand_count; i++)
        if (strcmp(line->operands[i], "-") == 0)
            return problem_set(problem, STATUS_USAGE,
                               "standard input cannot be found again: a case takes files and "
                               "directories");
    size_t size = strlen(output);
    while (size > 1 && output[size - 1] == '/')
        size--;
    scan_case->path = memory_keep_text(output, size);
    return STATUS_OK;
}

void scan_case_done(struct scan_case *scan_case) {
    case_directory_done(&scan_case->directory);
    memory_free(scan_case->path);
}

static void read_by_texts(const struct command_line *line, const char *name, uint8_t *digest) {
    size_t count;
    const char *const *texts = command_line_list(line, name, &count);
    for (size_t i = 0; i < count; i++)
        digest_chain(digest, slice_of_string(texts[i]));
}

// Whatever decides what a record gives, besides the record.
static void scan_case_read_by(struct scan_case *scan_case, const struct command_line *line,
                              const struct scan_case_rules *rules) {
    uint8_t digest[DIGEST_SHA256_SIZE] = {0};
    int64_t numbers[] = {command_line_time(line, "since"),
                         command_line_time(line, "until"),
                         command_line_flag(line, "recover"),
                         command_line_flag(line, "files"),
                         command_line_flag(line, "sha256-only"),
                         rules->yara != NULL,
                         rules->indicators != NULL};
    digest_chain(digest, SLICE(VEDETTE_VERSION));
    digest_chain(digest, slice_of(numbers, sizeof numbers));
    read_by_texts(line, "host", digest);
    ruleset_digest(rules->ruleset, digest);
    if (rules->yara)
        yara_rules_digest(rules->yara, digest);
    if (rules->indicators)
        indicators_digest(rules->indicators, digest);
    digest_hex(digest, scan_case->read_by);
}

static void scan_case_known(void *context, const struct pipeline_known *known) {
    const struct scan_case *scan_case = context;
    if (scan_case->quiet)
        return;
    if (known->other_rules)
        fprintf(stderr, "vedette scan: the case was read by other rules or options: all of it is "
                        "read again\n");
    if (known->whole)
        fprintf(stderr, "vedette scan: %llu of %llu files are in the case already, and the same\n",
                (unsigned long long)known->whole, (unsigned long long)known->files);
    if (known->changed)
        fprintf(stderr, "vedette scan: %llu file%s changed since the last scan: read again\n",
                (unsigned long long)known->changed, known->changed == 1 ? "" : "s");
    if (known->resumed)
        fprintf(stderr, "vedette scan: %llu file%s read in part: reading goes on there\n",
                (unsigned long long)known->resumed, known->resumed == 1 ? " was" : "s were");
}

static enum status scan_case_put_directories(struct scan_case *scan_case,
                                             const struct command_line *line,
                                             struct problem *problem) {
    struct store *store = scan_case->directory.store;
    enum status status = store_begin(store, problem);
    for (size_t i = 0; i < line->operand_count && status == STATUS_OK; i++) {
        char *directory = evidence_root_directory(line->operands[i]);
        status = store_put_directory(store, slice_of_string(directory), problem);
        memory_free(directory);
    }
    return status == STATUS_OK ? store_commit(store, problem) : status;
}

enum status scan_case_begin(struct scan_case *scan_case, const struct command_line *line,
                            const struct scan_case_rules *rules, struct scan_story *story,
                            struct problem *problem) {
    if (!scan_case->path)
        return STATUS_OK;
    enum status status =
        case_directory_open(&scan_case->directory, scan_case->path, STORE_MAKE, problem);
    if (status == STATUS_OK)
        status = case_directory_log_begin(&scan_case->directory, line, problem);
    scan_case->began = status == STATUS_OK;
    if (status == STATUS_OK)
        status = scan_case_put_directories(scan_case, line, problem);
    if (status == STATUS_OK)
        status = case_directory_prepare(&scan_case->directory, story, problem);
    if (status != STATUS_OK)
        return status;
    scan_case_read_by(scan_case, line, rules);
    scan_case->keep = (struct pipeline_keep){.store = scan_case->directory.store,
                                             .version = VEDETTE_VERSION,
                                             .read_by = slice_of_string(scan_case->read_by),
                                             .custody = !command_line_flag(line, "no-custody"),
                                             .context = scan_case,
                                             .known = scan_case_known};
    return STATUS_OK;
}

enum status scan_case_end(struct scan_case *scan_case, struct pipeline_run *run,
                          const struct scan_story *story, struct problem *problem) {
    if (!scan_case->path)
        return STATUS_OK;
    return case_directory_write(&scan_case->directory, run, story, true, problem);
}

void scan_case_log(struct scan_case *scan_case, enum exit_code code, double seconds) {
    if (scan_case->began)
        case_directory_log_end(&scan_case->directory, "exit %d after %.1f s", (int)code, seconds);
}

void scan_case_show(const struct scan_case *scan_case, const struct pipeline_run *run,
                    struct buffer *to) {
    uint64_t partial = pipeline_partial_count(run);
    if (partial)
        buffer_append_format(to,
                             "\n%llu file%s of the case %s read in part only: scan the evidence "
                             "into it again to go on\n",
                             (unsigned long long)partial, partial == 1 ? "" : "s",
                             partial == 1 ? "was" : "were");
    buffer_append_text(to, "\nCase: ");
    text_append_terminal(to, slice_of_string(scan_case->directory.path));
    buffer_append_text(to, "/report.html; vedette report, hosts, timeline, evidence, verdict "
                           "take the directory\n");
}
