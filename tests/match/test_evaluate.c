// Each kind of atom against a table of values
// SPDX-License-Identifier: Apache-2.0
#include "forge.h"

#include "base/memory.h"
#include "match/fold.h"
#include "match/plan_hint.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

// The rule that consists of `node` on an event whose field F holds `text` (NULL: absent).
static bool holds_on(struct forge *forge, const struct node *node, const struct value *value) {
    forge->tree_count = 0;
    forge_rule(forge, node);
    struct ruleset *ruleset = forge_compile(forge);
    struct matcher *matcher = matcher_new(ruleset);
    struct forge_event event;
    forge_event_init(&event, 0);
    *forge_event_add(&event, "F", NULL) = *value;
    forge_event_add(&event, "G", "Some Other");
    const uint32_t *hits;
    size_t count = matcher_match(matcher, forge_event_ready(&event), &hits);
    // The second time everything is known already.
    assert_int_equal(matcher_match(matcher, forge_event_ready(&event), &hits), count);
    matcher_free(matcher);
    ruleset_free(ruleset);
    return count == 1;
}

static bool holds(struct forge *forge, const struct node *node, const char *text) {
    struct value value = EVENT_VALUE_ABSENT;
    if (text)
        value = (struct value){(const uint8_t *)text, (uint32_t)strlen(text), VALUE_UTF8, {0}};
    return holds_on(forge, node, &value);
}

struct text_case {
    const char *rule;
    const char *text;
    bool fits;
};

static void test_patterns(void **state) {
    (void)state;
    static const struct text_case cases[] = {
        {"abc", "ABC", true},
        {"abc", "abcd", false},
        {"abc*", "ABCD", true},
        {"abc*", "xabc", false},
        {"*abc", "xxABC", true},
        {"*abc", "abcx", false},
        {"*powershell.exe", "C:\\Windows\\PowerShell.EXE", true},
        {"*powershell.exe", "powershell.ex", false},
        {"*b*", "abc", true},
        {"*bc*", "abc", true},
        {"*bcd*", "abcdef", true},
        {"*bcde*", "aBCDEf", true},
        {"*bcde*", "abcd", false},
        {"*needle in a haystack*", "there is a NEEDLE IN A haystack here", true},
        {"", "", true},
        {"", "x", false},
        {"*", "", true},
        {"*", NULL, false},
        {"?", "x", true},
        {"?", "", false},
        {"?", "\xC3\xA9", true},
        {"??", "\xC3\xA9", false},
        {"a?c",
         "A\xE2\x82\xAC"
         "C",
         true},
        {"a*b*c", "a12b34c", true},
        {"a*b*c", "a12b34cd", false},
        {"*ab*ab", "ab", false},
        {"*ab*ab", "abab", true},
        {"*a?b*", "xaab xacb", true},
        {"*a??b", "aabb ab", false},
        {"*foo*bar?", "foo bar baz foo bart", true},
        {"\xC3\x84rger", "\xC3\xA4RGER", true},
        {"*\xC3\x84*", "x\xC3\xA4y", true},
        {"*\xF0\x9F\x98\x80*", "smile \xF0\x9F\x98\x80", true},
        {"*\xF0\x9F\x98\x80*", "smile \xF0\x9F\x98\x81", false},
        {"k", "\xE2\x84\xAA", false}, // the Kelvin sign is no k
        {"\xE2\x84\xAA", "\xE2\x84\xAA", true},
        {"*sc.exe", "x\\sc.exe", true},
        {"*.ps", "x.PS", true},
        {"4688", "4688", true},
        {"4688", "46880", false},
    };
    struct forge forge;
    forge_init(&forge);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (holds(&forge, forge_pattern(&forge, "F", cases[i].rule), cases[i].text) !=
            cases[i].fits)
            fail_msg("'%s' on '%s'", cases[i].rule, cases[i].text ? cases[i].text : "(none)");
    forge_done(&forge);
}

static void test_cased(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    assert_true(holds(&forge, forge_cased(&forge, "F", "*AbCd*"), "xAbCdx"));
    assert_false(holds(&forge, forge_cased(&forge, "F", "*AbCd*"), "xabcdx"));
    assert_false(holds(&forge, forge_cased(&forge, "F", "AbCd"), "abcd"));
    assert_true(holds(&forge, forge_cased(&forge, "F", "Ab*Cd"), "AbxCd"));
    assert_false(holds(&forge, forge_cased(&forge, "F", "Ab*Cd"), "AbxCD"));
    forge_done(&forge);
}

