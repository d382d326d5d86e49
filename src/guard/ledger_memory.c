// What was seen of a ledger before
// SPDX-License-Identifier: Apache-2.0
#include "guard/ledger_memory.h"

#include "base/digest.h"
#include "base/durable_file.h"

#include <limits.h>
#include <stdio.h>

static enum status memory_write(const char *path, struct slice bytes, struct refusal *refusal) {
    struct problem problem;
    enum status status = durable_file_write(path, bytes, 0644, &problem);
    return status == STATUS_OK ? status : refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
}

// Both notes in one file, named after the one that does not fit: telling it again adds nothing.
static enum status memory_evidence(const struct ledger_memory *memory, struct slice kept,
                                   struct slice note, char ret_path[PATH_MAX]) {
    struct buffer both;
    uint8_t digest[DIGEST_SHA256_SIZE];
    char hex[DIGEST_SHA256_HEX_SIZE];
    digest_sha256(note, digest);
    digest_hex(digest, hex);
    int size = snprintf(ret_path, PATH_MAX, "%s.fork-%.16s", memory->path, hex);
    if (size < 0 || size >= PATH_MAX)
        return STATUS_LIMIT;
    buffer_init(&both, 4 * NOTE_BYTES_MAX);
    buffer_append_text(&both, "--- believed before\n");
    buffer_append_slice(&both, kept);
    buffer_append_text(&both, "--- shown now\n");
    buffer_append_slice(&both, note);
    enum status status = durable_file_write(ret_path, buffer_slice(&both), 0644, NULL);
    buffer_done(&both);
    return status;
}

static enum status memory_fork(const struct ledger_memory *memory, struct slice kept,
                               struct slice note, const char *what, struct refusal *refusal) {
    char path[PATH_MAX];
    bool told = memory_evidence(memory, kept, note, path) == STATUS_OK;
    return refusal_set(refusal, REFUSAL_LOG_FORK, "%s: %s; %s%s", memory->ledger->name, what,
                       told ? "both checkpoints are kept in " : "the evidence could not be kept",
                       told ? path : "");
}

static enum status memory_compare(const struct ledger_memory *memory, struct slice kept,
                                  struct slice note, const struct checkpoint *now,
                                  const struct ledger_prover *prover, struct refusal *refusal) {
    struct checkpoint then;
    struct merkle_proof proof;
    struct problem problem;
    if (checkpoint_open(kept, memory->ledger, &then, &problem) != STATUS_OK)
        return refusal_set(refusal, REFUSAL_FORMAT, "%s: %s", memory->path, problem.text);
    if (then.tree.size == now->tree.size)
        return merkle_equal(&then.tree.root, &now->tree.root)
                   ? STATUS_OK
                   : memory_fork(memory, kept, note, "two ledgers of one size under one name",
                                 refusal);
    if (!prover)
        return STATUS_OK;
    if (then.tree.size > now->tree.size) {
        char path[PATH_MAX];
        memory_evidence(memory, kept, note, path);
        return refusal_set(refusal, REFUSAL_ROLLBACK,
                           "%s had %llu entries when it was last seen, now %llu",
                           memory->ledger->name, (unsigned long long)then.tree.size,
                           (unsigned long long)now->tree.size);
    }
    enum status status =
        prover->prove(prover->context, then.tree.size, now->tree.size, &proof, &problem);
    if (status == STATUS_SYSTEM)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    if (status != STATUS_OK || !merkle_continues(&then.tree, &now->tree, &proof))
        return memory_fork(memory, kept, note, "it does not continue what was seen before",
                           refusal);
    return memory_write(memory->path, note, refusal);
}

enum status ledger_memory_check(const struct ledger_memory *memory, struct slice note,
                                const struct checkpoint *checkpoint,
                                const struct ledger_prover *prover, struct refusal *refusal) {
    struct buffer kept;
    struct problem problem;
    if (!memory->path)
        return STATUS_OK;
    buffer_init(&kept, NOTE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = durable_file_read(memory->path, NOTE_BYTES_MAX, &kept, &problem);
    if (status == STATUS_NOT_FOUND)
        status = memory_write(memory->path, note, refusal);
    else if (status != STATUS_OK)
        status = refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    else
        status = memory_compare(memory, buffer_slice(&kept), note, checkpoint, prover, refusal);
    buffer_done(&kept);
    return status;
}
