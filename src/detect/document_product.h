// Document, office and endpoint-management systems
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_DOCUMENT_PRODUCT_H
#define DETECT_DOCUMENT_PRODUCT_H

#include "base/slice.h"

#include <stddef.h>

// What a path in ASCII lower case says about the product that answers there; NULL: nothing. The
// name is static text.
const char *document_product_of(struct slice path);

#endif
