// Hosts by any of their names
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_names.h"

#include "base/memory.h"
#include "base/text.h"

#include <ctype.h>
#include <string.h>

enum {
    NAME_SIZE_MAX = 256
};

void check_names_init(struct check_names *names) {
    *names = (struct check_names){0};
    intern_init(&names->keys, CHECK_NAMES_MAX, (size_t)CHECK_NAMES_MAX * 32);
}

void check_names_done(struct check_names *names) {
    intern_done(&names->keys);
    memory_free(names->hosts);
    memory_free(names->seen);
}

bool check_is_address(struct slice name) {
    bool digits = true;
    for (size_t i = 0; i < name.size; i++) {
        if (name.data[i] == ':')
            return true;
        digits = digits && (isdigit(name.data[i]) || name.data[i] == '.');
    }
    return digits;
}

// What is compared, in `key`; longer names are cut, no machine has them.
static struct slice fold(struct slice name, uint8_t key[NAME_SIZE_MAX]) {
    const uint8_t *dot = name.size ? memchr(name.data, '.', name.size) : NULL;
    if (dot && !check_is_address(name))
        name.size = (size_t)(dot - name.data);
    name = slice_part(name, 0, NAME_SIZE_MAX);
    text_fold_ascii(name.data, name.size, key);
    return slice_of(key, name.size);
}

uint32_t check_names_find(const struct check_names *names, struct slice name) {
    uint8_t key[NAME_SIZE_MAX];
    struct slice folded = fold(name, key);
    uint32_t number = folded.size ? intern_find(&names->keys, folded) : INTERN_FULL;
    return number == INTERN_FULL ? CHECK_NO_HOST : names->hosts[number];
}

void check_names_alias(struct check_names *names, uint32_t host, struct slice name) {
    uint8_t key[NAME_SIZE_MAX];
    struct slice folded = fold(name, key);
    uint32_t before = names->keys.count;
    uint32_t number = folded.size ? intern_add(&names->keys, folded) : INTERN_FULL;
    if (number == INTERN_FULL || number < before)
        return;
    if (number >= names->key_capacity) {
        names->key_capacity = names->key_capacity ? 2 * names->key_capacity : 256;
        names->hosts = memory_resize(names->hosts, names->key_capacity, sizeof *names->hosts);
    }
    names->hosts[number] = host;
}

uint32_t check_names_add(struct check_names *names, struct slice name) {
    uint32_t host = check_names_find(names, name);
    if (host != CHECK_NO_HOST || name.size == 0 || names->host_count == CHECK_NAMES_MAX)
        return host;
    if (names->host_count == names->host_capacity) {
        names->host_capacity = names->host_capacity ? 2 * names->host_capacity : 256;
        names->seen = memory_resize(names->seen, names->host_capacity, sizeof *names->seen);
    }
    host = names->host_count++;
    names->seen[host] = name;
    check_names_alias(names, host, name);
    return host;
}
