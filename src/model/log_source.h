// What kind of log a record comes from, in Sigma's terms
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_LOG_SOURCE_H
#define MODEL_LOG_SOURCE_H

#include "base/slice.h"

#include <stdbool.h>
#include <stdint.h>

// Products, categories and services are rows of log_source.def. 0 of each means "none named".
enum log_product {
    LOG_PRODUCT_NONE,
#define PRODUCT(id, text) LOG_PRODUCT_##id,
#define CATEGORY(id, text)
#define SERVICE(id, text)
#include "model/log_source.def"
#undef PRODUCT
#undef CATEGORY
#undef SERVICE
    LOG_PRODUCT_COUNT,
};

enum log_category {
    LOG_CATEGORY_NONE,
#define PRODUCT(id, text)
#define CATEGORY(id, text) LOG_CATEGORY_##id,
#define SERVICE(id, text)
#include "model/log_source.def"
#undef PRODUCT
#undef CATEGORY
#undef SERVICE
    LOG_CATEGORY_COUNT,
};

enum log_service {
    LOG_SERVICE_NONE,
#define PRODUCT(id, text)
#define CATEGORY(id, text)
#define SERVICE(id, text) LOG_SERVICE_##id,
#include "model/log_source.def"
#undef PRODUCT
#undef CATEGORY
#undef SERVICE
    LOG_SERVICE_COUNT,
};

// A row that no list knows (a rule with category "zzz"): loaded, never true.
#define LOG_UNKNOWN UINT32_MAX

enum {
    LOG_SET_WORDS = 4
}; // 256 rows of each kind; asserted in log_source.c

// The log sources an event belongs to: one product, sets of categories and services.
struct log_source {
    uint32_t product;
    uint64_t categories[LOG_SET_WORDS];
    uint64_t services[LOG_SET_WORDS];
};

// What a rule asks for (Sigma rules 2.1.0, "logsource"): NONE = not asked.
struct log_source_wanted {
    uint32_t product;
    uint32_t category;
    uint32_t service;
};

// Rows by their text, ASCII case folded; LOG_UNKNOWN when there is none, NONE for empty text.
uint32_t log_product_find(struct slice text);
uint32_t log_category_find(struct slice text);
uint32_t log_service_find(struct slice text);
const char *log_product_text(uint32_t product); // "" for NONE
const char *log_category_text(uint32_t category);
const char *log_service_text(uint32_t service);

void log_source_add_category(struct log_source *source, uint32_t category);
void log_source_add_service(struct log_source *source, uint32_t service);

// Each part that the rule asks for is there.
bool log_source_fits(const struct log_source *source, const struct log_source_wanted *wanted);

#endif
