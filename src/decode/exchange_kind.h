// Which of Exchange's logs a table is
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EXCHANGE_KIND_H
#define DECODE_EXCHANGE_KIND_H

#include "base/slice.h"
#include "decode/columns.h"

#include <stdbool.h>
#include <stdint.h>

// What a log keeps inside one of its columns.
enum exchange_inner {
    EXCHANGE_INNER_NONE,
    EXCHANGE_INNER_PAIRS, // S:CMD=Get-Mailbox;S:URL=/ecp/;...
    EXCHANGE_INNER_JSON,  // {"Operation":"Set-Mailbox",...}
};

struct exchange_kind {
    const char *format;    // of the shape
    const char *log_type;  // what "#Log-type:" says, without case; NULL: no type is known
    const char *column[2]; // columns that only this log has together; NULL: any
    const char *inner_column;
    enum exchange_inner inner;
};

// By the log's own word, else by its columns, else the kind of all that we have no name for
// ("exchange_log"). Never NULL. Static.
const struct exchange_kind *exchange_kind_find(struct slice log_type, const struct column *columns,
                                               uint32_t count);

// Lines without a header: nothing is known of them but a time and a text.
extern const struct exchange_kind EXCHANGE_KIND_TEXT;

// True for a kind that has a name of its own.
bool exchange_kind_is_known(const struct exchange_kind *kind);

// TIME, COMPUTER or NONE, by the column's name.
enum field_role exchange_column_role(struct slice name);

#endif
