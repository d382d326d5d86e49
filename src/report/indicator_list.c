// What to look for elsewhere: indicators of a campaign
// SPDX-License-Identifier: Apache-2.0
#include "report/indicator_list.h"

#include "base/memory.h"
#include "base/text.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdlib.h>

enum {
    ADDRESS_TEXT_MAX = 46 // INET6_ADDRSTRLEN
};

const char *indicator_type_name(enum indicator_type type) {
    static const char *const NAMES[] = {
        [INDICATOR_SHA256] = "sha256", [INDICATOR_SHA1] = "sha1",
        [INDICATOR_MD5] = "md5",       [INDICATOR_IPV4] = "ipv4",
        [INDICATOR_IPV6] = "ipv6",     [INDICATOR_EMAIL] = "email",
        [INDICATOR_URL] = "url",       [INDICATOR_DOMAIN] = "domain",
        [INDICATOR_FILE] = "file",     [INDICATOR_WEB_PATH] = "web-path",
        [INDICATOR_OTHER] = "other",
    };
    assert(type < INDICATOR_TYPE_COUNT);
    return NAMES[type];
}

static bool is_hex(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text_hex_digit(text.data[i]) < 0)
            return false;
    return true;
}

// The address of the family in network order.
static bool parse_address(struct slice text, int family, uint8_t ret_address[16]) {
    char copy[ADDRESS_TEXT_MAX];
    if (text.size == 0 || text.size >= sizeof copy)
        return false;
    memcpy(copy, text.data, text.size);
    copy[text.size] = '\0';
    return memchr(copy, 0, text.size) == NULL && inet_pton(family, copy, ret_address) == 1;
}

static bool has(struct slice text, const char *part) {
    return text.size && memmem(text.data, text.size, part, strlen(part)) != NULL;
}

// "files.example.net": labels of letters, digits and '-', the last without digits.
static bool is_domain(struct slice text) {
    size_t dots = 0, label = 0;
    bool digit = false;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        bool is_digit = byte >= '0' && byte <= '9';
        bool letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        if (byte == '.' && label == 0)
            return false;
        if (byte == '.') {
            dots++;
            label = 0;
            digit = false;
            continue;
        }
        if (!letter && !is_digit && byte != '-')
            return false;
        digit |= is_digit;
        label++;
    }
    return dots > 0 && label > 1 && !digit;
}

// "setup.exe": an ending of files, not of names.
static bool is_file_name(struct slice text) {
    static const char *const ENDINGS[] = {".exe", ".dll",  ".sys", ".ps1", ".bat",  ".cmd", ".vbs",
                                          ".js",  ".hta",  ".msi", ".scr", ".tmp",  ".dat", ".dmp",
                                          ".log", ".aspx", ".asp", ".jsp", ".php",  ".war", ".jar",
                                          ".zip", ".rar",  ".7z",  ".cab", ".ashx", ".asmx"};
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++) {
        struct slice ending = slice_of_string(ENDINGS[i]);
        if (text.size > ending.size && text_ends_fold_ascii(text, ending))
            return true;
    }
    return false;
}

enum indicator_type indicator_type_of(struct slice value) {
    uint8_t address[16];
    if (value.size == 64 && is_hex(value))
        return INDICATOR_SHA256;
    if (value.size == 40 && is_hex(value))
        return INDICATOR_SHA1;
    if (value.size == 32 && is_hex(value))
        return INDICATOR_MD5;
    if (parse_address(value, AF_INET, address))
        return INDICATOR_IPV4;
    if (parse_address(value, AF_INET6, address))
        return INDICATOR_IPV6;
    if (has(value, "://"))
        return INDICATOR_URL;
    if ((value.size > 2 && value.data[1] == ':' && value.data[2] == '\\') || has(value, "\\"))
        return INDICATOR_FILE;
    if (value.size > 1 && value.data[0] == '/')
        return INDICATOR_WEB_PATH;
    if (is_file_name(value))
        return INDICATOR_FILE;
    const uint8_t *at = value.size ? memchr(value.data, '@', value.size) : NULL;
    if (at && at > value.data &&
        is_domain(slice_part(value, (size_t)(at - value.data) + 1, SIZE_MAX)))
        return INDICATOR_EMAIL;
    return is_domain(value) ? INDICATOR_DOMAIN : INDICATOR_OTHER;
}

struct indicator_book {
    const struct campaign *campaign;
    struct indicator_told *rows;
    uint32_t count, capacity;
};

static bool is_own_host(const struct campaign *campaign, struct slice value) {
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        if (text_equal_fold_ascii(host->name, value))
            return true;
        for (uint32_t k = 0; k < host->alias_count; k++)
            if (text_equal_fold_ascii(host->aliases[k], value))
                return true;
    }
    return false;
}

static void book_add(struct indicator_book *book, const struct indicator_told *row) {
    if (row->value.size == 0)
        return;
    if (book->count == book->capacity) {
        book->capacity = 2 * book->capacity + 64;
        book->rows = memory_resize(book->rows, book->capacity, sizeof *book->rows);
    }
    book->rows[book->count++] = *row;
}

static const char ROLE_HOST[] = "seen on a host";
static const char ROLE_STORY[] = "named by the story";

// The role that says most comes first: sent to many, a place outside; then the story's; then that
// it was on a host.
static int role_rank(const struct indicator_told *row) {
    return row->role == ROLE_STORY ? 1 : row->role == ROLE_HOST ? 2 : 0;
}

