// Repeats of a finding become one, in bounded memory
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collector.h"

#include "base/arena.h"
#include "base/memory.h"
#include "base/packed_row.h"
#include "base/table.h"
#include "pipeline/finding_codec.h"
#include "pipeline/finding_plan.h"

#include <assert.h>

// Per worker. The groups' arena is what is spilled; plans are kept and few.
enum {
    COLLECTOR_ARENA_BYTES = 4 << 20,
    COLLECTOR_SORTER_BYTES = 4 << 20,
    COLLECTOR_PLAN_BYTES = 4 << 20,
    COLLECTOR_KEY_BYTES = 16 << 20,
    // A value is rendered before it is cut: a line of 64 MiB may be one value, or two.
    COLLECTOR_SCRATCH_BYTES = 256 << 20,
    COLLECTOR_SCRATCH_KEEP = 4 << 20,
};

// A finding that may repeat. The key is rendered when the group is made.
struct collector_group {
    struct slice key;
    int64_t first_ns, last_ns;
    uint64_t count;
    uint32_t reference_count;
    uint32_t reference_capacity;
    struct reference *references;
};

struct collector {
    const struct rule *const *rules;
    struct arena arena; // keys and references of the groups
    struct table groups_by_hash;
    struct collector_group *groups;
    uint32_t group_count;
    uint32_t group_capacity;
    struct arena plan_arena;
    struct table plans_by_class;
    const struct finding_plan **plans;
    uint32_t plan_count;
    struct finding_plan plan_scratch;
    struct buffer scratch;
    struct buffer key;
    struct buffer sum;
    struct sorter *by_key;
    struct sorter *by_time; // after collector_finish
    struct finding current;
    const char *directory;
};

struct collector *collector_new(const struct rule *const *rules, const char *directory) {
    struct collector *collector = memory_new(1, sizeof *collector);
    collector->rules = rules;
    collector->directory = directory;
    arena_init(&collector->arena, COLLECTOR_ARENA_BYTES);
    arena_init(&collector->plan_arena, COLLECTOR_PLAN_BYTES);
    table_init(&collector->groups_by_hash);
    table_init(&collector->plans_by_class);
    buffer_init(&collector->scratch, COLLECTOR_SCRATCH_BYTES);
    buffer_init(&collector->key, COLLECTOR_KEY_BYTES);
    buffer_init(&collector->sum, COLLECTOR_KEY_BYTES);
    collector->by_key = sorter_new(COLLECTOR_SORTER_BYTES, directory);
    return collector;
}

void collector_free(struct collector *collector) {
    if (!collector)
        return;
    arena_done(&collector->arena);
    arena_done(&collector->plan_arena);
    table_done(&collector->groups_by_hash);
    table_done(&collector->plans_by_class);
    memory_free(collector->groups);
    memory_free(collector->plans);
    buffer_done(&collector->scratch);
    buffer_done(&collector->key);
    buffer_done(&collector->sum);
    sorter_free(collector->by_key);
    sorter_free(collector->by_time);
    memory_free(collector);
}

// The sums of a group, into collector->sum.
static struct slice collector_sum(struct collector *collector,
                                  const struct collector_group *group) {
    struct finding *finding = &collector->current;
    finding->first_ns = group->first_ns;
    finding->last_ns = group->last_ns;
    finding->count = group->count;
    finding->reference_count = group->reference_count;
    memcpy(finding->references, group->references,
           group->reference_count * sizeof *group->references);
    buffer_reset(&collector->sum);
    finding_append_sum(&collector->sum, finding);
    return buffer_slice(&collector->sum);
}

static void collector_empty(struct collector *collector) {
    collector->group_count = 0;
    table_reset(&collector->groups_by_hash);
    arena_reset(&collector->arena);
}

static enum status collector_spill(struct collector *collector, struct problem *problem) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < collector->group_count && status == STATUS_OK; i++) {
        const struct collector_group *group = &collector->groups[i];
        status =
            sorter_add(collector->by_key, group->key, collector_sum(collector, group), problem);
    }
    collector_empty(collector);
    return status;
}

enum status collector_pack(struct collector *collector, struct buffer *to,
                           struct problem *problem) {
    enum status status = STATUS_OK;
    if (sorter_count(collector->by_key)) {
        status = packed_row_drain(collector->by_key, to, problem);
        sorter_free(collector->by_key);
        collector->by_key = sorter_new(COLLECTOR_SORTER_BYTES, collector->directory);
    }
    for (uint32_t i = 0; i < collector->group_count && status == STATUS_OK; i++) {
        const struct collector_group *group = &collector->groups[i];
        packed_row_append(to, group->key, collector_sum(collector, group));
    }
    if (collector->group_count)
        collector_empty(collector);
    return status;
}

