// Any bytes as a request target
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/request_path.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What is read has one segment after the other, none of which leads elsewhere, and written
// again it reads the same.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct request_path path, again;
    struct buffer text;
    if (request_path_read(slice_of(data, size), &path, NULL) != STATUS_OK)
        return 0;
    fuzz_understood();
    assert(path.path.size < size && memchr(path.path.data, '\0', path.path.size) == NULL);
    assert(path.path.size == 0 || path.path.data[0] != '/');
    for (size_t i = 0; i < path.path.size; i++) {
        struct slice rest = slice_part(path.path, i, path.path.size);
        assert(rest.data[0] >= 0x20 && rest.data[0] != '\\' && rest.data[0] != '%');
        assert(!slice_starts(rest, SLICE("//")) && !slice_starts(rest, SLICE("./")));
    }
    buffer_init(&text, 1 + 3 * REQUEST_TARGET_BYTES_MAX);
    buffer_append_byte(&text, '/');
    request_path_append(&text, path.path);
    if (text.size <= REQUEST_TARGET_BYTES_MAX) {
        enum status status = request_path_read(buffer_slice(&text), &again, NULL);
        assert(status == STATUS_OK && slice_equal(again.path, path.path));
        assert(request_path_is_plain(buffer_slice(&text), &again));
    }
    buffer_done(&text);
    return 0;
}
