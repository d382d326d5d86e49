// vedette scan
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/interrupt.h"
#include "app/progress.h"
#include "app/rule_options.h"
#include "app/scan_case.h"
#include "app/scan_story.h"
#include "app/shut_in.h"
#include "base/memory.h"
#include "base/text.h"
#include "match/indicators.h"
#include "match/match.h"
#include "match/yara_scan.h"
#include "pipeline/pipeline.h"
#include "relate/relate.h"
#include "report/report.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct option_row options[] = {
    RULE_OPTIONS,
    {"output", 'o', OPTION_PATH, "FILE", NULL, NULL,
     "all findings into FILE; - is standard output. DIR/ (or a directory that is there): a case, "
     "with database and reports, to which later scans add"},
    {"no-custody", 0, OPTION_FLAG, NULL, NULL, NULL,
     "a case without the SHA-256 of its evidence files"},
    {"format", 'f', OPTION_CHOICE, "FORMAT", "table|jsonl|json|csv", NULL,
     "form of the findings; by FILE's ending, else jsonl"},
    {"report", 0, OPTION_LIST, "FILE", NULL, NULL,
     "what happened, as campaigns and incidents; by FILE's ending: .html .json .md .txt "
     ".stix.json .threat.json .jsonl .csv indicators.csv"},
    {"tlp", 0, OPTION_CHOICE, "LABEL", "clear|green|amber|amber+strict|red", "red",
     "who may see the reports (TLP 2.0); what rules ask by their tags makes it stricter only"},
    {"no-detectors", 0, OPTION_FLAG, NULL, NULL, NULL,
     "rules only: no relations, no judgement over many records, no campaigns"},
    {"since", 0, OPTION_TIME, "TIME", NULL, NULL, "only events at or after TIME (UTC)"},
    {"until", 0, OPTION_TIME, "TIME", NULL, NULL, "only events before TIME (UTC)"},
    {"host", 0, OPTION_LIST, "NAME", NULL, NULL,
     "only events of this host; evidence that names none is taken to be its own"},
    {"yara", 0, OPTION_LIST, "PATH", NULL, NULL,
     "YARA rules (sources), over files and, with the tag LOG, over the text of logs"},
    {"iocs", 0, OPTION_LIST, "PATH", NULL, NULL,
     "indicators: plain lists, CSV, STIX 2.1, MISP JSON; hashes, addresses, names, URLs, paths, "
     "..."},
    {"iocs-ignore", 0, OPTION_LIST, "PATH", NULL, NULL,
     "lists of what is no indicator, whatever --iocs says (warninglists)"},
    {"iocs-anywhere", 0, OPTION_FLAG, NULL, NULL, NULL,
     "look for indicators in every field, not only in those made for their kind"},
    {"files", 0, OPTION_FLAG, NULL, NULL, NULL,
     "also files that are no log: hashes, program facts, script measures"},
    {"sha256-only", 0, OPTION_FLAG, NULL, NULL, NULL,
     "of files SHA-256 alone, at three times the speed; lists of SHA-1 and MD5 then find none"},
    {"recover", 0, OPTION_FLAG, NULL, NULL, NULL, "also read records in slack and free space"},
    {"collected", 0, OPTION_TIME, "TIME", NULL, NULL,
     "when the evidence was taken (now): gives their year to logs that write none"},
    {"fail-on", 0, OPTION_CHOICE, "LEVEL", "informational|low|medium|high|critical", NULL,
     "exit 1 when there is a finding of this level or above"},
    {"threads", 0, OPTION_COUNT, "N", NULL, NULL, "worker threads; as many as processors"},
    {"spill", 0, OPTION_PATH, "DIR", NULL, NULL, "where large sorts go; $TMPDIR or /tmp"},
    {"color", 0, OPTION_CHOICE, "WHEN", "auto|always|never", "auto", "colour; NO_COLOR is obeyed"},
    {"quiet", 'q', OPTION_FLAG, NULL, NULL, NULL, "no summary, no criticals as they come"},
    {0},
};

