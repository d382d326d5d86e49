// Scores a report against the truth of a play
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/check_record.h"
#include "drill/check_score.h"
#include "drill/drill.h"

#include <stdio.h>
#include <string.h>

enum {
    PATH_SIZE_MAX = 4096,
    TEXT_SIZE_MAX = 256 << 20
};

struct checking {
    struct check_document truth_text, report_text;
    struct check_names names;
    struct check_side truth, report;
};

static enum status read_both(struct checking *checking, const struct drill_check_options *options,
                             struct problem *problem) {
    char path[PATH_SIZE_MAX];
    int size = snprintf(path, sizeof path, "%s/truth.json", options->directory);
    if (size < 0 || (size_t)size >= sizeof path)
        return problem_set(problem, STATUS_USAGE, "too long a path");
    enum status status = check_document_open(&checking->truth_text, path, problem);
    if (status == STATUS_OK)
        status = check_read_truth(&checking->truth_text, &checking->names, &checking->truth);
    if (status == STATUS_OK)
        status = check_document_open(&checking->report_text, options->report, problem);
    if (status == STATUS_OK)
        status = check_read_report(&checking->report_text, &checking->names, &checking->report);
    return status;
}

static enum status print(const struct check_score *score, bool json, char **ret_text,
                         struct problem *problem) {
    struct buffer text;
    buffer_init(&text, TEXT_SIZE_MAX);
    if (json)
        check_print_json(score, &text);
    else
        check_print_table(score, &text);
    enum status status = STATUS_OK;
    if (text.failed)
        status = problem_set(problem, STATUS_LIMIT, "the score is larger than 256 MiB");
    else
        *ret_text = memory_keep_text(text.data, text.size);
    buffer_done(&text);
    return status;
}

enum status drill_check(const struct drill_check_options *options, char **ret_text, bool *ret_right,
                        struct problem *problem) {
    struct checking checking = {0};
    struct check_score score = {0};
    check_names_init(&checking.names);
    enum status status = read_both(&checking, options, problem);
    if (status == STATUS_OK) {
        check_records(options->directory, checking.report.citations,
                      checking.report.citation_count);
        status =
            check_score_make(&checking.truth, &checking.report, &checking.names, &score, problem);
    }
    if (status == STATUS_OK)
        status = print(&score, options->json, ret_text, problem);
    if (status == STATUS_OK)
        *ret_right = score.right;
    check_score_done(&score);
    check_side_done(&checking.truth);
    check_side_done(&checking.report);
    check_names_done(&checking.names);
    check_document_done(&checking.truth_text);
    check_document_done(&checking.report_text);
    return status;
}
