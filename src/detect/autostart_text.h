// Commands, names and paths of what starts by itself
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_AUTOSTART_TEXT_H
#define DETECT_AUTOSTART_TEXT_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>

// How a place fits what is started there.
enum autostart_place {
    AUTOSTART_HOME,     // Program Files
    AUTOSTART_SYSTEM,   // Windows' own folders of programs
    AUTOSTART_OTHER,    // says nothing
    AUTOSTART_WRITABLE, // a product's folder where users may write
    AUTOSTART_ODD,      // right in a folder that is none for programs
};

// What a command starts, written the one way of persistence_book.h; the script where an
// interpreter runs one. Appends nothing when the command names none. The result is lower case.
void autostart_program(struct buffer *buffer, struct slice command);

// A path in that way of writing.
void autostart_path(struct buffer *buffer, struct slice path);

// Digits and hexadecimal runs that hold a digit become '#', letters lower case.
void autostart_pattern(struct buffer *buffer, struct slice name);

// Of a program right in a folder that is none for programs, under a name that nobody would choose:
// its folder and the name's pattern, "\\windows\\mon#.exe". Else false.
// `path` is written as autostart_path does.
bool autostart_series(struct buffer *buffer, struct slice path);

enum autostart_place autostart_place_of(struct slice program);
// Started by way of cmd, PowerShell, a script host...
bool autostart_by_interpreter(struct slice command);
// Encoded, downloaded, hidden, or by way of the echo of a pipe.
bool autostart_hides(struct slice command);
// Named like a program of Windows, and not where that lies.
bool autostart_masquerades(struct slice program);
// Nobody would choose this name: four hexadecimal digits with a number in them, or five consonants
// in a row.
bool autostart_name_is_random(struct slice name);

#endif
