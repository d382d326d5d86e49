// Sigma selections and conditions, one row each
// SPDX-License-Identifier: Apache-2.0
#include "base/slice.h"
#include "sigma_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

// Four selections for all conditions: A=1, B=2 and so on.
static const char selections[] = "    sel_a:\n        A: 1\n    sel_b:\n        B: 2\n"
                                 "    filter:\n        C: 3\n    _hidden:\n        D: 4\n";

static void expect(struct fixture *fixture, const char *detection, const char *expected) {
    fixture_put_detection(fixture, detection);
    fixture_read(fixture, NULL);
    const char *got;
    if (fixture->rules.complaint_count) {
        buffer_reset(&fixture->text);
        const struct rule_complaint *complaint = &fixture->rules.complaints[0];
        buffer_append_format(&fixture->text, "%u: %.*s", complaint->line, (int)complaint->text.size,
                             (const char *)complaint->text.data);
        buffer_append_byte(&fixture->text, 0);
        got = (const char *)fixture->text.data;
    } else {
        got = print_tree(fixture, fixture->rules.trees[0].root);
    }
    if (strcmp(got, expected) != 0)
        fail_msg("%s\n    %s\nexpected\n    %s", detection, got, expected);
}

static void conditions(void **state) {
    (void)state;
    static const struct {
        const char *condition;
        const char *expected;
    } rows[] = {
        {"sel_a", "A=1"},
        {"sel_a and sel_b", "(A=1 & B=2)"},
        {"sel_a or sel_b and filter", "(A=1 | (B=2 & C=3))"},
        {"sel_a and sel_b or filter", "((A=1 & B=2) | C=3)"},
        {"(sel_a or sel_b) and not filter", "((A=1 | B=2) & !C=3)"},
        {"not sel_a and sel_b", "(!A=1 & B=2)"},
        {"not (sel_a and sel_b)", "!(A=1 & B=2)"},
        {"not not sel_a", "A=1"},
        {"((sel_a))", "A=1"},
        {"1 of sel_*", "(A=1 | B=2)"},
        {"any of sel_*", "(A=1 | B=2)"},
        {"all of sel_*", "(A=1 & B=2)"},
        {"not 1 of sel_*", "!(A=1 | B=2)"},
        {"1 of them", "(A=1 | B=2 | C=3)"},
        {"all of them", "(A=1 & B=2 & C=3)"},
        {"1 of *", "(A=1 | B=2 | C=3)"},
        {"1 of *_a", "A=1"},
        {"1 of s*l*b", "B=2"},
        {"1 of _*", "D=4"},
        {"1 of sel_a", "A=1"},
        {"sel_a and _hidden", "(A=1 & D=4)"},
        {"sel_a AND NOT sel_b", "(A=1 & !B=2)"},
        {"all of sel_* and not 1 of filter*", "((A=1 & B=2) & !C=3)"},
        {"[sel_a, sel_b]", "(A=1 | B=2)"},
        {"[sel_a and sel_b, not filter]", "((A=1 & B=2) | !C=3)"},
        {"sel_a and", "15: condition: the name of a selection is missing at 'its end'"},
        {"and sel_a", "15: condition: the name of a selection is missing at 'and'"},
        {"(sel_a", "15: condition: ')' is missing at 'its end'"},
        {"sel_a)", "15: condition: 'and' or 'or' is missing at ')'"},
        {"sel_a sel_b", "15: condition: 'and' or 'or' is missing at 'sel_b'"},
        {"sel_c", "15: condition: there is no such selection at 'sel_c'"},
        {"1 of x*", "15: condition: no selection fits at 'x*'"},
        {"2 of sel_*", "15: condition: only '1 of', 'any of' and 'all of' are known at '2'"},
        {"1 of", "15: condition: the name of a selection or 'them' is missing at 'its end'"},
        {"''", "15: condition: the name of a selection is missing at 'its end'"},
        {"[]", "15: the condition is empty"},
        {"{a: b}", "15: a condition must be a text"},
        {"sel_a | count() by User > 5",
         "15: the condition uses the old aggregation after '|' (Sigma 1): write a correlation "
         "document instead"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[2048];
        snprintf(text, sizeof text, "%s    condition: %s", selections, rows[i].condition);
        expect(&fixture, text, rows[i].expected);
    }
    fixture_done(&fixture);
}

static void selections_are_lists_and_maps(void **state) {
    (void)state;
    static const struct {
        const char *detection;
        const char *expected;
    } rows[] = {
        // Sigma rules 2.1.0, "Lists" and "Maps".
        {"    k:\n        - 'EVILSERVICE'\n        - 'svchost.exe -n evil'\n    condition: k",
         "(=<*>EVILSERVICE<*> | =<*>svchost.exe -n evil<*>)"},
        {"    s:\n        - Image|endswith: '\\\\example.exe'\n"
         "        - Description|contains: 'Test executable'\n    condition: s",
         "(Image=<*>\\example.exe | Description=<*>Test executable<*>)"},
        {"    s:\n        EventLog: Security\n        EventID:\n            - 517\n"
         "            - 1102\n    condition: s",
         "(EventLog=Security & (EventID=517 | EventID=1102))"},
        {"    s:\n        - A: 1\n          B: 2\n        - word\n    condition: s",
         "((A=1 & B=2) | =<*>word<*>)"},
        {"    k: one word\n    condition: k", "=<*>one word<*>"},
        {"    k:\n        - 4688\n    condition: k", "=<*>4688<*>"},
        {"    s:\n        A: 1\n    timeframe: 5m\n    condition: s", "A=1"},
        {"    s: []\n    condition: s", "7: an empty list"},
        {"    s: {}\n    condition: s", "7: an empty map"},
        {"    s:\n        - [a]\n    condition: s", "8: a list inside a list of a selection"},
        {"    s: ~\n    condition: s", "7: null cannot be searched for without a field"},
        {"    condition: s", "6: there is no selection"},
        {"    s:\n        A: 1", "6: there is no condition"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        expect(&fixture, rows[i].detection, rows[i].expected);
    fixture_done(&fixture);
}

static void depth_and_size_have_ceilings(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    char text[16000] = "    s:\n        A: 1\n    condition: ";
    size_t size = strlen(text);
    for (int i = 0; i < 80; i++)
        text[size++] = '(';
    text[size] = 0;
    expect(&fixture, text, "9: condition: too many parentheses at '('");
    // A thousand selections of a thousand values, used a thousand times.
    size = (size_t)snprintf(text, sizeof text, "    s:\n        A: [");
    for (int i = 0; i < 1000; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "a%d,", i);
    size += (size_t)snprintf(text + size, sizeof text - size, "b]\n    condition: s");
    for (int i = 0; i < 600; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, " and s");
    expect(&fixture, text, "9: condition: more than 262144 values when written out");
    fixture_done(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(conditions),
        cmocka_unit_test(selections_are_lists_and_maps),
        cmocka_unit_test(depth_and_size_have_ceilings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
