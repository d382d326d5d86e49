// Plays a scenario: deeds in time order
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_PLAYER_H
#define DRILL_PLAYER_H

#include "drill/deed.h"
#include "drill/organisation.h"
#include "drill/scenario.h"

// Two passes over the same deeds, in bounded memory:
//
//     1 host by host     each host that is not central: its own life and the attack's deeds
//                        on it ──> its logs
//     2 all in time      what any host does outwards, the life of central hosts, the attack's
//                        deeds ──> logs of central hosts: servers, sensors, proxies
//
// So that both passes see the same, every deed of normal life is made by exactly one stream
// (life_stream.h), the one of the host that is not central, and a stream's outward deeds have
// dice of their own. An attack's deeds are made once, sorted, and kept.

// Normal life of one host. Peek, then take; the deed's texts live until the next take.
struct life_stream;
enum life_scope {
    LIFE_WHOLE,  // pass 1, and central hosts in pass 2
    LIFE_OUTWARD // only what others may see
};
struct life_plan; // what the whole organisation shares: rates, curves, rounds, pages, packages

struct life_plan *life_plan_new(const struct scenario *scenario,
                                const struct organisation *organisation, uint32_t records_a_day);
void life_plan_free(struct life_plan *plan);

struct life_stream *life_stream_new(const struct life_plan *plan, const struct host *host,
                                    enum life_scope scope);
void life_stream_free(struct life_stream *stream);
int64_t life_stream_peek(const struct life_stream *stream); // INT64_MAX at the end

// A deed of just the time that was peeked. False: nothing was ready (peek again, at the end it says
// INT64_MAX).
bool life_stream_take(struct life_stream *stream, struct deed *ret_deed);

#endif
