// What workers read goes into a store
// SPDX-License-Identifier: Apache-2.0
//
// 1. Everything below `lock` is shared; `ids` and the store belong to the writing thread while it
//    runs, `known`, `skips` and `identities` do not change after keeper_new.
// 2. outstanding[top] counts units handed out and not yet pushed. Found files below `ended` have no
//    more units to come. A file is complete when both say so; that is told once, with the piece
//    that makes it so, or with an empty one.
// 3. Pieces of a file are in the queue before what completes it: a transaction that says that a
//    file is complete holds, or comes after, all of its pieces.
#include "pipeline/keeper.h"

#include "base/clock.h"
#include "base/memory.h"
#include "decode/decode.h"
#include "pipeline/custody.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <time.h>

enum {
    KEEPER_QUEUE_BYTES = 64 << 20,  // beyond that, workers wait
    KEEPER_WAKE_BYTES = 1 << 20,    // below that, the writing thread sleeps on until it is time
    KEEPER_COMMIT_BYTES = 16 << 20, // of one transaction
    KEEPER_COMMIT_MS = 250,
    KEEPER_PIECE_BYTES = 1 << 30,
    KEEPER_PIECE_COST = 256 // bytes of a piece besides what it holds
};

// Of a file that is not complete yet: goes into its row with the rest.
struct keeper_digest {
    bool waits;
    uint8_t sha256[DIGEST_SHA256_SIZE];
};

struct keeper {
    struct keeper_survey survey;
    struct store *store;
    struct intake *intake;
    int64_t run;
    uint32_t found_count;
    int64_t *ids; // in the store, by number; 0: not there
    bool *listed; // by number: that this run read it is in the store
    uint32_t id_capacity;
    struct keeper_digest *digests; // by number of the found file
    int64_t wrote_ns;              // when the open transaction began; 0: none is open
    size_t wrote_bytes;

    pthread_mutex_t lock;
    pthread_cond_t filled, emptied;
    struct keeper_piece *first, *last;
    size_t queued_bytes;
    uint32_t *outstanding;
    uint32_t ended;
    uint32_t *first_entries, *entry_counts; // of found files that ended
    uint32_t next_entry;
    bool closing, failed;

    pthread_t writer;
    bool writing;
    struct custody *custody; // NULL: not wanted
    enum status status;      // of the writing thread
    struct problem problem;
};

struct keeper_piece *keeper_piece_new(uint32_t top) {
    struct keeper_piece *piece = memory_new(1, sizeof *piece);
    piece->top = top;
    struct buffer *buffers[] = {&piece->units,     &piece->counts, &piece->findings,
                                &piece->relations, &piece->notes,  &piece->gaps};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buffer_init(buffers[i], KEEPER_PIECE_BYTES);
    return piece;
}

void keeper_piece_free(struct keeper_piece *piece) {
    if (!piece)
        return;
    struct buffer *buffers[] = {&piece->units,     &piece->counts, &piece->findings,
                                &piece->relations, &piece->notes,  &piece->gaps};
    for (size_t i = 0; i < ARRAY_SIZE(buffers); i++)
        buffer_done(buffers[i]);
    memory_free(piece);
}

static size_t piece_bytes(const struct keeper_piece *piece) {
    return KEEPER_PIECE_COST + piece->units.size + piece->counts.size + piece->findings.size +
           piece->relations.size + piece->notes.size + piece->gaps.size;
}

static void keeper_custody_made(void *context, uint32_t number,
                                const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    struct keeper_piece *piece = keeper_piece_new(number);
    piece->has_custody = true;
    memcpy(piece->sha256, sha256, DIGEST_SHA256_SIZE);
    keeper_push(context, piece);
}

