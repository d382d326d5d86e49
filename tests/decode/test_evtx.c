// Event logs: templates, fragments, damage
// SPDX-License-Identifier: Apache-2.0
#include "evtx_bytes.h"

#include "base/buffer.h"
#include "decode/decode.h"
#include "report/event_raw.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_evtx;

// One line of raw JSON a record.
struct seen {
    struct buffer text;
    struct buffer gaps; // one reason a line
    uint32_t events, recovered, damaged;
    uint64_t lost_bytes;
    uint64_t last_id;
    uint32_t shapes[8]; // ids, in order
    uint32_t banks[8];  // behind the last one that holds something
};

static void seen_event(void *context, struct event *event) {
    struct seen *seen = context;
    if (seen->events < ARRAY_SIZE(seen->shapes))
        seen->shapes[seen->events] = event->shape->id;
    for (uint32_t i = 0; i < EVENT_BANKS_MAX && seen->events < ARRAY_SIZE(seen->banks); i++)
        if (event->bank_sizes[i])
            seen->banks[seen->events] = i + 1;
    seen->events++;
    seen->recovered += event->recovered;
    seen->damaged += event->damaged;
    seen->last_id = event->position.record_id;
    event_append_raw_json(event, &seen->text);
    buffer_append_byte(&seen->text, '\n');
}

static void seen_gap(void *context, const struct gap *gap) {
    struct seen *seen = context;
    seen->lost_bytes += gap->bytes;
    buffer_append_text(&seen->gaps, gap->reason);
    buffer_append_byte(&seen->gaps, '\n');
}

static struct seen seen_read(struct slice file, bool recover) {
    struct seen seen = {0};
    buffer_init(&seen.text, 16 << 20);
    buffer_init(&seen.gaps, 16 << 20);
    struct event_sink sink = {&seen, seen_event, seen_gap};
    void *state = decoder_evtx.new_state(&(struct decode_options){.recover = recover});
    struct unit unit = {.fd = -1, .bytes = file, .size = file.size};
    assert_int_equal(decoder_evtx.decode(state, &unit, &sink, NULL), STATUS_OK);
    decoder_evtx.free_state(state);
    buffer_append_byte(&seen.text, 0);
    buffer_append_byte(&seen.gaps, 0);
    return seen;
}

static void seen_done(struct seen *seen) {
    buffer_done(&seen->text);
    buffer_done(&seen->gaps);
}

static void expect(struct slice file, const char *text, const char *gaps) {
    struct seen seen = seen_read(file, false);
    assert_string_equal((const char *)seen.text.data, text);
    assert_string_equal((const char *)seen.gaps.data, gaps);
    seen_done(&seen);
}

static struct evtx_bytes bytes;

// <E><A><sub 0></A><B><computer></B></E>
static uint32_t define_small(uint8_t guid, const char *first, const char *literal) {
    uint32_t definition = evtx_bytes_define(&bytes, guid);
    evtx_bytes_element(&bytes, "E", false);
    evtx_bytes_element(&bytes, first, false);
    evtx_bytes_substitution(&bytes, 0, 8);
    evtx_bytes_u8(&bytes, 0x04);
    evtx_bytes_leaf(&bytes, "B", literal);
    evtx_bytes_u8(&bytes, 0x04);
    evtx_bytes_end_definition(&bytes, definition);
    return definition;
}

static void one_number(uint32_t number) {
    evtx_bytes_u32(&bytes, 1);
    evtx_bytes_u16(&bytes, 4);
    evtx_bytes_u16(&bytes, 8);
    evtx_bytes_u32(&bytes, number);
}

static uint32_t small_record(uint64_t id, uint32_t definition, uint32_t number) {
    evtx_bytes_record(&bytes, id);
    if (definition)
        evtx_bytes_instance(&bytes, definition);
    else
        definition = define_small(1, "A", "host");
    one_number(number);
    evtx_bytes_end_record(&bytes);
    return definition;
}

static void test_template(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    uint32_t definition = small_record(7, 0, 41);
    small_record(8, definition, 42);
    expect(evtx_bytes_end(&bytes),
           "{\"E\":{\"A\":41,\"B\":\"host\"}}\n{\"E\":{\"A\":42,\"B\":\"host\"}}\n", "");
}

