// Web shells told by a page or its file alone
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEBSHELL_PAGES_H
#define DETECT_WEBSHELL_PAGES_H

#include "detect/detection.h"
#include "detect/web_site.h"

// The detector's judgements: webshell.c has their rules.
enum webshell_rule {
    WEBSHELL_VIRTUAL,
    WEBSHELL_DISK,
    WEBSHELL_SESSION,
    WEBSHELL_CHILD,
    WEBSHELL_STATIC,
    WEBSHELL_STATIC_ONCE,
    WEBSHELL_EXISTING,
    WEBSHELL_GONE,
    WEBSHELL_NEW_PAGE,
    WEBSHELL_CALLED,
    WEBSHELL_INSIDE,
};

enum {
    WEBSHELL_BITS_MIN = 6,
    WEBSHELL_BITS_HIGH = 8,
    TAKEN_PAGES_MAX = 64,
    TAKEN_PAGES_BYTES = 1 << 20,
    WEBSHELL_CALLERS_MIN = 3,  // of our own hosts: a page of fewer than BITS_HIGH speaks for them
    WEBSHELL_REQUESTS_MIN = 3, // fewer make no path one that is used
    WEBSHELL_HIT_DAYS = 30,    // attacks before a path's first answer count so long
    WEBSHELL_LISTED_MIN = 3    // listed pages that make a missing one speak
};

// Paths of candidates, and on how many servers each is one.
struct shared_paths {
    struct table table; // hash of the path -> place in servers
    uint32_t *servers;
    uint32_t count;
};

// Paths that strangers used first and that bits speak against (webshell_inside.h).
struct taken_pages {
    struct arena arena;
    struct taken_page {
        struct slice server, path;
        int64_t first_ns; // a stranger's first answer
        unsigned bits;
        uint64_t callers[WEBSHELL_CALLERS_MIN]; // of our own hosts, the first that were met
        uint32_t caller_count;
    } rows[TAKEN_PAGES_MAX];
    uint32_t count;
};

struct webshell_judge {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct draft draft;
    struct shared_paths shared;
    struct taken_pages taken;
    int64_t logged_ns; // the first request or process start of any server
};

// Bodies to static files, ordinary paths that answer one stranger otherwise, pages newer than all
// others, pages that were called or are gone.
enum status webshell_pages_judge(struct webshell_judge *judge, const struct web_site *site,
                                 struct problem *problem);

#endif
