// Our JSON reader gives what simdjson gives
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/unpack.h"
#include "json_oracle.h"
#include "model/decoder.h"
#include "model/value_json.h"

#include <dirent.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// usage: test_json_oracle [--whole] [FILE...]
// Every leaf of every line, as path and value: hand-made lines, the samples (their first MiBs,
// or whole) and any JSON-lines files or archives given.
enum {
    SAMPLE_BYTES = 4 << 20,
    WHOLE_BYTES = 512 << 20,
};

extern const struct decoder decoder_json_lines;

struct comparison {
    struct buffer ours;
    struct buffer theirs;
    struct buffer text;
    uint64_t lines;
    uint64_t leaves;
};

static void leaf_append(struct buffer *buffer, struct slice path, char kind, struct slice value) {
    buffer_append_format(buffer, "%zu:", path.size);
    buffer_append_slice(buffer, path);
    buffer_append_format(buffer, " %c%zu:", kind, value.size);
    buffer_append_slice(buffer, value);
    buffer_append_byte(buffer, '\n');
}

static char kind_letter(const struct value *value) {
    switch (value->kind) {
    case VALUE_JSON_STRING:
        return 's';
    case VALUE_JSON_NUMBER:
        return 'n';
    case VALUE_JSON_BOOL:
        return 'b';
    case VALUE_NULL:
        return '0';
    default:
        return 'r';
    }
}

static void their_leaf(void *context, const struct oracle_leaf *leaf) {
    struct comparison *comparison = context;
    leaf_append(&comparison->theirs, slice_of(leaf->path, leaf->path_size), leaf->kind,
                slice_of(leaf->value, leaf->value_size));
}

static void our_leaves(struct comparison *comparison, const struct event *event) {
    buffer_reset(&comparison->ours);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct value *value = event_value(event, i);
        struct slice text = {value->data, value->size};
        if (value->kind == VALUE_JSON_STRING) {
            buffer_reset(&comparison->text);
            value_json_append_text(value, &comparison->text);
            text = buffer_slice(&comparison->text);
        }
        leaf_append(&comparison->ours, event->shape->fields[i].path, kind_letter(value), text);
    }
    comparison->leaves += event->shape->field_count;
    comparison->lines++;
}

static void our_event(void *context, struct event *event) {
    struct comparison *comparison = context;
    struct slice line = event->raw;
    our_leaves(comparison, event);
    buffer_reset(&comparison->theirs);
    // We are more patient than simdjson with what stands inside strings, never with structure;
    // nothing that is compared here needs that.
    if (!oracle_read_line((const char *)line.data, line.size, their_leaf, comparison))
        fail_msg("simdjson refuses: %.*s", (int)line.size, (const char *)line.data);
    if (!slice_equal(buffer_slice(&comparison->ours), buffer_slice(&comparison->theirs)))
        fail_msg("%.*s\nours:\n%.*s\nsimdjson:\n%.*s", (int)line.size, (const char *)line.data,
                 (int)comparison->ours.size, (const char *)comparison->ours.data,
                 (int)comparison->theirs.size, (const char *)comparison->theirs.data);
}

static void our_gap(void *context, const struct gap *gap) {
    (void)context;
    fail_msg("a gap at %" PRIu64 ": %s", gap->offset, gap->reason);
}

static void compare_bytes(struct comparison *comparison, struct slice bytes) {
    void *state = decoder_json_lines.new_state(&(struct decode_options){0});
    struct event_sink sink = {comparison, our_event, our_gap};
    struct unit unit = {.fd = -1, .bytes = bytes, .first_line = 1};
    struct problem problem;
    uint64_t lines = comparison->lines;
    for (size_t i = 0; i < bytes.size; i++)
        lines += bytes.data[i] == '{' && (i == 0 || bytes.data[i - 1] == '\n');
    assert_int_equal(decoder_json_lines.decode(state, &unit, &sink, &problem), STATUS_OK);
    assert_int_equal(comparison->lines, lines);
    decoder_json_lines.free_state(state);
}

static void comparison_init(struct comparison *comparison) {
    *comparison = (struct comparison){0};
    buffer_init(&comparison->ours, WHOLE_BYTES);
    buffer_init(&comparison->theirs, WHOLE_BYTES);
    buffer_init(&comparison->text, WHOLE_BYTES);
}

static void comparison_done(struct comparison *comparison) {
    buffer_done(&comparison->ours);
    buffer_done(&comparison->theirs);
    buffer_done(&comparison->text);
}

// The first `bytes_max` bytes of an entry, cut at a line end.
static void compare_entry(struct comparison *comparison, struct unpacker *unpacker,
                          size_t bytes_max) {
    struct buffer bytes;
    buffer_init(&bytes, bytes_max + (1 << 20));
    size_t got = 1;
    while (got && bytes.size < bytes_max) {
        uint8_t *to = buffer_reserve(&bytes, 1 << 16);
        assert_non_null(to);
        assert_int_equal(unpacker_read(unpacker, to, 1 << 16, &got, NULL), STATUS_OK);
        bytes.size += got;
    }
    size_t size = bytes.size;
    while (got && size && bytes.data[size - 1] != '\n')
        size--;
    compare_bytes(comparison, slice_of(bytes.data, size));
    buffer_done(&bytes);
}

