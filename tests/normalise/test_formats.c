// Tests of formats that are no Windows event log
// SPDX-License-Identifier: Apache-2.0
#include "made_event.h"
#include "normalise/normalise.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

static void web_event(struct made_event *made, const char *stem, const char *query) {
    made_event_init(made);
    made->shape.format = "iis";
    made_event_add(made, "cs-uri-stem", FIELD_ROLE_NONE, made_text(stem));
    made_event_add(made, "cs-uri-query", FIELD_ROLE_NONE,
                   query ? made_text(query) : (struct value){.kind = VALUE_NULL});
    made_event_add(made, "cs(User-Agent)", FIELD_ROLE_NONE, made_text("Mozilla/5.0+(X11)"));
    made_event_add(made, "sc-status", FIELD_ROLE_NONE, made_text("200"));
    made_event_add(made, "s-computername", FIELD_ROLE_COMPUTER, made_text("WEB01"));
}

// The texts that a rule of category webserver sees for a name, joined by '|'.
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

static void web_fields_have_the_rules_names(void **state) {
    (void)state;
    struct normaliser *normaliser = normaliser_new();
    struct made_event made;
    web_event(&made, "/owa/auth/x.aspx", "a=1");
    normaliser_classify(normaliser, &made.event);
    const struct event_class *event_class = made.event.event_class;
    struct log_source_wanted wanted = {.category = LOG_CATEGORY_WEBSERVER};
    assert_true(log_source_fits(&event_class->log_source, &wanted));
    assert_false(event_class->is_windows);
    assert_sources(&made, "cs-uri-query", "a=1|/owa/auth/x.aspx?a=1");
    assert_sources(&made, "c-uri", "/owa/auth/x.aspx?a=1");
    assert_sources(&made, "cs-user-agent", "Mozilla/5.0+(X11)|Mozilla/5.0 (X11)");
    assert_sources(&made, "c-uri-extension", "aspx");
    assert_string_equal(normalise_ecs_name(event_class, SLICE("cs-uri-stem")), "url.path");
    struct made_event bare;
    web_event(&bare, "/a.b/c", NULL);
    normaliser_classify(normaliser, &bare.event);
    assert_sources(&bare, "cs-uri-query", "null|/a.b/c");
    assert_sources(&bare, "c-uri-extension", "null");
    normaliser_free(normaliser);
}

static void web_events_have_ecs_names(void **state) {
    (void)state;
    struct normaliser *normaliser = normaliser_new();
    struct made_event made;
    web_event(&made, "/a.aspx", "x");
    normaliser_classify(normaliser, &made.event);
    struct buffer text;
    buffer_init(&text, 1 << 16);
    normalise_append_ecs(&made.event, &text);
    buffer_append_byte(&text, 0);
    const char *json = (const char *)text.data;
    assert_non_null(strstr(json, "\"event\":{\"category\":[\"web\"]"));
    assert_non_null(strstr(json, "\"host\":{\"name\":\"WEB01\"}"));
    assert_non_null(strstr(json, "\"status_code\":200"));
    assert_non_null(strstr(json, "\"url\":{\"extension\":\"aspx\",\"original\":\"/a.aspx?x\","
                                 "\"path\":\"/a.aspx\",\"query\":\"x\"}"));
    assert_non_null(strstr(json, "\"user_agent\":{\"original\":\"Mozilla/5.0+(X11)\"}"));
    buffer_done(&text);
    normaliser_free(normaliser);
}

static void an_unknown_format_has_no_log_source(void **state) {
    (void)state;
    struct normaliser *normaliser = normaliser_new();
    struct made_event made;
    web_event(&made, "/a", NULL);
    made.shape.format = "something else";
    normaliser_classify(normaliser, &made.event);
    struct log_source_wanted wanted = {.category = LOG_CATEGORY_WEBSERVER};
    assert_false(log_source_fits(&made.event.event_class->log_source, &wanted));
    assert_int_equal(made.event.event_class->alias_count, 0);
    normaliser_free(normaliser);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(web_fields_have_the_rules_names),
        cmocka_unit_test(web_events_have_ecs_names),
        cmocka_unit_test(an_unknown_format_has_no_log_source),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