// Everything of one call.
struct scan {
    const struct command_line *line;
    struct progress progress;
    struct rule_choice choice;
    struct ruleset *ruleset;
    struct yara_rules *yara;       // NULL: none
    struct indicators *indicators; // NULL: none
    const struct output *output;   // NULL: summary only
    FILE *to;
    const char *to_name;
    const char *spill_directory;
    const char *sandbox_missing;
    struct tally tally;
    struct scan_story story;
    struct scan_case scan_case;
    struct problem problem;
};

static enum exit_code scan_trouble(const struct scan *scan, enum status status) {
    progress_done((struct progress *)(uintptr_t)&scan->progress);
    fprintf(stderr, "vedette scan: %s\n", scan->problem.text);
    return status == STATUS_USAGE || status == STATUS_NOT_FOUND ? EXIT_USAGE : EXIT_TROUBLE;
}

// "findings.csv" asks for CSV.
static const char *scan_format_of(const char *path) {
    const char *dot = path ? strrchr(path, '.') : NULL;
    if (dot && (strcmp(dot, ".csv") == 0 || strcmp(dot, ".json") == 0))
        return dot + 1;
    return "jsonl";
}

// Opened before the sandbox closes; what is in it stays until there is something to write.
static enum status scan_open_output(struct scan *scan) {
    const char *path = command_line_text(scan->line, "output");
    const char *format = command_line_text(scan->line, "format");
    if ((!path && !format) || scan->scan_case.path)
        return STATUS_OK;
    scan->output = report_output_find(format ? format : scan_format_of(path));
    scan->to = stdout;
    scan->to_name = "standard output";
    if (!path || strcmp(path, "-") == 0)
        return STATUS_OK;
    scan->to_name = path;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    scan->to = fd < 0 ? NULL : fdopen(fd, "w");
    return scan->to ? STATUS_OK : problem_set_errno(&scan->problem, "open %s", path);
}

static enum status scan_open_story(struct scan *scan) {
    struct scan_story_options story = {.evidence = scan->line->operands,
                                       .evidence_count = scan->line->operand_count};
    story.tlp = command_line_text(scan->line, "tlp");
    story.reports = command_line_list(scan->line, "report", &story.report_count);
    return scan_story_open(&scan->story, &story, &scan->problem);
}

static enum status scan_empty_output(struct scan *scan) {
    struct stat about;
    if (!scan->output || scan->to == stdout || fstat(fileno(scan->to), &about) != 0 ||
        !S_ISREG(about.st_mode) || ftruncate(fileno(scan->to), 0) == 0)
        return STATUS_OK;
    return problem_set_errno(&scan->problem, "empty %s", scan->to_name);
}

// What can be seen to be wrong before anything is opened for writing.
static enum status scan_check(struct scan *scan) {
    const struct command_line *line = scan->line;
    const char *const *evidence = line->operands;
    const char *output = command_line_text(line, "output");
    if (scan->scan_case.path)
        output = scan->scan_case.path;
    const char *written[] = {output && strcmp(output, "-") != 0 ? output : NULL,
                             command_line_text(line, "cache"), command_line_text(line, "spill")};
    size_t report_count;
    const char *const *reports = command_line_list(line, "report", &report_count);
    int64_t since_ns = command_line_time(line, "since");
    int64_t until_ns = command_line_time(line, "until");
    if (since_ns != CLOCK_NONE && until_ns != CLOCK_NONE && since_ns >= until_ns)
        return problem_set(&scan->problem, STATUS_USAGE, "--since is not before --until");
    enum status status = shut_in_check_evidence(evidence, line->operand_count, &scan->problem);
    if (status == STATUS_OK && access(scan->spill_directory, W_OK | X_OK) != 0)
        return problem_set_errno(&scan->problem, "spill directory %s", scan->spill_directory);
    for (size_t i = 0; i < ARRAY_SIZE(written) && status == STATUS_OK; i++)
        if (written[i])
            status =
                shut_in_check_written(written[i], evidence, line->operand_count, &scan->problem);
    for (size_t i = 0; i < report_count && status == STATUS_OK; i++)
        status = shut_in_check_written(reports[i], evidence, line->operand_count, &scan->problem);
    return status;
}

