// From a record's BinXML to banks of values
// SPDX-License-Identifier: Apache-2.0
#include "decode/evtx_instance.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>

// 1. Nothing is read outside [at, end), which lies inside the chunk; definitions and names may
//    lie anywhere in the chunk.
// 2. A definition or a program is taken from its table only when all of it is equal, names
//    included, never by a hash alone.
// 3. Definitions, programs and layouts are forgotten only between records.

static const char REASON_SHORT[] = "record's BinXML ends too early";
static const char REASON_DEFINITION[] = "template definition is outside the chunk";
static const char REASON_FULL[] = "record holds too many values";
static const char REASON_NESTING[] = "template instances are nested too deeply";
static const char REASON_INSTANCES[] = "record holds too many template instances";
static const char REASON_TOKEN[] = "record begins with an unknown BinXML token";
static const char REASON_OVERLAP[] = "template definitions of the chunk overlap too much";
static const char REASON_LAYOUT[] = "file has too many combinations of templates";

void evtx_instances_init(struct evtx_instances *instances) {
    evtx_dictionary_init(&instances->names);
    arena_init(&instances->program_arena, EVTX_PROGRAM_BYTES_MAX * 2);
    table_init(&instances->program_table);
    evtx_definitions_init(&instances->definitions);
    evtx_layouts_init(&instances->layouts, &instances->program_arena);
    evtx_workshop_init(&instances->workshop);
    arena_init(&instances->scratch, EVTX_SCRATCH_BYTES_MAX);
    instances->values = memory_new(EVTX_VALUES_MAX, sizeof *instances->values);
    instances->words = memory_new(EVTX_WORDS_MAX, sizeof *instances->words);
    instances->name_uses = memory_new(EVTX_NAME_USES_MAX, sizeof *instances->name_uses);
}

void evtx_instances_done(struct evtx_instances *instances) {
    evtx_layouts_done(&instances->layouts);
    evtx_definitions_done(&instances->definitions);
    table_done(&instances->program_table);
    arena_done(&instances->program_arena);
    arena_done(&instances->scratch);
    evtx_dictionary_done(&instances->names);
    evtx_workshop_done(&instances->workshop);
    memory_free(instances->values);
    memory_free(instances->words);
    memory_free(instances->name_uses);
}

void evtx_instances_begin_chunk(struct evtx_instances *instances, struct slice chunk) {
    evtx_dictionary_forget(&instances->names);
    if (instances->names.generation == 1) // it went round
        memset(instances->slots, 0, sizeof instances->slots);
    instances->chunk = chunk;
    instances->compile_bytes = 0;
}

// Both have ceilings; when one is near, all of a kind go. Definitions point at programs.
static void instances_forget_definitions(struct evtx_instances *instances) {
    evtx_definitions_forget(&instances->definitions);
    memset(instances->slots, 0, sizeof instances->slots);
}

static void instances_forget(struct evtx_instances *instances) {
    evtx_layouts_forget(&instances->layouts);
    table_reset(&instances->program_table);
    instances->program_count = 0;
    arena_reset(&instances->program_arena);
    instances_forget_definitions(instances);
}

static bool instances_are_full(const struct evtx_instances *instances) {
    return instances->program_count > EVTX_PROGRAMS_MAX - EVTX_INSTANCES_MAX ||
           instances->layouts.count > EVTX_LAYOUTS_MAX - EVTX_INSTANCES_MAX ||
           instances->program_arena.used_bytes > EVTX_PROGRAM_BYTES_MAX;
}

// Where an instance stands.
struct place {
    uint32_t at;
    uint32_t end;
    uint32_t parent; // number of the path it continues
    uint32_t nesting;
};

static bool place_is_in_container(const struct evtx_instances *instances, uint32_t parent) {
    struct slice path = evtx_dictionary_text(&instances->names, parent);
    return slice_ends(path, SLICE(".EventData")) || slice_ends(path, SLICE(".UserData"));
}

struct structure {
    const struct evtx_scan *scan;
    uint32_t parent;
};

static bool structure_equal(const void *context, uint32_t number, const void *key) {
    const struct evtx_instances *instances = context;
    const struct evtx_program *program = instances->programs[number];
    const struct structure *structure = key;
    return program->parent == structure->parent &&
           program->word_count == structure->scan->word_count &&
           memcmp(program->words, structure->scan->words,
                  program->word_count * sizeof *program->words) == 0;
}

