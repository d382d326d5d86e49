// Gathering the requests for one path
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEB_STEM_H
#define DETECT_WEB_STEM_H

#include "detect/web_site.h"

enum {
    STEM_INSIDE_MIN = 5, // clients, accounts or networks that make a path ordinary
    STEM_ACCOUNTS_MIN = 3,
    STEM_NETS_MIN = 20,
    STEM_INSIDE_ROWS = 8,
    STEM_ACCOUNTS_KEPT = 32
};

// The earliest times, each of another client.
struct first_times {
    int64_t times[STEM_NETS_MIN];
    uint32_t count, room;
};

struct stem_gathering {
    struct web_stem stem;
    struct web_row *rows;
    uint32_t row_count, inside_rows;
    struct first_times inside, accounts, nets;
    uint64_t account_hashes[STEM_ACCOUNTS_KEPT];
    struct slice client; // the last one
    uint64_t net;
    bool client_counted, net_counted;
    struct arena arena;
};

struct stem_gathering *stem_gathering_new(void);
void stem_gathering_free(struct stem_gathering *gathering);
void stem_gathering_begin(struct stem_gathering *gathering, struct slice path);
struct slice stem_gathering_path(const struct stem_gathering *gathering);

// Rows come ordered by client. `net` is the hash of an outside client's network.
void stem_gathering_add(struct stem_gathering *gathering, const struct web_row *row, uint64_t net);

void stem_gathering_end(const struct stem_gathering *gathering, struct web_stem *ret_stem);

// Parts, times and references copied into the arena; false when it is full.
bool web_relation_keep(struct arena *arena, const struct relation *from, struct relation *to);

#endif
