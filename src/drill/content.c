// Digests of files that exist nowhere
// SPDX-License-Identifier: Apache-2.0
#include "drill/content.h"

#include "base/digest.h"
#include "drill/dice.h"
#include "drill/installed.h"

#include <string.h>

static uint64_t hash_name(struct slice name) {
    uint64_t hash = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < name.size; i++)
        hash = (hash ^ name.data[i]) * 0x100000001B3ull;
    return hash;
}

static void make(uint64_t hash, struct deed_content *ret_content) {
    struct dice dice;
    *ret_content = (struct deed_content){0};
    dice_init(&dice, 0x5EED, hash);
    for (size_t i = 0; i < DEED_DIGEST_SIZE; i++)
        ret_content->sha256[i] = (uint8_t)dice_roll(&dice);
    uint32_t scale = 4096u << dice_below(&dice, 9);
    ret_content->size_bytes = scale + dice_below(&dice, scale);
}

void content_make(struct slice name, struct deed_content *ret_content) {
    make(hash_name(name), ret_content);
}

static bool is_system(struct slice path) {
    return slice_starts(path, SLICE("C:\\Windows\\")) || slice_starts(path, SLICE("/"));
}

// In use side by side, one of them on most hosts; all files of a product are of one version.
unsigned content_build(struct slice path, uint64_t host_seed) {
    static const uint8_t shares[] = {0, 0, 0, 0, 0, 1, 1, 2};
    if (is_system(path))
        return 0;
    const struct installed_product *product = installed_find(path);
    struct slice name = product ? slice_of_string(product->folder) : path;
    uint64_t roll = (host_seed ^ hash_name(name)) * 0x9E3779B97F4A7C15ull;
    return shares[(roll >> 32) % ARRAY_SIZE(shares)];
}

static struct slice version_of(struct slice path, unsigned build) {
    static const char *const versions[] = {"1.4.2.0", "2.11.0.0", "3.2.1.0", "4.8.3.0",
                                           "6.4.0.0", "7.10.2.0", "8.7.5.0"};
    static const char *const stamped[] = {".exe", ".EXE", ".dll", ".DLL", ".sys"};
    const struct installed_product *product = installed_find(path);
    bool has_version = false;
    for (size_t i = 0; i < ARRAY_SIZE(stamped); i++)
        has_version = has_version || slice_ends(path, slice_of_string(stamped[i]));
    if (!has_version)
        return SLICE("");
    if (product)
        return slice_of_string(product->versions[build]);
    if (is_system(path))
        return SLICE("10.0.19041.3636 (WinBuild.160101.0800)");
    return slice_of_string(versions[(hash_name(path) + build) % ARRAY_SIZE(versions)]);
}

void content_make_installed(struct slice path, unsigned build, struct deed_content *ret_content) {
    make(hash_name(path) + build * 0x9E3779B97F4A7C15ull, ret_content);
    ret_content->version = version_of(path, build);
}

static void append_hex(struct buffer *line, const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < count; i++) {
        buffer_append_byte(line, (uint8_t)digits[bytes[i] >> 4]);
        buffer_append_byte(line, (uint8_t)digits[bytes[i] & 15]);
    }
}

static void make_other(const struct deed_content *content, uint8_t which,
                       uint8_t ret_digest[DIGEST_SHA256_SIZE]) {
    uint8_t bytes[DEED_DIGEST_SIZE + 1];
    memcpy(bytes, content->sha256, DEED_DIGEST_SIZE);
    bytes[DEED_DIGEST_SIZE] = which;
    digest_sha256(slice_of(bytes, sizeof bytes), ret_digest);
}

static void append_other(struct buffer *line, const struct deed_content *content, uint8_t size) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    make_other(content, size, digest);
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

static size_t format_hex(char *text, const char *name, const uint8_t *bytes, size_t count) {
    static const char digits[] = "0123456789ABCDEF";
    size_t used = strlen(name);
    memcpy(text, name, used);
    for (size_t i = 0; i < count; i++) {
        text[used++] = digits[bytes[i] >> 4];
        text[used++] = digits[bytes[i] & 15];
    }
    text[used] = 0;
    return used;
}

void content_format_hashes(const struct deed_content *content, char ret_text[CONTENT_HASHES_SIZE]) {
    uint8_t md5[DIGEST_SHA256_SIZE], imports[DIGEST_SHA256_SIZE];
    make_other(content, CONTENT_MD5_SIZE, md5);
    make_other(content, 1, imports);
    size_t used = format_hex(ret_text, "MD5=", md5, CONTENT_MD5_SIZE);
    used += format_hex(ret_text + used, ",SHA256=", content->sha256, DEED_DIGEST_SIZE);
    format_hex(ret_text + used, ",IMPHASH=", imports, CONTENT_MD5_SIZE);
}
