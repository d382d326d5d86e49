// Who is believed to have made bare sessions
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_SUSPECT_H
#define DETECT_SUSPECT_H

#include "detect/movement.h"

// What more than the wire shows.
#define MOVEMENT_SEEN                                                                              \
    (MOVEMENT_LOGON | MOVEMENT_TICKET | MOVEMENT_SHARE | MOVEMENT_EXECUTION | MOVEMENT_RUN)

enum {
    POINTS_SESSION = 1, // a session at all, of a host without the habit, with a host few go to
    POINTS_MEDIUM = 3,
    POINTS_HIGH = 5,
    NOVEL_DAYS_MAX = 3, // a pair seen on more days is one that is used
    BASELINE_DAYS = 3   // before an account's, or a host's, first use says anything
};

// Sessions that only the wire saw are believed, and their scores raised, of a host that moves to
// others at the time (for sure, or likely and reached by one that does); of a quiet one that such a
// host reached within a week before; and of a quiet one to a host that moves within a week after,
// when nothing better shows how that one was reached.
void suspects_judge(struct movement *movement, const bool *quiet);

// By host (of movement->names): it moved to nobody in the first days of the evidence, and to nobody
// again on another day by any log, or on many days on the wire. The answer is released with
// memory_free.
bool *quiet_hosts_find(const struct movement *movement);

#endif
