// Any bytes as the packed rows of a case
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/buffer.h"
#include "base/packed_row.h"
#include "model/finding.h"
#include "pipeline/finding_codec.h"
#include "relate/relation_codec.h"
#include "relate/relation_sum.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A finding or relation that is read can be written, and then reads the same.
static bool try_finding(struct slice key, struct slice payload, struct buffer *text) {
    struct finding finding = {0}, again = {0};
    uint32_t rule, second;
    if (!finding_read_key(key, &finding, &rule) || !finding_read_sum(payload, &finding))
        return false;
    buffer_reset(text);
    finding_append_key(text, rule, &finding);
    bool read = finding_read_key(buffer_slice(text), &again, &second);
    assert(read && second == rule && slice_equal(again.host, finding.host));
    buffer_reset(text);
    finding_append_sum(text, &finding);
    read = finding_read_sum(buffer_slice(text), &again);
    assert(read && again.count == finding.count);
    finding_merge_sum(&finding, &again);
    return true;
}

static bool try_relation(struct slice key, struct slice payload, struct buffer *text) {
    struct relation_key relation, again;
    static struct relation_sum sum, second;
    if (!relation_read_key(key, &relation) || !relation_read_sum(payload, &sum))
        return false;
    assert((unsigned)relation.kind < RELATION_KIND_COUNT);
    buffer_reset(text);
    relation_append_key(text, &relation);
    bool read = relation_read_key(buffer_slice(text), &again);
    assert(read && slice_equal(again.parts[PART_RECORDER], relation.parts[PART_RECORDER]));
    buffer_reset(text);
    relation_append_sum(text, &sum);
    read = relation_read_sum(buffer_slice(text), &second);
    assert(read && second.count == sum.count && second.day_count == sum.day_count);
    relation_sum_merge(&sum, &second);
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice rest = slice_of(data, size), key, payload;
    struct buffer text;
    buffer_init(&text, (size_t)16 << 20);
    while (packed_row_take(&rest, &key, &payload)) {
        assert(key.data >= data && payload.data + payload.size <= data + size);
        bool finding = try_finding(key, payload, &text);
        bool relation = try_relation(key, payload, &text);
        if (finding || relation)
            fuzz_understood();
    }
    buffer_done(&text);
    return 0;
}
