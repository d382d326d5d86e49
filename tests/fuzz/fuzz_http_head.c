// Any bytes as the head of a request
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "net/http_head.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool lies_in(struct slice part, const uint8_t *data, size_t size) {
    return part.size == 0 || (part.data >= data && part.data + part.size <= data + size);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct http_head request;
    const char *reason;
    enum http_reading reading = http_head_read(slice_of(data, size), &request, &reason);
    assert((reading == HTTP_BROKEN) == (reason != NULL));
    if (reading != HTTP_READ)
        return 0;
    fuzz_understood();
    assert(lies_in(request.method, data, size) && lies_in(request.target, data, size));
    for (size_t i = 0; i < request.field_count; i++) {
        assert(lies_in(request.fields[i].name, data, size));
        assert(memchr(request.fields[i].value.data, '\n', request.fields[i].value.size) == NULL);
    }
    // No beginning of what is whole is whole.
    for (size_t cut = 1; cut <= 4 && cut < size; cut++)
        assert(http_head_read(slice_of(data, size - cut), &request, &reason) != HTTP_READ);
    return 0;
}
