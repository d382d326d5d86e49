// What becomes of a text on its way into a relation
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_TEXT_FORM_H
#define RELATE_TEXT_FORM_H

#include "base/buffer.h"

#include <stdbool.h>

enum text_form {
#define FORM(id, name) TEXT_FORM_##id,
#include "relate/text_form.def"
#undef FORM
    TEXT_FORM_COUNT,
};

bool text_form_parse(struct slice name, enum text_form *ret_form);

// Turn the end of `buffer`, from `start` on, into the form, in place; it becomes at most
// RELATION_PART_BYTES_MAX bytes. False, with the buffer cut back to `start`, when nothing is left.
bool text_form_apply(enum text_form form, struct buffer *buffer, size_t start);

#endif
