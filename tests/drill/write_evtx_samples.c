// Writes DIR/samples.evtx and DIR/truth.jsonl
// SPDX-License-Identifier: Apache-2.0
#include "evtx_samples.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    TRUTH_BYTES_MAX = 64 << 20,
    RECORDS_DEFAULT = 1000
};

int main(int argc, char **argv) {
    if (argc < 2) {
        fprintf(stderr, "usage: write_evtx_samples DIR [RECORDS]\n");
        return 2;
    }
    size_t records = argc > 2 ? strtoull(argv[2], NULL, 10) : RECORDS_DEFAULT;
    char path[4096];
    struct buffer truth;
    buffer_init(&truth, TRUTH_BYTES_MAX);
    snprintf(path, sizeof path, "%s/samples.evtx", argv[1]);
    evtx_samples_write(path, "samples.evtx", records, &truth);
    snprintf(path, sizeof path, "%s/truth.jsonl", argv[1]);
    FILE *file = fopen(path, "wb");
    bool written = file && fwrite(truth.data, 1, truth.size, file) == truth.size;
    if (file && fclose(file) != 0)
        written = false;
    buffer_done(&truth);
    return written && !truth.failed ? 0 : 4;
}
