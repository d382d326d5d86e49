// Inside hosts that call an intruder's page
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEBSHELL_INSIDE_H
#define DETECT_WEBSHELL_INSIDE_H

#include "detect/webshell_pages.h"

// Remembers a path that strangers used first and that enough bits speak against: from
// WEBSHELL_BITS_HIGH on one caller is enough, below WEBSHELL_CALLERS_MIN are.
void webshell_inside_add(struct webshell_judge *judge, const struct web_site *site,
                         struct slice path, int64_t first_ns, unsigned bits);

// After all servers were judged: who of our own sends to such a path has what the intruder made to
// send there. One pass over web requests, when there is such a path; one more when its callers are
// to be counted.
enum status webshell_inside_judge(struct webshell_judge *judge, struct problem *problem);

#endif
