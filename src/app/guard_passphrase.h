// Passphrases: from a terminal or a file, never argv
// SPDX-License-Identifier: Apache-2.0
#ifndef APP_GUARD_PASSPHRASE_H
#define APP_GUARD_PASSPHRASE_H

#include "base/buffer.h"
#include "base/status.h"

#include <stdbool.h>

enum {
    PASSPHRASE_BYTES_MAX = 1024
};

// The first line of `file` (a pipe is fine: /dev/fd/3), or, when `file` is NULL, what is typed on
// the terminal, not shown. `twice`: for a new key, so it is asked for twice and may not be short.
// STATUS_USAGE when there is neither. Wipe it with secret_wipe.
enum status guard_passphrase(const char *key_name, const char *file, bool twice,
                             struct buffer *ret_passphrase, struct problem *problem);

// Ask `question`; true only for "yes". *ret_asked is false when there is no terminal.
bool guard_confirm(const char *question, bool *ret_asked);

#endif
