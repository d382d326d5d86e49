// Hosts of a case by any of their names
// SPDX-License-Identifier: Apache-2.0
#include "app/case_hosts.h"

#include "base/memory.h"
#include "base/text.h"

#include <string.h>

enum status case_hosts_read(struct store *store, struct arena *arena, struct case_hosts *ret_hosts,
                            struct problem *problem) {
    return store_hosts(store, arena, &ret_hosts->rows, &ret_hosts->count, problem);
}

void case_hosts_done(struct case_hosts *hosts) {
    memory_free(hosts->rows);
    *hosts = (struct case_hosts){0};
}

bool case_host_is_called(const struct store_host *host, struct slice name) {
    if (name.size == 0)
        return false;
    if (text_equal_fold_ascii(host->name, name) || text_equal_fold_ascii(host->fqdn, name))
        return true;
    for (struct slice rest = host->aliases; rest.size;) {
        const uint8_t *blank = memchr(rest.data, ' ', rest.size);
        size_t size = blank ? (size_t)(blank - rest.data) : rest.size;
        if (text_equal_fold_ascii(slice_of(rest.data, size), name))
            return true;
        rest = slice_part(rest, size + 1, SIZE_MAX);
    }
    return false;
}

const struct store_host *case_hosts_find(const struct case_hosts *hosts, struct slice name) {
    for (size_t i = 0; i < hosts->count; i++)
        if (case_host_is_called(&hosts->rows[i], name))
            return &hosts->rows[i];
    return NULL;
}
