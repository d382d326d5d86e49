// The table of subcommands
// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>

int main(void) {
    puts("vedette");
    return 0;
}