static enum status scan_shut_in(struct scan *scan) {
    size_t yara_count, indicator_count, ignored_count;
    struct shut_in paths = {
        .evidence = scan->line->operands,
        .evidence_count = scan->line->operand_count,
        .rules = scan->choice.options.paths,
        .rule_count = scan->choice.options.path_count,
        .placeholders = scan->choice.options.placeholder_paths,
        .placeholder_count = scan->choice.options.placeholder_count,
        .yara = command_line_list(scan->line, "yara", &yara_count),
        .indicators = command_line_list(scan->line, "iocs", &indicator_count),
        .ignored = command_line_list(scan->line, "iocs-ignore", &ignored_count),
        .case_directory = scan->scan_case.path,
        .cache_directory = scan->choice.options.cache_directory,
        .spill_directory = scan->spill_directory,
    };
    paths.yara_count = yara_count;
    paths.indicator_count = indicator_count;
    paths.ignored_count = ignored_count;
    return shut_in_enter(&paths, &scan->sandbox_missing, &scan->problem);
}

static enum status scan_flush(struct scan *scan, struct buffer *text) {
    if (text->failed)
        return problem_set(&scan->problem, STATUS_LIMIT, "a finding is too large to print");
    if (text->size && fwrite(text->data, 1, text->size, scan->to) != text->size)
        return problem_set_errno(&scan->problem, "write %s", scan->to_name);
    buffer_reset(text);
    return STATUS_OK;
}

static struct slice scan_source_path(const void *context, uint32_t source) {
    return pipeline_source_path(context, source);
}

enum {
    SCAN_TEXT_MAX = 256 << 20,
    SCAN_FLUSH_BYTES = 256 << 10
};

// Pass all findings on: into the output, and into the tally.
static enum status scan_write(struct scan *scan, struct pipeline_run *run, struct buffer *text) {
    struct source_names names = {run, scan_source_path};
    struct finding *finding = memory_new(1, sizeof *finding);
    enum status status = STATUS_OK;
    bool first = true;
    if (scan->output)
        scan->output->begin(text);
    for (;;) {
        bool more;
        status = pipeline_next(run, finding, &more, &scan->problem);
        if (status != STATUS_OK || !more)
            break;
        tally_add(&scan->tally, finding);
        if (!scan->output)
            continue;
        scan->output->finding(text, finding, &names, first);
        first = false;
        if (text->size > SCAN_FLUSH_BYTES && (status = scan_flush(scan, text)) != STATUS_OK)
            break;
    }
    memory_free(finding);
    if (status != STATUS_OK || !scan->output)
        return status;
    scan->output->end(text, !pipeline_counts(run)->interrupted);
    status = scan_flush(scan, text);
    if (status == STATUS_OK && fflush(scan->to) != 0)
        status = problem_set_errno(&scan->problem, "write %s", scan->to_name);
    return status;
}

