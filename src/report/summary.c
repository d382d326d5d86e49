// The summary people act on
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"

enum {
    SUMMARY_RULES_MAX = 25,
    SUMMARY_HOSTS_MAX = 10,
    SUMMARY_GAPS_MAX = 15,
    SUMMARY_WIDTH = 60
};

static const char *const summary_colours[RULE_LEVEL_COUNT] = {
    [RULE_LEVEL_INFORMATIONAL] = "2", [RULE_LEVEL_LOW] = "36",        [RULE_LEVEL_MEDIUM] = "33",
    [RULE_LEVEL_HIGH] = "31",         [RULE_LEVEL_CRITICAL] = "1;31",
};

static void summary_level(struct buffer *to, const struct summary *summary, int level) {
    const char *name = rule_level_text((enum rule_level)level);
    if (summary->colour)
        buffer_append_format(to, "\x1b[%sm%-13s\x1b[0m", summary_colours[level], name);
    else
        buffer_append_format(to, "%-13s", name);
}

// Escaped, cut to `width` characters' bytes and padded.
static void summary_cell(struct buffer *to, struct slice text, size_t width) {
    size_t from = to->size;
    text_append_terminal(to, text_cut(text, width));
    if (text.size > width)
        buffer_append_text(to, "...");
    while (to->size - from < width)
        buffer_append_byte(to, ' ');
}

static void summary_head(struct buffer *to, const struct summary *summary) {
    buffer_append_format(to, "\nRead %llu file%s, %.1f MB, %llu events in %.2f s; %zu rules",
                         (unsigned long long)summary->files, summary->files == 1 ? "" : "s",
                         (double)summary->bytes / 1e6, (unsigned long long)summary->events,
                         summary->seconds, summary->rules);
    if (summary->rules_refused)
        buffer_append_format(to, " (%zu refused: vedette rules lint)", summary->rules_refused);
    buffer_append_byte(to, '\n');
    if (summary->first_ns != CLOCK_NONE) {
        buffer_append_text(to, "Evidence from ");
        text_append_minute(to, summary->first_ns, "(no time)       ");
        buffer_append_text(to, " to ");
        text_append_minute(to, summary->last_ns, "(no time)       ");
        buffer_append_text(to, " UTC\n");
    }
}

static void summary_levels(struct buffer *to, const struct summary *summary) {
    const struct tally *tally = summary->tally;
    buffer_append_text(to, "\nFindings\n");
    if (tally->findings == 0) {
        buffer_append_text(to, "  none\n");
        return;
    }
    for (int level = RULE_LEVEL_COUNT - 1; level >= 0; level--) {
        if (!tally->by_level[level])
            continue;
        buffer_append_text(to, "  ");
        summary_level(to, summary, level);
        buffer_append_format(to, " %8llu findings on %llu records\n",
                             (unsigned long long)tally->by_level[level],
                             (unsigned long long)tally->records_by_level[level]);
    }
}

static void summary_rules(struct buffer *to, const struct summary *summary) {
    const struct tally *tally = summary->tally;
    if (tally->rule_count == 0)
        return;
    buffer_append_format(to, "\n%-17s%8s  %5s  %-16s  %-16s  %s\n", "Rules", "records", "hosts",
                         "first", "last", "title");
    for (size_t i = 0; i < tally->rule_count && i < SUMMARY_RULES_MAX; i++) {
        const struct tally_rule *rule = &tally->rules[i];
        buffer_append_text(to, "  ");
        summary_level(to, summary, (int)rule->rule->level);
        buffer_append_format(to, "  %8llu  %5u  ", (unsigned long long)rule->count, rule->hosts);
        text_append_minute(to, rule->first_ns, "(no time)       ");
        buffer_append_text(to, "  ");
        text_append_minute(to, rule->last_ns, "(no time)       ");
        buffer_append_text(to, "  ");
        text_append_terminal(to, text_cut(rule->rule->title, 2 * SUMMARY_WIDTH));
        buffer_append_byte(to, '\n');
    }
    if (tally->rule_count > SUMMARY_RULES_MAX)
        buffer_append_format(to, "  and %zu more rules of lower rank\n",
                             tally->rule_count - SUMMARY_RULES_MAX);
}

static void summary_hosts(struct buffer *to, const struct summary *summary) {
    const struct tally *tally = summary->tally;
    if (tally->host_count == 0)
        return;
    buffer_append_text(to, "\nWorst hosts                     critical  high  medium  rules  first"
                           "             last\n");
    for (size_t i = 0; i < tally->host_count && i < SUMMARY_HOSTS_MAX; i++) {
        const struct tally_host *host = &tally->hosts[i];
        buffer_append_text(to, "  ");
        summary_cell(to, host->name.size ? host->name : SLICE("(no host)"), 30);
        buffer_append_format(to, "%8llu  %4llu  %6llu  %5u  ",
                             (unsigned long long)host->by_level[RULE_LEVEL_CRITICAL],
                             (unsigned long long)host->by_level[RULE_LEVEL_HIGH],
                             (unsigned long long)host->by_level[RULE_LEVEL_MEDIUM], host->rules);
        text_append_minute(to, host->first_ns, "(no time)       ");
        buffer_append_text(to, "  ");
        text_append_minute(to, host->last_ns, "(no time)       ");
        buffer_append_byte(to, '\n');
    }
    if (tally->host_count > SUMMARY_HOSTS_MAX)
        buffer_append_format(to, "  and %zu more hosts\n", tally->host_count - SUMMARY_HOSTS_MAX);
    if (tally->hosts_left_out)
        buffer_append_format(to, "  %llu findings on hosts beyond the first %d names\n",
                             (unsigned long long)tally->hosts_left_out, TALLY_HOSTS_MAX);
}

