// A score for people and for programs
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_score.h"

#include "base/text.h"

enum {
    NAMES_SHOWN = 12,
    CITATIONS_SHOWN = 10
};

static double share(uint64_t part, uint64_t whole) {
    return whole ? (double)part / (double)whole : 1;
}

static double pair_f1(const struct check_score *score) {
    return share(2 * score->pairs_right,
                 2 * score->pairs_right + score->pairs_wrong + score->pairs_missed);
}

const char *check_verdict_text(enum check_verdict verdict) {
    static const char *const texts[CHECK_VERDICTS] = {"right", "no such file", "cannot be read",
                                                      "no such record there", "other bytes"};
    return texts[verdict];
}

// Whether a host is one that campaign `number` of the truth misses, or has wrongly.
static bool host_is_off(const struct check_score *score, size_t number, bool missed,
                        uint32_t host) {
    bool told = score->told[host] & check_told_bit(score, number);
    if (missed)
        return (score->provable[host] >> number & 1) && !told;
    return told && !(score->compromised[host] >> number & 1);
}

static void table_names(const struct check_score *score, size_t number, bool missed,
                        struct buffer *to) {
    size_t count = 0;
    for (uint32_t host = 0; host < score->names->host_count; host++) {
        if (!host_is_off(score, number, missed, host) || ++count > NAMES_SHOWN)
            continue;
        buffer_append_text(to, count > 1 ? ", " : missed ? "  missed      " : "  wrong       ");
        text_append_terminal(to, score->names->seen[host]);
    }
    if (count > NAMES_SHOWN)
        buffer_append_format(to, " and %zu more", count - NAMES_SHOWN);
    buffer_append_text(to, count ? "\n" : "");
}

static void table_stages(const char *label, uint32_t stages, struct buffer *to) {
    if (!stages)
        return;
    buffer_append_text(to, label);
    for (enum check_stage stage = 0; stage < CHECK_STAGES; stage++)
        if (stages >> stage & 1)
            buffer_append_format(to, " %s", check_stage_word(stage));
}

static const char *named(bool asked, bool right) {
    return !asked ? "not provable" : right ? "right" : "not named";
}

static void table_match(const struct check_score *score, size_t number, struct buffer *to) {
    const struct check_match *match = &score->matches[number];
    buffer_append_text(to, "\n");
    text_append_terminal(to, score->truth->units[number].id);
    if (match->unit == CHECK_NO_UNIT) {
        buffer_append_format(to, ": not told; %zu hosts missed\n", match->hosts_expected);
        return;
    }
    const struct check_unit *unit = &score->report->units[match->unit];
    buffer_append_format(to, ": told as %s ", unit->incident ? "incident" : "campaign");
    text_append_terminal(to, unit->id);
    buffer_append_text(to, unit->incident && !match->small ? ", should be a campaign\n" : "\n");
    buffer_append_format(to, "  hosts       %zu of %zu provable, %zu wrong\n", match->hosts_right,
                         match->hosts_expected, match->hosts_wrong);
    table_names(score, number, true, to);
    table_names(score, number, false, to);
    buffer_append_format(to, "  parents     %zu of %zu right\n", match->parents_right,
                         match->parents_asked);
    buffer_append_format(to, "  entry       %s\n  server      %s\n",
                         named(match->entry_asked, match->entry_right),
                         named(match->server_asked, match->server_right));
    buffer_append_format(to, "  stages      %d of %d", __builtin_popcount(match->stages_right),
                         __builtin_popcount(match->stages_expected));
    table_stages("; missed:", match->stages_expected & ~match->stages_right, to);
    table_stages("; wrong:", match->stages_wrong, to);
    buffer_append_format(to, "\n  order       %zu of %zu pairs of stages\n", match->orders_right,
                         match->orders_asked);
    buffer_append_format(to, "  volume      %.1f MB told, %.1f MB leave a trace (not asked for)\n",
                         (double)match->volume_told / 1e6, (double)match->volume_true / 1e6);
    buffer_append_format(to, "  accounts    %zu of %zu, %zu others (not asked for)\n",
                         match->accounts_named, match->accounts_true, match->accounts_others);
}

