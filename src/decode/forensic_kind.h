// What a table of files or programs is, by its header
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_FORENSIC_KIND_H
#define DECODE_FORENSIC_KIND_H

#include "decode/columns.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    FORENSIC_TIMES_MAX = 8, // runs that prefetch remembers
};

enum forensic_how {
    FORENSIC_MFT,
    FORENSIC_USN,
    FORENSIC_AMCACHE,
    FORENSIC_SHIMCACHE,
    FORENSIC_PREFETCH,
    FORENSIC_TIMELINE,
    FORENSIC_FILES,
    FORENSIC_SOFTWARE,
};

// Where things lie in rows below a header. Columns are indexes, -1: not there.
struct forensic_kind {
    const char *format;
    enum forensic_how how;
    uint32_t count;                    // columns of the header
    int32_t folder, path;              // the path is folder + '\' + path, or path alone
    int32_t times[FORENSIC_TIMES_MAX]; // the first with a time counts; prefetch: each is a run
    bool sure;                         // a tool's header, not synonyms
};

// Name the columns of a header (`names`, as written) and say what the table is; false when it is
// none of these. `list`: the path of the source, which tells the list of a web root from other
// inventories. Columns whose meaning is known get their canonical name and role, the others keep
// theirs. Tables of files get one more column at the end, "TargetFilename", unless a column is
// that already; `columns` has room for it.
bool forensic_kind_find(const struct value *names, uint32_t count, struct slice list,
                        struct column *columns, struct forensic_kind *ret_kind);

// Whether the kind's rows get that further value.
bool forensic_kind_adds_path(const struct forensic_kind *kind);

#endif
