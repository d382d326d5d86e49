// Proofs that stand alone: tlog-proof files
// SPDX-License-Identifier: Apache-2.0
#include "guard/proof.h"

#include "base/text.h"

#include <string.h>

#define PROOF_HEAD SLICE("c2sp.org/tlog-proof@v1")

enum {
    PROOF_EXTRA_BYTES_MAX = 64 * 1024,
};

void proof_init(struct proof *proof) {
    *proof = (struct proof){0};
    buffer_init(&proof->extra, PROOF_EXTRA_BYTES_MAX);
}

void proof_done(struct proof *proof) {
    buffer_done(&proof->extra);
}

static bool proof_line(struct slice *rest, struct slice *ret_line) {
    const uint8_t *end = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!end)
        return false;
    *ret_line = slice_part(*rest, 0, (size_t)(end - rest->data));
    *rest = slice_part(*rest, ret_line->size + 1, SIZE_MAX);
    return true;
}

static bool proof_index(struct slice line, uint64_t *ret_index) {
    struct slice digits = slice_part(line, 6, SIZE_MAX);
    int64_t number = 0;
    if (!slice_starts(line, SLICE("index ")) || digits.size == 0 || digits.size > 19 ||
        (digits.size > 1 && digits.data[0] == '0'))
        return false;
    for (size_t i = 0; i < digits.size; i++)
        if (digits.data[i] < '0' || digits.data[i] > '9')
            return false;
    if (!text_integer(digits, &number))
        return false;
    *ret_index = (uint64_t)number;
    return true;
}

static bool proof_hash(struct slice line, struct merkle_proof *path) {
    struct buffer bytes;
    buffer_init(&bytes, 128);
    bool fine = path->count < MERKLE_PROOF_MAX && line.size < 64 &&
                text_read_base64(line, &bytes) && bytes.size == MERKLE_HASH_SIZE;
    if (fine)
        memcpy(path->hashes[path->count++].bytes, bytes.data, MERKLE_HASH_SIZE);
    buffer_done(&bytes);
    return fine;
}

static bool proof_lines(struct slice file, struct proof *proof) {
    struct slice line;
    if (file.size > PROOF_BYTES_MAX || !proof_line(&file, &line) ||
        !slice_equal(line, PROOF_HEAD) || !proof_line(&file, &line))
        return false;
    if (slice_starts(line, SLICE("extra ")) &&
        (!text_read_base64(slice_part(line, 6, SIZE_MAX), &proof->extra) || proof->extra.failed ||
         !proof_line(&file, &line)))
        return false;
    if (!proof_index(line, &proof->index))
        return false;
    while (proof_line(&file, &line)) {
        if (line.size == 0) {
            proof->note = file;
            return file.size > 0;
        }
        if (!proof_hash(line, &proof->path))
            return false;
    }
    return false;
}

enum status proof_read(struct slice file, struct proof *ret_proof, struct problem *problem) {
    buffer_reset(&ret_proof->extra);
    ret_proof->path.count = 0;
    if (!proof_lines(file, ret_proof))
        return problem_set(problem, STATUS_FORMAT, "it is no proof (c2sp.org/tlog-proof@v1)");
    return STATUS_OK;
}

void proof_format(const struct proof *proof, struct buffer *to) {
    buffer_append_slice(to, PROOF_HEAD);
    if (proof->extra.size) {
        buffer_append_text(to, "\nextra ");
        text_append_base64(to, buffer_slice(&proof->extra));
    }
    buffer_append_format(to, "\nindex %llu\n", (unsigned long long)proof->index);
    for (size_t i = 0; i < proof->path.count; i++) {
        text_append_base64(to, slice_of(proof->path.hashes[i].bytes, MERKLE_HASH_SIZE));
        buffer_append_byte(to, '\n');
    }
    buffer_append_byte(to, '\n');
    buffer_append_slice(to, proof->note);
}

enum status proof_verify(const struct proof *proof, const struct note_verifier *ledger,
                         struct slice entry, struct checkpoint *ret_checkpoint,
                         struct problem *problem) {
    struct checkpoint checkpoint;
    struct merkle_hash leaf;
    enum status status = checkpoint_open(proof->note, ledger, &checkpoint, problem);
    if (status != STATUS_OK)
        return status;
    merkle_leaf(entry, &leaf);
    if (!merkle_holds(&leaf, proof->index, checkpoint.tree.size, &proof->path,
                      &checkpoint.tree.root))
        return problem_set(problem, STATUS_FORMAT,
                           "the proof does not lead to the checkpoint's root");
    *ret_checkpoint = checkpoint;
    return STATUS_OK;
}