static void table_citations(const struct check_score *score, struct buffer *to) {
    const struct check_side *report = score->report;
    size_t shown = 0;
    buffer_append_format(to, "\ncited records  %zu of %zu exist and say so\n",
                         score->citations[CHECK_RIGHT], report->citation_count);
    if (report->tags_unlisted) {
        buffer_append_format(to, "  %llu tags are not in the report's evidence, the first is ",
                             (unsigned long long)report->tags_unlisted);
        text_append_terminal(to, report->unlisted);
        buffer_append_text(to, "\n");
    }
    for (size_t i = 0; i < report->citation_count && shown < CITATIONS_SHOWN; i++) {
        const struct check_citation *citation = &report->citations[i];
        if (citation->verdict == CHECK_RIGHT)
            continue;
        buffer_append_text(to, "  ");
        text_append_terminal(to, citation->tag);
        buffer_append_format(to, "  %s: ", check_verdict_text(citation->verdict));
        text_append_terminal(to, citation->file);
        buffer_append_format(
            to, " %s %llu\n", citation->has_line ? "line" : "record",
            (unsigned long long)(citation->has_line ? citation->line : citation->record));
        shown++;
    }
}

void check_print_table(const struct check_score *score, struct buffer *to) {
    const struct check_side *truth = score->truth, *report = score->report;
    size_t told = 0;
    for (size_t i = 0; i < truth->unit_count; i++)
        told += score->matches[i].unit != CHECK_NO_UNIT;
    text_append_terminal(to, truth->scenario);
    buffer_append_format(to, ", seed %llu: %s\n", (unsigned long long)truth->seed,
                         score->right ? "everything is right" : "not everything is right");
    buffer_append_format(to, "campaigns      %zu of %zu told, %zu false\n", told, truth->unit_count,
                         score->campaigns_false);
    buffer_append_format(to,
                         "incidents      %zu: %zu tell a campaign, %zu beside one, %zu others\n",
                         report->unit_count - report->campaign_count, score->incidents_matched,
                         score->incidents_beside, score->incidents_other);
    buffer_append_format(
        to, "hosts          recall %.4f, precision %.4f: %zu of %zu provable, %zu wrong\n",
        share(score->hosts_right, score->hosts_expected),
        share(score->hosts_told_real, score->hosts_told_real + score->hosts_wrong),
        score->hosts_right, score->hosts_expected, score->hosts_wrong);
    buffer_append_format(to, "pairs of hosts F1 %.4f\n", pair_f1(score));
    for (size_t i = 0; i < truth->unit_count; i++)
        table_match(score, i, to);
    table_citations(score, to);
}

static void json_names(const struct check_score *score, size_t number, bool missed,
                       struct buffer *to) {
    bool any = false;
    buffer_append_text(to, "[");
    for (uint32_t host = 0; host < score->names->host_count; host++) {
        if (!host_is_off(score, number, missed, host))
            continue;
        buffer_append_text(to, any ? "," : "");
        text_append_json(to, score->names->seen[host]);
        any = true;
    }
    buffer_append_text(to, "]");
}

static void json_stages(const char *key, uint32_t stages, struct buffer *to) {
    bool any = false;
    buffer_append_format(to, "\"%s\":[", key);
    for (enum check_stage stage = 0; stage < CHECK_STAGES; stage++) {
        if (!(stages >> stage & 1))
            continue;
        buffer_append_format(to, "%s\"%s\"", any ? "," : "", check_stage_word(stage));
        any = true;
    }
    buffer_append_text(to, "]");
}

static const char *truth_word(bool asked, bool right) {
    return !asked ? "null" : right ? "true" : "false";
}

