// Fields inside one column of an Exchange log
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_EXCHANGE_INNER_H
#define DECODE_EXCHANGE_INNER_H

#include "base/buffer.h"
#include "base/json.h"
#include "base/slice.h"
#include "model/value.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    INNER_FIELDS_MAX = 128,   // of one record; what is beyond stays in the column alone
    INNER_NAME_BYTES_MAX = 64 // names are data's: longer ones are none
};

struct inner_field {
    struct slice name; // "EventData.CMD"
    struct value value;
};

// The fields of the record read last. Reused; not thread-safe.
struct inner_fields {
    struct inner_field fields[INNER_FIELDS_MAX];
    uint32_t count;
    struct buffer names;
    struct buffer text; // values that had to be changed; JSON with its padding
    struct json_index index;
};

void inner_fields_init(struct inner_fields *inner);
void inner_fields_done(struct inner_fields *inner);

// ECP's EventData: pairs of type, key and value. A pair with a quote or separator in it stands
// in single quotes, '' within is one:
//
//     S:TIME=13;'S:CMD=Set-Mailbox.Name=''a;b''';I32:ADS.C[DC01]=1
//
// Keys that count something of a host or mailbox ("ADS.C[DC01]") are no fields: there would be a
// shape for each set of hosts.
void inner_fields_read_pairs(struct inner_fields *inner, const char *prefix, struct slice text);

// The members of a JSON object, and of its arrays of {"Name":...,"Value":...} (Parameters,
// ModifiedProperties) each element by its name: "Data.Parameters.Identity". False, and no
// fields, when the text is no such object.
bool inner_fields_read_json(struct inner_fields *inner, const char *prefix, struct slice text);

#endif
