// Sigma values and modifiers, one row each
// SPDX-License-Identifier: Apache-2.0
#include "base/slice.h"
#include "sigma_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

struct row {
    const char *item;     // one line of a map
    const char *expected; // the tree, or the refusal
};

static void detection_of(char *to, size_t size, const char *item) {
    snprintf(to, size, "    s:\n        %s\n    condition: s", item);
}

static void expect_trees(const struct row *rows, size_t count,
                         const struct ruleset_options *options) {
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < count; i++) {
        char text[4096];
        detection_of(text, sizeof text, rows[i].item);
        fixture_put_detection(&fixture, text);
        fixture_read(&fixture, options);
        if (fixture.rules.complaint_count)
            fail_msg("%s: %.*s", rows[i].item, (int)fixture.rules.complaints[0].text.size,
                     (const char *)fixture.rules.complaints[0].text.data);
        assert_int_equal(fixture.rules.tree_count, 1);
        const char *got = print_tree(&fixture, fixture.rules.trees[0].root);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s: %s, expected %s", rows[i].item, got, rows[i].expected);
    }
    fixture_done(&fixture);
}

static void expect_refusals(const struct row *rows, size_t count, uint32_t line) {
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < count; i++) {
        char text[4096];
        detection_of(text, sizeof text, rows[i].item);
        fixture_put_detection(&fixture, text);
        fixture_read(&fixture, NULL);
        if (fixture.rules.complaint_count != 1)
            fail_msg("%s: %zu complaints", rows[i].item, fixture.rules.complaint_count);
        const struct rule_complaint *complaint = &fixture.rules.complaints[0];
        assert_int_equal(fixture.rules.tree_count, 0);
        assert_true(complaint->refused);
        assert_true(slice_equal_string(complaint->rule_id, "i"));
        assert_true(slice_ends(complaint->file, SLICE("/rule.yml")));
        if (!slice_equal_string(complaint->text, rows[i].expected) || complaint->line != line)
            fail_msg("%s: line %u: %.*s", rows[i].item, complaint->line, (int)complaint->text.size,
                     (const char *)complaint->text.data);
    }
    fixture_done(&fixture);
}

