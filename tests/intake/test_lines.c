// Tests of cutting text into units
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "intake/lines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

// A stream over bytes in memory that gives uneven pieces, and may end in damage.
struct feed {
    struct slice bytes;
    size_t at;
    size_t step;
    const char *damage;
    uint64_t gap_count, gap_bytes, gap_offset;
};

static size_t feed_read(void *context, uint8_t *to, size_t size, const char **ret_damage) {
    struct feed *feed = context;
    feed->step = feed->step * 5 % 70001 + 1;
    struct slice part = slice_part(feed->bytes, feed->at, size < feed->step ? size : feed->step);
    if (part.size)
        memcpy(to, part.data, part.size);
    else if (feed->damage)
        *ret_damage = feed->damage;
    feed->at += part.size;
    return part.size;
}

static void feed_gap(void *context, const struct gap *gap) {
    struct feed *feed = context;
    feed->gap_count++;
    feed->gap_bytes += gap->bytes;
    feed->gap_offset = gap->offset;
    assert_non_null(gap->reason);
    assert_int_equal(gap->source, 7);
}

static void cut_starts(struct cutter *cutter, struct feed *feed) {
    uint8_t first[1000];
    const char *damage = NULL;
    struct stream stream = {.context = feed, .read = feed_read};
    size_t got = stream_fill(&stream, first, sizeof first, &damage);
    cutter_init(cutter, 7, stream, slice_of(first, got));
}

static void counting_equals_the_plain_loop(void **state) {
    (void)state;
    uint8_t *data = memory_new(20000, 1);
    uint64_t plain = 0;
    for (size_t i = 0; i < 20000; i++) {
        assert_int_equal(lines_count(slice_of(data, i)), plain);
        data[i] = i % 3 == 0 || i > 9000 ? '\n' : (uint8_t)i;
        plain += data[i] == '\n';
    }
    memory_free(data);
}

static void a_tally_equals_the_plain_loop(void **state) {
    (void)state;
    static const char ALPHABET[] = "\n\n##\"abc";
    uint8_t data[300];
    uint32_t seed = 3;
    for (size_t i = 0; i < 4000; i++) {
        size_t size = i % sizeof data;
        struct lines_tally plain = {0};
        struct header_lines headers;
        uint64_t begin = 1000, run_end = UINT64_MAX; // of the last run of '#' lines
        for (size_t k = 0; k < size; k++) {
            seed = seed * 1664525 + 1013904223;
            data[k] = (uint8_t)ALPHABET[(seed >> 16) % (sizeof ALPHABET - 1)];
            plain.feeds += data[k] == '\n';
            plain.quotes += data[k] == '"';
        }
        for (size_t k = 0; k < size; k++) {
            if (data[k] != '#' || (k && data[k - 1] != '\n'))
                continue;
            const uint8_t *feed = memchr(data + k, '\n', size - k);
            if (run_end != 1000 + k)
                begin = 1000 + k;
            run_end = 1000 + (feed ? (size_t)(feed - data) + 1 : size);
        }
        header_lines_init(&headers);
        struct lines_tally got = lines_tally(slice_of(data, size), 1000, &headers);
        assert_int_equal(got.feeds, plain.feeds);
        assert_int_equal(got.quotes, plain.quotes);
        assert_int_equal(headers.run_end, run_end);
        if (run_end != UINT64_MAX)
            assert_int_equal(headers.run_begin, begin);
        header_lines_done(&headers);
    }
}

static void every_line_comes_once(void **state) {
    (void)state;
    size_t size = 5 << 20;
    uint8_t *data = memory_new(size, 1);
    memset(data, 'x', size);
    for (size_t i = 17; i < size; i += 1 + i * 7 % 300)
        data[i] = '\n';
    // and one line longer than a unit
    memset(data + (2 << 20), 'y', 2500000);
    struct feed feed = {.bytes = slice_of(data, size), .step = 1};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    struct unit unit;
    uint64_t offset = 0, line = 1;
    while (cutter_next_lines(&cutter, &buffer, &unit, &gaps)) {
        assert_int_equal(unit.offset, offset);
        assert_int_equal(unit.first_line, line);
        assert_int_equal(unit.size, unit.bytes.size);
        assert_memory_equal(unit.bytes.data, data + offset, unit.size);
        offset += unit.size;
        line += lines_count(unit.bytes);
        assert_true(offset == size || unit.bytes.data[unit.size - 1] == '\n');
    }
    assert_int_equal(offset, size);
    assert_int_equal(feed.gap_count, 0);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(data);
}

