// Canonical bytes of each line, in hexadecimal
// SPDX-License-Identifier: Apache-2.0
#include "guard/guard.h"

#include <stdio.h>
#include <stdlib.h>

// For tests/acceptance/canonical.py: a line is a JSON text; "refused: why" for what is refused.
int main(void) {
    char *line = NULL;
    size_t capacity = 0;
    ssize_t size;
    struct canonical_document document;
    canonical_init(&document);
    while ((size = getline(&line, &capacity, stdin)) > 0) {
        struct problem problem;
        size_t text_size = (size_t)size - (line[size - 1] == '\n');
        if (canonical_read(&document, slice_of(line, text_size), 0, &problem) != STATUS_OK) {
            printf("refused: %s\n", problem.text);
            continue;
        }
        for (size_t i = 0; i < document.canonical_size; i++)
            printf("%02x", document.canonical[i]);
        putchar('\n');
    }
    canonical_done(&document);
    free(line);
    return 0;
}
