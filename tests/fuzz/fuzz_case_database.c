// A case's database from hostile hands: refused, or harmless
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "store/store.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    EDIT_SIZE = 5, // offset of four bytes, the byte to write there
    DATABASE_BYTES_MAX = 4 << 20,
    SOURCES = 5,
    CITED_MAX = 8,
};

// The file is made once; each input is a row of edits to it.
static void path_make(char path[64]) {
    snprintf(path, 64, "/tmp/vedette-fuzz-%ld.db", (long)getpid());
}

static void files_remove(const char *path) {
    static const char *const ENDINGS[] = {"", "-wal", "-shm", "-journal"};
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++) {
        char file[96];
        snprintf(file, sizeof file, "%s%s", path, ENDINGS[i]);
        unlink(file);
    }
}

static void fill(struct store *store, struct problem *problem) {
    int64_t run, id = 0;
    store_begin(store, problem);
    store_add_run(store, "1", &run, problem);
    store_put_directory(store, SLICE("/evidence/"), problem);
    for (unsigned fact = 0; fact < STORE_FACT_COUNT; fact++)
        store_put_fact(store, (enum store_fact)fact, SLICE("1"), problem);
    for (uint32_t i = 0; i < SOURCES; i++) {
        struct store_source source = {.identity = SLICE("/evidence/a.evtx"),
                                      .sequence = i,
                                      .path = SLICE("a.evtx"),
                                      .size = 7,
                                      .format = SLICE("evtx"),
                                      .evidence = true};
        store_put_source(store, &source, &id, problem);
        store_put_reading(store, run, i, id, problem);
    }
    struct store_piece piece = {.run = run,
                                .top = id,
                                .units = SLICE("units"),
                                .counts = SLICE("counts"),
                                .findings = SLICE("findings"),
                                .relations = SLICE("relations"),
                                .notes = SLICE("notes"),
                                .gaps = SLICE("gaps")};
    struct rule rule = {.id = SLICE("id"), .name = SLICE("name"), .title = SLICE("title")};
    struct store_record record = {.tag = SLICE("E2K7AB"), .source = id};
    struct store_verdict verdict = {
        .tag = SLICE("E2K7AB"), .why = SLICE("why"), .who = SLICE("who"), .at = SLICE("at")};
    store_put_piece(store, &piece, problem);
    store_put_rule(store, 0, &rule, problem);
    store_put_findings(store, SLICE("rows"), problem);
    store_put_record(store, &record, problem);
    store_put_verdict(store, &verdict, problem);
    enum status status = store_commit(store, problem);
    assert(status == STATUS_OK);
}

static const struct buffer *database(const char *path) {
    static struct buffer bytes;
    struct store *store;
    struct problem problem;
    if (bytes.size)
        return &bytes;
    files_remove(path);
    enum status status = store_open(path, STORE_MAKE, &store, &problem);
    assert(status == STATUS_OK);
    fill(store, &problem);
    store_close(store);
    buffer_init(&bytes, DATABASE_BYTES_MAX);
    uint8_t *to = buffer_reserve(&bytes, DATABASE_BYTES_MAX / 2);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t got = read(fd, to, DATABASE_BYTES_MAX / 2);
    assert(got > 0 && got < DATABASE_BYTES_MAX / 2);
    bytes.size = (size_t)got;
    close(fd);
    return &bytes;
}

static void write_spoiled(const char *path, const uint8_t *data, size_t size) {
    const struct buffer *whole = database(path);
    struct buffer bytes;
    buffer_init(&bytes, DATABASE_BYTES_MAX);
    buffer_append_slice(&bytes, buffer_slice(whole));
    for (; size >= EDIT_SIZE; data += EDIT_SIZE, size -= EDIT_SIZE) {
        uint32_t offset;
        memcpy(&offset, data, sizeof offset);
        bytes.data[offset % bytes.size] = data[sizeof offset];
    }
    files_remove(path);
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ssize_t written = write(fd, bytes.data, bytes.size);
    assert(written == (ssize_t)bytes.size);
    close(fd);
    buffer_done(&bytes);
}

// Touches every byte that it is given.
static void look(uint64_t *sum, struct slice bytes) {
    for (size_t i = 0; i < bytes.size; i++)
        *sum += bytes.data[i];
}

static enum status take_piece(void *context, const struct store_piece *piece,
                              struct problem *problem) {
    (void)problem;
    look(context, piece->units);
    look(context, piece->findings);
    look(context, piece->relations);
    look(context, piece->gaps);
    return STATUS_OK;
}

static enum status take_rows(void *context, struct slice rows, struct problem *problem) {
    (void)problem;
    look(context, rows);
    return STATUS_OK;
}

static uint64_t read_rows(struct store *store, struct arena *arena, struct problem *problem) {
    struct store_source *sources = NULL;
    struct store_reading *readings = NULL;
    struct store_verdict *verdicts = NULL;
    struct rule *rules = NULL;
    struct slice *directories = NULL;
    struct store_cited cited[CITED_MAX];
    size_t count, cited_count = CITED_MAX;
    uint64_t sum = 0;
    if (store_sources(store, arena, &sources, &count, problem) == STATUS_OK)
        for (size_t i = 0; i < count; i++)
            look(&sum, sources[i].path);
    if (store_directories(store, arena, &directories, &count, problem) == STATUS_OK)
        for (size_t i = 0; i < count; i++)
            look(&sum, directories[i]);
    if (store_rules(store, arena, &rules, &count, problem) == STATUS_OK)
        for (size_t i = 0; i < count; i++)
            look(&sum, rules[i].title);
    if (store_verdicts(store, arena, &verdicts, &count, problem) == STATUS_OK)
        for (size_t i = 0; i < count; i++)
            look(&sum, verdicts[i].why);
    if (store_find_records(store, SLICE("E2K7"), arena, cited, &cited_count, problem) == STATUS_OK)
        for (size_t i = 0; i < cited_count; i++)
            look(&sum, cited[i].path);
    store_readings(store, &readings, &count, problem);
    memory_free(sources);
    memory_free(readings);
    memory_free(verdicts);
    memory_free(rules);
    memory_free(directories);
    return sum;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct problem problem = {0};
    struct arena arena;
    struct store *store;
    struct slice value;
    uint64_t sum = 0;
    char path[64];
    path_make(path);
    write_spoiled(path, data, size);
    if (store_open(path, STORE_WRITE, &store, &problem) == STATUS_OK) {
        struct store_piece_sink pieces = {&sum, take_piece};
        struct store_rows_sink rows = {&sum, take_rows};
        fuzz_understood();
        arena_init(&arena, (size_t)64 << 20);
        sum += read_rows(store, &arena, &problem);
        store_pieces(store, 0, &pieces, &problem);
        store_findings(store, &rows, &problem);
        for (unsigned fact = 0; fact < STORE_FACT_COUNT; fact++)
            store_fact(store, (enum store_fact)fact, &arena, &value, &problem);
        store_close(store);
        arena_done(&arena);
    } else {
        assert(problem.text[0]);
    }
    files_remove(path);
    return 0;
}