enum status keeper_new(const struct pipeline_keep *keep, struct intake *intake,
                       struct keeper **ret_keeper, struct problem *problem) {
    struct keeper *keeper = memory_new(1, sizeof *keeper);
    keeper->store = keep->store;
    keeper->intake = intake;
    keeper->found_count = (uint32_t)intake_count(intake);
    keeper->next_entry = keeper->found_count;
    size_t room = keeper->found_count ? keeper->found_count : 1;
    keeper->id_capacity = (uint32_t)room;
    keeper->ids = memory_new(room, sizeof *keeper->ids);
    keeper->listed = memory_new(room, sizeof *keeper->listed);
    keeper->digests = memory_new(room, sizeof *keeper->digests);
    keeper->outstanding = memory_new(room, sizeof *keeper->outstanding);
    keeper->first_entries = memory_new(room, sizeof *keeper->first_entries);
    keeper->entry_counts = memory_new(room, sizeof *keeper->entry_counts);
    pthread_mutex_init(&keeper->lock, NULL);
    pthread_cond_init(&keeper->filled, NULL);
    pthread_cond_init(&keeper->emptied, NULL);
    enum status status = keeper_survey_init(&keeper->survey, keep, intake, keeper->ids, problem);
    if (status == STATUS_OK)
        status = store_begin(keeper->store, problem);
    if (status == STATUS_OK)
        status = store_add_run(keeper->store, keep->version, &keeper->run, problem);
    if (status == STATUS_OK)
        status = store_commit(keeper->store, problem);
    if (status == STATUS_OK && keep->custody)
        keeper->custody = custody_new(&(struct custody_options){.intake = intake,
                                                                .digested = keeper->survey.digested,
                                                                .count = keeper->found_count,
                                                                .context = keeper,
                                                                .made = keeper_custody_made});
    if (status != STATUS_OK) {
        keeper_free(keeper);
        return status;
    }
    *ret_keeper = keeper;
    return STATUS_OK;
}

void keeper_free(struct keeper *keeper) {
    if (!keeper)
        return;
    assert(!keeper->writing);
    custody_free(keeper->custody);
    while (keeper->first) {
        struct keeper_piece *piece = keeper->first;
        keeper->first = piece->next;
        keeper_piece_free(piece);
    }
    keeper_survey_done(&keeper->survey);
    pthread_mutex_destroy(&keeper->lock);
    pthread_cond_destroy(&keeper->filled);
    pthread_cond_destroy(&keeper->emptied);
    memory_free(keeper->ids);
    memory_free(keeper->listed);
    memory_free(keeper->digests);
    memory_free(keeper->outstanding);
    memory_free(keeper->first_entries);
    memory_free(keeper->entry_counts);
    memory_free(keeper);
}

bool keeper_skips(const struct keeper *keeper, const struct source *source) {
    return keeper->survey.skips[source->index];
}

// --- what workers do, under the lock

static void keeper_queue(struct keeper *keeper, struct keeper_piece *piece) {
    if (keeper->last)
        keeper->last->next = piece;
    else
        keeper->first = piece;
    keeper->last = piece;
    keeper->queued_bytes += piece_bytes(piece);
    // Pieces are small, and a thread that is woken for each takes turns with those that push.
    if (keeper->queued_bytes >= KEEPER_WAKE_BYTES)
        pthread_cond_signal(&keeper->filled);
}

// Found files below `end` have no more units to come: which entries were theirs, and which are
// complete with that.
static void keeper_end(struct keeper *keeper, uint32_t end) {
    size_t count = intake_count(keeper->intake);
    while (keeper->next_entry < count) {
        uint32_t top = intake_source(keeper->intake, keeper->next_entry)->top;
        if (top >= end)
            break;
        if (keeper->entry_counts[top]++ == 0)
            keeper->first_entries[top] = keeper->next_entry;
        keeper->next_entry++;
    }
    uint32_t from = keeper->ended;
    keeper->ended = end > from ? end : from;
    for (uint32_t top = from; top < end; top++) {
        if (keeper->outstanding[top] || keeper->survey.skips[top])
            continue;
        struct keeper_piece *piece = keeper_piece_new(top);
        piece->completes = true;
        keeper_queue(keeper, piece);
    }
}

