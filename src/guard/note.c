// Signed notes
// SPDX-License-Identifier: Apache-2.0
#include "guard/note.h"

#include "guard/key.h"

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/text.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOTE_DASH SLICE("\xE2\x80\x94 ") // an em dash and a blank

enum {
    NOTE_ID_BYTES = 4,
    NOTE_SIGNATURE_BYTES = 64,
    NOTE_BLOB_BYTES_MAX = 8 * 1024, // signatures of others may be long
};

// Unicode's blanks (White_Space) are two and three bytes beyond ASCII.
static bool note_has_blank(struct slice name) {
    static const char *const blanks[] = {" ",
                                         "\xC2\x85",
                                         "\xC2\xA0",
                                         "\xE1\x9A\x80",
                                         "\xE2\x80\x80",
                                         "\xE2\x80\x81",
                                         "\xE2\x80\x82",
                                         "\xE2\x80\x83",
                                         "\xE2\x80\x84",
                                         "\xE2\x80\x85",
                                         "\xE2\x80\x86",
                                         "\xE2\x80\x87",
                                         "\xE2\x80\x88",
                                         "\xE2\x80\x89",
                                         "\xE2\x80\x8A",
                                         "\xE2\x80\xA8",
                                         "\xE2\x80\xA9",
                                         "\xE2\x80\xAF",
                                         "\xE2\x81\x9F",
                                         "\xE3\x80\x80"};
    for (size_t i = 0; i < ARRAY_SIZE(blanks); i++)
        if (memmem(name.data, name.size, blanks[i], strlen(blanks[i])))
            return true;
    return false;
}

static bool note_is_name(struct slice name) {
    if (name.size == 0 || name.size >= NOTE_NAME_SIZE || !text_is_utf8(name))
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (name.data[i] < 0x20 || name.data[i] == 0x7F || name.data[i] == '+')
            return false;
    return !note_has_blank(name);
}

static uint32_t note_id(const char *name, const uint8_t public[32]) {
    uint8_t bytes[NOTE_NAME_SIZE + 2 + 32], digest[DIGEST_SHA256_SIZE];
    size_t size = strlen(name);
    memcpy(bytes, name, size);
    bytes[size] = '\n';
    bytes[size + 1] = NOTE_TYPE_ED25519;
    memcpy(bytes + size + 2, public, 32);
    digest_sha256(slice_of(bytes, size + 2 + 32), digest);
    return (uint32_t)digest[0] << 24 | (uint32_t)digest[1] << 16 | (uint32_t)digest[2] << 8 |
           digest[3];
}

enum status note_verifier_make(const char *name, const uint8_t public[32],
                               struct note_verifier *ret_verifier, struct problem *problem) {
    if (!note_is_name(slice_of_string(name)))
        return problem_set(problem, STATUS_USAGE,
                           "a ledger's name is like example.com/updates: no blanks, no '+', at "
                           "most %d bytes",
                           NOTE_NAME_SIZE - 1);
    struct note_verifier verifier = {.id = note_id(name, public)};
    snprintf(verifier.name, sizeof verifier.name, "%s", name);
    memcpy(verifier.public, public, sizeof verifier.public);
    *ret_verifier = verifier;
    return STATUS_OK;
}

void note_verifier_format(const struct note_verifier *verifier, struct buffer *to) {
    uint8_t bytes[33] = {NOTE_TYPE_ED25519};
    memcpy(bytes + 1, verifier->public, 32);
    buffer_append_format(to, "%s+%08x+", verifier->name, verifier->id);
    text_append_base64(to, slice_of(bytes, sizeof bytes));
}

