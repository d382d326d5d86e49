// What became of a web path when it was last met
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_PATH_MEMO_H
#define RELATE_PATH_MEMO_H

#include "model/value.h"

// Requests differ, their paths come again and again: each is normalised once.
struct path_memo;

// Views into the memo, until it is asked again.
struct path_words {
    struct slice path;    // as TEXT_FORM_WEB_PATH has it
    struct slice package; // as TEXT_FORM_PACKAGE has it
    bool odd;             // web_path_is_odd
    bool script;          // ends in, or hides, an executable extension
};

struct path_memo *path_memo_new(void);
void path_memo_free(struct path_memo *memo);

// False for a value that is none to be remembered: too long, or not UTF-8.
bool path_memo_find(struct path_memo *memo, const struct value *value,
                    struct path_words *ret_words);

#endif
