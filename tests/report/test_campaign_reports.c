// Every report over hostile values
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

enum {
    TEXT_MAX = 64 << 20
};

static struct slice hostile(size_t number) {
    static const struct slice texts[] = {
        SLICE("<script>alert(1)</script>"),
        SLICE("\"><img src=x onerror=alert(1)>"),
        SLICE("' onmouseover='alert(1)"),
        SLICE("</style></title></svg><script>"),
        SLICE("javascript:alert(1)//&lt;"),
        SLICE("a\0<b"),
        SLICE("\xe2\x80\xae"
              "gpj.exe"),
        SLICE("\n# heading\n| cell |\n"),
        SLICE("[x](javascript:alert(1)) ![y](http://example.net/y) www.example.net"),
        SLICE("=cmd|' /C calc'!A0"),
        SLICE("\xff\xfe<\x80"),
        SLICE("\x1b]0;title\x07"),
        SLICE(""),
    };
    return number < ARRAY_SIZE(texts) ? texts[number] : (struct slice){NULL, 0};
}

enum {
    HOSTILE_COUNT = 13
};

// A campaign of three hosts, all of whose texts are one.
struct sample {
    struct slice text;
    struct reference reference[2];
    struct sentence sentence;
    struct campaign_host hosts[3];
    struct campaign_server server;
    struct bystander bystanders[2];
    struct campaign_stage stages[2];
    struct campaign_technique technique;
    struct campaign_wave wave;
    struct campaign_theft theft;
    uint32_t members[2];
    struct campaign campaigns[2];
    struct rule rule;
    struct lead lead;
    struct reconstruction made;
    struct cited cited;
};

static struct slice path_of(const void *context, uint32_t source) {
    (void)source;
    return *(const struct slice *)context;
}

static void sample_hosts(struct sample *sample) {
    for (int i = 0; i < 3; i++)
        sample->hosts[i] = (struct campaign_host){
            .host = (uint32_t)i,
            .name = sample->text,
            .aliases = &sample->text,
            .alias_count = 1,
            .state = HOST_STATE_CONFIRMED,
            .first_ns = 1000000000000000000 + i * 5000000000000,
            .last_ns = 1000000009000000000 + i * 5000000000000,
            .best = {i - 1, sample->text, 4200, 0, sample->reference, 2, i == 0},
            .runners_up = {{i == 2 ? 0 : -1, sample->text, 5200, 0, sample->reference, 1, false}},
            .runner_up_count = 1,
            .artefacts = &sample->text,
            .artefact_count = 1,
            .accounts = &sample->text,
            .account_count = 1,
            .stages = 1u << STAGE_ENTRY | 1u << STAGE_SPREAD,
            .references = sample->reference,
            .reference_count = 2};
}