static void test_regex(void **state) {
    (void)state;
    static const struct text_case cases[] = {
        {"net\\s+user", "C:\\net   user", true},
        {"net\\s+user", "NET user", false},
        {"(?i)net\\s+user", "NET user", true},
        {"^a.c$", "abc", true},
        {"^a.c$", "xabc", false},
        {"a.c", "a\nc", false},
        {"`.*`", "``", true},
        {"[0-9]{3}", "a123", true},
        {"\\s-c\\s", "x -c y", true},
        {"\\s-c\\s", "x -C y", false},
        {"a|b", "b", true},
        {"(abc)?d", "d", true},
    };
    struct forge forge;
    forge_init(&forge);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        if (holds(&forge, forge_regex(&forge, "F", cases[i].rule), cases[i].text) != cases[i].fits)
            fail_msg("/%s/ on '%s'", cases[i].rule, cases[i].text);
    struct atom atom = {.kind = ATOM_REGEX, .field = SLICE("F"), .regex = SLICE("^b.D$")};
    assert_false(holds(&forge, forge_atom(&forge, atom), "a\nb\nd\nc"));
    atom.regex_caseless = atom.regex_multiline = atom.regex_dotall = true;
    assert_true(holds(&forge, forge_atom(&forge, atom), "a\nb\nd\nc"));
    // A Kelvin sign is a k to a caseless expression: the hint must not rule it out.
    atom.regex = SLICE("make");
    assert_true(holds(&forge, forge_atom(&forge, atom),
                      "ma\xE2\x84\xAA"
                      "e"));
    forge_done(&forge);
}

static void test_regex_limit(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    // A back-reference: states cannot answer what backtracking gives up.
    forge_rule(&forge, forge_regex(&forge, "F", "(a+)+(a+)+\\1$"));
    struct ruleset *ruleset = forge_compile(&forge);
    struct matcher *matcher = matcher_new(ruleset);
    struct forge_event event;
    forge_event_init(&event, 0);
    char text[301] = {0};
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 2] = 'b';
    forge_event_add(&event, "F", text);
    const uint32_t *hits;
    assert_int_equal(matcher_match(matcher, forge_event_ready(&event), &hits), 0);
    assert_int_equal(matcher_regex_limit_count(matcher), 1);
    matcher_free(matcher);
    ruleset_free(ruleset);
    forge_done(&forge);
}

static void test_null_and_exists(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    struct value null = {NULL, 0, VALUE_NULL, {0}};
    struct atom exists = {.kind = ATOM_EXISTS, .field = SLICE("F")};
    struct atom missing = {.kind = ATOM_EXISTS, .field = SLICE("Missing")};
    assert_true(holds(&forge, forge_null(&forge, "F"), NULL));
    assert_true(holds_on(&forge, forge_null(&forge, "F"), &null));
    assert_false(holds(&forge, forge_null(&forge, "F"), ""));
    assert_true(holds(&forge, forge_null(&forge, "Missing"), "x"));
    assert_false(holds_on(&forge, forge_pattern(&forge, "F", ""), &null));
    assert_false(holds_on(&forge, forge_pattern(&forge, "F", "*"), &null));
    assert_true(holds_on(&forge, forge_atom(&forge, exists), &null));
    assert_true(holds(&forge, forge_atom(&forge, exists), ""));
    assert_false(holds(&forge, forge_atom(&forge, exists), NULL));
    assert_false(holds(&forge, forge_atom(&forge, missing), "x"));
    assert_true(holds(&forge, forge_not(&forge, forge_pattern(&forge, "F", "*a*")), NULL));
    forge_done(&forge);
}

