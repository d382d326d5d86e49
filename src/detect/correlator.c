// Sigma correlation: observe in the workers, fold after the merge
// SPDX-License-Identifier: Apache-2.0
#include "detect/detect.h"

#include "base/memory.h"
#include "base/packed_row.h"
#include "base/sorter.h"
#include "base/text.h"
#include "detect/correlation_note.h"
#include "detect/correlation_window.h"
#include "model/event_class.h"

#include <assert.h>

// Per worker: notes before they spill, the texts of one note, and a value before it is cut (a
// line of 64 MiB may be one value). Texts are cut at 8 KiB: two group-by texts that agree so far
// are one group.
enum {
    CORRELATOR_SORTER_BYTES = 4 << 20,
    CORRELATOR_TEXT_BYTES = 1 << 20,
    CORRELATOR_VALUE_BYTES = 256 << 20,
    CORRELATOR_VALUE_KEEP = 1 << 20,
    CORRELATOR_NOTE_TEXT_MAX = 8192,
    CORRELATOR_LEVELS_MAX = 16,
};

// Correlation `correlation` counts the hits of a rule as its member `member`.
struct correlator_use {
    uint32_t rule;
    uint32_t correlation;
    uint32_t member;
};

struct correlator {
    const struct correlation *correlations;
    size_t count;
    uint8_t *levels; // 0: of rules only; else one more than what it refers to
    size_t level_count;
    struct correlator_use *uses; // sorted by rule
    size_t use_count;
    struct sorter *notes[CORRELATOR_LEVELS_MAX];
    const char *directory;
    struct buffer group, value, texts, key, payload;
    uint64_t overflow;
};

// Levels by repeated passes; a circle (refused by the front end) would end at the ceiling.
static void correlator_find_levels(struct correlator *correlator) {
    correlator->levels = memory_new(correlator->count, 1);
    correlator->level_count = 1;
    for (size_t pass = 0; pass < CORRELATOR_LEVELS_MAX; pass++) {
        for (size_t i = 0; i < correlator->count; i++) {
            const struct correlation *correlation = &correlator->correlations[i];
            for (uint32_t m = 0; m < correlation->member_count; m++) {
                if (!correlation->members[m].is_correlation)
                    continue;
                uint8_t level = correlator->levels[correlation->members[m].index];
                if (level + 1 > correlator->levels[i] && level + 1 < CORRELATOR_LEVELS_MAX)
                    correlator->levels[i] = (uint8_t)(level + 1);
            }
            if (correlator->levels[i] + 1u > correlator->level_count)
                correlator->level_count = correlator->levels[i] + 1u;
        }
    }
}

static void correlator_list_uses(struct correlator *correlator) {
    for (size_t i = 0; i < correlator->count; i++) {
        const struct correlation *correlation = &correlator->correlations[i];
        for (uint32_t m = 0; m < correlation->member_count; m++) {
            if (correlation->members[m].is_correlation)
                continue;
            correlator->uses = memory_resize(correlator->uses, correlator->use_count + 1,
                                             sizeof *correlator->uses);
            correlator->uses[correlator->use_count++] = (struct correlator_use){
                .rule = correlation->members[m].index, .correlation = (uint32_t)i, .member = m};
        }
    }
}

struct correlator *correlator_new(const struct correlation *correlations, size_t count,
                                  const char *directory) {
    struct correlator *correlator = memory_new(1, sizeof *correlator);
    correlator->correlations = correlations;
    correlator->count = count;
    correlator->directory = directory;
    correlator_find_levels(correlator);
    correlator_list_uses(correlator);
    for (size_t i = 0; i < correlator->level_count; i++)
        correlator->notes[i] = sorter_new(CORRELATOR_SORTER_BYTES, directory);
    struct buffer *kept[] = {&correlator->group, &correlator->key, &correlator->payload};
    for (size_t i = 0; i < ARRAY_SIZE(kept); i++)
        buffer_init(kept[i], CORRELATOR_TEXT_BYTES);
    buffer_init(&correlator->value, CORRELATOR_VALUE_BYTES);
    buffer_init(&correlator->texts, CORRELATOR_VALUE_BYTES);
    return correlator;
}

void correlator_free(struct correlator *correlator) {
    if (!correlator)
        return;
    for (size_t i = 0; i < correlator->level_count; i++)
        sorter_free(correlator->notes[i]);
    struct buffer *buffers[] = {&correlator->group, &correlator->value, &correlator->texts,
                                &correlator->key, &correlator->payload};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buffer_done(buffers[i]);
    memory_free(correlator->levels);
    memory_free(correlator->uses);
    memory_free(correlator);
}

