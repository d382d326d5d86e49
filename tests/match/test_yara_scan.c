// YARA rules: reading, hits, limits
// SPDX-License-Identifier: Apache-2.0
#include "match/yara_scan.h"

#include "base/buffer.h"
#include "match/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char top[] = "/tmp/test-yara-XXXXXX";

static const char *place(const char *name) {
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", top, name);
    return path;
}

static void put(const char *name, const char *text) {
    FILE *file = fopen(place(name), "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static struct yara_rules *rules_of(const char *text) {
    put("one.yar", text);
    char path[256];
    snprintf(path, sizeof path, "%s", place("one.yar"));
    const char *paths[] = {path};
    struct yara_rules *rules = NULL;
    struct problem problem = {0};
    if (yara_rules_new(paths, 1, &rules, &problem) != STATUS_OK)
        fail_msg("%s", problem.text);
    return rules;
}

// "rule:$a@3+5,...;" for each hit
struct seen {
    const struct yara_rules *rules;
    struct buffer text;
};

static void seen_hit(void *context, const struct yara_hit *hit) {
    struct seen *seen = context;
    buffer_append_slice(&seen->text, yara_rules_rule(seen->rules, hit->rule)->id);
    buffer_append_byte(&seen->text, ':');
    for (uint32_t i = 0; i < hit->match_count; i++) {
        buffer_append_slice(&seen->text, hit->matches[i].identifier);
        buffer_append_format(&seen->text, "@%u+%u,", (unsigned)hit->matches[i].offset,
                             hit->matches[i].size);
    }
    for (uint32_t i = 0; i < hit->meta_count; i++) {
        buffer_append_slice(&seen->text, hit->metas[i][0]);
        buffer_append_byte(&seen->text, '=');
        buffer_append_slice(&seen->text, hit->metas[i][1]);
    }
    buffer_append_byte(&seen->text, ';');
}

static void assert_hits(const struct yara_rules *rules, const char *bytes, bool log,
                        const char *wanted) {
    struct seen seen = {.rules = rules};
    buffer_init(&seen.text, 1 << 20);
    struct yara_sink sink = {&seen, seen_hit};
    struct yara_scanner *scanner = yara_scanner_new(rules);
    struct slice text = slice_of_string(bytes);
    struct unit unit = {.fd = -1, .bytes = text, .size = text.size, .path = SLICE("d/x.php")};
    const char *reason =
        log ? yara_scan_log(scanner, text, &sink) : yara_scan_file(scanner, &unit, &sink);
    assert_null(reason);
    yara_scanner_free(scanner);
    buffer_append_byte(&seen.text, 0);
    assert_string_equal((const char *)seen.text.data, wanted);
    buffer_done(&seen.text);
}

static void hits(void **state) {
    (void)state;
    struct yara_rules *rules = rules_of(
        "rule a { meta: description = \"An A\" author = \"me\" score = 85\n"
        " strings: $x = \"abc\" $y = /b+d/ condition: any of them }\n"
        "rule logs : LOG web { meta: severity = \"low\" strings: $x = \"abc\" condition: $x }\n"
        "rule names { condition: extension == \".php\" and filename == \"x.php\" and "
        "filepath == \"d\" }\n");
    assert_int_equal(yara_rules_count(rules), 3);
    const struct rule *rule = yara_rules_rule(rules, 0);
    assert_true(slice_equal_string(rule->title, "An A"));
    assert_int_equal(rule->level, RULE_LEVEL_HIGH);
    rule = yara_rules_rule(rules, 1);
    assert_int_equal(rule->level, RULE_LEVEL_LOW);
    assert_int_equal(rule->tag_count, 2);
    assert_true(yara_rules_have_logs(rules));
    assert_hits(rules, "..abc.abc.bbd", false, "a:$x@2+3,$x@6+3,$y@10+3,$y@11+2,author=me;names:;");
    assert_hits(rules, "..abc", true, "logs:$x@2+3,severity=low;");
    assert_hits(rules, "", true, "");
    yara_rules_free(rules);
}

static void refused_files(void **state) {
    (void)state;
    mkdir(place("d"), 0700);
    put("d/1.yar", "rule fine { condition: true }\n");
    put("d/2.yara", "rule bad {\n condition:\n  $x\n}\n");
    put("d/3.yar", "include \"1.yar\"\nrule other { condition: true }\n");
    put("d/4.txt", "not a rule file\n");
    put("d/5.yar", "rule fine { condition: false }\n");
    char path[256];
    snprintf(path, sizeof path, "%s", place("d"));
    const char *paths[] = {path, path};
    struct yara_rules *rules = NULL;
    struct problem problem;
    assert_int_equal(yara_rules_new(paths, 2, &rules, &problem), STATUS_OK);
    assert_int_equal(yara_rules_count(rules), 2); // of the same name in two files
    assert_int_equal(yara_rules_complaint_count(rules), 2);
    assert_true(slice_ends(yara_rules_complaint(rules, 0)->file, SLICE("/d/2.yara")));
    assert_true(yara_rules_complaint(rules, 0)->line >= 3);
    assert_true(slice_ends(yara_rules_complaint(rules, 1)->file, SLICE("/d/3.yar")));
    assert_int_equal(yara_rules_complaint(rules, 1)->line, 1);
    assert_false(yara_rules_have_logs(rules));
    yara_rules_free(rules);
}

static void nothing_to_scan_with(void **state) {
    (void)state;
    put("bad.yar", "rule bad { condition: }\n");
    char path[256];
    snprintf(path, sizeof path, "%s", place("bad.yar"));
    const char *paths[] = {path};
    struct yara_rules *rules = NULL;
    struct problem problem;
    assert_int_equal(yara_rules_new(paths, 1, &rules, &problem), STATUS_USAGE);
    assert_non_null(strstr(problem.text, "bad.yar:1:"));
    put("bad.yar", "");
    assert_int_equal(yara_rules_new(paths, 1, &rules, &problem), STATUS_USAGE);
    snprintf(path, sizeof path, "%s", place("none.yar"));
    assert_int_not_equal(yara_rules_new(paths, 1, &rules, &problem), STATUS_OK);
}

// Machine code of foreign rules is not loaded, whatever it is called.
static void compiled_rules_are_refused(void **state) {
    (void)state;
    char path[256];
    snprintf(path, sizeof path, "%s", place("compiled.yar"));
    FILE *file = fopen(path, "w");
    fwrite("YARA\x0b\x14\x00\x00\x00\x00\x00\x00\x00", 1, 13, file);
    fclose(file);
    const char *paths[] = {path};
    struct yara_rules *rules = NULL;
    struct problem problem;
    assert_int_equal(yara_rules_new(paths, 1, &rules, &problem), STATUS_USAGE);
    assert_non_null(strstr(problem.text, "only sources are taken"));
}

int main(void) {
    if (!mkdtemp(top))
        return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(hits),
        cmocka_unit_test(refused_files),
        cmocka_unit_test(nothing_to_scan_with),
        cmocka_unit_test(compiled_rules_are_refused),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    static const char *const names[] = {"one.yar", "d/1.yar", "d/2.yara",     "d/3.yar", "d/4.txt",
                                        "d/5.yar", "bad.yar", "compiled.yar", "d"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove(place(names[i]));
    rmdir(top);
    return failed;
}