static void test_cidr(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    // 192.168.16.0/20 in its IPv6 form
    struct atom net = {.kind = ATOM_CIDR,
                       .field = SLICE("F"),
                       .cidr_bits = 96 + 20,
                       .cidr_address = {[10] = 0xFF, 0xFF, 192, 168, 16, 0}};
    const struct node *v4 = forge_atom(&forge, net);
    assert_true(holds(&forge, v4, "192.168.16.0"));
    assert_true(holds(&forge, v4, "192.168.31.255"));
    assert_true(holds(&forge, v4, "::ffff:192.168.20.1"));
    assert_false(holds(&forge, v4, "192.168.32.0"));
    assert_false(holds(&forge, v4, "192.168.16"));
    assert_false(holds(&forge, v4, "fe80::1"));
    assert_false(holds(&forge, v4, ""));
    struct atom atom = {.kind = ATOM_CIDR, .field = SLICE("F"), .cidr_bits = 10};
    atom.cidr_address[0] = 0xFE;
    atom.cidr_address[1] = 0x80;
    const struct node *v6 = forge_atom(&forge, atom);
    assert_true(holds(&forge, v6, "FE80::1%eth0"));
    assert_true(holds(&forge, v6, "febf::"));
    assert_false(holds(&forge, v6, "fec0::"));
    assert_false(holds(&forge, v6, "10.0.0.1"));
    forge_done(&forge);
}

static void test_compare(void **state) {
    (void)state;
    static const struct {
        enum compare_kind compare;
        double number;
        const char *text;
        bool fits;
    } cases[] = {
        {COMPARE_GT, 10, "11", true},
        {COMPARE_GT, 10, "10", false},
        {COMPARE_GTE, 10, "10", true},
        {COMPARE_LT, 10, "9.5", true},
        {COMPARE_LTE, 10, "10.0", true},
        {COMPARE_LT, 10, "-3", true},
        {COMPARE_GT, 255, "0x100", true},
        {COMPARE_GT, 10, "ten", false},
        {COMPARE_GT, 10, "", false},
        {COMPARE_GT, -1, NULL, false},
        {COMPARE_GT, 10, "nan", false},
        {COMPARE_GT, 1e18, "18446744073709551615", true},
        {COMPARE_LT, 9007199254740993.0, "9007199254740992", false},
    };
    struct forge forge;
    forge_init(&forge);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct atom atom = {.kind = ATOM_COMPARE,
                            .field = SLICE("F"),
                            .compare = cases[i].compare,
                            .number = cases[i].number};
        if (holds(&forge, forge_atom(&forge, atom), cases[i].text) != cases[i].fits)
            fail_msg("case %zu", i);
    }
    uint32_t hex = 0x1fffff;
    struct value value = {(const uint8_t *)&hex, sizeof hex, VALUE_HEX32, {0}};
    struct atom atom = {
        .kind = ATOM_COMPARE, .field = SLICE("F"), .compare = COMPARE_GTE, .number = 2097151};
    assert_true(holds_on(&forge, forge_atom(&forge, atom), &value));
    assert_true(holds_on(&forge, forge_pattern(&forge, "F", "0x1FFFFF"), &value));
    forge_done(&forge);
}

static void test_time_parts(void **state) {
    (void)state;
    static const struct {
        enum time_part part;
        double number;
        const char *text;
    } cases[] = {
        {TIME_MINUTE, 29, "2026-11-22T13:29:17.123456Z"},
        {TIME_HOUR, 13, "2026-11-22 13:29:17"},
        {TIME_DAY, 22, "2026-11-22T13:29:17Z"},
        {TIME_WEEK, 47, "2026-11-22T13:29:17Z"},
        {TIME_MONTH, 11, "2026-11-22T13:29:17Z"},
        {TIME_YEAR, 2026, "2026-11-22"},
        {TIME_WEEK, 53, "2021-01-01"},
        {TIME_WEEK, 1, "2024-12-30"},
        {TIME_WEEK, 1, "2026-01-01"},
    };
    struct forge forge;
    forge_init(&forge);
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct atom atom = {.kind = ATOM_TIME_PART,
                            .field = SLICE("F"),
                            .time_part = cases[i].part,
                            .number = cases[i].number};
        if (!holds(&forge, forge_atom(&forge, atom), cases[i].text))
            fail_msg("case %zu", i);
        atom.number += 1;
        assert_false(holds(&forge, forge_atom(&forge, atom), cases[i].text));
    }
    forge_done(&forge);
}