static void a_huge_line_is_a_gap(void **state) {
    (void)state;
    size_t size = ((size_t)UNIT_LINE_BYTES_MAX) + 5000000;
    uint8_t *data = memory_new(size, 1);
    memset(data, 'x', size);
    data[9] = '\n';
    data[size - 3] = '\n';
    struct feed feed = {.bytes = slice_of(data, size), .step = 60000};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    struct unit unit;
    assert_true(cutter_next_lines(&cutter, &buffer, &unit, &gaps));
    assert_int_equal(unit.size, 10);
    assert_true(cutter_next_lines(&cutter, &buffer, &unit, &gaps));
    assert_int_equal(unit.size, 2);
    assert_int_equal(unit.first_line, 3);
    assert_int_equal(unit.offset, size - 2);
    assert_int_equal(feed.gap_count, 1);
    assert_int_equal(feed.gap_offset, 10);
    assert_int_equal(feed.gap_bytes, size - 12);
    assert_false(cutter_next_lines(&cutter, &buffer, &unit, &gaps));
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(data);
}

static void blocks_of_a_stream(void **state) {
    (void)state;
    size_t size = 4096 + 40 * 65536 + 100;
    uint8_t *data = memory_new(size, 1);
    for (size_t i = 0; i < size; i++)
        data[i] = (uint8_t)(i * 31 >> 8);
    struct feed feed = {.bytes = slice_of(data, size), .step = 1, .damage = "archive is damaged"};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    cutter.block_bytes = 65536;
    cutter.skip = 4096;
    cutter.source_size = size + 50;
    struct unit unit;
    uint64_t offset = 4096;
    while (cutter_next_blocks(&cutter, &buffer, &unit, &gaps)) {
        assert_int_equal(unit.offset, offset);
        assert_memory_equal(unit.bytes.data, data + offset, unit.size);
        offset += unit.size;
    }
    assert_int_equal(offset, size);
    assert_int_equal(feed.gap_count, 1);
    assert_int_equal(feed.gap_offset, size);
    assert_int_equal(feed.gap_bytes, 50);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(data);
}

// The header in force at `offset`, worked out line by line.
static size_t plain_header(struct slice text, uint64_t offset, char *header) {
    size_t size = 0, run = 0, named = SIZE_MAX, named_end = 0, at = 0;
    bool names = false, in_run = false;
    size_t first_end = 0;
    while (at < offset) {
        const uint8_t *feed = memchr(text.data + at, '\n', text.size - at);
        size_t end = (size_t)(feed - text.data) + 1;
        if (at == 0)
            first_end = end;
        bool is_hash = text.data[at] == '#';
        if (is_hash && !in_run) {
            run = at;
            names = false;
        }
        in_run = is_hash;
        names = is_hash && (names || memcmp(text.data + at, "#Fields", 7) == 0);
        if (names) {
            named = run;
            named_end = end;
        }
        at = end;
    }
    if (named != 0) {
        memcpy(header, text.data, first_end);
        size = first_end;
    }
    if (named != SIZE_MAX) {
        memcpy(header + size, text.data + named, named_end - named);
        size += named_end - named;
    }
    return size;
}

static void assert_headers(const uint8_t *data, size_t size) {
    struct feed feed = {.bytes = slice_of(data, size), .step = 1};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    cutter.headed = true;
    struct unit unit;
    char *header = memory_new(1 << 20, 1);
    uint64_t line = 1;
    while (cutter_next_lines(&cutter, &buffer, &unit, &gaps)) {
        size_t wanted = unit.offset ? plain_header(feed.bytes, unit.offset, header) : 0;
        assert_int_equal(unit.header.size, wanted);
        if (wanted)
            assert_memory_equal(unit.header.data, header, wanted);
        assert_int_equal(unit.first_line, line);
        line += lines_count(unit.bytes);
    }
    memory_free(header);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
}

static void units_carry_the_header_in_force(void **state) {
    (void)state;
    size_t size = 6 << 20;
    uint8_t *data = memory_new(size, 1);
    for (unsigned seed = 1; seed <= 6; seed++) {
        memset(data, 'x', size);
        uint32_t dice = seed;
        for (size_t at = 0; at + 300 < size;) {
            dice = dice * 1664525 + 1013904223;
            uint32_t kind = dice >> 24;
            // Comments around a unit's end, runs of several lines, names in the middle of one
            if (seed == 6 || kind < 3 || (at % UNIT_BYTES > UNIT_BYTES - 2000 && kind < 128)) {
                const char *text = kind % 3 == 0 ? "#Fields: a b\n" : "#Date: today\n";
                memcpy(data + at, text, strlen(text));
                at += strlen(text);
                if (seed != 6)
                    continue;
            }
            at += 20 + (dice >> 8) % 200;
            data[at++] = '\n';
            if (seed == 2)
                data[at] = '#';
        }
        data[size - 1] = '\n';
        assert_headers(data, size);
    }
    memory_free(data);
}

