// What is worked out once per class
// SPDX-License-Identifier: Apache-2.0
//
// There are thousands of classes (each host brings templates of its own) but few log sources.
// So the costly part, which rules can hold and what triggers them, is a rule_plan shared by
// all classes that agree in (fitting rule groups, provider, channel, event id, which symbols
// name these three). A class_plan adds only where symbols lie in its shape, resolved when
// first asked for.
//
// Invariants:
//  1. A symbol is constant only when its one source is the field of the role itself, and the
//     event's text of the event id is the class's code in plain decimal; otherwise the class
//     gets a second plan without constants.
//  2. Plans live in one arena that is emptied as a whole, and only between two events.
#include "match/trigger.h"

#include "base/intern.h"
#include "base/memory.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>

enum {
    PLAN_BYTES_SOFT = 6 << 20, // emptied at the next event once passed
    PLAN_KEYS_MAX = 1 << 20,
    PLAN_PAIR_BYTES_MAX = 1 << 30,
    ROLE_SYMBOLS_MAX = 16,
    SYMBOL_SOURCES_MAX = 64,
};

static const enum field_role constant_roles[] = {FIELD_ROLE_PROVIDER, FIELD_ROLE_CHANNEL,
                                                 FIELD_ROLE_EVENT_ID};

// Symbols that go by the name of a role's field, kept because nearly all shapes agree on it.
struct role_symbols {
    char name[64];
    size_t name_size;
    uint32_t symbols[ROLE_SYMBOLS_MAX];
    uint32_t count;
};

struct plan_cache {
    const struct compiled *compiled;
    struct arena arena;
    struct class_plan **classes; // by class id * 2 + variant
    uint32_t class_capacity;
    struct interner keys;
    struct rule_plan **plans; // by key number
    uint32_t plan_capacity;
    struct interner trigger_keys;          // pairs as collected
    const struct trigger_index **triggers; // by trigger key number; NULL: no pairs
    uint32_t trigger_capacity;
    struct buffer key;
    uint32_t *group_firsts; // rules of a group: group_rules[firsts[g], firsts[g + 1])
    uint32_t *group_rules;
    struct role_symbols roles[ARRAY_SIZE(constant_roles)];
    struct selection *selections;
    uint32_t selection_stamp;
    uint8_t *constants; // by symbol; all 0 between two builds
    uint32_t constant_symbols[ARRAY_SIZE(constant_roles) * ROLE_SYMBOLS_MAX];
    uint32_t constant_count;
    struct buffer pairs;
    struct buffer sure;
    struct buffer always;
};

static void cache_list_groups(struct plan_cache *cache) {
    const struct compiled *compiled = cache->compiled;
    uint32_t groups = compiled->counts[COMPILED_GROUPS];
    uint32_t rules = compiled->counts[COMPILED_RULES];
    cache->group_firsts = memory_new((size_t)groups + 2, sizeof *cache->group_firsts);
    cache->group_rules = memory_new((size_t)rules + 1, sizeof *cache->group_rules);
    for (uint32_t i = 0; i < rules; i++)
        cache->group_firsts[compiled->rules[i].group + 2]++;
    for (uint32_t i = 2; i < groups + 2; i++)
        cache->group_firsts[i] += cache->group_firsts[i - 1];
    // firsts[g + 1] is where group g is filled next; in the end it is where group g + 1 starts.
    for (uint32_t i = 0; i < rules; i++)
        cache->group_rules[cache->group_firsts[compiled->rules[i].group + 1]++] = i;
}

static void cache_open(struct plan_cache *cache) {
    arena_init(&cache->arena, SIZE_MAX / 2);
    intern_init(&cache->keys, PLAN_KEYS_MAX, SIZE_MAX / 2);
    intern_init(&cache->trigger_keys, PLAN_KEYS_MAX, SIZE_MAX / 2);
}

static void cache_close(struct plan_cache *cache) {
    arena_done(&cache->arena);
    intern_done(&cache->keys);
    intern_done(&cache->trigger_keys);
    memory_free(cache->classes);
    memory_free(cache->plans);
    memory_free(cache->triggers);
    cache->classes = NULL;
    cache->plans = NULL;
    cache->triggers = NULL;
    cache->class_capacity = 0;
    cache->plan_capacity = 0;
    cache->trigger_capacity = 0;
}

