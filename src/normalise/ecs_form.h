// How a field's text becomes an ECS value
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_ECS_FORM_H
#define NORMALISE_ECS_FORM_H

#include "base/buffer.h"
#include "base/slice.h"

#include <stdbool.h>

// The forms field.def names. All but the last group are made of the text of the row's field;
// an empty text and "-" (Windows' own "nothing") give no value.
enum ecs_form {
    ECS_FORM_TEXT,           // as it is
    ECS_FORM_NUMBER,         // decimal or 0x text as a JSON number; no value when it is none
    ECS_FORM_LOWER,          // ASCII folded
    ECS_FORM_LIST,           // an array of the one text
    ECS_FORM_FILE_NAME,      // after the last backslash or slash
    ECS_FORM_FILE_DIRECTORY, // before it
    ECS_FORM_FILE_EXTENSION, // after the name's last dot, without it
    ECS_FORM_KEY_HIVE,       // HKLM out of HKLM\System\...
    ECS_FORM_KEY_PATH,       // between hive and value name
    ECS_FORM_ACCOUNT_NAME,   // user out of DOMAIN\user
    ECS_FORM_ACCOUNT_DOMAIN, // DOMAIN
    ECS_FORM_LEVEL,          // 1 to 5 -> critical ... verbose
    ECS_FORM_OUTCOME,        // audit bits of the keywords -> success, failure
    ECS_FORM_DIRECTION,      // Initiated -> egress, ingress
    ECS_FORM_LOGON_TYPE,     // 3 -> Network
    // Computed, not from one field's text: see ecs.c
    ECS_FORM_TIME,
    ECS_FORM_KIND,
    ECS_FORM_CATEGORY,
    ECS_FORM_TYPE,
    ECS_FORM_MESSAGE,
    ECS_FORM_TAGS,
    ECS_FORM_EVENT_DATA,
    ECS_FORM_USER_DATA,
    ECS_FORM_UNMAPPED,
};

// Cut or translate a text by a form of the first group. The result points into `text` or at
// static text; empty when there is no value. LOWER and NUMBER only check.
struct slice ecs_form_text(enum ecs_form form, struct slice text);

// Append the JSON value of what ecs_form_text gave.
void ecs_form_append(enum ecs_form form, struct slice text, struct buffer *buffer);

// True for forms that show the whole of the field, so that a rule's field may be called by the
// row's ECS name.
bool ecs_form_is_whole(enum ecs_form form);

#endif
