// Tests of Exchange's logs in rules' and ECS's words
// SPDX-License-Identifier: Apache-2.0
#include "made_event.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

struct column_text {
    const char *name, *text;
};

static void made_row(struct made_event *made, const char *format, const struct column_text *columns,
                     size_t count) {
    made_event_init(made);
    made->shape.format = format;
    for (size_t i = 0; i < count; i++) {
        made_event_add(made, columns[i].name, FIELD_ROLE_NONE, made_text(columns[i].text));
        made->fields[i].name = made->fields[i].path; // a dot in a column's name is its own
    }
}

static bool fits(const struct made_event *made, enum log_product product,
                 enum log_category category, enum log_service service) {
    struct log_source_wanted wanted = {product, category, service};
    return log_source_fits(&made->event.event_class->log_source, &wanted);
}

// All texts that a rule sees for a name, joined by '|'.
static void assert_sources(const struct made_event *made, const char *name, const char *wanted) {
    struct field_source sources[4];
    size_t count = event_class_resolve(made->event.event_class, slice_of_string(name), true,
                                       sources, ARRAY_SIZE(sources));
    struct buffer text;
    buffer_init(&text, 4096);
    for (size_t i = 0; i < count; i++) {
        if (i)
            buffer_append_byte(&text, '|');
        if (!field_source_append_text(&made->event, &sources[i], &text))
            buffer_append_text(&text, "null");
    }
    if (!slice_equal_string(buffer_slice(&text), wanted))
        fail_msg("%s: %.*s", name, (int)text.size, (const char *)text.data);
    buffer_done(&text);
}

static void assert_ecs(const struct made_event *made, const char *const *parts, size_t count) {
    struct buffer text;
    buffer_init(&text, 1 << 16);
    normalise_append_ecs(&made->event, &text);
    buffer_append_byte(&text, 0);
    for (size_t i = 0; i < count; i++)
        if (!strstr((const char *)text.data, parts[i]))
            fail_msg("%s is not in %s", parts[i], (const char *)text.data);
    buffer_done(&text);
}

static void http_proxy_is_a_web_log(void **state) {
    (void)state;
    static const struct column_text COLUMNS[] = {
        {"UrlHost", "mail.corp.example"},
        {"UrlStem", "/autodiscover/autodiscover.json"},
        {"AuthenticatedUser", "CORP\\erika"},
        {"UserAgent", "Mozilla/5.0 (X11)"},
        {"ClientIpAddress", "198.51.100.8"},
        {"ServerHostName", "EX01"},
        {"HttpStatus", "200"},
        {"Method", "POST"},
        {"RequestBytes", "10"},
        {"ResponseBytes", "20"},
        {"UrlQuery", "?@x/powershell?Email=a"},
    };
    struct normaliser *normaliser = normaliser_new();
    struct made_event made;
    made_row(&made, "exchange_http_proxy", COLUMNS, ARRAY_SIZE(COLUMNS));
    normaliser_classify(normaliser, &made.event);
    assert_true(fits(&made, LOG_PRODUCT_NONE, LOG_CATEGORY_WEBSERVER, LOG_SERVICE_NONE));
    assert_false(fits(&made, LOG_PRODUCT_M365, LOG_CATEGORY_NONE, LOG_SERVICE_EXCHANGE));
    assert_sources(&made, "cs-uri-query",
                   "@x/powershell?Email=a|/autodiscover/autodiscover.json?@x/powershell?Email=a");
    assert_sources(&made, "c-uri", "/autodiscover/autodiscover.json?@x/powershell?Email=a");
    assert_sources(&made, "cs-method", "POST");
    assert_sources(&made, "sc-status", "200");
    assert_sources(&made, "AnchorMailbox", "");
    static const char *const PARTS[] = {
        "\"host\":{\"name\":\"EX01\"}",
        "\"ip\":\"198.51.100.8\"",
        "\"request\":{\"bytes\":10,\"method\":\"POST\"},\"response\":{\"bytes\":20,\"status_code\":"
        "200}",
        "\"domain\":\"mail.corp.example\",\"extension\":\"json\"",
        "\"path\":\"/autodiscover/autodiscover.json\",\"query\":\"@x/powershell?Email=a\"",
        "\"user_agent\":{\"original\":\"Mozilla/5.0 (X11)\"}",
    };
    assert_ecs(&made, PARTS, ARRAY_SIZE(PARTS));
    normaliser_free(normaliser);
}

static void assert_message(const struct made_event *made, const char *wanted) {
    struct buffer text;
    buffer_init(&text, 4096);
    event_append_message(&made->event, &text);
    buffer_append_byte(&text, 0);
    assert_string_equal(text.data, wanted);
    buffer_done(&text);
}