// NAME+HEX+BASE64: base64 may have '+' in it, names and numbers cannot.
static bool note_split_key(struct slice text, struct slice *ret_name, struct slice *ret_id,
                           struct slice *ret_key) {
    const uint8_t *first = memchr(text.data, '+', text.size);
    if (!first)
        return false;
    size_t at = (size_t)(first - text.data);
    *ret_name = slice_part(text, 0, at);
    *ret_id = slice_part(text, at + 1, 8);
    *ret_key = slice_part(text, at + 10, SIZE_MAX);
    return text.size > at + 10 && text.data[at + 9] == '+' && note_is_name(*ret_name);
}

enum status note_verifier_read(struct slice text, struct note_verifier *ret_verifier,
                               struct problem *problem) {
    struct slice name, id, key;
    struct buffer bytes;
    char hex[9];
    struct note_verifier verifier;
    if (text.size == 0 || text.size > NOTE_BYTES_MAX || !note_split_key(text, &name, &id, &key))
        return problem_set(problem, STATUS_FORMAT, "no ledger key: NAME+ID+KEY is one");
    buffer_init(&bytes, NOTE_BYTES_MAX);
    bool fine = text_read_base64(key, &bytes);
    bool known = fine && bytes.size == 33 && bytes.data[0] == NOTE_TYPE_ED25519;
    if (known) {
        memcpy(verifier.name, name.data, name.size);
        verifier.name[name.size] = '\0';
        memcpy(verifier.public, bytes.data + 1, 32);
        verifier.id = note_id(verifier.name, verifier.public);
        snprintf(hex, sizeof hex, "%08x", verifier.id);
    }
    buffer_done(&bytes);
    if (!fine)
        return problem_set(problem, STATUS_FORMAT, "no ledger key: NAME+ID+KEY is one");
    if (!known)
        return problem_set(problem, STATUS_UNSUPPORTED, "a ledger key that is not Ed25519");
    if (!slice_equal_string(id, hex))
        return problem_set(problem, STATUS_FORMAT, "the ledger key's id is not that of its key");
    *ret_verifier = verifier;
    return STATUS_OK;
}