struct plan_cache *plan_cache_new(const struct compiled *compiled) {
    struct plan_cache *cache = memory_new(1, sizeof *cache);
    cache->compiled = compiled;
    cache->selections =
        memory_new((size_t)compiled_node_count(compiled) + 1, sizeof *cache->selections);
    cache->constants = memory_new((size_t)compiled->counts[COMPILED_SYMBOLS] + 1, 1);
    struct buffer *buffers[] = {&cache->key, &cache->pairs, &cache->sure, &cache->always};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buffer_init(buffers[i], PLAN_PAIR_BYTES_MAX);
    cache_list_groups(cache);
    cache_open(cache);
    return cache;
}

void plan_cache_free(struct plan_cache *cache) {
    cache_close(cache);
    struct buffer *buffers[] = {&cache->key, &cache->pairs, &cache->sure, &cache->always};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buffer_done(buffers[i]);
    memory_free(cache->group_firsts);
    memory_free(cache->group_rules);
    memory_free(cache->selections);
    memory_free(cache->constants);
    memory_free(cache);
}

static void *cache_new(struct plan_cache *cache, size_t count, size_t size) {
    void *memory = arena_new(&cache->arena, count ? count : 1, size);
    assert(memory);
    return memory;
}

static const void *cache_keep(struct plan_cache *cache, const struct buffer *buffer) {
    void *copy = cache_new(cache, buffer->size, 1);
    if (buffer->size)
        memcpy(copy, buffer->data, buffer->size);
    return copy;
}

// --- constants

static const struct role_symbols *cache_role_symbols(struct plan_cache *cache, size_t role,
                                                     struct slice name) {
    struct role_symbols *found = &cache->roles[role];
    if (name.size > sizeof found->name)
        return NULL;
    if (slice_equal(name, slice_of(found->name, found->name_size)))
        return found;
    memcpy(found->name, name.data, name.size);
    found->name_size = name.size;
    found->count = 0;
    const struct compiled *compiled = cache->compiled;
    for (uint32_t i = 0; i < compiled->counts[COMPILED_SYMBOLS]; i++)
        if (found->count < ROLE_SYMBOLS_MAX &&
            text_equal_fold_ascii(name, compiled_slice(compiled, compiled->symbols[i].name)))
            found->symbols[found->count++] = i;
    return found;
}

static void cache_find_constant(struct plan_cache *cache, const struct event_class *event_class,
                                size_t role) {
    int32_t field = event_class->shape->role_fields[constant_roles[role]];
    if (field < 0)
        return;
    const struct role_symbols *found =
        cache_role_symbols(cache, role, event_class->shape->fields[field].name);
    for (uint32_t i = 0; found && i < found->count; i++) {
        const struct compiled_symbol *symbol = &cache->compiled->symbols[found->symbols[i]];
        struct field_source sources[2];
        size_t count =
            event_class_resolve(event_class, compiled_slice(cache->compiled, symbol->name),
                                symbol->by_category, sources, ARRAY_SIZE(sources));
        if (count == 1 && sources[0].field == field && sources[0].transform == FIELD_TRANSFORM_NONE)
            cache->constant_symbols[cache->constant_count++] = found->symbols[i];
    }
}

// Whether the event's id reads exactly as the class's code does.
static bool code_is_plain(const struct event *event) {
    const struct value *value = event_role_value(event, FIELD_ROLE_EVENT_ID);
    int64_t code = event->event_class->code;
    if (code < 0)
        return false;
    if (value->kind >= VALUE_INT8 && value->kind <= VALUE_UINT64)
        return true;
    if (value->kind != VALUE_JSON_NUMBER && value->kind != VALUE_UTF8 &&
        value->kind != VALUE_JSON_STRING)
        return false;
    char text[24];
    int size = snprintf(text, sizeof text, "%lld", (long long)code);
    return slice_equal(slice_of(value->data, value->size), slice_of(text, (size_t)size));
}

// --- plans

static bool cache_fitting_groups(struct plan_cache *cache, const struct log_source *source) {
    const struct compiled *compiled = cache->compiled;
    bool any = false;
    for (uint32_t first = 0; first < compiled->counts[COMPILED_GROUPS]; first += 64) {
        uint64_t word = 0;
        for (uint32_t i = 0; i < 64 && first + i < compiled->counts[COMPILED_GROUPS]; i++)
            word |= (uint64_t)log_source_fits(source, &compiled->groups[first + i]) << i;
        any |= word != 0;
        buffer_append(&cache->key, &word, sizeof word);
    }
    return any;
}

static void key_append(struct buffer *key, struct slice text) {
    buffer_append(key, &text.size, sizeof text.size);
    buffer_append_slice(key, text);
}

