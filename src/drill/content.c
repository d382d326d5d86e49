// Digests of files that exist nowhere
// SPDX-License-Identifier: Apache-2.0
#include "drill/content.h"

#include "base/digest.h"
#include "drill/dice.h"

#include <string.h>

void content_make(struct slice path, struct deed_content *ret_content) {
    struct dice dice;
    uint64_t hash = 0xCBF29CE484222325ull;
    *ret_content = (struct deed_content){0};
    for (size_t i = 0; i < path.size; i++)
        hash = (hash ^ path.data[i]) * 0x100000001B3ull;
    dice_init(&dice, 0x5EED, hash);
    for (size_t i = 0; i < DEED_DIGEST_SIZE; i++)
        ret_content->sha256[i] = (uint8_t)dice_roll(&dice);
    uint32_t scale = 4096u << dice_below(&dice, 9);
    ret_content->size_bytes = scale + dice_below(&dice, scale);
}

static void append_hex(struct buffer *line, const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        buffer_append_byte(line, (uint8_t)digits[bytes[i] >> 4]);
        buffer_append_byte(line, (uint8_t)digits[bytes[i] & 15]);
    }
}

static void append_other(struct buffer *line, const struct deed_content *content, size_t size) {
    uint8_t bytes[DEED_DIGEST_SIZE + 1], digest[DIGEST_SHA256_SIZE];
    memcpy(bytes, content->sha256, DEED_DIGEST_SIZE);
    bytes[DEED_DIGEST_SIZE] = (uint8_t)size;
    digest_sha256(slice_of(bytes, sizeof bytes), digest);
    append_hex(line, digest, size);
}

void content_append_md5(struct buffer *line, const struct deed_content *content) {
    append_other(line, content, CONTENT_MD5_SIZE);
}

void content_append_sha1(struct buffer *line, const struct deed_content *content) {
    append_other(line, content, CONTENT_SHA1_SIZE);
}

void content_append_sha256(struct buffer *line, const struct deed_content *content) {
    append_hex(line, content->sha256, DEED_DIGEST_SIZE);
}