static void sample_init(struct sample *sample, struct slice text) {
    *sample = (struct sample){.text = text, .members = {1, 2}};
    for (int i = 0; i < 2; i++) {
        memset(sample->reference[i].sha256, 17 + i, DIGEST_SHA256_SIZE);
        sample->reference[i].time_ns = 1000000000000000000 + i;
        sample->reference[i].position.line = 7;
    }
    sample_hosts(sample);
    const struct reference *cited = sample->reference;
    for (uint32_t i = 0; i < 2; i++)
        sample->bystanders[i] =
            (struct bystander){.host = 7 + i,
                               .name = text,
                               .aliases = &sample->text,
                               .alias_count = 1,
                               .state = i ? HOST_STATE_CLEARED : HOST_STATE_EXPOSED,
                               .first_ns = 1000000000000000000,
                               .source = 1,
                               .reason = text,
                               .references = cited,
                               .reference_count = 2};
    sample->sentence = (struct sentence){text, cited, 2};
    sample->server = (struct campaign_server){1, text, cited, 2};
    for (int i = 0; i < 2; i++)
        sample->stages[i] = (struct campaign_stage){i ? STAGE_SPREAD : STAGE_ENTRY,
                                                    1000000000000000000 + i,
                                                    1000086400000000000,
                                                    3,
                                                    &sample->sentence,
                                                    1,
                                                    text,
                                                    cited,
                                                    2};
    sample->technique = (struct campaign_technique){text, 1u << STAGE_ENTRY | 1u << STAGE_SPREAD,
                                                    1000000000000000000, cited, 2};
    sample->wave = (struct campaign_wave){
        0, text, 1000000000000000000, 1000086400000000000, sample->members, 2, cited, 2};
    sample->theft = (struct campaign_theft){
        1, text, text, text, 4200000000, true, 1000000000000000000, 1000086400000000000, cited, 2};
    for (int i = 0; i < 2; i++)
        sample->campaigns[i] = (struct campaign){.id = text,
                                                 .title = text,
                                                 .is_incident = i == 1,
                                                 .confidence = text,
                                                 .hosts = sample->hosts,
                                                 .host_count = 3,
                                                 .servers = &sample->server,
                                                 .server_count = 1,
                                                 .stages = sample->stages,
                                                 .stage_count = 2,
                                                 .techniques = &sample->technique,
                                                 .technique_count = 1,
                                                 .waves = &sample->wave,
                                                 .wave_count = 1,
                                                 .thefts = &sample->theft,
                                                 .theft_count = 1,
                                                 .remediation = &sample->sentence,
                                                 .remediation_count = 1,
                                                 .unknowns = &sample->sentence,
                                                 .unknown_count = 1,
                                                 .bystanders = sample->bystanders,
                                                 .bystander_count = 2,
                                                 .exposed_count = 1,
                                                 .cleared_count = 1};
    sample->rule = (struct rule){.title = text, .level = RULE_LEVEL_HIGH};
    sample->lead = (struct lead){&sample->rule, text, 1000000000000000000, 3, cited, 2};
    sample->made = (struct reconstruction){&sample->campaigns[0], 1, &sample->campaigns[1], 1,
                                           &sample->lead,         1};
    cited_init(&sample->cited, &sample->made);
}

static void sample_write(const struct sample *sample,
                         void (*append)(struct buffer *to, const struct report_input *input),
                         struct buffer *to) {
    struct source_names names = {&sample->text, path_of};
    struct gap_sum gap = {.reason = "<reason>", .count = 1};
    struct report_input input = {.reconstruction = &sample->made,
                                 .cited = &sample->cited,
                                 .names = &names,
                                 .gaps = &gap,
                                 .gap_count = 1};
    buffer_init(to, TEXT_MAX);
    append(to, &input);
    assert_false(to->failed);
}

static size_t count_text(struct slice in, const char *what) {
    size_t count = 0;
    const uint8_t *at = in.data, *end = in.data + in.size;
    while ((at = memmem(at, (size_t)(end - at), what, strlen(what))) != NULL) {
        count++;
        at++;
    }
    return count;
}

// The page's markup is the same whatever the values are.
static void html_has_no_markup_of_values(void **state) {
    (void)state;
    static const char *const marks[] = {"<", ">", "\"", "'"};
    struct sample sample;
    struct buffer plain, text;
    sample_init(&sample, SLICE("harmless"));
    sample_write(&sample, report_append_html, &plain);
    cited_done(&sample.cited);
    for (size_t number = 0; number + 1 < HOSTILE_COUNT; number++) {
        sample_init(&sample, hostile(number));
        sample_write(&sample, report_append_html, &text);
        for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
            if (count_text(buffer_slice(&text), marks[i]) !=
                count_text(buffer_slice(&plain), marks[i]))
                fail_msg("text %zu changes the number of %s", number, marks[i]);
        assert_true(text_is_utf8(buffer_slice(&text)));
        assert_null(memchr(text.data, 0, text.size));
        assert_int_equal(count_text(buffer_slice(&text), "\xe2\x80\xae"), 0);
        assert_int_equal(count_text(buffer_slice(&text), "<script"), 1);
        cited_done(&sample.cited);
        buffer_done(&text);
    }
    buffer_done(&plain);
}

