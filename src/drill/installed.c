// What is installed on ordinary hosts
// SPDX-License-Identifier: Apache-2.0
#include "drill/installed.h"

#include <string.h>

enum product_number {
#define PRODUCT(key, ...) PRODUCT_##key,
#define PRODUCT_FILE(...)
#define SYSTEM_FILE(...)
#include "drill/installed.def"
#undef PRODUCT
#undef PRODUCT_FILE
#undef SYSTEM_FILE
    PRODUCT_COUNT
};

static const struct installed_product products[PRODUCT_COUNT] = {
#define PRODUCT(key, name, publisher, folder, odds, ...)                                           \
    {name, publisher, folder, odds, {__VA_ARGS__}},
#define PRODUCT_FILE(...)
#define SYSTEM_FILE(...)
#include "drill/installed.def"
#undef PRODUCT
#undef PRODUCT_FILE
#undef SYSTEM_FILE
};

#define HOST_NONE HOST_ROLE_COUNT

static const struct {
    const char *path;
    int product; // -1: of the system
    enum host_system system;
    unsigned role; // HOST_NONE: all
} files[] = {
#define PRODUCT(...)
#define PRODUCT_FILE(key, path) {path, PRODUCT_##key, SYSTEM_WINDOWS, HOST_NONE},
#define SYSTEM_FILE(system, role, path) {path, -1, SYSTEM_##system, HOST_##role},
#include "drill/installed.def"
#undef PRODUCT
#undef PRODUCT_FILE
#undef SYSTEM_FILE
};

const struct installed_product *installed_products(size_t *ret_count) {
    *ret_count = PRODUCT_COUNT;
    return products;
}

const struct installed_product *installed_find(struct slice path) {
    if (!slice_starts(path, SLICE("C:\\Program")))
        return NULL;
    for (size_t i = 0; i < PRODUCT_COUNT; i++)
        if (slice_starts(path, slice_of_string(products[i].folder)))
            return &products[i];
    return NULL;
}

bool installed_has(const struct host *host, const struct installed_product *product) {
    struct dice dice;
    if (host->system != SYSTEM_WINDOWS)
        return false;
    host_dice_init(&dice, host, 0x1257A11ED + (uint64_t)(product - products));
    return dice_one_in(&dice, product->odds);
}

bool installed_next(const struct host *host, size_t *at, struct installed_file *ret_file) {
    for (; *at < ARRAY_SIZE(files); ++*at) {
        int number = files[*at].product;
        const struct installed_product *product = number < 0 ? NULL : &products[number];
        bool here = files[*at].system == host->system &&
                    (files[*at].role == HOST_NONE || files[*at].role == host->role);
        if (!here || (product && !installed_has(host, product)))
            continue;
        *ret_file = (struct installed_file){files[(*at)++].path, product};
        return true;
    }
    return false;
}
