// Seeded damage to evidence and rules
// SPDX-License-Identifier: Apache-2.0
#ifndef MUTATE_H
#define MUTATE_H

#include "base/buffer.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One damaged copy of a seed file. A file has parts that do not depend on each other (the
// chunks of an event log, the lines of a text); what is no longer whole is marked, so that
// whoever reads the copy can be held to losing nothing else.
struct mutant {
    struct buffer bytes;
    uint64_t random;  // state; never 0
    const char *kind; // what was done last
    bool *lost;       // one for each part of the seed
    size_t part_count;
    size_t header_lines; // parts at the start, without which the others are nothing
    bool finished;       // parts are no longer where they were: nothing more is done
};

// The same number gives the same damage everywhere.
uint64_t mutant_random(struct mutant *mutant);
size_t mutant_below(struct mutant *mutant, size_t limit); // 0 when the limit is 0
uint32_t mutant_extreme(struct mutant *mutant);           // a number that parsers trip over
uint8_t *mutant_at(struct mutant *mutant, size_t offset); // into bytes

void mutant_lose(struct mutant *mutant, size_t part);
void mutant_lose_from(struct mutant *mutant, size_t part);

// Replace `size` bytes at `offset` by others; what is behind moves.
void mutant_splice(struct mutant *mutant, size_t offset, size_t size, struct slice by);
void mutant_flip_bits(struct mutant *mutant, size_t offset, size_t size);

size_t evtx_part_count(struct slice seed);
void evtx_mutate(struct mutant *mutant);

// Lines of JSON.
size_t json_part_count(struct slice seed);
void json_mutate(struct mutant *mutant);

// Lines below a header, or of which the first says what they all are; and tables whose values may
// be quoted: a quote that opens may take the lines after it along.
void text_mutate(struct mutant *mutant);
void table_mutate(struct mutant *mutant);
void text_damage(struct mutant *mutant); // lines that belong together: no parts

// Sigma rules, and a file of which nothing is known; they have no parts.
void sigma_mutate(struct mutant *mutant);
void image_mutate(struct mutant *mutant);

#endif