static void json_match(const struct check_score *score, size_t number, struct buffer *to) {
    const struct check_match *match = &score->matches[number];
    bool found = match->unit != CHECK_NO_UNIT;
    const struct check_unit *unit = found ? &score->report->units[match->unit] : NULL;
    buffer_append_text(to, "{\"truth\":");
    text_append_json(to, score->truth->units[number].id);
    buffer_append_text(to, ",\"report\":");
    if (unit)
        text_append_json(to, unit->id);
    else
        buffer_append_text(to, "null");
    buffer_append_format(to, ",\"told_as\":%s,\"may_be_incident\":%s",
                         !unit            ? "null"
                         : unit->incident ? "\"incident\""
                                          : "\"campaign\"",
                         match->small ? "true" : "false");
    buffer_append_format(to, ",\"hosts\":{\"provable\":%zu,\"right\":%zu,\"missed\":",
                         match->hosts_expected, match->hosts_right);
    json_names(score, number, true, to);
    buffer_append_text(to, ",\"wrong\":");
    json_names(score, number, false, to);
    buffer_append_format(to,
                         "},\"parents\":{\"asked\":%zu,\"right\":%zu},\"entry\":%s,\"server\":%s,"
                         "\"stages\":{",
                         match->parents_asked, match->parents_right,
                         truth_word(match->entry_asked, match->entry_right),
                         truth_word(match->server_asked, match->server_right));
    json_stages("expected", match->stages_expected, to);
    buffer_append_text(to, ",");
    json_stages("found", match->stages_right, to);
    buffer_append_text(to, ",");
    json_stages("wrong", match->stages_wrong, to);
    buffer_append_format(to,
                         "},\"order\":{\"pairs\":%zu,\"right\":%zu},\"volume\":{\"true\":%llu,"
                         "\"told\":%llu},\"accounts\":{\"true\":%zu,\"named\":%zu,\"others\":%zu}}",
                         match->orders_asked, match->orders_right,
                         (unsigned long long)match->volume_true,
                         (unsigned long long)match->volume_told, match->accounts_true,
                         match->accounts_named, match->accounts_others);
}

static void json_citations(const struct check_score *score, struct buffer *to) {
    const struct check_side *report = score->report;
    bool any = false;
    buffer_append_format(to,
                         "\"citations\":{\"listed\":%zu,\"cited\":%zu,\"right\":%zu,"
                         "\"unlisted\":%llu,\"faults\":[",
                         report->citation_count, score->citations_used,
                         score->citations[CHECK_RIGHT], (unsigned long long)report->tags_unlisted);
    for (size_t i = 0; i < report->citation_count; i++) {
        if (report->citations[i].verdict == CHECK_RIGHT)
            continue;
        buffer_append_text(to, any ? ",{\"tag\":" : "{\"tag\":");
        text_append_json(to, report->citations[i].tag);
        buffer_append_format(to, ",\"why\":\"%s\"}",
                             check_verdict_text(report->citations[i].verdict));
        any = true;
    }
    buffer_append_text(to, "]}");
}

void check_print_json(const struct check_score *score, struct buffer *to) {
    const struct check_side *truth = score->truth;
    buffer_append_text(to, "{\"schema\":\"vedette.score/1\",\"scenario\":");
    text_append_json(to, truth->scenario);
    buffer_append_format(to, ",\"seed\":%llu,\"right\":%s,\"campaigns\":[",
                         (unsigned long long)truth->seed, score->right ? "true" : "false");
    for (size_t i = 0; i < truth->unit_count; i++) {
        buffer_append_text(to, i ? ",\n " : "\n ");
        json_match(score, i, to);
    }
    buffer_append_format(
        to,
        "],\n\"false_campaigns\":%zu,\"incidents\":{\"telling\":%zu,\"beside\":%zu,"
        "\"others\":%zu},\n",
        score->campaigns_false, score->incidents_matched, score->incidents_beside,
        score->incidents_other);
    buffer_append_format(to,
                         "\"hosts\":{\"provable\":%zu,\"right\":%zu,\"wrong\":%zu,\"recall\":%.6f,"
                         "\"precision\":%.6f},\n\"pairs\":{\"f1\":%.6f},\n",
                         score->hosts_expected, score->hosts_right, score->hosts_wrong,
                         share(score->hosts_right, score->hosts_expected),
                         share(score->hosts_told_real, score->hosts_told_real + score->hosts_wrong),
                         pair_f1(score));
    json_citations(score, to);
    buffer_append_text(to, "}\n");
}