void report_append_gap(struct buffer *to, const struct gap_sum *gap, struct slice path) {
    text_append_terminal(to, path);
    buffer_append_format(to, ": %s", gap->reason);
    if (gap->count > 1)
        buffer_append_format(to, ", %llu times from offset %llu", (unsigned long long)gap->count,
                             (unsigned long long)gap->offset);
    else if (gap->offset || gap->bytes || gap->records) // else it is of the file, not in it
        buffer_append_format(to, ", at offset %llu", (unsigned long long)gap->offset);
    if (gap->bytes)
        buffer_append_format(to, ", %llu bytes not read", (unsigned long long)gap->bytes);
    if (gap->records)
        buffer_append_format(to, ", %llu record%s lost", (unsigned long long)gap->records,
                             gap->records == 1 ? "" : "s");
    buffer_append_byte(to, '\n');
}

static void summary_gap_list(struct buffer *to, const struct summary *summary) {
    const struct source_names *names = summary->names;
    for (size_t i = 0; i < summary->gap_count && i < SUMMARY_GAPS_MAX; i++) {
        const struct gap_sum *gap = &summary->gaps[i];
        buffer_append_text(to, "  ");
        report_append_gap(to, gap, names->path(names->context, gap->source));
    }
    if (summary->gap_count > SUMMARY_GAPS_MAX)
        buffer_append_format(to, "  and %zu more (vedette events --count PATH names them all)\n",
                             summary->gap_count - SUMMARY_GAPS_MAX);
}

static void summary_unknown(struct buffer *to, const struct summary *summary) {
    if (summary->files == 0)
        buffer_append_text(to, "\nThere was NO EVIDENCE to read in what was given\n");
    if (summary->unknown_files) {
        buffer_append_format(to, "\nNot understood: %llu file%s of no known format\n",
                             (unsigned long long)summary->unknown_files,
                             summary->unknown_files == 1 ? "" : "s");
        for (size_t i = 0; i < summary->unknown_path_count; i++) {
            buffer_append_text(to, "  ");
            text_append_terminal(to, summary->unknown_paths[i]);
            buffer_append_byte(to, '\n');
        }
    }
    if (summary->empty_files) {
        buffer_append_format(
            to, "\nEmpty: %llu file%s without a byte%s ", (unsigned long long)summary->empty_files,
            summary->empty_files == 1 ? "" : "s", summary->empty_files == 1 ? ":" : ", the first");
        text_append_terminal(to, summary->empty_path);
        buffer_append_byte(to, '\n');
    }
    if (summary->gb18030_names)
        buffer_append_format(to, "\nNames in archives: %llu in GB18030, shown as UTF-8\n",
                             (unsigned long long)summary->gb18030_names);
    if (summary->unknown_events)
        buffer_append_format(to, "\nNot understood: %llu records of no known shape\n",
                             (unsigned long long)summary->unknown_events);
}

void report_summary(struct buffer *to, const struct summary *summary) {
    summary_head(to, summary);
    summary_levels(to, summary);
    summary_rules(to, summary);
    summary_hosts(to, summary);
    if (summary->gap_count) {
        buffer_append_text(to, "\nGaps: this is damaged or could not be read; the rest was read\n");
        summary_gap_list(to, summary);
    }
    if (summary->damaged)
        buffer_append_format(to, "  %llu events come from chunks whose checksum differs\n",
                             (unsigned long long)summary->damaged);
    if (summary->recovered)
        buffer_append_format(to, "  %llu events were recovered from slack or free space\n",
                             (unsigned long long)summary->recovered);
    summary_unknown(to, summary);
    if (summary->regex_limits)
        buffer_append_format(to, "\n%llu evaluations reached the limit of regular expressions\n",
                             (unsigned long long)summary->regex_limits);
    if (summary->correlation_overflow)
        buffer_append_format(to, "\n%llu events were left out of full correlation windows\n",
                             (unsigned long long)summary->correlation_overflow);
    if (summary->sandbox_missing)
        buffer_append_format(to, "\nThis kernel lacks part of the sandbox: %s\n",
                             summary->sandbox_missing);
    if (summary->interrupted)
        buffer_append_text(to, "\nINTERRUPTED: not all evidence was read\n");
}
