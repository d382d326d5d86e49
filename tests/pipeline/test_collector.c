// Findings: repeats counted, any partitioning, spilled or not
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/collector.h"

#include "../synthetic_event.h"

#include "base/buffer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

static const struct slice rule_fields[] = {{(const uint8_t *)"Image", 5}};
static const struct rule rule_a = {
    .id = {(const uint8_t *)"a", 1}, .fields = rule_fields, .field_count = 1};
static const struct rule rule_b = {
    .id = {(const uint8_t *)"b", 1}, .fields = rule_fields, .field_count = 1};
static const struct rule *const rules[] = {&rule_a, &rule_b};

static void add_hit(struct collector *collector, uint32_t number, const char *image) {
    struct synthetic_event made;
    struct problem problem;
    char host[16];
    bool is_new;
    snprintf(host, sizeof host, "HOST%u", number % 3);
    synthetic_init(&made, 0, (int64_t)(number * 7919 % 1000) * 1000, number);
    synthetic_field(&made, "Image", image, FIELD_ROLE_NONE);
    synthetic_field(&made, "Computer", host, FIELD_ROLE_COMPUTER);
    assert_int_equal(
        collector_add(collector, number % 2, &made.event, SLICE(""), &is_new, &problem), STATUS_OK);
}

static void append_all(struct collector *collector, struct buffer *text) {
    struct problem problem;
    static struct finding finding;
    bool more;
    int64_t before = INT64_MIN;
    while (collector_next(collector, &finding, &more, &problem) == STATUS_OK && more) {
        assert_true(finding.first_ns >= before);
        before = finding.first_ns;
        buffer_append_slice(text, finding.rule->id);
        buffer_append_byte(text, ' ');
        buffer_append_slice(text, finding.host);
        buffer_append_byte(text, ' ');
        buffer_append_slice(text, finding.fields[0].text);
        buffer_append_format(text, " %lld %lld %llu", (long long)finding.first_ns,
                             (long long)finding.last_ns, (unsigned long long)finding.count);
        for (uint32_t i = 0; i < finding.reference_count; i++)
            buffer_append_format(text, " %llu",
                                 (unsigned long long)finding.references[i].position.offset);
        buffer_append_byte(text, '\n');
    }
}

// `count` hits over `parts` collectors, `images` different values of `image_size` bytes.
static void run_parts(uint32_t count, uint32_t parts, uint32_t images, size_t image_size,
                      struct buffer *text) {
    struct problem problem;
    struct collector *collectors[4];
    char image[8192];
    for (uint32_t i = 0; i < parts; i++)
        collectors[i] = collector_new(rules, "/tmp");
    for (uint32_t i = 0; i < count; i++) {
        memset(image, 'x', image_size);
        snprintf(image + image_size, sizeof image - image_size, "%u", i % images);
        add_hit(collectors[i % parts], i, image);
    }
    for (uint32_t i = parts; i-- > 1;)
        assert_int_equal(collector_absorb(collectors[0], collectors[i], &problem), STATUS_OK);
    assert_int_equal(collector_finish(collectors[0], &problem), STATUS_OK);
    append_all(collectors[0], text);
    size_t once = text->size;
    assert_int_equal(collector_rewind(collectors[0], &problem), STATUS_OK);
    append_all(collectors[0], text);
    assert_int_equal(text->size, 2 * once);
    for (uint32_t i = 0; i < parts; i++)
        collector_free(collectors[i]);
}

static void same_for_any_partitioning(uint32_t count, uint32_t images, size_t image_size) {
    struct buffer one, other;
    buffer_init(&one, SIZE_MAX / 2);
    buffer_init(&other, SIZE_MAX / 2);
    run_parts(count, 1, images, image_size, &one);
    for (uint32_t parts = 2; parts <= 4; parts++) {
        buffer_reset(&other);
        run_parts(count, parts, images, image_size, &other);
        assert_int_equal(one.size, other.size);
        assert_memory_equal(one.data, other.data, one.size);
    }
    buffer_done(&one);
    buffer_done(&other);
}

static void repeats_are_counted(void **state) {
    (void)state;
    struct buffer text;
    buffer_init(&text, SIZE_MAX / 2);
    run_parts(12, 1, 1, 0, &text);
    // Two rules, three hosts, one image: six findings of two hits each, printed twice.
    size_t lines = 0;
    for (size_t i = 0; i < text.size; i++)
        lines += text.data[i] == '\n';
    assert_int_equal(lines, 12);
    assert_non_null(memmem(text.data, text.size, "a HOST0 0 0 514000 2 0 6\n", 25));
    buffer_done(&text);
}

static void small_runs_agree(void **state) {
    (void)state;
    same_for_any_partitioning(5000, 7, 0);
}

// More groups than the arena holds: spilled several times, the counts still add up.
static void spilled_runs_agree(void **state) {
    (void)state;
    same_for_any_partitioning(6000, 1500, 4000);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(repeats_are_counted),
        cmocka_unit_test(small_runs_agree),
        cmocka_unit_test(spilled_runs_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
