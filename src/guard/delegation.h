// Which delegations a target path falls under
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_DELEGATION_H
#define GUARD_DELEGATION_H

#include "guard/metadata.h"

#include <stdbool.h>
#include <stdint.h>

// Source: TUF 1.0.34, 4.5 and 5.6.7; TAP 15 for bins.
//
// The delegations that a path falls under, in order of appearance; start with *at = 0. False at
// the end. A bin has its name in `name_buffer`.
bool delegation_next(const struct metadata *targets, struct slice path, uint32_t *at,
                     struct metadata_role *ret_role, char name_buffer[METADATA_BIN_NAME_SIZE]);

// The role of bin `number`, below 2^bit_length.
void delegation_bin(const struct metadata_bins *bins, uint32_t number,
                    struct metadata_role *ret_role, char name_buffer[METADATA_BIN_NAME_SIZE]);

// '*' stands for any characters, '?' for one, "[a-z]" and "[!a-z]" for one of a set; none of
// them for '/'. By character, case counts, no escapes: as fnmatch.fnmatchcase of Python on each
// part between '/'. Takes time of at most pattern x path.
bool delegation_path_matches(struct slice pattern, struct slice path);

#endif
