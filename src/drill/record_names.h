// Which hosts a record names
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_RECORD_NAMES_H
#define DRILL_RECORD_NAMES_H

#include "drill/evidence.h"
#include "drill/evtx_event.h"
#include "drill/organisation.h"

// A record shows a host only when it lies in the host's own evidence, or names the host: by its
// name (alone or with its domain, as an account name$ too), or by the address that it had at that
// moment. What a record names is looked for in the text that was written, not in what its writer
// was told: a controller's 4776 knows neither end but the asker.

// Of the deed's ends (enum evidence_names), those that the text names; 0 for normal life.
unsigned record_names(const struct organisation *organisation, const struct evidence_mark *mark,
                      struct slice text);

// The same for the texts among the values of a Windows record.
unsigned record_names_values(const struct organisation *organisation,
                             const struct evidence_mark *mark, const struct evtx_value *values,
                             size_t count);

#endif
