// Every output over hostile values
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/clock.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

enum {
    LARGE = 64 * 1024,
    TEXT_MAX = 64 << 20
};

static char large_text[LARGE];

// One after the other stands for every text of a finding.
static struct slice hostile(size_t number) {
    static const char *const texts[] = {
        "",
        "<script>alert(document.cookie)</script>",
        "\"quoted\" \\ and, a comma; a 'tick'",
        "=cmd|' /C calc'!A0",
        "+1+1",
        "-1",
        "@SUM(1+1)",
        "\t=1",
        "\r\n=1",
        "one\nHOST2,critical,forged line",
        "\x1b]0;title\x07\x1b[2J\x1b[31m",
        "\xe2\x80\xae"
        "gpj.exe",                   // right-to-left override
        "\xe2\x81\xa6x\xe2\x81\xa9", // isolates
        "\xc2\x9b"
        "31m",                      // C1
        "\xf3\xa0\x81\x81",         // a tag character
        "\xef\xbb\xbf\xe2\x80\x8b", // byte-order mark, zero-width space
        "\xe2\x80\xa8\xe2\x80\xa9", // separators that end a line of JavaScript
        "\xff\xfe\x80 \xc3",        // no UTF-8
        "\xed\xa0\x80",             // a lone surrogate
        "\x7f\x01\x02",
    };
    if (number < ARRAY_SIZE(texts))
        return slice_of_string(texts[number]);
    if (number == ARRAY_SIZE(texts))
        return slice_of("a\0b", 3);
    return number == ARRAY_SIZE(texts) + 1 ? slice_of(large_text, sizeof large_text)
                                           : (struct slice){NULL, 0};
}

static struct slice path_of(const void *context, uint32_t source) {
    (void)source;
    return *(const struct slice *)context;
}

// All texts of the finding are `text`; false at the end of the row.
static bool finding_make(size_t number, struct rule *rule, struct finding *finding,
                         struct slice *tags) {
    struct slice text = hostile(number);
    memset(large_text, 'x', sizeof large_text);
    if (!text.data)
        return false;
    tags[0] = text;
    tags[1] = SLICE("attack.t1059.001");
    tags[2] = SLICE("attack.lateral_movement");
    *rule = (struct rule){
        .id = text, .title = text, .level = RULE_LEVEL_HIGH, .tags = tags, .tag_count = 3};
    *finding = (struct finding){.rule = rule,
                                .host = text,
                                .account = text,
                                .provider = text,
                                .channel = text,
                                .code = 4688,
                                .first_ns = 1000000000,
                                .last_ns = CLOCK_NONE,
                                .count = 3,
                                .fields = {{text, text, text}, {text, {NULL, 0}, text}},
                                .field_count = 2,
                                .reference_count = 2};
    return true;
}

static void write_one(const struct output *output, const struct finding *finding, struct slice path,
                      struct buffer *to) {
    struct source_names names = {&path, path_of};
    buffer_init(to, TEXT_MAX);
    output->begin(to);
    output->finding(to, finding, &names, true);
    output->finding(to, finding, &names, false);
    output->end(to, true);
    assert_false(to->failed);
}

// Nothing that moves a cursor, turns a line around, or is no UTF-8: what the terminal's own
// escaping would leave alone, line ends aside.
static void assert_safe(struct slice text, const char *name, size_t number) {
    struct buffer escaped;
    buffer_init(&escaped, TEXT_MAX);
    for (size_t i = 0; i < text.size; i++) {
        size_t from = i;
        while (i < text.size && !memchr("\r\n\t", text.data[i], 3))
            i++;
        text_append_terminal(&escaped, slice_part(text, from, i - from));
        if (i < text.size)
            buffer_append_byte(&escaped, text.data[i]);
    }
    if (!slice_equal(buffer_slice(&escaped), text))
        fail_msg("%s of text %zu is not safe", name, number);
    buffer_done(&escaped);
}

static void every_output_is_safe(void **state) {
    (void)state;
    size_t count;
    const struct output *const *outputs = report_outputs(&count);
    assert_int_equal(count, 4);
    struct rule rule;
    struct finding finding;
    struct slice tags[3];
    for (size_t number = 0; finding_make(number, &rule, &finding, tags); number++)
        for (size_t i = 0; i < count; i++) {
            struct buffer text;
            write_one(outputs[i], &finding, hostile(number), &text);
            assert_safe(buffer_slice(&text), outputs[i]->name, number);
            buffer_done(&text);
        }
}

static size_t count_byte(struct slice text, uint8_t byte) {
    size_t count = 0;
    for (size_t i = 0; i < text.size; i++)
        count += text.data[i] == byte;
    return count;
}

// No value breaks out of its line.
static void json_lines_stay_lines(void **state) {
    (void)state;
    struct rule rule;
    struct finding finding;
    struct slice tags[3];
    for (size_t number = 0; finding_make(number, &rule, &finding, tags); number++) {
        struct buffer text;
        write_one(report_output_find("jsonl"), &finding, hostile(number), &text);
        assert_int_equal(count_byte(buffer_slice(&text), '\n'), 2);
        buffer_done(&text);
    }
}

