// Strict JSON, and its canonical bytes
// SPDX-License-Identifier: Apache-2.0
#include "guard/canonical.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static enum status read_exact(struct canonical_document *document, struct slice text) {
    // Its own block: a read past the end is seen by the sanitizer.
    uint8_t *copy = memory_new(text.size ? text.size : 1, 1);
    memcpy(copy, text.data, text.size);
    struct problem problem = {0};
    enum status status = canonical_read(document, slice_of(copy, text.size), 0, &problem);
    memory_free(copy);
    assert_true(status == STATUS_OK || problem.text[0]);
    return status;
}

static void expect(const char *text, const char *canonical) {
    struct canonical_document document;
    canonical_init(&document);
    enum status status = read_exact(&document, slice_of_string(text));
    if (status != STATUS_OK)
        fail_msg("refused: %s", text);
    struct slice bytes = canonical_bytes(&document, canonical_root(&document));
    if (!slice_equal_string(bytes, canonical))
        fail_msg("%s: %.*s", text, (int)bytes.size, (const char *)bytes.data);
    // Only a text that was canonical already may stand for its canonical bytes.
    assert_int_equal(document.verbatim, strcmp(text, canonical) == 0);
    canonical_done(&document);
}

static void refuse(struct slice text) {
    struct canonical_document document;
    canonical_init(&document);
    if (read_exact(&document, text) == STATUS_OK)
        fail_msg("taken: %.*s", (int)text.size, (const char *)text.data);
    assert_null(document.texts);
    canonical_done(&document);
}

static void writes_canonical_bytes(void **state) {
    (void)state;
    expect("{}", "{}");
    expect(" [ ] ", "[]");
    expect("[1, -2 ,true,\tfalse\r\n,null,\"x\"]", "[1,-2,true,false,null,\"x\"]");
    expect("{\"b\": 1, \"a\": {\"d\":[{\"z\":1,\"y\":2}], \"c\": 3}}",
           "{\"a\":{\"c\":3,\"d\":[{\"y\":2,\"z\":1}]},\"b\":1}");
    expect("[9223372036854775807,-9223372036854775808,0]",
           "[9223372036854775807,-9223372036854775808,0]");
    // Only '"' and '\' are escaped: a line feed stays raw.
    expect("[\"a\\nb\\u0009\\/\\\"\\\\\\u00e9\\ud83d\\ude00\"]",
           "[\"a\nb\t/\\\"\\\\\xc3\xa9\xf0\x9f\x98\x80\"]");
    expect("[\"0123456789abcdef0123456789abcde\\\"\"]",
           "[\"0123456789abcdef0123456789abcde\\\"\"]");
}

static void sorts_by_decoded_keys(void **state) {
    (void)state;
    // '!' < '"' < '#': escaped, '"' would come behind all of them.
    expect("{\"#\":1,\"\\\"\":2,\"!\":3}", "{\"!\":3,\"\\\"\":2,\"#\":1}");
    expect("{\"\\u0062\":1,\"a\":2}", "{\"a\":2,\"b\":1}");
    // By code point, not by UTF-16 unit: U+FF5E before U+1F600.
    expect("{\"\xf0\x9f\x98\x80\":1,\"\xef\xbd\x9e\":2}",
           "{\"\xef\xbd\x9e\":2,\"\xf0\x9f\x98\x80\":1}");
    expect("{\"aa\":1,\"a\":2,\"\":3}", "{\"\":3,\"a\":2,\"aa\":1}");
}

// Attack matrix, row 15.
static void refuses_what_has_two_meanings(void **state) {
    (void)state;
    static const char *const texts[] = {
        "{\"a\":1,\"a\":1}",
        "{\"b\":1,\"a\":2,\"b\":3}",
        "{\"x\":{\"a\":1,\"\\u0061\":2}}",
        "[1.0]",
        "[1e3]",
        "[1E3]",
        "[-0]",
        "[01]",
        "[-01]",
        "[+1]",
        "[.5]",
        "[9223372036854775808]",
        "[-9223372036854775809]",
        "[18446744073709551616]",
        "[\"\\u0000\"]",
        "[\"\\ud800\"]",
        "[\"\\udc00\"]",
        "[\"\\ud800\\u0041\"]",
        "[\"\\ud800\\ud800\"]",
        "[\"\xff\"]",
        "[\"\xc0\x80\"]",
        "[\"\xed\xa0\x80\"]",
        "[\"\xf4\x90\x80\x80\"]",
        "[\"\xe2\x82\"]",
        "[\"\t\"]",
        "[\"a\nb\"]",
        "[\"\\x41\"]",
        "[\"\\u12g4\"]",
        "['a']",
        "[NaN]",
        "[Infinity]",
        "[1,]",
        "[,1]",
        "{\"a\":1,}",
        "{\"a\"}",
        "{a:1}",
        "{\"a\" 1}",
        "{1:2}",
        "[1 2]",
        "[1]]",
        "[1",
        "{\"a\":",
        "{\"a",
        "",
        " ",
        "tru",
        "nulll",
        "[]//",
        "[] x",
        "\xef\xbb\xbf[]",
        "-",
        "[\"\\",
        "[\"\\u",
    };
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        refuse(slice_of_string(texts[i]));
    refuse(SLICE("[\"a\0b\"]"));
    refuse(SLICE("[]\0"));
    refuse(SLICE("[\"\\\0\"]"));
}

