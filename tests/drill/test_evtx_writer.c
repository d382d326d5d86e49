// The EVTX writer: structure, limits, determinism
// SPDX-License-Identifier: Apache-2.0
#include "evtx_samples.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_HEADER = 4096,
    CHUNK = 65536
};

struct file {
    char path[64];
    uint8_t *bytes;
    size_t size;
};

static void file_write(struct file *file, size_t records) {
    snprintf(file->path, sizeof file->path, "/tmp/vedette-evtx-XXXXXX");
    int fd = mkstemp(file->path);
    assert_true(fd >= 0);
    close(fd);
    evtx_samples_write(file->path, "samples.evtx", records, NULL);
    FILE *stream = fopen(file->path, "rb");
    assert_non_null(stream);
    fseek(stream, 0, SEEK_END);
    file->size = (size_t)ftell(stream);
    rewind(stream);
    file->bytes = memory_new(file->size, 1);
    assert_int_equal(fread(file->bytes, 1, file->size, stream), file->size);
    fclose(stream);
}

static void file_done(struct file *file) {
    unlink(file->path);
    memory_free(file->bytes);
}

static void test_file_header(void **state) {
    (void)state;
    struct file file;
    file_write(&file, 500);
    assert_int_equal((file.size - FILE_HEADER) % CHUNK, 0);
    size_t chunks = (file.size - FILE_HEADER) / CHUNK;
    assert_true(chunks > 3);
    assert_memory_equal(file.bytes, "ElfFile", 8);
    assert_int_equal(bytes_get_u64(file.bytes + 16), chunks - 1);
    assert_int_equal(bytes_get_u64(file.bytes + 24), 501);
    assert_int_equal(bytes_get_u16(file.bytes + 42), chunks);
    assert_int_equal(bytes_get_u32(file.bytes + 120), 0); // neither dirty nor full
    assert_int_equal(bytes_get_u32(file.bytes + 124), digest_crc32(0, slice_of(file.bytes, 120)));
    file_done(&file);
}

// Records follow one another without a gap, numbered through, sizes repeated at their end.
static uint64_t check_records(const uint8_t *chunk, uint64_t number) {
    uint32_t free_offset = bytes_get_u32(chunk + 48);
    uint32_t at = 512, last = 0;
    assert_int_equal(bytes_get_u64(chunk + 8), number);
    while (at < free_offset) {
        uint32_t size = bytes_get_u32(chunk + at + 4);
        assert_int_equal(bytes_get_u32(chunk + at), 0x2A2A);
        assert_int_equal(size % 8, 0);
        assert_true(size <= free_offset - at);
        assert_int_equal(bytes_get_u32(chunk + at + size - 4), size);
        assert_int_equal(bytes_get_u64(chunk + at + 8), number++);
        last = at;
        at += size;
    }
    assert_int_equal(at, free_offset);
    assert_int_equal(bytes_get_u32(chunk + 44), last);
    assert_int_equal(bytes_get_u64(chunk + 16), number - 1);
    return number;
}

static void test_chunks(void **state) {
    (void)state;
    struct file file;
    file_write(&file, 500);
    uint64_t number = 1;
    for (size_t at = FILE_HEADER; at < file.size; at += CHUNK) {
        const uint8_t *chunk = file.bytes + at;
        assert_memory_equal(chunk, "ElfChnk", 8);
        number = check_records(chunk, number);
        uint32_t free_offset = bytes_get_u32(chunk + 48);
        assert_int_equal(bytes_get_u32(chunk + 52),
                         digest_crc32(0, slice_of(chunk + 512, free_offset - 512)));
        uint32_t crc = digest_crc32(0, slice_of(chunk, 120));
        assert_int_equal(bytes_get_u32(chunk + 124), digest_crc32(crc, slice_of(chunk + 128, 384)));
        if (at + CHUNK < file.size)
            assert_true(free_offset > CHUNK - 6000); // dense: only what did not fit is unused
    }
    assert_int_equal(number, 501);
    file_done(&file);
}

