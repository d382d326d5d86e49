// Which hosts a record names
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_RECORD_NAMES_H
#define DRILL_RECORD_NAMES_H

#include "drill/evidence.h"
#include "drill/evtx_event.h"
#include "drill/organisation.h"

// A record shows a host only when it lies in the host's own evidence, or names the host: by its
// name (alone or with its domain, as an account name$ too), or by the address that it had at that
// moment; by a leased one only when some record says whose it was then. What a record names is
// looked for in the text that was written, not in what its writer was told: a controller's 4776
// knows neither end but the asker.

// Whether it is worth looking at what the record names: it shows a deed of an attack, or may be
// the first to tie a watched host to the address it leased.
bool record_is_asked(const struct organisation *organisation, const struct evidence *evidence,
                     const struct evidence_mark *mark);

// Fills in what a record says of its deed's ends: `names` and `lease` of the mark.
void record_names(const struct organisation *organisation, struct slice text,
                  struct evidence_mark *mark);

// The same for the texts among the values of a Windows record.
void record_names_values(const struct organisation *organisation, const struct evtx_value *values,
                         size_t count, struct evidence_mark *mark);

// Keeps the ties that a record with its names filled in makes: one that has a leased address
// and, with it or as its own log's, the host's name.
void record_ties(struct evidence *evidence, const struct evidence_mark *mark);

#endif
