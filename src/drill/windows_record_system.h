// Scripts, cmdlets, registry and routine as records
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_WINDOWS_RECORD_SYSTEM_H
#define DRILL_WINDOWS_RECORD_SYSTEM_H

#include "drill/windows_telling.h"

// The kinds that windows_record.c does not tell itself; nothing for kinds no event log has.
// On a domain controller, or (`local`) on the host whose group it is.
void windows_tell_account_change(struct telling *telling, bool local);
void windows_tell_rest(struct telling *telling);

#endif
