// Any bytes as a request's path in a log
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/chinese.h"
#include "base/text.h"
#include "intake/host_path.h"
#include "model/web_path.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_folded(struct slice path) {
    assert(path.size == 0 || path.data[0] == '/');
    for (size_t i = 0; i < path.size; i++) {
        struct slice rest = slice_part(path, i, path.size);
        assert(!slice_starts(rest, SLICE("//")) && !slice_starts(rest, SLICE("/./")));
        assert(!slice_starts(rest, SLICE("/../")) && (rest.data[0] < 'A' || rest.data[0] > 'Z'));
    }
}

// What is normalised is folded, the same each time, and not longer than three bytes for one.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice raw = slice_of(data, size);
    struct web_path path, again;
    struct buffer buffer, second;
    buffer_init(&buffer, 4 * size + 64);
    buffer_init(&second, 4 * size + 64);
    web_path_normalise(raw, &buffer, &path);
    web_path_normalise(raw, &second, &again);
    assert(!buffer.failed && slice_equal(path.path, again.path) && path.marks == again.marks);
    assert(path.script.size <= path.path.size);
    check_folded(path.path);
    if (path.path.size)
        fuzz_understood();
    web_path_is_odd(path.marks);
    web_path_is_script(raw);
    buffer_reset(&buffer);
    if (chinese_append_utf8(&buffer, raw))
        assert(text_is_utf8(buffer_slice(&buffer)));
    struct slice host = host_from_path(raw);
    assert(host.size == 0 || (host.data >= data && host.data + host.size <= data + size));
    buffer_done(&buffer);
    buffer_done(&second);
    return 0;
}
