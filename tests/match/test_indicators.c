// Lists of indicators, and what is found of them
// SPDX-License-Identifier: Apache-2.0
#include "../synthetic_event.h"
#include "base/clock.h"
#include "match/indicator_text.h"
#include "match/indicators.h"
#include "match/match.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

// A list in a file of its own; `ignored`: NULL, or a list of what is none.
static struct indicators *read_lists(const char *text, const char *ignored, bool anywhere) {
    char paths[2][32] = {"/tmp/indicators-XXXXXX", "/tmp/indicators-XXXXXX"};
    const char *texts[2] = {text, ignored};
    for (int i = 0; i < 2 && texts[i]; i++) {
        int fd = mkstemp(paths[i]);
        assert_true(fd >= 0);
        assert_int_equal(write(fd, texts[i], strlen(texts[i])), strlen(texts[i]));
        close(fd);
    }
    const char *path[] = {paths[0], paths[1]};
    struct indicator_options options = {.paths = path,
                                        .path_count = 1,
                                        .ignored = path + 1,
                                        .ignored_count = ignored != NULL,
                                        .anywhere = anywhere};
    struct indicators *set = NULL;
    struct problem problem;
    enum status status = indicators_new(&options, &set, &problem);
    for (int i = 0; i < 2 && texts[i]; i++)
        unlink(paths[i]);
    if (status != STATUS_OK)
        print_message("%s\n", problem.text);
    return set;
}

struct found {
    unsigned count;
    char rule[64], text[128], tlp[32];
    enum rule_level level;
    uint32_t line;
};

static void note(void *context, const struct indicator_hit *hit) {
    struct found *found = context;
    found->count++;
    found->line = hit->line;
    snprintf(found->rule, sizeof found->rule, "%s",
             (const char *)indicators_rule(hit->rule)->id.data);
    const struct rule *rule = indicators_rule(hit->rule);
    snprintf(found->tlp, sizeof found->tlp, "%s",
             (const char *)rule->tags[rule->tag_count - 1].data);
    found->level = indicators_rule(hit->rule)->level;
    snprintf(found->text, sizeof found->text, "%.*s", (int)hit->indicator.size,
             (const char *)hit->indicator.data);
}

// What one field with one value is; looked up twice, as a value that comes again is.
static struct found look(const struct indicators *set, const char *field, const char *value,
                         int64_t time_ns) {
    struct indicator_scanner *scanner = indicator_scanner_new(set);
    struct synthetic_event made;
    struct found found = {0}, again = {0};
    struct indicator_sink sink = {&found, note}, second = {&again, note};
    synthetic_init(&made, 1, time_ns, 1);
    synthetic_field(&made, field, value, FIELD_ROLE_NONE);
    indicator_scan(scanner, &made.event, &sink);
    indicator_scan(scanner, &made.event, &second);
    assert_int_equal(found.count, again.count);
    indicator_scanner_free(scanner);
    return found;
}

static void expect(const struct indicators *set, const char *field, const char *value,
                   const char *rule) {
    struct found found = look(set, field, value, CLOCK_NONE);
    if (!rule && found.count)
        fail_msg("%s '%s' is %s", field, value, found.rule);
    if (rule && (found.count != 1 || strcmp(found.rule, rule) != 0))
        fail_msg("%s '%s' gives %u %s", field, value, found.count, found.rule);
}

static const char LIST[] = "# all kinds\n"
                           "44d88612fea8a8f36de82e1278abb02f\n"
                           "hxxp://bad[.]example/x.php?a=1\n"
                           "evil[.]example   # whose it is\n"
                           "github.io\n"
                           "192[.]0.2.9\n"
                           "2001:db8::5\n"
                           "198.51.100.0/25\n"
                           "mutex:Global\\one-at-a-time\n"
                           "\\\\.\\pipe\\msagent_\n"
                           "C:\\ProgramData\\upd\\svc.exe\n"
                           "%TEMP%\\drop.bin\n"
                           "lonely.dll\n"
                           "who@mail.example\n"
                           "this is nothing\n";

