// Strict JSON, and its canonical bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_CANONICAL_H
#define GUARD_CANONICAL_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stdint.h>

// Source: RFC 8259 for what is read, OLPC canonical JSON for what is signed (TUF 1.0.34, 4.1):
// no white space, keys by code point, only '"' and '\' escaped, control characters raw.
//
// Signed data must have one meaning only. Refused: a key that comes twice, 1.0 and 1e3, -0, 01,
// integers beyond int64 (-2^63 to 2^63-1), \u0000, surrogates that are no pair, bytes that are
// not UTF-8, control characters that are not escaped, a byte order mark, anything after the
// value. One pass; a second one over the places, not the text, only when keys are not in order.
enum {
    CANONICAL_DEPTH_MAX = 32,                // TUF needs 7
    CANONICAL_BYTES_MAX = 128 * 1024 * 1024, // 800,000 targets of 150 bytes
    CANONICAL_VALUES_MAX = 16 * 1024 * 1024,
};

enum canonical_kind {
    CANONICAL_NULL,
    CANONICAL_FALSE,
    CANONICAL_TRUE,
    CANONICAL_INTEGER,
    CANONICAL_STRING,
    CANONICAL_ARRAY,
    CANONICAL_OBJECT,
};

// One value; a container's members lie behind it, in the order of the text:
//
//     {"b":[1,2],"a":"x"}      values[0] object   next = 5
//                              values[1] b: array next = 4
//                              values[2] 1,  values[3] 2
//                              values[4] a: "x"
struct canonical_value {
    uint32_t key;           // place in `texts`
    uint32_t key_size : 28; // UTF-8, escapes resolved
    uint32_t kind : 4;
    uint32_t text; // string, integer: place in `texts`; container: place in `canonical`
    uint32_t text_size;
    uint32_t next;  // number of the value after this one and all it holds
    uint32_t count; // members of a container
};

// A text that was read. Owns all it needs: the text itself may go. Reused from text to text; not
// thread-safe while it is read, any number of threads afterwards.
struct canonical_document {
    struct canonical_value *values;
    uint32_t count;
    uint32_t capacity;
    uint8_t *texts;  // canonical bytes in the order of the text; behind them escaped strings
    uint8_t *sorted; // canonical bytes, when keys were not in order
    const uint8_t *canonical;
    size_t canonical_size;
    bool ordered;  // every object's keys came in order
    bool verbatim; // the text was canonical: `canonical` has its very bytes
};

void canonical_init(struct canonical_document *document);
void canonical_done(struct canonical_document *document);

// Read `text`, at most `bytes_max` of it (0: CANONICAL_BYTES_MAX, which is also the ceiling).
// STATUS_FORMAT with the offset of what is refused, STATUS_LIMIT when it is too long, too deep or
// has too many values; the document is empty then.
enum status canonical_read(struct canonical_document *document, struct slice text, size_t bytes_max,
                           struct problem *problem);

// The outermost value. The document must have been read.
const struct canonical_value *canonical_root(const struct canonical_document *document);

// The member with this key; NULL when absent, or when `object` is NULL or no object. Linear.
const struct canonical_value *canonical_find(const struct canonical_document *document,
                                             const struct canonical_value *object, const char *key);

// The members of a container in the order of the text; NULL at the end (or for no container):
//     for (member = canonical_first(d, object); member; member = canonical_next(d, object, member))
static inline const struct canonical_value *
canonical_first(const struct canonical_document *document,
                const struct canonical_value *container) {
    (void)document;
    return container && container->kind >= CANONICAL_ARRAY && container->count ? container + 1
                                                                               : NULL;
}
static inline const struct canonical_value *
canonical_next(const struct canonical_document *document, const struct canonical_value *container,
               const struct canonical_value *member) {
    return member->next < container->next ? &document->values[member->next] : NULL;
}

// The key of an object's member; a string's content, or an integer's digits; escapes resolved.
static inline struct slice canonical_key(const struct canonical_document *document,
                                         const struct canonical_value *value) {
    return slice_of(document->texts + value->key, value->key_size);
}
static inline struct slice canonical_text(const struct canonical_document *document,
                                          const struct canonical_value *value) {
    return slice_of(document->texts + value->text, value->text_size);
}

// False when the value is NULL or of another kind.
static inline bool canonical_is(const struct canonical_value *value, enum canonical_kind kind) {
    return value && value->kind == (unsigned)kind;
}
bool canonical_string(const struct canonical_document *document,
                      const struct canonical_value *value, struct slice *ret_text);
bool canonical_integer(const struct canonical_document *document,
                       const struct canonical_value *value, int64_t *ret_number);
bool canonical_boolean(const struct canonical_value *value, bool *ret_value);

// What is signed and hashed: the canonical bytes of an object or array (asserted), with all it
// holds. Live as long as the document.
struct slice canonical_bytes(const struct canonical_document *document,
                             const struct canonical_value *container);

// A string as canonical JSON has it, with its quotes. For writers.
void canonical_append_string(struct buffer *buffer, struct slice text);

#endif
