// When a host was being broken into
// SPDX-License-Identifier: Apache-2.0
#include "correlate/break_in.h"

#include "base/memory.h"
#include "correlate/weights.h"

static bool clue_is_break_in(const struct clue *clue) {
    return clue->stage == STAGE_ENTRY && clue->level == RULE_LEVEL_CRITICAL &&
           clue->reference_count > 2;
}

static void break_ins_add(struct break_ins *list, int64_t first_ns, int64_t until_ns) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 16;
        list->rows = memory_resize(list->rows, list->capacity, sizeof *list->rows);
    }
    list->rows[list->count++] = (struct break_in){first_ns, until_ns};
}

// Clues of a host come by time: the work that follows a break-in is met before it, from the end.
void break_ins_read(struct break_ins *list, const struct assembly *assembly, uint32_t host) {
    const struct clue_book *book = assembly->book;
    int64_t work_ns = INT64_MAX, later_ns = INT64_MAX; // work from here on, and behind this moment
    list->count = 0;
    for (uint32_t i = book->starts[host + 1]; i > book->starts[host]; i--) {
        const struct clue *clue = &book->clues[i - 1];
        if (work_ns > clue->first_ns)
            later_ns = work_ns;
        if (clue->stage == STAGE_CONTROL && clue->level >= RULE_LEVEL_HIGH &&
            assembly_clue_counts(assembly, clue))
            work_ns = clue->first_ns;
        int64_t over_ns = clue->last_ns + SECOND_NS;
        if (clue_is_break_in(clue))
            break_ins_add(list, clue->first_ns, later_ns <= over_ns ? later_ns - 1 : over_ns);
    }
    for (uint32_t i = 0; i < list->count / 2; i++) {
        struct break_in row = list->rows[i];
        list->rows[i] = list->rows[list->count - 1 - i];
        list->rows[list->count - 1 - i] = row;
    }
    for (uint32_t i = 1; i < list->count; i++)
        if (list->rows[i].until_ns < list->rows[i - 1].until_ns)
            list->rows[i].until_ns = list->rows[i - 1].until_ns;
}

void break_ins_done(struct break_ins *list) {
    memory_free(list->rows);
    *list = (struct break_ins){0};
}

int64_t break_in_until(const struct break_ins *list, const struct clue *clue, int64_t time_ns) {
    uint32_t low = 0, high = clue->level == RULE_LEVEL_CRITICAL ? 0 : list->count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (list->rows[middle].first_ns <= time_ns)
            low = middle + 1;
        else
            high = middle;
    }
    return low && list->rows[low - 1].until_ns >= time_ns ? list->rows[low - 1].until_ns
                                                          : INT64_MIN;
}