static void kinds_are_found_in_their_fields(void **state) {
    (void)state;
    struct indicators *set = read_lists(LIST, NULL, false);
    assert_non_null(set);
    assert_int_equal(indicators_count(set), 13);
    assert_int_equal(indicators_complaint_count(set), 1);
    assert_int_equal(indicators_complaint(set, 0)->line, 15);
    expect(set, "Hashes", "SHA1=00,MD5=44D88612FEA8A8F36DE82E1278ABB02F", "vedette-ioc-hash");
    expect(set, "Hashes", "MD5=54D88612FEA8A8F36DE82E1278ABB02F", NULL);
    expect(set, "cs-uri-query", "44d88612fea8a8f36de82e1278abb02f", NULL);
    expect(set, "url", "http://BAD.example:80/x.php?a=1#top", "vedette-ioc-url");
    expect(set, "url", "http://bad.example/x.php", NULL);
    expect(set, "url", "https://evil.example/any", "vedette-ioc-domain");
    expect(set, "QueryName", "a.b.EVIL.example.", "vedette-ioc-domain");
    expect(set, "QueryName", "notevil.example", NULL);
    expect(set, "query", "github.io", "vedette-ioc-domain");
    expect(set, "query", "somebody.github.io", NULL);
    expect(set, "c-ip", "192.0.2.9", "vedette-ioc-address");
    expect(set, "DestinationIp", "::ffff:192.0.2.9", "vedette-ioc-address");
    expect(set, "c-ip", "192.0.2.90", NULL);
    expect(set, "id.resp_h", "2001:DB8:0::5", "vedette-ioc-address");
    expect(set, "x-forwarded-for", "10.0.0.1, 198.51.100.77", "vedette-ioc-network");
    expect(set, "c-ip", "198.51.100.200", NULL);
    expect(set, "client-ip", "198.51.100.1:4431", "vedette-ioc-network");
    expect(set, "ObjectName", "\\BaseNamedObjects\\one-at-a-time", "vedette-ioc-mutex");
    expect(set, "PipeName", "\\MSAgent_", "vedette-ioc-pipe");
    expect(set, "Image", "c:\\programdata\\UPD\\svc.exe", "vedette-ioc-path");
    expect(set, "Image", "d:\\programdata\\upd\\svc.exe", NULL);
    expect(set, "TargetFilename", "C:\\Users\\x\\Temp\\drop.bin", "vedette-ioc-path");
    expect(set, "cs-uri-stem", "/a/lonely.dll", "vedette-ioc-path");
    expect(set, "Image", "C:\\not-lonely.dll", NULL);
    expect(set, "recipient-address", "a@b.example;WHO@mail.example", "vedette-ioc-mail");
    expect(set, "CommandLine", "curl http://evil.example/", NULL);
    assert_int_equal(look(set, "Image", "x\\lonely.dll", CLOCK_NONE).level, RULE_LEVEL_LOW);
    assert_int_equal(look(set, "c-ip", "192.0.2.9", CLOCK_NONE).line, 6);
    indicators_free(set);
}

static void anywhere_is_every_field(void **state) {
    (void)state;
    struct indicators *set = read_lists(LIST, NULL, true);
    assert_non_null(set);
    expect(set, "CommandLine", "curl \"http://a.evil.example/x\" -o y", "vedette-ioc-domain");
    expect(set, "Message", "sent 44d88612fea8a8f36de82e1278abb02f away", "vedette-ioc-hash");
    expect(set, "CommandLine", "cmd /c C:\\ProgramData\\upd\\svc.exe -k", "vedette-ioc-path");
    expect(set, "Message", "nothing of the kind", NULL);
    indicators_free(set);
}

static void warninglists_win(void **state) {
    (void)state;
    struct indicators *set = read_lists(
        "8.8.8.8\nbad.example.com\n203.0.113.5\n",
        "{\"name\":\"known\",\"list\":[\"8.8.8.8\",\"example.com\",\"203.0.113.0/24\"]}", false);
    assert_non_null(set);
    expect(set, "c-ip", "8.8.8.8", NULL);
    expect(set, "c-ip", "203.0.113.5", NULL);
    expect(set, "query", "x.bad.example.com", NULL);
    indicators_free(set);
}

static void confidence_and_expiry_of_csv(void **state) {
    (void)state;
    struct indicators *set =
        read_lists("type;value;confidence;valid_until;description\n"
                   "domain;\"sure.example\";90;2026-01-10T00:00:00Z;\"one; \"\"two\"\"\"\n"
                   "ip;192.0.2.1;10;;\n"
                   "ip;192.0.2.2;;;\n"
                   "ip;not an address;50;;\n",
                   NULL, false);
    int64_t before, after;
    assert_true(clock_parse(SLICE("2026-01-09T00:00:00Z"), &before));
    assert_true(clock_parse(SLICE("2026-01-11T00:00:00Z"), &after));
    assert_non_null(set);
    assert_int_equal(look(set, "query", "sure.example", before).level, RULE_LEVEL_HIGH);
    assert_int_equal(look(set, "query", "sure.example", after).count, 0);
    assert_int_equal(look(set, "c-ip", "192.0.2.1", after).level, RULE_LEVEL_LOW);
    assert_int_equal(look(set, "c-ip", "192.0.2.2", after).level, RULE_LEVEL_MEDIUM);
    assert_int_equal(indicators_complaint_count(set), 1);
    assert_int_equal(indicators_complaint(set, 0)->line, 5);
    indicators_free(set);
}

