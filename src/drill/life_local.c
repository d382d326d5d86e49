// Normal life: what a host does by itself
// SPDX-License-Identifier: Apache-2.0
#include "drill/life_stream.h"

void life_happen_local(struct life_stream *stream, struct dice *dice) {
    if (stream->host->user != DEED_NO_ACCOUNT && dice_one_in(dice, 25)) {
        struct life_lane *lane = stream->lanes[stream->at];
        if (lane->session) {
            struct deed *off = life_add(stream, DEED_LOGOFF, 0);
            off->logon.session = lane->session;
            off->logon.type = LOGON_INTERACTIVE;
        }
        struct deed *deed = life_add(stream, DEED_LOGON, 900);
        deed->logon.type = dice_one_in(dice, 3) ? LOGON_INTERACTIVE : LOGON_UNLOCK;
        deed->logon.package = SLICE("Negotiate");
        deed->logon.session = 0x80000 + dice_below(dice, 0xFFFFF);
        if (dice_one_in(dice, 20))
            deed->logon.failure = 0xC000006A;
        lane->session = deed->logon.failure ? 0 : deed->logon.session;
        return;
    }
    if (stream->host->system == SYSTEM_DEVICE)
        return;
    struct deed *deed = life_add(stream, DEED_ROUTINE, 0);
    deed->routine.roll = dice_roll(dice) >> 20;
}
