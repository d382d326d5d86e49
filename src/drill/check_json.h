// A JSON document read by the path of its members
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_CHECK_JSON_H
#define DRILL_CHECK_JSON_H

#include "base/arena.h"
#include "base/json.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// A whole document, checked for structure when it is opened. The first thing that is not as it
// should be is kept as a problem that names its path ("campaigns[0].hosts[3].state"); from then on
// readers give nothing, so that a caller looks once at the end.
struct check_document {
    const char *name; // for problems
    uint8_t *bytes;
    size_t size;
    struct json_index index;
    struct arena texts; // what check_text gave lives as long as the document
    struct problem *problem;
    enum status status;
};

// A value and the way to it. Lives on the reader's stack; parents must outlive their children.
struct check_node {
    struct check_document *document;
    const struct check_node *parent;
    struct slice key; // in an object, escapes not undone; data NULL in an array
    uint32_t number;  // in an array
    uint32_t token;
    bool absent;
};

enum status check_document_open(struct check_document *document, const char *path,
                                struct problem *problem);
void check_document_done(struct check_document *document);
struct check_node check_root(struct check_document *document);

// Remembers the first failure: "PATH: should be WHAT".
void check_should(const struct check_node *node, const char *what);

// The member of an object; absent is a failure for check_member only.
struct check_node check_member(const struct check_node *object, const char *key);
struct check_node check_optional(const struct check_node *object, const char *key);

// The elements of an array, or the members of an object, one by one. Start with token 0:
//     for (struct check_node item = {0}; check_next(&list, '[', &item);)
bool check_next(const struct check_node *list, char kind, struct check_node *item);

struct slice check_text(const struct check_node *node);
bool check_is_null(const struct check_node *node); // null, or absent
struct slice check_text_or_null(const struct check_node *node);
bool check_boolean(const struct check_node *node);
uint64_t check_number(const struct check_node *node);
// RFC 3339; CLOCK_NONE for null.
int64_t check_time(const struct check_node *node);

#endif