static void compare_archive(struct comparison *comparison, const char *path, size_t bytes_max) {
    struct unpacker *unpacker;
    assert_int_equal(unpacker_new_path(path, NULL, &unpacker, NULL), STATUS_OK);
    struct unpack_entry entry;
    bool more = false;
    while (unpacker_next(unpacker, &entry, &more, NULL) == STATUS_OK && more)
        compare_entry(comparison, unpacker, bytes_max);
    unpacker_free(unpacker);
}

static void compare_file(struct comparison *comparison, const char *path) {
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    struct buffer bytes;
    buffer_init(&bytes, WHOLE_BYTES);
    size_t got;
    do {
        uint8_t *to = buffer_reserve(&bytes, 1 << 20);
        assert_non_null(to);
        got = fread(to, 1, 1 << 20, file);
        bytes.size += got;
    } while (got);
    fclose(file);
    compare_bytes(comparison, buffer_slice(&bytes));
    buffer_done(&bytes);
}

static void comparison_say(const struct comparison *comparison, const char *what) {
    print_message("%s: %" PRIu64 " lines, %" PRIu64 " leaves equal\n", what, comparison->lines,
                  comparison->leaves);
}

static void test_made_lines(void **state) {
    (void)state;
    static const char *const lines[] = {
        "{}",
        "{\"a\":{}}",
        "{ \"a\" : 1 , \"b\" : [ 1 , { \"c\" : \"]\" } ] , \"d\" : { \"e\" : null } }",
        "{\"a\":\"\\\\\",\"b\":\"\\\"\",\"c\":\"\\\\\\\"\",\"d\":\"\"}",
        "{\"a\\\"b\":1,\"c\\u0041\":2,\"\":3,\"x\":{\"\":4}}",
        "{\"a\":\"\\ud83d\\ude00\\u00e9\\u20ac\\b\\f\\n\\r\\t\\/\"}",
        "{\"a\":18446744073709551615,\"b\":-9223372036854775808,\"c\":1.5e-3,\"d\":0}",
        "{\"a\":true,\"b\":false,\"a\":true,\"a\":{\"b\":1}}",
        "{\"abcdefghijklmnop\":1,\"abcdefghijklmnopq\":2,\"abcdefghijklmnopqrstuvwxyz01234\":3,"
        "\"abcdefghijklmnopqrstuvwxyz012345\":4,\"abcdefghijklmnopqrstuvwxyz0123456\":5}",
        "{\"a\":[],\"b\":[[]],\"c\":[{}],\"d\":{\"e\":{\"f\":{\"g\":\"{[:,]}\"}}}}",
    };
    struct comparison comparison;
    comparison_init(&comparison);
    struct buffer text;
    buffer_init(&text, 1 << 20);
    // At each place in a block of 64 bytes; twice, as known shapes are read another way.
    for (size_t i = 0; i < 2 * ARRAY_SIZE(lines); i++) {
        for (unsigned blanks = 0; blanks < 66; blanks++) {
            buffer_append_byte(&text, '{');
            for (unsigned n = 0; n < blanks; n++)
                buffer_append_byte(&text, ' ');
            buffer_append_text(&text, lines[i / 2] + 1);
            buffer_append_byte(&text, '\n');
        }
    }
    compare_bytes(&comparison, buffer_slice(&text));
    comparison_say(&comparison, "made lines");
    buffer_done(&text);
    comparison_done(&comparison);
}

struct wanted {
    char **files;
    int file_count;
    size_t bytes_max;
};

static void test_samples(void **state) {
    const struct wanted *wanted = *state;
    char directory[4096];
    const char *shared = getenv("VEDETTE_SHARED");
    snprintf(directory, sizeof directory, "%s/samples/json", shared ? shared : "../shared");
    DIR *entries = opendir(directory);
    if (!entries) {
        print_message("no real samples here (VEDETTE_SHARED, else ../shared)\n");
        skip();
    }
    struct comparison comparison;
    comparison_init(&comparison);
    for (struct dirent *entry; (entry = readdir(entries));) {
        if (!slice_ends(slice_of_string(entry->d_name), SLICE(".zip")))
            continue;
        char path[8192];
        snprintf(path, sizeof path, "%s/%s", directory, entry->d_name);
        compare_archive(&comparison, path, wanted->bytes_max);
    }
    closedir(entries);
    comparison_say(&comparison, "samples");
    comparison_done(&comparison);
}

static void test_files(void **state) {
    const struct wanted *wanted = *state;
    if (!wanted->file_count)
        skip();
    struct comparison comparison;
    comparison_init(&comparison);
    for (int i = 0; i < wanted->file_count; i++)
        compare_file(&comparison, wanted->files[i]);
    comparison_say(&comparison, "files");
    comparison_done(&comparison);
}

int main(int count, char **words) {
    bool whole = count > 1 && strcmp(words[1], "--whole") == 0;
    struct wanted wanted = {.files = words + 1 + whole,
                            .file_count = count - 1 - whole,
                            .bytes_max = whole ? WHOLE_BYTES : SAMPLE_BYTES};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_made_lines),
        cmocka_unit_test_prestate(test_samples, &wanted),
        cmocka_unit_test_prestate(test_files, &wanted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
