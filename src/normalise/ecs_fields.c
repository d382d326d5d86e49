// The evidence's own fields, by name
// SPDX-License-Identifier: Apache-2.0
#include "normalise/ecs_fields.h"

#include "base/text.h"

#include <assert.h>
#include <stdlib.h>

// Names of the head, as model/shape.h gives them.
static const struct slice HEAD_NAMES[] = {
    SLICE("Provider_Name"),
    SLICE("Provider_Guid"),
    SLICE("Provider_EventSourceName"),
    SLICE("EventID"),
    SLICE("EventID_Qualifiers"),
    SLICE("Version"),
    SLICE("Level"),
    SLICE("Task"),
    SLICE("Opcode"),
    SLICE("Keywords"),
    SLICE("EventRecordID"),
    SLICE("Channel"),
    SLICE("Computer"),
    SLICE("Execution_ProcessID"),
    SLICE("Execution_ThreadID"),
    SLICE("Security_UserID"),
    SLICE("Correlation_ActivityID"),
    SLICE("Correlation_RelatedActivityID"),
    SLICE("TimeCreated_SystemTime"),
};

static bool slice_holds(struct slice whole, struct slice part) {
    return part.size == 0 || (whole.size && memmem(whole.data, whole.size, part.data, part.size));
}

static bool name_is_head(struct slice name) {
    for (size_t i = 0; i < ARRAY_SIZE(HEAD_NAMES); i++)
        if (slice_equal(HEAD_NAMES[i], name))
            return true;
    return false;
}

enum ecs_part ecs_field_part(const struct shape_field *field, bool is_known) {
    if (!is_known)
        return ECS_PART_OTHER;
    if (field->role != FIELD_ROLE_NONE || slice_starts(field->path, SLICE("Event.System.")) ||
        slice_ends(field->name, SLICE("xmlns")))
        return ECS_PART_HEAD;
    if (slice_holds(field->path, SLICE("EventData")) ||
        slice_holds(field->path, SLICE("event_data")))
        return ECS_PART_EVENT_DATA;
    if (slice_holds(field->path, SLICE("UserData")) || slice_holds(field->path, SLICE("user_data")))
        return ECS_PART_USER_DATA;
    if (name_is_head(field->name))
        return ECS_PART_HEAD;
    return slice_holds(field->path, SLICE(".")) ? ECS_PART_OTHER : ECS_PART_EVENT_DATA;
}

// The fields of one part, those of one name chained together:
//
//     members  Image  Data  Data  User        (document order)
//     next       -     2     -     -          (index into members, 0: none)
//     follows    no    no   yes    no
struct group {
    const struct event *event;
    uint32_t count;
    uint16_t members[SHAPE_FIELDS_MAX];
    uint16_t next[SHAPE_FIELDS_MAX];
    bool follows[SHAPE_FIELDS_MAX];
};

static struct slice member_name(const struct group *group, uint32_t member) {
    return group->event->shape->fields[group->members[member]].name;
}

static int member_compare(const void *a, const void *b, void *context) {
    uint16_t first = *(const uint16_t *)a;
    uint16_t second = *(const uint16_t *)b;
    int order = slice_compare(member_name(context, first), member_name(context, second));
    return order ? order : (first > second) - (first < second);
}

static void group_chain(struct group *group) {
    uint16_t sorted[SHAPE_FIELDS_MAX];
    for (uint32_t i = 0; i < group->count; i++) {
        sorted[i] = (uint16_t)i;
        group->next[i] = 0;
        group->follows[i] = false;
    }
    qsort_r(sorted, group->count, sizeof sorted[0], member_compare, group);
    for (uint32_t i = 1; i < group->count; i++)
        if (slice_equal(member_name(group, sorted[i - 1]), member_name(group, sorted[i]))) {
            group->next[sorted[i - 1]] = sorted[i];
            group->follows[sorted[i]] = true;
        }
}

static void group_gather(struct group *group, enum ecs_part part, bool is_known) {
    const struct shape *shape = group->event->shape;
    assert(shape->field_count <= SHAPE_FIELDS_MAX);
    group->count = 0;
    for (uint32_t i = 0; i < shape->field_count; i++)
        if (ecs_field_part(&shape->fields[i], is_known) == part &&
            !value_is_null(event_value(group->event, i)))
            group->members[group->count++] = (uint16_t)i;
}

static void member_append(const struct group *group, uint32_t member, struct buffer *buffer) {
    bool is_list = group->next[member] != 0;
    text_append_json(buffer, member_name(group, member));
    buffer_append_text(buffer, is_list ? ":[" : ":");
    for (;;) {
        value_append_json(event_value(group->event, group->members[member]), buffer);
        member = group->next[member];
        if (member == 0)
            break;
        buffer_append_byte(buffer, ',');
    }
    if (is_list)
        buffer_append_byte(buffer, ']');
}

bool ecs_fields_append(const struct event *event, enum ecs_part part, bool is_known,
                       struct buffer *buffer) {
    struct group group;
    group.event = event;
    group_gather(&group, part, is_known);
    if (group.count == 0)
        return false;
    group_chain(&group);
    char before = '{';
    for (uint32_t i = 0; i < group.count; i++) {
        if (group.follows[i])
            continue;
        buffer_append_byte(buffer, (uint8_t)before);
        member_append(&group, i, buffer);
        before = ',';
    }
    buffer_append_byte(buffer, '}');
    return true;
}
