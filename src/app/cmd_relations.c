// vedette relations
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/interrupt.h"
#include "app/rule_options.h"
#include "app/shut_in.h"
#include "base/text.h"
#include "pipeline/pipeline.h"
#include "relate/relate.h"
#include "report/report.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"kind", 0, OPTION_LIST, "KIND", NULL, NULL,
     "only relations of this kind: \"logon\", \"web request\", ..."},
    {"order", 0, OPTION_CHOICE, "ORDER", "time|from|to|artefact|account|pair", "time",
     "in which order"},
    {"hosts", 0, OPTION_FLAG, NULL, NULL, NULL,
     "print hosts with their names over time, roles and clocks instead"},
    {"since", 0, OPTION_TIME, "TIME", NULL, NULL, "only events at or after TIME (UTC)"},
    {"until", 0, OPTION_TIME, "TIME", NULL, NULL, "only events before TIME (UTC)"},
    {"host", 0, OPTION_LIST, "NAME", NULL, NULL,
     "only events of this host; evidence that names none is taken to be its own"},
    {"recover", 0, OPTION_FLAG, NULL, NULL, NULL, "also read records in slack and free space"},
    {"collected", 0, OPTION_TIME, "TIME", NULL, NULL,
     "when the evidence was taken (now): gives their year to logs that write none"},
    {"threads", 0, OPTION_COUNT, "N", NULL, NULL, "worker threads; as many as processors"},
    {"spill", 0, OPTION_PATH, "DIR", NULL, NULL, "where large sorts go; $TMPDIR or /tmp"},
    {0},
};

enum {
    RELATIONS_TEXT_MAX = 64 << 20,
    RELATIONS_FLUSH_BYTES = 256 << 10,
    RELATIONS_THREADS_MAX = 1024
};

struct relations {
    const struct command_line *line;
    struct pipeline_options options;
    const char *missing; // of the sandbox
    uint64_t kinds;
    struct buffer text;
    struct problem problem;
};

static enum status relations_flush(struct relations *relations) {
    struct slice text = buffer_slice(&relations->text);
    if (relations->text.failed ||
        (text.size && fwrite(text.data, 1, text.size, stdout) != text.size))
        return problem_set_errno(&relations->problem, "write standard output");
    buffer_reset(&relations->text);
    return STATUS_OK;
}

static enum status relations_choose_kinds(struct relations *relations) {
    size_t count;
    const char *const *names = command_line_list(relations->line, "kind", &count);
    for (size_t i = 0; i < count; i++) {
        uint64_t mask = 0;
        for (unsigned kind = 0; kind < RELATION_KIND_COUNT; kind++)
            if (strcmp(names[i], relation_kind_name((enum relation_kind)kind)) == 0)
                mask = 1ull << kind;
        if (!mask)
            return problem_set(&relations->problem, STATUS_USAGE, "there is no kind '%s'",
                               names[i]);
        relations->kinds |= mask;
    }
    if (count == 0)
        relations->kinds = UINT64_MAX;
    return STATUS_OK;
}

static enum relation_order relations_order(const struct relations *relations) {
    static const char *const NAMES[] = {"time", "from", "to", "artefact", "account", "pair"};
    const char *wanted = command_line_text(relations->line, "order");
    size_t i = 0;
    while (strcmp(NAMES[i], wanted) != 0)
        i++;
    return (enum relation_order)i;
}

static struct slice relations_path(const void *context, uint32_t source) {
    return pipeline_source_path(context, source);
}

// What is printed, and whose sources it names.
struct printing {
    struct relations *relations;
    struct source_names names;
};

static enum status relation_print(void *context, struct relation *relation,
                                  struct problem *problem) {
    struct printing *printing = context;
    struct relations *relations = printing->relations;
    (void)problem; // relations_flush tells it where all of them are kept
    report_append_relation(&relations->text, relation, &printing->names);
    buffer_append_byte(&relations->text, '\n');
    return relations->text.size > RELATIONS_FLUSH_BYTES ? relations_flush(relations) : STATUS_OK;
}

static enum status relations_print(struct relations *relations, const struct pipeline_run *run) {
    struct printing printing = {relations, {run, relations_path}};
    enum status status = relation_source_each(relation_store_source(pipeline_relations(run)),
                                              relations->kinds, relations_order(relations),
                                              relation_print, &printing, &relations->problem);
    return status == STATUS_OK ? relations_flush(relations) : status;
}