// Computer names are literals: each host has templates of its own, of the same shape.
static void test_shape_without_literals(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    small_record(1, 0, 1);
    evtx_bytes_record(&bytes, 2);
    define_small(2, "A", "other host");
    one_number(2);
    evtx_bytes_end_record(&bytes);
    evtx_bytes_record(&bytes, 3);
    define_small(3, "Z", "host");
    one_number(3);
    evtx_bytes_end_record(&bytes);
    struct seen seen = seen_read(evtx_bytes_end(&bytes), false);
    assert_int_equal(seen.events, 3);
    assert_int_equal(seen.shapes[0], seen.shapes[1]);
    assert_int_not_equal(seen.shapes[0], seen.shapes[2]);
    seen_done(&seen);
}

// Two definitions, equal in GUID, size and every byte but where their names lie.
static void test_templates_are_told_apart(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    uint32_t names[2];
    bytes.at += 8;
    names[0] = evtx_bytes_name(&bytes, "Real", 0);
    names[1] = evtx_bytes_name(&bytes, "Fake", 0);
    for (uint32_t i = 0; i < 2; i++) {
        evtx_bytes_record(&bytes, i);
        uint32_t definition = evtx_bytes_define(&bytes, 9);
        evtx_bytes_u8(&bytes, 0x01);
        evtx_bytes_u16(&bytes, 0xFFFF);
        evtx_bytes_u32(&bytes, 0);
        evtx_bytes_name(&bytes, NULL, names[i]);
        evtx_bytes_u8(&bytes, 0x02);
        evtx_bytes_substitution(&bytes, 0, 8);
        evtx_bytes_u8(&bytes, 0x04);
        evtx_bytes_end_definition(&bytes, definition);
        one_number(i);
        evtx_bytes_end_record(&bytes);
    }
    struct seen seen = seen_read(evtx_bytes_end(&bytes), false);
    assert_string_equal((const char *)seen.text.data, "{\"Real\":0}\n{\"Fake\":1}\n");
    seen_done(&seen);
}

// Text in pieces: literal, entity, character reference, CDATA; NULs at its end.
static void test_fragment_mixed(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    for (uint32_t i = 0; i < 2; i++) {
        evtx_bytes_record(&bytes, i);
        evtx_bytes_element(&bytes, "EventData", false);
        evtx_bytes_element(&bytes, "Data", true);
        evtx_bytes_attribute(&bytes, "Name");
        evtx_bytes_value(&bytes, "x.y");
        evtx_bytes_u8(&bytes, 0x02);
        evtx_bytes_value(&bytes, "a");
        evtx_bytes_u8(&bytes, 0x49);
        evtx_bytes_name(&bytes, "amp", 0);
        evtx_bytes_u8(&bytes, 0x08);
        evtx_bytes_u16(&bytes, 'c');
        for (uint32_t j = 0; j < i; j++) {
            evtx_bytes_u8(&bytes, 0x07);
            evtx_bytes_u16(&bytes, 2);
            evtx_bytes_text(&bytes, "<>");
        }
        evtx_bytes_u8(&bytes, 0x04);
        evtx_bytes_u8(&bytes, 0x04);
        evtx_bytes_end_record(&bytes);
    }
    struct slice file = evtx_bytes_end(&bytes);
    expect(file, "{\"EventData\":{\"x.y\":\"a&c\"}}\n{\"EventData\":{\"x.y\":\"a&c<>\"}}\n", "");
    struct seen seen = seen_read(file, false);
    assert_int_equal(seen.shapes[0], seen.shapes[1]);
    seen_done(&seen);
}

static void test_unknown_entity(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    evtx_bytes_record(&bytes, 1);
    evtx_bytes_element(&bytes, "E", false);
    evtx_bytes_value(&bytes, "a");
    evtx_bytes_u8(&bytes, 0x09);
    evtx_bytes_name(&bytes, "nbsp", 0);
    evtx_bytes_u8(&bytes, 0x04);
    evtx_bytes_end_record(&bytes);
    expect(evtx_bytes_end(&bytes), "{\"E\":\"a&nbsp;\"}\n", "");
}

// A literal beside a substitution: put together for each record.
static void test_composition(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    evtx_bytes_record(&bytes, 1);
    uint32_t definition = evtx_bytes_define(&bytes, 1);
    evtx_bytes_element(&bytes, "E", true);
    evtx_bytes_attribute(&bytes, "k");
    evtx_bytes_value(&bytes, "n=");
    evtx_bytes_substitution(&bytes, 0, 8);
    evtx_bytes_u8(&bytes, 0x02);
    evtx_bytes_substitution(&bytes, 0, 8);
    evtx_bytes_value(&bytes, "!");
    evtx_bytes_u8(&bytes, 0x04);
    evtx_bytes_end_definition(&bytes, definition);
    one_number(5);
    evtx_bytes_end_record(&bytes);
    evtx_bytes_record(&bytes, 2);
    evtx_bytes_instance(&bytes, definition);
    evtx_bytes_u32(&bytes, 0); // no values at all
    evtx_bytes_end_record(&bytes);
    expect(evtx_bytes_end(&bytes),
           "{\"E\":{\"#attributes\":{\"k\":\"n=5\"},\"#text\":\"5!\"}}\n"
           "{\"E\":{\"#attributes\":{\"k\":\"n=\"},\"#text\":\"!\"}}\n",
           "");
}

