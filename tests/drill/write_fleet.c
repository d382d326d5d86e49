// Writes a fleet's logs, for the tests and for timing
// SPDX-License-Identifier: Apache-2.0
#include "drill/drill.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int main(int argc, char **argv) {
    struct drill_logs_options options = {.hosts = 8, .records = 1000, .days = 1, .seed = 1};
    for (int i = 1; i + 1 < argc; i += 2) {
        uint64_t number = strtoull(argv[i + 1], NULL, 10);
        if (strcmp(argv[i], "-o") == 0)
            options.directory = argv[i + 1];
        else if (strcmp(argv[i], "--single") == 0)
            options.single = argv[i + 1];
        else if (strcmp(argv[i], "--truth") == 0)
            options.truth = argv[i + 1];
        else if (strcmp(argv[i], "--hosts") == 0)
            options.hosts = (uint32_t)number;
        else if (strcmp(argv[i], "--records") == 0)
            options.records = number;
        else if (strcmp(argv[i], "--days") == 0)
            options.days = (uint32_t)number;
        else if (strcmp(argv[i], "--seed") == 0)
            options.seed = number;
        else if (strcmp(argv[i], "--quiet") == 0)
            options.quiet = number != 0;
    }
    struct drill_logs_result result;
    struct problem problem;
    if (drill_write_logs(&options, &result, &problem) != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        return 4;
    }
    printf("%llu hosts, %llu files, %llu records, %llu bytes\n", (unsigned long long)result.hosts,
           (unsigned long long)result.files, (unsigned long long)result.records,
           (unsigned long long)result.bytes);
    return 0;
}
