// Names below which anybody can have a name
// SPDX-License-Identifier: Apache-2.0
#include "match/public_suffix.h"

#include <libpsl.h>

enum {
    NAME_BYTES_MAX = 255
};

bool public_suffix_is(struct slice name) {
    char text[NAME_BYTES_MAX + 1];
    if (name.size == 0 || name.size > NAME_BYTES_MAX)
        return false;
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    const psl_ctx_t *list = psl_builtin();
    return list && psl_is_public_suffix(list, text);
}