// <E><sub 0, an instance></E>, whose value is an instance of the same definition, and so on.
// <E><sub 0></E>, each within the one before.
static void nested_record(uint64_t id, uint32_t depth) {
    evtx_bytes_record(&bytes, id);
    uint32_t definition = evtx_bytes_define(&bytes, 1);
    evtx_bytes_element(&bytes, "E", false);
    evtx_bytes_substitution(&bytes, 0, 0x21);
    evtx_bytes_u8(&bytes, 0x04);
    evtx_bytes_end_definition(&bytes, definition);
    for (uint32_t i = depth; i > 0; i--) {
        evtx_bytes_u32(&bytes, 1);
        evtx_bytes_u16(&bytes, i > 1 ? 22 * (i - 1) - 4 : 0);
        evtx_bytes_u16(&bytes, 0x21);
        if (i > 1) {
            evtx_bytes_u32(&bytes, 0x0001010F);
            evtx_bytes_instance(&bytes, definition);
        }
    }
    evtx_bytes_end_record(&bytes);
}

// What is behind a record's banks must not be the record's before: readers look at all of them.
static void test_no_banks_of_the_record_before(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    nested_record(1, 3);
    small_record(2, 0, 41);
    struct seen seen = seen_read(evtx_bytes_end(&bytes), false);
    assert_int_equal(seen.events, 2);
    assert_true(seen.banks[0] > 2);
    assert_int_equal(seen.banks[1], 2);
    seen_done(&seen);
}

static void test_self_reference(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    nested_record(1, 12);
    struct seen seen = seen_read(evtx_bytes_end(&bytes), false);
    assert_int_equal(seen.events, 1);
    assert_non_null(strstr((const char *)seen.text.data, "{\"E\":{\"E\":{\"E\":{\"E\":"));
    assert_non_null(strstr((const char *)seen.gaps.data, "template instances"));
    seen_done(&seen);
}

static void test_many_substitutions(void **state) {
    (void)state;
    enum {
        COUNT = 2500
    };
    evtx_bytes_begin(&bytes);
    evtx_bytes_record(&bytes, 1);
    uint32_t definition = evtx_bytes_define(&bytes, 1);
    evtx_bytes_element(&bytes, "E", false);
    evtx_bytes_substitution(&bytes, COUNT - 1, 1);
    evtx_bytes_u8(&bytes, 0x04);
    evtx_bytes_end_definition(&bytes, definition);
    evtx_bytes_u32(&bytes, COUNT);
    for (uint32_t i = 0; i < COUNT; i++) {
        evtx_bytes_u16(&bytes, i + 1 < COUNT ? 2 : 6);
        evtx_bytes_u16(&bytes, 1);
    }
    for (uint32_t i = 0; i + 1 < COUNT; i++)
        evtx_bytes_u16(&bytes, 'x');
    evtx_bytes_u16(&bytes, 'z');
    evtx_bytes_u16(&bytes, 0xD800); // alone
    evtx_bytes_u16(&bytes, 0);
    evtx_bytes_end_record(&bytes);
    expect(evtx_bytes_end(&bytes), "{\"E\":\"z\xEF\xBF\xBD\"}\n", "");
}

static void put(uint32_t at, const void *from, size_t size) {
    memcpy(bytes.chunk + at, from, size);
}

// A broken record costs itself and nothing behind it.
static void test_resync(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    uint32_t definition = small_record(1, 0, 1);
    small_record(2, definition, 2);
    uint32_t broken = bytes.record;
    small_record(3, definition, 3);
    put(broken, "XXXX", 4);
    struct seen seen = seen_read(evtx_bytes_end(&bytes), false);
    assert_int_equal(seen.events, 2);
    assert_int_equal(seen.last_id, 3);
    assert_int_equal(seen.lost_bytes, bytes.record - broken);
    assert_string_equal((const char *)seen.gaps.data, "no record where one should be\n");
    seen_done(&seen);
    put(broken, "**\0", 4);
    put(broken + 24 + 4, "\x7F", 1); // an unknown token
    seen = seen_read(evtx_bytes_end(&bytes), false);
    assert_int_equal(seen.events, 2);
    assert_int_equal(seen.lost_bytes, bytes.record - broken);
    seen_done(&seen);
}

