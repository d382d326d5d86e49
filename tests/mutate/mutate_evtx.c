// Damage to event logs
// SPDX-License-Identifier: Apache-2.0
#include "mutate.h"

#include "base/bytes.h"
#include "base/digest.h"

#include <string.h>

// MS-EVEN6 and libevtx, "Windows XML Event Log (EVTX)". Half of the mutants get their
// checksums made right again: damage that nobody made by accident.
enum {
    HEADER = 4096,
    CHUNK = 65536,
    CHUNK_HEADER = 512,
    CHUNK_LAST_RECORD = 44,
    CHUNK_FREE = 48,
    CHUNK_DATA_CRC = 52,
    CHUNK_CRC = 124,
    CHUNK_STRINGS = 128,
    CHUNK_TEMPLATES = 384,
    RECORDS_MAX = 2048,
};

// The chunk that is being damaged.
struct target {
    struct mutant *mutant;
    uint8_t *data;
    size_t used; // bytes up to its free space, as it was before
};

static void put_u32(uint8_t *at, uint32_t number) {
    memcpy(at, &number, sizeof number);
}

static size_t chunk_used(const uint8_t *chunk) {
    uint32_t used = bytes_get_u32(chunk + CHUNK_FREE);
    return used >= CHUNK_HEADER && used <= CHUNK ? used : CHUNK;
}

size_t evtx_part_count(struct slice seed) {
    return seed.size < HEADER ? 0 : (seed.size - HEADER) / CHUNK;
}

static void chunk_fix_checksums(uint8_t *chunk) {
    size_t used = chunk_used(chunk);
    put_u32(chunk + CHUNK_DATA_CRC,
            digest_crc32(0, slice_of(chunk + CHUNK_HEADER, used - CHUNK_HEADER)));
    uint32_t crc = digest_crc32(0, slice_of(chunk, 120));
    crc = digest_crc32(crc, slice_of(chunk + 128, CHUNK_HEADER - 128));
    put_u32(chunk + CHUNK_CRC, crc);
}

// A random record of the chunk; false when it has none.
static bool record_pick(const struct target *target, size_t *ret_offset, size_t *ret_size) {
    size_t offsets[RECORDS_MAX];
    size_t count = 0;
    for (size_t at = CHUNK_HEADER; at + 24 <= target->used && count < RECORDS_MAX;) {
        uint32_t size = bytes_get_u32(target->data + at + 4);
        if (bytes_get_u32(target->data + at) != 0x2A2A || size < 28 || size > target->used - at)
            break;
        offsets[count++] = at;
        at += size;
    }
    if (!count)
        return false;
    *ret_offset = offsets[mutant_below(target->mutant, count)];
    *ret_size = bytes_get_u32(target->data + *ret_offset + 4);
    return true;
}

// A random template instance (0C 01) inside a record; false when none is found.
static bool instance_pick(const struct target *target, size_t *ret_offset) {
    size_t record, size;
    if (!record_pick(target, &record, &size))
        return false;
    size_t skip = mutant_below(target->mutant, 2);
    for (size_t at = record + 24; at + 40 < record + size; at++)
        if (target->data[at] == 0x0C && target->data[at + 1] == 0x01 && !skip--) {
            *ret_offset = at;
            return true;
        }
    return false;
}

static void damage_bits(struct target *target) {
    mutant_flip_bits(target->mutant, (size_t)(target->data - target->mutant->bytes.data),
                     target->used);
}

static void damage_number(struct target *target) {
    size_t offset = mutant_below(target->mutant, target->used - 4);
    uint32_t number = mutant_extreme(target->mutant);
    memcpy(target->data + offset, &number, mutant_below(target->mutant, 2) ? 2 : 4);
}

static void damage_record_size(struct target *target) {
    size_t offset, size;
    if (!record_pick(target, &offset, &size))
        return;
    bool copy = mutant_below(target->mutant, 2);
    uint32_t number =
        mutant_below(target->mutant, 2) ? mutant_extreme(target->mutant) : (uint32_t)(size ^ 8);
    put_u32(target->data + (copy ? offset + size - 4 : offset + 4), number);
}

static void damage_token(struct target *target) {
    size_t offset, size;
    if (record_pick(target, &offset, &size))
        target->data[offset + 24 + mutant_below(target->mutant, size - 28)] =
            (uint8_t)(mutant_below(target->mutant, 0x12) | (mutant_below(target->mutant, 2) << 6));
}

// A definition that is its own definition, or one that leads back.
static void damage_template_loop(struct target *target) {
    size_t at;
    uint32_t back = (uint32_t)mutant_below(target->mutant, target->used);
    if (mutant_below(target->mutant, 2) && instance_pick(target, &at)) {
        put_u32(target->data + at + 6, mutant_below(target->mutant, 2) ? (uint32_t)at : back);
        return;
    }
    uint8_t *slot = target->data + CHUNK_TEMPLATES + 4 * mutant_below(target->mutant, 32);
    uint32_t definition = bytes_get_u32(slot);
    if (definition >= CHUNK_HEADER && definition + 24 < target->used)
        put_u32(target->data + definition, mutant_below(target->mutant, 2) ? definition : back);
    else
        put_u32(slot, back);
}

static void damage_template_size(struct target *target) {
    size_t at;
    if (instance_pick(target, &at))
        put_u32(target->data + at + 30, mutant_extreme(target->mutant));
}

// The number of substitutions, or the size or type of one.
static void damage_count(struct target *target) {
    size_t at;
    if (!instance_pick(target, &at))
        return;
    size_t count = at + 10;
    if (bytes_get_u32(target->data + at + 6) == count) // the definition stands between
        count += 24 + bytes_get_u32(target->data + at + 30) % CHUNK;
    if (count + 4 + 64 > CHUNK)
        return;
    if (mutant_below(target->mutant, 2)) {
        put_u32(target->data + count, mutant_extreme(target->mutant));
    } else {
        uint32_t number = mutant_extreme(target->mutant);
        memcpy(target->data + count + 4 + mutant_below(target->mutant, 60), &number, 2);
    }
}

