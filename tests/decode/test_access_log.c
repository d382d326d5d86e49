// Tests of access logs
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "decode/access_tokens.h"
#include "decode/decode.h"
#include "text_events.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

extern const struct decoder decoder_access_log;

static void assert_read(const char *text, const char *wanted) {
    struct text_events events = {0};
    assert_string_equal(text_events_read(&events, &decoder_access_log, "", text, 0), wanted);
    text_events_done(&events);
}

#define TIME "[02/Mar/2026:08:15:30 +0800]"
#define AT "2026-03-02T00:15:30.000000Z access_log "
#define DATE "date=02/Mar/2026:08:15:30 +0800 "

static void forms_are_known_by_their_tokens(void **state) {
    (void)state;
    assert_read("a - - " TIME " \"GET / HTTP/1.1\" 200 5\n",
                AT "c-ip=a " DATE "cs-method=GET cs-uri-stem=/ cs-version=HTTP/1.1 "
                   "sc-status=200 sc-bytes=5\n");
    assert_read("v:80 a - u " TIME " \"GET /x?y HTTP/1.1\" 200 - \"-\" \"ua \\\" b\" 9\n",
                AT "cs-host=v:80 c-ip=a cs-username=u " DATE
                   "cs-method=GET cs-uri-stem=/x cs-uri-query=y cs-version=HTTP/1.1 "
                   "sc-status=200 cs(User-Agent)=ua \\\" b time-taken-us=9\n");
    // A quote that nobody escaped.
    assert_read("a - - " TIME " \"GET /x\"y HTTP/1.1\" 200 5\n",
                AT "c-ip=a " DATE "cs-method=GET cs-uri-stem=/x\"y cs-version=HTTP/1.1 "
                   "sc-status=200 sc-bytes=5\n");
    assert_read("a - - " TIME " \"\\x16\\x03\" 400 5\n",
                AT "c-ip=a " DATE "cs-uri-stem=\\x16\\x03 sc-status=400 sc-bytes=5\n");
    assert_read("a - - " TIME " \"GET / HTTP/1.1\" 200 5 0.01 \"ua\"\n",
                AT "c-ip=a " DATE "cs-method=GET cs-uri-stem=/ cs-version=HTTP/1.1 "
                   "sc-status=200 sc-bytes=5 time-taken-s=0.01 cs(User-Agent)=ua\n");
}

static void damage_is_told(void **state) {
    (void)state;
    assert_read("a - - " TIME " \"GET /x\n",
                "gap access log: a line with an open quote or bracket\n");
    assert_read("a - - [no time] \"GET / HTTP/1.1\" 200 5\n\nx\n",
                "gap access log: a line without a time or a request\n"
                "gap access log: a line without a time or a request\n");
    char many[400];
    memset(many, 'a', sizeof many);
    for (size_t i = 1; i < sizeof many; i += 2)
        many[i] = ' ';
    many[sizeof many - 1] = 0;
    assert_read(many, "gap access log: a line with an open quote or bracket\n");
}

static void times_are_settled_to_utc(void **state) {
    (void)state;
    struct clock_date date = {.year = 2026, .month = 3, .day = 2, .hour = 8};
    int64_t midnight = clock_from_date(&date);
    assert_int_equal(access_time(SLICE("02/Mar/2026:08:00:00 +0000")), midnight);
    assert_int_equal(access_time(SLICE("02/Mar/2026:08:00:00")), midnight);
    assert_int_equal(access_time(SLICE("02/Mar/2026:04:30:00 -0330")), midnight);
    assert_int_equal(access_time(SLICE("2026-03-02 08:00:00")), midnight);
    assert_int_equal(access_time(SLICE("32/Mar/2026:08:00:00 +0000")), CLOCK_NONE);
    assert_int_equal(access_time(SLICE("02/Mrz/2026:08:00:00 +0000")), CLOCK_NONE);
    assert_int_equal(access_time(SLICE("02/Mar/2026:08:00:00 +9900")), CLOCK_NONE);
    assert_int_equal(access_time(SLICE("")), CLOCK_NONE);
}

static bool plain_is_blank(uint8_t byte) {
    return byte == ' ' || byte == '\t';
}

// Where the text that opens at `at` ends, byte by byte; the line's size when it does not.
static size_t plain_end(struct slice line, size_t at) {
    uint8_t kind = line.data[at++];
    for (size_t slashes = 0; at < line.size; at++) {
        bool ends = at + 1 == line.size || plain_is_blank(line.data[at + 1]);
        if (kind == '[' ? line.data[at] == ']' : line.data[at] == '"' && slashes % 2 == 0 && ends)
            break;
        slashes = line.data[at] == '\\' ? slashes + 1 : 0;
    }
    return at;
}