// A campaign of a whole fleet of 5,000, half of it a wave, fits a page of 5 MB; appendix included.
static void html_of_a_fleet_is_small(void **state) {
    (void)state;
    enum {
        FLEET = 5000,
        PAGE_MAX = 5 * 1000 * 1000
    };
    struct sample sample;
    sample_init(&sample, SLICE("PC-00000.corp.example.com"));
    struct campaign_host *hosts = test_calloc(FLEET, sizeof *hosts);
    struct reference *references = test_calloc(FLEET * 2, sizeof *references);
    uint32_t *members = test_calloc(FLEET, sizeof *members);
    for (uint32_t i = 0; i < 2 * FLEET; i++) {
        references[i] = sample.reference[0];
        memcpy(references[i].sha256, &i, sizeof i);
        references[i].sha256[9] = (uint8_t)(i * 37);
    }
    for (uint32_t i = 0; i < FLEET; i++) {
        hosts[i] = sample.hosts[1];
        hosts[i].best = (struct explanation){
            i ? 0 : -1, SLICE("wave of an update"), 1000, 0, references + 2 * (size_t)i, 2, false};
        hosts[i].references = references + 2 * (size_t)i;
        hosts[i].runner_up_count = 0;
        members[i] = i;
    }
    sample.wave.hosts = members;
    sample.wave.host_count = FLEET / 2;
    sample.campaigns[0].hosts = hosts;
    sample.campaigns[0].host_count = FLEET;
    sample.made.incident_count = 0;
    cited_done(&sample.cited);
    cited_init(&sample.cited, &sample.made);
    struct buffer text;
    sample_write(&sample, report_append_html, &text);
    if (text.size > PAGE_MAX)
        fail_msg("%zu bytes", text.size);
    // Paper ends within the records of one file, and they keep their head.
    assert_int_equal(count_text(buffer_slice(&text), " class=p>"), 1);
    assert_int_equal(count_text(buffer_slice(&text), "<tbody>\n<tr><th colspan=5 scope=rowgroup>"),
                     count_text(buffer_slice(&text), "colspan=5 scope=rowgroup>"));
    assert_int_equal(count_text(buffer_slice(&text), "<tbody class=p>\n<tr id="), 0);
    buffer_done(&text);
    cited_done(&sample.cited);
    test_free(hosts);
    test_free(references);
    test_free(members);
}

// Where nothing but a right granted shows, no form for people says that credentials were taken.
static void a_stage_has_one_name(void **state) {
    (void)state;
    static void (*const forms[])(struct buffer * to, const struct report_input *input) = {
        report_append_html, report_append_markdown, report_append_text, report_append_stix,
        report_append_timesketch};
    struct sample sample;
    struct buffer text;
    sample_init(&sample, SLICE("harmless"));
    sample.made.incident_count = 0;
    sample.stages[1].stage = STAGE_CREDENTIALS;
    sample.stages[1].techniques = SLICE("T1098.002");
    for (int i = 0; i < 3; i++)
        sample.hosts[i].stages = 1u << STAGE_ENTRY | 1u << STAGE_CREDENTIALS;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++) {
        sample_write(&sample, forms[i], &text);
        if (count_text(buffer_slice(&text), "Privileges: right granted") == 0 ||
            count_text(buffer_slice(&text), stage_heading(STAGE_CREDENTIALS)))
            fail_msg("form %zu has another name for the stage", i);
        buffer_done(&text);
    }
    cited_done(&sample.cited);
}

static void html_asks_for_nothing(void **state) {
    (void)state;
    static const char *const banned[] = {"src=",    "url(http", "@import", "<link",
                                         "<iframe", "unsafe-",  " style=", " onclick"};
    struct sample sample;
    struct buffer text;
    sample_init(&sample, SLICE("harmless"));
    sample_write(&sample, report_append_html, &text);
    for (size_t i = 0; i < ARRAY_SIZE(banned); i++)
        assert_int_equal(count_text(buffer_slice(&text), banned[i]), 0);
    assert_int_equal(count_text(buffer_slice(&text), "default-src 'none'"), 1);
    cited_done(&sample.cited);
    buffer_done(&text);
}

