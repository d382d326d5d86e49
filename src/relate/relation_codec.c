// A relation as bytes: key and payload
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_codec.h"

#include "base/bytes.h"

#include <assert.h>

// Sizes of a recorder that is spelled like another part.
enum {
    RECORDER_IS_TO = 0xFFFF,
    RECORDER_IS_FROM = 0xFFFE
};

static void codec_append_number(struct buffer *to, uint64_t number) {
    uint8_t bytes[10];
    size_t size = 0;
    while (number >= 0x80) {
        bytes[size++] = (uint8_t)(number | 0x80);
        number >>= 7;
    }
    bytes[size++] = (uint8_t)number;
    buffer_append(to, bytes, size);
}

static bool codec_take_number(struct slice *from, uint64_t *ret_number) {
    uint64_t number = 0;
    for (size_t i = 0; i < from->size && i < 10; i++) {
        number |= (uint64_t)(from->data[i] & 0x7F) << (7 * i);
        if (from->data[i] < 0x80) {
            *ret_number = number;
            *from = slice_part(*from, i + 1, SIZE_MAX);
            return true;
        }
    }
    return false;
}

static bool codec_take_u32(struct slice *from, uint32_t *ret_number) {
    uint64_t number;
    if (!codec_take_number(from, &number) || number > UINT32_MAX)
        return false;
    *ret_number = (uint32_t)number;
    return true;
}

static bool codec_take(struct slice *from, void *to, size_t size) {
    if (from->size < size)
        return false;
    memcpy(to, from->data, size);
    *from = slice_part(*from, size, SIZE_MAX);
    return true;
}

static void codec_append_u16(struct buffer *to, size_t number) {
    uint16_t small = (uint16_t)number;
    buffer_append(to, &small, sizeof small);
}

void relation_append_key(struct buffer *to, const struct relation_key *key) {
    buffer_append_byte(to, (uint8_t)key->kind);
    buffer_append(to, &key->bucket, sizeof key->bucket);
    for (size_t i = 0; i < PART_RECORDER; i++) {
        assert(key->parts[i].size <= RELATION_PART_BYTES_MAX);
        codec_append_u16(to, key->parts[i].size);
        buffer_append_slice(to, key->parts[i]);
    }
    struct slice recorder = key->parts[PART_RECORDER];
    if (slice_equal(recorder, key->parts[PART_TO])) {
        codec_append_u16(to, RECORDER_IS_TO);
    } else if (slice_equal(recorder, key->parts[PART_FROM])) {
        codec_append_u16(to, RECORDER_IS_FROM);
    } else {
        codec_append_u16(to, recorder.size);
        buffer_append_slice(to, recorder);
    }
}

bool relation_read_key(struct slice bytes, struct relation_key *ret_key) {
    uint8_t kind;
    if (!codec_take(&bytes, &kind, sizeof kind) || kind >= RELATION_KIND_COUNT ||
        !codec_take(&bytes, &ret_key->bucket, sizeof ret_key->bucket))
        return false;
    ret_key->kind = (enum relation_kind)kind;
    for (size_t i = 0; i < PART_COUNT; i++) {
        uint16_t size;
        if (!codec_take(&bytes, &size, sizeof size))
            return false;
        if (i == PART_RECORDER && size >= RECORDER_IS_FROM) {
            ret_key->parts[i] = ret_key->parts[size == RECORDER_IS_TO ? PART_TO : PART_FROM];
            continue;
        }
        if (size > bytes.size)
            return false;
        ret_key->parts[i] = slice_part(bytes, 0, size);
        bytes = slice_part(bytes, size, SIZE_MAX);
    }
    return bytes.size == 0;
}

static void codec_append_references(struct buffer *to, const struct relation_sum *sum) {
    codec_append_number(to, sum->reference_count);
    for (uint32_t i = 0; i < sum->reference_count; i++)
        buffer_append(to, &sum->references[i], sizeof sum->references[i]);
}

// Most relations are few records, whose times their references hold already.
static bool sum_times_are_cited(const struct relation_sum *sum) {
    if (sum->time_count != sum->reference_count)
        return false;
    for (uint32_t i = 0; i < sum->time_count; i++)
        if (sum->times[i] != sum->references[i].time_ns)
            return false;
    return true;
}

static void codec_append_times(struct buffer *to, const struct relation_sum *sum) {
    bool cited = sum_times_are_cited(sum);
    codec_append_number(to, (uint64_t)sum->time_count << 1 | cited);
    int64_t before = sum->first_ns;
    for (uint32_t i = 0; i < sum->time_count && !cited; i++) {
        codec_append_number(to, (uint64_t)sum->times[i] - (uint64_t)before);
        before = sum->times[i];
    }
}

static void codec_append_days(struct buffer *to, const struct relation_sum *sum) {
    codec_append_number(to, sum->day_count);
    for (uint32_t i = 0; i < sum->day_count; i++) {
        const struct relation_day *day = &sum->days[i];
        buffer_append(to, &day->day, sizeof day->day);
        codec_append_number(to, day->count);
        codec_append_number(to, day->bytes_out);
        codec_append_number(to, day->bytes_in);
    }
}

