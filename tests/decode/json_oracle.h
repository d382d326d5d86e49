// Leaves of a JSON line as simdjson reads them
// SPDX-License-Identifier: Apache-2.0
#ifndef JSON_ORACLE_H
#define JSON_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

// One leaf in document order: keys from the root joined by '.', escapes undone. A string with
// its escapes undone, anything else (an array and an empty object too) as written.
struct oracle_leaf {
    const char *path;
    size_t path_size;
    const char *value;
    size_t value_size;
    char kind; // "s"tring, "n"umber, "b"ool, "0" null, "r"aw
};

typedef void oracle_leaf_seen(void *context, const struct oracle_leaf *leaf);

#ifdef __cplusplus
extern "C" {
#endif

// False when simdjson finds no object in the line, or something it refuses.
bool oracle_read_line(const char *line, size_t size, oracle_leaf_seen *seen, void *context);

#ifdef __cplusplus
}
#endif

#endif
