// Any bytes as signed JSON
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/guard.h"

#include "base/memory.h"
#include "base/text.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// What was taken is taken again in its canonical form, and that is its own canonical form.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct canonical_document document, again;
    canonical_init(&document);
    canonical_init(&again);
    if (canonical_read(&document, slice_of(data, size), 0, NULL) == STATUS_OK) {
        const struct canonical_value *root = canonical_root(&document);
        fuzz_understood();
        assert(document.canonical_size <= size);
        assert(root->next == document.count);
        assert(text_is_utf8(slice_of(document.canonical, document.canonical_size)));
        for (uint32_t i = 0; i < document.count; i++) {
            const struct canonical_value *value = &document.values[i];
            int64_t number;
            assert(value->next > i && value->next <= document.count);
            assert(value->kind != CANONICAL_INTEGER ||
                   canonical_integer(&document, value, &number));
        }
        // Raw control characters are canonical, and no JSON: only texts without are read again.
        bool plain = true;
        for (size_t i = 0; i < document.canonical_size; i++)
            plain = plain && document.canonical[i] >= ' ';
        if (plain && root->kind >= CANONICAL_ARRAY) {
            struct slice bytes = canonical_bytes(&document, root);
            enum status status = canonical_read(&again, bytes, 0, NULL);
            assert(status == STATUS_OK);
            (void)status;
            assert(slice_equal(bytes, canonical_bytes(&again, canonical_root(&again))));
            assert(again.count == document.count && !again.sorted);
        }
    }
    canonical_done(&again);
    canonical_done(&document);
    return 0;
}
