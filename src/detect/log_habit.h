// Who clears which log out of habit
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_LOG_HABIT_H
#define DETECT_LOG_HABIT_H

#include "base/intern.h"
#include "detect/reading.h"

#include <stdbool.h>

// A script that sets up or repairs hosts clears the same log, as the same account, on host after
// host and on many days: five hosts and five days (three where it is not the security log), a week
// from first to last. Whoever covers tracks clears several logs of a host at once, so that
// clearings which come with those of another log of the host within an hour are none of the habit.
struct log_habit {
    struct interner keys; // account, log
    struct interner hosts, accounts;
    struct log_clearing {
        uint32_t key, host, account;
        uint32_t burst; // of bursts alone
        int64_t time_ns;
        struct reference reference;
        bool is_habit;   // of its account and log
        bool is_routine; // and no other log of the host went with it
    } * clearings,       // once settled by (host, time, key)
        *bursts;         // those that are no routine, by (account, time)
    size_t count, capacity;
    size_t burst_row_count;
};

// Reads what was cleared, all records of it that are cited: one pass. A burst is a run of clearings
// by one account that are no routine, each within a day of the one before.
enum status log_habit_init(struct log_habit *habit, const struct detect_context *context,
                           struct problem *problem);
void log_habit_done(struct log_habit *habit);

// Whether the clearing that happened then (reading_time) is routine.
bool log_habit_has(const struct log_habit *habit, const struct detect_context *context,
                   const struct relation *relation, int64_t time_ns);

#endif
