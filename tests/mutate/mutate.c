// Writes seeded mutants of a file
// SPDX-License-Identifier: Apache-2.0
#include "mutate.h"

#include "base/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// usage: mutate FORMAT SEED DIRECTORY FIRST COUNT
// Writes mutants FIRST to FIRST + COUNT - 1 of the file SEED to DIRECTORY/<number>.<ending> and
// prints a line for each: number, what was done, and the parts of the seed that are still whole
// ("0-3,7").
enum {
    SEED_BYTES_MAX = 16 << 20,
    MUTANT_BYTES_MAX = 64 << 20,
    STEPS_MAX = 3, // kinds of damage in one mutant
};

uint64_t mutant_random(struct mutant *mutant) {
    mutant->random ^= mutant->random << 13;
    mutant->random ^= mutant->random >> 7;
    mutant->random ^= mutant->random << 17;
    return mutant->random * 0x2545F4914F6CDD1Dull;
}

size_t mutant_below(struct mutant *mutant, size_t limit) {
    return limit ? (size_t)((mutant_random(mutant) >> 16) % limit) : 0;
}

uint32_t mutant_extreme(struct mutant *mutant) {
    static const uint32_t extremes[] = {0,       1,          2,          3,          7,
                                        8,       0x18,       0x7F,       0x80,       0xFF,
                                        0x100,   0x1FF,      0x200,      0x7FFF,     0x8000,
                                        0xFFFF,  0xFFFE,     0x10000,    0x10001,    0x00FFFFFF,
                                        1 << 24, 0x7FFFFFFF, 0x80000000, 0xFFFFFFF8, 0xFFFFFFFF};
    return extremes[mutant_below(mutant, ARRAY_SIZE(extremes))];
}

uint8_t *mutant_at(struct mutant *mutant, size_t offset) {
    return mutant->bytes.data + offset;
}

void mutant_lose(struct mutant *mutant, size_t part) {
    if (part < mutant->part_count)
        mutant->lost[part] = true;
}

void mutant_lose_from(struct mutant *mutant, size_t part) {
    for (; part < mutant->part_count; part++)
        mutant->lost[part] = true;
}

void mutant_splice(struct mutant *mutant, size_t offset, size_t size, struct slice by) {
    struct buffer fresh;
    buffer_init(&fresh, MUTANT_BYTES_MAX);
    struct slice old = buffer_slice(&mutant->bytes);
    buffer_append_slice(&fresh, slice_part(old, 0, offset));
    buffer_append_slice(&fresh, by);
    buffer_append_slice(&fresh, slice_part(old, offset + size, old.size));
    buffer_done(&mutant->bytes);
    mutant->bytes = fresh;
}

void mutant_flip_bits(struct mutant *mutant, size_t offset, size_t size) {
    size_t flips = (size_t)1 << mutant_below(mutant, 7);
    for (size_t i = 0; i < flips && size; i++)
        *mutant_at(mutant, offset + mutant_below(mutant, size)) ^=
            (uint8_t)(1u << mutant_below(mutant, 8));
}

struct format {
    const char *name;
    const char *ending;
    size_t header_lines;                     // without which the other parts are nothing
    size_t (*part_count)(struct slice seed); // NULL: no parts
    void (*mutate)(struct mutant *mutant);
};

// One for each decoder of decoders.def, and two for rules; mutants.py has the same.
static const struct format formats[] = {
    {"evtx", "evtx", 0, evtx_part_count, evtx_mutate},
    {"json_lines", "jsonl", 0, json_part_count, json_mutate},
    {"file", "exe", 0, NULL, image_mutate},
    {"forensic_csv", "csv", 1, json_part_count, table_mutate},
    {"w3c", "log", 4, json_part_count, text_mutate},
    {"access_log", "log", 1, json_part_count, text_mutate},
    {"release_catalogue", "csv", 1, json_part_count, table_mutate},
    {"exchange_csv", "log", 5, json_part_count, table_mutate},
    {"zeek", "log", 7, json_part_count, text_mutate},
    {"squid", "log", 1, json_part_count, text_mutate},
    {"proxy_csv", "csv", 1, json_part_count, table_mutate},
    {"nfdump", "csv", 1, json_part_count, table_mutate},
    {"syslog", "log", 1, json_part_count, text_mutate},
    {"dhcp_leases", "leases", 0, NULL, text_damage},
    {"dhcp_server", "log", 6, json_part_count, table_mutate},
    {"sigma", "yml", 0, NULL, sigma_mutate},
    {"image", "image", 0, NULL, image_mutate},
};

