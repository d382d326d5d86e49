// One thing that happens, told to no log yet
// SPDX-License-Identifier: Apache-2.0
#include "drill/deed.h"

#include <assert.h>

const char *deed_kind_name(enum deed_kind kind) {
    static const char *const names[DEED_KIND_COUNT] = {
#define KIND(name, ...) [DEED_##name] = #name,
#include "drill/deed_kind.def"
#undef KIND
    };
    assert(kind < DEED_KIND_COUNT);
    return names[kind];
}
