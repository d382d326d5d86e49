// What became of a web path when it was last met
// SPDX-License-Identifier: Apache-2.0
#include "relate/path_memo.h"

#include "base/digest.h"
#include "base/memory.h"
#include "model/web_path.h"
#include "relate/text_form.h"

enum {
    PATHS = 2048,
    PATH_BYTES_MAX = 120, // of each of the three texts
    SCRATCH_BYTES = 64 << 10
};

// One place of a direct-mapped table; a newer path takes the older one's.
struct path_slot {
    uint64_t hash;
    uint8_t raw_size; // 0: free
    uint8_t path_size;
    uint8_t package_size;
    bool odd, script;
    uint8_t raw[PATH_BYTES_MAX];
    uint8_t path[PATH_BYTES_MAX];
    uint8_t package[PATH_BYTES_MAX];
};

struct path_memo {
    struct path_slot slots[PATHS];
    struct buffer scratch;
};

struct path_memo *path_memo_new(void) {
    struct path_memo *memo = memory_new(1, sizeof *memo);
    buffer_init(&memo->scratch, SCRATCH_BYTES);
    return memo;
}

void path_memo_free(struct path_memo *memo) {
    if (!memo)
        return;
    buffer_done(&memo->scratch);
    memory_free(memo);
}

// The raw path in one form; false when that is too long to be remembered.
static bool slot_form(struct path_memo *memo, struct slice raw, enum text_form form, uint8_t *bytes,
                      uint8_t *ret_size) {
    buffer_reset(&memo->scratch);
    buffer_append_slice(&memo->scratch, raw);
    text_form_apply(form, &memo->scratch, 0);
    if (memo->scratch.size > PATH_BYTES_MAX)
        return false;
    *ret_size = (uint8_t)memo->scratch.size;
    if (memo->scratch.size)
        memcpy(bytes, memo->scratch.data, memo->scratch.size);
    return true;
}

static bool slot_fill(struct path_memo *memo, struct path_slot *slot, struct slice raw) {
    slot->raw_size = 0;
    if (!slot_form(memo, raw, TEXT_FORM_WEB_PATH, slot->path, &slot->path_size) ||
        !slot_form(memo, raw, TEXT_FORM_PACKAGE, slot->package, &slot->package_size))
        return false;
    struct web_path path = {.marks = 0};
    buffer_reset(&memo->scratch);
    if (!slice_equal(raw, SLICE("-")))
        web_path_normalise(raw, &memo->scratch, &path);
    slot->odd = web_path_is_odd(path.marks);
    slot->script = path.script.size > 0;
    memcpy(slot->raw, raw.data, raw.size);
    slot->raw_size = (uint8_t)raw.size;
    return true;
}

bool path_memo_find(struct path_memo *memo, const struct value *value,
                    struct path_words *ret_words) {
    if (value->kind != VALUE_UTF8 || value->size == 0 || value->size > PATH_BYTES_MAX)
        return false;
    struct slice raw = slice_of(value->data, value->size);
    uint64_t hash = digest_hash64(raw);
    struct path_slot *slot = &memo->slots[hash % PATHS];
    bool known = slot->hash == hash && slice_equal(raw, slice_of(slot->raw, slot->raw_size));
    if (!known && !slot_fill(memo, slot, raw))
        return false;
    slot->hash = hash;
    *ret_words = (struct path_words){.path = slice_of(slot->path, slot->path_size),
                                     .package = slice_of(slot->package, slot->package_size),
                                     .odd = slot->odd,
                                     .script = slot->script};
    return true;
}
