// One host's normal life, happening by happening
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_LIFE_STREAM_H
#define DRILL_LIFE_STREAM_H

#include "drill/player.h"

#include <stdarg.h>

enum {
    LIFE_QUEUE_MAX = 10,      // deeds of one happening
    LIFE_SCRATCH_SIZE = 1536, // and their texts
    LIFE_TRACKS = 4,
    LIFE_ROUNDS_MAX = 32, // of a host and day
    LIFE_ADMINISTRATORS_MAX = 64,
    LIFE_ODDITIES_MAX = 64
};

struct life_plan {
    const struct scenario *scenario;
    const struct organisation *organisation;
    uint32_t records_a_day;
    const struct document_system *documents;
    uint32_t upgrade, document, mail, proxy, resolver, files; // hosts, or DEED_NO_HOST
    uint32_t management, backup, jump, scanner, room_service; // hosts, or DEED_NO_HOST
    uint32_t administrators[LIFE_ADMINISTRATORS_MAX];         // hosts of the company's own
    uint32_t administrator_count;
    uint32_t person_count;                   // the first accounts are people's
    uint32_t oddity_odds[LIFE_ODDITIES_MAX]; // of each in a thousand million, a host and day
};

// What happens by itself on a host, what of it others see, and what comes by rounds. Each has
// dice of its own, so that LIFE_OUTWARD gives exactly the outward deeds of LIFE_WHOLE.
enum life_track {
    TRACK_LOCAL,
    TRACK_OUTWARD,
    TRACK_ROUND,
    TRACK_SERVICE // what a central server does for others, whatever the noise
};

// One track with what it has made and not yet given.
struct life_lane {
    struct dice dice;
    int64_t next_ns; // INT64_MAX: nothing more
    int64_t now_ns;  // of the last deed made
    uint64_t serial;
    uint32_t next_program;
    struct deed queue[LIFE_QUEUE_MAX];
    size_t queue_count, queue_at;
    struct deed_web_exchange exchange; // that deeds of the queue point at
    struct deed_content content;
    uint64_t session; // of the last logon that was not ended; 0: none
    char scratch[LIFE_SCRATCH_SIZE];
    size_t scratch_used;
};

struct life_stream {
    const struct life_plan *plan;
    const struct host *host;
    enum life_scope scope;
    struct life_lane *lanes[LIFE_TRACKS]; // NULL: not in this scope
    int64_t outward_ns;                   // the outward track's next happening of chance
    int64_t lease_ns;                     // its next lease; INT64_MAX: keeps its address
    enum life_track at;                   // of the happening being made
    struct {
        int64_t time_ns;
        uint32_t round;
    } rounds[LIFE_ROUNDS_MAX]; // of the day at hand, by time
    size_t round_count, round_at;
    int64_t day; // that they are of
};

// A deed at the end of the queue, `later_ms` after the one before it, on this host by its
// user (or the system). NULL never: happenings are short.
struct deed *life_add(struct life_stream *stream, enum deed_kind kind, uint32_t later_ms);

// The same, to or from another host.
struct deed *life_add_to(struct life_stream *stream, enum deed_kind kind, uint32_t later_ms,
                         uint32_t to);
struct deed *life_add_from(struct life_stream *stream, enum deed_kind kind, uint32_t later_ms,
                           uint32_t from);

struct slice life_text(struct life_stream *stream, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
void life_put_program(struct life_stream *stream, struct deed *deed, const char *image);

// One happening each; fill the queue.
void life_happen_local(struct life_stream *stream, struct dice *dice);
void life_happen_outward(struct life_stream *stream, struct dice *dice);
void life_happen_lease(struct life_stream *stream);
void life_happen_service(struct life_stream *stream, struct dice *dice);
void life_be_odd(struct life_stream *stream, struct dice *dice);
void life_happen_round(struct life_stream *stream, struct dice *dice,
                       const struct scenario_round *round, uint32_t occurrence);

// How many happenings of its service a central host has a day; 0: it has none.
uint32_t life_service_rate(const struct life_plan *plan, const struct host *host);

// The seed's rate for each oddity.
void life_draw_odds(struct life_plan *plan);

// What several kinds of happening share. `account` may be DEED_NO_ACCOUNT: the system.
void life_start_program(struct life_stream *stream, uint32_t later_ms, const char *parent,
                        const char *image, struct slice command);
uint32_t life_find_account(const struct life_stream *stream, enum account_kind kind, uint32_t pick);
// A message's sender, recipients, identifiers and size; `from` or `to` may be a stranger.
void life_put_message(struct life_stream *stream, struct dice *dice, struct deed *deed,
                      struct slice from, struct slice to);
// Its further way; the message is the last deed.
void life_move_message(struct life_stream *stream, struct dice *dice, enum deed_mail_event event);
struct slice life_mail_address(struct life_stream *stream, uint32_t account);
// The front end passes a request (the last deed) on to the back end, under the client's name.
void life_pass_on(struct life_stream *stream);

// Number of a round's occurrences up to this day, or UINT32_MAX when it is not due.
uint32_t life_round_due(const struct scenario_round *round, int64_t day);

#endif
