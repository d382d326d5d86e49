// The forms in which a reconstruction is told
// SPDX-License-Identifier: Apache-2.0
#include "report/report_form.h"

#include "report/campaign_json.h"

#include <string.h>

static const struct report_form forms[] = {
#define REPORT_FORM(name, ending, file, summary)                                                   \
    {#name, ending, file, summary, report_append_##name},
#include "report/report_forms.def"
#undef REPORT_FORM
};

const struct report_form *report_forms(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(forms);
    return forms;
}

const struct report_form *report_form_named(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (strcmp(forms[i].name, name) == 0)
            return &forms[i];
    return NULL;
}

const struct report_form *report_form_of_path(const char *path) {
    const struct report_form *found = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (slice_ends(slice_of_string(path), slice_of_string(forms[i].ending)) &&
            (!found || strlen(forms[i].ending) > strlen(found->ending)))
            found = &forms[i];
    return found;
}
