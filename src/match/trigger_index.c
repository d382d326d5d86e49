// Build the tables that find triggers in texts
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_index.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "match/fold.h"

#include <assert.h>

// An entry on its way into a table.
struct keyed_entry {
    uint64_t key;
    const struct trigger_entry *entry;
};

struct index_builder {
    uint32_t *index_serial; // the matcher's
    struct arena *arena;
    const struct compiled *compiled;
    const struct trigger_entry *entries; // of the field at hand
    uint32_t entry_count;
    struct anchor_memo *anchor_memo;
    struct keyed_entry *keyed; // room for entry_count
    uint32_t keyed_count;
    uint32_t gram_bits; // of a gram table, an entry
};

static void *builder_new(struct index_builder *builder, size_t count, size_t size) {
    void *memory = arena_new(builder->arena, count ? count : 1, size);
    assert(memory);
    return memory;
}

static struct key_slot *table_place(const struct key_table *table, uint64_t key) {
    uint32_t place = trigger_key_place(key, table->mask);
    while (table->slots[place].count && table->slots[place].key != key)
        place = (place + 1) & table->mask;
    return &table->slots[place];
}

// A table of what stands in builder->keyed: count the entries of each key, give each key its
// range, fill the ranges.
static struct key_table builder_table(struct index_builder *builder) {
    struct key_table table = {0};
    uint32_t count = builder->keyed_count;
    if (count == 0)
        return table;
    uint32_t capacity = 4;
    while (capacity < 2 * count)
        capacity *= 2;
    table.mask = capacity - 1;
    table.slots = builder_new(builder, capacity, sizeof *table.slots);
    table.entries = builder_new(builder, count, sizeof(const struct trigger_entry *));
    for (uint32_t i = 0; i < count; i++) {
        struct key_slot *slot = table_place(&table, builder->keyed[i].key);
        slot->key = builder->keyed[i].key;
        slot->count++;
    }
    uint32_t first = 0;
    for (uint32_t i = 0; i < capacity; i++) {
        table.slots[i].first = first;
        first += table.slots[i].count;
    }
    // `first` runs to the end of each range while it is filled, and is set back after that.
    for (uint32_t i = 0; i < count; i++) {
        struct key_slot *slot = table_place(&table, builder->keyed[i].key);
        table.entries[slot->first++] = builder->keyed[i].entry;
    }
    for (uint32_t i = 0; i < capacity; i++)
        table.slots[i].first -= table.slots[i].count;
    return table;
}

static bool is_edge(const struct trigger_entry *entry) {
    return entry->form == FORM_EQUALS ||
           (entry->form == FORM_ENDS && entry->literal.size >= TAIL_SHORT);
}

static void builder_tails(struct index_builder *builder, struct field_index *field) {
    builder->keyed_count = 0;
    for (uint32_t i = 0; i < builder->entry_count; i++) {
        const struct trigger_entry *entry = &builder->entries[i];
        if (!is_edge(entry))
            continue;
        struct slice literal = entry->literal;
        uint64_t key;
        if (literal.size >= TAIL_LONG) {
            key = trigger_key(bytes_get_u64(literal.data + literal.size - TAIL_LONG), TAIL_LONG);
            field->has_tail8 = true;
        } else if (entry->form == FORM_ENDS) {
            key = trigger_key(bytes_get_u32(literal.data + literal.size - TAIL_SHORT), TAIL_SHORT);
            field->has_tail4 = true;
        } else {
            uint64_t bytes = 0;
            memcpy(&bytes, literal.data, literal.size);
            key = trigger_key(bytes, 16 + (uint32_t)literal.size);
            field->has_whole = true;
        }
        builder->keyed[builder->keyed_count++] = (struct keyed_entry){key, entry};
    }
    field->tails = builder_table(builder);
}

