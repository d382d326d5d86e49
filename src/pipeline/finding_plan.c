// Which values of an event a finding of a rule shows
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/finding_plan.h"

#include "base/chinese.h"
#include "base/text.h"
#include "normalise/normalise.h"

#include <assert.h>

// A finding shows a value whole up to this; a longer one ends with "[cut]". When its texts
// together reach the next number, each further one is cut to the third: a finding stays small
// enough to be sorted, whatever a record holds.
enum {
    FINDING_TEXT_MAX = 64 * 1024,
    FINDING_TEXTS_MAX = 1 << 20,
    FINDING_TEXT_SHORT = 512,
    FINDING_SOURCES_MAX = 8,
    FINDING_UNNAMED_MAX = 8
};

static void finding_plan_add(struct finding_plan *plan, struct slice name, const char *ecs,
                             struct field_source source) {
    if (plan->field_count == FINDING_FIELDS_MAX)
        return;
    plan->fields[plan->field_count++] =
        (struct finding_plan_field){text_cut(name, FINDING_TEXT_SHORT), ecs, source};
}

// A rule of keywords names no field: show what the event itself holds.
static void finding_plan_add_data(struct finding_plan *plan, const struct shape *shape) {
    for (uint32_t i = 0; i < shape->field_count && plan->field_count < FINDING_UNNAMED_MAX; i++) {
        struct slice path = shape->fields[i].path;
        if (shape->fields[i].role == FIELD_ROLE_NONE &&
            !slice_starts(path, SLICE("Event.System")) &&
            !slice_starts(path, SLICE("Event.#attributes")))
            finding_plan_add(plan, shape->fields[i].name, NULL,
                             (struct field_source){.field = (uint16_t)i});
    }
}

// Security events of a logon say in Target who logged on, and in Subject who asked for it.
static bool finding_plan_is_logon(int64_t code) {
    static const int64_t codes[] = {4624, 4625, 4634, 4647, 4768, 4769, 4771, 4776, 4778, 4779};
    for (size_t i = 0; i < ARRAY_SIZE(codes); i++)
        if (codes[i] == code)
            return true;
    return false;
}

static bool finding_plan_account(const struct event_class *event_class, const char *domain,
                                 const char *user, struct field_source *ret_source) {
    struct field_source source;
    if (event_class_resolve(event_class, slice_of_string(user), false, &source, 1) == 0)
        return false;
    struct field_source domain_source;
    if (domain &&
        event_class_resolve(event_class, slice_of_string(domain), false, &domain_source, 1)) {
        source.field2 = source.field;
        source.field = domain_source.field;
        source.transform = FIELD_TRANSFORM_JOIN_ACCOUNT;
    }
    *ret_source = source;
    return true;
}

static void finding_plan_find_account(struct finding_plan *plan,
                                      const struct event_class *event_class) {
    struct field_source *to = &plan->account;
    bool logon = finding_plan_is_logon(event_class->code);
    plan->has_account =
        (logon && finding_plan_account(event_class, "TargetDomainName", "TargetUserName", to)) ||
        finding_plan_account(event_class, NULL, "User", to) ||
        finding_plan_account(event_class, "SubjectDomainName", "SubjectUserName", to) ||
        finding_plan_account(event_class, "TargetDomainName", "TargetUserName", to) ||
        finding_plan_account(event_class, NULL, "AccountName", to) ||
        finding_plan_account(event_class, NULL, "Security_UserID", to);
}

void finding_plan_init(struct finding_plan *plan, const struct rule *rule,
                       const struct event_class *event_class) {
    plan->field_count = 0;
    bool by_category = rule->wanted.category != LOG_CATEGORY_NONE;
    for (uint32_t i = 0; i < rule->field_count; i++) {
        struct field_source sources[FINDING_SOURCES_MAX];
        size_t count = event_class_resolve(event_class, rule->fields[i], by_category, sources,
                                           FINDING_SOURCES_MAX);
        for (size_t s = 0; s < count && s < FINDING_SOURCES_MAX; s++)
            finding_plan_add(plan, rule->fields[i],
                             normalise_ecs_name(event_class, rule->fields[i]), sources[s]);
    }
    plan->has_message = plan->field_count == 0 && event_class->message != EVENT_MESSAGE_NONE;
    if (plan->field_count == 0)
        finding_plan_add_data(plan, event_class->shape);
    finding_plan_find_account(plan, event_class);
}

