// Door of the room: say what was found
// SPDX-License-Identifier: Apache-2.0
#include "report/report.h"

#include <string.h>

#define OUTPUT(name) extern const struct output output_##name;
#include "report/outputs.def"
#undef OUTPUT

static const struct output *const outputs[] = {
#define OUTPUT(name) &output_##name,
#include "report/outputs.def"
#undef OUTPUT
};

const struct output *const *report_outputs(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(outputs);
    return outputs;
}

const struct output *report_output_find(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(outputs); i++)
        if (strcmp(outputs[i]->name, name) == 0)
            return outputs[i];
    return NULL;
}