void keeper_hand_out(struct keeper *keeper, const struct unit *unit, bool *ret_known) {
    const struct source *source = intake_source(keeper->intake, unit->source);
    *ret_known = keeper_survey_knows(&keeper->survey, source, unit->offset);
    pthread_mutex_lock(&keeper->lock);
    if (source->top > keeper->ended)
        keeper_end(keeper, source->top);
    if (!*ret_known)
        keeper->outstanding[source->top]++;
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_hand_out_end(struct keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    keeper_end(keeper, keeper->found_count);
    pthread_mutex_unlock(&keeper->lock);
}

void keeper_push(struct keeper *keeper, struct keeper_piece *piece) {
    pthread_mutex_lock(&keeper->lock);
    while (keeper->queued_bytes > KEEPER_QUEUE_BYTES && !keeper->failed)
        pthread_cond_wait(&keeper->emptied, &keeper->lock);
    if (piece->unit_count) {
        keeper->outstanding[piece->top] -= piece->unit_count;
        piece->completes = piece->top < keeper->ended && keeper->outstanding[piece->top] == 0;
    }
    keeper_queue(keeper, piece);
    pthread_mutex_unlock(&keeper->lock);
}

bool keeper_has_failed(struct keeper *keeper) {
    pthread_mutex_lock(&keeper->lock);
    bool failed = keeper->failed;
    pthread_mutex_unlock(&keeper->lock);
    return failed;
}

// --- the writing thread

// How much of a source is sure: its name; what it is (one of its units was handed out); all.
enum settled {
    SETTLED_NAME,
    SETTLED_KIND,
    SETTLED_ALL
};

static void keeper_reserve(struct keeper *keeper, uint32_t number) {
    uint32_t before = keeper->id_capacity, capacity = before;
    if (number < before)
        return;
    while (capacity <= number)
        capacity *= 2;
    keeper->ids = memory_resize(keeper->ids, capacity, sizeof *keeper->ids);
    keeper->listed = memory_resize(keeper->listed, capacity, sizeof *keeper->listed);
    memset(keeper->ids + before, 0, (capacity - before) * sizeof *keeper->ids);
    memset(keeper->listed + before, 0, (capacity - before) * sizeof *keeper->listed);
    keeper->id_capacity = capacity;
}

static enum status keeper_put_source(struct keeper *keeper, uint32_t number, enum settled settled,
                                     struct problem *problem) {
    const struct source *source = intake_source(keeper->intake, number);
    keeper_reserve(keeper, number);
    const struct source *top = intake_source(keeper->intake, source->top);
    struct store_source row = {
        .id = keeper->ids[number],
        .identity = keeper->survey.identities[source->top],
        .sequence = source->sequence,
        .path = source->path,
        .path_gb18030 = source->path_gb18030,
        .directory = keeper->survey.directory,
        .rank = top->rank,
        .modified_ns = source->sequence ? 0 : source->modified_ns,
    };
    // An entry's size may still change while it is unpacked; a file's is what it was when found.
    if (source->sequence == 0)
        row.size = keeper->survey.sizes[number];
    else if (settled == SETTLED_ALL)
        row.size = source->size;
    if (settled >= SETTLED_KIND) {
        row.format = slice_of_string(source->decoder ? source->decoder->name : "");
        row.evidence = source->kind == SOURCE_EVIDENCE;
    }
    row.complete = settled == SETTLED_ALL && source->kind != SOURCE_UNREADABLE;
    row.has_sha256 = source->sequence == 0 && keeper->digests[number].waits;
    if (row.has_sha256) {
        memcpy(row.sha256, keeper->digests[number].sha256, sizeof row.sha256);
        keeper->digests[number].waits = false;
    }
    enum status status = store_put_source(keeper->store, &row, &keeper->ids[number], problem);
    if (status != STATUS_OK || keeper->listed[number])
        return status;
    keeper->listed[number] = true;
    return store_put_reading(keeper->store, keeper->run, number, keeper->ids[number], problem);
}

// All sources of the file are settled.
static enum status keeper_complete(struct keeper *keeper, uint32_t top, struct problem *problem) {
    pthread_mutex_lock(&keeper->lock);
    uint32_t first = keeper->first_entries[top];
    uint32_t count = keeper->entry_counts[top];
    pthread_mutex_unlock(&keeper->lock);
    enum status status = keeper_put_source(keeper, top, SETTLED_ALL, problem);
    for (uint32_t i = 0; i < count && status == STATUS_OK; i++)
        status = keeper_put_source(keeper, first + i, SETTLED_ALL, problem);
    return status;
}

// Sources that a piece speaks of have to be there, whether the file is whole or not.
static enum status keeper_put_units(struct keeper *keeper, const struct keeper_piece *piece,
                                    struct problem *problem) {
    enum status status = STATUS_OK;
    uint32_t before = piece->top;
    enum settled settled = piece->unit_count ? SETTLED_KIND : SETTLED_NAME;
    if (!keeper->ids[piece->top] || keeper->survey.put[piece->top] < settled + 1)
        status = keeper_put_source(keeper, piece->top, settled, problem);
    if (keeper->survey.put[piece->top] < settled + 1)
        keeper->survey.put[piece->top] = (uint8_t)(settled + 1);
    for (uint32_t i = 0; i < piece->unit_count && status == STATUS_OK; i++) {
        struct keeper_unit unit;
        memcpy(&unit, piece->units.data + i * sizeof unit, sizeof unit);
        bool there = unit.number == before ||
                     (unit.number < keeper->id_capacity && keeper->ids[unit.number]);
        before = unit.number;
        if (!there)
            status = keeper_put_source(keeper, unit.number, SETTLED_KIND, problem);
    }
    return status;
}

static enum status keeper_put_custody(struct keeper *keeper, const struct keeper_piece *piece,
                                      struct problem *problem) {
    struct keeper_digest *digest = &keeper->digests[piece->top];
    bool complete =
        keeper->survey.skips[piece->top] || keeper->survey.put[piece->top] == SETTLED_ALL + 1;
    if (complete)
        return store_put_custody(keeper->store, keeper->ids[piece->top], piece->sha256, problem);
    digest->waits = true;
    memcpy(digest->sha256, piece->sha256, sizeof digest->sha256);
    return STATUS_OK;
}

static enum status keeper_put(struct keeper *keeper, const struct keeper_piece *piece,
                              struct problem *problem) {
    enum status status = STATUS_OK;
    if (piece->has_custody)
        return keeper_put_custody(keeper, piece, problem);
    if (piece->completes) {
        status = keeper_complete(keeper, piece->top, problem);
        keeper->survey.put[piece->top] = SETTLED_ALL + 1;
    } else {
        status = keeper_put_units(keeper, piece, problem);
    }
    if (status != STATUS_OK || (!piece->unit_count && !piece->gaps.size))
        return status;
    struct store_piece row = {
        .run = keeper->run,
        .top = keeper->ids[piece->top],
        .units = buffer_slice(&piece->units),
        .counts = buffer_slice(&piece->counts),
        .findings = buffer_slice(&piece->findings),
        .relations = buffer_slice(&piece->relations),
        .notes = buffer_slice(&piece->notes),
        .gaps = buffer_slice(&piece->gaps),
    };
    return store_put_piece(keeper->store, &row, problem);
}

static enum status keeper_commit(struct keeper *keeper, struct problem *problem) {
    if (!keeper->wrote_ns)
        return STATUS_OK;
    keeper->wrote_ns = 0;
    keeper->wrote_bytes = 0;
    return store_commit(keeper->store, problem);
}

static enum status keeper_begin(struct keeper *keeper, struct problem *problem) {
    if (keeper->wrote_ns)
        return STATUS_OK;
    keeper->wrote_ns = clock_now_monotonic();
    return store_begin(keeper->store, problem);
}

// At the end: files that were not read to their ends have a digest all the same. What is not
// committed then is left to the caller.
static enum status keeper_put_digests(struct keeper *keeper, struct problem *problem) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < keeper->found_count && status == STATUS_OK; i++) {
        if (!keeper->digests[i].waits)
            continue;
        status = keeper_begin(keeper, problem);
        if (status == STATUS_OK && keeper->ids[i])
            status = store_put_custody(keeper->store, keeper->ids[i], keeper->digests[i].sha256,
                                       problem);
        else if (status == STATUS_OK)
            status = keeper_put_source(keeper, i, SETTLED_NAME, problem);
    }
    return status;
}