enum status collector_put(struct collector *collector, struct slice rows, uint32_t rule_count,
                          const struct source_map *map, struct problem *problem) {
    struct finding *finding = &collector->current;
    struct slice key, payload;
    while (packed_row_take(&rows, &key, &payload)) {
        uint32_t rule;
        if (!finding_read_key(key, finding, &rule) || !finding_read_sum(payload, finding) ||
            key.size > COLLECTOR_KEY_BYTES / 2 || rule >= rule_count || finding->count == 0 ||
            finding->reference_count == 0 ||
            !source_map_change(map, finding->references, finding->reference_count))
            return problem_set(problem, STATUS_FORMAT, "a finding that was kept is damaged");
        buffer_reset(&collector->sum);
        finding_append_sum(&collector->sum, finding);
        enum status status =
            sorter_add(collector->by_key, key, buffer_slice(&collector->sum), problem);
        if (status != STATUS_OK)
            return status;
    }
    if (rows.size)
        return problem_set(problem, STATUS_FORMAT, "findings that were kept are cut short");
    return STATUS_OK;
}

static const struct finding_plan *collector_plan(struct collector *collector, uint32_t rule,
                                                 const struct event_class *event_class) {
    if (event_class->id == UINT32_MAX) {
        finding_plan_init(&collector->plan_scratch, collector->rules[rule], event_class);
        return &collector->plan_scratch;
    }
    uint64_t hash = digest_mix64(digest_mix64(0, rule), event_class->id);
    uint32_t place = table_find(&collector->plans_by_class, hash, NULL, NULL, NULL);
    if (place != TABLE_NONE)
        return collector->plans[place];
    struct finding_plan *scratch = &collector->plan_scratch;
    finding_plan_init(scratch, collector->rules[rule], event_class);
    struct finding_plan *plan = arena_new(&collector->plan_arena, 1, sizeof *plan);
    if (!plan)
        return scratch;
    *plan = *scratch;
    if ((collector->plan_count & (collector->plan_count - 1)) == 0)
        collector->plans =
            memory_resize(collector->plans, collector->plan_count ? collector->plan_count * 2 : 1,
                          sizeof *collector->plans);
    collector->plans[collector->plan_count] = plan;
    table_add(&collector->plans_by_class, hash, collector->plan_count);
    collector->plan_count++;
    return plan;
}

// The group's first reference place, or room for one more; false when the arena is full.
static bool collector_reserve_reference(struct collector *collector,
                                        struct collector_group *group) {
    if (group->reference_count < group->reference_capacity ||
        group->reference_capacity == FINDING_REFERENCES_MAX)
        return true;
    uint32_t capacity = group->reference_capacity ? group->reference_capacity * 4 : 1;
    struct reference *references = arena_new(&collector->arena, capacity, sizeof *references);
    if (!references)
        return false;
    if (group->reference_count)
        memcpy(references, group->references, group->reference_count * sizeof *references);
    group->references = references;
    group->reference_capacity = capacity;
    return true;
}

// A new group; NULL when the arena is full.
static struct collector_group *collector_group_new(struct collector *collector, uint64_t hash,
                                                   struct slice key) {
    struct collector_group group = {.first_ns = CLOCK_NONE, .last_ns = CLOCK_NONE};
    group.key = arena_keep(&collector->arena, key);
    if (!group.key.data)
        return NULL;
    if (collector->group_count == collector->group_capacity) {
        collector->group_capacity = collector->group_capacity ? collector->group_capacity * 2 : 64;
        collector->groups =
            memory_resize(collector->groups, collector->group_capacity, sizeof *collector->groups);
    }
    uint32_t place = collector->group_count++;
    collector->groups[place] = group;
    table_add(&collector->groups_by_hash, hash, place);
    return &collector->groups[place];
}

static bool collector_count_hit(struct collector *collector, struct collector_group *group,
                                const struct event *event) {
    int64_t time_ns = event->time_ns;
    if (reference_would_keep(group->references, group->reference_count, time_ns,
                             &event->position)) {
        if (!collector_reserve_reference(collector, group))
            return false;
        struct reference reference;
        memset(&reference, 0, sizeof reference);
        reference.position = event->position;
        reference.time_ns = time_ns;
        reference_digest(event, reference.sha256);
        reference_insert(group->references, &group->reference_count, &reference);
    }
    if (time_ns != CLOCK_NONE && (group->first_ns == CLOCK_NONE || time_ns < group->first_ns))
        group->first_ns = time_ns;
    if (time_ns > group->last_ns)
        group->last_ns = time_ns;
    group->count++;
    return true;
}

