// Text in GBK and GB18030
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_CHINESE_H
#define BASE_CHINESE_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>

// Source: GB 18030-2005. GBK and GB2312 are parts of it. Read by tables of our own: iconv would
// load a module when the sandbox is shut already.

// Whether a text that is no UTF-8 is GB18030: it is so throughout, holds at least one character
// beyond ASCII, and half of those or more stand in GB2312, where ordinary words do. Latin letters
// with accents hardly ever pass.
bool chinese_is_gb18030(struct slice text);

// Append as UTF-8. False, and nothing appended, when it is no GB18030 or the ceiling is reached.
bool chinese_append_utf8(struct buffer *buffer, struct slice text);

// Turn the buffer's bytes from `from` on into UTF-8 when they are GB18030 (and no UTF-8 already).
// True when they were.
bool chinese_settle(struct buffer *buffer, size_t from);

#endif
