// Signed JSON written again
// SPDX-License-Identifier: Apache-2.0
#include "guard/canonical_json.h"

#include "base/text.h"

#include <assert.h>

static void append_scalar(const struct canonical_document *document,
                          const struct canonical_value *value, struct buffer *to) {
    if (value->kind == CANONICAL_STRING)
        text_append_json(to, canonical_text(document, value));
    else if (value->kind == CANONICAL_INTEGER)
        buffer_append_slice(to, canonical_text(document, value));
    else
        buffer_append_text(to, value->kind == CANONICAL_NULL    ? "null"
                               : value->kind == CANONICAL_FALSE ? "false"
                                                                : "true");
}

static bool is_container(const struct canonical_value *value) {
    return value->kind == CANONICAL_ARRAY || value->kind == CANONICAL_OBJECT;
}

// Where the walk stands in one container.
struct append_place {
    const struct canonical_value *container;
    const struct canonical_value *member; // the next one; NULL at the end
};

static void append_open(const struct canonical_document *document,
                        const struct canonical_value *value, struct append_place *ret_place,
                        struct buffer *to) {
    buffer_append_byte(to, value->kind == CANONICAL_ARRAY ? '[' : '{');
    *ret_place = (struct append_place){value, canonical_first(document, value)};
}

void canonical_append_json(const struct canonical_document *document,
                           const struct canonical_value *value, struct buffer *to) {
    struct append_place places[CANONICAL_DEPTH_MAX + 1];
    size_t depth = 0;
    if (!is_container(value)) {
        append_scalar(document, value, to);
        return;
    }
    append_open(document, value, &places[depth++], to);
    while (depth) {
        struct append_place *place = &places[depth - 1];
        const struct canonical_value *member = place->member;
        if (!member) {
            buffer_append_byte(to, place->container->kind == CANONICAL_ARRAY ? ']' : '}');
            depth--;
            continue;
        }
        if (member != canonical_first(document, place->container))
            buffer_append_byte(to, ',');
        if (place->container->kind == CANONICAL_OBJECT) {
            text_append_json(to, canonical_key(document, member));
            buffer_append_byte(to, ':');
        }
        place->member = canonical_next(document, place->container, member);
        assert(depth <= CANONICAL_DEPTH_MAX);
        if (is_container(member))
            append_open(document, member, &places[depth++], to);
        else
            append_scalar(document, member, to);
    }
}
