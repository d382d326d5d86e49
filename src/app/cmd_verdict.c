// vedette verdict
// SPDX-License-Identifier: Apache-2.0
#include "app/case_reading.h"
#include "app/evidence_tag.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"why", 0, OPTION_TEXT, "TEXT", NULL, NULL,
     "the reason, which a verdict must have; reports tell it"},
    {"by", 0, OPTION_TEXT, "NAME", NULL, NULL, "whose verdict it is; $USER"},
    {0},
};

static enum status verdict_list(struct case_reading *reading) {
    struct store_verdict *rows;
    size_t count;
    struct buffer *to = &reading->text;
    enum status status = store_verdicts(reading->directory.store, &reading->directory.arena, &rows,
                                        &count, &reading->problem);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < count; i++) {
        buffer_append_slice(to, slice_part(rows[i].at, 0, 19));
        buffer_append_text(to, "  ");
        text_append_terminal(to, rows[i].tag);
        buffer_append_text(to, rows[i].is_benign ? "  benign     " : "  malicious  ");
        text_append_terminal(to, rows[i].who);
        buffer_append_text(to, ": ");
        text_append_terminal(to, rows[i].why);
        buffer_append_byte(to, '\n');
    }
    if (!count)
        buffer_append_text(to, "No verdicts yet: vedette verdict CASE TAG benign|malicious --why "
                               "\"...\"\n");
    memory_free(rows);
    return case_reading_flush(reading);
}

static const char *verdict_who(const struct command_line *line, char number[24]) {
    const char *said = command_line_text(line, "by");
    if (!said)
        said = getenv("USER");
    if (said && *said)
        return said;
    snprintf(number, 24, "uid %u", (unsigned)geteuid());
    return number;
}

static enum status verdict_put(struct case_reading *reading) {
    const struct command_line *line = reading->line;
    struct store_cited cited;
    struct timespec now;
    char who[24], at[CLOCK_TEXT_SIZE];
    enum status status = evidence_tag_find(reading->directory.store, line->operands[1],
                                           &reading->directory.arena, &cited, &reading->problem);
    if (status != STATUS_OK)
        return status;
    clock_gettime(CLOCK_REALTIME, &now);
    size_t size = clock_format(now.tv_sec * INT64_C(1000000000) + now.tv_nsec, at);
    struct store_verdict verdict = {
        .is_benign = strcmp(line->operands[2], "benign") == 0,
        .tag = cited.record.tag,
        .why = slice_of_string(command_line_text(line, "why")),
        .who = slice_of_string(verdict_who(line, who)),
        .at = slice_of(at, size),
    };
    memcpy(verdict.sha256, cited.record.sha256, sizeof verdict.sha256);
    return store_put_verdict(reading->directory.store, &verdict, &reading->problem);
}

static void verdict_count(struct buffer *to, uint32_t count, const char *one, const char *many) {
    buffer_append_format(to, "%u %s", count, count == 1 ? one : many);
}

// The verdict, all reports and the story's rows in one transaction.
static enum status verdict_give(struct case_reading *reading) {
    struct problem *problem = &reading->problem;
    struct case_directory *directory = &reading->directory;
    enum status status = case_directory_log_begin(directory, reading->line, problem);
    if (status == STATUS_OK)
        status = store_begin(directory->store, problem);
    if (status == STATUS_OK)
        status = verdict_put(reading);
    if (status == STATUS_OK)
        status = case_reading_tell(reading, NULL);
    if (status == STATUS_OK)
        status = case_directory_write(directory, reading->run, &reading->story, false, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(&reading->text, "Noted. The case now tells ");
    verdict_count(&reading->text, reading->story.made->campaign_count, "campaign", "campaigns");
    buffer_append_text(&reading->text, " and ");
    verdict_count(&reading->text, reading->story.made->incident_count, "incident", "incidents");
    buffer_append_text(&reading->text, "; its reports are written anew.\n");
    return case_reading_flush(reading);
}

static enum status verdict_check(const struct command_line *line, struct problem *problem) {
    bool lists = line->operand_count == 1;
    if (!lists && (line->operand_count != 3 || (strcmp(line->operands[2], "benign") != 0 &&
                                                strcmp(line->operands[2], "malicious") != 0)))
        return problem_set(problem, STATUS_USAGE, "takes CASE, or CASE TAG benign|malicious");
    const char *why = command_line_text(line, "why");
    if (!lists && (!why || !*why))
        return problem_set(problem, STATUS_USAGE,
                           "a verdict needs its reason: --why \"...\" (who reads it later was not "
                           "there)");
    return STATUS_OK;
}

static enum exit_code verdict_run(const struct command_line *line) {
    struct problem problem;
    if (verdict_check(line, &problem) != STATUS_OK) {
        fprintf(stderr, "vedette verdict: %s\n", problem.text);
        return EXIT_USAGE;
    }
    struct case_reading reading;
    enum status status = case_reading_init(&reading, line, false);
    if (status == STATUS_OK)
        status = line->operand_count == 1 ? verdict_list(&reading) : verdict_give(&reading);
    case_directory_log_end(&reading.directory, "exit %d", status == STATUS_OK ? 0 : 2);
    return case_reading_done(&reading, status);
}

const struct command command_verdict = {
    .name = "verdict",
    .summary = "say of a cited record that it is benign or malicious",
    .operands = "CASE [TAG benign|malicious]",
    .operands_min = 1,
    .text =
        "With a TAG, --why is mandatory. Findings that stand on the record count for nothing "
        "(benign) or in full (malicious);\n"
        "no evidence is deleted. The case is judged again and its reports are written anew. A\n"
        "verdict holds for the record's bytes, so it survives whatever is added to the case; a\n"
        "later one on the same record holds in its place, and both stay in the case and its\n"
        "reports. With CASE alone: all verdicts.",
    .options = options,
    .run = verdict_run,
};