// What tells groups apart. Records without a computer of their own (access logs) are of the host
// of their path.
static uint64_t collector_hash(const struct finding_plan *plan, uint32_t rule,
                               const struct event *event, struct slice host) {
    uint64_t seed = digest_mix64(rule, event->event_class->id);
    const struct value *computer = event_role_value(event, FIELD_ROLE_COMPUTER);
    if (value_is_null(computer) || computer->size == 0)
        seed = digest_mix64(seed, digest_hash64(host));
    return finding_plan_hash(plan, event, seed);
}

static struct collector_group *collector_group_make(struct collector *collector,
                                                    const struct finding_plan *plan, uint32_t rule,
                                                    const struct event *event, struct slice host) {
    buffer_reset(&collector->scratch);
    buffer_reset(&collector->key);
    finding_plan_render(plan, event, host, &collector->scratch, &collector->current);
    finding_append_key(&collector->key, rule, &collector->current);
    assert(!collector->key.failed && !collector->scratch.failed);
    if (collector->scratch.capacity > COLLECTOR_SCRATCH_KEEP)
        buffer_done(&collector->scratch);
    return collector_group_new(collector, collector_hash(plan, rule, event, host),
                               buffer_slice(&collector->key));
}

enum status collector_add(struct collector *collector, uint32_t rule, const struct event *event,
                          struct slice host, bool *ret_new, struct problem *problem) {
    const struct finding_plan *plan = collector_plan(collector, rule, event->event_class);
    uint64_t hash = collector_hash(plan, rule, event, host);
    uint32_t place = TABLE_NONE;
    if (event->event_class->id != UINT32_MAX)
        place = table_find(&collector->groups_by_hash, hash, NULL, NULL, NULL);
    *ret_new = place == TABLE_NONE;
    struct collector_group *group = *ret_new ? NULL : &collector->groups[place];
    if (!group)
        group = collector_group_make(collector, plan, rule, event, host);
    if (group && collector_count_hit(collector, group, event))
        return STATUS_OK;
    // The arena is full: what is there goes to the sorter, and the hit is counted afresh. A
    // group just made without a count is dropped with the rest.
    if (group && group->count == 0)
        collector->group_count--;
    enum status status = collector_spill(collector, problem);
    if (status != STATUS_OK)
        return status;
    group = collector_group_make(collector, plan, rule, event, host);
    if (!group || !collector_count_hit(collector, group, event))
        return problem_set(problem, STATUS_LIMIT, "a finding is larger than %d bytes",
                           COLLECTOR_ARENA_BYTES);
    return STATUS_OK;
}

enum status collector_add_finding(struct collector *collector, uint32_t rule,
                                  const struct finding *finding, struct problem *problem) {
    buffer_reset(&collector->key);
    buffer_reset(&collector->sum);
    finding_append_key(&collector->key, rule, finding);
    finding_append_sum(&collector->sum, finding);
    if (collector->key.failed || collector->sum.failed)
        return problem_set(problem, STATUS_LIMIT, "a finding is larger than %d bytes",
                           COLLECTOR_KEY_BYTES);
    return sorter_add(collector->by_key, buffer_slice(&collector->key),
                      buffer_slice(&collector->sum), problem);
}

enum status collector_absorb(struct collector *collector, struct collector *other,
                             struct problem *problem) {
    enum status status = collector_spill(other, problem);
    if (status != STATUS_OK)
        return status;
    return sorter_absorb(collector->by_key, other->by_key, problem);
}

// Hand one merged finding on to the order of time: key = first time | finding key.
static enum status collector_pass_on(struct collector *collector, struct slice key,
                                     struct problem *problem) {
    uint64_t first = __builtin_bswap64((uint64_t)collector->current.first_ns ^ (1ull << 63));
    buffer_reset(&collector->scratch);
    buffer_append(&collector->scratch, &first, sizeof first);
    buffer_append_slice(&collector->scratch, key);
    buffer_reset(&collector->sum);
    finding_append_sum(&collector->sum, &collector->current);
    return sorter_add(collector->by_time, buffer_slice(&collector->scratch),
                      buffer_slice(&collector->sum), problem);
}

