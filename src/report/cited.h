// The cited records of a report, and their tags
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_CITED_H
#define REPORT_CITED_H

#include "model/campaign.h"

// All records that a reconstruction cites, each once, by their digests. Tags have as few digits as
// keep them apart, five at least.
struct cited {
    struct reference *references;
    uint32_t count, capacity;
    unsigned digits;
};

void cited_init(struct cited *cited, const struct reconstruction *reconstruction);
void cited_done(struct cited *cited);

void cited_tag(const struct cited *cited, const struct reference *reference,
               char ret_tag[TAG_SIZE]);

// Place of a cited record in `references`; UINT32_MAX for one that is not cited.
uint32_t cited_place(const struct cited *cited, const uint8_t sha256[DIGEST_SHA256_SIZE]);

#endif
