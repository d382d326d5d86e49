// Requests of strangers that belong together
// SPDX-License-Identifier: Apache-2.0
#include "detect/web_episode.h"

#include "base/clock.h"

#include <stdio.h>

void web_episode_init(struct web_episode *episode) {
    *episode = (struct web_episode){.first_ns = CLOCK_NONE};
    draft_init(&episode->draft);
    table_init(&episode->seen);
}

void web_episode_done(struct web_episode *episode) {
    draft_done(&episode->draft);
    table_done(&episode->seen);
}

void web_episode_begin(struct web_episode *episode, uint32_t rule, const struct web_site *site) {
    episode->site = site;
    table_reset(&episode->seen);
    episode->client_count = episode->stem_count = 0;
    episode->requests = episode->good = episode->refused = 0;
    episode->odd = episode->cohort = false;
    episode->first_ns = episode->last_ns = CLOCK_NONE;
    episode->account = NULL;
    draft_begin(&episode->draft, rule, site->name, SLICE(""));
}

bool web_episode_is_open(const struct web_episode *episode) {
    return episode->first_ns != CLOCK_NONE;
}

bool web_episode_is_over(const struct web_episode *episode, const struct web_row *row) {
    return web_episode_is_open(episode) && row->relation.first_ns - episode->last_ns > EPISODE_GAP;
}

static bool seen_before(struct web_episode *episode, uint64_t hash) {
    if (table_find(&episode->seen, hash, NULL, NULL, NULL) != TABLE_NONE)
        return true;
    table_add(&episode->seen, hash, 0);
    return false;
}

static uint64_t client_hash(struct slice client) {
    uint64_t hash = 1099511628211ull;
    for (size_t i = 0; i < client.size; i++)
        hash = (hash ^ client.data[i]) * 0x9e3779b97f4a7c15ull;
    return hash | 1ull << 63;
}

static void episode_count(struct web_episode *episode, const struct web_row *row) {
    const struct relation *relation = &row->relation;
    if (episode->first_ns == CLOCK_NONE)
        episode->first_ns = relation->first_ns;
    // A row may go on for weeks; what follows it within the gap of its first request counts.
    if (relation->first_ns > episode->last_ns)
        episode->last_ns = relation->first_ns;
    episode->requests += relation->count;
    bool good = row->answer == WEB_ANSWER_GOOD || row->answer == WEB_ANSWER_MOVED;
    episode->good += good ? relation->count : 0;
    episode->refused +=
        row->answer == WEB_ANSWER_REFUSED || row->answer == WEB_ANSWER_FAILED ? relation->count : 0;
    episode->odd |= row->odd;
    if (row->outside) {
        const struct web_net *net = &episode->site->nets[row->net];
        episode->cohort |= net->hits + net->missing >= 3;
    }
    if (row->named && !episode->account)
        episode->account = row;
    if (!seen_before(episode, row->stem)) {
        if (episode->stem_count < EPISODE_PATHS_KEPT)
            episode->paths[episode->stem_count] = &episode->site->stems[row->stem];
        episode->stem_count++;
    }
    if (!seen_before(episode, client_hash(relation->from))) {
        if (episode->client_count < EPISODE_CLIENTS_KEPT)
            episode->clients[episode->client_count] = row;
        episode->client_count++;
    }
}

void web_episode_add(struct web_episode *episode, const struct web_row *row) {
    draft_cite(&episode->draft, &row->relation);
    episode_count(episode, row);
}

void web_episode_add_first(struct web_episode *episode, const struct web_row *row) {
    draft_cite_record(&episode->draft, &row->relation.references[0], row->relation.first_ns);
    episode_count(episode, row);
}

void web_episode_who(const struct web_episode *episode, char *text, size_t size) {
    struct slice first = episode->clients[0]->relation.from;
    if (episode->client_count == 1)
        snprintf(text, size, "%.*s", SLICE_FORMAT(first));
    else
        snprintf(text, size, "%u outside clients (%.*s and others)", episode->client_count,
                 SLICE_FORMAT(first));
}

void web_episode_say(struct web_episode *episode) {
    for (uint32_t i = 0; i < episode->stem_count && i < EPISODE_PATHS_KEPT; i++)
        draft_say_text(&episode->draft, "tried", episode->paths[i]->path);
    for (uint32_t i = 0; i < episode->client_count && i < EPISODE_CLIENTS_KEPT; i++)
        draft_say_text(&episode->draft, "source", episode->clients[i]->relation.from);
}
