// Archives and compressed files
// SPDX-License-Identifier: Apache-2.0
#include "base/unpack.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const uint8_t zip_bytes[] = {
    0x50, 0x4b, 0x03, 0x04, 0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x2a, 0xb3,
    0x4a, 0xc7, 0x08, 0x00, 0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x61, 0x2e,
    0x74, 0x78, 0x74, 0x4b, 0xcb, 0x2c, 0x2a, 0x2e, 0xe1, 0x02, 0x00, 0x50, 0x4b, 0x03, 0x04, 0x14,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x58, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x64, 0x2f, 0x50, 0x4b, 0x03, 0x04, 0x14,
    0x00, 0x00, 0x08, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x7e, 0xc0, 0x0f, 0x06, 0x09, 0x00, 0x00,
    0x00, 0x07, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x64, 0x2f, 0xc3, 0xbc, 0x2e, 0x74, 0x78,
    0x74, 0x2b, 0x4e, 0x4d, 0xce, 0xcf, 0x4b, 0xe1, 0x02, 0x00, 0x50, 0x4b, 0x01, 0x02, 0x14, 0x03,
    0x14, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x2a, 0xb3, 0x4a, 0xc7, 0x08, 0x00,
    0x00, 0x00, 0x06, 0x00, 0x00, 0x00, 0x05, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0xa4, 0x81, 0x00, 0x00, 0x00, 0x00, 0x61, 0x2e, 0x74, 0x78, 0x74, 0x50, 0x4b, 0x01,
    0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x21, 0x58, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x10, 0x00, 0xed, 0x41, 0x2b, 0x00, 0x00, 0x00, 0x64, 0x2f, 0x50, 0x4b, 0x01,
    0x02, 0x14, 0x03, 0x14, 0x00, 0x00, 0x08, 0x08, 0x00, 0x00, 0x00, 0x21, 0x58, 0x7e, 0xc0, 0x0f,
    0x06, 0x09, 0x00, 0x00, 0x00, 0x07, 0x00, 0x00, 0x00, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x00, 0x00, 0x00, 0x00, 0x00, 0xa4, 0x81, 0x4b, 0x00, 0x00, 0x00, 0x64, 0x2f, 0xc3, 0xbc, 0x2e,
    0x74, 0x78, 0x74, 0x50, 0x4b, 0x05, 0x06, 0x00, 0x00, 0x00, 0x00, 0x03, 0x00, 0x03, 0x00, 0x99,
    0x00, 0x00, 0x00, 0x7a, 0x00, 0x00, 0x00, 0x00, 0x00,
};

static const uint8_t gzip_bytes[] = {
    0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x02, 0x03, 0x4b, 0xcc, 0xc9,
    0xcf, 0x4b, 0xe5, 0x02, 0x00, 0x93, 0x90, 0xfb, 0xf7, 0x06, 0x00, 0x00, 0x00,
};

static const uint8_t tar_xz[] = {
    0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00, 0x00, 0x04, 0xe6, 0xd6, 0xb4, 0x46, 0x02, 0x00, 0x21, 0x01,
    0x16, 0x00, 0x00, 0x00, 0x74, 0x2f, 0xe5, 0xa3, 0xe0, 0x27, 0xff, 0x00, 0x5d, 0x5d, 0x00, 0x3c,
    0x0b, 0xcb, 0x23, 0x0d, 0xe7, 0xeb, 0x71, 0x4e, 0x6e, 0x39, 0x76, 0x75, 0xcf, 0xd2, 0x4e, 0xb8,
    0x4c, 0x1f, 0x1f, 0x87, 0x6d, 0x6b, 0xb1, 0xaf, 0xad, 0x6a, 0x93, 0x86, 0xd3, 0x07, 0xdc, 0x50,
    0xa0, 0x25, 0xc6, 0x36, 0x0e, 0xa1, 0x36, 0xe8, 0xf9, 0xd1, 0x95, 0xa1, 0x38, 0x8e, 0x75, 0x89,
    0x5a, 0x5d, 0x1e, 0x99, 0x29, 0x32, 0x74, 0xcd, 0x17, 0xc4, 0x70, 0x79, 0x49, 0x2c, 0x89, 0x63,
    0x6d, 0x85, 0x08, 0x5c, 0xfa, 0x0f, 0xe2, 0xc1, 0x80, 0x15, 0xa9, 0xbb, 0x5b, 0xc5, 0x52, 0x22,
    0x69, 0x62, 0xae, 0x66, 0xf6, 0xb9, 0x68, 0xfc, 0x27, 0x88, 0xdc, 0x00, 0x00, 0x00, 0x00, 0x00,
    0x0f, 0x2a, 0x7d, 0x4b, 0x08, 0xb1, 0xb9, 0xdf, 0x00, 0x01, 0x79, 0x80, 0x50, 0x00, 0x00, 0x00,
    0xe4, 0x37, 0x93, 0x95, 0xb1, 0xc4, 0x67, 0xfb, 0x02, 0x00, 0x00, 0x00, 0x00, 0x04, 0x59, 0x5a,
};

