// JSON shippers: how a record of each is known, and what its fields are
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_JSON_SHIPPER_ROWS_H
#define DECODE_JSON_SHIPPER_ROWS_H

#include "model/shape.h"

// A leaf's path is matched against the tables in its plain form: a wrapper at the root
// ("_source.", "Event.") is left out, and so are evtx_dump's "#attributes" and "#text" steps
// and its "_attributes" endings. What a row names first counts more: of two leaves that could
// be the time, the one with the earlier row is.
struct shipper_row {
    const char *path;
    const char *name; // NULL: its own
    enum field_role role;
};

enum {
    SHIPPER_MARKS = 3,
    SHIPPER_DATA = 4,
    SHIPPERS = 37
};

enum shipper_trait {
    SHIPPER_FLAT = 1,        // leaves that are no data go by their key too
    SHIPPER_LOWER_CAMEL = 2, // keys of data begin in lower case
    SHIPPER_ATTRIBUTES = 4,  // of elements: "Event_xmlns"
    SHIPPER_RECEIVED = 8,    // says when it received what, in two zones (json_shipper.h)
    SHIPPER_LOG_UNSAID = 16  // may leave out which log a record is of
};

struct shipper {
    const char *format;
    const char *marks[SHIPPER_MARKS]; // paths that must all be there
    const struct shipper_row *rows;   // until path is NULL
    const char *data[SHIPPER_DATA];   // leaves below these go by their last key
    unsigned traits;                  // of enum shipper_trait
};

// The first whose marks are all there is it. Constant.
extern const struct shipper shippers[SHIPPERS];

// None of them.
extern const struct shipper shipper_unknown;

#endif
