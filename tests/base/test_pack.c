// A written .zip is read again
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "base/pack.h"
#include "base/unpack.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SIZE_MAX_BYTES = 3000000,
    PIECE = 70001
};

// 2026-05-10T16:00:00Z
#define WHEN (1778428800ll * 1000000000ll)

// `noise`: bytes that do not compress.
static void fill(uint8_t *bytes, size_t size, bool noise) {
    uint32_t state = 7;
    for (size_t i = 0; i < size; i++) {
        state = state * 1664525u + 1013904223u;
        bytes[i] = noise ? (uint8_t)(state >> 24) : (uint8_t)("evidence, "[i % 10]);
    }
}

static void read_back(struct unpacker *unpacker, const uint8_t *bytes, size_t size) {
    uint8_t *got = memory_new(size + 1, 1);
    size_t at = 0, part = 1;
    while (part) {
        assert_int_equal(unpacker_read(unpacker, got + at, size + 1 - at, &part, NULL), STATUS_OK);
        at += part;
    }
    assert_int_equal(at, size);
    assert_memory_equal(got, bytes, size);
    memory_free(got);
}

static const struct {
    const char *name;
    size_t size;
    bool noise;
} entries[] = {
    {"C/empty", 0, false},
    {"C/a%4b.evtx", 1, false},
    {"uploads/auto/C%3A/t\xC3\xBCr", SIZE_MAX_BYTES, false},
    {"d/noise", SIZE_MAX_BYTES, true},
};

static void write_archive(const char *path, uint8_t *bytes) {
    struct packer *packer = NULL;
    assert_int_equal(packer_new(path, WHEN, &packer, NULL), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        fill(bytes, entries[i].size, entries[i].noise);
        assert_int_equal(packer_begin(packer, slice_of_string(entries[i].name), NULL), STATUS_OK);
        for (size_t at = 0; at < entries[i].size; at += PIECE)
            assert_int_equal(
                packer_add(packer, slice_part(slice_of(bytes, entries[i].size), at, PIECE), NULL),
                STATUS_OK);
        assert_int_equal(packer_end(packer, NULL), STATUS_OK);
    }
    assert_int_equal(packer_close(packer, NULL), STATUS_OK);
    packer_free(packer);
}

static void test_roundtrip(void **state) {
    char directory[] = "/tmp/vedette-pack-XXXXXX", path[64];
    uint8_t *bytes = memory_new(SIZE_MAX_BYTES, 1);
    struct unpacker *unpacker = NULL;
    struct unpack_entry entry;
    bool more = false;
    (void)state;
    assert_non_null(mkdtemp(directory));
    snprintf(path, sizeof path, "%s/a.zip", directory);
    write_archive(path, bytes);
    assert_int_equal(unpacker_new_path(path, NULL, &unpacker, NULL), STATUS_OK);
    for (size_t i = 0; i < ARRAY_SIZE(entries); i++) {
        assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
        assert_true(more && slice_equal_string(entry.name, entries[i].name));
        assert_int_equal(entry.size, entries[i].size);
        fill(bytes, entries[i].size, entries[i].noise);
        read_back(unpacker, bytes, entries[i].size);
    }
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
    assert_false(more);
    unpacker_free(unpacker);
    memory_free(bytes);
    struct packer *packer = NULL;
    assert_int_equal(packer_new(path, WHEN, &packer, NULL),
                     STATUS_SYSTEM); // nothing is overwritten
    unlink(path);
    rmdir(directory);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_roundtrip)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