static void scan_summarise(struct scan *scan, const struct pipeline_run *run, double seconds,
                           struct buffer *text) {
    const struct pipeline_counts *counts = pipeline_counts(run);
    FILE *to = scan->output && scan->to == stdout ? stderr : stdout;
    struct source_names names = {run, scan_source_path};
    struct summary summary = {
        .tally = &scan->tally,
        .names = &names,
        .files = counts->files,
        .bytes = counts->bytes,
        .events = counts->events,
        .damaged = counts->damaged,
        .recovered = counts->recovered,
        .unknown_events = counts->unknown_events,
        .unknown_files = pipeline_unknown_count(run),
        .gb18030_names = pipeline_gb18030_count(run),
        .regex_limits = counts->regex_limits,
        .correlation_overflow = counts->correlation_overflow,
        .rules = ruleset_count(scan->ruleset),
        .first_ns = counts->first_ns,
        .last_ns = counts->last_ns,
        .seconds = seconds,
        .interrupted = counts->interrupted && !scan->story.made, // else the story says it
        .sandbox_missing = scan->sandbox_missing,
        .colour = progress_colour(command_line_text(scan->line, "color"), fileno(to)),
    };
    summary.unknown_paths = pipeline_unknown_paths(run, &summary.unknown_path_count);
    summary.empty_files = pipeline_empty_count(run, &summary.empty_path);
    summary.gaps = pipeline_gaps(run, &summary.gap_count);
    for (size_t i = 0; i < ruleset_complaint_count(scan->ruleset); i++)
        summary.rules_refused += ruleset_complaint(scan->ruleset, i)->refused;
    report_summary(text, &summary);
    scan_story_show(&scan->story, run, text);
    if (scan->scan_case.path)
        scan_case_show(&scan->scan_case, run, text);
    fwrite(text->data, 1, text->size, to);
    if (scan->scan_case.path)
        return;
    if (!scan->output)
        fputs("\nAll findings with their evidence: -o FILE (jsonl), or -f table\n", to);
    else if (scan->to != stdout)
        fprintf(to, "\nAll findings: %s\n", scan->to_name);
}

static enum exit_code scan_exit_code(const struct scan *scan, const struct pipeline_run *run) {
    const char *fail_on = command_line_text(scan->line, "fail-on");
    enum rule_level level = RULE_LEVEL_COUNT;
    if (fail_on)
        rule_level_parse(slice_of_string(fail_on), &level);
    if (pipeline_counts(run)->interrupted)
        return EXIT_INTERRUPTED;
    for (int i = (int)level; i < RULE_LEVEL_COUNT; i++)
        if (scan->tally.by_level[i])
            return EXIT_FINDINGS;
    size_t gaps;
    pipeline_gaps(run, &gaps);
    const struct pipeline_counts *counts = pipeline_counts(run);
    bool nothing = counts->files == 0 || (counts->unknown_events && !counts->known_events);
    return gaps || nothing || counts->regex_limits || counts->correlation_overflow ? EXIT_PARTIAL
                                                                                   : EXIT_DONE;
}

static enum exit_code scan_finish(struct scan *scan, struct pipeline_run *run, double seconds) {
    struct buffer text;
    buffer_init(&text, SCAN_TEXT_MAX);
    tally_init(&scan->tally);
    if (pipeline_relations(run))
        scan->tally.fleet = relation_store_fleet(pipeline_relations(run));
    enum status status = scan_write(scan, run, &text);
    tally_sort(&scan->tally);
    scan->story.tally = &scan->tally;
    if (status == STATUS_OK && !command_line_flag(scan->line, "no-detectors"))
        status = scan_story_tell(&scan->story, run, &text, &scan->problem);
    if (status == STATUS_OK)
        status = scan_case_end(&scan->scan_case, run, &scan->story, &scan->problem);
    enum exit_code code = EXIT_DONE;
    if (status == STATUS_OK) {
        if (!command_line_flag(scan->line, "quiet"))
            scan_summarise(scan, run, seconds, &text);
        code = scan_exit_code(scan, run);
    } else {
        code = scan_trouble(scan, status);
    }
    tally_done(&scan->tally);
    buffer_done(&text);
    return code;
}

static unsigned scan_threads(const struct command_line *line) {
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    uint64_t count = command_line_count(line, "threads", processors > 0 ? (uint64_t)processors : 1);
    return count < 1 ? 1 : count > 256 ? 256 : (unsigned)count;
}

