// One record: header, template instances, values
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_RECORD_H
#define DRILL_EVTX_RECORD_H

#include "drill/evtx_catalogue.h"
#include "drill/evtx_block.h"

// Appends to the chunk, or sets chunk->full and leaves the rest to the caller's rollback.
// `number` is the record's number in its file.
void evtx_record_put(struct evtx_chunk *chunk, const struct evtx_record *record, uint64_t number);

#endif