// The plain reading of access_tokens_split's contract.
static bool plain_split(struct slice line, struct access_tokens *tokens) {
    *tokens = (struct access_tokens){0};
    for (size_t at = 0, end; at < line.size; at = end) {
        end = at + 1;
        if (plain_is_blank(line.data[at]))
            continue;
        if (tokens->count == ACCESS_TOKENS_MAX)
            return false;
        uint32_t i = tokens->count++;
        if (line.data[at] == '"' || line.data[at] == '[') {
            tokens->at[i].kind = line.data[at] == '"' ? ACCESS_QUOTES : ACCESS_BRACKETS;
            tokens->quotes |= (uint64_t)(line.data[at] == '"') << i;
            size_t stop = plain_end(line, at);
            if (stop == line.size)
                return false;
            tokens->at[i].text = slice_part(line, at + 1, stop - at - 1);
            end = stop + 1;
            continue;
        }
        while (end < line.size && !plain_is_blank(line.data[end]))
            end++;
        tokens->words |= UINT64_C(1) << i;
        tokens->at[i].text = slice_part(line, at, end - at);
    }
    return true;
}

static void assert_tokens_equal(struct slice line, enum byte_kernel kernel) {
    static struct access_tokens wanted, got;
    got.kernel = kernel;
    bool fine = plain_split(line, &wanted);
    assert_int_equal(access_tokens_split(line, &got), fine);
    if (!fine)
        return;
    assert_int_equal(got.count, wanted.count);
    assert_int_equal(got.words, wanted.words);
    assert_int_equal(got.quotes, wanted.quotes);
    for (uint32_t i = 0; i < got.count; i++) {
        assert_int_equal(got.at[i].kind, wanted.at[i].kind);
        assert_ptr_equal(got.at[i].text.data, wanted.at[i].text.data);
        assert_int_equal(got.at[i].text.size, wanted.at[i].text.size);
    }
}

// Bytes at random, and words, texts and times at random: most lines of the latter are usual ones.
static void tokens_equal_the_plain_reading(void **state) {
    (void)state;
    static const char ALPHABET[] = "ab  \"\"[]\\\t";
    static const char *const PARTS[] = {"-",
                                        "10.0.0.1",
                                        "\"a b\"",
                                        "\"\"",
                                        "[a +b]",
                                        "\"x\\\"",
                                        "\"y \"z",
                                        "w\"",
                                        "[q",
                                        "\"GET /a?b HTTP/1.1\"",
                                        "200",
                                        "[\"a\"]b",
                                        "\"a long text of many words, as agents are\""};
    uint32_t seed = 1;
    for (int round = 0; round < 40000; round++) {
        size_t size = 0, ceiling = (size_t)round % 400;
        uint8_t text[600];
        while (size < ceiling) {
            seed = seed * 1664525 + 1013904223;
            uint32_t dice = seed >> 16;
            if (round % 4 == 0) {
                text[size++] = (uint8_t)ALPHABET[dice % (sizeof ALPHABET - 1)];
                continue;
            }
            bool is_odd = dice >> 8 & 1 && round % 4 == 1;
            const char *part = PARTS[dice % (is_odd ? ARRAY_SIZE(PARTS) : 5)];
            size += (size_t)snprintf((char *)text + size, sizeof text - size, "%s ", part);
        }
        // Of the very size, so that a read beyond it is seen.
        uint8_t *line = memory_new(size ? size : 1, 1);
        memcpy(line, text, size);
        for (int kernel = 0; kernel <= (int)byte_kernel_of_machine(); kernel++) {
            assert_tokens_equal(slice_of(line, size), (enum byte_kernel)kernel);
            assert_tokens_equal(slice_of(line, size ? size - 1 : 0), (enum byte_kernel)kernel);
        }
        memory_free(line);
    }
}

// More signatures than are kept: nothing changes but the speed.
static void many_forms_in_one_file(void **state) {
    (void)state;
    struct text_events events = {0};
    static char text[64 << 10];
    size_t size = 0;
    for (int i = 0; i < 200; i++) {
        size += (size_t)snprintf(text + size, sizeof text - size,
                                 "a - - " TIME " \"GET / HTTP/1.1\" 200 5");
        for (int n = 0; n < 8; n++)
            size += (size_t)snprintf(text + size, sizeof text - size, "%s",
                                     i >> n & 1 ? " \"q\"" : " 1");
        size += (size_t)snprintf(text + size, sizeof text - size, "\n");
    }
    text_events_read(&events, &decoder_access_log, "", text, 0);
    assert_int_equal(events.events, 200);
    assert_int_equal(events.gaps, 0);
    text_events_done(&events);
}

static void sources_are_recognised(void **state) {
    (void)state;
    struct slice none = SLICE(""), line = SLICE("a - - " TIME " \"GET / HTTP/1.1\" 200 5\n");
    assert_int_equal(decoder_access_log.recognise(line, none), 85);
    assert_ptr_equal(decode_recognise(line, none), &decoder_access_log);
    assert_int_equal(
        decoder_access_log.recognise(SLICE("[Wed Oct 11 14:32:52 2025] [error] x\n"), none), 0);
    assert_int_equal(decoder_access_log.recognise(none, none), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_are_known_by_their_tokens), cmocka_unit_test(damage_is_told),
        cmocka_unit_test(times_are_settled_to_utc),        cmocka_unit_test(many_forms_in_one_file),
        cmocka_unit_test(tokens_equal_the_plain_reading),  cmocka_unit_test(sources_are_recognised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