static void stix_patterns(void **state) {
    (void)state;
    struct indicators *set = read_lists(
        "{\"type\":\"bundle\",\"objects\":[\n"
        "{\"type\":\"indicator\",\"name\":\"a\",\"pattern_type\":\"stix\",\"confidence\":80,"
        "\"pattern\":\"[ipv4-addr:value = '192.0.2.9' OR domain-name:value IN ('c2.example', "
        "'c3.example')]\"},\n"
        "{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[file:name = 'a.exe' AND "
        "file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']\"},\n"
        "{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[ipv4-addr:value ISSUBSET "
        "'198.51.100.0/24']\"},\n"
        "{\"type\":\"indicator\",\"revoked\":true,\"pattern_type\":\"stix\",\"pattern\":"
        "\"[mutex:name = 'gone']\"},\n"
        "{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[file:name LIKE "
        "'x%']\"},\n"
        "{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[file:name != 'a']\"},\n"
        "{\"type\":\"indicator\",\"pattern_type\":\"yara\",\"pattern\":\"rule x {}\"}]}",
        NULL, false);
    assert_non_null(set);
    assert_int_equal(indicators_count(set), 5);
    assert_int_equal(indicators_complaint_count(set), 3);
    assert_int_equal(indicators_complaint(set, 0)->line, 6);
    assert_int_equal(look(set, "query", "x.c3.example", CLOCK_NONE).level, RULE_LEVEL_HIGH);
    expect(set, "sha1", "da39a3ee5e6b4b0d3255bfef95601890afd80709", "vedette-ioc-hash");
    expect(set, "Image", "C:\\a.exe", NULL);
    expect(set, "c-ip", "198.51.100.4", "vedette-ioc-network");
    indicators_free(set);
}

static void misp_events(void **state) {
    (void)state;
    struct indicators *set = read_lists(
        "{\"response\":[{\"Event\":{\"info\":\"x\",\"Attribute\":["
        "{\"type\":\"ip-dst|port\",\"value\":\"203.0.113.77|443\",\"to_ids\":true},"
        "{\"type\":\"domain\",\"value\":\"no.example\",\"to_ids\":false},"
        "{\"type\":\"comment\",\"value\":\"text\",\"to_ids\":true},"
        "{\"type\":\"filename|md5\",\"value\":\"a|44d88612fea8a8f36de82e1278abb02f\"}],"
        "\"Object\":[{\"Attribute\":[{\"type\":\"url\",\"value\":\"http://u.example/\"}]}]}}]}",
        NULL, false);
    assert_non_null(set);
    assert_int_equal(indicators_count(set), 3);
    expect(set, "dst_ip", "203.0.113.77", "vedette-ioc-address");
    expect(set, "url", "http://u.example", "vedette-ioc-url");
    expect(set, "query", "no.example", NULL);
    indicators_free(set);
}

static void what_cannot_be_read_is_said(void **state) {
    (void)state;
    assert_null(read_lists("{\"type\":\"bundle\",\n\"objects\": oops}", NULL, false));
    assert_null(read_lists("{\"type\":\"bundle\",\"objects\":[{}", NULL, false));
}

// The tag "tlp.*" of the rule that finds it.
static void expect_tlp(const struct indicators *set, const char *host, const char *tag) {
    struct found found = look(set, "query", host, CLOCK_NONE);
    if (strcmp(found.tlp, tag) != 0)
        fail_msg("%s: %s, not %s", host, found.tlp, tag);
}

#define DOMAIN_OBJECT(name, more)                                                                  \
    "{\"type\":\"indicator\",\"pattern_type\":\"stix\",\"pattern\":\"[domain-name:value = '" name  \
    "']\"" more "},"