// Keywords of rules begin with a blank: ' -ExternalUrl '.
static void cmdlets_read_as_in_the_event_log(void **state) {
    (void)state;
    static const struct column_text COLUMNS[] = {
        {"Cmdlet", "Set-OabVirtualDirectory"},
        {"Parameters", "-ExternalUrl \"http://f/\""},
        {"ExecutionResult", "Success"},
    };
    static const struct column_text FAILED[] = {
        {"ExecutionResult", "Error"}, {"Cmdlet", "Get-App"}, {"Parameters", ""}};
    struct normaliser *normaliser = normaliser_new();
    struct made_event made, failed;
    made_row(&made, "exchange_rps_cmdlet", COLUMNS, ARRAY_SIZE(COLUMNS));
    made_row(&failed, "exchange_rps_cmdlet", FAILED, ARRAY_SIZE(FAILED));
    normaliser_classify(normaliser, &made.event);
    normaliser_classify(normaliser, &failed.event);
    assert_true(
        fits(&made, LOG_PRODUCT_WINDOWS, LOG_CATEGORY_NONE, LOG_SERVICE_MSEXCHANGE_MANAGEMENT));
    assert_message(&made, "Cmdlet suceeded. Cmdlet Set-OabVirtualDirectory, parameters "
                          "-ExternalUrl \"http://f/\".");
    assert_message(&failed, "Cmdlet failed. Cmdlet Get-App, parameters .");
    static const char *const PARTS[] = {"\"action\":\"Set-OabVirtualDirectory\"",
                                        "\"message\":\"Cmdlet suceeded."};
    assert_ecs(&made, PARTS, ARRAY_SIZE(PARTS));
    normaliser_free(normaliser);
}

static void mail_has_its_names(void **state) {
    (void)state;
    static const struct column_text COLUMNS[] = {
        {"client-ip", "192.0.2.7"},
        {"server-hostname", "EX01"},
        {"event-id", "RECEIVE"},
        {"message-id", "<a@b>"},
        {"recipient-address", "b@x;c@x"},
        {"message-subject", "Bids"},
        {"sender-address", "a@corp.example"},
    };
    struct normaliser *normaliser = normaliser_new();
    struct made_event made;
    made_row(&made, "exchange_tracking", COLUMNS, ARRAY_SIZE(COLUMNS));
    normaliser_classify(normaliser, &made.event);
    static const char *const PARTS[] = {
        "\"email\":{\"from\":{\"address\":[\"a@corp.example\"]},\"message_id\":\"<a@b>\","
        "\"subject\":\"Bids\",\"to\":{\"address\":[\"b@x;c@x\"]}}",
        "\"action\":\"RECEIVE\"", "\"source\":{\"ip\":\"192.0.2.7\"}"};
    assert_ecs(&made, PARTS, ARRAY_SIZE(PARTS));
    normaliser_free(normaliser);
}

static void endpoints_have_two_parts(void **state) {
    (void)state;
    static const struct {
        const char *text, *ip, *port;
    } CASES[] = {
        {"192.0.2.1:25", "192.0.2.1", "25"},
        {"[2001:db8::1]:587", "2001:db8::1", "587"},
        {"2001:db8::1", "2001:db8::1", "null"},
        {"192.0.2.1", "192.0.2.1", "null"},
        {"[2001:db8::1]", "2001:db8::1", "null"},
        {":25", "null", "25"},
        {"", "null", "null"},
        {"]", "]", "null"},
        {"[]:", "null", "null"},
    };
    struct normaliser *normaliser = normaliser_new();
    for (size_t i = 0; i < ARRAY_SIZE(CASES); i++) {
        struct column_text column = {"remote-endpoint", CASES[i].text};
        struct made_event receive, send;
        made_row(&receive, "exchange_smtp_receive", &column, 1);
        made_row(&send, "exchange_smtp_send", &column, 1);
        normaliser_classify(normaliser, &receive.event);
        normaliser_classify(normaliser, &send.event);
        assert_sources(&receive, "source.ip", CASES[i].ip);
        assert_sources(&receive, "source.port", CASES[i].port);
        assert_sources(&send, "destination.ip", CASES[i].ip);
        assert_sources(&send, "destination.port", CASES[i].port);
        normaliser_free(normaliser); // shapes lie on the stack: their addresses come again
        normaliser = normaliser_new();
    }
    normaliser_free(normaliser);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(http_proxy_is_a_web_log),
        cmocka_unit_test(cmdlets_read_as_in_the_event_log),
        cmocka_unit_test(mail_has_its_names),
        cmocka_unit_test(endpoints_have_two_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