static void test_fieldref(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    struct atom atom = {.kind = ATOM_FIELD, .field = SLICE("F"), .field2 = SLICE("G")};
    assert_true(holds(&forge, forge_atom(&forge, atom), "some other"));
    assert_false(holds(&forge, forge_atom(&forge, atom), "some"));
    assert_false(holds(&forge, forge_atom(&forge, atom), NULL));
    atom.relation = FIELD_CONTAINS;
    assert_true(holds(&forge, forge_atom(&forge, atom), "a some other b"));
    atom.relation = FIELD_STARTS;
    assert_true(holds(&forge, forge_atom(&forge, atom), "some otherb"));
    atom.relation = FIELD_ENDS;
    assert_true(holds(&forge, forge_atom(&forge, atom), "asome other"));
    atom.cased = true;
    assert_false(holds(&forge, forge_atom(&forge, atom), "asome other"));
    assert_true(holds(&forge, forge_atom(&forge, atom), "aSome Other"));
    forge_done(&forge);
}

static void test_keywords(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    assert_true(holds(&forge, forge_pattern(&forge, "", "*me oth*"), "x"));
    assert_true(holds(&forge, forge_pattern(&forge, "", "*XY*"), "wxyz"));
    assert_false(holds(&forge, forge_pattern(&forge, "", "*sekurlsa::*"), "sekurlsa:"));
    assert_true(holds(&forge, forge_regex(&forge, "", "O.her"), "x"));
    struct value utf16 = {(const uint8_t *)u"x SEKURLSA::logon", 34, VALUE_UTF16, {0}};
    assert_true(holds_on(&forge, forge_pattern(&forge, "", "*sekurlsa::*"), &utf16));
    struct value escaped = {(const uint8_t *)"sekurlsa\\u003a\\u003a", 20, VALUE_JSON_STRING, {0}};
    assert_true(holds_on(&forge, forge_pattern(&forge, "", "*sekurlsa::*"), &escaped));
    forge_done(&forge);
}

static void test_arrays(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    struct value array = {(const uint8_t *)u"One\0Two Three", 26, VALUE_UTF16 | VALUE_ARRAY, {0}};
    assert_true(holds_on(&forge, forge_pattern(&forge, "F", "one"), &array));
    assert_true(holds_on(&forge, forge_pattern(&forge, "F", "two*"), &array));
    assert_false(holds_on(&forge, forge_pattern(&forge, "F", "*one*two*"), &array));
    forge_done(&forge);
}

static void test_refused_regex_stays(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    forge_rule(&forge, forge_regex(&forge, "F", "a(b"));
    forge_rule(&forge, forge_pattern(&forge, "F", "*b*"));
    forge_rule(&forge, forge_regex(&forge, "F", "a(b"));
    struct ruleset *ruleset = forge_compile(&forge);
    assert_int_equal(ruleset_count(ruleset), 3);
    assert_int_equal(ruleset_complaint_count(ruleset), 2);
    struct matcher *matcher = matcher_new(ruleset);
    struct forge_event event;
    forge_event_init(&event, 0);
    forge_event_add(&event, "F", "a(b");
    const uint32_t *hits;
    assert_int_equal(matcher_match(matcher, forge_event_ready(&event), &hits), 1);
    assert_int_equal(hits[0], 1);
    matcher_free(matcher);
    ruleset_free(ruleset);
    forge_done(&forge);
}

static void test_constants(void **state) {
    (void)state;
    struct forge forge;
    forge_init(&forge);
    uint32_t both =
        forge_rule(&forge, forge_join(&forge, NODE_AND, forge_pattern(&forge, "EventID", "4688"),
                                      forge_pattern(&forge, "F", "*needle*")));
    forge_rule(&forge, forge_join(&forge, NODE_AND, forge_pattern(&forge, "EventID", "1"),
                                  forge_pattern(&forge, "F", "*needle*")));
    uint32_t sure = forge_rule(&forge, forge_pattern(&forge, "EventID", "4688"));
    struct ruleset *ruleset = forge_compile(&forge);
    struct matcher *matcher = matcher_new(ruleset);
    struct forge_event event;
    forge_event_init(&event, 7);
    uint16_t code = 4688;
    *forge_event_add(&event, "EventID", NULL) =
        (struct value){(const uint8_t *)&code, 2, VALUE_UINT16, {0}};
    forge_event_add(&event, "F", "a Needle b");
    event.shape.role_fields[FIELD_ROLE_EVENT_ID] = 0;
    event.event_class.code = 4688;
    const uint32_t *hits;
    assert_int_equal(matcher_match(matcher, forge_event_ready(&event), &hits), 2);
    assert_int_equal(hits[0], both);
    assert_int_equal(hits[1], sure);
    assert_true(matcher_wants(matcher, forge_event_ready(&event)));
    // The same class, but an id that does not read as the code does.
    event.values[0] = (struct value){(const uint8_t *)"0x1250", 6, VALUE_UTF8, {0}};
    assert_int_equal(matcher_match(matcher, forge_event_ready(&event), &hits), 0);
    matcher_free(matcher);
    ruleset_free(ruleset);
    forge_done(&forge);
}

