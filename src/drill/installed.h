// What is installed on ordinary hosts
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_INSTALLED_H
#define DRILL_INSTALLED_H

#include "base/slice.h"
#include "drill/organisation.h"

#include <stdbool.h>

enum {
    INSTALLED_VERSIONS = 3
};

struct installed_product {
    const char *name, *publisher;
    const char *folder; // ends with a backslash
    uint32_t odds;      // one host in so many has it
    const char *versions[INSTALLED_VERSIONS];
};

// All of them, in the order of installed.def; static.
const struct installed_product *installed_products(size_t *ret_count);

// The product that a file belongs to; NULL: none that is known.
const struct installed_product *installed_find(struct slice path);

// Whether a host has it when the play begins: drawn from the host.
bool installed_has(const struct host *host, const struct installed_product *product);

struct installed_file {
    const char *path;
    const struct installed_product *product; // NULL: the system's
};

// The files that lie on a host when the play begins, one after the other: *at begins as 0. False:
// no more.
bool installed_next(const struct host *host, size_t *at, struct installed_file *ret_file);

#endif
