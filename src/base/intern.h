// Texts as small numbers
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_INTERN_H
#define BASE_INTERN_H

#include "base/arena.h"
#include "base/slice.h"
#include "base/table.h"

#include <stdint.h>

// What intern_add gives once the ceiling is reached: texts come from evidence, and attackers
// write evidence.
#define INTERN_FULL UINT32_MAX

// Equal texts get equal numbers, dense from 0 in order of first sight. Not thread-safe: one
// interner per worker, or frozen after start.
struct interner {
    struct arena arena;
    struct table table;
    struct slice *texts;
    uint32_t count;
    uint32_t ceiling;
};

// At most `ceiling` texts and `ceiling_bytes` of them together.
void intern_init(struct interner *interner, uint32_t ceiling, size_t ceiling_bytes);
void intern_done(struct interner *interner);

// The text's number, added when new; INTERN_FULL when there is no room for a new one.
uint32_t intern_add(struct interner *interner, struct slice text);

// INTERN_FULL when never added.
uint32_t intern_find(const struct interner *interner, struct slice text);

// Lives as long as the interner; a NUL follows it.
struct slice intern_text(const struct interner *interner, uint32_t number);

#endif