static void html_tags_lead_to_records(void **state) {
    (void)state;
    struct sample sample;
    struct buffer text;
    sample_init(&sample, SLICE("harmless"));
    sample_write(&sample, report_append_html, &text);
    assert_int_equal(sample.cited.count, 2);
    size_t links = 0;
    for (uint32_t i = 0; i < 2; i++) {
        char tag[TAG_SIZE], row[32], link[32];
        cited_tag(&sample.cited, &sample.cited.references[i], tag);
        snprintf(row, sizeof row, "<tr id=%s>", tag);
        snprintf(link, sizeof link, "href=\"#%s\"", tag);
        assert_int_equal(count_text(buffer_slice(&text), row), 1);
        links += count_text(buffer_slice(&text), link);
    }
    assert_int_equal(links, count_text(buffer_slice(&text), "href=\"#E"));
    cited_done(&sample.cited);
    buffer_done(&text);
}

// Lines of Markdown and rows of CSV are as many as without hostile values.
static void lines_stay_lines(void **state) {
    (void)state;
    struct sample sample;
    struct buffer plain, text;
    sample_init(&sample, SLICE("harmless"));
    sample_write(&sample, report_append_markdown, &plain);
    cited_done(&sample.cited);
    for (size_t number = 0; number + 1 < HOSTILE_COUNT; number++) {
        sample_init(&sample, hostile(number));
        sample_write(&sample, report_append_markdown, &text);
        assert_int_equal(count_text(buffer_slice(&text), "\n"),
                         count_text(buffer_slice(&plain), "\n"));
        assert_int_equal(count_text(buffer_slice(&text), "<script"), 0);
        assert_int_equal(count_text(buffer_slice(&text), "[x]("), 0);
        buffer_done(&text);
        sample_write(&sample, report_append_hosts, &text);
        assert_int_equal(count_text(buffer_slice(&text), ",=cmd"), 0);
        assert_true(text_is_utf8(buffer_slice(&text)));
        buffer_done(&text);
        sample_write(&sample, report_append_stix, &text);
        assert_true(text_is_utf8(buffer_slice(&text)));
        assert_int_equal(count_text(buffer_slice(&text), "\x1b"), 0);
        cited_done(&sample.cited);
        buffer_done(&text);
    }
    buffer_done(&plain);
}

// Whatever a form is, bytes that come out are text, and no control gets through.
static void every_form_is_safe_text(void **state) {
    (void)state;
    size_t count;
    const struct report_form *forms = report_forms(&count);
    for (size_t number = 0; number < HOSTILE_COUNT; number++)
        for (size_t i = 0; i < count; i++) {
            struct sample sample;
            struct buffer text;
            sample_init(&sample, hostile(number));
            sample_write(&sample, forms[i].append, &text);
            assert_true(text_is_utf8(buffer_slice(&text)));
            static const char *const banned[] = {"\x1b", "\x07", "\xe2\x80\xae", "\n=", ",=", ",@"};
            for (size_t k = 0; k < ARRAY_SIZE(banned); k++)
                if (count_text(buffer_slice(&text), banned[k]))
                    fail_msg("text %zu brings %zu into %s", number, k, forms[i].name);
            assert_null(text.size ? memchr(text.data, 0, text.size) : NULL);
            cited_done(&sample.cited);
            buffer_done(&text);
        }
}

// A timeline's line: three lines at least, each an object with a time twice.
static void timelines_have_times(void **state) {
    (void)state;
    struct sample sample;
    struct buffer text;
    sample_init(&sample, SLICE("harmless"));
    sample_write(&sample, report_append_timesketch, &text);
    struct slice whole = buffer_slice(&text);
    size_t lines = count_text(whole, "\n");
    assert_true(lines >= 3);
    assert_int_equal(count_text(whole, "\"timestamp\":10000"), lines);
    assert_int_equal(count_text(whole, "\"datetime\":\"2001-09-09T"), lines);
    assert_int_equal(count_text(whole, "\"timestamp_desc\":\""), lines);
    assert_int_equal(count_text(whole, "{\"message\":\"harmless"), lines);
    cited_done(&sample.cited);
    buffer_done(&text);
}

