// The forms in which a reconstruction is told
// SPDX-License-Identifier: Apache-2.0
#ifndef REPORT_REPORT_FORM_H
#define REPORT_REPORT_FORM_H

#include "base/buffer.h"

#include <stddef.h>

struct report_input;

// One form: a function and a line in report_forms.def. It appends the whole report and cannot fail
// but by the buffer's ceiling. All text is static.
struct report_form {
    const char *name;    // "html"
    const char *ending;  // ".html"
    const char *file;    // "report.html"
    const char *summary; // a few words
    void (*append)(struct buffer *to, const struct report_input *input);
};

// In the order of report_forms.def.
const struct report_form *report_forms(size_t *ret_count);

// NULL when there is none of this name, none for such a path.
const struct report_form *report_form_named(const char *name);
const struct report_form *report_form_of_path(const char *path);

#endif
