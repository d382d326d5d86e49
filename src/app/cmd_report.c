// vedette report
// SPDX-License-Identifier: Apache-2.0
#include "app/case_reading.h"

#include "base/memory.h"

#include <string.h>

static const struct option_row options[] = {
    {"format", 'f', OPTION_CHOICE, "FORMAT",
     "text|html|json|markdown|stix|threat|timesketch|indicators|hosts|findings|findings-csv|"
     "findings-table",
     NULL, "what to write; by FILE's ending, text on standard output"},
    {"output", 'o', OPTION_PATH, "FILE", NULL, NULL, "into FILE; - is standard output"},
    {"tlp", 0, OPTION_CHOICE, "LABEL", "clear|green|amber|amber+strict|red", NULL,
     "who may see it (TLP 2.0); as the scan was told"},
    {0},
};

enum {
    REPORT_FLUSH_BYTES = 256 << 10
};

static struct slice report_path(const void *context, uint32_t source) {
    return pipeline_source_path(context, source);
}

static enum status report_findings(struct case_reading *reading, const char *name) {
    const struct output *output = report_output_find(name);
    struct source_names names = {reading->run, report_path};
    struct finding *finding = memory_new(1, sizeof *finding);
    enum status status = pipeline_rewind(reading->run, &reading->problem);
    bool more = true;
    output->begin(&reading->text);
    for (bool first = true; status == STATUS_OK; first = false) {
        status = pipeline_next(reading->run, finding, &more, &reading->problem);
        if (status != STATUS_OK || !more)
            break;
        output->finding(&reading->text, finding, &names, first);
        if (reading->text.size > REPORT_FLUSH_BYTES)
            status = case_reading_flush(reading);
    }
    memory_free(finding);
    output->end(&reading->text, true);
    return status;
}

// The names of forms are the choices above; those of findings begin so.
static enum status report_say(struct case_reading *reading) {
    static const char FINDINGS[] = "findings";
    const char *format = command_line_text(reading->line, "format");
    const char *path = command_line_text(reading->line, "output");
    if (format && strncmp(format, FINDINGS, strlen(FINDINGS)) == 0)
        return report_findings(reading,
                               format[strlen(FINDINGS)] ? format + strlen(FINDINGS) + 1 : "jsonl");
    const struct report_form *form = format ? report_form_named(format)
                                     : path ? report_form_of_path(path)
                                            : NULL;
    if (!form)
        form = report_form_named("text");
    struct source_names names;
    struct report_input input;
    scan_story_input(&reading->story, reading->run, &names, &input);
    form->append(&reading->text, &input);
    return STATUS_OK;
}

// Nobody takes text for a .docx: an ending that names no form needs the form by name.
static bool report_is_formed(const struct command_line *line) {
    struct problem problem;
    const char *path = command_line_text(line, "output");
    if (!path || strcmp(path, "-") == 0 || command_line_text(line, "format") ||
        report_form_of_path(path))
        return true;
    scan_story_refuse(path, &problem);
    fprintf(stderr, "vedette report: %s; --format says which else\n", problem.text);
    return false;
}

static enum exit_code report_run(const struct command_line *line) {
    struct case_reading reading;
    if (!report_is_formed(line))
        return EXIT_USAGE;
    enum status status = case_reading_init(&reading, line, true);
    if (status == STATUS_OK)
        status = case_reading_tell(&reading, command_line_text(line, "tlp"));
    if (status == STATUS_OK)
        status = report_say(&reading);
    if (status == STATUS_OK)
        status = case_reading_flush(&reading);
    return case_reading_done(&reading, status);
}

const struct command command_report = {
    .name = "report",
    .summary = "tell what a case holds, in any form",
    .operands = "CASE",
    .operands_min = 1,
    .text =
        "Makes a report from the database of a case (vedette scan -o CASE/), with the verdicts\n"
        "that were given since; no evidence is read. The case directory itself holds each\n"
        "form as of the last scan or verdict.",
    .options = options,
    .run = report_run,
};