static enum exit_code scan_evidence(struct scan *scan) {
    const struct command_line *line = scan->line;
    struct pipeline_options pipeline = {
        .paths = line->operands,
        .path_count = line->operand_count,
        .ruleset = scan->ruleset,
        .recover = command_line_flag(line, "recover"),
        .files = command_line_flag(line, "files"),
        .sha256_only = command_line_flag(line, "sha256-only"),
        .relations = !command_line_flag(line, "no-detectors"),
        .detectors = !command_line_flag(line, "no-detectors"),
        .collected_ns = command_line_collected(line),
        .yara = scan->yara,
        .indicators = scan->indicators,
        .threads = scan_threads(line),
        .spill_directory = scan->spill_directory,
        .keep = scan->scan_case.path ? &scan->scan_case.keep : NULL,
        .stop = interrupt_watch(),
        .context = &scan->progress,
        .watch = progress_watch,
        .critical = progress_critical,
    };
    pipeline.filter.since_ns = command_line_time(line, "since");
    pipeline.filter.until_ns = command_line_time(line, "until");
    pipeline.filter.hosts = command_line_list(line, "host", &pipeline.filter.host_count);
    pipeline.host = pipeline.filter.host_count == 1 ? pipeline.filter.hosts[0] : NULL;
    int64_t started_ns = clock_now_monotonic();
    struct pipeline_run *run;
    enum status status = pipeline_scan(&pipeline, &run, &scan->problem);
    if (status != STATUS_OK)
        return scan_trouble(scan, status);
    progress_done(&scan->progress);
    double seconds = (double)(clock_now_monotonic() - started_ns) / 1e9;
    enum exit_code code = scan_finish(scan, run, seconds);
    pipeline_free(run);
    return code;
}

// A scan that looks for nothing would find nothing, and read like good news.
static enum status scan_read_rules(struct scan *scan) {
    enum status status = ruleset_new(&scan->choice.options, &scan->ruleset, &scan->problem);
    if (status != STATUS_OK ||
        ruleset_count(scan->ruleset) + ruleset_correlation_count(scan->ruleset))
        return status;
    return problem_set(&scan->problem, STATUS_USAGE,
                       "there is no rule to scan with in %s%s (vedette rules lint tells more)",
                       scan->choice.options.paths[0],
                       scan->choice.options.path_count > 1 ? " and the others" : "");
}

static void scan_complain(const char *what, const struct rule_complaint *complaint) {
    struct buffer text;
    buffer_init(&text, SCAN_TEXT_MAX);
    buffer_append_format(&text, "vedette scan: %s: ", what);
    text_append_terminal(&text, complaint->file);
    if (complaint->line)
        buffer_append_format(&text, ":%u", complaint->line);
    buffer_append_text(&text, ": ");
    text_append_terminal(&text, complaint->text);
    buffer_append_byte(&text, '\n');
    fwrite(text.data, 1, text.size, stderr);
    buffer_done(&text);
}

// What is no indicator, or a pattern that is more, is told, and the others are used.
static enum status scan_read_indicators(struct scan *scan) {
    struct indicator_options wanted = {.anywhere = command_line_flag(scan->line, "iocs-anywhere")};
    wanted.paths = command_line_list(scan->line, "iocs", &wanted.path_count);
    wanted.ignored = command_line_list(scan->line, "iocs-ignore", &wanted.ignored_count);
    if (!wanted.path_count)
        return STATUS_OK;
    enum status status = indicators_new(&wanted, &scan->indicators, &scan->problem);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < indicators_complaint_count(scan->indicators); i++)
        scan_complain("indicator left out", indicators_complaint(scan->indicators, i));
    return STATUS_OK;
}

