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
    CONTENT_SHA1_SIZE = 20,
    CONTENT_HASHES_SIZE = 160
};

// What normal life says nothing of: bytes by the name.
void content_make(struct slice name, struct deed_content *ret_content);

// A program as a host has it. Not all hosts have the same version of one, but all that have a
// version have the same bytes. The system's own files are alike everywhere.
unsigned content_build(struct slice path, uint64_t host_seed); // which version, from 0
void content_make_installed(struct slice path, unsigned build, struct deed_content *ret_content);

// As Sysmon writes it: "MD5=...,SHA256=...,IMPHASH=...".
void content_format_hashes(const struct deed_content *content, char ret_text[CONTENT_HASHES_SIZE]);

void content_append_md5(struct buffer *line, const struct deed_content *content);
void content_append_sha1(struct buffer *line, const struct deed_content *content);
void content_append_sha256(struct buffer *line, const struct deed_content *content);

#endif
