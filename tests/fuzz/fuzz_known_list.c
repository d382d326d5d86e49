// Any bytes as a list of hashes
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/known_list.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct known_list list;
    known_list_init(&list);
    known_list_recognise(slice_of(data, size));
    enum status status = known_list_read(&list, slice_of(data, size), NULL);
    assert((status == STATUS_OK) == (list.count > 0));
    if (list.count)
        fuzz_understood();
    for (uint32_t i = 0; i < list.count; i++) {
        const struct known_file *file = &list.files[i];
        assert(file->path.size && file->path.data[0] != '/');
        assert(known_list_hash(&list, file->sha256));
        const struct known_file *found = known_list_find(&list, file->path, file->sha256);
        assert(found && slice_equal(found->path, file->path) &&
               memcmp(found->sha256, file->sha256, sizeof file->sha256) == 0);
    }
    known_list_done(&list);
    return 0;
}
