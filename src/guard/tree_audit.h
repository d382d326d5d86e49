// What differs in a directory of packages
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_TREE_AUDIT_H
#define GUARD_TREE_AUDIT_H

#include "base/buffer.h"
#include "guard/known_list.h"
#include "guard/serving_book.h"
#include "guard/tree.h"

#include <stdbool.h>
#include <stdint.h>

enum audit_kind {
    AUDIT_CHANGED, // known, but with other bytes
    AUDIT_EXTRA,   // neither its path nor its bytes are known
    AUDIT_MISSING, // known, but neither its path nor its bytes are there
    AUDIT_LINK,
    AUDIT_SPECIAL,
    AUDIT_UNREADABLE,
    AUDIT_HARD_LINK, // a second name, perhaps elsewhere, through which the bytes may change
    AUDIT_MODE,      // others than its owner may write it, or it is set-uid or set-gid
    AUDIT_SIZE,      // clients once got another size under its path; not told of a changed one
    AUDIT_KIND_COUNT,
};

// "changed"; static storage.
const char *audit_kind_word(enum audit_kind kind);

struct audit_finding {
    enum audit_kind kind;
    struct slice path;
    const struct tree_entry *entry; // NULL: missing
    const struct known_file *known; // what it should be; NULL: not said
    uint32_t first_row, row_count;  // what the book has for its path; 0 rows: nothing
};

// Belongs to the caller; points into what it was made of.
struct tree_audit {
    const struct tree *tree;
    const struct known_list *known;    // NULL: nothing to compare with
    const struct serving_book *served; // NULL: no access log
    struct audit_finding *findings;    // by path, then kind
    uint32_t count;
    uint32_t capacity;
};

// `known` has its `seen` marks set; `served` must have been sorted.
void tree_audit_make(const struct tree *tree, struct known_list *known,
                     const struct serving_book *served, struct tree_audit *ret_audit);
void tree_audit_done(struct tree_audit *audit);

// One finding for people: several lines. At most `clients_max` clients of each size.
void tree_audit_append_text(const struct tree_audit *audit, const struct audit_finding *finding,
                            size_t clients_max, struct buffer *buffer);
// One finding as a JSON object on a line of its own, with all clients.
void tree_audit_append_json(const struct tree_audit *audit, const struct audit_finding *finding,
                            struct buffer *buffer);

// Rows of one size: [*from, end) of a finding's rows, beginning at *from. Returns the end and
// the sums; for both printers.
struct audit_served {
    uint32_t end;
    uint64_t size_bytes;
    uint32_t clients;
    uint64_t count;
    int64_t first_ns, last_ns;
    bool is_now; // the size that the file has
};
struct audit_served audit_served_next(const struct tree_audit *audit,
                                      const struct audit_finding *finding, uint32_t from);

#endif