// The program of what was scanned, as it continues the path `parent`.
static const char *instances_find_program(struct evtx_instances *instances,
                                          const struct evtx_scan *scan, uint32_t parent,
                                          struct evtx_program **ret_program) {
    struct structure structure = {scan, parent};
    uint64_t hash =
        digest_hash64_seeded(slice_of(scan->words, scan->word_count * sizeof *scan->words), parent);
    uint32_t number =
        table_find(&instances->program_table, hash, structure_equal, instances, &structure);
    if (number != TABLE_NONE) {
        *ret_program = instances->programs[number];
        return NULL;
    }
    if (instances->program_count == EVTX_PROGRAMS_MAX)
        return REASON_LAYOUT;
    const char *reason = NULL;
    struct evtx_program *program =
        evtx_program_new(&instances->workshop, scan, parent, &instances->program_arena, &reason);
    if (!program)
        return reason;
    program->number = instances->program_count;
    instances->programs[instances->program_count++] = program;
    table_add(&instances->program_table, hash, program->number);
    *ret_program = program;
    return NULL;
}

static const char *definition_compile(struct evtx_instances *instances,
                                      const struct evtx_definition_key *key,
                                      struct evtx_definition **ret_definition) {
    struct evtx_scan scan = {
        .names = &instances->names,
        .chunk = key->chunk,
        .at = key->body,
        .end = key->body + key->size,
        .is_template = true,
        .in_container = place_is_in_container(instances, key->parent),
        .scratch = &instances->scratch,
        .words = instances->words,
        .literals = instances->values + instances->value_count,
        .literal_max = EVTX_VALUES_MAX - instances->value_count,
        .name_uses = instances->name_uses,
    };
    struct evtx_program *program = NULL;
    const char *reason = evtx_scan_element(&scan);
    if (!reason)
        reason = instances_find_program(instances, &scan, key->parent, &program);
    if (reason)
        return reason;
    *ret_definition = evtx_definition_add(&instances->definitions, key, &scan, program);
    return *ret_definition ? NULL : REASON_FULL;
}

// The definition at `offset`, as it continues the path `parent`.
static const char *instances_find_definition(struct evtx_instances *instances, uint32_t offset,
                                             uint32_t parent,
                                             struct evtx_definition **ret_definition) {
    struct evtx_definition_slot *slot =
        &instances->slots[(offset * 2654435761u >> 16 ^ parent) % EVTX_DEFINITION_SLOTS];
    if (slot->generation == instances->names.generation && slot->offset == offset &&
        slot->parent == parent) {
        *ret_definition = slot->definition;
        return NULL;
    }
    struct evtx_definition_key key = {
        .names = &instances->names, .chunk = instances->chunk, .parent = parent};
    if (!bytes_inside(instances->chunk, offset, EVTX_DEFINITION_HEADER_SIZE))
        return REASON_DEFINITION;
    key.guid = instances->chunk.data + offset + 4;
    key.size = bytes_get_u32(instances->chunk.data + offset + 20);
    key.body = offset + EVTX_DEFINITION_HEADER_SIZE;
    if (!bytes_inside(instances->chunk, key.body, key.size))
        return REASON_DEFINITION;
    instances->compile_bytes += key.size;
    if (instances->compile_bytes > EVTX_CHUNK_COMPILE_BYTES_MAX)
        return REASON_OVERLAP;
    struct evtx_definition *definition = evtx_definition_find(&instances->definitions, &key);
    const char *reason = definition ? NULL : definition_compile(instances, &key, &definition);
    if (reason)
        return reason;
    *slot = (struct evtx_definition_slot){instances->names.generation, offset, parent, definition};
    *ret_definition = definition;
    return NULL;
}

// Which values of a row are BinXML: how many, and the last of them. Mostly there is one.
struct nests {
    uint32_t count;
    uint32_t last;
};

