// Door of the room: what survives a restart
// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "base/arena.h"
#include "base/digest.h"
#include "base/slice.h"
#include "base/status.h"
#include "model/campaign.h"
#include "model/finding.h"
#include "model/gap.h"
#include "model/hosts.h"
#include "model/relation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// The database of a case. What is read of a file lies in pieces, each committed whole: which
// ranges of which sources it is of, and what they gave, packed. Everything else is made of the
// pieces (results), can be made again, and is there to be asked for by any SQL tool:
//
//     run ─ reading ─> source          a run numbers its sources; a piece speaks in its run's
//     numbers
//      └──> piece ──────┘ (a found file)
//     rule, finding, relation, host, campaign, campaign_host, record, gap: results
//     verdict: what analysts said
//
// Not thread-safe, but may pass from one thread to the next. STATUS_FORMAT: the database is damaged
// or not ours; STATUS_SYSTEM: disk, permission, somebody else has it.
struct store;

enum store_access {
    STORE_MAKE,  // made when it is not there
    STORE_WRITE, // refused when it is not there
    STORE_READ,  // the same, but on a CD or a share that cannot be written it is read as it lies
};

enum status store_open(const char *path, enum store_access access, struct store **ret_store,
                       struct problem *problem);
// Whether the file at `path` is such a database, by its mark; nothing is opened for writing.
bool store_is_at(const char *path);
// What was not committed is forgotten. NULL is fine.
void store_close(struct store *store);

// All changes are made between these two.
enum status store_begin(struct store *store, struct problem *problem);
enum status store_commit(struct store *store, struct problem *problem);
// Outside of a transaction, whenever there is time: what the log holds goes to the database, so
// that closing has less to do.
enum status store_tidy(struct store *store, struct problem *problem);

// Single facts: by what rules the pieces were read, whether the results are of all pieces. An
// absent one is empty.
enum store_fact {
    STORE_FACT_READ_BY,  // what pieces depend on besides the evidence
    STORE_FACT_FINISHED, // "1": the results are of these pieces
    STORE_FACT_COUNTS,   // of the results, packed by the pipeline
    STORE_FACT_TLP,      // of what is shared
    STORE_FACT_COUNT
};
enum status store_put_fact(struct store *store, enum store_fact fact, struct slice value,
                           struct problem *problem);
enum status store_fact(struct store *store, enum store_fact fact, struct arena *arena,
                       struct slice *ret_value, struct problem *problem);

// Directories that evidence was given in, ended by '/': paths are told below what they share.
enum status store_put_directory(struct store *store, struct slice directory,
                                struct problem *problem);
// Sorted. The row is the caller's, texts lie in `arena`.
enum status store_directories(struct store *store, struct arena *arena, struct slice **ret_rows,
                              size_t *ret_count, struct problem *problem);

// --- what was read

struct store_source {
    int64_t id;             // 0: not stored yet
    struct slice identity;  // real path of the found file
    uint32_t sequence;      // 0: the found file, else which of its entries
    struct slice path;      // as given and found
    bool path_gb18030;      // an entry's name that was in GB18030
    struct slice directory; // where a relative path starts
    int64_t rank;           // found files come by (rank, path), then their entries
    uint64_t size;
    int64_t modified_ns;
    struct slice format; // empty: nobody understood it
    bool evidence;       // no container, and readable
    bool complete;       // all that is in it was committed
    bool has_sha256;
    uint8_t sha256[DIGEST_SHA256_SIZE]; // of the found file's bytes
};

// A new run of a program's `version`; numbers rise.
enum status store_add_run(struct store *store, const char *version, int64_t *ret_run,
                          struct problem *problem);

// Added, or changed when there is one of that identity and sequence (an id says that there is). A
// digest that is there stays when this one has none.
enum status store_put_source(struct store *store, const struct store_source *source,
                             int64_t *ret_id, struct problem *problem);
enum status store_put_custody(struct store *store, int64_t source,
                              const uint8_t sha256[DIGEST_SHA256_SIZE], struct problem *problem);
enum status store_put_reading(struct store *store, int64_t run, uint32_t number, int64_t source,
                              struct problem *problem);

// All sources in the order of their names: found files by (rank, path), then their entries. The
// row is the caller's, what it points at lives in `arena`.
enum status store_sources(struct store *store, struct arena *arena, struct store_source **ret_rows,
                          size_t *ret_count, struct problem *problem);

struct store_piece {
    int64_t run;
    int64_t top;        // source of the found file it was read of
    struct slice units; // ranges, packed by the pipeline; empty: only gaps of the file itself
    struct slice counts;
    struct slice findings, relations, notes, gaps; // packed rows
};

