// Feeds a fuzz target its corpus without libFuzzer
// SPDX-License-Identifier: Apache-2.0
#include "driver_damage.h"
#include "driver_watch.h"
#include "understood.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

// Runs the target over each file of the corpus, then over seeded mutants of them, all in one
// process. An input is a block of exactly its size, so that ASan sees the first byte read past its
// end. The same corpus, seed and number give the same mutant everywhere.

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    MUTANTS_DEFAULT = 300,
    STEPS_MAX = 6, // damages of one mutant
    FILE_BYTES_MAX = 4 * 1024 * 1024,
    FILES_MAX = 4096,
    LEAK_LOOKS_MAX = 5, // each takes long; caches grow too
};

struct corpus {
    struct corpus_file {
        char *path;
        const char *name; // in path
        struct buffer bytes;
    } files[FILES_MAX];
    size_t count;
};

struct run {
    const char *program; // without its directory
    const char *keep;    // directory for what fails
    struct corpus *corpus;
    uint64_t seed, first, mutants;
    uint64_t files_understood, mutants_understood;
    unsigned leak_looks;
};

static bool understood;

void driver_understood(void) {
    understood = true;
}

// --- the corpus

static bool file_read(const char *path, struct buffer *content) {
    FILE *file = fopen(path, "rb");
    if (!file)
        return false;
    uint8_t *to = buffer_reserve(content, FILE_BYTES_MAX);
    if (to)
        content->size = fread(to, 1, FILE_BYTES_MAX, file);
    fclose(file);
    return to != NULL;
}

static bool corpus_add_file(struct corpus *corpus, const char *path) {
    struct corpus_file *file = &corpus->files[corpus->count];
    if (corpus->count == FILES_MAX)
        return false;
    struct buffer content;
    buffer_init(&content, FILE_BYTES_MAX);
    bool read = file_read(path, &content);
    if (read) {
        corpus->count++;
        file->path = memory_keep_text(path, strlen(path));
        const char *slash = strrchr(file->path, '/');
        file->name = slash ? slash + 1 : file->path;
        buffer_init(&file->bytes, FILE_BYTES_MAX);
        buffer_append_slice(&file->bytes, buffer_slice(&content));
    }
    buffer_done(&content);
    return read;
}

static bool corpus_add_directory(struct corpus *corpus, const char *path) {
    DIR *directory = opendir(path);
    if (!directory)
        return false;
    bool added = true;
    const struct dirent *entry;
    while (added && (entry = readdir(directory))) {
        char file[4096];
        if (entry->d_name[0] == '.')
            continue;
        snprintf(file, sizeof file, "%s/%s", path, entry->d_name);
        added = corpus_add_file(corpus, file);
    }
    closedir(directory);
    return added;
}

static int file_compare(const void *a, const void *b) {
    const struct corpus_file *first = a, *second = b;
    return strcmp(first->name, second->name);
}

static bool corpus_add(struct corpus *corpus, const char *path) {
    struct stat about;
    if (stat(path, &about))
        return false;
    return S_ISDIR(about.st_mode) ? corpus_add_directory(corpus, path)
                                  : corpus_add_file(corpus, path);
}

static void corpus_done(struct corpus *corpus) {
    for (size_t i = 0; i < corpus->count; i++) {
        memory_free(corpus->files[i].path);
        buffer_done(&corpus->files[i].bytes);
    }
}

// --- one input

static bool target_run(struct slice input, const char *name, const char *file) {
    watch_begin(name, file, input);
    LLVMFuzzerTestOneInput(input.data, input.size);
    return watch_end();
}

// What grows twice over the same input may leak. Returns whether it was understood.
static bool input_run(struct run *run, struct slice input, const char *name, const char *file) {
    uint8_t *exact = memory_new(input.size, 1);
    if (input.size)
        memcpy(exact, input.data, input.size);
    struct slice copy = slice_of(exact, input.size);
    understood = false;
    if (target_run(copy, name, file) && run->leak_looks < LEAK_LOOKS_MAX &&
        target_run(copy, name, file)) {
        run->leak_looks++;
        watch_leaks();
    }
    memory_free(exact);
    return understood;
}

