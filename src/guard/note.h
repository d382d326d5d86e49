// Signed notes
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_NOTE_H
#define GUARD_NOTE_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// C2SP signed-note: a text, an empty line, one line a signature:
//
//     example.com/ledger
//     12
//     ...
//
//     — example.com/ledger BASE64(key id, 4 bytes, and the signature)
//
// Signatures are Ed25519 (type 0x01). Lines of keys that are not known are left alone, as the
// specification asks: cosignatures of witnesses (type 0x04) travel that way.
enum {
    NOTE_BYTES_MAX = 64 * 1024,
    NOTE_SIGNATURES_MAX = 32,
    NOTE_NAME_SIZE = 256,
    NOTE_TYPE_ED25519 = 0x01,
};

// A verifier key: NAME+HEX(key id)+BASE64(type, public key).
struct note_verifier {
    char name[NOTE_NAME_SIZE];
    uint32_t id;
    uint8_t public[32];
};

// STATUS_FORMAT when it is none, when its id is not the one that name and key give;
// STATUS_UNSUPPORTED for another type of key.
enum status note_verifier_read(struct slice text, struct note_verifier *ret_verifier,
                               struct problem *problem);
// The same of a key, or of the file that holds one and has this name.
enum status note_verifier_find(const char *word, struct note_verifier *ret_verifier,
                               struct problem *problem);
void note_verifier_format(const struct note_verifier *verifier, struct buffer *to);
// STATUS_USAGE when the name is empty, too long, or has blanks, controls or '+' in it.
enum status note_verifier_make(const char *name, const uint8_t public[32],
                               struct note_verifier *ret_verifier, struct problem *problem);

// The text of a note that each of `count` (at least 1, at most 32) known keys in `verifiers`
// signed or not: bit i of *ret_signed. STATUS_FORMAT when it is no note, when a known key's
// signature does not hold, or when no known key signed. The text points into `note`.
enum status note_open(struct slice note, const struct note_verifier *verifiers, size_t count,
                      struct slice *ret_text, uint32_t *ret_signed, struct problem *problem);

// What is to be signed, checked: STATUS_USAGE when it could not be told from its signatures.
enum status note_check_text(struct slice text, struct problem *problem);

// Append text, empty line and one signature line.
void note_format(struct slice text, const struct note_verifier *verifier,
                 const uint8_t signature[64], struct buffer *to);

#endif
