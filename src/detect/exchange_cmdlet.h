// Cmdlets of a mail server and their parameters
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_EXCHANGE_CMDLET_H
#define DETECT_EXCHANGE_CMDLET_H

#include "base/slice.h"

#include <stdbool.h>

// The value of a parameter in a cmdlet's text; {NULL, 0} when it has none. `name` in any case,
// without its dash. Reads what Exchange's logs hold: -Name "value", -Name:value, -Name value, and
// the control panel's .Name='value'. A value in double quotes ends at the first quote that a blank,
// a ')' or the end follows, so that filters keep theirs.
struct slice cmdlet_parameter(struct slice parameters, const char *name);

// "smtp:a@example.net" -> "a@example.net"; {NULL, 0} for what is no mail address.
struct slice mail_address_of(struct slice text);

// What stands behind the '@'.
struct slice mail_domain(struct slice address);

// Whether the export's file lies on the server itself (by its loopback address or local path) or
// in a folder that a web server gives out.
bool export_path_is_own(struct slice path);

#endif
