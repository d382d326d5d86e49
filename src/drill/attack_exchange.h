// What attacks do on an Exchange server
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ATTACK_EXCHANGE_H
#define DRILL_ATTACK_EXCHANGE_H

#include "drill/attack_campaign.h"

// "CORP\MAIL-01$": as whom the front end asks the back end.
struct slice attack_machine_name(struct attack *attack, uint32_t host);

// What the back end (444) is asked for a request of the front end, under the machine's name.
// `front` is a copy: the deed is added to the row that holds the original.
void attack_pass_on(struct attack *attack, const struct deed *front, struct slice stem,
                    struct slice query, const char *protocol);

// A cmdlet of the stolen account, through the back end's PowerShell.
struct deed *attack_run_cmdlet(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                               const char *name, struct slice parameters);

// Fills in who writes a page (FILE_WRITE with its path), and adds what goes with that: the share
// it is written through, or the export whose file it is. `write` must not be used afterwards.
void attack_write_page(struct attack *attack, struct deed *write);

// The first request for a page leaves its compiled form on disk, even when the page goes.
void attack_compile_page(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                         struct slice name);

#endif
