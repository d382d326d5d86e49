// What an event is, by the format of its log
// SPDX-License-Identifier: Apache-2.0
#include "normalise/formats.h"

#include "normalise/aliases.h"
#include "normalise/network.h"

#include <string.h>

#define FORMAT(format, product, category, service, aliases) extern const struct alias_table aliases;
#include "normalise/formats.def"
#undef FORMAT

static const struct {
    const char *format;
    enum log_product product;
    enum log_category category;
    enum log_service service;
    const struct alias_table *aliases;
} FORMATS[] = {
#define FORMAT(format, product, category, service, aliases)                                        \
    {format, LOG_PRODUCT_##product, LOG_CATEGORY_##category, LOG_SERVICE_##service, &aliases},
#include "normalise/formats.def"
#undef FORMAT
};

const struct alias_table no_aliases = {NULL, 0, EVENT_MESSAGE_NONE};

bool format_describe(struct event_class *event_class) {
    struct log_source *source = &event_class->log_source;
    bool is_known = false;
    for (size_t i = 0; i < ARRAY_SIZE(FORMATS); i++) {
        if (strcmp(FORMATS[i].format, event_class->shape->format) != 0)
            continue;
        if (!is_known) {
            source->product = FORMATS[i].product;
            event_class->aliases = FORMATS[i].aliases->aliases;
            event_class->alias_count = FORMATS[i].aliases->count;
            event_class->message = FORMATS[i].aliases->message;
        }
        if (FORMATS[i].category != LOG_CATEGORY_NONE)
            log_source_add_category(source, FORMATS[i].category);
        if (FORMATS[i].service != LOG_SERVICE_NONE)
            log_source_add_service(source, FORMATS[i].service);
        is_known = true;
    }
    if (is_known)
        network_describe(event_class);
    return is_known;
}