static enum status relations_print_hosts(struct relations *relations,
                                         const struct pipeline_run *run) {
    const struct fleet *fleet = relation_store_fleet(pipeline_relations(run));
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < fleet->count && status == STATUS_OK; i++) {
        report_append_host(&relations->text, &fleet->hosts[i]);
        buffer_append_byte(&relations->text, '\n');
        if (relations->text.size > RELATIONS_FLUSH_BYTES)
            status = relations_flush(relations);
    }
    return status == STATUS_OK ? relations_flush(relations) : status;
}

// Gaps and files that nobody knows, on standard error.
static void relations_tell(const struct pipeline_run *run) {
    struct buffer text;
    buffer_init(&text, RELATIONS_TEXT_MAX);
    size_t count;
    const struct gap_sum *gaps = pipeline_gaps(run, &count);
    for (size_t i = 0; i < count; i++) {
        buffer_append_text(&text, "vedette relations: ");
        report_append_gap(&text, &gaps[i], pipeline_source_path(run, gaps[i].source));
    }
    if (text.size)
        fwrite(text.data, 1, text.size, stderr);
    buffer_done(&text);
}

static enum status relations_start(struct relations *relations) {
    const struct command_line *line = relations->line;
    struct pipeline_options *to = &relations->options;
    to->paths = line->operands;
    to->path_count = line->operand_count;
    to->relations = true;
    to->collected_ns = command_line_collected(relations->line);
    to->recover = command_line_flag(line, "recover");
    to->filter.since_ns = command_line_time(line, "since");
    to->filter.until_ns = command_line_time(line, "until");
    to->filter.hosts = command_line_list(line, "host", &to->filter.host_count);
    to->host = to->filter.host_count == 1 ? to->filter.hosts[0] : NULL;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t threads =
        command_line_count(line, "threads", processors > 0 ? (uint64_t)processors : 1);
    to->threads = threads < 1                       ? 1
                  : threads > RELATIONS_THREADS_MAX ? RELATIONS_THREADS_MAX
                                                    : (unsigned)threads;
    to->spill_directory = command_line_text(line, "spill");
    if (!to->spill_directory)
        to->spill_directory = shut_in_spill_directory();
    to->stop = interrupt_watch();
    struct shut_in paths = {.evidence = line->operands,
                            .evidence_count = line->operand_count,
                            .spill_directory = to->spill_directory};
    enum status status = relations_choose_kinds(relations);
    if (status == STATUS_OK)
        status = shut_in_check_evidence(line->operands, line->operand_count, &relations->problem);
    if (status == STATUS_OK && command_line_text(line, "spill"))
        status = shut_in_check_written(to->spill_directory, line->operands, line->operand_count,
                                       &relations->problem);
    return status == STATUS_OK ? shut_in_enter(&paths, &relations->missing, &relations->problem)
                               : status;
}

static enum exit_code relations_run(const struct command_line *line) {
    struct relations relations = {.line = line};
    struct pipeline_run *run = NULL;
    buffer_init(&relations.text, RELATIONS_TEXT_MAX);
    enum status status = relations_start(&relations);
    if (status == STATUS_OK)
        status = pipeline_scan(&relations.options, &run, &relations.problem);
    if (status == STATUS_OK)
        status = command_line_flag(line, "hosts") ? relations_print_hosts(&relations, run)
                                                  : relations_print(&relations, run);
    buffer_done(&relations.text);
    enum exit_code code = EXIT_DONE;
    if (status != STATUS_OK) {
        fprintf(stderr, "vedette relations: %s\n", relations.problem.text);
        code = status == STATUS_USAGE || status == STATUS_NOT_FOUND ? EXIT_USAGE : EXIT_TROUBLE;
    } else {
        size_t gaps;
        relations_tell(run);
        pipeline_gaps(run, &gaps);
        code = pipeline_counts(run)->interrupted          ? EXIT_INTERRUPTED
               : gaps || pipeline_counts(run)->files == 0 ? EXIT_PARTIAL
                                                          : EXIT_DONE;
    }
    if (run)
        pipeline_free(run);
    return code;
}

const struct command command_relations = {
    .name = "relations",
    .summary = "print who did what to whom, as the detectors see it",
    .operands = "PATH...",
    .operands_min = 1,
    .text =
        "Turns the evidence into relations (a logon, a file that came, a web request, ...), makes\n"
        "equal ones one, settles which names and addresses are one host and corrects clocks,\n"
        "then prints a JSON object a line. With --hosts: the hosts it found instead.",
    .options = options,
    .run = relations_run,
};
