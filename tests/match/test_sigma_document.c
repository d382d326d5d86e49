// Sigma documents: heads, filters, correlations, choice
// SPDX-License-Identifier: Apache-2.0
#include "base/slice.h"
#include "sigma_fixture.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#define SOURCE "logsource: {product: windows, category: process_creation}\n"
#define DETECTION "detection: {s: {A: 1}, condition: s}\n"

static void expect_text(struct slice text, const char *expected) {
    if (!slice_equal_string(text, expected))
        fail_msg("'%.*s', expected '%s'", (int)text.size, (const char *)text.data, expected);
}

static void heads_are_read(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "a.yml",
                "# a comment\ntitle: A title\nid: 00aa\nname: a_name\nstatus: test\nlevel: high\n"
                "tags: [attack.execution, attack.t1059.001]\n" SOURCE
                "detection:\n  s:\n    B: 1\n    A|fieldref: C\n  t:\n    B: 2\n"
                "  condition: s or t\n---\ntitle: No id\nlogsource: {service: zzz}\n" DETECTION);
    fixture_read(&fixture, NULL);
    assert_int_equal(fixture.rules.complaint_count, 0);
    assert_int_equal(fixture.rules.tree_count, 2);
    const struct rule *rule = &fixture.rules.trees[0].rule;
    expect_text(rule->id, "00aa");
    expect_text(rule->name, "a_name");
    expect_text(rule->title, "A title");
    assert_int_equal(rule->line, 2);
    assert_int_equal(rule->level, RULE_LEVEL_HIGH);
    assert_int_equal(rule->status, RULE_STATUS_TEST);
    assert_int_equal(rule->tag_count, 2);
    expect_text(rule->tags[1], "attack.t1059.001");
    assert_int_equal(rule->field_count, 3);
    expect_text(rule->fields[0], "B");
    expect_text(rule->fields[1], "A");
    expect_text(rule->fields[2], "C");
    assert_int_equal(rule->wanted.product, LOG_PRODUCT_WINDOWS);
    assert_int_equal(rule->wanted.category, LOG_CATEGORY_PROCESS_CREATION);
    assert_int_equal(rule->wanted.service, LOG_SERVICE_NONE);
    assert_false(rule->silent);
    rule = &fixture.rules.trees[1].rule;
    expect_text(rule->id, "No id");
    assert_int_equal(rule->line, 17);
    assert_int_equal(rule->level, RULE_LEVEL_MEDIUM);
    assert_int_equal(rule->wanted.service, LOG_UNKNOWN);
    fixture_done(&fixture);
}

