// A stage as reports head it
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_STAGE_TOLD_H
#define REPORT_STAGE_TOLD_H

#include "model/campaign.h"

// What the stage shows, where that is less than its name says: "Privileges: right granted" for
// credentials of which nothing but account manipulation (ATT&CK T1098) is seen; else its heading.
// At most 26 characters; static.
const char *stage_told_heading(const struct campaign_stage *stage);

// The same of the campaign's stage of that kind; the kind's own heading where it has none.
const char *stage_told_kind(const struct campaign *campaign, enum stage stage);

// "Nothing but a right granted shows ..."; NULL where the heading says it all. Static.
const char *stage_told_note(const struct campaign_stage *stage);

#endif