static void a_long_run_costs_no_square(void **state) {
    (void)state;
    size_t size = 3 << 20;
    uint8_t *data = memory_new(size, 1);
    for (size_t i = 0; i + 8 <= size; i += 8)
        memcpy(data + i, "#fields\n", 8);
    struct feed feed = {.bytes = slice_of(data, size), .step = 1};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    cutter.headed = true;
    struct unit unit;
    while (cutter_next_lines(&cutter, &buffer, &unit, &gaps))
        assert_true(unit.header.size <= 2 * HEADER_BYTES_MAX);
    assert_true(unit.offset > 0 && buffer.header.size > 0);
    assert_memory_equal(buffer.header.data, "#fields\n", 8);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(data);
}

// Lines with a quoted value over up to `reach` lines; units must end between records.
static void cut_quoted(size_t reach, bool stray) {
    size_t size = 5 << 20;
    uint8_t *data = memory_new(size + 1, 1);
    bool *ends = memory_new(size + 1, 1); // a record ends before this byte
    uint32_t dice = 7;
    size_t at = 0;
    if (stray)
        at += (size_t)snprintf((char *)data, 50, "a,\"stray\n");
    while (at + reach * 60 + 100 < size) {
        at += (size_t)snprintf((char *)data + at, 50, "a,\"first");
        dice = dice * 1664525 + 1013904223;
        for (size_t i = (dice >> 16) % reach; i; i--)
            at += (size_t)snprintf((char *)data + at, 50, "\nmore \"\"%zu\"\" of it", i);
        at += (size_t)snprintf((char *)data + at, 50, "\",b\n");
        ends[at] = true;
    }
    size = at;
    struct feed feed = {.bytes = slice_of(data, size), .step = 1};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    cutter.quoted = true;
    cutter.headed = true;
    struct unit unit;
    uint64_t offset = 0, line = 1, wrong = 0;
    while (cutter_next_lines(&cutter, &buffer, &unit, &gaps)) {
        assert_int_equal(unit.offset, offset);
        assert_int_equal(unit.first_line, line);
        assert_memory_equal(unit.bytes.data, data + offset, unit.size);
        offset += unit.size;
        line += lines_count(unit.bytes);
        wrong += !ends[offset];
    }
    assert_int_equal(offset, size);
    assert_true(stray || wrong == 0);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(ends);
    memory_free(data);
}

static void quoted_units_end_between_records(void **state) {
    (void)state;
    cut_quoted(1, false);
    cut_quoted(30, false);
    cut_quoted(900, false);
    cut_quoted(3, true);
}

// Records of several lines: units end above a record's first line.
static void units_end_above_a_record(void **state) {
    (void)state;
    size_t size = 3 << 20, at = 0;
    uint8_t *data = memory_new(size + 100, 1);
    while (at < size)
        at += (size_t)snprintf((char *)data + at, 100, "lease 10.0.0.1 {\n  starts %zu;\n}\n", at);
    struct feed feed = {.bytes = slice_of(data, at), .step = 1};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    cutter.record_start = "lease ";
    struct unit unit;
    uint64_t offset = 0, line = 1;
    while (cutter_next_lines(&cutter, &buffer, &unit, &gaps)) {
        assert_int_equal(unit.offset, offset);
        assert_int_equal(unit.first_line, line);
        assert_true(slice_starts(unit.bytes, SLICE("lease ")));
        offset += unit.size;
        line += lines_count(unit.bytes);
    }
    assert_int_equal(offset, at);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(data);
}

static void quotes_before_a_long_line(void **state) {
    (void)state;
    // A quoted unit's end moves up, and what follows is longer than a unit.
    size_t size = 7 << 20;
    uint8_t *data = memory_new(size, 1);
    memset(data, 'x', size);
    for (size_t i = 99; i < UNIT_BYTES; i += 100)
        data[i] = '\n';
    data[UNIT_BYTES - 3000] = '"';
    data[size - 5] = '"';
    data[size - 2] = '\n';
    struct feed feed = {.bytes = slice_of(data, size), .step = 1};
    struct gap_sink gaps = {feed_gap, &feed};
    struct unit_buffer buffer;
    unit_buffer_init(&buffer);
    struct cutter cutter;
    cut_starts(&cutter, &feed);
    cutter.quoted = true;
    struct unit unit;
    uint64_t offset = 0;
    while (cutter_next_lines(&cutter, &buffer, &unit, &gaps)) {
        assert_memory_equal(unit.bytes.data, data + offset, unit.size);
        offset += unit.size;
    }
    assert_int_equal(offset, size);
    cutter_done(&cutter);
    unit_buffer_done(&buffer);
    memory_free(data);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(units_carry_the_header_in_force),
        cmocka_unit_test(a_long_run_costs_no_square),
        cmocka_unit_test(quoted_units_end_between_records),
        cmocka_unit_test(units_end_above_a_record),
        cmocka_unit_test(quotes_before_a_long_line),
        cmocka_unit_test(counting_equals_the_plain_loop),
        cmocka_unit_test(a_tally_equals_the_plain_loop),
        cmocka_unit_test(every_line_comes_once),
        cmocka_unit_test(a_huge_line_is_a_gap),
        cmocka_unit_test(blocks_of_a_stream),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
