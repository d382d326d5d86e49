// Any bytes as an archive
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/unpack.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    BYTES_MAX = 4 << 20,
    ENTRIES_MAX = 200,
};

// No more comes out than the limits allow, names are texts, and who fails says why.
static void read_all(struct unpacker *unpacker) {
    struct unpack_entry entry;
    struct problem problem;
    uint64_t bytes = 0, entries = 0;
    bool more = true;
    while (more) {
        static uint8_t block[1 << 16];
        size_t got = 1;
        enum status status = unpacker_next(unpacker, &entry, &more, &problem);
        assert(status == STATUS_OK || unpacker_reason(unpacker));
        if (status != STATUS_OK || !more)
            break;
        assert(++entries <= ENTRIES_MAX && (entry.name.data || entry.name.size == 0));
        while (status == STATUS_OK && got) {
            status = unpacker_read(unpacker, block, sizeof block, &got, &problem);
            assert(status == STATUS_OK || unpacker_reason(unpacker));
            bytes += status == STATUS_OK ? got : 0;
        }
        assert(bytes <= BYTES_MAX);
        if (status == STATUS_OK)
            fuzz_understood();
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const struct unpack_limits limits = {.bytes_max = BYTES_MAX, .entries_max = ENTRIES_MAX};
    struct slice bytes = slice_of(data, size);
    struct unpacker *unpacker;
    unpack_recognise(bytes);
    unpack_is_single(bytes);
    if (unpacker_new_bytes(bytes, &limits, &unpacker, NULL) != STATUS_OK)
        return 0;
    read_all(unpacker);
    unpacker_free(unpacker);
    return 0;
}