static enum status collector_merge(struct collector *collector, struct problem *problem) {
    struct finding *other = memory_new(1, sizeof *other);
    bool have = false;
    bool more = true;
    enum status status = STATUS_OK;
    while (status == STATUS_OK) {
        struct slice key, payload;
        status = sorter_next(collector->by_key, &key, &payload, &more, problem);
        if (status != STATUS_OK || !more)
            break;
        if (have && slice_equal(key, buffer_slice(&collector->key))) {
            finding_read_sum(payload, other);
            finding_merge_sum(&collector->current, other);
            continue;
        }
        if (have)
            status = collector_pass_on(collector, buffer_slice(&collector->key), problem);
        buffer_reset(&collector->key);
        buffer_append_slice(&collector->key, key);
        finding_read_sum(payload, &collector->current);
        have = true;
    }
    if (status == STATUS_OK && have)
        status = collector_pass_on(collector, buffer_slice(&collector->key), problem);
    memory_free(other);
    return status;
}

enum status collector_finish(struct collector *collector, struct problem *problem) {
    assert(!collector->by_time);
    enum status status = collector_spill(collector, problem);
    if (status == STATUS_OK)
        status = sorter_finish(collector->by_key, problem);
    if (status != STATUS_OK)
        return status;
    collector->by_time = sorter_new(COLLECTOR_SORTER_BYTES, collector->directory);
    status = collector_merge(collector, problem);
    sorter_free(collector->by_key);
    collector->by_key = NULL;
    return status == STATUS_OK ? sorter_finish(collector->by_time, problem) : status;
}

static void collector_read(const struct collector *collector, struct slice key,
                           struct slice payload, struct finding *ret_finding) {
    uint32_t rule;
    bool whole =
        finding_read_key(slice_part(key, sizeof(uint64_t), SIZE_MAX), ret_finding, &rule) &&
        finding_read_sum(payload, ret_finding);
    assert(whole);
    (void)whole;
    ret_finding->rule = collector->rules[rule];
}

enum status collector_next(struct collector *collector, struct finding *ret_finding, bool *ret_more,
                           struct problem *problem) {
    struct slice key, payload;
    enum status status = sorter_next(collector->by_time, &key, &payload, ret_more, problem);
    if (status == STATUS_OK && *ret_more)
        collector_read(collector, key, payload, ret_finding);
    return status;
}

enum status collector_next_packed(struct collector *collector, struct buffer *to,
                                  struct finding *ret_finding, bool *ret_more,
                                  struct problem *problem) {
    struct slice key, payload;
    enum status status = sorter_next(collector->by_time, &key, &payload, ret_more, problem);
    if (status != STATUS_OK || !*ret_more)
        return status;
    packed_row_append(to, key, payload);
    collector_read(collector, key, payload, ret_finding);
    return STATUS_OK;
}

enum status collector_put_finished(struct collector *collector, struct slice rows,
                                   uint32_t rule_count, uint32_t source_count,
                                   struct problem *problem) {
    struct finding *finding = &collector->current;
    struct slice key, payload;
    if (!collector->by_time)
        collector->by_time = sorter_new(COLLECTOR_SORTER_BYTES, collector->directory);
    while (packed_row_take(&rows, &key, &payload)) {
        uint32_t rule;
        bool sound =
            finding_read_key(slice_part(key, sizeof(uint64_t), SIZE_MAX), finding, &rule) &&
            finding_read_sum(payload, finding) && rule < rule_count &&
            finding->reference_count > 0 && key.size <= COLLECTOR_KEY_BYTES / 2;
        for (uint32_t i = 0; sound && i < finding->reference_count; i++)
            sound = finding->references[i].position.source < source_count;
        if (!sound)
            return problem_set(problem, STATUS_FORMAT, "a finding that was kept is damaged");
        enum status status = sorter_add(collector->by_time, key, payload, problem);
        if (status != STATUS_OK)
            return status;
    }
    if (rows.size)
        return problem_set(problem, STATUS_FORMAT, "findings that were kept are cut short");
    return STATUS_OK;
}

enum status collector_open_finished(struct collector *collector, struct problem *problem) {
    if (!collector->by_time)
        collector->by_time = sorter_new(COLLECTOR_SORTER_BYTES, collector->directory);
    return sorter_finish(collector->by_time, problem);
}

enum status collector_rewind(struct collector *collector, struct problem *problem) {
    return sorter_rewind(collector->by_time, problem);
}
