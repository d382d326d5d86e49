// Tokens of JSON texts
// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

enum {
    TEXT_MAX = 400
};

// The same by one byte at a time.
static uint32_t tokens_slowly(const uint8_t *text, size_t size, uint32_t *at, bool *ret_closed) {
    bool in_string = false, escaped = false, scalar = false;
    uint32_t count = 0;
    for (size_t i = 0; i < size; i++) {
        uint8_t byte = text[i];
        bool quote = byte == '"' && !escaped;
        escaped = byte == '\\' && !escaped;
        if (in_string) {
            in_string = !quote;
            scalar = false;
            continue;
        }
        bool structure = strchr("{}[]:,", byte) && byte;
        bool blank = byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
        if (structure || (!blank && !scalar))
            at[count++] = (uint32_t)i;
        // A quote inside a scalar opens a string all the same, but is no token.
        scalar = !structure && !blank && !quote;
        in_string = quote;
    }
    *ret_closed = !in_string;
    return count;
}

static uint64_t random_next(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

static void test_kernels_agree(void **state) {
    (void)state;
    static const char letters[] = "{}[]:,\"\"\"\\\\\\ \t\r\na1-\x0c\x1a\x80\xff\xdb";
    struct json_index best;
    json_index_init(&best);
    enum json_kernel top = best.kernel;
    json_index_done(&best);
    uint64_t seed = 0x2545F4914F6CDD1D;
    for (unsigned turn = 0; turn < 20000; turn++) {
        // Exactly what may be read: a sanitizer sees one byte more.
        size_t size = random_next(&seed) % TEXT_MAX;
        uint8_t *text = memory_new(size + JSON_PADDING, 1);
        unsigned plain = random_next(&seed) % 8; // how many of eight bytes are plain
        for (size_t i = 0; i < size + JSON_PADDING; i++)
            text[i] = random_next(&seed) % 8 < plain
                          ? 'x'
                          : (uint8_t)letters[random_next(&seed) % (sizeof letters - 1)];
        uint32_t wanted[TEXT_MAX];
        bool closed;
        uint32_t count = tokens_slowly(text, size, wanted, &closed);
        for (unsigned kernel = JSON_KERNEL_SSE2; kernel <= (unsigned)top; kernel++) {
            struct json_index index;
            json_index_init(&index);
            index.kernel = (enum json_kernel)kernel;
            enum json_fault fault = json_index_build(&index, slice_of(text, size));
            assert_int_equal(fault, closed ? JSON_FINE : JSON_UNCLOSED_STRING);
            if (closed) {
                assert_int_equal(index.count, count);
                assert_memory_equal(index.at, wanted, count * sizeof *wanted);
                assert_int_equal(index.at[count], size);
            }
            json_index_done(&index);
        }
        memory_free(text);
    }
}

static void test_many_tokens(void **state) {
    (void)state;
    size_t size = JSON_TOKENS_MAX + 1000;
    uint8_t *text = memory_new(size + JSON_PADDING, 1);
    memset(text, '[', size);
    struct json_index index;
    json_index_init(&index);
    for (int kernel = (int)index.kernel; kernel >= 0; kernel--) {
        index.kernel = (enum json_kernel)kernel;
        assert_int_equal(json_index_build(&index, slice_of(text, size)), JSON_TOO_MANY_TOKENS);
        assert_int_equal(json_index_build(&index, slice_of(text, 1000)), JSON_FINE);
        assert_int_equal(index.count, 1000);
    }
    json_index_done(&index);
    memory_free(text);
}

static void test_numbers(void **state) {
    (void)state;
    static const char *const good[] = {
        "0", "-0", "10", "0.5", "-1.25e+10", "1E5", "1e-5", "123456789012345678901234567890"};
    static const char *const bad[] = {"",    "-",   "01", "+1",  ".5",  "1.",  "1e",
                                      "1e+", "0x1", "1a", "--1", "1 2", "NaN", "Infinity"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_true(json_is_number(slice_of_string(good[i])));
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        assert_false(json_is_number(slice_of_string(bad[i])));
}

static enum json_fault skip_text(const char *text) {
    uint8_t padded[TEXT_MAX + JSON_PADDING] = {0};
    memcpy(padded, text, strlen(text));
    struct json_index index;
    json_index_init(&index);
    uint32_t next = 0;
    enum json_fault fault = json_index_build(&index, slice_of(padded, strlen(text)));
    if (!fault)
        fault = json_skip(&index, 0, &next);
    if (!fault)
        assert_int_equal(next, index.count);
    json_index_done(&index);
    return fault;
}

static void test_skip(void **state) {
    (void)state;
    static const char *const good[] = {"1",
                                       "\"a\"",
                                       "null",
                                       "[]",
                                       "{}",
                                       "[1,\"a\",null,[],{},[[1]]]",
                                       "{\"a\":{\"b\":[1,{\"c\":2}]},\"d\":[]}",
                                       " [ 1 , 2 ] "};
    static const char *const bad[] = {"",      "[",          "]",           "[1",        "[1,",
                                      "[1,]",  "[,1]",       "[1 2]",       "{\"a\"}",   "{\"a\":}",
                                      "{1:2}", "{\"a\":1,}", "[1}",         "{\"a\":1]", "[nul]",
                                      ":",     "{,}",        "{\"a\":1,2}", "[\"a\":1]", "{[1]:1}"};
    for (size_t i = 0; i < ARRAY_SIZE(good); i++)
        assert_int_equal(skip_text(good[i]), JSON_FINE);
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (skip_text(bad[i]) == JSON_FINE)
            fail_msg("%s", bad[i]);
    char deep[2 * JSON_DEPTH_MAX + 5] = {0};
    for (unsigned depth = JSON_DEPTH_MAX; depth <= JSON_DEPTH_MAX + 2; depth++) {
        memset(deep, '[', depth);
        memset(deep + depth, ']', depth);
        // The innermost is empty and takes no place.
        assert_int_equal(skip_text(deep), depth <= JSON_DEPTH_MAX + 1 ? JSON_FINE : JSON_TOO_DEEP);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kernels_agree),
        cmocka_unit_test(test_many_tokens),
        cmocka_unit_test(test_numbers),
        cmocka_unit_test(test_skip),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
