// What one server was asked for, by whom
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEB_SITE_H
#define DETECT_WEB_SITE_H

#include "base/arena.h"
#include "base/table.h"
#include "detect/reading.h"
#include "detect/web_stem.h"

// A server's web requests with what is ordinary taken away. A path is **ordinary** once it was
// asked for, with an answer, by 5 inside clients or 3 accounts or clients out of 20 outside
// networks, at the latest a day after the first stranger got an answer from it: a path that
// strangers used first is not made ordinary by the many hosts that were later made to call it. What
// is kept: rows of outside clients on paths that are not ordinary, rows of a few inside clients on
// paths that hardly anybody uses, and what stands out on ordinary ones (web_row.existing).
enum {
    WEB_ROWS_MAX = 49152,         // of a server; without those that found nothing
    WEB_MISSING_ROWS_MAX = 16384, // rows that found nothing
    WEB_STEMS_MAX = 65536,
    WEB_FILES_MAX = 65536,
    WEB_SPAWNS_MAX = 4096,
    WEB_PRODUCTS_MAX = 8
};

// /24 or /48 of outside clients.
struct web_net {
    uint64_t hash;
    uint32_t missing, hits;
    int64_t first_missing_ns; // CLOCK_NONE: it missed nothing
};

// A page file or its compiled trace.
struct web_file {
    struct relation relation;
    struct slice name; // last part of the path
    bool listed, created, deleted, compiled;
    bool by_worker; // a web server process wrote it
};

// A program that a web server process started, once.
struct web_child {
    int64_t time_ns;
    uint32_t spawn, reference; // places in spawns and its references
};

// A product that ordinary clients use here.
struct web_product {
    const char *name;
    struct relation relation; // its first
    uint64_t requests;
    uint32_t stems;
};

struct web_site {
    struct slice name;
    uint32_t host;
    struct web_stem *stems;
    uint32_t stem_count, stem_room;
    struct web_row *rows; // of one stem together, by time
    uint32_t row_count, row_room, missing_rows;
    uint32_t *order; // rows by time
    struct web_net *nets;
    uint32_t net_count, net_room;
    struct table net_table;
    const struct detect_context *context;
    struct relation *spawns; // children of web server processes
    uint32_t spawn_count;
    struct web_child *children; // by time
    uint32_t child_count;
    struct web_file *files;
    uint32_t file_count, file_room;
    struct web_product products[WEB_PRODUCTS_MAX];
    uint32_t product_count;
    uint32_t listed_pages, hits;
    int64_t logged_ns; // the first request or process start of this host; CLOCK_NONE
    uint64_t requests, left_out;
    int64_t first_ns, last_ns;
    bool has_no_referrer, has_taken; // the log has the field, as far as it can be told
    struct arena arena;
};

typedef enum status web_site_take(void *taker, const struct web_site *site,
                                  struct problem *problem);

// Every server that has web requests or page files, in the order of names; the site lives for the
// call. One pass over web requests, child processes and files: memory is one server's (at most some
// 120 MiB).
enum status web_sites_each(const struct detect_context *context, web_site_take *take, void *taker,
                           struct problem *problem);

// The first hit in [from_ns, before_ns) that is not on this stem; CLOCK_NONE.
int64_t web_site_hit_before(const struct web_site *site, uint32_t stem, int64_t from_ns,
                            int64_t before_ns);

// The page file of a path: same name, and same directory where both have one. NULL.
const struct web_file *web_site_file(const struct web_site *site, const struct web_stem *stem);

// The first child at or after a time; child_count when there is none.
uint32_t web_site_child_from(const struct web_site *site, int64_t time_ns);

#endif
