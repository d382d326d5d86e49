// What to look for elsewhere: indicators of a campaign
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_INDICATOR_LIST_H
#define REPORT_INDICATOR_LIST_H

#include "model/campaign.h"

enum indicator_type {
    INDICATOR_SHA256,
    INDICATOR_SHA1,
    INDICATOR_MD5,
    INDICATOR_IPV4,
    INDICATOR_IPV6,
    INDICATOR_EMAIL,
    INDICATOR_URL,
    INDICATOR_DOMAIN,
    INDICATOR_FILE,     // a path on a disk
    INDICATOR_WEB_PATH, // "/owa/auth/x.aspx"
    INDICATOR_OTHER,
    INDICATOR_TYPE_COUNT,
};
const char *indicator_type_name(enum indicator_type type); // "sha256"; static

// What a value looks like.
enum indicator_type indicator_type_of(struct slice value);

struct indicator_told {
    enum indicator_type type;
    struct slice value; // as the report has it; lives as long as the reconstruction
    const char *role;   // "seen on a host", "sent to many", "data went there", "named by the story"
    int64_t first_ns;
    uint32_t host_count; // on which it lay
    const struct reference *references;
    uint32_t reference_count;
};

// The list of one campaign, by (type, value), each value once. Names and addresses of the
// campaign's own hosts are none. memory_free what is returned, which may be NULL.
struct indicator_told *indicators_of(const struct campaign *campaign, uint32_t *ret_count);

#endif
