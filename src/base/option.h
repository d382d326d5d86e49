// The option table that commands and plug-ins share
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_OPTION_H
#define BASE_OPTION_H

#include <stddef.h>

// One row prints a line of --help and of the man page, checks the command line and completes
// in the shell. Tables are static const and end with a row whose name is NULL.
struct option_row {
    const char *name; // long name without dashes: "min-level"
    char letter;      // short name, or 0
    enum option_kind {
        OPTION_FLAG,   // no value
        OPTION_TEXT,   // one value; the last one given counts
        OPTION_LIST,   // may be given several times
        OPTION_COUNT,  // a whole number >= 0
        OPTION_TIME,   // RFC 3339, or a date
        OPTION_CHOICE, // one of `choices`
        OPTION_PATH,   // a file or directory (completed as such)
        OPTION_PATHS,  // several
    } kind;
    const char *value;    // what the help calls the value: "LEVEL"; NULL for a flag
    const char *choices;  // "low|medium|high" for OPTION_CHOICE, else NULL
    const char *fallback; // default as text, or NULL
    const char *help;     // one line
};

#endif
