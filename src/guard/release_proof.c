// That a file was released, shown by its proof alone
// SPDX-License-Identifier: Apache-2.0
#include "guard/release_proof.h"

#include "guard/canonical.h"
#include "guard/key.h"

#include <string.h>

static enum status entry_check(const struct canonical_document *document,
                               const struct release_claim *claim, struct release_told *ret_told,
                               struct refusal *refusal) {
    const struct canonical_value *root = canonical_root(document);
    struct slice kind, path, sha256;
    uint8_t digest[MERKLE_HASH_SIZE];
    int64_t length;
    bool fine = canonical_string(document, canonical_find(document, root, "kind"), &kind) &&
                canonical_string(document, canonical_find(document, root, "path"), &path) &&
                canonical_string(document, canonical_find(document, root, "sha256"), &sha256) &&
                canonical_integer(document, canonical_find(document, root, "length"), &length) &&
                canonical_integer(document, canonical_find(document, root, "version"),
                                  &ret_told->version) &&
                key_read_hex(sha256, digest, sizeof digest) && path.size < sizeof ret_told->path;
    if (!fine || !slice_equal_string(kind, "release"))
        return refusal_set(refusal, REFUSAL_FORMAT, "the proof is not that of a release");
    if (length != claim->length || memcmp(digest, claim->sha256, sizeof digest) != 0)
        return refusal_set(refusal, REFUSAL_HASH_MISMATCH,
                           "the proof is for other bytes than these (of %.*s)", (int)path.size,
                           (const char *)path.data);
    memcpy(ret_told->path, path.data, path.size);
    ret_told->path[path.size] = '\0';
    return STATUS_OK;
}

static enum status proof_check(const struct proof *proof, const struct note_verifier *ledger,
                               const struct ledger_memory *memory, struct release_told *ret_told,
                               struct refusal *refusal) {
    struct checkpoint checkpoint;
    struct problem problem;
    enum status status =
        proof_verify(proof, ledger, buffer_slice(&proof->extra), &checkpoint, &problem);
    if (status != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_NOT_LOGGED, &problem);
    ret_told->index = proof->index;
    ret_told->size = checkpoint.tree.size;
    return memory ? ledger_memory_check(memory, proof->note, &checkpoint, NULL, refusal)
                  : STATUS_OK;
}

enum status release_proof_verify(struct slice file, const struct note_verifier *ledger,
                                 const struct release_claim *claim,
                                 const struct ledger_memory *memory, struct release_told *ret_told,
                                 struct refusal *refusal) {
    struct proof proof;
    struct problem problem;
    struct canonical_document document;
    proof_init(&proof);
    canonical_init(&document);
    enum status status = proof_read(file, &proof, &problem);
    if (status != STATUS_OK)
        status = refusal_wrap(refusal, REFUSAL_FORMAT, &problem);
    else
        status = proof_check(&proof, ledger, memory, ret_told, refusal);
    if (status == STATUS_OK &&
        canonical_read(&document, buffer_slice(&proof.extra), 0, &problem) != STATUS_OK)
        status = refusal_wrap(refusal, REFUSAL_FORMAT, &problem);
    if (status == STATUS_OK)
        status = entry_check(&document, claim, ret_told, refusal);
    canonical_done(&document);
    proof_done(&proof);
    return status;
}