enum status store_put_piece(struct store *store, const struct store_piece *piece,
                            struct problem *problem);

// Forget what was read of a found file, entries too; or only its pieces without units.
enum status store_forget_file(struct store *store, int64_t top, struct problem *problem);
enum status store_forget_gaps(struct store *store, int64_t top, struct problem *problem);

// Pieces of one found file, or of all (top 0), in the order they were put; readings in any. Views
// live until the callback returns.
struct store_piece_sink {
    void *context;
    enum status (*piece)(void *context, const struct store_piece *piece, struct problem *problem);
};
enum status store_pieces(struct store *store, int64_t top, const struct store_piece_sink *sink,
                         struct problem *problem);

struct store_reading {
    int64_t run;
    uint32_t number;
    int64_t source;
};
// By run, then number. The row is the caller's.
enum status store_readings(struct store *store, struct store_reading **ret_rows, size_t *ret_count,
                           struct problem *problem);

// --- results

// Forget all results; STORE_FACT_FINISHED is put away.
enum status store_clear_results(struct store *store, struct problem *problem);

enum status store_put_rule(struct store *store, uint32_t number, const struct rule *rule,
                           struct problem *problem);
// Rules with their numbers as places; what is not kept of a rule is empty. In `arena`.
enum status store_rules(struct store *store, struct arena *arena, struct rule **ret_rules,
                        size_t *ret_count, struct problem *problem);

// All findings in their order as packed rows, a part at a time.
enum status store_put_findings(struct store *store, struct slice rows, struct problem *problem);
struct store_rows_sink {
    void *context;
    enum status (*rows)(void *context, struct slice rows, struct problem *problem);
};
enum status store_findings(struct store *store, const struct store_rows_sink *sink,
                           struct problem *problem);

// Rows to be asked for. `source` is that of the finding's first record.
enum status store_put_finding(struct store *store, const struct finding *finding, int64_t source,
                              struct problem *problem);
enum status store_put_relation(struct store *store, const struct relation *relation,
                               struct problem *problem);
enum status store_put_host(struct store *store, uint32_t number, const struct fleet_host *host,
                           struct problem *problem);
enum status store_put_campaign(struct store *store, const struct campaign *campaign,
                               struct problem *problem);
enum status store_put_gap(struct store *store, int64_t source, const struct gap_sum *gap,
                          struct problem *problem);

// A record that is cited, by its digest.
struct store_record {
    struct slice tag;
    uint8_t sha256[DIGEST_SHA256_SIZE];
    int64_t source;
    struct position position; // its source number counts for nothing
    int64_t time_ns;
};
enum status store_put_record(struct store *store, const struct store_record *record,
                             struct problem *problem);
// Forget campaigns and cited records only.
enum status store_clear_story(struct store *store, struct problem *problem);

// The cited records whose tag begins so ("E2K7"), at most `ret_count`'s value of them, and the path
// of the file that they lie in. Texts in `arena`.
struct store_cited {
    struct store_record record;
    struct slice path, directory, identity;
    bool has_sha256;
    uint8_t file_sha256[DIGEST_SHA256_SIZE];
    uint64_t size;
    int64_t modified_ns;
};
enum status store_find_records(struct store *store, struct slice tag, struct arena *arena,
                               struct store_cited *ret_rows, size_t *ret_count,
                               struct problem *problem);

// --- verdicts

// The first records of findings, cited or not, by the beginning of their digest in hexadecimal; of
// these the tag is empty. As store_find_records.
enum status store_find_findings(struct store *store, struct slice hex, struct arena *arena,
                                struct store_cited *ret_rows, size_t *ret_count,
                                struct problem *problem);

struct store_host {
    struct slice name, fqdn;
    struct slice aliases; // lower case, a blank between
    int64_t skew_ns;      // its clock minus true time
};
// In the order of their names. The row is the caller's, texts lie in `arena`.
enum status store_hosts(struct store *store, struct arena *arena, struct store_host **ret_rows,
                        size_t *ret_count, struct problem *problem);

struct store_verdict {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    bool is_benign;
    struct slice tag, why, who, at;
};
enum status store_put_verdict(struct store *store, const struct store_verdict *verdict,
                              struct problem *problem);
// All that were ever given, in that order: of several on one record the last one holds. The row is
// the caller's, texts lie in `arena`.
enum status store_verdicts(struct store *store, struct arena *arena,
                           struct store_verdict **ret_rows, size_t *ret_count,
                           struct problem *problem);

#endif
