// Print the events of an event log file as raw JSON
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "decode/decode.h"
#include "report/event_raw.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void print_event(void *context, struct event *event) {
    struct buffer *line = context;
    buffer_reset(line);
    event_append_raw_json(event, line);
    buffer_append_byte(line, '\n');
    fwrite(line->data, 1, line->size, stdout);
}

static void print_gap(void *context, const struct gap *gap) {
    (void)context;
    fprintf(stderr, "gap at %llu: %llu bytes: %s\n", (unsigned long long)gap->offset,
            (unsigned long long)gap->bytes, gap->reason);
}

// usage: evtx_print [--recover] FILE
int main(int count, char **arguments) {
    struct decode_options options = {.recover = count > 2 && !strcmp(arguments[1], "--recover")};
    int fd = count > 1 ? open(arguments[count - 1], O_RDONLY | O_CLOEXEC) : -1;
    struct stat state;
    if (fd < 0 || fstat(fd, &state) != 0) {
        fprintf(stderr, "usage: evtx_print [--recover] FILE\n");
        return 2;
    }
    size_t decoder_count;
    const struct decoder *decoder = decode_list(&decoder_count)[0];
    struct buffer line;
    buffer_init(&line, (size_t)64 << 20);
    struct unit unit = {.fd = fd, .size = (uint64_t)state.st_size};
    struct event_sink sink = {&line, print_event, print_gap};
    void *reader = decoder->new_state(&options);
    enum status status = decoder->decode(reader, &unit, &sink, NULL);
    decoder->free_state(reader);
    buffer_done(&line);
    close(fd);
    return status != STATUS_OK;
}
