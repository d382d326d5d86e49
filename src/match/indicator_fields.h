// Which fields can hold which kind of indicator
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_INDICATOR_FIELDS_H
#define MATCH_INDICATOR_FIELDS_H

#include "match/indicator_text.h"

// By a field's name as the evidence has it: bits 1 << enum indicator_kind, 0 for a field made for
// something else. A URL's field holds its host as well.
unsigned indicator_field_kinds(struct slice name);

#endif