static void builder_grams(struct index_builder *builder, struct gram_table *grams, bool ascii) {
    builder->keyed_count = 0;
    uint32_t size = grams->gram_size;
    for (uint32_t i = 0; i < builder->entry_count; i++) {
        const struct trigger_entry *entry = &builder->entries[i];
        bool fits = size == GRAM_SIZE ? entry->literal.size >= size : entry->literal.size == size;
        if (is_edge(entry) || !fits || fold_is_ascii(entry->literal) != ascii)
            continue;
        uint32_t gram = 0;
        memcpy(&gram, entry->literal.data + entry->gram_offset, size);
        builder->keyed[builder->keyed_count++] = (struct keyed_entry){gram, entry};
    }
    grams->used = builder->keyed_count > 0;
    if (!grams->used)
        return;
    // 1 Kibit to 1 Mibit.
    uint32_t log2 = 10;
    while (log2 < 20 && (1u << log2) < builder->keyed_count * builder->gram_bits)
        log2++;
    grams->shift = 32 - log2;
    grams->gram_mask = UINT32_MAX >> (8 * (GRAM_SIZE - size));
    grams->bits = builder_new(builder, (1u << log2) / 64, sizeof *grams->bits);
    for (uint32_t i = 0; i < builder->keyed_count; i++) {
        uint32_t place = gram_hash((uint32_t)builder->keyed[i].key) >> grams->shift;
        grams->bits[place / 64] |= UINT64_C(1) << place % 64;
    }
    grams->table = builder_table(builder);
}

void gram_table_init(struct gram_table *grams, struct arena *arena,
                     const struct trigger_entry *entries, uint32_t count, uint32_t bits) {
    struct index_builder builder = {
        .arena = arena, .entries = entries, .entry_count = count, .gram_bits = bits};
    builder.keyed = memory_new((size_t)count + 1, sizeof *builder.keyed);
    grams->gram_size = GRAM_SIZE;
    builder_grams(&builder, grams, true);
    memory_free(builder.keyed);
}

static bool is_short(const struct trigger_entry *entry) {
    return !is_edge(entry) && entry->literal.size < GRAM_SIZE_LEAST;
}

static void builder_shorts(struct index_builder *builder, struct field_index *field) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < builder->entry_count; i++)
        count += is_short(&builder->entries[i]);
    field->shorts = builder_new(builder, count, sizeof(const struct trigger_entry *));
    for (uint32_t i = 0; i < builder->entry_count; i++)
        if (is_short(&builder->entries[i]))
            field->shorts[field->short_count++] = &builder->entries[i];
}

static void builder_field(struct index_builder *builder, struct field_index *field) {
    field->serial = ++*builder->index_serial;
    field->entries = builder->entries;
    field->entry_count = builder->entry_count;
    builder_tails(builder, field);
    for (uint32_t i = 0; i < GRAM_TABLES; i++) {
        field->ascii[i].gram_size = field->beyond[i].gram_size = GRAM_SIZE - i;
        builder_grams(builder, &field->ascii[i], true);
        builder_grams(builder, &field->beyond[i], false);
    }
    builder_shorts(builder, field);
    if (field->symbol == COMPILED_NO_SYMBOL)
        keyword_index_init(&field->keywords, builder->arena,
                           (struct keyword_words){builder->entries, builder->entry_count},
                           builder->anchor_memo);
}

static struct trigger_entry builder_entry(const struct index_builder *builder,
                                          uint32_t atom_number) {
    const struct compiled_atom *atom = &builder->compiled->atoms[atom_number];
    struct trigger_entry entry = {.literal = compiled_slice(builder->compiled, atom->hint),
                                  .atom = atom_number,
                                  .gram_offset = atom->gram_offset,
                                  .form = (uint8_t)atom->hint_form};
    entry.settles = atom->kind == ATOM_PATTERN && atom->form == atom->hint_form &&
                    !(atom->flags & COMPILED_CASED);
    return entry;
}

// Where each atom's entry goes: field by field, and within a field in the order of first use.
struct entry_order {
    uint32_t *symbol_firsts; // by 1 + symbol; COMPILED_NO_SYMBOL at 0
    uint32_t *places;        // by atom: 1 + its entry, 0: none
    uint32_t count;
};

static uint32_t symbol_bucket(const struct compiled *compiled, uint32_t atom) {
    return compiled->atoms[atom].symbol + 1; // COMPILED_NO_SYMBOL wraps to 0
}

static void entry_order_init(struct entry_order *order, const struct compiled *compiled,
                             const struct trigger_pair *pairs, size_t pair_count) {
    uint32_t buckets = compiled->counts[COMPILED_SYMBOLS] + 1;
    order->symbol_firsts = memory_new((size_t)buckets + 1, sizeof *order->symbol_firsts);
    order->places = memory_new((size_t)compiled->counts[COMPILED_ATOMS] + 1, sizeof *order->places);
    order->count = 0;
    for (size_t i = 0; i < pair_count; i++) {
        if (order->places[pairs[i].atom])
            continue;
        order->places[pairs[i].atom] = 1;
        order->symbol_firsts[symbol_bucket(compiled, pairs[i].atom) + 1]++;
        order->count++;
    }
    for (uint32_t i = 1; i <= buckets; i++)
        order->symbol_firsts[i] += order->symbol_firsts[i - 1];
    memset(order->places, 0, compiled->counts[COMPILED_ATOMS] * sizeof *order->places);
    for (size_t i = 0; i < pair_count; i++)
        if (!order->places[pairs[i].atom])
            order->places[pairs[i].atom] =
                1 + order->symbol_firsts[symbol_bucket(compiled, pairs[i].atom)]++;
}

