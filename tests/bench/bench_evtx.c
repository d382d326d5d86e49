// How fast all fields of an event log are views
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "decode/decode.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

struct counts {
    unsigned long long records, fields, bytes, gaps;
};

// Every field's view is looked at, none is rendered.
static void count_event(void *context, struct event *event) {
    struct counts *counts = context;
    counts->records++;
    counts->fields += event->shape->field_count;
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        counts->bytes += value->size;
    }
}

static void count_gap(void *context, const struct gap *gap) {
    (void)gap;
    ((struct counts *)context)->gaps++;
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

// usage: bench_evtx [--memory] FILE [TIMES]; --memory reads the file once and decodes from there
int main(int count, char **arguments) {
    bool in_memory = count > 1 && !strcmp(arguments[1], "--memory");
    const char *path = count > 1 + in_memory ? arguments[1 + in_memory] : "";
    long times = count > 2 + in_memory ? strtol(arguments[2 + in_memory], NULL, 10) : 1;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    if (fd < 0 || fstat(fd, &state) != 0) {
        fprintf(stderr, "usage: bench_evtx [--memory] FILE [TIMES]\n");
        return 2;
    }
    struct unit unit = {.fd = fd, .size = (uint64_t)state.st_size};
    uint8_t *bytes = NULL;
    if (in_memory) {
        bytes = malloc((size_t)state.st_size + 1);
        unit.bytes = slice_of(bytes, unit_read(&unit, 0, (size_t)state.st_size, bytes));
        unit.fd = -1;
    }
    size_t decoder_count;
    const struct decoder *decoder = decode_list(&decoder_count)[0];
    struct counts counts = {0};
    struct event_sink sink = {&counts, count_event, count_gap};
    double before = cpu_seconds();
    void *reader = decoder->new_state(&(struct decode_options){0});
    for (long i = 0; i < times; i++)
        decoder->decode(reader, &unit, &sink, NULL);
    decoder->free_state(reader);
    double seconds = cpu_seconds() - before;
    printf("%llu records, %llu fields, %llu gaps, %.3f CPU s, %.0f ns a record\n", counts.records,
           counts.fields, counts.gaps, seconds, seconds * 1e9 / (double)(counts.records | 1));
    free(bytes);
    close(fd);
    return 0;
}
