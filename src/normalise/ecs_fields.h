// The evidence's own fields, by name
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_ECS_FIELDS_H
#define NORMALISE_ECS_FIELDS_H

#include "base/buffer.h"
#include "model/event.h"

#include <stdbool.h>

// Which part of a record a field belongs to.
enum ecs_part {
    ECS_PART_HEAD,       // Event/System, with rows of its own in field.def; name spaces
    ECS_PART_EVENT_DATA, // Event/EventData, and flat shippers' fields
    ECS_PART_USER_DATA,  // Event/UserData
    ECS_PART_OTHER,      // what a shipper adds
};

// `is_known`: the record is a Windows event; otherwise all is OTHER.
enum ecs_part ecs_field_part(const struct shape_field *field, bool is_known);

// Append {"name":value,...} of a part, in document order; a name that comes several times
// gives an array. Null and absent values are left out. False, and nothing appended, when
// nothing is left.
bool ecs_fields_append(const struct event *event, enum ecs_part part, bool is_known,
                       struct buffer *buffer);

#endif
