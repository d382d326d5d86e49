// Who did what to whom: the kinds
// SPDX-License-Identifier: Apache-2.0
#include "model/relation.h"

#include <assert.h>

static const struct {
    const char *name;
    enum relation_keeps keeps;
} KINDS[] = {
#define KIND(id, name, keeps) {name, RELATION_KEEPS_##keeps},
#include "model/relation_kind.def"
#undef KIND
};

const char *relation_kind_name(enum relation_kind kind) {
    assert(kind < RELATION_KIND_COUNT);
    return KINDS[kind].name;
}

enum relation_keeps relation_kind_keeps(enum relation_kind kind) {
    assert(kind < RELATION_KIND_COUNT);
    return KINDS[kind].keeps;
}
