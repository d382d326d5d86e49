// Checkpoints: what a ledger says of itself
// SPDX-License-Identifier: Apache-2.0
#include "guard/checkpoint.h"

#include "base/text.h"

#include <string.h>

// The next line without its end; false when there is none.
static bool checkpoint_line(struct slice *rest, struct slice *ret_line) {
    const uint8_t *end = rest->size ? memchr(rest->data, '\n', rest->size) : NULL;
    if (!end)
        return false;
    *ret_line = slice_part(*rest, 0, (size_t)(end - rest->data));
    *rest = slice_part(*rest, ret_line->size + 1, SIZE_MAX);
    return true;
}

// Decimal without leading zeros that fits.
static bool checkpoint_number(struct slice text, uint64_t *ret_number) {
    uint64_t number = 0;
    if (text.size == 0 || (text.size > 1 && text.data[0] == '0'))
        return false;
    for (size_t i = 0; i < text.size; i++) {
        unsigned digit = (unsigned)text.data[i] - '0';
        if (digit > 9 || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *ret_number = number;
    return true;
}

static bool checkpoint_hash(struct slice text, struct merkle_hash *ret_hash) {
    struct buffer bytes;
    buffer_init(&bytes, 128);
    bool fine = text.size < 64 && text_read_base64(text, &bytes) && bytes.size == MERKLE_HASH_SIZE;
    if (fine)
        memcpy(ret_hash->bytes, bytes.data, MERKLE_HASH_SIZE);
    buffer_done(&bytes);
    return fine;
}

enum status checkpoint_read_text(struct slice text, struct checkpoint *ret_checkpoint,
                                 struct problem *problem) {
    struct checkpoint checkpoint;
    struct slice size, root, more;
    bool fine = checkpoint_line(&text, &checkpoint.origin) && checkpoint.origin.size &&
                checkpoint_line(&text, &size) && checkpoint_line(&text, &root) &&
                checkpoint_number(size, &checkpoint.tree.size) &&
                checkpoint_hash(root, &checkpoint.tree.root);
    while (fine && text.size)
        fine = checkpoint_line(&text, &more) && more.size;
    struct merkle_hash empty;
    merkle_empty(&empty);
    if (fine && checkpoint.tree.size == 0)
        fine = merkle_equal(&checkpoint.tree.root, &empty);
    if (!fine)
        return problem_set(problem, STATUS_FORMAT, "it is no checkpoint of a ledger");
    *ret_checkpoint = checkpoint;
    return STATUS_OK;
}

enum status checkpoint_open(struct slice note, const struct note_verifier *ledger,
                            struct checkpoint *ret_checkpoint, struct problem *problem) {
    struct slice text;
    struct checkpoint checkpoint;
    uint32_t who = 0;
    enum status status = note_open(note, ledger, 1, &text, &who, problem);
    if (status == STATUS_OK)
        status = checkpoint_read_text(text, &checkpoint, problem);
    if (status != STATUS_OK)
        return status;
    if (!slice_equal_string(checkpoint.origin, ledger->name))
        return problem_set(problem, STATUS_FORMAT, "the checkpoint is another ledger's");
    *ret_checkpoint = checkpoint;
    return STATUS_OK;
}

void checkpoint_format_text(const char *origin, const struct merkle_tree *tree, struct buffer *to) {
    buffer_append_format(to, "%s\n%llu\n", origin, (unsigned long long)tree->size);
    text_append_base64(to, slice_of(tree->root.bytes, MERKLE_HASH_SIZE));
    buffer_append_byte(to, '\n');
}