enum status note_verifier_find(const char *word, struct note_verifier *ret_verifier,
                               struct problem *problem) {
    if (access(word, F_OK) != 0)
        return note_verifier_read(slice_of_string(word), ret_verifier, problem);
    struct buffer text;
    buffer_init(&text, NOTE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = durable_file_read(word, NOTE_BYTES_MAX, &text, problem);
    struct slice key = buffer_slice(&text);
    while (key.size && key.data[key.size - 1] == '\n')
        key.size--;
    if (status == STATUS_OK)
        status = note_verifier_read(key, ret_verifier, problem);
    buffer_done(&text);
    return status;
}

// One line of the signatures, taken apart; the signature itself is decoded into `blob`.
static bool note_line(struct slice line, struct slice *ret_name, struct buffer *blob) {
    if (!slice_starts(line, NOTE_DASH))
        return false;
    struct slice rest = slice_part(line, NOTE_DASH.size, SIZE_MAX);
    const uint8_t *blank = rest.size ? memchr(rest.data, ' ', rest.size) : NULL;
    if (!blank)
        return false;
    *ret_name = slice_part(rest, 0, (size_t)(blank - rest.data));
    buffer_reset(blob);
    return note_is_name(*ret_name) &&
           text_read_base64(slice_part(rest, ret_name->size + 1, SIZE_MAX), blob) &&
           !blob->failed && blob->size > NOTE_ID_BYTES;
}

static bool note_verify(const struct note_verifier *verifier, struct slice text,
                        struct slice signature) {
    struct key key;
    if (signature.size != NOTE_SIGNATURE_BYTES ||
        key_from_ed25519(&key, verifier->public, NULL) != STATUS_OK)
        return false;
    bool holds = key_verify(&key, text, signature);
    key_done(&key);
    return holds;
}

// The text ends at the last empty line.
static bool note_split(struct slice note, struct slice *ret_text, struct slice *ret_lines) {
    if (note.size < 2 || note.data[note.size - 1] != '\n')
        return false;
    for (size_t at = note.size - 1; at-- > 0;)
        if (note.data[at] == '\n' && note.data[at + 1] == '\n') {
            *ret_text = slice_part(note, 0, at + 1);
            *ret_lines = slice_part(note, at + 2, SIZE_MAX);
            return ret_lines->size > 0;
        }
    return false;
}

static bool note_is_plain(struct slice note) {
    for (size_t i = 0; i < note.size; i++)
        if (note.data[i] < 0x20 && note.data[i] != '\n')
            return false;
    return text_is_utf8(note);
}

// What the lines say of the known keys; NULL when all is well, else what is wrong.
static const char *note_look(struct slice text, struct slice lines,
                             const struct note_verifier *verifiers, size_t count,
                             uint32_t *ret_signed) {
    struct buffer blob;
    const char *fault = NULL;
    size_t seen = 0;
    buffer_init(&blob, NOTE_BLOB_BYTES_MAX);
    while (!fault && lines.size) {
        struct slice name, line = lines;
        const uint8_t *end = memchr(lines.data, '\n', lines.size);
        assert(end);
        line.size = (size_t)(end - lines.data);
        lines = slice_part(lines, line.size + 1, SIZE_MAX);
        if (++seen > NOTE_SIGNATURES_MAX || !note_line(line, &name, &blob)) {
            fault = "it is no signed note";
            break;
        }
        uint32_t id = (uint32_t)blob.data[0] << 24 | (uint32_t)blob.data[1] << 16 |
                      (uint32_t)blob.data[2] << 8 | blob.data[3];
        struct slice signature = slice_part(buffer_slice(&blob), NOTE_ID_BYTES, SIZE_MAX);
        for (size_t i = 0; i < count; i++) {
            if (verifiers[i].id != id || !slice_equal_string(name, verifiers[i].name))
                continue;
            if (note_verify(&verifiers[i], text, signature))
                *ret_signed |= 1u << i;
            else
                fault = "a signature does not hold";
        }
    }
    buffer_done(&blob);
    return fault;
}

enum status note_open(struct slice note, const struct note_verifier *verifiers, size_t count,
                      struct slice *ret_text, uint32_t *ret_signed, struct problem *problem) {
    struct slice text, lines;
    uint32_t who = 0;
    assert(count >= 1 && count <= 32);
    if (note.size > NOTE_BYTES_MAX || !note_is_plain(note) || !note_split(note, &text, &lines))
        return problem_set(problem, STATUS_FORMAT, "it is no signed note");
    const char *fault = note_look(text, lines, verifiers, count, &who);
    if (!fault && !who)
        fault = "no known key signed it";
    if (fault)
        return problem_set(problem, STATUS_FORMAT, "%s", fault);
    *ret_text = text;
    *ret_signed = who;
    return STATUS_OK;
}

enum status note_check_text(struct slice text, struct problem *problem) {
    bool fine = text.size > 1 && text.size < NOTE_BYTES_MAX / 2 &&
                text.data[text.size - 1] == '\n' && note_is_plain(text);
    if (!fine)
        return problem_set(problem, STATUS_USAGE, "this text cannot be signed as a note");
    return STATUS_OK;
}

void note_format(struct slice text, const struct note_verifier *verifier,
                 const uint8_t signature[64], struct buffer *to) {
    uint8_t blob[NOTE_ID_BYTES + NOTE_SIGNATURE_BYTES];
    for (unsigned i = 0; i < NOTE_ID_BYTES; i++)
        blob[i] = (uint8_t)(verifier->id >> (24 - 8 * i));
    memcpy(blob + NOTE_ID_BYTES, signature, NOTE_SIGNATURE_BYTES);
    buffer_append_slice(to, text);
    buffer_append_byte(to, '\n');
    buffer_append_slice(to, NOTE_DASH);
    buffer_append_format(to, "%s ", verifier->name);
    text_append_base64(to, slice_of(blob, sizeof blob));
    buffer_append_byte(to, '\n');
}