static bool keeper_is_due(const struct keeper *keeper) {
    return keeper->wrote_ns &&
           (keeper->wrote_bytes >= KEEPER_COMMIT_BYTES ||
            clock_now_monotonic() - keeper->wrote_ns >= KEEPER_COMMIT_MS * INT64_C(1000000));
}

static enum status keeper_write(struct keeper *keeper, struct keeper_piece *pieces,
                                struct problem *problem) {
    enum status status = STATUS_OK;
    while (pieces) {
        struct keeper_piece *piece = pieces;
        pieces = piece->next;
        if (status == STATUS_OK)
            status = keeper_begin(keeper, problem);
        if (status == STATUS_OK)
            status = keeper_put(keeper, piece, problem);
        keeper->wrote_bytes += piece_bytes(piece);
        keeper_piece_free(piece);
        if (status == STATUS_OK && keeper_is_due(keeper))
            status = keeper_commit(keeper, problem);
    }
    return status;
}

// Until much is queued, or it is time for what there is; false: nothing more will come.
static bool keeper_wait(struct keeper *keeper, struct keeper_piece **ret_pieces) {
    pthread_mutex_lock(&keeper->lock);
    struct timespec until;
    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += KEEPER_COMMIT_MS * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    while (keeper->queued_bytes < KEEPER_WAKE_BYTES && !keeper->closing) {
        if (pthread_cond_timedwait(&keeper->filled, &keeper->lock, &until) == ETIMEDOUT)
            break;
    }
    *ret_pieces = keeper->first;
    bool more = keeper->first || !keeper->closing;
    keeper->first = keeper->last = NULL;
    keeper->queued_bytes = 0;
    pthread_cond_broadcast(&keeper->emptied);
    pthread_mutex_unlock(&keeper->lock);
    return more;
}