bool correlator_wants(const struct correlator *correlator, uint32_t rule) {
    for (size_t i = 0; i < correlator->use_count; i++)
        if (correlator->uses[i].rule == rule)
            return true;
    return false;
}

uint64_t correlator_overflow_count(const struct correlator *correlator) {
    return correlator->overflow;
}

static void correlator_give_back(struct buffer *buffer) {
    if (buffer->capacity > CORRELATOR_VALUE_KEEP)
        buffer_done(buffer);
    buffer_reset(buffer);
}

static struct slice correlator_field(const struct event *event, const struct rule *rule,
                                     struct slice name, struct buffer *to) {
    struct field_source source;
    correlator_give_back(to);
    if (name.size && event_class_resolve(event->event_class, name,
                                         rule->wanted.category != LOG_CATEGORY_NONE, &source, 1))
        field_source_append_text(event, &source, to);
    return text_cut(buffer_slice(to), CORRELATOR_NOTE_TEXT_MAX);
}

static enum status correlator_note(struct correlator *correlator,
                                   const struct correlation_note *note, struct problem *problem) {
    buffer_reset(&correlator->key);
    buffer_reset(&correlator->payload);
    correlation_note_append(note, &correlator->key, &correlator->payload);
    assert(!correlator->key.failed && !correlator->payload.failed);
    return sorter_add(correlator->notes[correlator->levels[note->correlation]],
                      buffer_slice(&correlator->key), buffer_slice(&correlator->payload), problem);
}

// What the group-by field `i` is called by the member.
static struct slice correlator_group_name(const struct correlation *correlation, uint32_t member,
                                          uint32_t i) {
    struct slice name = correlation->members[member].group_fields[i];
    return name.size ? name : correlation->group_by[i];
}

static enum status correlator_observe_use(struct correlator *correlator,
                                          const struct correlator_use *use, const struct rule *rule,
                                          const struct event *event, struct correlation_note *note,
                                          struct problem *problem) {
    const struct correlation *correlation = &correlator->correlations[use->correlation];
    buffer_reset(&correlator->group);
    for (uint32_t i = 0; i < correlation->group_by_count; i++) {
        struct slice name = correlator_group_name(correlation, use->member, i);
        correlation_group_append(&correlator->group,
                                 correlator_field(event, rule, name, &correlator->value));
    }
    note->correlation = use->correlation;
    note->member = use->member;
    note->group = buffer_slice(&correlator->group);
    note->value = correlator_field(event, rule, correlation->field, &correlator->value);
    return correlator_note(correlator, note, problem);
}

enum status correlator_observe(struct correlator *correlator, uint32_t rule,
                               const struct rule *rule_about, const struct event *event,
                               struct slice host, struct problem *problem) {
    if (event->time_ns == CLOCK_NONE)
        return STATUS_OK; // without a time there is no window
    struct correlation_note note;
    memset(&note, 0, sizeof note);
    note.reference.position = event->position;
    note.reference.time_ns = event->time_ns;
    reference_digest(event, note.reference.sha256);
    correlator_give_back(&correlator->texts);
    value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), &correlator->texts);
    note.host = text_cut(correlator->texts.size ? buffer_slice(&correlator->texts) : host,
                         CORRELATOR_NOTE_TEXT_MAX);
    note.provider = text_cut(event->event_class->provider, CORRELATOR_NOTE_TEXT_MAX);
    note.channel = text_cut(event->event_class->channel, CORRELATOR_NOTE_TEXT_MAX);
    note.code = event->event_class->code;
    for (size_t i = 0; i < correlator->use_count; i++) {
        if (correlator->uses[i].rule != rule)
            continue;
        enum status status = correlator_observe_use(correlator, &correlator->uses[i], rule_about,
                                                    event, &note, problem);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

enum status correlator_pack(struct correlator *correlator, struct buffer *to,
                            struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < correlator->level_count && status == STATUS_OK; i++) {
        if (!sorter_count(correlator->notes[i]))
            continue;
        status = packed_row_drain(correlator->notes[i], to, problem);
        sorter_free(correlator->notes[i]);
        correlator->notes[i] = sorter_new(CORRELATOR_SORTER_BYTES, correlator->directory);
    }
    return status;
}

enum status correlator_put(struct correlator *correlator, struct slice rows,
                           const struct source_map *map, struct problem *problem) {
    struct slice key, payload;
    while (packed_row_take(&rows, &key, &payload)) {
        struct correlation_note note;
        if (!correlation_note_read(key, payload, &note) || note.correlation >= correlator->count ||
            note.member >= correlator->correlations[note.correlation].member_count ||
            key.size > CORRELATOR_TEXT_BYTES || payload.size > CORRELATOR_TEXT_BYTES ||
            !source_map_change(map, &note.reference, 1))
            return problem_set(problem, STATUS_FORMAT, "a note that was kept is damaged");
        enum status status = correlator_note(correlator, &note, problem);
        if (status != STATUS_OK)
            return status;
    }
    if (rows.size)
        return problem_set(problem, STATUS_FORMAT, "notes that were kept are cut short");
    return STATUS_OK;
}