static const struct format *format_find(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(formats); i++)
        if (strcmp(formats[i].name, name) == 0)
            return &formats[i];
    return NULL;
}

static bool file_read(const char *path, struct buffer *buffer) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    size_t got = 1;
    while (got) {
        uint8_t *to = buffer_reserve(buffer, 1 << 16);
        if (!to)
            break;
        got = fread(to, 1, 1 << 16, file);
        buffer->size += got;
    }
    return fclose(file) == 0 && !buffer->failed;
}

static bool file_write(const char *directory, uint64_t number, const char *ending,
                       struct slice bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%" PRIu64 ".%s", directory, number, ending);
    FILE *file = fopen(path, "wb");
    if (!file)
        return false;
    bool written = fwrite(bytes.data, 1, bytes.size, file) == bytes.size;
    return fclose(file) == 0 && written;
}

static void print_whole_parts(const struct mutant *mutant) {
    const char *separator = "";
    for (size_t i = 0; i < mutant->part_count; i++) {
        size_t first = i;
        if (mutant->lost[i])
            continue;
        while (i + 1 < mutant->part_count && !mutant->lost[i + 1])
            i++;
        printf(first == i ? "%s%zu" : "%s%zu-%zu", separator, first, i);
        separator = ",";
    }
    putchar('\n');
}

static bool mutant_write(const struct format *format, struct slice seed, const char *directory,
                         uint64_t number) {
    struct mutant mutant = {.kind = "", .random = (number + 1) * 0x9E3779B97F4A7C15ull | 1};
    for (unsigned i = 0; i < 8; i++) // near numbers give far states
        mutant_random(&mutant);
    buffer_init(&mutant.bytes, MUTANT_BYTES_MAX);
    buffer_append_slice(&mutant.bytes, seed);
    mutant.header_lines = format->header_lines;
    mutant.part_count = format->part_count ? format->part_count(seed) : 0;
    mutant.lost = memory_new(mutant.part_count + 1, sizeof *mutant.lost);
    printf("%" PRIu64 " ", number);
    size_t steps = 1 + mutant_below(&mutant, STEPS_MAX);
    for (size_t i = 0; i < steps && !mutant.finished; i++) {
        format->mutate(&mutant);
        printf("%s%s", i ? "+" : "", mutant.kind);
    }
    putchar(' ');
    print_whole_parts(&mutant);
    bool written = file_write(directory, number, format->ending, buffer_slice(&mutant.bytes));
    memory_free(mutant.lost);
    buffer_done(&mutant.bytes);
    return written;
}

int main(int count, char **words) {
    const struct format *format = count == 6 ? format_find(words[1]) : NULL;
    struct buffer seed;
    buffer_init(&seed, SEED_BYTES_MAX);
    if (!format || !file_read(words[2], &seed) || seed.size == 0) {
        fputs("usage: mutate FORMAT SEED DIRECTORY FIRST COUNT\n", stderr);
        return 2;
    }
    uint64_t first = strtoull(words[4], NULL, 10);
    uint64_t end = first + strtoull(words[5], NULL, 10);
    bool written = true;
    for (uint64_t number = first; number < end && written; number++)
        written = mutant_write(format, buffer_slice(&seed), words[3], number);
    buffer_done(&seed);
    return written ? 0 : 4;
}