static void stix_markings(void **state) {
    (void)state;
    struct indicators *set = read_lists(
        "{\"type\":\"bundle\",\"objects\":[" DOMAIN_OBJECT("none.example", "") DOMAIN_OBJECT(
            "green.example",
            ",\"object_marking_refs\":[\"marking-definition--"
            "bab4a63c-aed9-4cf5-a766-dfca5abac2bb\"]") DOMAIN_OBJECT("old.example",
                                                                     ",\"object_marking_refs\":["
                                                                     "\"marking-definition--"
                                                                     "f88d31f6-486f-44da-b317-"
                                                                     "01333bde0b82\"]")
            DOMAIN_OBJECT("strict.example",
                          ",\"object_marking_refs\":[\"marking-definition--"
                          "bab4a63c-aed9-4cf5-a766-dfca5abac2bb\",\"marking-definition--"
                          "11111111-1111-4111-8111-111111111111\"]")
                DOMAIN_OBJECT("part.example", ",\"object_marking_refs\":[\"marking-definition--"
                                              "94868c89-83c2-464b-929b-a1a8aa3c8487\"],"
                                              "\"granular_markings\":[{\"selectors\":[\"pattern\"],"
                                              "\"marking_ref\":\"marking-definition--"
                                              "55d920b0-5e8b-4f79-9ee9-91f868d9b421\"}]")
                    DOMAIN_OBJECT(
                        "terms.example",
                        ",\"object_marking_refs\":[\"marking-definition--"
                        "22222222-2222-4222-8222-222222222222\"]") "{\"type\":\"marking-"
                                                                   "definition\",\"id\":\"marking-"
                                                                   "definition--"
                                                                   "11111111-1111-4111-8111-"
                                                                   "111111111111\",\"extensions\":{"
                                                                   "\"extension-definition--x\":{"
                                                                   "\"extension_type\":\"property-"
                                                                   "extension\",\"tlp_2_0\":"
                                                                   "\"amber+strict\"}}},"
                                                                   "{\"type\":\"marking-"
                                                                   "definition\",\"id\":\"marking-"
                                                                   "definition--"
                                                                   "22222222-2222-4222-8222-"
                                                                   "222222222222\",\"definition_"
                                                                   "type\":\"statement\","
                                                                   "\"definition\":{\"statement\":"
                                                                   "\"Copyright\"}}]}",
        NULL, false);
    assert_non_null(set);
    expect_tlp(set, "none.example", "tlp.red");
    expect_tlp(set, "green.example", "tlp.green");
    expect_tlp(set, "old.example", "tlp.amber");
    expect_tlp(set, "strict.example", "tlp.amber+strict");
    expect_tlp(set, "part.example", "tlp.amber");
    expect_tlp(set, "terms.example", "tlp.red");
    indicators_free(set);
}

static void misp_markings(void **state) {
    (void)state;
    struct indicators *set = read_lists(
        "[{\"Event\":{\"Attribute\":["
        "{\"type\":\"domain\",\"value\":\"plain.example\"},"
        "{\"type\":\"domain\",\"value\":\"own.example\",\"Tag\":[{\"name\":\"tlp:amber\"}]}],"
        "\"Tag\":[{\"name\":\"misp-galaxy:x\"},{\"name\":\"tlp:green\"}]}},"
        "{\"Event\":{\"Attribute\":[{\"type\":\"domain\",\"value\":\"bare.example\"},"
        "{\"type\":\"domain\",\"value\":\"white.example\",\"Tag\":[{\"name\":\"tlp:white\"}]},"
        "{\"type\":\"domain\",\"value\":\"odd.example\",\"Tag\":[{\"name\":\"tlp:unclear\"}]}]}}]",
        NULL, false);
    assert_non_null(set);
    expect_tlp(set, "plain.example", "tlp.green");
    expect_tlp(set, "own.example", "tlp.amber");
    expect_tlp(set, "bare.example", "tlp.red");
    expect_tlp(set, "white.example", "tlp.clear");
    expect_tlp(set, "odd.example", "tlp.red");
    indicators_free(set);
}

static void list_markings(void **state) {
    (void)state;
    struct indicators *set =
        read_lists("# a list\n# TLP: GREEN, of a friend\nlist.example\n", NULL, false);
    expect_tlp(set, "list.example", "tlp.green");
    indicators_free(set);
    set = read_lists("value,tlp\na.example,TLP:AMBER\nb.example,\na.example,clear\n"
                     "c.example,clear\nc.example,amber+strict\n",
                     NULL, false);
    expect_tlp(set, "a.example", "tlp.amber");
    expect_tlp(set, "b.example", "tlp.red");
    expect_tlp(set, "c.example", "tlp.amber+strict");
    indicators_free(set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(kinds_are_found_in_their_fields),
        cmocka_unit_test(anywhere_is_every_field),
        cmocka_unit_test(warninglists_win),
        cmocka_unit_test(confidence_and_expiry_of_csv),
        cmocka_unit_test(stix_patterns),
        cmocka_unit_test(misp_events),
        cmocka_unit_test(stix_markings),
        cmocka_unit_test(misp_markings),
        cmocka_unit_test(list_markings),
        cmocka_unit_test(what_cannot_be_read_is_said),
    };
    return cmocka_run_group_tests_name("indicators", tests, NULL, NULL);
}