enum status correlator_absorb(struct correlator *correlator, struct correlator *other,
                              struct problem *problem) {
    for (size_t i = 0; i < correlator->level_count; i++) {
        enum status status = sorter_absorb(correlator->notes[i], other->notes[i], problem);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

// Where the findings of one fold go: on to the sink, and up into chains.
struct correlator_fold {
    struct correlator *correlator;
    const struct correlation_sink *sink;
};

static struct slice correlator_finding_field(const struct finding *finding, struct slice name) {
    for (uint32_t i = 0; i < finding->field_count; i++)
        if (slice_equal(finding->fields[i].name, name))
            return finding->fields[i].text;
    return (struct slice){NULL, 0};
}

static enum status correlator_chain(struct correlator *correlator, uint32_t upper, uint32_t member,
                                    const struct finding *finding, struct problem *problem) {
    const struct correlation *correlation = &correlator->correlations[upper];
    buffer_reset(&correlator->group);
    for (uint32_t i = 0; i < correlation->group_by_count; i++)
        correlation_group_append(
            &correlator->group,
            correlator_finding_field(finding, correlator_group_name(correlation, member, i)));
    struct correlation_note note;
    memset(&note, 0, sizeof note);
    note.correlation = upper;
    note.member = member;
    note.group = buffer_slice(&correlator->group);
    note.reference = finding->references[0];
    note.reference.time_ns = finding->last_ns;
    note.code = finding->code;
    note.value = correlator_finding_field(finding, correlation->field);
    note.host = finding->host;
    note.account = finding->account;
    note.provider = finding->provider;
    note.channel = finding->channel;
    return correlator_note(correlator, &note, problem);
}

static enum status correlator_found(void *context, uint32_t index, const struct finding *finding,
                                    struct problem *problem) {
    struct correlator_fold *fold = context;
    struct correlator *correlator = fold->correlator;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < correlator->count && status == STATUS_OK; i++)
        for (uint32_t m = 0; m < correlator->correlations[i].member_count; m++) {
            const struct correlation_member *member = &correlator->correlations[i].members[m];
            if (member->is_correlation && member->index == index)
                status = correlator_chain(correlator, i, m, finding, problem);
        }
    if (status != STATUS_OK || correlator->correlations[index].rule.silent)
        return status;
    return fold->sink->found(fold->sink->context, index, finding, problem);
}

// One level: groups one after the other through the window.
static enum status correlator_fold_level(struct correlator *correlator, struct sorter *notes,
                                         struct correlation_window *window,
                                         const struct correlation_sink *sink,
                                         struct problem *problem) {
    struct buffer current; // correlation and group of the window
    buffer_init(&current, CORRELATOR_TEXT_BYTES);
    enum status status = sorter_finish(notes, problem);
    bool open = false;
    while (status == STATUS_OK) {
        struct slice key, payload;
        struct correlation_note note;
        bool more;
        status = sorter_next(notes, &key, &payload, &more, problem);
        if (status != STATUS_OK || !more)
            break;
        bool whole = correlation_note_read(key, payload, &note);
        assert(whole);
        (void)whole;
        size_t prefix = 2 * sizeof(uint32_t) + note.group.size;
        if (!open || !slice_equal(buffer_slice(&current), slice_part(key, 0, prefix))) {
            if (open)
                status = correlation_window_close(window, sink, problem);
            buffer_reset(&current);
            buffer_append_slice(&current, slice_part(key, 0, prefix));
            correlation_window_reset(window, &correlator->correlations[note.correlation],
                                     note.correlation, note.group);
            open = true;
        }
        if (status == STATUS_OK)
            status = correlation_window_add(window, &note, sink, problem);
    }
    if (status == STATUS_OK && open)
        status = correlation_window_close(window, sink, problem);
    buffer_done(&current);
    return status;
}

enum status correlator_fold(struct correlator *correlator, const struct correlation_sink *sink,
                            struct problem *problem) {
    struct correlator_fold fold = {correlator, sink};
    struct correlation_sink inner = {&fold, correlator_found};
    enum status status = STATUS_OK;
    if (correlator->count == 0)
        return STATUS_OK;
    struct correlation_window *window = correlation_window_new();
    for (size_t i = 0; i < correlator->level_count && status == STATUS_OK; i++)
        status = correlator_fold_level(correlator, correlator->notes[i], window, &inner, problem);
    correlator->overflow = correlation_window_overflow(window);
    correlation_window_free(window);
    return status;
}
