// How far bytes can be pressed together
// SPDX-License-Identifier: Apache-2.0
#include "base/deflate.h"

#include "base/memory.h"

#include <assert.h>
#include <zlib.h>

enum {
    DEFLATE_OUTPUT_BYTES = 64 * 1024,
    DEFLATE_INPUT_BYTES = 1 << 20, // a step; zlib counts in 32 bits
};

struct deflate_measure {
    z_stream stream;
    uint64_t size;
    uint8_t output[DEFLATE_OUTPUT_BYTES];
};

struct deflate_measure *deflate_measure_new(void) {
    struct deflate_measure *measure = memory_new(1, sizeof *measure);
    int result = deflateInit(&measure->stream, Z_DEFAULT_COMPRESSION);
    assert(result == Z_OK);
    (void)result;
    return measure;
}

void deflate_measure_free(struct deflate_measure *measure) {
    if (measure)
        deflateEnd(&measure->stream);
    memory_free(measure);
}

void deflate_measure_begin(struct deflate_measure *measure) {
    deflateReset(&measure->stream);
    measure->size = 0;
}

// Until zlib has no more to say.
static void deflate_measure_run(struct deflate_measure *measure, int flush) {
    z_stream *stream = &measure->stream;
    do {
        stream->next_out = measure->output;
        stream->avail_out = DEFLATE_OUTPUT_BYTES;
        deflate(stream, flush);
        measure->size += DEFLATE_OUTPUT_BYTES - stream->avail_out;
    } while (stream->avail_out == 0);
}

void deflate_measure_add(struct deflate_measure *measure, struct slice bytes) {
    for (size_t at = 0; at < bytes.size; at += DEFLATE_INPUT_BYTES) {
        struct slice piece = slice_part(bytes, at, DEFLATE_INPUT_BYTES);
        measure->stream.next_in = (Bytef *)(uintptr_t)piece.data;
        measure->stream.avail_in = (uInt)piece.size;
        deflate_measure_run(measure, Z_NO_FLUSH);
    }
}

uint64_t deflate_measure_end(struct deflate_measure *measure) {
    measure->stream.next_in = NULL;
    measure->stream.avail_in = 0;
    deflate_measure_run(measure, Z_FINISH);
    return measure->size;
}