static void damage_strings(struct target *target) {
    uint8_t *slot = target->data + CHUNK_STRINGS + 4 * mutant_below(target->mutant, 64);
    uint32_t name = bytes_get_u32(slot);
    if (mutant_below(target->mutant, 2) && name >= CHUNK_HEADER && name + 8 < target->used)
        put_u32(target->data + name, name); // a name that follows itself
    else
        put_u32(slot, mutant_extreme(target->mutant));
}

static void damage_free_space(struct target *target) {
    put_u32(target->data + (mutant_below(target->mutant, 2) ? CHUNK_FREE : CHUNK_LAST_RECORD),
            mutant_extreme(target->mutant));
}

// A region of the chunk over another, or nothing but zeroes or noise.
static void damage_region(struct target *target) {
    size_t size = 1 + mutant_below(target->mutant, 2048);
    size_t to = mutant_below(target->mutant, CHUNK - size);
    size_t from = mutant_below(target->mutant, CHUNK - size);
    switch (mutant_below(target->mutant, 3)) {
    case 0:
        memmove(target->data + to, target->data + from, size);
        break;
    case 1:
        memset(target->data + to, 0, size);
        break;
    default:
        for (size_t i = 0; i < size; i++)
            target->data[to + i] = (uint8_t)mutant_random(target->mutant);
    }
}

static void damage_magic(struct target *target) {
    target->data[mutant_below(target->mutant, 8)] ^= 0x20;
}

static const struct {
    const char *name;
    void (*damage)(struct target *target);
} chunk_kinds[] = {
    {"bits", damage_bits},
    {"number", damage_number},
    {"record_size", damage_record_size},
    {"token", damage_token},
    {"template_loop", damage_template_loop},
    {"template_size", damage_template_size},
    {"count", damage_count},
    {"strings", damage_strings},
    {"free_space", damage_free_space},
    {"region", damage_region},
    {"magic", damage_magic},
};

static void mutate_chunk(struct mutant *mutant, size_t chunks) {
    size_t part = mutant_below(mutant, chunks);
    struct target target = {.mutant = mutant, .data = mutant_at(mutant, HEADER + part * CHUNK)};
    target.used = chunk_used(target.data);
    size_t kind = mutant_below(mutant, ARRAY_SIZE(chunk_kinds));
    mutant->kind = chunk_kinds[kind].name;
    chunk_kinds[kind].damage(&target);
    if (mutant_below(mutant, 2))
        chunk_fix_checksums(target.data);
    mutant_lose(mutant, part);
}

static void mutate_truncate(struct mutant *mutant, size_t chunks) {
    (void)chunks;
    mutant->kind = "truncate";
    mutant->bytes.size = 1 + mutant_below(mutant, mutant->bytes.size - 1);
    mutant_lose_from(mutant,
                     mutant->bytes.size < HEADER ? 0 : (mutant->bytes.size - HEADER) / CHUNK);
    mutant->finished = true;
}

static void mutate_swap(struct mutant *mutant, size_t chunks) {
    mutant->kind = "swap";
    size_t a = mutant_below(mutant, chunks), b = mutant_below(mutant, chunks);
    uint8_t *left = mutant_at(mutant, HEADER + a * CHUNK);
    uint8_t *right = mutant_at(mutant, HEADER + b * CHUNK);
    for (size_t i = 0; i < CHUNK; i++) {
        uint8_t byte = left[i];
        left[i] = right[i];
        right[i] = byte;
    }
    mutant->finished = true;
}

static void mutate_duplicate(struct mutant *mutant, size_t chunks) {
    mutant->kind = "duplicate";
    size_t from = mutant_below(mutant, chunks), to = mutant_below(mutant, chunks);
    if (from == to)
        return;
    memcpy(mutant_at(mutant, HEADER + to * CHUNK), mutant_at(mutant, HEADER + from * CHUNK), CHUNK);
    mutant_lose(mutant, to);
    mutant->finished = true;
}

// All but the magic: the header may lie.
static void mutate_header(struct mutant *mutant, size_t chunks) {
    (void)chunks;
    mutant->kind = "header";
    for (size_t i = 0; i < 4; i++) {
        uint32_t number = mutant_extreme(mutant);
        memcpy(mutant_at(mutant, 8 + 2 * mutant_below(mutant, 58)), &number, 2);
    }
}

static void mutate_shift(struct mutant *mutant, size_t chunks) {
    mutant->kind = "shift";
    static const uint8_t zeroes[4096];
    size_t part = mutant_below(mutant, chunks);
    mutant_splice(mutant, HEADER + part * CHUNK, 0,
                  slice_of(zeroes, 1 + mutant_below(mutant, sizeof zeroes)));
    mutant_lose_from(mutant, part);
    mutant->finished = true;
}

void evtx_mutate(struct mutant *mutant) {
    size_t chunks = evtx_part_count(buffer_slice(&mutant->bytes));
    if (chunks == 0) {
        mutant_flip_bits(mutant, 0, mutant->bytes.size);
        return;
    }
    static void (*const kinds[])(struct mutant * mutant, size_t chunks) = {
        mutate_truncate, mutate_duplicate, mutate_header, mutate_shift, mutate_swap};
    size_t kind = mutant_below(mutant, 4 * ARRAY_SIZE(kinds));
    if (kind < ARRAY_SIZE(kinds))
        kinds[kind](mutant, chunks);
    else
        mutate_chunk(mutant, chunks);
}