static int value_compare(const void *left, const void *right) {
    const struct indicator_told *a = left, *b = right;
    int order = slice_compare(a->value, b->value);
    if (order)
        return order;
    if (role_rank(a) != role_rank(b))
        return role_rank(a) - role_rank(b);
    return a->first_ns < b->first_ns ? -1 : a->first_ns > b->first_ns;
}

// Each value once, with its role, earliest time and sum of hosts; own hosts are left out.
static void book_merge(struct indicator_book *book) {
    if (book->count)
        qsort(book->rows, book->count, sizeof *book->rows, value_compare);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < book->count; i++) {
        struct indicator_told *last = kept ? &book->rows[kept - 1] : NULL;
        struct indicator_told *row = &book->rows[i];
        if (last && slice_equal(last->value, row->value)) {
            last->host_count += row->host_count;
            last->first_ns = row->first_ns < last->first_ns ? row->first_ns : last->first_ns;
        } else {
            book->rows[kept++] = *row;
        }
    }
    book->count = 0;
    for (uint32_t i = 0; i < kept; i++) {
        struct indicator_told *row = &book->rows[i];
        row->type = indicator_type_of(row->value);
        bool named = row->type > INDICATOR_MD5;
        if (!named || !is_own_host(book->campaign, row->value))
            book->rows[book->count++] = *row;
    }
}

// RFC 1918, loopback, link-local, multicast, and 0.0.0.0/8: nobody outside.
static bool is_inside(const uint8_t address[4]) {
    return address[0] == 10 || address[0] == 127 || address[0] == 0 || address[0] >= 224 ||
           (address[0] == 172 && (address[1] & 0xF0) == 16) ||
           (address[0] == 192 && address[1] == 168) || (address[0] == 169 && address[1] == 254);
}

// Addresses outside that a sentence names: the intruders', by the detectors' wording.
static void book_sentence(struct indicator_book *book, const struct sentence *sentence,
                          int64_t first_ns) {
    struct slice text = sentence->text;
    for (size_t i = 0; i < text.size;) {
        size_t end = i;
        while (end < text.size && ((text.data[end] >= '0' && text.data[end] <= '9') ||
                                   (text.data[end] == '.' && end > i)))
            end++;
        while (end > i && text.data[end - 1] == '.')
            end--;
        uint8_t address[16];
        struct slice word = slice_part(text, i, end - i);
        bool starts = i == 0 || text.data[i - 1] == ' ' || text.data[i - 1] == '(';
        bool ends = end == text.size || memchr(" ,;.:)", text.data[end], 6) != NULL;
        if (starts && ends && parse_address(word, AF_INET, address) && !is_inside(address)) {
            struct indicator_told row = {
                INDICATOR_IPV4,           word, ROLE_STORY, first_ns, 0, sentence->references,
                sentence->reference_count};
            book_add(book, &row);
        }
        i = end > i ? end : i + 1;
    }
}

static void book_hosts(struct indicator_book *book) {
    const struct campaign *campaign = book->campaign;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        for (uint32_t k = 0; k < host->artefact_count; k++) {
            struct indicator_told row = {
                INDICATOR_OTHER,  host->artefacts[k],   ROLE_HOST, host->first_ns, 1,
                host->references, host->reference_count};
            book_add(book, &row);
        }
    }
}

static void book_digests(struct indicator_book *book) {
    const struct campaign *campaign = book->campaign;
    for (uint32_t i = 0; i < campaign->digest_count; i++) {
        const struct campaign_digest *digest = &campaign->digests[i];
        struct indicator_told row = {INDICATOR_OTHER,
                                     digest->sha256,
                                     "of what was seen on a host",
                                     campaign->hosts[digest->host].first_ns,
                                     1,
                                     digest->references,
                                     digest->reference_count};
        book_add(book, &row);
    }
}

static void book_outsiders(struct indicator_book *book) {
    const struct campaign *campaign = book->campaign;
    for (uint32_t i = 0; i < campaign->outsider_count; i++) {
        const struct campaign_outsider *outsider = &campaign->outsiders[i];
        const char *role = outsider->ways >> OUTSIDER_TOOK & 1     ? "data went there"
                           : outsider->ways >> OUTSIDER_CALLED & 1 ? "hosts called it"
                                                                   : "intruders came from there";
        struct indicator_told row = {
            INDICATOR_OTHER,          outsider->place,      role,
            outsider->first_ns,       outsider->host_count, outsider->references,
            outsider->reference_count};
        book_add(book, &row);
    }
}

static int told_compare(const void *left, const void *right) {
    const struct indicator_told *a = left, *b = right;
    if (a->type != b->type)
        return a->type < b->type ? -1 : 1;
    return slice_compare(a->value, b->value);
}

struct indicator_told *indicators_of(const struct campaign *campaign, uint32_t *ret_count) {
    struct indicator_book book = {.campaign = campaign};
    for (uint32_t i = 0; i < campaign->wave_count; i++) {
        const struct campaign_wave *wave = &campaign->waves[i];
        struct indicator_told row = {
            INDICATOR_OTHER,  wave->artefact,       "sent to many", wave->first_ns, 0,
            wave->references, wave->reference_count};
        book_add(&book, &row);
    }
    book_outsiders(&book);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        for (uint32_t k = 0; k < campaign->stages[i].sentence_count; k++)
            book_sentence(&book, &campaign->stages[i].sentences[k], campaign->stages[i].first_ns);
    book_hosts(&book);
    book_digests(&book);
    book_merge(&book);
    if (book.count)
        qsort(book.rows, book.count, sizeof *book.rows, told_compare);
    *ret_count = book.count;
    return book.rows;
}
