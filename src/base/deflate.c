// How far bytes can be pressed together; gzip undone
// SPDX-License-Identifier: Apache-2.0
#include "base/deflate.h"

#include "base/memory.h"

#include <assert.h>
#include <zlib.h>

enum {
    DEFLATE_OUTPUT_BYTES = 64 * 1024,
    DEFLATE_INPUT_BYTES = 1 << 20, // a step; zlib counts in 32 bits
    GUNZIP_INPUT_BYTES = 64 * 1024,
    GUNZIP_NAME_BYTES = 1024,
    GUNZIP_MARK_BYTES = 2,
    GUNZIP_WINDOW = 15 + 16, // the largest, and gzip's header and trailer
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

struct gunzip {
    z_stream stream;
    gz_header header; // of the first member
    uint8_t name[GUNZIP_NAME_BYTES];
    gunzip_source *source;
    void *context;
    uint64_t taken;
    bool first; // member: without it there is no gzip
    bool ended; // nothing more comes out, `fault` says why
    bool cut;
    struct problem fault;
    uint8_t input[GUNZIP_INPUT_BYTES];
};

struct gunzip *gunzip_new(gunzip_source *source, void *context) {
    struct gunzip *gunzip = memory_new(1, sizeof *gunzip);
    int result = inflateInit2(&gunzip->stream, GUNZIP_WINDOW);
    assert(result == Z_OK);
    (void)result;
    gunzip->header = (gz_header){.name = gunzip->name, .name_max = GUNZIP_NAME_BYTES};
    inflateGetHeader(&gunzip->stream, &gunzip->header);
    gunzip->source = source;
    gunzip->context = context;
    gunzip->first = true;
    return gunzip;
}

void gunzip_free(struct gunzip *gunzip) {
    if (gunzip)
        inflateEnd(&gunzip->stream);
    memory_free(gunzip);
}

bool gunzip_is_cut(const struct gunzip *gunzip) {
    return gunzip->cut;
}

struct slice gunzip_name(const struct gunzip *gunzip) {
    size_t size = 0;
    while (size < GUNZIP_NAME_BYTES && gunzip->name[size])
        size++;
    // One that does not end is longer than it can be.
    bool named = gunzip->header.done == 1 && size < GUNZIP_NAME_BYTES;
    return slice_of(gunzip->name, named ? size : 0);
}

uint64_t gunzip_taken(const struct gunzip *gunzip) {
    return gunzip->taken;
}

static void gunzip_end(struct gunzip *gunzip, const char *fault) {
    gunzip->ended = true;
    if (fault)
        problem_set(&gunzip->fault, STATUS_FORMAT, "%s", fault);
}

// Members, of which one is behind: no more than the mark of the next one was read.
static bool gunzip_is_between(const struct gunzip *gunzip) {
    return !gunzip->first && gunzip->stream.total_in <= GUNZIP_MARK_BYTES;
}

// False when there is no more.
static bool gunzip_fill(struct gunzip *gunzip) {
    size_t size = 0;
    enum status status =
        gunzip->source(gunzip->context, gunzip->input, GUNZIP_INPUT_BYTES, &size, &gunzip->fault);
    gunzip->fault.status = status;
    gunzip->taken += size;
    gunzip->stream.next_in = gunzip->input;
    gunzip->stream.avail_in = (uInt)size;
    if (status == STATUS_OK && size > 0)
        return true;
    gunzip->ended = true;
    gunzip->cut = status == STATUS_OK && !gunzip_is_between(gunzip);
    if (gunzip->cut)
        gunzip_end(gunzip, "gzip: ends too early");
    return false;
}

// One step; what comes out goes to next_out.
static void gunzip_step(struct gunzip *gunzip) {
    z_stream *stream = &gunzip->stream;
    if (stream->avail_in == 0 && !gunzip_fill(gunzip))
        return;
    int result = inflate(stream, Z_NO_FLUSH);
    if (result == Z_STREAM_END) {
        inflateReset(stream);
        gunzip->first = false;
    } else if (result != Z_OK && result != Z_BUF_ERROR) {
        // Behind the last member: padding, or what is none of gzip's.
        gunzip_end(gunzip, gunzip_is_between(gunzip) ? NULL : "gzip: damaged");
    }
}

enum status gunzip_read(struct gunzip *gunzip, void *to, size_t size, size_t *ret_size,
                        struct problem *problem) {
    size_t room = size < DEFLATE_INPUT_BYTES ? size : DEFLATE_INPUT_BYTES;
    gunzip->stream.next_out = to;
    gunzip->stream.avail_out = (uInt)room;
    while (gunzip->stream.avail_out == room && !gunzip->ended)
        gunzip_step(gunzip);
    *ret_size = room - gunzip->stream.avail_out;
    if (*ret_size > 0 || gunzip->fault.status == STATUS_OK)
        return STATUS_OK;
    if (problem)
        *problem = gunzip->fault;
    return gunzip->fault.status;
}
