// Requests of strangers that belong together
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEB_EPISODE_H
#define DETECT_WEB_EPISODE_H

#include "detect/detection.h"
#include "detect/web_site.h"

enum {
    EPISODE_CLIENTS_KEPT = 24,
    EPISODE_PATHS_KEPT = 8
};

// Rows of one server that follow each other within six hours, counted and cited. The caller
// chooses the rows and words the finding:
//
//     web_episode_begin(&episode, rule, site);
//     web_episode_add(&episode, row);                 by time
//     draft_say(&episode.draft, ...);
//     web_episode_say(&episode);                      path, source
struct web_episode {
    struct draft draft;
    const struct web_site *site;
    struct table seen;
    const struct web_row *clients[EPISODE_CLIENTS_KEPT]; // one row of each
    const struct web_stem *paths[EPISODE_PATHS_KEPT];
    uint32_t client_count, stem_count;
    uint64_t requests, good, refused;
    bool odd, cohort; // written oddly; or some client's network was met elsewhere
    int64_t first_ns, last_ns;
    const struct web_row *account; // one that names an account
};

#define EPISODE_GAP (6 * WEB_HOUR)

void web_episode_init(struct web_episode *episode);
void web_episode_done(struct web_episode *episode);
void web_episode_begin(struct web_episode *episode, uint32_t rule, const struct web_site *site);
void web_episode_add(struct web_episode *episode, const struct web_row *row);
// Cites its first request alone.
void web_episode_add_first(struct web_episode *episode, const struct web_row *row);
bool web_episode_is_open(const struct web_episode *episode);

// Whether the row comes too late to belong to the open episode.
bool web_episode_is_over(const struct web_episode *episode, const struct web_row *row);

// The fields path and source, and "who": "203.0.113.7" or "5 outside clients (203.0.113.7, ...)".
void web_episode_say(struct web_episode *episode);
void web_episode_who(const struct web_episode *episode, char *text, size_t size);

#endif
