// Inside hosts that call an intruder's page
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_WEBSHELL_INSIDE_H
#define DETECT_WEBSHELL_INSIDE_H

#include "detect/webshell_pages.h"

// Remembers a path that strangers used first and that enough bits speak against; `is_sure`: so many
// that one caller is enough.
void webshell_inside_add(struct webshell_judge *judge, const struct web_site *site,
                         struct slice path, int64_t first_ns, bool is_sure);

// After all servers were judged: who of our own sends to such a path has what the intruder made to
// send there. Two passes over web requests, when there is such a path.
enum status webshell_inside_judge(struct webshell_judge *judge, struct problem *problem);

#endif
