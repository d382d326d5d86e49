// Second spellings of the categories' fields
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_WINDOWS_ALIASES_H
#define NORMALISE_WINDOWS_ALIASES_H

#include "model/event_class.h"

#include <stddef.h>
#include <stdint.h>

// Aliases of a service's event id; NULL and 0 when it has none. Static. Source: Sigma rules
// 2.1.0, "Field Usage"; the events' manifests.
const struct field_alias *windows_aliases(enum log_service service, int64_t code,
                                          size_t *ret_count);

#endif