static void refuses_depth_and_size(void **state) {
    (void)state;
    char text[2 * (CANONICAL_DEPTH_MAX + 1)];
    memset(text, '[', CANONICAL_DEPTH_MAX + 1);
    memset(text + CANONICAL_DEPTH_MAX + 1, ']', CANONICAL_DEPTH_MAX + 1);
    refuse(slice_of(text, sizeof text));
    struct canonical_document document;
    canonical_init(&document);
    assert_int_equal(read_exact(&document, slice_of(text + 1, sizeof text - 2)), STATUS_OK);
    struct problem problem;
    assert_int_equal(canonical_read(&document, SLICE("[1,2]"), 4, &problem), STATUS_LIMIT);
    assert_int_equal(canonical_read(&document, SLICE("[1,2]"), 5, &problem), STATUS_OK);
    canonical_done(&document);
}

static void walks_values(void **state) {
    (void)state;
    struct canonical_document document;
    canonical_init(&document);
    assert_int_equal(read_exact(&document, SLICE("{\"z\":[1,{\"q\":\"a\\\"b\"},true],"
                                                 "\"k\\\\\":-5,\"a\":\"\"}")),
                     STATUS_OK);
    const struct canonical_value *root = canonical_root(&document);
    assert_int_equal(root->count, 3);
    const struct canonical_value *array = canonical_find(&document, root, "z");
    assert_int_equal(array->count, 3);
    const struct canonical_value *one = canonical_first(&document, array);
    int64_t number = 0;
    assert_true(canonical_integer(&document, one, &number));
    assert_int_equal(number, 1);
    const struct canonical_value *object = canonical_next(&document, array, one);
    struct slice text = {0};
    assert_true(canonical_string(&document, canonical_find(&document, object, "q"), &text));
    assert_true(slice_equal(text, SLICE("a\"b")));
    assert_true(slice_equal(canonical_bytes(&document, object), SLICE("{\"q\":\"a\\\"b\"}")));
    bool value = false;
    assert_true(canonical_boolean(canonical_next(&document, array, object), &value));
    assert_true(value);
    assert_true(canonical_integer(&document, canonical_find(&document, root, "k\\"), &number));
    assert_int_equal(number, -5);
    assert_null(canonical_find(&document, root, "absent"));
    assert_null(canonical_find(&document, NULL, "absent"));
    assert_false(canonical_string(&document, NULL, &text));
    canonical_done(&document);
}

// Room is taken ahead for a long text; one of more values than were expected grows on.
static void reads_a_long_text(void **state) {
    (void)state;
    enum {
        COUNT = 200000
    };
    char *text = memory_new(2 * COUNT + 2, 1);
    for (size_t i = 0; i < COUNT; i++)
        memcpy(text + 2 * i, ",7", 2);
    text[0] = '[';
    text[2 * COUNT] = ']';
    struct canonical_document document;
    canonical_init(&document);
    for (int round = 0; round < 2; round++) {
        assert_int_equal(read_exact(&document, slice_of_string(text)), STATUS_OK);
        assert_true(document.verbatim);
        assert_int_equal(document.count, COUNT + 1);
        assert_int_equal(canonical_root(&document)->count, COUNT);
    }
    canonical_done(&document);
    memory_free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(writes_canonical_bytes),
        cmocka_unit_test(sorts_by_decoded_keys),
        cmocka_unit_test(refuses_what_has_two_meanings),
        cmocka_unit_test(refuses_depth_and_size),
        cmocka_unit_test(walks_values),
        cmocka_unit_test(reads_a_long_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