static void test_hints(void **state) {
    (void)state;
    static const struct {
        const char *source;
        bool caseless;
        const char *hint;
    } cases[] = {
        {"net\\s+user", false, "user"},
        {"a|b", false, ""},
        {"(a|b)cde", false, "cde"},
        {"abx?", false, "ab"},
        {"ab+c", false, "ab"},
        {"ab{0,3}", false, "a"},
        {"[abc]xyz", false, "xyz"},
        {"[]a]xyz", false, "xyz"},
        {"\\$env:ComSpec\\[", false, "$env:comspec["},
        {"make", true, "ma"},
        {"(?i)make", false, "ma"},
        {"(?x)a b c", false, ""},
        {"\\Qa|b\\E", false, ""},
        {"\\x41bcdef", false, ""},
        {"\\^.*\\^", false, "^"},
        {"x[.,]{1}y", false, "x.y x,y"},
        {"a[Bb][Cc]d", false, "abcd"},
        {"a[bB]+c", false, "ab"},
        {"[kK]ey", true, "ey"},
        {"\\\\[a-z]{1,9}\\.[ \"]", false, ".  .\""},
        {"[^a]bc", false, "bc"},
        {"[a-c]d", false, "d"},
        {"", false, ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct buffer hint;
        buffer_init(&hint, 1024);
        struct hint_set hints;
        hints_from_regex(slice_of_string(cases[i].source), cases[i].caseless, &hints);
        for (uint32_t j = 0; j < hints.count; j++) {
            if (j)
                buffer_append_byte(&hint, ' ');
            buffer_append(&hint, hints.texts[j], hints.size);
        }
        if (!slice_equal_string(buffer_slice(&hint), cases[i].hint))
            fail_msg("/%s/ gave '%.*s'", cases[i].source, (int)hint.size,
                     hint.data ? (const char *)hint.data : "");
        buffer_done(&hint);
    }
}

static void test_runs(void **state) {
    (void)state;
    static const struct {
        const char *source;
        uint32_t least;
        const char *text;
        bool stands;
    } cases[] = {
        {"\\s[a-fA-F0-9]{8}\\s[0-9]{3}", 8, "x deadbeef 1", true},
        {"\\s[a-fA-F0-9]{8}\\s[0-9]{3}", 8, "x deadbee 1234567", false},
        {"[A-Za-z0-9+/=]{15,}", 15, "abcdefghijklmno", true},
        {"[A-Za-z0-9+/=]{15,}", 15, "abcdefg hijklmnop", false},
        {"[0-7]{9,13}", 9, "012345678", false},
        {"[^a]{9}", 0, "", false},
        {"[\\d]{9}", 0, "", false},
        {"([a-f]{9})?", 0, "", false},
        {"[a-f]{9}|x", 0, "", false},
        {"[a-f]{4}", 0, "", false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
        struct hint_run run;
        hint_run_from_regex(slice_of_string(cases[i].source), false, &run);
        assert_int_equal(run.least, cases[i].least);
        if (run.least && hint_run_stands(&run, slice_of_string(cases[i].text)) != cases[i].stands)
            fail_msg("/%s/ on '%s'", cases[i].source, cases[i].text);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_patterns),
        cmocka_unit_test(test_cased),
        cmocka_unit_test(test_regex),
        cmocka_unit_test(test_regex_limit),
        cmocka_unit_test(test_null_and_exists),
        cmocka_unit_test(test_cidr),
        cmocka_unit_test(test_compare),
        cmocka_unit_test(test_time_parts),
        cmocka_unit_test(test_fieldref),
        cmocka_unit_test(test_keywords),
        cmocka_unit_test(test_arrays),
        cmocka_unit_test(test_refused_regex_stays),
        cmocka_unit_test(test_constants),
        cmocka_unit_test(test_hints),
        cmocka_unit_test(test_runs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
