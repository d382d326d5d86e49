// Feeds a fuzz target its corpus without libFuzzer
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// usage: fuzz_<name> DIRECTORY [MUTATIONS [SEED]]
// Runs the target over each file of DIRECTORY in the order of names, then over MUTATIONS seeded
// mutations of each, so that a run is the same everywhere. The input is a block of exactly its
// size, so that ASan sees the first byte read past its end. Mutations stop after a time limit;
// what was run is said. A crash names its input: file, seed and number.

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MUTATIONS_DEFAULT = 500,
    FILE_BYTES_MAX = 4 * 1024 * 1024,
    FILES_MAX = 4096,
    SECONDS_MAX = 20,
};

// What is being run, for whoever looks at a crash.
static char running[512] = "an empty input";

static void running_print(void) {
    fprintf(stderr, "\nfuzz input: %s\n", running);
}

static void running_abort(int number) {
    running_print();
    signal(number, SIG_DFL);
    raise(number);
}

// Of the sanitizers' runtime, when it is linked.
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));

struct corpus {
    char *names[FILES_MAX];
    size_t count;
};

// SplitMix64 (Steele, Lea, Flood 2014): small, seeded, the same everywhere.
static uint64_t random_next(uint64_t *state) {
    uint64_t z = *state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
}

static size_t random_below(uint64_t *state, size_t ceiling) {
    return ceiling ? (size_t)(random_next(state) % ceiling) : 0;
}

// Numbers that sizes and counts go wrong at.
static uint32_t random_number(uint64_t *state) {
    static const uint32_t edges[] = {0,      1,      2,      0x7F,       0x80,       0xFF,
                                     0x100,  0x7FFF, 0x8000, 0xFFFF,     0x10000,    0xFFFFFF,
                                     0xFFF8, 0x200,  0x1000, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF};
    return edges[random_below(state, sizeof edges / sizeof *edges)];
}

// One small damage in place; `input` is not empty.
static void mutate_once(struct buffer *input, uint64_t *state) {
    size_t at = random_below(state, input->size);
    size_t rest = input->size - at;
    switch (random_below(state, 7)) {
    case 0: // a bit
        input->data[at] ^= (uint8_t)(1u << random_below(state, 8));
        return;
    case 1: // a byte
        input->data[at] = (uint8_t)random_next(state);
        return;
    case 2: // a number of one, two or four bytes
    {
        uint32_t number = random_number(state);
        size_t width = (size_t)1 << random_below(state, 3);
        memcpy(input->data + at, &number, width < rest ? width : rest);
        return;
    }
    case 3: // the end is cut off
        input->size = at + 1;
        return;
    case 4: // a piece is copied over another
    {
        size_t from = random_below(state, input->size);
        size_t size = random_below(state, 256);
        size = size < rest ? size : rest;
        size = size < input->size - from ? size : input->size - from;
        memmove(input->data + at, input->data + from, size);
        return;
    }
    case 5: // a piece is taken out
    {
        size_t size = 1 + random_below(state, 16);
        size = size < rest ? size : rest;
        memmove(input->data + at, input->data + at + size, rest - size);
        input->size -= size;
        return;
    }
    default: // a piece is written twice
    {
        size_t size = 1 + random_below(state, 64);
        size = size < rest ? size : rest;
        if (!buffer_reserve(input, size))
            return;
        memmove(input->data + at + size, input->data + at, rest);
        input->size += size;
    }
    }
}

static void target_run(struct slice input) {
    uint8_t *exact = memory_new(input.size, 1);
    if (input.size)
        memcpy(exact, input.data, input.size);
    LLVMFuzzerTestOneInput(exact, input.size);
    memory_free(exact);
}

static bool file_read(const char *directory, const char *name, struct buffer *content) {
    struct buffer path;
    buffer_init(&path, 4096);
    buffer_append_format(&path, "%s/%s", directory, name);
    buffer_append_byte(&path, 0);
    FILE *file = path.failed ? NULL : fopen((const char *)path.data, "rb");
    buffer_done(&path);
    if (!file)
        return false;
    buffer_reset(content);
    uint8_t *to = buffer_reserve(content, FILE_BYTES_MAX);
    if (to)
        content->size = fread(to, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return to != NULL;
}

static int name_compare(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool corpus_list(const char *path, struct corpus *corpus) {
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    const struct dirent *entry;
    while ((entry = readdir(directory)) && corpus->count < FILES_MAX)
        if (entry->d_name[0] != '.')
            corpus->names[corpus->count++] = memory_keep_text(entry->d_name, strlen(entry->d_name));
    closedir(directory);
    qsort(corpus->names, corpus->count, sizeof *corpus->names, name_compare);
    return true;
}

// The mutations of one file; returns how many were run before the deadline.
static unsigned long mutations_run(struct slice original, const char *name, uint64_t seed,
                                   unsigned long count, int64_t deadline_ns) {
    struct buffer input;
    buffer_init(&input, (size_t)2 * FILE_BYTES_MAX);
    unsigned long i = 0;
    for (; i < count && clock_now_monotonic() < deadline_ns; i++) {
        uint64_t state = seed ^ (i * 0xD6E8FEB86659FD93ull);
        buffer_reset(&input);
        buffer_append_slice(&input, original);
        for (size_t n = 1 + random_below(&state, 8); n && input.size; n--)
            mutate_once(&input, &state);
        snprintf(running, sizeof running, "%s, seed %" PRIu64 ", mutation %lu", name, seed, i);
        target_run(buffer_slice(&input));
    }
    buffer_done(&input);
    return i;
}

int main(int argument_count, char **arguments) {
    if (argument_count < 2) {
        fprintf(stderr, "usage: %s DIRECTORY [MUTATIONS [SEED]]\n", arguments[0]);
        return 2;
    }
    unsigned long count =
        argument_count > 2 ? strtoul(arguments[2], NULL, 10) : (unsigned long)MUTATIONS_DEFAULT;
    uint64_t seed = argument_count > 3 ? strtoull(arguments[3], NULL, 10) : 1;
    signal(SIGABRT, running_abort);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(running_print);
    static struct corpus corpus;
    if (!corpus_list(arguments[1], &corpus) || corpus.count == 0) {
        fprintf(stderr, "%s: no corpus\n", arguments[1]);
        return 1;
    }
    int64_t share_ns = SECONDS_MAX * INT64_C(1000000000) / (int64_t)corpus.count;
    unsigned long mutations = 0;
    struct buffer content;
    buffer_init(&content, FILE_BYTES_MAX);
    target_run((struct slice){NULL, 0});
    for (size_t i = 0; i < corpus.count; i++) {
        if (!file_read(arguments[1], corpus.names[i], &content)) {
            fprintf(stderr, "%s/%s: cannot be read\n", arguments[1], corpus.names[i]);
            return 1;
        }
        snprintf(running, sizeof running, "%s as it is", corpus.names[i]);
        target_run(buffer_slice(&content));
        mutations += mutations_run(buffer_slice(&content), corpus.names[i], seed, count,
                                   clock_now_monotonic() + share_ns);
    }
    printf("%zu files, %lu mutations\n", corpus.count, mutations);
    for (size_t i = 0; i < corpus.count; i++)
        memory_free(corpus.names[i]);
    buffer_done(&content);
    return 0;
}
