// Files for the intake's tests
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_INTAKE_EVIDENCE_TREE_H
#define TESTS_INTAKE_EVIDENCE_TREE_H

#include "intake/intake.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

// A fresh directory, made the current one; removed whole by tree_done.
static char tree_path[64];

static inline int tree_init(void **state) {
    (void)state;
    snprintf(tree_path, sizeof tree_path, "/tmp/vedette-test-XXXXXX");
    return mkdtemp(tree_path) && chdir(tree_path) == 0 ? 0 : -1;
}

static inline int tree_remove(const char *path, const struct stat *information, int kind,
                              struct FTW *ftw) {
    (void)information;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static inline int tree_done(void **state) {
    (void)state;
    return chdir("/") == 0 ? nftw(tree_path, tree_remove, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

static inline void tree_write(const char *path, struct slice bytes) {
    char directory[256];
    for (size_t i = 1; path[i]; i++) {
        if (path[i] != '/')
            continue;
        snprintf(directory, sizeof directory, "%.*s", (int)i, path);
        mkdir(directory, 0755);
    }
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes.data, 1, bytes.size, file), bytes.size);
    fclose(file);
}

static inline void tree_write_text(const char *path, const char *text) {
    tree_write(path, slice_of_string(text));
}

// Two formats of the tests' own: "BLCK" and blocks of 16 bytes after 8, "#" and lines.
static int blocks_recognise(struct slice first, struct slice path) {
    (void)path;
    return slice_starts(first, SLICE("BLCK")) ? 100 : 0;
}

static int lines_recognise(struct slice first, struct slice path) {
    (void)path;
    return slice_starts(first, SLICE("#")) ? 50 : 0;
}

static const struct decoder tree_blocks = {.name = "blocks",
                                           .division = DIVISION_CHUNKS,
                                           .division_header = 8,
                                           .division_block = 65536,
                                           .recognise = blocks_recognise};
static const struct decoder tree_lines = {
    .name = "lines", .division = DIVISION_LINES, .recognise = lines_recognise};

static inline const struct decoder *tree_recognise(struct slice first, struct slice path) {
    assert_true(first.size <= 65536);
    if (blocks_recognise(first, path))
        return &tree_blocks;
    return lines_recognise(first, path) ? &tree_lines : NULL;
}

// All that came of a run, as text: one line a source, one a gap, and the bytes of all units. The
// size of an archive depends on who packed it and is left out.
struct tree_run {
    char text[1 << 16];
    size_t size;
    uint64_t unit_count;
    uint64_t bytes[256]; // by source
    uint64_t gap_count;
    enum status status;
    struct problem problem;
    struct intake *intake;
};

static inline void tree_gap(void *context, const struct gap *gap) {
    struct tree_run *run = context;
    run->gap_count++;
    int size = snprintf(
        run->text + run->size, sizeof run->text - run->size, "gap %u at %llu of %llu: %s\n",
        gap->source, (unsigned long long)gap->offset, (unsigned long long)gap->bytes, gap->reason);
    run->size += size > 0 ? (size_t)size : 0;
    assert_true(run->size < sizeof run->text);
}

static inline void tree_check_unit(struct tree_run *run, const struct unit *unit) {
    static uint8_t bytes[3 << 20];
    assert_true(unit->source < intake_count(run->intake));
    const struct source *source = intake_source(run->intake, unit->source);
    assert_non_null(source->decoder);
    size_t size = unit->size < sizeof bytes ? (size_t)unit->size : sizeof bytes;
    assert_int_equal(unit_read(unit, unit->offset, size, bytes), size);
    if (unit->source < ARRAY_SIZE(run->bytes))
        run->bytes[unit->source] += unit->size;
    run->unit_count++;
}

static inline void tree_run_options(struct tree_run *run, const struct intake_options *options) {
    *run = (struct tree_run){0};
    run->status = intake_new(options, &run->intake, &run->problem);
    if (run->status != STATUS_OK)
        return;
    struct unit_buffer buffers[3];
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        unit_buffer_init(&buffers[i]);
    bool more = true;
    for (size_t i = 0; more && run->status == STATUS_OK; i++) {
        struct unit unit;
        run->status =
            intake_next(run->intake, &buffers[i % 3], &unit, &more, tree_gap, run, &run->problem);
        if (run->status == STATUS_OK && more)
            tree_check_unit(run, &unit);
    }
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        unit_buffer_done(&buffers[i]);
    for (uint32_t i = 0; i < intake_count(run->intake) && i < ARRAY_SIZE(run->bytes); i++) {
        const struct source *source = intake_source(run->intake, i);
        assert_int_equal(source->index, i);
        int size = snprintf(
            run->text + run->size, sizeof run->text - run->size, "%.*s|%lld|%.*s|%d|%s|%llu\n",
            (int)source->path.size, (const char *)source->path.data,
            source->kind == SOURCE_CONTAINER ? 0 : (long long)source->size, (int)source->host.size,
            source->host.size ? (const char *)source->host.data : "", source->kind,
            source->decoder ? source->decoder->name : "-", (unsigned long long)run->bytes[i]);
        run->size += size > 0 ? (size_t)size : 0;
        assert_true(run->size < sizeof run->text);
    }
    intake_free(run->intake);
    run->intake = NULL;
}

static inline void tree_run_paths(struct tree_run *run, const char *const *paths, size_t count) {
    struct intake_options options = {
        .paths = paths, .path_count = count, .recognise = tree_recognise};
    tree_run_options(run, &options);
}

#define TREE_RUN(run, ...)                                                                         \
    tree_run_paths(run, (const char *const[]){__VA_ARGS__},                                        \
                   sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *))

#endif
