// Hosts of a case by any of their names
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_CASE_HOSTS_H
#define APP_CASE_HOSTS_H

#include "store/store.h"

#include <stdbool.h>

struct case_hosts {
    struct store_host *rows;
    size_t count;
};

// Texts lie in `arena`.
enum status case_hosts_read(struct store *store, struct arena *arena, struct case_hosts *ret_hosts,
                            struct problem *problem);
void case_hosts_done(struct case_hosts *hosts);

// The host that has this name, with its domain or without, or this alias; NULL: none.
const struct store_host *case_hosts_find(const struct case_hosts *hosts, struct slice name);

// Whether `host` has that name.
bool case_host_is_called(const struct store_host *host, struct slice name);

#endif
