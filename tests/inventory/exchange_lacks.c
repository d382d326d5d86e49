// Prints what each build on standard input lacks
// SPDX-License-Identifier: Apache-2.0
#include "inventory/inventory.h"

#include <stdio.h>

static void print_missing(void *context, const struct exchange_missing *missing) {
    (void)context;
    printf("\t%s%s", missing->update, missing->is_certain ? "" : "?");
    for (size_t i = 0; i < missing->vulnerability_count; i++)
        printf("%c%s%s", i ? ',' : ':', missing->vulnerabilities[i].id,
               missing->vulnerabilities[i].listed ? "!" : "");
}

// "15.1.2375.18" -> "Exchange2016 CU22 Jan22SU exact", then the updates: of a file, of a log.
int main(void) {
    char line[64];
    while (fgets(line, sizeof line, stdin)) {
        struct slice text = slice_of_string(line);
        struct exchange_build build;
        struct exchange_release release;
        while (text.size && text.data[text.size - 1] == '\n')
            text.size--;
        if (!exchange_build_read(text, &build) || !exchange_build_find(&build, &release)) {
            printf("unknown\n\n\n");
            continue;
        }
        printf("%s %s %s %s\n", release.product, release.cu, release.update,
               release.is_exact ? "exact" : "near");
        exchange_build_missing(&build, EXCHANGE_BUILD_OF_FILE, print_missing, NULL);
        printf("\n");
        exchange_build_missing(&build, EXCHANGE_BUILD_OF_LOG, print_missing, NULL);
        printf("\n");
    }
    return 0;
}