// A file of YARA rules that does not compile is told, and the others are used.
static enum status scan_read_yara(struct scan *scan) {
    size_t count;
    const char *const *paths = command_line_list(scan->line, "yara", &count);
    if (!count)
        return STATUS_OK;
    enum status status = yara_rules_new(paths, count, &scan->yara, &scan->problem);
    if (status != STATUS_OK)
        return status;
    for (size_t i = 0; i < yara_rules_complaint_count(scan->yara); i++)
        scan_complain("YARA rules refused", yara_rules_complaint(scan->yara, i));
    return STATUS_OK;
}

static enum exit_code scan_prepared(struct scan *scan) {
    enum status status = scan_open_output(scan);
    if (status == STATUS_OK)
        status = scan_open_story(scan);
    if (status == STATUS_OK)
        status = scan_shut_in(scan);
    if (status == STATUS_OK)
        status = scan_read_rules(scan);
    if (status == STATUS_OK)
        status = scan_read_yara(scan);
    if (status == STATUS_OK)
        status = scan_read_indicators(scan);
    if (status == STATUS_OK)
        status = scan_empty_output(scan);
    struct scan_case_rules rules = {scan->ruleset, scan->yara, scan->indicators};
    if (status == STATUS_OK)
        status =
            scan_case_begin(&scan->scan_case, scan->line, &rules, &scan->story, &scan->problem);
    int64_t started_ns = clock_now_monotonic();
    enum exit_code code = status == STATUS_OK ? scan_evidence(scan) : scan_trouble(scan, status);
    scan_case_log(&scan->scan_case, code, (double)(clock_now_monotonic() - started_ns) / 1e9);
    scan_story_done(&scan->story);
    ruleset_free(scan->ruleset);
    yara_rules_free(scan->yara);
    indicators_free(scan->indicators);
    bool told = code == EXIT_TROUBLE || code == EXIT_USAGE;
    if (scan->to && scan->to != stdout && fclose(scan->to) != 0 && !told) {
        problem_set_errno(&scan->problem, "close %s", scan->to_name);
        return scan_trouble(scan, STATUS_SYSTEM);
    }
    return code;
}

static enum exit_code scan_run(const struct command_line *line) {
    struct scan scan = {.line = line};
    const char *spill = command_line_text(line, "spill");
    scan.spill_directory = spill ? spill : shut_in_spill_directory();
    progress_init(&scan.progress, command_line_text(line, "color"),
                  command_line_flag(line, "quiet"));
    interrupt_watch();
    enum status status = rule_choice_init(&scan.choice, line, &scan.problem);
    if (status == STATUS_OK)
        status = scan_case_init(&scan.scan_case, line, &scan.problem);
    if (status == STATUS_OK)
        status = scan_check(&scan);
    if (status == STATUS_OK && scan.scan_case.path)
        status = case_directory_make(scan.scan_case.path, &scan.problem);
    enum exit_code code = status == STATUS_OK ? scan_prepared(&scan) : scan_trouble(&scan, status);
    scan_case_done(&scan.scan_case);
    rule_choice_done(&scan.choice);
    return code;
}

const struct command command_scan = {
    .name = "scan",
    .summary = "find what the rules know in a pile of evidence",
    .operands = "PATH...",
    .operands_min = 1,
    .text =
        "Reads event logs (EVTX, and JSON lines of common shippers), web, mail, proxy, flow and "
        "sensor\n"
        "logs, inventories and files out of files, directories, archives and standard input (-).\n"
        "Formats are recognised. Evaluates Sigma rules on every event, judges over who did what "
        "to\n"
        "whom, and ends with campaigns and incidents. -o writes all findings, sorted by time, "
        "repeats\n"
        "counted, each with the record it stands on; --report what happened.\n\n"
        "-o DIR/, or a directory that is there, makes a case: a database and every form of "
        "report.\n"
        "Later scans into it read only what is new or changed, and one that was interrupted goes "
        "on\n"
        "where it was; report, timeline, hosts, evidence and verdict take the directory.",
    .options = options,
    .run = scan_run,
};