static void *keeper_thread(void *argument) {
    struct keeper *keeper = argument;
    struct keeper_piece *pieces;
    enum status status = STATUS_OK;
    while (keeper_wait(keeper, &pieces)) {
        if (status != STATUS_OK) { // drain, so that nobody waits
            while (pieces) {
                struct keeper_piece *piece = pieces;
                pieces = piece->next;
                keeper_piece_free(piece);
            }
            continue;
        }
        status = keeper_write(keeper, pieces, &keeper->problem);
        if (status == STATUS_OK && keeper_is_due(keeper))
            status = keeper_commit(keeper, &keeper->problem);
        if (status == STATUS_OK)
            continue;
        pthread_mutex_lock(&keeper->lock);
        keeper->failed = true;
        pthread_cond_broadcast(&keeper->emptied);
        pthread_mutex_unlock(&keeper->lock);
    }
    keeper->status = status == STATUS_OK ? keeper_put_digests(keeper, &keeper->problem) : status;
    return NULL;
}

enum status keeper_start(struct keeper *keeper, const atomic_bool *stop, struct problem *problem) {
    if (pthread_create(&keeper->writer, NULL, keeper_thread, keeper) != 0)
        return problem_set(problem, STATUS_SYSTEM, "cannot start the thread that writes the case");
    keeper->writing = true;
    return keeper->custody ? custody_start(keeper->custody, stop, problem) : STATUS_OK;
}

void keeper_give_up(struct keeper *keeper) {
    if (keeper->custody)
        custody_finish(keeper->custody, true);
}

int64_t keeper_run(const struct keeper *keeper) {
    return keeper->run;
}

enum status keeper_finish(struct keeper *keeper, bool *ret_open, struct problem *problem) {
    *ret_open = false;
    if (keeper->custody)
        custody_finish(keeper->custody, keeper_has_failed(keeper));
    if (!keeper->writing)
        return STATUS_OK;
    pthread_mutex_lock(&keeper->lock);
    keeper->closing = true;
    pthread_cond_signal(&keeper->filled);
    pthread_mutex_unlock(&keeper->lock);
    pthread_join(keeper->writer, NULL);
    keeper->writing = false;
    *ret_open = keeper->status == STATUS_OK && keeper->wrote_ns;
    if (keeper->status != STATUS_OK)
        *problem = keeper->problem;
    return keeper->status;
}
