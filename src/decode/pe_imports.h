// What a Windows program imports, as one digest
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_PE_IMPORTS_H
#define DECODE_PE_IMPORTS_H

#include "base/buffer.h"
#include "decode/pe_image.h"

// Append the text whose MD5 is the import hash ("kernel32.createfilea,ws2_32.bind,ord..."):
// library and function in lower case, in the order of the file, ordinals of ws2_32, wsock32 and
// oleaut32 by their names (Mandiant, "Tracking Malware with Import Hashing", 2014; as pefile
// and Sysmon write it). Nothing is appended for an image without imports.
void pe_imports_append(const struct pe_image *image, struct buffer *to);

#endif