// Reads RFC 4180 back: 18 fields a row, whatever the values; none begins like a formula.
static void csv_rows_stay_rows(void **state) {
    (void)state;
    struct rule rule;
    struct finding finding;
    struct slice tags[3];
    for (size_t number = 0; finding_make(number, &rule, &finding, tags); number++) {
        struct buffer text;
        write_one(report_output_find("csv"), &finding, hostile(number), &text);
        size_t fields = 1, rows = 0;
        bool quoted = false, start = true;
        for (size_t i = 0; i < text.size; i++) {
            uint8_t byte = text.data[i];
            if (start && byte && strchr("=+-@\t", byte))
                fail_msg("text %zu begins a field with %c", number, byte);
            quoted ^= byte == '"';
            start = start && byte == '"' && text.data[i + 1] != '\'';
            if (quoted)
                continue;
            start = byte == ',' || byte == '\n';
            fields += byte == ',';
            if (byte != '\n')
                continue;
            if (fields != 18)
                fail_msg("text %zu makes %zu fields", number, fields);
            rows++;
            fields = 1;
        }
        assert_int_equal(rows, 3);
        buffer_done(&text);
    }
}

static void tags_become_tactics_and_techniques(void **state) {
    (void)state;
    struct rule rule;
    struct finding finding;
    struct slice tags[3];
    struct buffer text;
    finding_make(1, &rule, &finding, tags);
    tags[0] = SLICE("attack.g0016");
    write_one(report_output_find("jsonl"), &finding, SLICE("a"), &text);
    static const char *const wanted[] = {"\"technique\":{\"id\":[\"T1059.001\"]}",
                                         "\"tactic\":{\"name\":[\"lateral-movement\"]}"};
    for (size_t i = 0; i < ARRAY_SIZE(wanted); i++)
        assert_non_null(memmem(text.data, text.size, wanted[i], strlen(wanted[i])));
    buffer_done(&text);
}

static void partial_results_say_so(void **state) {
    (void)state;
    static const char *const marks[][2] = {
        {"table", "interrupted"}, {"jsonl", "\"complete\":false"}, {"json", "\"complete\":false"}};
    for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
        struct buffer text;
        buffer_init(&text, TEXT_MAX);
        report_output_find(marks[i][0])->begin(&text);
        report_output_find(marks[i][0])->end(&text, false);
        assert_non_null(memmem(text.data, text.size, marks[i][1], strlen(marks[i][1])));
        buffer_done(&text);
    }
}

static void summary_is_safe(void **state) {
    (void)state;
    struct rule rule;
    struct finding finding;
    struct slice tags[3];
    for (size_t number = 0; finding_make(number, &rule, &finding, tags); number++) {
        struct slice path = hostile(number);
        struct source_names names = {&path, path_of};
        struct gap_sum gap = {.reason = "torn", .count = 1};
        struct tally tally;
        tally_init(&tally);
        tally_add(&tally, &finding);
        tally_sort(&tally);
        struct summary summary = {.tally = &tally,
                                  .names = &names,
                                  .gaps = &gap,
                                  .gap_count = 1,
                                  .unknown_files = 1,
                                  .unknown_paths = &path,
                                  .unknown_path_count = 1,
                                  .first_ns = CLOCK_NONE,
                                  .last_ns = CLOCK_NONE};
        struct buffer text;
        buffer_init(&text, TEXT_MAX);
        report_summary(&text, &summary);
        assert_safe(buffer_slice(&text), "summary", number);
        buffer_done(&text);
        tally_done(&tally);
    }
}

static void names_of_a_host_are_one(void **state) {
    (void)state;
    const struct fleet_alias aliases[] = {{SLICE("mail"), 0, 0}, {SLICE("10.0.0.1"), 0, 0}};
    const struct fleet_host hosts[] = {{.name = SLICE("APP-01")},
                                       {.name = SLICE("MAIL-01"),
                                        .fqdn = SLICE("mail-01.corp.example"),
                                        .aliases = aliases,
                                        .alias_count = 2}};
    const struct fleet fleet = {hosts, ARRAY_SIZE(hosts)};
    static const char *const NAMES[] = {"MAIL-01.corp.example", "MAIL-01", "MAIL", "10.0.0.1",
                                        "app-01"};
    struct rule rule = {.level = RULE_LEVEL_HIGH, .title = SLICE("title"), .id = SLICE("id")};
    struct tally tally;
    tally_init(&tally);
    tally.fleet = &fleet;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++) {
        struct finding finding = {.rule = &rule, .host = slice_of_string(NAMES[i]), .count = 1};
        tally_add(&tally, &finding);
    }
    assert_int_equal(tally.rules[0].hosts, 3);
    tally_sort(&tally);
    assert_int_equal(tally.host_count, 3);
    assert_true(slice_equal_string(tally.hosts[0].name, "MAIL-01"));
    assert_int_equal(tally.hosts[0].by_level[RULE_LEVEL_HIGH], 3);
    assert_int_equal(tally.hosts[0].rules, 1);
    assert_true(slice_equal_string(tally.hosts[1].name, "10.0.0.1")); // passes from host to host
    assert_true(slice_equal_string(tally.hosts[2].name, "APP-01"));
    tally_done(&tally);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_of_a_host_are_one),
        cmocka_unit_test(every_output_is_safe),
        cmocka_unit_test(json_lines_stay_lines),
        cmocka_unit_test(csv_rows_stay_rows),
        cmocka_unit_test(tags_become_tactics_and_techniques),
        cmocka_unit_test(partial_results_say_so),
        cmocka_unit_test(summary_is_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
