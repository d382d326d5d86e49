// Who wrote a JSON line, and what its fields are
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_JSON_SHIPPER_H
#define DECODE_JSON_SHIPPER_H

#include "base/arena.h"
#include "base/slice.h"
#include "model/shape.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One leaf of an object, in document order. Keys have their escapes undone.
struct json_leaf {
    struct slice path;   // keys from the root, joined by '.'
    struct slice key;    // the last key
    struct slice parent; // the key above; empty at the top
    struct slice grandparent;
};

// What the shipper's table makes of an object's leaves.
struct json_naming {
    const char *format; // NULL: no known shipper
    struct shape_field *fields;
    uint32_t field_count; // one more than leaves when is_log_unsaid
    int32_t role_fields[FIELD_ROLE_COUNT];
    // Two clocks that tell the zone of a third: the shipper's own time in the zone of the
    // event's time, and the same instant with a zone. Index into fields, or -1.
    int32_t received_local;
    int32_t received_utc;
    // A record of Zeek that does not name its log: the last field, {bank 1, 0}, is that name.
    bool is_log_unsaid;
    const char *log; // what its members say; NULL: nothing, the file's name has to
};

// Recognise the shipper by its paths and name each leaf. Fields and names are made in `arena`;
// paths are the leaves'. False when the arena is full.
bool json_shipper_name(const struct json_leaf *leaves, uint32_t count, struct arena *arena,
                       struct json_naming *ret_naming);

#endif
