// What a file is, by its first bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_FILE_TYPE_H
#define DECODE_FILE_TYPE_H

#include "base/buffer.h"
#include "base/slice.h"

// A short static word ("ELF program", "PDF document", "text", "data"); a Windows program is told
// by pe_image.h.
const char *file_type_of(struct slice first);

// The path that the file had on its own machine, as far as its place among the evidence tells:
// "case.zip!HOST/C/Windows/a.exe" was "C:\Windows\a.exe". Appends `path` as it is when that shows
// no drive.
void file_path_append_original(struct slice path, struct buffer *to);

#endif
