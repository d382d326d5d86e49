// What is unknown about a campaign
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "correlate/assembly.h"
#include "model/hosts.h"

#include "base/text.h"

enum {
    ALIKE_SENTENCES_MAX = 3, // more are told as one, with the first names
    ALIKE_NAMES_MAX = 6
};

static void unknown_entry(struct assembly *assembly, const struct campaign *campaign,
                          struct sentence_row *row) {
    const struct campaign_host *entry = &campaign->hosts[0];
    struct citations citations = host_citations(entry);
    if (entry->stages >> STAGE_ENTRY & 1)
        return;
    buffer_append_text(&assembly->text, "How the intruder came into ");
    buffer_append_slice(&assembly->text, entry->name);
    buffer_append_text(&assembly->text, " is not known: its earliest sign is of a later stage. Its "
                                        "web access logs before that time would tell.");
    sentence_row_add(assembly, row, &citations);
}

// "PC-1, PC-2 and 7 more" into the text, a name at a time; `count` is of those before.
static void alike_name(struct assembly *assembly, struct slice name, uint32_t count) {
    if (count >= ALIKE_NAMES_MAX)
        return;
    buffer_append_text(&assembly->text, count ? ", " : "");
    buffer_append_slice(&assembly->text, name);
}

static void alike_end(struct assembly *assembly, uint32_t count) {
    if (count > ALIKE_NAMES_MAX)
        buffer_append_format(&assembly->text, " and %u more", count - ALIKE_NAMES_MAX);
}

static void day_append(struct buffer *text, int64_t time_ns) {
    char shown[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, shown);
    buffer_append(text, shown, size < 10 ? size : 10);
}

// Servers keep their addresses; where workstations lease theirs, one was several machines.
static void unknown_names(struct assembly *assembly, const struct campaign *campaign,
                          struct sentence_row *row) {
    struct citations citations = {.count = 0};
    int64_t first_ns = CLOCK_MAX, last_ns = CLOCK_MIN;
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        if (!address_is_address(host->name))
            continue;
        if (count == 0)
            buffer_append_text(&assembly->text, "Whose addresses these were is not known: ");
        alike_name(assembly, host->name, count++);
        citations_add(&citations, host->references, host->reference_count);
        first_ns = host->first_ns < first_ns ? host->first_ns : first_ns;
        last_ns = host->last_ns > last_ns ? host->last_ns : last_ns;
    }
    if (count == 0)
        return;
    alike_end(assembly, count);
    buffer_append_text(&assembly->text, ". DHCP leases and DNS of ");
    day_append(&assembly->text, first_ns);
    buffer_append_text(&assembly->text, " to ");
    day_append(&assembly->text, last_ns);
    buffer_append_text(&assembly->text,
                       " would tell; an address that is leased may have been several machines.");
    sentence_row_add(assembly, row, &citations);
}

static bool host_is_silent(const struct assembly *assembly, uint32_t place) {
    return !assembly->book->cast.fleet.hosts[assembly->members[place]].has_evidence;
}

static void unknown_logs_of_many(struct assembly *assembly, const struct campaign *campaign,
                                 struct sentence_row *row) {
    struct citations citations = {.count = 0};
    uint32_t count = 0;
    buffer_append_text(&assembly->text, "What was done on these hosts is not known: ");
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        if (!host_is_silent(assembly, i))
            continue;
        alike_name(assembly, host->name, count++);
        citations_lead(&citations, host->references, host->reference_count, host->first_ns);
    }
    alike_end(assembly, count);
    buffer_append_text(&assembly->text, ". Only others' logs speak of them; their event logs and "
                                        "disks would tell.");
    sentence_row_add(assembly, row, &citations);
}

static void unknown_logs(struct assembly *assembly, const struct campaign *campaign,
                         struct sentence_row *row) {
    uint32_t silent = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        silent += host_is_silent(assembly, i);
    if (silent > ALIKE_SENTENCES_MAX) {
        unknown_logs_of_many(assembly, campaign, row);
        return;
    }
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        if (!host_is_silent(assembly, i))
            continue;
        struct citations citations = host_citations(host);
        buffer_append_text(&assembly->text, "What was done on ");
        buffer_append_slice(&assembly->text, host->name);
        buffer_append_text(&assembly->text,
                           " is not known: only others' logs speak of it. Its event "
                           "logs and disk would tell.");
        sentence_row_add(assembly, row, &citations);
    }
}

static bool clue_is_cleared(const struct assembly *assembly, const struct clue *clue) {
    return clue_is_of(clue, "vedette-log-cleared") && assembly_clue_counts(assembly, clue);
}

static void unknown_cleared_of_many(struct assembly *assembly, struct sentence_row *row) {
    const struct clue_book *book = assembly->book;
    struct citations citations = {.count = 0};
    uint32_t count = 0;
    buffer_append_text(&assembly->text, "Logs were cleared on these hosts: ");
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t number = assembly->members[k], before = count;
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (!clue_is_cleared(assembly, clue))
                continue;
            citations_lead(&citations, clue->references, clue->reference_count, clue->first_ns);
            if (count == before)
                alike_name(assembly, host_name(assembly, number), count++);
        }
    }
    alike_end(assembly, count);
    buffer_append_text(&assembly->text, ". What the logs held before is lost here; copies at a "
                                        "collector or in shadow copies would tell.");
    sentence_row_add(assembly, row, &citations);
}

