// Gathering the requests for one path
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEB_STEM_H
#define DETECT_WEB_STEM_H

#include "base/arena.h"
#include "model/relation.h"

enum {
    WEB_STEM_ROWS_MAX = 2048, // of which a path's are kept while they are gathered
    WEB_ROW_TIMES_MAX = 64,
    STEM_INSIDE_MIN = 5, // clients, accounts or networks that make a path ordinary
    STEM_ACCOUNTS_MIN = 3,
    STEM_NETS_MIN = 20,
    STEM_INSIDE_ROWS = 8,
    STEM_ACCOUNTS_KEPT = 32
};

#define WEB_MINUTE (60ll * 1000000000)
#define WEB_HOUR (60 * WEB_MINUTE)
#define WEB_DAY (24 * WEB_HOUR)

enum web_answer {
    WEB_ANSWER_GOOD,    // 2xx
    WEB_ANSWER_MOVED,   // 3xx
    WEB_ANSWER_MISSING, // 404, 410
    WEB_ANSWER_REFUSED, // other 4xx
    WEB_ANSWER_FAILED   // 5xx
};

struct web_row {
    struct relation relation; // kept with the site
    uint32_t stem;
    uint32_t net; // index into nets; outside clients only
    enum web_answer answer;
    bool outside, named; // an account is given, and it is no computer's
    bool post;           // or PUT
    bool odd;            // written in another way than it means
    bool query, no_referrer;
    bool hit;      // looks like an attempt to break in, see web_site.c
    bool existing; // on an ordinary path
};

struct web_stem {
    struct slice path;
    uint32_t inside_clients, outside_clients, accounts, nets;
    uint64_t requests, outside_requests, outside_posts, inside_posts;
    uint64_t usual_size_min, usual_size_max; // of ordinary clients' answers
    int64_t first_good_ns, first_missing_ns; // CLOCK_NONE: never
    int64_t first_outside_ns;                // first answer to an outside client without account
    int64_t ordinary_ns;
    uint32_t row_start, row_count;
    bool ordinary, script, is_static, admin, login, upgrade;
    bool refused; // an outside client was refused or met an error here
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