static void refusals_name_line_and_reason(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *expected;
    } rows[] = {
        {SOURCE DETECTION, "1: there is no title"},
        {"title: t\n" DETECTION, "1: there is no logsource"},
        {"title: t\nlogsource: {definition: x}\n" DETECTION,
         "2: the logsource names no product, category or service"},
        {"title: t\n" SOURCE, "1: no Sigma document: neither detection, correlation nor filter"},
        {"title: t\nlevel: huge\n" SOURCE DETECTION, "2: unknown level 'huge'"},
        {"title: t\nstatus: fine\n" SOURCE DETECTION, "2: unknown status 'fine'"},
        {"title: t\ntaxonomy: ecs\n" SOURCE DETECTION,
         "2: the taxonomy 'ecs' is not known, only 'sigma'"},
        {"title: t\ntags: {a: b}\n" SOURCE DETECTION, "2: 'tags' must be a list"},
        {"action: global\ntitle: t\n",
         "1: 'action' (rule collections of Sigma 1) is not read: write whole documents"},
        {"- a\n", "1: no Sigma document: not a map"},
        {"title: t\n" SOURCE "detection: x\n", "3: 'detection' must be a map"},
        {"title: t\ntitle: u\n", "2: the key 'title' is there twice"},
        {"title: 't\n", "2: YAML: found unexpected end of stream while scanning a quoted scalar"},
        {"title: t\ncorrelation: {type: x}\n", "2: correlation: unknown type 'x'"},
        {"title: t\ncorrelation: {type: temporal}\n", "2: correlation: there are no rules"},
        {"title: t\ncorrelation: {type: temporal, rules: [a]}\n",
         "2: correlation: there is no timespan"},
        {"title: t\ncorrelation: {type: temporal, rules: [a], timespan: 5x}\n",
         "2: correlation: '5x' is no timespan (a number and s, m, h or d)"},
        {"title: t\ncorrelation: {type: event_count, rules: [a], timespan: 5m}\n",
         "2: correlation: 'event_count' needs a condition such as gte: 10"},
        {"title: t\ncorrelation: {type: value_count, rules: [a], timespan: 5m, condition: {gt: "
         "1}}\n",
         "2: correlation: 'value_count' needs a field in its condition"},
        {"title: t\ncorrelation: {type: event_count, rules: [a], timespan: 5m, condition: {ge: "
         "1}}\n",
         "2: correlation: unknown condition 'ge'"},
        {"title: t\ncorrelation: {type: temporal, rules: [a], timespan: 5m, aliases: {x: {b: "
         "F}}}\n",
         "2: correlation: the alias 'x' speaks of 'b', which is not in 'rules'"},
        {"title: t\ncorrelation: {type: temporal, rules: [a], timespan: 5m}\n",
         "1: correlation: there is no rule 'a' (or it was refused)"},
        {"title: t\nname: t\ncorrelation: {type: temporal, rules: [t], timespan: 5m}\n",
         "1: correlation: refers to itself in a circle, to a correlation that was refused, or "
         "over more than 16 links"},
        {"title: t\nfilter: {s: {A: 1}, condition: s}\n", "1: there is no logsource"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        fixture_put(&fixture, "a.yml", rows[i].text);
        fixture_read(&fixture, NULL);
        char got[512] = "accepted";
        const struct rule_complaint *complaint = fixture.rules.complaints;
        if (fixture.rules.complaint_count)
            snprintf(got, sizeof got, "%u: %.*s", complaint->line, (int)complaint->text.size,
                     (const char *)complaint->text.data);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s%s\nexpected\n%s", rows[i].text, got, rows[i].expected);
        assert_int_equal(fixture.rules.tree_count + fixture.rules.correlation_count, 0);
    }
    fixture_done(&fixture);
}

static void other_documents_survive_a_refused_one(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "a.yml",
                "title: a\n" SOURCE DETECTION "---\ntitle: b\n---\ntitle: c\n" SOURCE DETECTION);
    fixture_read(&fixture, NULL);
    assert_int_equal(fixture.rules.tree_count, 2);
    assert_int_equal(fixture.rules.complaint_count, 1);
    assert_int_equal(fixture.rules.complaints[0].line, 5);
    fixture_done(&fixture);
}

