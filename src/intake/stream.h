// Bytes that come one after the other
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_STREAM_H
#define INTAKE_STREAM_H

#include "model/gap.h"

#include <stddef.h>
#include <stdint.h>

// Whatever can be read from front to back: a file, an entry of an archive, standard input.
struct stream {
    void *context;
    // Up to `size` bytes; 0 at the end. When the end comes from damage or a ceiling, *ret_damage
    // becomes the gap's reason (static text), else it is left alone.
    size_t (*read)(void *context, uint8_t *to, size_t size, const char **ret_damage);
};

// Reads until `size` bytes are there or the stream ends.
static inline size_t stream_fill(const struct stream *stream, uint8_t *to, size_t size,
                                 const char **ret_damage) {
    size_t got = 0;
    while (got < size) {
        size_t step = stream->read(stream->context, to + got, size - got, ret_damage);
        if (step == 0)
            break;
        got += step;
    }
    return got;
}

// Where the intake's gaps go.
struct gap_sink {
    void (*gap)(void *context, const struct gap *gap);
    void *context;
};

static inline void gap_sink_add(const struct gap_sink *sink, struct gap gap) {
    if (sink->gap)
        sink->gap(sink->context, &gap);
}

#endif
