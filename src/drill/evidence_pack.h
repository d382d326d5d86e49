// Hosts' files as collectors bring them: zipped
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVIDENCE_PACK_H
#define DRILL_EVIDENCE_PACK_H

#include "drill/evidence.h"
#include "drill/organisation.h"

// What of the files `first` to the last one lies below "<directory>/C/" goes into
// "<directory>.zip", as KAPE or Velociraptor lay it out, when the host's dice say so: one host in
// three, one server in four. Files must be closed. 1 MiB of memory; logs of 2 GiB and more stay
// as they are.
enum status evidence_pack_host(struct evidence *evidence, const struct host *host,
                               const char *directory, uint32_t first, int64_t time_ns,
                               struct problem *problem);

#endif
