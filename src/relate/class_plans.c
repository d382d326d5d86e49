// The plans of all classes met
// SPDX-License-Identifier: Apache-2.0
#include "relate/class_plans.h"

#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    PLANS_BYTES = 32 << 20, // 65,536 classes, most of them without rows
};

void class_plans_init(struct class_plans *plans) {
    *plans = (struct class_plans){0};
    arena_init(&plans->arena, PLANS_BYTES);
    arena_init(&plans->passing_arena, PLANS_BYTES);
}

void class_plans_done(struct class_plans *plans) {
    arena_done(&plans->arena);
    arena_done(&plans->passing_arena);
    memory_free(plans->plans);
}

static const struct class_plan *plan_passing(struct class_plans *plans,
                                             const struct event_class *event_class) {
    arena_reset(&plans->passing_arena);
    bool room = class_plan_init(&plans->passing, event_class, &plans->passing_arena);
    assert(room);
    (void)room;
    plans->passing.is_passing = true;
    return &plans->passing;
}

const struct class_plan *class_plans_make(struct class_plans *plans,
                                          const struct event_class *event_class) {
    uint32_t id = event_class->id;
    if (id == UINT32_MAX)
        return plan_passing(plans, event_class);
    if (id >= plans->capacity) {
        uint32_t capacity = plans->capacity ? plans->capacity : 64;
        while (capacity <= id)
            capacity *= 2;
        plans->plans = memory_resize(plans->plans, capacity, sizeof(struct class_plan *));
        memset(plans->plans + plans->capacity, 0,
               (capacity - plans->capacity) * sizeof(struct class_plan *));
        plans->capacity = capacity;
    }
    struct class_plan *plan = arena_new(&plans->arena, 1, sizeof *plan);
    if (!plan || !class_plan_init(plan, event_class, &plans->arena))
        return plan_passing(plans, event_class);
    plans->plans[id] = plan;
    return plan;
}
