// Rows: which records say which relation
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATION_ROW_H
#define RELATE_RELATION_ROW_H

#include "model/log_source.h"
#include "model/relation.h"

#include <stddef.h>

#define ROW_ANY_CODE (-2)

// A row holds for the classes that fit all that it names. `parts` and `when` are read once per
// class:
//
// clang-format off
//   parts   "from=IpAddress:host|WorkstationName:host; to=@host!; account=Domain+User"
//           part: from to account artefact detail0 to detail3, recorder (@host when it is not named),
//                 and the numbers out in taken
//           term: the first that gives a text stands; ended by '!': no relation without the part
//             Field        a field as the evidence calls it
//             .Field       one of the record's own data, where the head has the same name
//             Data[1]      the second of several unnamed ones
//             A+B          account of domain A, user B
//             A^B          both, with a '/' between; A&B&C: all, with a '.' between
//             'literal'
//             @host        who wrote the record, as it says itself, else as its folder does
//             @folder      only what the folder says
//             @marks       marks of a web request (relation_kind.def)
//           :form          what becomes of the text, see text_form.def
//           taken is in milliseconds; of a field whose name ends in "-us" in microseconds, in "-s", or
//           is "duration", in seconds
//   when    "LogonType=3|10; Image!=; Message~part": all must hold; '=' one of (case folded), "="
//           alone: empty; '!=' none of; '~' contains one, '!~' contains none
// clang-format on
//
// Fields that a class lacks give nothing. `!` and "when" are asked of each record.
struct relation_row {
    const char *format; // of the shape; NULL: any
    enum log_service service;
    enum log_category category;
    const char *provider; // ASCII case folded; NULL: any
    const char *channel;  // the same
    int64_t code;         // event id; ROW_ANY_CODE
    enum relation_kind kind;
    const char *parts;
    const char *when; // NULL: always
};

// A family of rows is one file and one line in relation_families.def.
struct relation_family {
    const struct relation_row *rows;
    size_t count;
};

#define FAMILY(name) extern const struct relation_family relation_family_##name;
#include "relate/relation_families.def"
#undef FAMILY

#endif