// Sigma filters 2.1.0; both spellings (see sigma_filter.c).
static void filters_take_matches_away(void **state) {
    (void)state;
    static const struct {
        const char *filter;
        const char *expected;
    } rows[] = {
        {"  rules: [x1]\n  s: {User|startswith: adm_}\n  condition: s\n", "(A=1 & !User=adm_<*>)"},
        {"  rules: [the_name]\n  s: {U: 2}\n  condition: not s\n", "(A=1 & !U=2)"},
        {"  rules: any\n  s: {U: 2}\n  t: {V: 3}\n  condition: not s and not t\n",
         "(A=1 & (!U=2 & !V=3))"},
        {"  s: {U: 2}\n  t: {V: 3}\n  condition: s and not t\n", "(A=1 & !(U=2 & !V=3))"},
        {"  s_1: {U: 2}\n  s_2: {V: 3}\n  condition: not 1 of s_*\n", "(A=1 & !(U=2 | V=3))"},
        {"  rules: [other]\n  s: {U: 2}\n  condition: s\n", "A=1"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(&fixture, "rule.yml", "title: r\nid: X1\nname: the_name\n" SOURCE DETECTION);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[1024];
        snprintf(text, sizeof text, "title: f\nlogsource: {product: windows}\nfilter:\n%s",
                 rows[i].filter);
        fixture_put(&fixture, "filter.yml", text);
        fixture_read(&fixture, NULL);
        assert_int_equal(fixture.rules.complaint_count, 0);
        assert_int_equal(fixture.rules.tree_count, 1);
        const char *got = print_tree(&fixture, fixture.rules.trees[0].root);
        if (strcmp(got, rows[i].expected) != 0)
            fail_msg("%s%s\nexpected\n%s", text, got, rows[i].expected);
    }
    fixture_put(&fixture, "filter.yml",
                "title: f\nlogsource: {product: linux}\nfilter: {s: {U: 2}, condition: s}\n");
    fixture_read(&fixture, NULL);
    assert_string_equal(print_tree(&fixture, fixture.rules.trees[0].root), "A=1");
    assert_int_equal(fixture.rules.remark_count, 1); // fits no rule
    fixture_done(&fixture);
}

#define RULE(name, level)                                                                          \
    "title: " name "\nname: " name "\nlevel: " level "\ntags: [attack.t1110]\n" SOURCE DETECTION   \
    "---\n"

static void correlations_are_linked(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(
        &fixture, "a.yml",
        RULE("failed", "low") RULE("success", "low") RULE(
            "alone",
            "low") "title: many\nname: many\ncorrelation:\n  type: value_count\n  rules: [failed]\n"
                   "  group-by: [User]\n  timespan: 10m\n  condition: {gte: 10, lt: 20, field: "
                   "Source}\n---\ntitle: then\nid: zz\nlevel: high\ncorrelation:\n"
                   "  type: temporal_ordered\n  rules: [many, success]\n  group-by: [who, Host]\n"
                   "  timespan: 1h\n  aliases:\n    who:\n      many: User\n"
                   "      success: TargetUser\n");
    fixture_read(&fixture, NULL);
    assert_int_equal(fixture.rules.complaint_count, 0);
    assert_int_equal(fixture.rules.tree_count, 3);
    assert_false(fixture.rules.trees[0].rule.silent); // alone
    assert_true(fixture.rules.trees[1].rule.silent);  // failed
    assert_true(fixture.rules.trees[2].rule.silent);  // success
    assert_int_equal(fixture.rules.correlation_count, 2);
    const struct correlation *many = &fixture.rules.correlations[0];
    const struct correlation *then = &fixture.rules.correlations[1];
    assert_int_equal(many->type, CORRELATION_VALUE_COUNT);
    assert_true(many->rule.silent);
    expect_text(many->field, "Source");
    assert_int_equal(many->bound_count, 2);
    assert_int_equal(many->bounds[1].compare, CORRELATION_LT);
    assert_true(many->bounds[1].number == 20);
    assert_int_equal(many->timespan_ns, INT64_C(600000000000));
    assert_int_equal(many->members[0].index, 1);
    expect_text(many->members[0].group_fields[0], "User");
    expect_text(then->rule.id, "zz");
    assert_false(then->rule.silent);
    assert_int_equal(then->member_count, 2);
    assert_true(then->members[0].is_correlation);
    assert_int_equal(then->members[0].index, 0);
    assert_int_equal(then->members[1].index, 2);
    expect_text(then->members[0].group_fields[0], "User");
    expect_text(then->members[1].group_fields[0], "TargetUser");
    expect_text(then->members[1].group_fields[1], "Host");
    fixture_done(&fixture);
}

static void generate_keeps_the_parts(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    const char *places[] = {"generate: true\ncorrelation:\n", "correlation:\n  generate: true\n"};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        char text[1024];
        snprintf(text, sizeof text,
                 RULE("a", "low") "title: c\n%s  type: event_count\n  rules: [a]\n"
                                  "  timespan: 1s\n  condition: {gte: 2}\n",
                 places[i]);
        fixture_put(&fixture, "a.yml", text);
        fixture_read(&fixture, NULL);
        assert_int_equal(fixture.rules.correlation_count, 1);
        assert_false(fixture.rules.trees[0].rule.silent);
    }
    fixture_done(&fixture);
}

