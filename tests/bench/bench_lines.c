// Speed of splitting lines of web logs and tables
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/decode.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

// usage: bench_lines FILE [TIMES]
// Reads FILE into memory and decodes it, by the decoder that knows it, TIMES times in units of
// 1 MiB, as a scan does; every value of every record is looked at once.
enum {
    TIMES_DEFAULT = 20,
    UNIT_BYTES = 1 << 20,
};

struct totals {
    uint64_t records;
    uint64_t values;
    uint64_t value_bytes;
    uint64_t gaps;
};

static void totals_event(void *context, struct event *event) {
    struct totals *totals = context;
    const struct value *values = event->banks[0];
    uint32_t count = event->bank_sizes[0];
    for (uint32_t i = 0; i < count; i++)
        totals->value_bytes += values[i].size;
    totals->values += count;
    totals->records++;
}

static void totals_gap(void *context, const struct gap *gap) {
    (void)gap;
    ((struct totals *)context)->gaps++;
}

static struct slice file_read(const char *path) {
    FILE *file = fopen(path, "rb");
    if (!file || fseek(file, 0, SEEK_END) != 0)
        return (struct slice){NULL, 0};
    long size = ftell(file);
    uint8_t *bytes = memory_new(size > 0 ? (size_t)size : 1, 1);
    rewind(file);
    size_t got = fread(bytes, 1, (size_t)size, file);
    fclose(file);
    return slice_of(bytes, got);
}

// The next unit: about UNIT_BYTES of whole lines.
static size_t unit_size(struct slice rest) {
    if (rest.size <= UNIT_BYTES)
        return rest.size;
    const uint8_t *end = memchr(rest.data + UNIT_BYTES, '\n', rest.size - UNIT_BYTES);
    return end ? (size_t)(end - rest.data) + 1 : rest.size;
}

// The lines with '#' above all others: the header in force of each unit but the first.
static struct slice file_header(struct slice file) {
    size_t at = 0;
    while (at < file.size && file.data[at] == '#') {
        const uint8_t *end = memchr(file.data + at, '\n', file.size - at);
        at = end ? (size_t)(end - file.data) + 1 : file.size;
    }
    return slice_part(file, 0, at);
}

static bool decode_all(const struct decoder *decoder, void *state, struct slice file,
                       const struct event_sink *sink) {
    for (size_t at = 0; at < file.size;) {
        struct unit unit = {.fd = -1, .offset = at, .first_line = 1, .source_size = file.size};
        unit.bytes = slice_part(file, at, unit_size(slice_part(file, at, file.size)));
        unit.size = unit.bytes.size;
        if (at)
            unit.header = file_header(file);
        struct problem problem;
        if (decoder->decode(state, &unit, sink, &problem) != STATUS_OK)
            return false;
        at += unit.bytes.size;
    }
    return true;
}

int main(int count, char **words) {
    struct slice file = {NULL, 0};
    if (count > 1)
        file = file_read(words[1]);
    if (!file.data) {
        fputs("usage: bench_lines FILE [TIMES]\n", stderr);
        return 2;
    }
    const struct decoder *decoder =
        decode_recognise(slice_part(file, 0, 65536), slice_of_string(words[1]));
    if (!decoder || decoder->division != DIVISION_LINES) {
        fputs("bench_lines: no decoder of lines knows the file\n", stderr);
        return 2;
    }
    long times = count > 2 ? strtol(words[2], NULL, 10) : TIMES_DEFAULT;
    struct totals totals = {0};
    struct event_sink sink = {&totals, totals_event, totals_gap};
    clock_t start = clock(); // of this process: other work on the machine does not count
    void *state = decoder->new_state(&(struct decode_options){0});
    bool fine = true;
    for (long i = 0; i < times && fine; i++)
        fine = decode_all(decoder, state, file, &sink);
    decoder->free_state(state);
    if (!fine)
        return 4;
    double seconds = (double)(clock() - start) / (double)CLOCKS_PER_SEC;
    double bytes = (double)file.size * (double)times;
    printf("%" PRIu64 " records, %" PRIu64 " values, %" PRIu64
           " gaps: %.0f MB/s, %.0f ns a record\n",
           totals.records, totals.values, totals.gaps, bytes / seconds / 1e6,
           totals.records ? seconds * 1e9 / (double)totals.records : 0.0);
    return 0;
}