static void plan_add_rule(struct plan_cache *cache, struct selector *selector, uint32_t rule) {
    uint32_t root = cache->compiled->rules[rule].root;
    struct selection row = trigger_select(selector, root);
    if (row.known == SELECTION_FALSE)
        return;
    if (row.known == SELECTION_TRUE)
        buffer_append(&cache->sure, &rule, sizeof rule);
    else if (row.weight == SELECTION_NO_TRIGGER)
        buffer_append(&cache->always, &rule, sizeof rule);
    else
        trigger_collect(selector, root, rule, &cache->pairs);
}

// Few trigger sets are shared by many plans: events of one channel differ in their ids, hardly
// in what may match them.
static const struct trigger_index *cache_triggers(struct matcher *matcher) {
    struct plan_cache *cache = matcher->plans;
    uint32_t before = cache->trigger_keys.count;
    uint32_t number = intern_add(&cache->trigger_keys, buffer_slice(&cache->pairs));
    if (number != INTERN_FULL && number < before)
        return cache->triggers[number];
    const struct trigger_index *made = trigger_index_new(matcher, &cache->arena, &cache->pairs);
    if (number == INTERN_FULL)
        return made;
    if (number >= cache->trigger_capacity) {
        cache->trigger_capacity = cache->trigger_capacity ? cache->trigger_capacity * 2 : 64;
        cache->triggers = memory_resize(cache->triggers, cache->trigger_capacity,
                                        sizeof(const struct trigger_index *));
    }
    cache->triggers[number] = made;
    return made;
}

static void plan_fill(struct matcher *matcher, struct rule_plan *plan, const uint64_t *groups) {
    struct plan_cache *cache = matcher->plans;
    struct selector selector = {.matcher = matcher,
                                .rows = cache->selections,
                                .stamp = ++cache->selection_stamp,
                                .constants = cache->constants};
    buffer_reset(&cache->pairs);
    buffer_reset(&cache->sure);
    buffer_reset(&cache->always);
    for (uint32_t i = 0; i < cache->constant_count; i++)
        cache->constants[cache->constant_symbols[i]] = 1;
    for (uint32_t group = 0; group < cache->compiled->counts[COMPILED_GROUPS]; group++) {
        if (!(groups[group / 64] >> group % 64 & 1))
            continue;
        for (uint32_t i = cache->group_firsts[group]; i < cache->group_firsts[group + 1]; i++)
            plan_add_rule(cache, &selector, cache->group_rules[i]);
    }
    for (uint32_t i = 0; i < cache->constant_count; i++)
        cache->constants[cache->constant_symbols[i]] = 0;
    plan->triggers = cache_triggers(matcher);
    plan->sure = cache_keep(cache, &cache->sure);
    plan->sure_count = (uint32_t)(cache->sure.size / sizeof *plan->sure);
    plan->always = cache_keep(cache, &cache->always);
    plan->always_count = (uint32_t)(cache->always.size / sizeof *plan->always);
}

// The plan of the key, made when new. matcher->class_plan is set, without a plan so far.
static void plan_find(struct matcher *matcher, const uint64_t *groups) {
    struct plan_cache *cache = matcher->plans;
    uint32_t before = cache->keys.count;
    uint32_t number = intern_add(&cache->keys, buffer_slice(&cache->key));
    if (number != INTERN_FULL && number < before) {
        matcher->class_plan->plan = cache->plans[number];
        return;
    }
    struct rule_plan *plan = cache_new(cache, 1, sizeof *plan);
    plan->local_symbols =
        cache_new(cache, cache->compiled->counts[COMPILED_SYMBOLS], sizeof *plan->local_symbols);
    matcher->class_plan->plan = plan;
    plan_fill(matcher, plan, groups);
    if (number == INTERN_FULL)
        return;
    if (number >= cache->plan_capacity) {
        cache->plan_capacity = cache->plan_capacity ? cache->plan_capacity * 2 : 64;
        cache->plans = memory_resize(cache->plans, cache->plan_capacity, sizeof *cache->plans);
    }
    cache->plans[number] = plan;
}

static bool plan_is_empty(const struct rule_plan *plan) {
    return plan->sure_count == 0 && plan->always_count == 0 && !plan->triggers;
}