static void choice_keeps_what_correlations_need(void **state) {
    (void)state;
    struct fixture fixture;
    fixture_init(&fixture);
    fixture_put(
        &fixture, "a.yml",
        RULE("low1", "low") RULE("low2", "low") RULE(
            "high1",
            "high") "title: c\nlevel: high\ncorrelation:\n  type: event_count\n  rules: [low1]\n"
                    "  timespan: 1d\n  condition: {gte: 2}\n");
    struct ruleset_options options = {.min_level = RULE_LEVEL_HIGH};
    fixture_read(&fixture, &options);
    assert_int_equal(fixture.rules.tree_count, 2);
    expect_text(fixture.rules.trees[0].rule.id, "high1");
    assert_false(fixture.rules.trees[0].rule.silent);
    expect_text(fixture.rules.trees[1].rule.id, "low1");
    assert_true(fixture.rules.trees[1].rule.silent);
    const char *const excluded[] = {"C", "HIGH1"};
    options = (struct ruleset_options){.excluded = excluded, .excluded_count = 2};
    fixture_read(&fixture, &options);
    assert_int_equal(fixture.rules.tree_count, 2);
    assert_int_equal(fixture.rules.correlation_count, 0);
    const char *const tags[] = {"ATTACK.t1110"};
    options = (struct ruleset_options){.tags = tags, .tag_count = 1};
    fixture_read(&fixture, &options);
    assert_int_equal(fixture.rules.tree_count, 3);
    const char *const statuses[] = {"stable"};
    options = (struct ruleset_options){.statuses = statuses, .status_count = 1};
    fixture_read(&fixture, &options);
    assert_int_equal(fixture.rules.tree_count, 0);
    fixture_done(&fixture);
}

static void lint_finds_what_cannot_hold(void **state) {
    (void)state;
    static const struct {
        const char *detection;
        const char *expected; // NULL: nothing to say
    } rows[] = {
        {"s: {User: 1}, condition: s", NULL},
        {"s: {User: 1}, condition: s and not s", "the condition can never hold"},
        {"s: {User: 1}, t: {User: 2}, condition: s and t", "the condition can never hold"},
        {"s: {User: 1}, t: {User: [2, 1]}, condition: s and t", NULL},
        {"s: {User: 1}, t: {User: 2}, condition: s or t", NULL},
        {"s: {User: abc}, t: {User|contains: b}, condition: s and t", NULL},
        {"s: {User: abc}, t: {User|endswith: b}, condition: s and t",
         "the condition can never hold"},
        {"s: {User: ABC}, t: {User|startswith: 'a?c'}, condition: all of them", NULL},
        {"s: {User: 1}, t: {User: null}, condition: s and t", "the condition can never hold"},
        {"s: {User: 1}, t: {Image: 2}, condition: s and not 1 of *",
         "the condition can never hold"},
        {"s: {User: 1}, t: {Image: 2}, condition: s", "the selection 't' is never used"},
        {"s: {Usr: 1}, condition: s", "unknown field 'Usr' for the category process_creation"},
        {"s: {User|contains: ''}, condition: s", "this value fits any text"},
        {"s: {User|contains|all: a}, condition: s", "'all' of a single value says nothing"},
    };
    struct fixture fixture;
    fixture_init(&fixture);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char text[1024];
        snprintf(text, sizeof text, "title: t\n" SOURCE "detection: {%s}\n", rows[i].detection);
        fixture_put(&fixture, "a.yml", text);
        fixture_read(&fixture, NULL);
        assert_int_equal(fixture.rules.complaint_count, 0);
        sigma_lint(&fixture.rules);
        const struct rule_complaint *complaint = fixture.rules.complaints;
        if (fixture.rules.complaint_count != (rows[i].expected != NULL))
            fail_msg("%s: %zu complaints", rows[i].detection, fixture.rules.complaint_count);
        if (rows[i].expected) {
            expect_text(complaint->text, rows[i].expected);
            assert_false(complaint->refused);
        }
    }
    fixture_put(&fixture, "a.yml",
                "title: t\nid: x\n" SOURCE DETECTION "---\ntitle: u\nid: x\nlogsource: {product: "
                "zzz}\n" DETECTION);
    fixture_read(&fixture, NULL);
    sigma_lint(&fixture.rules);
    size_t count = fixture.rules.complaint_count; // "A" is no field of process_creation either
    assert_int_equal(count, 3);
    fixture_done(&fixture);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_are_read),
        cmocka_unit_test(refusals_name_line_and_reason),
        cmocka_unit_test(other_documents_survive_a_refused_one),
        cmocka_unit_test(filters_take_matches_away),
        cmocka_unit_test(correlations_are_linked),
        cmocka_unit_test(generate_keeps_the_parts),
        cmocka_unit_test(choice_keeps_what_correlations_need),
        cmocka_unit_test(lint_finds_what_cannot_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
