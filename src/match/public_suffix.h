// Names below which anybody can have a name
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_PUBLIC_SUFFIX_H
#define MATCH_PUBLIC_SUFFIX_H

#include "base/slice.h"

#include <stdbool.h>

// Whether a name in lower case is a public suffix ("co.uk", "github.io") by the list at
// publicsuffix.org, as libpsl was built with it. Thread-safe; no file is read.
bool public_suffix_is(struct slice name);

#endif