static struct class_plan *class_plan_new(struct matcher *matcher, bool with_constants) {
    struct plan_cache *cache = matcher->plans;
    const struct event_class *event_class = matcher->event->event_class;
    struct class_plan *class_plan = cache_new(cache, 1, sizeof *class_plan);
    class_plan->event_class = event_class;
    matcher->class_plan = class_plan;
    buffer_reset(&cache->key);
    if (!cache_fitting_groups(cache, &event_class->log_source))
        return class_plan;
    size_t group_bytes = cache->key.size;
    cache->constant_count = 0;
    for (size_t i = 0; i < ARRAY_SIZE(constant_roles) && with_constants; i++)
        cache_find_constant(cache, event_class, i);
    if (with_constants) {
        key_append(&cache->key, event_class->provider);
        key_append(&cache->key, event_class->channel);
        buffer_append(&cache->key, &event_class->code, sizeof event_class->code);
        buffer_append(&cache->key, cache->constant_symbols,
                      cache->constant_count * sizeof cache->constant_symbols[0]);
    }
    uint64_t *groups = cache_new(cache, group_bytes, 1);
    memcpy(groups, cache->key.data, group_bytes);
    plan_find(matcher, groups);
    if (plan_is_empty(class_plan->plan))
        class_plan->plan = NULL;
    return class_plan;
}

void plan_enter(struct matcher *matcher) {
    struct plan_cache *cache = matcher->plans;
    const struct event_class *event_class = matcher->event->event_class;
    bool with_constants = code_is_plain(matcher->event);
    uint64_t place = (uint64_t)event_class->id * 2 + !with_constants;
    if (place < cache->class_capacity) {
        struct class_plan *known = cache->classes[place];
        if (known && known->event_class == event_class) {
            matcher->class_plan = known;
            return;
        }
    }
    if (cache->arena.used_bytes + cache->keys.arena.used_bytes +
            cache->trigger_keys.arena.used_bytes >
        PLAN_BYTES_SOFT) {
        cache_close(cache);
        cache_open(cache);
    }
    struct class_plan *made = class_plan_new(matcher, with_constants);
    if (event_class->id >= SHAPES_MAX) // of no lasting class
        return;
    if (place >= cache->class_capacity) {
        uint32_t capacity = cache->class_capacity ? cache->class_capacity : 128;
        while (capacity <= place)
            capacity *= 2;
        cache->classes = memory_resize(cache->classes, capacity, sizeof(struct class_plan *));
        for (uint32_t i = cache->class_capacity; i < capacity; i++)
            cache->classes[i] = NULL;
        cache->class_capacity = capacity;
    }
    cache->classes[place] = made;
}

// --- symbols

struct arena *plan_arena(struct matcher *matcher) {
    return &matcher->plans->arena;
}

const struct class_symbol **plan_new(struct matcher *matcher, uint32_t count) {
    return cache_new(matcher->plans, count, sizeof(const struct class_symbol *));
}

static uint32_t class_slot(struct class_plan *class_plan, const struct field_source *source) {
    if (source->transform == FIELD_TRANSFORM_NONE)
        return source->field;
    return class_plan->event_class->shape->field_count + class_plan->transform_count++;
}

static const struct class_symbol *class_resolve(struct matcher *matcher, uint32_t number) {
    struct plan_cache *cache = matcher->plans;
    struct class_plan *class_plan = matcher->class_plan;
    const struct compiled_symbol *symbol = &cache->compiled->symbols[number];
    struct field_source sources[SYMBOL_SOURCES_MAX];
    size_t count =
        event_class_resolve(class_plan->event_class, compiled_slice(cache->compiled, symbol->name),
                            symbol->by_category, sources, SYMBOL_SOURCES_MAX);
    if (count > SYMBOL_SOURCES_MAX)
        count = SYMBOL_SOURCES_MAX;
    struct class_symbol *resolved =
        cache_new(cache, 1, sizeof *resolved + count * sizeof resolved->sources[0]);
    resolved->count = (uint32_t)count;
    for (size_t i = 0; i < count; i++)
        resolved->sources[i] =
            (struct class_source){sources[i], class_slot(class_plan, &sources[i])};
    return resolved;
}

const struct class_symbol *texts_symbol(struct matcher *matcher, uint32_t number) {
    struct class_plan *class_plan = matcher->class_plan;
    struct rule_plan *plan = class_plan->plan;
    uint32_t *local = &plan->local_symbols[number];
    if (*local == 0)
        *local = ++plan->symbol_count;
    if (*local >= class_plan->symbol_capacity) {
        uint32_t capacity = (*local + 16) & ~15u;
        const struct class_symbol **grown = plan_new(matcher, capacity);
        if (class_plan->symbol_capacity)
            memcpy(grown, class_plan->symbols, class_plan->symbol_capacity * sizeof *grown);
        class_plan->symbols = grown;
        class_plan->symbol_capacity = capacity;
    }
    const struct class_symbol **resolved = &class_plan->symbols[*local];
    if (!*resolved)
        *resolved = class_resolve(matcher, number);
    return *resolved;
}
