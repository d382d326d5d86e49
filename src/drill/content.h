// Digests of files that exist nowhere
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_CONTENT_H
#define DRILL_CONTENT_H

#include "base/buffer.h"
#include "drill/deed.h"

// A deed tells one digest; logs that show others make them of it, so that all of them agree.
// None is of any bytes that exist.
enum {
    CONTENT_MD5_SIZE = 16,
    CONTENT_SHA1_SIZE = 20
};

// What normal life says nothing of: bytes by the path, as the event logs have them.
void content_make(struct slice path, struct deed_content *ret_content);

void content_append_md5(struct buffer *line, const struct deed_content *content);
void content_append_sha1(struct buffer *line, const struct deed_content *content);
void content_append_sha256(struct buffer *line, const struct deed_content *content);

#endif
