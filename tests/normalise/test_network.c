// What events of the network are, and their names
// SPDX-License-Identifier: Apache-2.0
#include "made_event.h"
#include "model/field_transform.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// Does an event of this format, channel and provider fit what a rule asks for?
static bool fits(const char *format, const char *channel, const char *provider,
                 struct log_source_wanted wanted) {
    struct normaliser *normaliser = normaliser_new();
    struct made_event made;
    made_event_init(&made);
    made.shape.format = format;
    if (channel)
        made_event_add(&made, "_path", FIELD_ROLE_CHANNEL, made_text(channel));
    if (provider)
        made_event_add(&made, "program", FIELD_ROLE_PROVIDER, made_text(provider));
    normaliser_classify(normaliser, &made.event);
    bool result = log_source_fits(&made.event.event_class->log_source, &wanted);
    normaliser_free(normaliser);
    return result;
}

#define WANTED(...)                                                                                \
    (struct log_source_wanted) {                                                                   \
        __VA_ARGS__                                                                                \
    }

static void test_zeek(void **state) {
    (void)state;
    static const struct {
        const char *log;
        enum log_service service;
    } logs[] = {{"conn", LOG_SERVICE_CONN},       {"dns", LOG_SERVICE_DNS},
                {"http", LOG_SERVICE_HTTP},       {"x509", LOG_SERVICE_X509},
                {"rdp", LOG_SERVICE_RDP},         {"kerberos", LOG_SERVICE_KERBEROS},
                {"dce_rpc", LOG_SERVICE_DCE_RPC}, {"smb_files", LOG_SERVICE_SMB_FILES}};
    for (size_t i = 0; i < ARRAY_SIZE(logs); i++)
        for (size_t n = 0; n < ARRAY_SIZE(logs); n++)
            assert_int_equal(fits("zeek", logs[i].log, NULL,
                                  WANTED(.product = LOG_PRODUCT_ZEEK, .service = logs[n].service)),
                             i == n);
    assert_true(fits("zeek", "http", NULL, WANTED(.category = LOG_CATEGORY_PROXY)));
    assert_true(fits("zeek", "http", NULL, WANTED(.category = LOG_CATEGORY_WEBSERVER)));
    assert_true(fits("zeek", "dns", NULL, WANTED(.category = LOG_CATEGORY_DNS)));
    assert_true(fits("zeek", "conn", NULL, WANTED(.category = LOG_CATEGORY_FIREWALL)));
    assert_false(fits("zeek", "ssl", NULL, WANTED(.category = LOG_CATEGORY_PROXY)));
    // A log that calls itself what it is not: no Windows log.
    assert_false(fits("zeek", "security", NULL, WANTED(.service = LOG_SERVICE_SECURITY)));
    assert_false(fits("zeek", "Security", NULL, WANTED(.product = LOG_PRODUCT_WINDOWS)));
}

static void test_others(void **state) {
    (void)state;
    assert_true(fits("squid", NULL, NULL, WANTED(.category = LOG_CATEGORY_PROXY)));
    assert_true(fits("proxy_csv", NULL, NULL, WANTED(.category = LOG_CATEGORY_PROXY)));
    assert_true(fits("nfdump", NULL, NULL, WANTED(.category = LOG_CATEGORY_FIREWALL)));
    const struct {
        const char *program;
        enum log_service service;
        bool fits;
    } rows[] = {
        {"sshd", LOG_SERVICE_SSHD, true},    {"sshd-session", LOG_SERVICE_SSHD, true},
        {"sshd", LOG_SERVICE_AUTH, true},    {"sudo", LOG_SERVICE_SUDO, true},
        {"CRON", LOG_SERVICE_CRON, true},    {"clamd", LOG_SERVICE_CLAMAV, true},
        {"app", LOG_SERVICE_SYSLOG, true},   {"app", LOG_SERVICE_AUTH, false},
        {"Sudoku", LOG_SERVICE_SUDO, false}, {"ssh", LOG_SERVICE_SSHD, false},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
        assert_int_equal(fits("syslog", NULL, rows[i].program,
                              WANTED(.product = LOG_PRODUCT_LINUX, .service = rows[i].service)),
                         rows[i].fits);
}

// The part of an address, "" for none.
static void check_part(enum field_transform transform, const char *url, const char *expected) {
    struct buffer buffer;
    buffer_init(&buffer, 1 << 16);
    buffer_append_text(&buffer, "x"); // what stands there stays
    struct value value = made_text(url);
    bool any = field_transform_append(transform, &value, NULL, &buffer);
    assert_int_equal(any, expected[0] != 0);
    buffer_append_byte(&buffer, 0);
    assert_string_equal(buffer.data + 1, expected);
    buffer_done(&buffer);
}

static void test_addresses(void **state) {
    (void)state;
    static const struct {
        const char *url, *host, *path, *query, *extension;
    } rows[] = {
        {"http://u:p@a.example:8080/x/y.tar.gz?q=/z.exe#f.b", "a.example", "/x/y.tar.gz",
         "q=/z.exe", "gz"},
        {"a.example:443", "a.example", "", "", ""},
        {"a.example/b.exe", "a.example", "/b.exe", "", "exe"},
        {"/x.y/b?c=http://d/e", "", "/x.y/b", "c=http://d/e", ""},
        {"https://[2001:db8::1]:8443", "2001:db8::1", "", "", ""},
        {"http://a?b", "a", "", "b", ""},
        {"http://a/b.#c", "a", "/b.", "", ""},
        {"", "", "", "", ""},
        {"*", "*", "", "", ""},
    };
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        check_part(FIELD_TRANSFORM_URL_HOST, rows[i].url, rows[i].host);
        check_part(FIELD_TRANSFORM_URL_PATH, rows[i].url, rows[i].path);
        check_part(FIELD_TRANSFORM_URL_QUERY, rows[i].url, rows[i].query);
        check_part(FIELD_TRANSFORM_URL_EXTENSION, rows[i].url, rows[i].extension);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_zeek), cmocka_unit_test(test_others),
                                       cmocka_unit_test(test_addresses)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