// The values behind the descriptors as one row:
//
//     u32 n | n x {u16 size, u8 kind, u8 0} | values
//
// Only as many as the template uses are looked at. *ret_nests: how many are BinXML.
static const char *instance_read_row(struct evtx_instances *instances, struct place *place,
                                     const struct evtx_program *program, uint32_t *ret_count,
                                     struct nests *ret_nests) {
    struct slice window = {instances->chunk.data, place->end};
    uint32_t count;
    if (!bytes_u32(window, place->at, &count) ||
        !bytes_inside(window, place->at + 4u, (size_t)count * 4))
        return REASON_SHORT;
    const uint8_t *descriptor = window.data + place->at + 4;
    const uint8_t *data = descriptor + (size_t)count * 4;
    const uint8_t *end = window.data + place->end;
    uint32_t used = count < program->value_count ? count : program->value_count;
    struct value *row = instances->values + instances->value_count;
    if (program->value_count + program->composition_count >
        EVTX_VALUES_MAX - instances->value_count)
        return REASON_FULL;
    struct nests nests = {0, 0};
    for (uint32_t i = 0; i < used; i++, descriptor += 4) {
        uint32_t size = bytes_get_u16(descriptor);
        uint32_t kind = descriptor[2];
        if (size > (size_t)(end - data))
            return REASON_SHORT;
        row[i] = (struct value){data, size, (uint8_t)kind, {0}};
        data += size;
        // The descriptors stand before the data, so two bytes can always be looked at; without
        // a branch that depends on the kind, of which no two neighbours are alike.
        uint32_t tail = bytes_get_u16(data - 2);
        uint32_t limit = (uint32_t)(kind == VALUE_UTF16) | (uint32_t)(kind == VALUE_ANSI) << 8;
        if (__builtin_expect(tail < limit, 0))
            value_trim(&row[i]);
        uint32_t is_nested = (uint32_t)(kind == VALUE_BINXML) & (uint32_t)(size != 0);
        nests.count += is_nested;
        nests.last = is_nested ? i : nests.last;
    }
    *ret_nests = nests;
    *ret_count = used;
    return NULL;
}

static const char *instance_read(struct evtx_instances *instances, struct place place,
                                 struct evtx_layout **ret_layout);

// The instances in the places of this one, whose bank was the last to be set. What cannot be
// read is left out.
static uint32_t instance_read_children(struct evtx_instances *instances, struct place place,
                                       const struct evtx_program *program, struct nests nests,
                                       struct evtx_child children[EVTX_INSTANCES_MAX]) {
    uint32_t count = 0;
    const struct value *row = instances->event->banks[2 * (instances->instance_count - 1)];
    for (uint32_t i = nests.count == 1 ? nests.last : 0; i <= nests.last; i++) {
        if (row[i].kind != VALUE_BINXML || row[i].size == 0 || program->nest_parents[i] == 0)
            continue;
        uint32_t from = (uint32_t)(row[i].data - instances->chunk.data);
        struct place inner = {from, from + row[i].size, program->nest_parents[i],
                              place.nesting + 1};
        uint32_t instances_before = instances->instance_count;
        size_t values_before = instances->value_count;
        struct evtx_layout *layout;
        const char *reason = instance_read(instances, inner, &layout);
        if (reason) {
            instances->nested_reason = reason;
            instances->instance_count = instances_before;
            instances->value_count = values_before;
            continue;
        }
        assert(count < EVTX_INSTANCES_MAX);
        children[count++] = (struct evtx_child){i, layout};
    }
    return count;
}

static void event_set_bank(struct event *event, uint32_t bank, const struct value *values,
                           size_t count) {
    event->banks[bank] = values;
    event->bank_sizes[bank] = count > UINT16_MAX ? UINT16_MAX : (uint16_t)count;
    event->bank_serials[bank] = 0;
}