// Every name and definition is reached through its table, in the bucket of its hash.
static void test_tables(void **state) {
    (void)state;
    struct file file;
    file_write(&file, 100);
    const uint8_t *chunk = file.bytes + FILE_HEADER;
    size_t names = 0, templates = 0;
    for (size_t bucket = 0; bucket < 64; bucket++) {
        uint32_t at = bytes_get_u32(chunk + 128 + 4 * bucket), before = CHUNK;
        for (; at; at = bytes_get_u32(chunk + at), names++) {
            assert_true(at < before); // newest first, so no circles
            assert_int_equal(bytes_get_u16(chunk + at + 4) % 64, bucket);
            before = at;
        }
    }
    for (size_t bucket = 0; bucket < 32; bucket++)
        for (uint32_t at = bytes_get_u32(chunk + 384 + 4 * bucket); at;
             at = bytes_get_u32(chunk + at))
            templates++;
    assert_int_equal(templates, 2 * 4 + 5); // 2 hosts x 4 provider-channel pairs, 5 event types
    assert_true(names > 25);
    // The hash Windows gives: "Event" is the first name of every log.
    assert_memory_equal(chunk + 512 + 24 + 4 + 10 + 24 + 4 + 11 + 4, "\xBA\x0C\x05\x00", 4);
    file_done(&file);
}

static void test_same_bytes(void **state) {
    (void)state;
    struct file first, second;
    file_write(&first, 300);
    file_write(&second, 300);
    assert_int_equal(first.size, second.size);
    assert_memory_equal(first.bytes, second.bytes, first.size);
    file_done(&first);
    file_done(&second);
}

static void test_record_too_large(void **state) {
    (void)state;
    static const struct evtx_field fields[] = {{"Text", EVTX_TEXT}};
    static const struct evtx_event_type type = {
        .provider = "Test", .channel = "Application", .fields = fields, .field_count = 1};
    struct evtx_catalogue *catalogue = evtx_catalogue_new(&type, 1);
    struct evtx_host *host = evtx_host_new(catalogue, "host", 0);
    struct evtx_writer *writer;
    char path[] = "/tmp/vedette-evtx-XXXXXX";
    close(mkstemp(path));
    struct problem problem;
    assert_int_equal(evtx_writer_open(catalogue, path, 1, &writer, &problem), STATUS_OK);
    char *text = memory_new(40001, 1);
    memset(text, 'x', 40000);
    struct evtx_value value = evtx_text("small");
    struct evtx_record record = {.host = host, .values = &value};
    assert_int_equal(evtx_writer_append(writer, &record, &problem), STATUS_OK);
    value = evtx_text(text);
    assert_int_equal(evtx_writer_append(writer, &record, &problem), STATUS_LIMIT);
    value = evtx_text(text + 15000); // 50,000 bytes as UTF-16: fits
    assert_int_equal(evtx_writer_append(writer, &record, &problem), STATUS_OK);
    assert_int_equal(evtx_writer_records(writer), 2);
    assert_int_equal(evtx_writer_close(writer, &problem), STATUS_OK);
    memory_free(text);
    unlink(path);
    evtx_host_free(host);
    evtx_catalogue_free(catalogue);
}

static void test_identifiers(void **state) {
    (void)state;
    uint8_t guid[EVTX_GUID_SIZE], sid[EVTX_SID_SIZE_MAX];
    assert_true(evtx_guid_parse("{54849625-5478-4994-A5BA-3E3B0328C30D}", guid));
    assert_memory_equal(guid, "\x25\x96\x84\x54\x78\x54\x94\x49\xa5\xba\x3e\x3b\x03\x28\xc3\x0d",
                        16);
    assert_false(evtx_guid_parse("{54849625-5478", guid));
    assert_false(evtx_guid_parse("", guid));
    assert_int_equal(evtx_sid_parse("S-1-5-18", sid), 12);
    assert_memory_equal(sid, "\x01\x01\x00\x00\x00\x00\x00\x05\x12\x00\x00\x00", 12);
    assert_int_equal(evtx_sid_parse("S-1-5-21-1-2-3-1001", sid), 28);
    assert_int_equal(evtx_sid_parse("S-1-5-", sid), 0);
    assert_int_equal(evtx_sid_parse("S-2-5-18", sid), 0);
    assert_int_equal(evtx_sid_parse("everyone", sid), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_header),      cmocka_unit_test(test_chunks),
        cmocka_unit_test(test_tables),           cmocka_unit_test(test_same_bytes),
        cmocka_unit_test(test_record_too_large), cmocka_unit_test(test_identifiers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
