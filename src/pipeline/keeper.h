// What workers read goes into a store
// SPDX-License-Identifier: Apache-2.0
#ifndef PIPELINE_KEEPER_H
#define PIPELINE_KEEPER_H

#include "base/buffer.h"
#include "intake/intake.h"
#include "pipeline/keeper_survey.h"
#include "pipeline/pipeline.h"
#include "store/store.h"

#include <stdbool.h>
#include <stdint.h>

// A worker that turns from one found file to the next packs what it has of the first into a piece
// and goes on; a thread of its own puts pieces into the store, many in one transaction, so that
// no worker waits for a disk:
//
//     worker ─ piece ─┐                     ┌─ transaction of 16 MiB or 250 ms ─> store
//     worker ─ piece ─┴─> queue (64 MiB) ───┘
//     custody ─ digest of a whole file ─┘
//
// A file is complete when the intake has gone on to the next one and all its units lie in the
// store. Of a file that is not, the units that lie there are not decoded again.
struct keeper;

struct keeper_piece {
    struct keeper_piece *next;
    uint32_t top; // number of the found file
    uint32_t unit_count;
    bool completes;   // with this one all of the file is there
    bool has_custody; // the file's digest, and nothing else
    uint8_t sha256[DIGEST_SHA256_SIZE];
    struct buffer units, counts, findings, relations, notes, gaps;
};

struct keeper_piece *keeper_piece_new(uint32_t top);
void keeper_piece_free(struct keeper_piece *piece); // NULL is fine

// Compares what was found with what is in the store: what is whole there will not be read, what
// changed is forgotten. `keep` and the intake outlive the keeper. STATUS_USAGE when the rules are
// others than those the case was read by, and not all of its evidence was given.
enum status keeper_new(const struct pipeline_keep *keep, struct intake *intake,
                       struct keeper **ret_keeper, struct problem *problem);
void keeper_free(struct keeper *keeper); // NULL is fine

// Starts the threads; `stop` as in pipeline_options.
enum status keeper_start(struct keeper *keeper, const atomic_bool *stop, struct problem *problem);

// For intake_options: whether a found file is whole in the store.
bool keeper_skips(const struct keeper *keeper, const struct source *source);

// Under the intake's lock, after each intake_next. *ret_known: the unit lies in the store already,
// and is not to be decoded.
void keeper_hand_out(struct keeper *keeper, const struct unit *unit, bool *ret_known);
void keeper_hand_out_end(struct keeper *keeper);

// Takes the piece over; waits while the queue is full. Any thread.
void keeper_push(struct keeper *keeper, struct keeper_piece *piece);

// Something went wrong in the store: workers need not go on.
bool keeper_has_failed(struct keeper *keeper);

// Custody ends as soon as it can: something else went wrong.
void keeper_give_up(struct keeper *keeper);

// The run's number in the store.
int64_t keeper_run(const struct keeper *keeper);

// After the workers: put everything away and end the threads. *ret_open: what was put last waits
// for the caller's store_commit.
enum status keeper_finish(struct keeper *keeper, bool *ret_open, struct problem *problem);

#endif