void relation_append_sum(struct buffer *to, const struct relation_sum *sum) {
    buffer_append(to, &sum->first_ns, sizeof sum->first_ns);
    codec_append_number(to, (uint64_t)sum->last_ns - (uint64_t)sum->first_ns);
    codec_append_number(to, sum->count);
    bool has_bytes = sum->bytes_out || sum->bytes_in || sum->taken_ms || sum->bytes_in_max;
    buffer_append_byte(to, has_bytes);
    if (has_bytes) {
        codec_append_number(to, sum->bytes_out);
        codec_append_number(to, sum->bytes_in);
        codec_append_number(to, sum->taken_ms);
        codec_append_number(to, sum->bytes_in_min);
        codec_append_number(to, sum->bytes_in_max);
    }
    codec_append_references(to, sum);
    codec_append_times(to, sum);
    codec_append_days(to, sum);
}

static bool codec_take_references(struct slice *from, struct relation_sum *sum) {
    if (!codec_take_u32(from, &sum->reference_count) ||
        sum->reference_count > FINDING_REFERENCES_MAX)
        return false;
    for (uint32_t i = 0; i < sum->reference_count; i++)
        if (!codec_take(from, &sum->references[i], sizeof sum->references[i]))
            return false;
    return true;
}

static bool codec_take_times(struct slice *from, struct relation_sum *sum) {
    uint32_t head;
    if (!codec_take_u32(from, &head) || head >> 1 > RELATION_TIMES_MAX)
        return false;
    sum->time_count = head >> 1;
    if ((head & 1) && sum->time_count > sum->reference_count)
        return false;
    uint64_t before = (uint64_t)sum->first_ns;
    for (uint32_t i = 0; i < sum->time_count; i++) {
        uint64_t step;
        if (head & 1) {
            sum->times[i] = sum->references[i].time_ns;
            continue;
        }
        if (!codec_take_number(from, &step))
            return false;
        before += step;
        sum->times[i] = (int64_t)before;
    }
    return true;
}

#define DAY_NS (86400 * 1000000000ll)

// A day whose nanoseconds fit.
static bool day_fits(int32_t day) {
    return day >= INT64_MIN / DAY_NS && day <= INT64_MAX / DAY_NS - 1;
}

static bool codec_take_days(struct slice *from, struct relation_sum *sum) {
    if (!codec_take_u32(from, &sum->day_count) || sum->day_count > RELATION_DAYS_MAX)
        return false;
    for (uint32_t i = 0; i < sum->day_count; i++) {
        struct relation_day *day = &sum->days[i];
        if (!codec_take(from, &day->day, sizeof day->day) || !day_fits(day->day) ||
            !codec_take_u32(from, &day->count) || !codec_take_number(from, &day->bytes_out) ||
            !codec_take_number(from, &day->bytes_in))
            return false;
    }
    return true;
}

bool relation_read_sum(struct slice bytes, struct relation_sum *sum) {
    uint64_t span;
    uint8_t has_bytes;
    relation_sum_reset(sum);
    if (!codec_take(&bytes, &sum->first_ns, sizeof sum->first_ns) ||
        !codec_take_number(&bytes, &span) || !codec_take_number(&bytes, &sum->count) ||
        !codec_take(&bytes, &has_bytes, sizeof has_bytes))
        return false;
    sum->last_ns = (int64_t)((uint64_t)sum->first_ns + span);
    sum->bytes_in_min = 0;
    if (has_bytes &&
        (!codec_take_number(&bytes, &sum->bytes_out) ||
         !codec_take_number(&bytes, &sum->bytes_in) || !codec_take_number(&bytes, &sum->taken_ms) ||
         !codec_take_number(&bytes, &sum->bytes_in_min) ||
         !codec_take_number(&bytes, &sum->bytes_in_max)))
        return false;
    return codec_take_references(&bytes, sum) && codec_take_times(&bytes, sum) &&
           codec_take_days(&bytes, sum) && bytes.size == 0;
}

int64_t relation_read_first(struct slice bytes) {
    int64_t first_ns;
    bool whole = codec_take(&bytes, &first_ns, sizeof first_ns);
    assert(whole);
    (void)whole;
    return first_ns;
}

void relation_append_ordered(struct buffer *to, struct slice text) {
    const uint8_t *end = text.data + text.size;
    for (const uint8_t *at = text.data; at < end;) {
        const uint8_t *nul = memchr(at, 0, (size_t)(end - at));
        const uint8_t *stop = nul ? nul : end;
        buffer_append(to, at, (size_t)(stop - at));
        if (nul)
            buffer_append(to, "\0\xFF", 2);
        at = nul ? nul + 1 : end;
    }
    buffer_append(to, "\0\0", 2);
}

void relation_append_ordered_time(struct buffer *to, int64_t time_ns) {
    uint64_t ordered = __builtin_bswap64((uint64_t)time_ns ^ (1ull << 63));
    buffer_append(to, &ordered, sizeof ordered);
}