static void entry_order_done(struct entry_order *order) {
    memory_free(order->symbol_firsts);
    memory_free(order->places);
}

// Entries field by field, each with its rules in a row.
static struct trigger_entry *builder_entries(struct index_builder *builder,
                                             const struct trigger_pair *pairs, size_t pair_count,
                                             uint32_t *ret_count) {
    struct entry_order order;
    entry_order_init(&order, builder->compiled, pairs, pair_count);
    struct trigger_entry *entries = builder_new(builder, order.count, sizeof *entries);
    uint32_t *rules = builder_new(builder, pair_count, sizeof *rules);
    uint32_t *firsts = memory_new((size_t)order.count + 1, sizeof *firsts);
    for (size_t i = 0; i < pair_count; i++)
        firsts[order.places[pairs[i].atom]]++;
    for (uint32_t i = 0; i < order.count; i++)
        firsts[i + 1] += firsts[i];
    for (size_t i = 0; i < pair_count; i++) {
        uint32_t place = order.places[pairs[i].atom] - 1;
        struct trigger_entry *entry = &entries[place];
        if (entry->rule_count == 0) {
            *entry = builder_entry(builder, pairs[i].atom);
            entry->number = place;
            entry->rules = rules + firsts[place];
        }
        rules[firsts[place] + entry->rule_count++] = pairs[i].rule;
    }
    *ret_count = order.count;
    memory_free(firsts);
    entry_order_done(&order);
    return entries;
}

static uint32_t entry_symbol(const struct index_builder *builder,
                             const struct trigger_entry *entry) {
    return builder->compiled->atoms[entry->atom].symbol;
}

static void builder_fields(struct index_builder *builder, const struct trigger_entry *entries,
                           uint32_t entry_count, struct trigger_index *index) {
    uint32_t field_count = 0;
    for (uint32_t i = 0; i < entry_count; i++)
        field_count +=
            i == 0 || entry_symbol(builder, &entries[i]) != entry_symbol(builder, &entries[i - 1]);
    struct field_index *fields = builder_new(builder, field_count, sizeof *fields);
    uint32_t first = 0;
    while (first < entry_count) {
        uint32_t end = first + 1;
        uint32_t symbol = entry_symbol(builder, &entries[first]);
        while (end < entry_count && entry_symbol(builder, &entries[end]) == symbol)
            end++;
        builder->entries = entries + first;
        builder->entry_count = end - first;
        fields[index->field_count].symbol = symbol;
        builder_field(builder, &fields[index->field_count++]);
        first = end;
    }
    index->fields = fields;
}

static void matcher_fit_entries(struct matcher *matcher, uint32_t count) {
    if (count <= matcher->entry_capacity)
        return;
    matcher->entry_stamps =
        memory_resize(matcher->entry_stamps, count, sizeof *matcher->entry_stamps);
    memset(matcher->entry_stamps, 0, count * sizeof *matcher->entry_stamps);
    matcher->entry_capacity = count;
}

const struct trigger_index *trigger_index_new(struct matcher *matcher, struct arena *arena,
                                              const struct buffer *pairs) {
    size_t pair_count = pairs->size / sizeof(struct trigger_pair);
    if (pair_count == 0)
        return NULL;
    struct index_builder builder = {.index_serial = &matcher->index_serial,
                                    .gram_bits = GRAM_BITS_USUAL,
                                    .arena = arena,
                                    .compiled = matcher->compiled,
                                    .anchor_memo = &matcher->anchor_memo};
    struct trigger_index *index = builder_new(&builder, 1, sizeof *index);
    const struct trigger_entry *entries =
        builder_entries(&builder, (const void *)pairs->data, pair_count, &index->entry_count);
    builder.keyed = memory_new(index->entry_count, sizeof *builder.keyed);
    builder_fields(&builder, entries, index->entry_count, index);
    memory_free(builder.keyed);
    matcher_fit_entries(matcher, index->entry_count);
    return index;
}