static struct unpacker *open_bytes(const void *data, size_t size) {
    struct unpacker *unpacker = NULL;
    assert_int_equal(unpacker_new_bytes(slice_of(data, size), NULL, &unpacker, NULL), STATUS_OK);
    return unpacker;
}

static void expect_entry(struct unpacker *unpacker, const char *name, const char *text) {
    struct unpack_entry entry;
    bool more = false;
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
    assert_true(more);
    assert_true(slice_equal_string(entry.name, name));
    char bytes[64];
    size_t size = 0, part = 1;
    while (part) {
        assert_int_equal(unpacker_read(unpacker, bytes + size, sizeof bytes - size, &part, NULL),
                         STATUS_OK);
        size += part;
    }
    assert_int_equal(size, strlen(text));
    assert_memory_equal(bytes, text, size);
}

static void expect_end(struct unpacker *unpacker) {
    struct unpack_entry entry;
    bool more = true;
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
    assert_false(more);
    unpacker_free(unpacker);
}

static void zip_gives_its_files(void **state) {
    (void)state;
    struct unpacker *unpacker = open_bytes(zip_bytes, sizeof zip_bytes);
    expect_entry(unpacker, "a.txt", "first\n");
    expect_entry(unpacker, "d/\xc3\xbc.txt", "second\n"); // the directory is no entry
    expect_end(unpacker);
}

static void single_file_and_tar(void **state) {
    (void)state;
    struct unpacker *unpacker = open_bytes(gzip_bytes, sizeof gzip_bytes);
    expect_entry(unpacker, "data", "alone\n");
    expect_end(unpacker);
    unpacker = open_bytes(tar_xz, sizeof tar_xz);
    expect_entry(unpacker, "x/y.txt", "four");
    expect_end(unpacker);
}

static enum status pull(void *context, void *to, size_t size, size_t *ret_size,
                        struct problem *problem) {
    (void)problem;
    struct slice *rest = context;
    size_t part = rest->size < size ? rest->size : size;
    part = part > 7 ? 7 : part;
    if (part)
        memcpy(to, rest->data, part);
    *rest = slice_part(*rest, part, rest->size);
    *ret_size = part;
    return STATUS_OK;
}

static void a_stream_in_small_pieces(void **state) {
    (void)state;
    struct slice rest = slice_of(tar_xz, sizeof tar_xz);
    struct unpacker *unpacker = NULL;
    assert_int_equal(unpacker_new_stream(pull, &rest, NULL, &unpacker, NULL), STATUS_OK);
    expect_entry(unpacker, "x/y.txt", "four");
    expect_end(unpacker);
}

static void kinds_are_recognised(void **state) {
    (void)state;
    assert_true(unpack_recognise(slice_of(zip_bytes, sizeof zip_bytes)));
    assert_false(unpack_is_single(slice_of(zip_bytes, sizeof zip_bytes)));
    assert_true(unpack_is_single(slice_of(gzip_bytes, sizeof gzip_bytes)));
    assert_false(unpack_recognise(SLICE("title: a rule")));
    assert_false(unpack_recognise(SLICE("")));
}