static uint64_t finding_plan_hash_value(uint64_t hash, const struct value *value) {
    return digest_mix64(hash,
                        digest_hash64_seeded(slice_of(value->data, value->size), value->kind));
}

uint64_t finding_plan_hash(const struct finding_plan *plan, const struct event *event,
                           uint64_t seed) {
    uint64_t hash = finding_plan_hash_value(seed, event_role_value(event, FIELD_ROLE_COMPUTER));
    for (uint32_t i = 0; i < plan->field_count; i++) {
        const struct field_source *source = &plan->fields[i].source;
        hash = finding_plan_hash_value(hash, event_value(event, source->field));
        if (field_transform_takes_two(source->transform))
            hash = finding_plan_hash_value(hash, event_value(event, source->field2));
    }
    if (plan->has_account) {
        hash = finding_plan_hash_value(hash, event_value(event, plan->account.field));
        hash = finding_plan_hash_value(hash, event_value(event, plan->account.field2));
    }
    return hash;
}

// The text between `from` and the buffer's end, as a place: data moves while the buffer grows.
static struct slice finding_plan_piece(struct buffer *scratch, size_t from) {
    size_t size = from < FINDING_TEXTS_MAX ? FINDING_TEXT_MAX : FINDING_TEXT_SHORT;
    if (scratch->size - from > size) {
        struct slice text = slice_part(buffer_slice(scratch), from, SIZE_MAX);
        scratch->size = from + text_cut(text, size).size;
        buffer_append_text(scratch, "[cut]");
    }
    return (struct slice){(const uint8_t *)(uintptr_t)from, scratch->size - from};
}

static void finding_plan_settle(struct slice *piece, const struct buffer *scratch) {
    size_t from = (size_t)(uintptr_t)piece->data;
    *piece = slice_part(buffer_slice(scratch), from, piece->size);
}

static struct slice finding_plan_render_message(const struct event *event, struct buffer *scratch) {
    size_t from = scratch->size;
    event_append_message(event, scratch);
    return finding_plan_piece(scratch, from);
}

void finding_plan_render(const struct finding_plan *plan, const struct event *event,
                         struct slice host, struct buffer *scratch, struct finding *finding) {
    size_t from = scratch->size;
    value_append_text(event_role_value(event, FIELD_ROLE_COMPUTER), scratch);
    if (scratch->size == from)
        buffer_append_slice(scratch, host);
    finding->host = finding_plan_piece(scratch, from);
    from = scratch->size;
    if (plan->has_account)
        field_source_append_text(event, &plan->account, scratch);
    finding->account = finding_plan_piece(scratch, from);
    finding->field_count = 0;
    if (plan->has_message)
        finding->fields[finding->field_count++] = (struct finding_field){
            SLICE("Message"), SLICE("message"), finding_plan_render_message(event, scratch)};
    for (uint32_t i = 0; i < plan->field_count && finding->field_count < FINDING_FIELDS_MAX; i++) {
        from = scratch->size;
        if (!field_source_append_text(event, &plan->fields[i].source, scratch))
            continue;
        chinese_settle(scratch, from);
        finding->fields[finding->field_count++] =
            (struct finding_field){plan->fields[i].name, slice_of_string(plan->fields[i].ecs),
                                   finding_plan_piece(scratch, from)};
    }
    finding_plan_settle(&finding->host, scratch);
    finding_plan_settle(&finding->account, scratch);
    for (uint32_t i = 0; i < finding->field_count; i++)
        finding_plan_settle(&finding->fields[i].text, scratch);
    finding->provider = text_cut(event->event_class->provider, FINDING_TEXT_SHORT);
    finding->channel = text_cut(event->event_class->channel, FINDING_TEXT_SHORT);
    finding->code = event->event_class->code;
}