// Sigma rules 2.1.0, "String Wildcard" and "Escape Character".
static void escapes_and_wildcards(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F: foo", "F=foo"},
        {"F: 'prog?.exe'", "F=prog<?>.exe"},
        {"F: 'antivirus_V*.exe'", "F=antivirus_V<*>.exe"},
        {"F: 'a*b?c'", "F=a<*>b<?>c"},
        {"F: 'C:\\Windows\\x'", "F=C:\\Windows\\x"},
        {"F: 'C:\\\\Windows'", "F=C:\\Windows"},
        {"F: 'a\\*b'", "F=a*b"},
        {"F: 'a\\?b'", "F=a?b"},
        {"F: 'a\\\\*b'", "F=a\\<*>b"},
        {"F: 'a\\\\\\*b'", "F=a\\*b"},
        {"F: 'a\\\\\\\\b'", "F=a\\\\b"},
        {"F: 'a\\\\\\b'", "F=a\\\\b"},
        {"F: 'a\\'", "F=a\\"},
        {"F: 'a\\\\'", "F=a\\"},
        {"F: '*'", "F=<*>"},
        {"F: '**'", "F=<*>"},
        {"F: '?*?'", "F=<?><*><?>"},
        {"F: '\\\\host\\share'", "F=\\host\\share"},
        {"F: '\xd0\x9f*'", "F=\xd0\x9f<*>"},
        {"F: ''", "F="},
        {"F: \"a\\\\*b\"", "F=a*b"},
        {"F: '%name%'", "F=%name%"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

static void plain_scalars(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F: 4688", "F=4688"},
        {"F: '0x40810000'", "F=0x40810000"},
        {"F: 0x17", "F=23"},
        {"F: +7", "F=7"},
        {"F: 007", "F=7"},
        {"F: 0o17", "F=15"},
        {"F: -5", "F=-5"},
        {"F: 1.50", "F=1.50"},
        {"F: 99999999999999999999", "F=99999999999999999999"},
        {"F: '007'", "F=007"},
        {"F: True", "F=true"},
        {"F: FALSE", "F=false"},
        {"F: 'True'", "F=True"},
        {"F: yes", "F=yes"},
        {"F: null", "F null"},
        {"F: ~", "F null"},
        {"F:", "F null"},
        {"F: 'null'", "F=null"},
        {"F: [a, b]", "(F=a | F=b)"},
        {"F: [null]", "F null"},
        {"F: ['', a]", "(F= | F=a)"},
        {"F: [517, 1102]", "(F=517 | F=1102)"},
        {"F|contains: 007", "F=<*>007<*>"},
        {"F.g: x", "F.g=x"},
        {"'F G': x", "F G=x"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

static void generic_modifiers(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|contains: a", "F=<*>a<*>"},
        {"F|startswith: a", "F=a<*>"},
        {"F|endswith: '\\cmd.exe'", "F=<*>\\cmd.exe"},
        {"F|contains: '*a*'", "F=<*>a<*>"},
        {"F|contains: ''", "F=<*>"},
        {"F|contains|all: [a, b]", "(F=<*>a<*> & F=<*>b<*>)"},
        {"F|all|contains: [a, b]", "(F=<*>a<*> & F=<*>b<*>)"},
        {"F|contains|all: a", "F=<*>a<*>"},
        {"F|cased: aB", "F==aB"},
        {"F|contains|cased: aB", "F==<*>aB<*>"},
        {"F|neq: a", "!F=a"},
        {"F|neq: [a, b]", "!(F=a | F=b)"},
        {"F|neq: null", "!F null"},
        {"F|neq: 5", "!F=5"},
        {"F|contains|neq: a", "!F=<*>a<*>"},
        {"F|exists: true", "F exists"},
        {"F|exists: false", "!F exists"},
        {"F|re: '^a\\\\.b$'", "F~^a\\\\.b$/"},
        {"F|re|i: a", "F~a/i"},
        {"F|re|i|m|s: a", "F~a/ims"},
        {"F|re|all: [a, b]", "(F~a/ & F~b/)"},
        {"F|re|neq: a", "!F~a/"},
        {"F|re: 5", "F~5/"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

// RFC 4648 10's vectors, and the offsets by what can be seen: base64 of "/bin/bash" after 0, 1
// and 2 bytes.
static void encodings(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|base64: foobar", "F=Zm9vYmFy"},
        {"F|base64: fooba", "F=Zm9vYmE="},
        {"F|base64: foob", "F=Zm9vYg=="},
        {"F|base64: ''", "F="},
        {"F|base64|contains: foo", "F=<*>Zm9v<*>"},
        {"F|base64: 'a\\*b'", "F=YSpi"},
        {"F|base64offset|contains: '/bin/bash'",
         "(F=<*>L2Jpbi9iYXNo<*> | F=<*>9iaW4vYmFza<*> | F=<*>vYmluL2Jhc2<*>)"},
        {"F|base64offset|contains|all: [foo, bar]",
         "((F=<*>Zm9v<*> | F=<*>Zvb<*> | F=<*>mb2<*>) & (F=<*>YmFy<*> | F=<*>Jhc<*> | "
         "F=<*>iYX<*>))"},
        {"F|wide: cmd", "F=c\\0m\\0d\\0"},
        {"F|utf16le: cmd", "F=c\\0m\\0d\\0"},
        {"F|utf16be: cmd", "F=\\0c\\0m\\0d"},
        {"F|wide|base64: cmd", "F=YwBtAGQA"},
        {"F|utf16be|base64: cmd", "F=AGMAbQBk"},
        {"F|utf16|base64: cmd", "F=//5jAG0AZAA="},
        {"F|utf16le|base64: '\xf0\x9f\x98\x80'", "F=PdgA3g=="},
        {"F|wide|base64offset|contains: ab", "(F=<*>YQBiA<*> | F=<*>EAYg<*> | F=<*>hAGIA<*>)"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

#define FIVE(before, after)                                                                        \
    "(F=" before "-" after " | F=" before "/" after " | F=" before "\xe2\x80\x93" after            \
    " | F=" before "\xe2\x80\x94" after " | F=" before "\xe2\x80\x95" after ")"

static void dashes(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|windash: '-foo'", FIVE("", "foo")},
        {"F|windash: '/foo'", FIVE("", "foo")},
        {"F|windash: '\xe2\x80\x93"
         "foo'",
         FIVE("", "foo")},
        {"F|contains|windash: ' -f '", FIVE("<*> ", "f <*>")},
        {"F|windash|contains: ' -f '", FIVE("<*> ", "f <*>")},
        {"F|windash: 'a-b'", "F=a-b"},
        {"F|windash: 'C:/x'", FIVE("C:", "x")},
        {"F|windash: 'foo -'", "F=foo -"},
        {"F|windash: '--x'", FIVE("-", "x")},
        {"F|windash: x", "F=x"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
    // All permutations: 5 x 5.
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put_detection(&fixture, "    s:\n        F|windash: '-a -b'\n    condition: s");
    fixture_read(&fixture, NULL);
    assert_int_equal(fixture.rules.trees[0].root->child_count, 25);
    fixture_done(&fixture);
}

static void networks_numbers_and_times(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|cidr: 10.0.0.0/8", "F@::ffff:10.0.0.0/104"},
        {"F|cidr: 10.1.2.3/8", "F@::ffff:10.0.0.0/104"},
        {"F|cidr: 192.168.1.7", "F@::ffff:192.168.1.7/128"},
        {"F|cidr: 0.0.0.0/0", "F@::ffff:0.0.0.0/96"},
        {"F|cidr: 'fe80::/10'", "F@fe80::/10"},
        {"F|cidr: '::1/128'", "F@::1/128"},
        {"F|cidr: ['10.0.0.0/8', '::/0']", "(F@::ffff:10.0.0.0/104 | F@::/0)"},
        {"F|cidr|neq: 10.0.0.0/8", "!F@::ffff:10.0.0.0/104"},
        {"F|lt: 5", "F<5"},
        {"F|lte: 0x10", "F<=16"},
        {"F|gt: 1.5", "F>1.5"},
        {"F|gte: -1e3", "F>=-1000"},
        {"F|minute: 59", "F.minute=59"},
        {"F|hour: [1, 2]", "(F.hour=1 | F.hour=2)"},
        {"F|day|neq: 31", "!F.day=31"},
        {"F|week: 1", "F.week=1"},
        {"F|month: 12", "F.month=12"},
        {"F|year: 2024", "F.year=2024"},
        {"F|hour|gte: 22", "(F.hour=22 | F.hour=23)"},
        {"F|month|lt: 2", "F.month=1"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

static void field_references(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|fieldref: G", "F=$G"},
        {"F|fieldref|neq: G", "!F=$G"},
        {"F|fieldref|startswith: G", "F=^$G"},
        {"F|endswith|fieldref: G", "F=$$G"},
        {"F|fieldref|contains|cased: G", "F==*$G"},
        {"F|fieldref: [G, H]", "(F=$G | F=$H)"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

static void keywords(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"'|all': [a, ' -b ']", "(=<*>a<*> & =<*> -b <*>)"},
        {"'': [a, b]", "(=<*>a<*> | =<*>b<*>)"},
        {"'|re': 'a.b'", "~a.b/"},
        {"'|cased': Ab", "==<*>Ab<*>"},
        {"'|contains': a", "=<*>a<*>"},
        {"'|all': ['*a*', 4688]", "(=<*>a<*> & =<*>4688<*>)"},
    };
    expect_trees(rows, ARRAY_SIZE(rows), NULL);
}

static void placeholders(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|expand: '%servers%'", "(F=srv<*> | F=db1)"},
        {"F|contains|expand: 'x%servers%'", "(F=<*>xsrv<*> | F=<*>xdb1<*>)"},
        {"F|expand: '\\%plain%one%'", "F=%plain1"},
        {"F|expand: '%one%-%servers%'", "(F=1-srv<*> | F=1-db1)"},
        {"F|expand: '100%'", "F=100%"},
        {"F|cidr|expand: '%net%'", "F@::ffff:10.0.0.0/104"},
        {"F: '%undefined%'", "F=%undefined%"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "p.yml", "servers:\n  - srv*\n  - db1\none: 1\nnet: ['10.0.0.0/8']\n");
    char path[512];
    snprintf(path, sizeof path, "%s/p.yml", fixture.directory);
    const char *paths[] = {path};
    struct ruleset_options options = {.placeholder_paths = paths, .placeholder_count = 1};
    expect_trees(rows, ARRAY_SIZE(rows), &options);
    fixture_done(&fixture);
}

static void combinations_without_meaning(void **state) {
    (void)state;
    static const struct row rows[] = {
        {"F|containz: a", "unknown modifier 'containz'"},
        {"F|: a", "unknown modifier ''"},
        {"F|contains|contains: a", "the modifier 'contains' is there twice"},
        {"F|contains|startswith: a", "the modifier 'startswith' cannot be used with 'contains'"},
        {"F|re|contains: a", "the modifier 'contains' cannot be used with 're'"},
        {"F|re|cased: a", "the modifier 'cased' cannot be used with 're'"},
        {"F|re|base64: a", "the modifier 'base64' cannot be used with 're'"},
        {"F|i: a", "the modifier 'i' only follows 're'"},
        {"F|cidr|startswith: 1", "the modifier 'startswith' cannot be used with 'cidr'"},
        {"F|exists|neq: true", "the modifier 'neq' cannot be used with 'exists'"},
        {"F|exists: 1", "'exists' takes true or false"},
        {"F|exists: 'true'", "'exists' takes true or false"},
        {"F|exists: [true]", "'exists' takes true or false, no list"},
        {"F|lt|gt: 1", "the modifier 'gt' cannot be used with 'lt'"},
        {"F|lt|neq: 1", "the modifier 'neq' cannot be used with 'lt'"},
        {"F|lt: a", "'a' is no number"},
        {"F|lt: nan", "'nan' is no number"},
        {"F|hour: 24", "'24' is no hour (0 to 23)"},
        {"F|month: x", "'x' is no month (1 to 12)"},
        {"F|cidr: 10.0.0.0/33", "'10.0.0.0/33' is no network (address/bits)"},
        {"F|cidr: 10.0.0/8", "'10.0.0/8' is no network (address/bits)"},
        {"F|cidr: '::/129'", "'::/129' is no network (address/bits)"},
        {"F|cidr: '::/'", "'::/' is no network (address/bits)"},
        {"F|base64: 'a*'", "'base64' encodes texts without wildcards (put contains, startswith "
                           "or endswith after it)"},
        {"F|contains|base64: a", "'base64' encodes texts without wildcards (put contains, "
                                 "startswith or endswith after it)"},
        {"F|base64|base64offset: a", "the modifier 'base64offset' cannot be used with 'base64'"},
        {"F|base64offset: ab", "'base64offset' needs at least three bytes"},
        {"F|wide|utf16: a", "the modifier 'utf16' cannot be used with 'wide'"},
        {"F|utf16: a", "'utf16' needs base64 or base64offset after it: no field has a byte order "
                       "mark in it"},
        {"F|windash|re: a", "the modifier 're' cannot be used with 'windash'"},
        {"F|windash: '-a -b -c -d -e -f'", "the value stands for more than 3125 texts"},
        {"F|expand: '%x%'", "the placeholder %x% is not defined"},
        {"F|fieldref: ''", "'fieldref' needs the name of a field"},
        {"F|fieldref|windash: G", "the modifier 'windash' cannot be used with 'fieldref'"},
        {"F|contains: null", "null takes no modifier but 'neq'"},
        {"F: ['', null]", "null cannot be one of several values: make it a selection of its own"},
        {"F: []", "an empty list of values"},
        {"F: {a: b}", "a value must be a scalar or a list of scalars"},
        {"F: [[a]]", "a value must be a scalar or a list of scalars"},
        {"'|startswith': a", "'|startswith' needs the name of a field before it"},
        {"'|cidr': 10.0.0.0/8", "'|cidr' needs the name of a field before it"},
        {"'': null", "null cannot be searched for without a field"},
        {"'|all': [a, null]",
         "null cannot be one of several values: make it a selection of its own"},
    };
    expect_refusals(rows, ARRAY_SIZE(rows), 8);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(escapes_and_wildcards),
        cmocka_unit_test(plain_scalars),
        cmocka_unit_test(generic_modifiers),
        cmocka_unit_test(encodings),
        cmocka_unit_test(dashes),
        cmocka_unit_test(networks_numbers_and_times),
        cmocka_unit_test(field_references),
        cmocka_unit_test(keywords),
        cmocka_unit_test(placeholders),
        cmocka_unit_test(combinations_without_meaning),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
