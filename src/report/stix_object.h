// The pieces of a STIX bundle
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_STIX_OBJECT_H
#define REPORT_STIX_OBJECT_H

#include "report/campaign_json.h"

enum {
    STIX_UUID_SIZE = 37
};

#define STIX_FLOW_EXTENSION "extension-definition--fb9c968a-745b-4ade-9b25-c324172197f4"

// UUID version 5 (RFC 9562, 5.5) of (type, owner, name) in this program's own namespace: the same
// evidence gives the same ids, and STIX's namespace stays the observables'.
void stix_uuid(const char *type, struct slice owner, struct slice name,
               char ret_uuid[STIX_UUID_SIZE]);

// "type--uuid" as a JSON string.
void stix_append_id(struct buffer *to, const char *type, struct slice owner, struct slice name);

// An object up to its common members; the caller appends the others and '}'. `time_ns` is when it
// was created and modified: of the evidence, for two exports to be the same.
void stix_object_begin(struct buffer *to, const struct report_input *input, const char *type,
                       struct slice owner, struct slice name, int64_t time_ns);

// Members, each after a comma.
void stix_append_text(struct buffer *to, const char *name, struct slice text);
void stix_append_time(struct buffer *to, const char *name, int64_t time_ns);
void stix_append_evidence(struct buffer *to, const struct report_input *input,
                          const struct reference *references, uint32_t count);

// The objects that all others refer to: marking, author, extension and its author.
void stix_append_common(struct buffer *to, const struct report_input *input);

// Indicators of a campaign, each with what it indicates.
void stix_append_indicators(struct buffer *to, const struct report_input *input,
                            const struct campaign *campaign);

#endif
