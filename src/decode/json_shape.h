// The key sequences of JSON objects, met so far
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_JSON_SHAPE_H
#define DECODE_JSON_SHAPE_H

#include "base/arena.h"
#include "base/json.h"
#include "base/table.h"
#include "model/shape.h"
#include "model/value.h"

#include <stdbool.h>
#include <stdint.h>

// A shape with what the decoder needs besides.
struct json_shape {
    struct shape shape;
    int32_t received_local; // see json_shipper.h
    int32_t received_utc;
    bool is_log_unsaid;
    const char *log;
};

// A trie over tokens: each step of an object (a key with a leaf, a key with an object, the end
// of an object) leads from a node to a child, and the node where the outermost object ends
// names the shape. A step first tries the child that was taken last, so that records of a kind
// in a row cost one comparison of bytes a key; every step compares the key itself, so no
// crafted key can pass for another.
//
//     root -{System- o -Channel= o -EventID= o -}- o ... -}- o shape 0
//                                 `-EventID{ o -#text= o ...
//
struct json_book {
    struct arena arena; // keys, paths, shapes
    struct table table; // (parent, kind, key) -> node
    struct json_node *nodes;
    uint32_t node_count;
    uint32_t node_capacity;
    struct json_shape **shapes;
    uint32_t shape_count;
    uint32_t shape_capacity;
    uint64_t seed;
    bool single; // holds one shape at a time, whose id is SHAPE_ID_NONE
};

enum json_walk {
    JSON_WALK_FINE,
    JSON_WALK_BROKEN,    // not JSON: see the fault
    JSON_WALK_MANY,      // more than SHAPE_FIELDS_MAX leaves
    JSON_WALK_BOOK_FULL, // the book has no room for the object's keys
};

// `single`: for objects that a full book cannot take; json_book_reset before each.
void json_book_init(struct json_book *book, bool single);
void json_book_done(struct json_book *book);
void json_book_reset(struct json_book *book);

// Values of one object, in the order of its leaves. An array is one leaf, an empty object too.
struct json_row {
    struct value *values; // SHAPE_FIELDS_MAX
    uint32_t count;
};

// Read the object that starts at *token; on JSON_WALK_FINE *token is the one behind it. With
// JSON_WALK_BROKEN *ret_fault says why.
enum json_walk json_book_walk(struct json_book *book, const struct json_index *index,
                              uint32_t *token, struct json_row *row,
                              const struct json_shape **ret_shape, enum json_fault *ret_fault);

#endif