static void short_timelines_are_filled(void **state) {
    (void)state;
    struct sample sample;
    struct buffer text;
    sample_init(&sample, SLICE("harmless"));
    sample.made.campaign_count = sample.made.incident_count = 0;
    sample.lead.reference_count = 1;
    sample_write(&sample, report_append_timesketch, &text);
    assert_int_equal(count_text(buffer_slice(&text), "\n"), 3);
    buffer_done(&text);
    sample.made.lead_count = 0;
    sample_write(&sample, report_append_timesketch, &text);
    assert_int_equal(text.size, 0);
    cited_done(&sample.cited);
    buffer_done(&text);
}

// The stricter of what is asked and what the rules' tags ask.
static void the_strictest_marking_wins(void **state) {
    (void)state;
    struct report_input input = {.tlp = NULL};
    assert_int_equal(report_marking(&input), MARKING_RED); // not marked: not to be shared
    input.tlp = "green";
    assert_int_equal(report_marking(&input), MARKING_GREEN);
    struct slice tags[] = {SLICE("attack.t1190"), SLICE("tlp.amber")};
    struct rule rule = {.title = SLICE("x"), .tags = tags, .tag_count = 2};
    struct tally_rule told = {.rule = &rule};
    struct tally tally = {.rules = &told, .rule_count = 1};
    input.tally = &tally;
    assert_int_equal(report_marking(&input), MARKING_AMBER);
    tags[1] = SLICE("TLP.AMBER+STRICT");
    assert_int_equal(report_marking(&input), MARKING_AMBER_STRICT);
    tags[1] = SLICE("tlp.clear");
    assert_int_equal(report_marking(&input), MARKING_GREEN);
    tags[1] = SLICE("tlp.whatever");
    assert_int_equal(report_marking(&input), MARKING_RED);
}

static void stix_says_the_same_twice(void **state) {
    (void)state;
    struct sample sample;
    struct buffer first, second;
    sample_init(&sample, SLICE("harmless"));
    sample_write(&sample, report_append_stix, &first);
    sample_write(&sample, report_append_stix, &second);
    assert_true(slice_equal(buffer_slice(&first), buffer_slice(&second)));
    assert_true(
        slice_starts(buffer_slice(&first), SLICE("{\"type\":\"bundle\",\"id\":\"bundle--")));
    assert_true(count_text(buffer_slice(&first), "e828b379-4e03-4974-9ac4-e53a884c97c1") > 5);
    cited_done(&sample.cited);
    buffer_done(&first);
    buffer_done(&second);
}

// Every form is found by its name, by its own file's name, and is the longest that fits.
static void forms_are_chosen_by_ending(void **state) {
    (void)state;
    size_t count;
    const struct report_form *forms = report_forms(&count);
    assert_true(count >= 6);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(report_form_named(forms[i].name), &forms[i]);
        assert_ptr_equal(report_form_of_path(forms[i].file), &forms[i]);
        assert_true(*forms[i].summary);
    }
    assert_null(report_form_named("pdf"));
    assert_null(report_form_of_path("report.pdf"));
    assert_string_equal(report_form_of_path("a.json")->name, "json");
    assert_string_equal(report_form_of_path("a.stix.json")->name, "stix");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(html_has_no_markup_of_values),
        cmocka_unit_test(html_of_a_fleet_is_small),
        cmocka_unit_test(a_stage_has_one_name),
        cmocka_unit_test(html_asks_for_nothing),
        cmocka_unit_test(html_tags_lead_to_records),
        cmocka_unit_test(lines_stay_lines),
        cmocka_unit_test(stix_says_the_same_twice),
        cmocka_unit_test(forms_are_chosen_by_ending),
        cmocka_unit_test(every_form_is_safe_text),
        cmocka_unit_test(timelines_have_times),
        cmocka_unit_test(short_timelines_are_filled),
        cmocka_unit_test(the_strictest_marking_wins),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
