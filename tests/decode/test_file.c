// Files as one event each
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "decode/decode.h"
#include "decode/file_type.h"
#include "decode/script_metrics.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

extern const struct decoder decoder_file;

struct seen {
    struct buffer text;
    unsigned events, gaps;
    uint64_t raw_size;
};

static void seen_event(void *context, struct event *event) {
    struct seen *seen = context;
    seen->events++;
    seen->raw_size = event->raw.size;
    assert_non_null(event->raw_sha256);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        if (value->kind == VALUE_ABSENT)
            continue;
        buffer_append_slice(&seen->text, event->shape->fields[i].name);
        buffer_append_byte(&seen->text, '=');
        value_append_text(value, &seen->text);
        buffer_append_byte(&seen->text, '\n');
    }
}

static void seen_gap(void *context, const struct gap *gap) {
    assert_true(gap->bytes > 0);
    ((struct seen *)context)->gaps++;
}

static struct seen read_unit(const struct unit *unit) {
    struct seen seen = {0};
    buffer_init(&seen.text, 1 << 20);
    struct event_sink sink = {&seen, seen_event, seen_gap};
    struct problem problem;
    void *state = decoder_file.new_state(&(struct decode_options){0});
    assert_int_equal(decoder_file.decode(state, unit, &sink, &problem), STATUS_OK);
    decoder_file.free_state(state);
    buffer_append_byte(&seen.text, 0);
    return seen;
}

static bool seen_has(const struct seen *seen, const char *line) {
    return strstr((const char *)seen->text.data, line) != NULL;
}

// FIPS 180-4 and RFC 1321 say what "abc" gives.
static void digests_of_a_text(void **state) {
    (void)state;
    struct unit unit = {
        .fd = -1, .bytes = SLICE("abc"), .size = 3, .path = SLICE("HOST/C/xy/a.txt")};
    struct seen seen = read_unit(&unit);
    assert_int_equal(seen.events, 1);
    assert_true(seen_has(&seen, "TargetFilename=C:\\xy\\a.txt\nSize=3\nFileType=text\n"));
    assert_true(seen_has(
        &seen, "sha256=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\n"));
    assert_true(seen_has(&seen, "sha1=a9993e364706816aba3e25717850c26c9cd0d89d\n"));
    assert_true(seen_has(&seen, "md5=900150983cd24fb0d6963f7d28e17f72\n"));
    assert_false(seen_has(&seen, "Entropy"));
    assert_int_equal(seen.raw_size, 3);
    buffer_done(&seen.text);
}

static void a_file_that_shrank(void **state) {
    (void)state;
    char path[] = "/tmp/test-file-XXXXXX";
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    unlink(path);
    assert_int_equal(write(fd, "MZ12345", 7), 7);
    struct unit unit = {.fd = fd, .size = 100, .path = SLICE("a.exe")};
    struct seen seen = read_unit(&unit);
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.gaps, 1);
    assert_true(seen_has(&seen, "Size=7\nFileType=DOS program\n"));
    buffer_done(&seen.text);
    close(fd);
}

static void original_paths(void **state) {
    (void)state;
    static const char *const rows[][2] = {
        {"/cases/H/C/Windows/a.exe", "C:\\Windows\\a.exe"},
        {"x.zip!uploads/ntfs/%5C%5C.%5CC%3A/a.exe", "x.zip!uploads/ntfs/%5C%5C.%5CC%3A/a.exe"},
        {"x.zip!uploads/auto/C%3A/Users/a.exe", "C:\\Users\\a.exe"},
        {"d/E/in.zip!b/a.exe", "E:\\in.zip!b\\a.exe"},
        {"/cases/B/HOST/C/Windows/A/a.exe", "C:\\Windows\\A\\a.exe"},
        {"/cases/HOST/D/x/B/a.exe", "D:\\x\\B\\a.exe"},
        {"c", "c"},
        {"var/www/a.php", "var/www/a.php"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        struct buffer text;
        buffer_init(&text, 4096);
        file_path_append_original(slice_of_string(rows[i][0]), &text);
        assert_true(slice_equal_string(buffer_slice(&text), rows[i][1]));
        buffer_done(&text);
    }
}

static void measures_in_pieces(void **state) {
    (void)state;
    struct script_meter meter;
    struct script_metrics whole, pieces;
    struct slice text = SLICE("aab bbbbb\tcc d\n");
    script_meter_init(&meter);
    script_meter_begin(&meter);
    script_meter_add(&meter, text);
    script_meter_end(&meter, &whole);
    script_meter_begin(&meter);
    for (size_t i = 0; i < text.size; i += 3)
        script_meter_add(&meter, slice_part(text, i, 3));
    script_meter_end(&meter, &pieces);
    script_meter_done(&meter);
    assert_int_equal(whole.token_bytes, 5);
    assert_int_equal(pieces.token_bytes, 5);
    assert_true(fabs(whole.entropy - pieces.entropy) < 1e-12);
    // 6 b, 2 a, 2 c, 2 blanks, 1 tab, 1 d, 1 line end: (30 + 2 + 2 + 2) / (15 * 14)
    assert_true(fabs(whole.coincidence - 36.0 / 210) < 1e-12);
}

static void only_pages_are_taken_unasked(void **state) {
    (void)state;
    assert_int_equal(decoder_file.recognise(SLICE("x"), SLICE("a/b.aspx")), 1);
    assert_int_equal(decoder_file.recognise(SLICE("x"), SLICE("a/b.JSP")), 1);
    assert_int_equal(decoder_file.recognise(SLICE("MZ"), SLICE("a/b.exe")), 0);
    assert_int_equal(decoder_file.recognise(SLICE("x"), SLICE("a.aspx/b")), 0);
    assert_int_equal(decoder_file.recognise(SLICE(""), SLICE("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(digests_of_a_text),
        cmocka_unit_test(a_file_that_shrank),
        cmocka_unit_test(original_paths),
        cmocka_unit_test(measures_in_pieces),
        cmocka_unit_test(only_pages_are_taken_unasked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