// 0c 01 | u32 id | u32 offset of the definition | the definition, if it is here | values
static const char *instance_read_template(struct evtx_instances *instances, struct place place,
                                          struct evtx_layout **ret_layout) {
    struct slice window = {instances->chunk.data, place.end};
    uint32_t offset;
    if (!bytes_u32(window, place.at + 6u, &offset))
        return REASON_SHORT;
    place.at += 10;
    if (offset == place.at) {
        if (!bytes_inside(window, offset, EVTX_DEFINITION_HEADER_SIZE))
            return REASON_SHORT;
        uint32_t size = bytes_get_u32(window.data + offset + 20);
        if (!bytes_inside(window, offset + EVTX_DEFINITION_HEADER_SIZE, size))
            return REASON_SHORT;
        place.at += EVTX_DEFINITION_HEADER_SIZE + size;
    }
    struct evtx_definition *definition;
    uint32_t count = 0;
    struct nests nests = {0, 0};
    const char *reason = instances_find_definition(instances, offset, place.parent, &definition);
    if (reason)
        return reason;
    struct evtx_program *program = definition->program;
    reason = instance_read_row(instances, &place, program, &count, &nests);
    if (reason)
        return reason;
    struct value *row = instances->values + instances->value_count;
    if (program->composition_count) {
        for (uint32_t i = count; i < program->value_count; i++)
            row[i] = EVENT_VALUE_ABSENT;
        if (!evtx_program_compose(program, definition->literals, row, &instances->scratch))
            return REASON_FULL;
        count = program->value_count + program->composition_count;
    }
    uint32_t bank = 2 * instances->instance_count++;
    event_set_bank(instances->event, bank, row, count);
    event_set_bank(instances->event, bank + 1, definition->literals, definition->literal_count);
    instances->event->bank_serials[bank + 1] = definition->serial;
    instances->value_count += count;
    struct evtx_child children[EVTX_INSTANCES_MAX];
    uint32_t child_count =
        nests.count ? instance_read_children(instances, place, program, nests, children) : 0;
    *ret_layout = evtx_layout_find(&instances->layouts, program, children, child_count);
    return *ret_layout ? NULL : REASON_LAYOUT;
}

// An element without a template: its structure is found among those seen, its values are
// the literals of this one.
static const char *instance_read_fragment(struct evtx_instances *instances, struct place place,
                                          struct evtx_layout **ret_layout) {
    struct evtx_scan scan = {
        .names = &instances->names,
        .chunk = instances->chunk,
        .at = place.at,
        .end = place.end,
        .in_container = place_is_in_container(instances, place.parent),
        .scratch = &instances->scratch,
        .words = instances->words,
        .literals = instances->values + instances->value_count,
        .literal_max = EVTX_VALUES_MAX - instances->value_count,
    };
    const char *reason = evtx_scan_element(&scan);
    if (reason)
        return reason;
    struct evtx_program *program;
    reason = instances_find_program(instances, &scan, place.parent, &program);
    if (reason)
        return reason;
    uint32_t bank = 2 * instances->instance_count++;
    event_set_bank(instances->event, bank, NULL, 0);
    event_set_bank(instances->event, bank + 1, scan.literals, scan.literal_count);
    instances->value_count += scan.literal_count;
    *ret_layout = evtx_layout_find(&instances->layouts, program, NULL, 0);
    return *ret_layout ? NULL : REASON_LAYOUT;
}

// Calls itself by way of instance_read_children, EVTX_NESTING_MAX deep at most.
static const char *instance_read(struct evtx_instances *instances, struct place place,
                                 struct evtx_layout **ret_layout) {
    if (place.nesting == EVTX_NESTING_MAX)
        return REASON_NESTING;
    if (instances->instance_count == EVTX_INSTANCES_MAX)
        return REASON_INSTANCES;
    const uint8_t *data = instances->chunk.data;
    while (place.at + 4u <= place.end && data[place.at] == 0x0F)
        place.at += 4;
    if (place.at >= place.end)
        return REASON_SHORT;
    switch (data[place.at]) {
    case 0x0C:
        return instance_read_template(instances, place, ret_layout);
    case 0x01:
    case 0x41:
        return instance_read_fragment(instances, place, ret_layout);
    default:
        return REASON_TOKEN;
    }
}

const char *evtx_instances_read(struct evtx_instances *instances, uint32_t from, uint32_t end,
                                struct event *event) {
    assert(from <= end && end <= instances->chunk.size);
    if (instances_are_full(instances))
        instances_forget(instances);
    else if (evtx_definitions_are_full(&instances->definitions))
        instances_forget_definitions(instances);
    if (instances->scratch.used_bytes)
        arena_reset(&instances->scratch);
    instances->event = event;
    instances->value_count = 0;
    instances->instance_count = 0;
    instances->nested_reason = NULL;
    struct place place = {.at = from, .end = end, .parent = EVTX_NAME_EMPTY};
    struct evtx_layout *layout;
    const char *reason = instance_read(instances, place, &layout);
    if (reason)
        return reason;
    // Behind them lie the banks of the record before, and of instances that could not be read.
    uint32_t banks = 2 * instances->instance_count;
    memset(event->bank_sizes + banks, 0, (EVENT_BANKS_MAX - banks) * sizeof *event->bank_sizes);
    event->shape = layout->shape ? layout->shape : evtx_layout_shape(&instances->layouts, layout);
    return NULL;
}
