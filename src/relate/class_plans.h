// The plans of all classes met
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_CLASS_PLANS_H
#define RELATE_CLASS_PLANS_H

#include "relate/row_plan.h"

// plans[class id] is what class_plan_init gave for that class, or NULL. A class without an id, and
// one that finds no room, is worked out for each of its records (is_passing).
struct class_plans {
    struct arena arena;
    struct class_plan **plans;
    uint32_t capacity;
    struct class_plan passing;
    struct arena passing_arena;
};

void class_plans_init(struct class_plans *plans);
void class_plans_done(struct class_plans *plans);

// Of a class that has none yet.
const struct class_plan *class_plans_make(struct class_plans *plans,
                                          const struct event_class *event_class);

// Lives as long as the plans; a passing one until the next is asked for.
static inline const struct class_plan *class_plans_find(struct class_plans *plans,
                                                        const struct event_class *event_class) {
    if (event_class->id < plans->capacity && plans->plans[event_class->id])
        return plans->plans[event_class->id];
    return class_plans_make(plans, event_class);
}

#endif