static void damage_is_a_status(void **state) {
    (void)state;
    for (size_t size = 0; size < sizeof zip_bytes; size++) {
        struct unpacker *unpacker = NULL;
        if (unpacker_new_bytes(slice_of(zip_bytes, size), NULL, &unpacker, NULL))
            continue;
        struct unpack_entry entry;
        struct problem problem;
        bool more = true;
        while (more && unpacker_next(unpacker, &entry, &more, &problem) == STATUS_OK) {
            char bytes[16];
            size_t part = 1;
            while (part && !unpacker_read(unpacker, bytes, sizeof bytes, &part, &problem))
                ;
            if (part)
                break;
        }
        unpacker_free(unpacker);
    }
}

static void ceilings_hold(void **state) {
    (void)state;
    struct unpack_limits limits = {.bytes_max = 3};
    struct unpacker *unpacker = NULL;
    struct unpack_entry entry;
    bool more;
    char bytes[16];
    size_t size;
    struct slice zip = slice_of(zip_bytes, sizeof zip_bytes);
    assert_int_equal(unpacker_new_bytes(zip, &limits, &unpacker, NULL), STATUS_OK);
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
    assert_int_equal(unpacker_read(unpacker, bytes, sizeof bytes, &size, NULL), STATUS_LIMIT);
    unpacker_free(unpacker);
    limits = (struct unpack_limits){.entries_max = 1};
    assert_int_equal(unpacker_new_bytes(zip, &limits, &unpacker, NULL), STATUS_OK);
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_LIMIT);
    unpacker_free(unpacker);
}

// All that stands before the end comes out, and then it is said that something is missing.
static void gzip_that_is_cut_off(void **state) {
    (void)state;
    uint8_t twice[2 * sizeof gzip_bytes + 3];
    memcpy(twice, gzip_bytes, sizeof gzip_bytes);
    memcpy(twice + sizeof gzip_bytes, gzip_bytes, sizeof gzip_bytes);
    memcpy(twice + 2 * sizeof gzip_bytes, "\0\0\0", 3); // padding is none of it
    for (size_t size = 12; size <= sizeof twice; size++) {
        struct unpacker *unpacker = open_bytes(twice, size);
        struct unpack_entry entry;
        bool more = false;
        char text[64];
        size_t got = 0, part = 1;
        enum status status = unpacker_next(unpacker, &entry, &more, NULL);
        while (status == STATUS_OK && more && part) {
            status = unpacker_read(unpacker, text + got, sizeof text - got, &part, NULL);
            got += status == STATUS_OK ? part : 0;
        }
        // No more of another member than its mark is padding, too.
        size_t over = size - sizeof gzip_bytes;
        bool whole = (size >= sizeof gzip_bytes && over <= 2) || size >= 2 * sizeof gzip_bytes;
        assert_int_equal(status, whole ? STATUS_OK : STATUS_FORMAT);
        if (!whole)
            assert_string_equal(unpacker_reason(unpacker), "compressed data is cut off");
        assert_memory_equal(text, "alone\nalone\n", got);
        assert_true(got >= (size > sizeof gzip_bytes ? 6 : 0) && got <= 12);
        unpacker_free(unpacker);
    }
}

static void gzip_that_is_damaged(void **state) {
    (void)state;
    uint8_t bytes[sizeof gzip_bytes];
    char text[64];
    size_t got = 0;
    struct unpack_entry entry;
    bool more = false;
    memcpy(bytes, gzip_bytes, sizeof bytes);
    bytes[sizeof bytes - 6] ^= 1; // of its checksum
    struct unpacker *unpacker = open_bytes(bytes, sizeof bytes);
    assert_int_equal(unpacker_next(unpacker, &entry, &more, NULL), STATUS_OK);
    assert_int_equal(unpacker_read(unpacker, text, sizeof text, &got, NULL), STATUS_OK);
    assert_int_equal(got, 6);
    assert_int_equal(unpacker_read(unpacker, text, sizeof text, &got, NULL), STATUS_FORMAT);
    assert_string_equal(unpacker_reason(unpacker), "archive is damaged");
    unpacker_free(unpacker);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zip_gives_its_files),      cmocka_unit_test(single_file_and_tar),
        cmocka_unit_test(a_stream_in_small_pieces), cmocka_unit_test(kinds_are_recognised),
        cmocka_unit_test(gzip_that_is_cut_off),     cmocka_unit_test(gzip_that_is_damaged),
        cmocka_unit_test(damage_is_a_status),       cmocka_unit_test(ceilings_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