static void test_checksums(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    small_record(1, 0, 1);
    struct slice file = evtx_bytes_end(&bytes);
    bytes.chunk[512 + 20] ^= 1; // of the header's time
    struct seen seen = seen_read(file, false);
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.damaged, 1);
    assert_int_equal(seen.lost_bytes, 0);
    assert_string_equal((const char *)seen.gaps.data, "chunk data checksum differs\n");
    seen_done(&seen);
}

static void test_foreign_blocks(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    small_record(1, 0, 1);
    struct slice file = evtx_bytes_end(&bytes);
    put(0, "Garbage", 8);
    expect(file, "{\"E\":{\"A\":1,\"B\":\"host\"}}\n", "chunk magic is wrong\n");
    memset(bytes.chunk, 0xAA, 65536);
    expect(file, "", "block is no chunk and holds no record\n");
    memset(bytes.chunk, 0, 65536);
    expect(file, "", "");
}

static void test_recover(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    uint32_t definition = small_record(1, 0, 1);
    uint32_t end = bytes.at;
    small_record(1, definition, 99); // the same id again: an older copy
    small_record(2, definition, 2);
    bytes.at = end;
    struct slice file = evtx_bytes_end(&bytes);
    struct seen seen = seen_read(file, false);
    assert_int_equal(seen.events, 1);
    seen_done(&seen);
    seen = seen_read(file, true);
    assert_int_equal(seen.events, 2);
    assert_int_equal(seen.recovered, 1);
    assert_int_equal(seen.last_id, 2);
    seen_done(&seen);
}

// Whatever length a file is cut to, what is left is read and the rest is said.
static void test_truncation(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    uint32_t definition = small_record(1, 0, 1);
    uint32_t first_end = bytes.at;
    small_record(2, definition, 2);
    struct slice file = evtx_bytes_end(&bytes);
    for (uint32_t size = 4097; size < 4096 + bytes.at; size++) {
        uint8_t *exact = malloc(size); // ASan sees the first byte behind it
        memcpy(exact, file.data, size);
        struct seen seen = seen_read(slice_of(exact, size), true);
        assert_true(seen.gaps.size > 1);
        assert_int_equal(seen.events, size >= 4096 + first_end);
        seen_done(&seen);
        free(exact);
    }
}

static void test_shrinking_file(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    small_record(1, 0, 1);
    struct slice file = evtx_bytes_end(&bytes);
    struct seen seen = {0};
    buffer_init(&seen.text, 1 << 20);
    buffer_init(&seen.gaps, 1 << 20);
    struct event_sink sink = {&seen, seen_event, seen_gap};
    void *reader = decoder_evtx.new_state(&(struct decode_options){0});
    // The unit says three chunks; the source has one by now.
    struct unit unit = {.fd = -1, .bytes = file, .size = file.size + 2 * 65536};
    assert_int_equal(decoder_evtx.decode(reader, &unit, &sink, NULL), STATUS_OK);
    decoder_evtx.free_state(reader);
    assert_int_equal(seen.events, 1);
    assert_int_equal(seen.lost_bytes, 2 * 65536);
    seen_done(&seen);
}

static void test_recognise(void **state) {
    (void)state;
    evtx_bytes_begin(&bytes);
    struct slice file = evtx_bytes_end(&bytes);
    assert_ptr_equal(decode_recognise(file, SLICE("x")), &decoder_evtx);
    bytes.file[0] = 'X';
    assert_ptr_equal(decode_recognise(file, SLICE("x")), &decoder_evtx);
    assert_int_equal(decoder_evtx.recognise(SLICE("text"), SLICE("a.txt")), 0);
    assert_int_equal(decoder_evtx.recognise(SLICE(""), SLICE("a.evtx")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_template),
        cmocka_unit_test(test_shape_without_literals),
        cmocka_unit_test(test_templates_are_told_apart),
        cmocka_unit_test(test_fragment_mixed),
        cmocka_unit_test(test_unknown_entity),
        cmocka_unit_test(test_composition),
        cmocka_unit_test(test_self_reference),
        cmocka_unit_test(test_no_banks_of_the_record_before),
        cmocka_unit_test(test_many_substitutions),
        cmocka_unit_test(test_resync),
        cmocka_unit_test(test_checksums),
        cmocka_unit_test(test_foreign_blocks),
        cmocka_unit_test(test_recover),
        cmocka_unit_test(test_truncation),
        cmocka_unit_test(test_shrinking_file),
        cmocka_unit_test(test_recognise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