static void mutant_run(struct run *run, uint64_t number, struct buffer *input) {
    const struct corpus *corpus = run->corpus;
    uint64_t state = run->seed * 0xD6E8FEB86659FD93ull ^ number;
    damage_random(&state);
    const struct corpus_file *origin = &corpus->files[damage_below(&state, corpus->count)];
    const struct corpus_file *other = &corpus->files[damage_below(&state, corpus->count)];
    char name[512], file[256];
    snprintf(name, sizeof name,
             "%s, mutant %" PRIu64 " of seed %" PRIu64 ": --seed %" PRIu64 " --first %" PRIu64
             " --mutants 1",
             origin->name, number, run->seed, run->seed, number);
    snprintf(file, sizeof file, "%s-%" PRIu64 "-%" PRIu64, run->program, run->seed, number);
    buffer_reset(input);
    buffer_append_slice(input, buffer_slice(&origin->bytes));
    size_t steps = damage_below(&state, 2) ? 1 : 1 + damage_below(&state, STEPS_MAX);
    for (; steps; steps--)
        damage_once(input, buffer_slice(&other->bytes), &state);
    run->mutants_understood += input_run(run, buffer_slice(input), name, file);
}

static void corpus_run(struct run *run) {
    char kept[256];
    snprintf(kept, sizeof kept, "%s-corpus", run->program);
    input_run(run, (struct slice){NULL, 0}, "an empty input", kept);
    for (size_t i = 0; i < run->corpus->count; i++) {
        const struct corpus_file *file = &run->corpus->files[i];
        bool taken = input_run(run, buffer_slice(&file->bytes), file->path, kept);
        run->files_understood += taken;
        if (!taken && getenv("FUZZ_VERBOSE"))
            fprintf(stderr, "%s: not understood\n", file->path);
    }
}

static int run_all(struct run *run) {
    struct buffer input;
    corpus_run(run);
    buffer_init(&input, (size_t)2 * FILE_BYTES_MAX);
    for (uint64_t i = 0; i < run->mutants; i++)
        mutant_run(run, run->first + i, &input);
    buffer_done(&input);
    watch_leaks();
    const struct watch_figures *figures = watch_figures();
    printf("%zu files (%" PRIu64 " understood), %" PRIu64 " mutants (%" PRIu64
           " understood), slowest %.1f ms, peak %.1f MiB\n",
           run->corpus->count, run->files_understood, run->mutants, run->mutants_understood,
           (double)figures->slowest_ns / 1e6, (double)figures->peak_bytes / (1 << 20));
    if (run->files_understood >= 2)
        return 0;
    fprintf(stderr, "%s: at least two files of a corpus must be understood\n", run->program);
    return 1;
}

static const char *const usage =
    "usage: %s [--mutants N] [--seed S] [--first NUMBER] [--keep DIRECTORY] CORPUS...\n";

int main(int argument_count, char **arguments) {
    static struct corpus corpus;
    const char *slash = strrchr(arguments[0], '/');
    struct run run = {.program = slash ? slash + 1 : arguments[0],
                      .keep = ".",
                      .corpus = &corpus,
                      .seed = 1,
                      .mutants = MUTANTS_DEFAULT};
    int i = 1;
    for (; i + 1 < argument_count && strncmp(arguments[i], "--", 2) == 0; i += 2) {
        const char *word = arguments[i] + 2, *value = arguments[i + 1];
        if (strcmp(word, "mutants") == 0)
            run.mutants = strtoull(value, NULL, 10);
        else if (strcmp(word, "seed") == 0)
            run.seed = strtoull(value, NULL, 10);
        else if (strcmp(word, "first") == 0)
            run.first = strtoull(value, NULL, 10);
        else if (strcmp(word, "keep") == 0)
            run.keep = value;
        else
            break;
    }
    for (; i < argument_count; i++)
        if (!corpus_add(&corpus, arguments[i])) {
            fprintf(stderr, "%s: cannot be read\n", arguments[i]);
            return 2;
        }
    if (corpus.count == 0) {
        fprintf(stderr, usage, run.program);
        return 2;
    }
    qsort(corpus.files, corpus.count, sizeof *corpus.files, file_compare);
    watch_start(run.keep);
    int status = run_all(&run);
    corpus_done(&corpus);
    return status;
}
