// Nested objects out of sorted dotted names
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_ECS_WRITER_H
#define NORMALISE_ECS_WRITER_H

#include "base/buffer.h"

#include <stdbool.h>

// Writes one JSON object. Names come in bytewise order, each once, and none is the beginning
// of another's parents, so that every object is opened once:
//     host.name, process.name, process.parent.name
//     {"host":{"name":..},"process":{"name":..,"parent":{"name":..}}}
struct ecs_writer {
    struct buffer *buffer;
    const char *last; // the name written last; NULL before the first
};

void ecs_writer_init(struct ecs_writer *writer, struct buffer *buffer);

// Write the key of `name` (static text) with its parents; the caller appends the value.
void ecs_writer_key(struct ecs_writer *writer, const char *name);

// True when `name` is the one written last.
bool ecs_writer_has(const struct ecs_writer *writer, const char *name);

// Close what is open and the object itself.
void ecs_writer_done(struct ecs_writer *writer);

#endif
