// Techniques by name, indicators by what they look like
// SPDX-License-Identifier: Apache-2.0
#include "report/indicator_list.h"
#include "report/technique.h"

#include "base/memory.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

static void table_of_techniques_is_whole(void **state) {
    (void)state;
    static const char *const ids[] = {
#define TECHNIQUE(id, tactic, name, mitigations) id,
#include "report/technique.def"
#undef TECHNIQUE
    };
    for (size_t i = 0; i < ARRAY_SIZE(ids); i++) {
        if (i)
            assert_true(strcmp(ids[i - 1], ids[i]) < 0);
        const struct technique *technique = technique_find(slice_of_string(ids[i]));
        assert_string_equal(technique->id, ids[i]);
        struct slice rest = slice_of_string(technique->mitigations);
        for (struct slice id = technique_next(&rest); id.size; id = technique_next(&rest))
            assert_true(*mitigation_name(id));
    }
}

static void parts_fall_back_to_the_whole(void **state) {
    (void)state;
    assert_string_equal(technique_find(SLICE("T1021.999"))->id, "T1021");
    assert_null(technique_find(SLICE("T9999.001")));
    assert_null(technique_find(SLICE("")));
    assert_string_equal(mitigation_name(SLICE("M9999")), "");
    assert_string_equal(tactic_id(TACTIC_INITIAL_ACCESS), "TA0001");
}

static void techniques_are_told_with_their_records(void **state) {
    (void)state;
    struct reference references[2] = {{.time_ns = 1}, {.time_ns = 2}};
    struct campaign_technique techniques[] = {
        {.id = SLICE("T1190"), 1u << STAGE_ENTRY, 1, &references[0], 1},
        {.id = SLICE("T1505.003"), 1u << STAGE_ENTRY | 1u << STAGE_FOOTHOLD, 2, &references[1], 1},
    };
    struct campaign campaign = {.techniques = techniques, .technique_count = 2};
    struct technique_told told[TECHNIQUES_TOLD_MAX];
    assert_int_equal(techniques_of(&campaign, told), 2);
    assert_string_equal(told[1].known->name, "Web Shell");
    assert_int_equal(told[1].stages, 1u << STAGE_ENTRY | 1u << STAGE_FOOTHOLD);
    assert_ptr_equal(told[1].references, &references[1]);
}

static void values_have_the_type_they_look_like(void **state) {
    (void)state;
    static const struct {
        struct slice value;
        const char *type;
    } cases[] = {
        {SLICE("198.51.100.7"), "ipv4"},
        {SLICE("2001:db8::7"), "ipv6"},
        {SLICE("198.51.100.700"), "other"},
        {SLICE("15.2.858.5"), "other"},
        {SLICE("d41d8cd98f00b204e9800998ecf8427e"), "md5"},
        {SLICE("da39a3ee5e6b4b0d3255bfef95601890afd80709"), "sha1"},
        {SLICE("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"), "sha256"},
        {SLICE("archive@example.net"), "email"},
        {SLICE("files.example.net"), "domain"},
        {SLICE("https://files.example.net/a"), "url"},
        {SLICE("c:\\programdata\\a.exe"), "file"},
        {SLICE("\\\\srv\\share\\a.exe"), "file"},
        {SLICE("/owa/auth/x.aspx"), "web-path"},
        {SLICE("a.exe"), "file"},
        {SLICE("a.EXE"), "file"},
        {SLICE(".exe"), "other"},
        {SLICE("/"), "other"},
        {SLICE(""), "other"},
    };
    for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
        assert_string_equal(indicator_type_name(indicator_type_of(cases[i].value)), cases[i].type);
}

// Each value once, the campaign's own hosts and addresses inside left out.
static void indicators_are_told_once(void **state) {
    (void)state;
    struct slice alias = SLICE("203.0.113.9"), artefact = SLICE("c:\\a.exe");
    struct campaign_host hosts[2] = {
        {.name = SLICE("A"), .artefacts = &artefact, .artefact_count = 1, .first_ns = 5},
        {.name = SLICE("B"), .artefacts = &artefact, .artefact_count = 1, .first_ns = 3},
    };
    hosts[0].aliases = &alias;
    hosts[0].alias_count = 1;
    struct campaign_wave wave = {.artefact = artefact, .first_ns = 4};
    struct campaign_theft theft = {.destination = SLICE("A")};
    struct sentence sentence = {
        SLICE("198.51.100.8, 10.0.0.1 and 203.0.113.9 (192.0.2.1), 1.2.3.4.5 and 198.51.100.8."),
        NULL, 0};
    struct campaign_stage stage = {.sentences = &sentence, .sentence_count = 1};
    // What a place was for says more than that a sentence names it.
    struct campaign_outsider outsider = {
        SLICE("198.51.100.8"), 1u << OUTSIDER_TOOK, 0, 2, 9, 9, NULL, 0};
    struct campaign campaign = {.hosts = hosts,
                                .host_count = 2,
                                .outsiders = &outsider,
                                .outsider_count = 1,
                                .waves = &wave,
                                .wave_count = 1,
                                .thefts = &theft,
                                .theft_count = 1,
                                .stages = &stage,
                                .stage_count = 1};
    uint32_t count;
    struct indicator_told *rows = indicators_of(&campaign, &count);
    assert_int_equal(count, 3);
    assert_true(slice_equal(rows[0].value, SLICE("192.0.2.1")));
    assert_string_equal(rows[0].role, "named by the story");
    assert_true(slice_equal(rows[1].value, SLICE("198.51.100.8")));
    assert_string_equal(rows[1].role, "data went there");
    assert_true(slice_equal(rows[2].value, artefact));
    assert_string_equal(rows[2].role, "sent to many");
    assert_int_equal(rows[2].host_count, 2);
    assert_int_equal(rows[2].first_ns, 3);
    memory_free(rows);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(table_of_techniques_is_whole),
        cmocka_unit_test(parts_fall_back_to_the_whole),
        cmocka_unit_test(techniques_are_told_with_their_records),
        cmocka_unit_test(values_have_the_type_they_look_like),
        cmocka_unit_test(indicators_are_told_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