static void unknown_cleared(struct assembly *assembly, struct sentence_row *row) {
    const struct clue_book *book = assembly->book;
    const struct clue *few[ALIKE_SENTENCES_MAX];
    uint32_t count = 0;
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t number = assembly->members[k];
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            if (!clue_is_cleared(assembly, &book->clues[i]))
                continue;
            if (count < ALIKE_SENTENCES_MAX)
                few[count] = &book->clues[i];
            count++;
        }
    }
    if (count > ALIKE_SENTENCES_MAX) {
        unknown_cleared_of_many(assembly, row);
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        struct citations citations = {.count = 0};
        citations_add(&citations, few[i]->references, few[i]->reference_count);
        buffer_append_slice(&assembly->text, few[i]->what);
        buffer_append_text(&assembly->text, " What it held before is lost here; copies at a "
                                            "collector or in shadow copies would tell.");
        sentence_row_add(assembly, row, &citations);
    }
}

// The estimate is of the whole evidence; it is told where most of its hours are.
static void unknown_hours(struct assembly *assembly, struct sentence_row *row) {
    const struct clue *hours = &assembly->book->hours;
    if (hours->reference_count == 0 || hours->host == RELATION_NO_HOST ||
        assembly->places[hours->host] == FOREST_NONE)
        return;
    struct citations citations = {.count = 0};
    citations_add(&citations, hours->references, hours->reference_count);
    buffer_append_text(&assembly->text, "From where the intruders work is not known. ");
    buffer_append_slice(&assembly->text, hours->what);
    buffer_append_text(&assembly->text,
                       " Hours of all intrusions in this evidence are taken together.");
    sentence_row_add(assembly, row, &citations);
}

// What is sure in itself, but may be another's work: by an account that nothing else of the
// campaign tells of.
static void unknown_left_out(struct assembly *assembly, struct sentence_row *row) {
    if (assembly->left_out_count == 0)
        return;
    const struct clue *first = assembly->left_out_first;
    buffer_append_text(&assembly->text, "Whether this belongs here is not known: ");
    buffer_append_slice(&assembly->text, first->what.size ? first->what : first->rule->title);
    if (!first->what.size)
        buffer_append_text(&assembly->text, ".");
    if (assembly->left_out_count > 1)
        buffer_append_format(&assembly->text, " And %u more findings like it.",
                             assembly->left_out_count - 1);
    buffer_append_text(&assembly->text, " It is earlier than what the campaign's accounts did of "
                                        "that kind there; who worked then would tell.");
    sentence_row_add(assembly, row, &assembly->left_out);
}

// Bytes of a host that left, of all its rows, and whether logs of some are missing.
static void unknown_rest(struct assembly *assembly, const struct campaign *campaign, uint32_t host,
                         struct sentence_row *row) {
    struct citations citations = {.count = 0};
    uint64_t bytes = 0;
    bool at_least = false;
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        if (theft->host != host || theft->gathered_on.size || theft->bytes == 0)
            continue;
        bytes += theft->bytes;
        at_least |= theft->at_least;
        citations_lead(&citations, theft->references, theft->reference_count, theft->first_ns);
    }
    if (!at_least)
        return;
    buffer_append_format(&assembly->text, "At least %.1f MB left from ", (double)bytes / 1e6);
    buffer_append_slice(&assembly->text, campaign->hosts[host].name);
    buffer_append_text(&assembly->text, "; how much more is not known: flow or proxy logs of the "
                                        "days that miss them would tell.");
    sentence_row_add(assembly, row, &citations);
}

static bool host_sends_out(const struct campaign *campaign, struct slice name) {
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        if (!theft->gathered_on.size && theft->bytes &&
            slice_equal(campaign->hosts[theft->host].name, name))
            return true;
    }
    return false;
}

// What several hosts sent to one inside, of which `first` is the first row, and nothing shows
// that it went on.
static void unknown_gathered(struct assembly *assembly, const struct campaign *campaign,
                             uint32_t first, struct sentence_row *row) {
    struct slice place = campaign->thefts[first].gathered_on;
    struct citations citations = {.count = 0};
    uint64_t bytes = 0;
    int64_t since_ns = INT64_MAX;
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        if (!slice_equal(theft->gathered_on, place))
            continue;
        if (i < first)
            return;
        bytes += theft->bytes;
        since_ns = theft->first_ns < since_ns ? theft->first_ns : since_ns;
        citations_lead(&citations, theft->references, theft->reference_count, theft->first_ns);
    }
    if (host_sends_out(campaign, place))
        return;
    buffer_append_text(&assembly->text, "Whether what was gathered on ");
    buffer_append_slice(&assembly->text, place);
    if (bytes)
        buffer_append_format(&assembly->text, ", at least %.1f MB,", (double)bytes / 1e6);
    buffer_append_text(&assembly->text, " went on to the outside is not known: no log here shows "
                                        "it. Flow, firewall or proxy logs of that host's way out "
                                        "since ");
    text_append_minute(&assembly->text, since_ns, "then");
    buffer_append_text(&assembly->text, ", and its own web access logs, would tell.");
    sentence_row_add(assembly, row, &citations);
}

void assembly_unknowns(struct assembly *assembly, struct campaign *campaign) {
    struct sentence_row row = {0};
    unknown_entry(assembly, campaign, &row);
    unknown_names(assembly, campaign, &row);
    unknown_logs(assembly, campaign, &row);
    unknown_cleared(assembly, &row);
    unknown_left_out(assembly, &row);
    unknown_hours(assembly, &row);
    for (uint32_t i = 0; i < campaign->theft_count; i++)
        if (campaign->thefts[i].gathered_on.size)
            unknown_gathered(assembly, campaign, i, &row);
    for (uint32_t i = 0; i < campaign->host_count && campaign->theft_count; i++)
        unknown_rest(assembly, campaign, i, &row);
    campaign->unknowns = sentence_row_keep(assembly, &row, &campaign->unknown_count);
}
