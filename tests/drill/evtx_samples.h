// Records of every value type, for the writer's tests
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_DRILL_EVTX_SAMPLES_H
#define TESTS_DRILL_EVTX_SAMPLES_H

#include "base/buffer.h"
#include "drill/evtx_writer.h"

// Writes `records` records of two hosts into `path`, their truth into `truth` (may be NULL).
// The same number gives the same bytes.
void evtx_samples_write(const char *path, const char *file, size_t records, struct buffer *truth);

#endif
