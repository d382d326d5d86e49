// The rows of log_source.def, found and compared
// SPDX-License-Identifier: Apache-2.0
#include "model/log_source.h"

#include "base/text.h"

#include <assert.h>

enum {
    SET_BITS = LOG_SET_WORDS * 64
};
_Static_assert((int)LOG_PRODUCT_COUNT <= SET_BITS, "too many products");
_Static_assert((int)LOG_CATEGORY_COUNT <= SET_BITS, "too many categories for a set");
_Static_assert((int)LOG_SERVICE_COUNT <= SET_BITS, "too many services for a set");

static const char *const PRODUCTS[LOG_PRODUCT_COUNT] = {
    [LOG_PRODUCT_NONE] = "",
#define PRODUCT(id, text) [LOG_PRODUCT_##id] = text,
#define CATEGORY(id, text)
#define SERVICE(id, text)
#include "model/log_source.def"
#undef PRODUCT
#undef CATEGORY
#undef SERVICE
};

static const char *const CATEGORIES[LOG_CATEGORY_COUNT] = {
    [LOG_CATEGORY_NONE] = "",
#define PRODUCT(id, text)
#define CATEGORY(id, text) [LOG_CATEGORY_##id] = text,
#define SERVICE(id, text)
#include "model/log_source.def"
#undef PRODUCT
#undef CATEGORY
#undef SERVICE
};

static const char *const SERVICES[LOG_SERVICE_COUNT] = {
    [LOG_SERVICE_NONE] = "",
#define PRODUCT(id, text)
#define CATEGORY(id, text)
#define SERVICE(id, text) [LOG_SERVICE_##id] = text,
#include "model/log_source.def"
#undef PRODUCT
#undef CATEGORY
#undef SERVICE
};

static uint32_t text_find(const char *const *texts, uint32_t count, struct slice text) {
    for (uint32_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(slice_of_string(texts[i]), text))
            return i;
    return LOG_UNKNOWN;
}

uint32_t log_product_find(struct slice text) {
    return text_find(PRODUCTS, LOG_PRODUCT_COUNT, text);
}

uint32_t log_category_find(struct slice text) {
    return text_find(CATEGORIES, LOG_CATEGORY_COUNT, text);
}

uint32_t log_service_find(struct slice text) {
    return text_find(SERVICES, LOG_SERVICE_COUNT, text);
}

const char *log_product_text(uint32_t product) {
    return product < LOG_PRODUCT_COUNT ? PRODUCTS[product] : "";
}

const char *log_category_text(uint32_t category) {
    return category < LOG_CATEGORY_COUNT ? CATEGORIES[category] : "";
}

const char *log_service_text(uint32_t service) {
    return service < LOG_SERVICE_COUNT ? SERVICES[service] : "";
}

void log_source_add_category(struct log_source *source, uint32_t category) {
    assert(category != LOG_CATEGORY_NONE && category < LOG_CATEGORY_COUNT);
    source->categories[category / 64] |= 1ull << (category % 64);
}

void log_source_add_service(struct log_source *source, uint32_t service) {
    assert(service != LOG_SERVICE_NONE && service < LOG_SERVICE_COUNT);
    source->services[service / 64] |= 1ull << (service % 64);
}

static bool set_holds(const uint64_t set[LOG_SET_WORDS], uint32_t row) {
    return row < SET_BITS && (set[row / 64] >> (row % 64) & 1) != 0;
}

bool log_source_fits(const struct log_source *source, const struct log_source_wanted *wanted) {
    if (wanted->product != LOG_PRODUCT_NONE && wanted->product != source->product)
        return false;
    if (wanted->category != LOG_CATEGORY_NONE && !set_holds(source->categories, wanted->category))
        return false;
    return wanted->service == LOG_SERVICE_NONE || set_holds(source->services, wanted->service);
}
