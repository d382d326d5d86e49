// Which bytes a piece of a literal is found by
// SPDX-License-Identifier: Apache-2.0
#include "match/trigger_sweep_keys.h"

#include "base/bytes.h"
#include "match/plan_weight.h"

#include <assert.h>
#include <string.h>

// Keys are chosen so that ordinary lines have few of them.
//
// Invariants:
//  1. Case is taken out of keys by setting bit 0x20 in every byte, here and in the line. Equal
//     folded texts are equal then; texts that are equal only then are ruled out by piece_stands.
//  2. No key has a blank or '+' in it, which may stand for each other, but those of `whole` pieces,
//     where they do not.
enum {
    GRAM_BITS = 64, // an entry
    EVERY_LINE = 16,
    COMMON_LOSS = 1000,
};

static bool is_blank(uint8_t byte) {
    return byte == ' ' || byte == '+';
}

// What ordinary lines of web servers and proxies are full of. As in plan_weight.c, a guess that
// only speed hangs on.
static const char ordinary[] =
    // The first 256 bytes: every line
    " http/1.1\" 200 0 \"get /post / http/2.0\" 404 0 0 \"-\" \"-\" https://www. http:// .com/ "
    "mozilla/5.0 (windows nt 10.0; win64; x64) applewebkit/537.36 (khtml, like gecko) "
    "chrome/120.0.0.0 safari/537.36 edg/121.0 mozilla/5.0+(windows+nt+10.0;+win64;+x64)+ap"
    "plewebkit/ "
    // The rest: many
    "head http/1.0\" 302 options 304 500 :443 :80 localhost 127.0.0.1 10.0.0. 192.168. 172.16. "
    ".org/ .net/ .local/ \n.aspx .asmx .ashx .html .htm .php .jsp .js .css .json .png .jpg .gif "
    ".svg .ico .woff2 .xml .txt .pdf .zip\n/index /default /main /home /login /logout /images/ "
    "/image/ /img/ /static/ /assets/ /js/ /css/ /fonts/ /api/v1/ /api/v2/ /api/v3/ /docs/ /files/ "
    "/file/ /upload/ /download/ /user/ /users/ /admin/ /search /list /item /view /page /data /logo "
    "/favicon.ico /robots.txt /owa/ /ews/exchange.asmx /autodiscover/autodiscover.xml /mapi/ "
    "/microsoft-server-activesync /ecp/ /rpc/ /oab/ /powershell\n?id= &id= ?page= &page= &type= "
    "&name= &user= &lang=en &token= &key= &value= &action= &file= ?v= &cmd= &path= &url= &code= "
    "&state= &session= &time= &size= &limit= &offset= &sort= &order= &q=\n"
    " firefox/115.0 gecko/20100101 (windows nt 6.1; wow64; trident/7.0; rv:11.0) like gecko\n"
    "mozilla/4.0 (compatible; msie 8.0; windows nt 6.1; .net clr 2.0.50727) (macintosh; intel mac "
    "os x 10_15_7) version/17.0 mobile/15e148 (x11; linux x86_64; rv:109.0) (iphone; cpu iphone os "
    "17_0 like mac os x) microsoft office/16.0 outlook curl/8.5.0 python-requests/2.31.0 wget/1.21 "
    "java/17 go-http-client/1.1\n";

// Which grams stand in there: a bit per hash.
struct ordinary_grams {
    uint64_t bits[1 << 10];
};

static uint32_t ordinary_place(const uint8_t *gram) {
    return gram_hash(bytes_get_u32(gram)) >> 16;
}

static void ordinary_init(struct ordinary_grams *grams) {
    const uint8_t *text = (const uint8_t *)ordinary;
    *grams = (struct ordinary_grams){0};
    for (size_t i = 0; i + GRAM_SIZE < sizeof ordinary; i++) {
        uint32_t place = ordinary_place(text + i);
        grams->bits[place / 64] |= UINT64_C(1) << place % 64;
    }
}

static uint32_t gram_rarity(const struct ordinary_grams *grams, struct slice gram) {
    if (gram.size < GRAM_SIZE)
        return weight_rarity(gram);
    uint32_t place = ordinary_place(gram.data);
    bool is_common = grams->bits[place / 64] >> place % 64 & 1;
    return is_common ? 1 : COMMON_LOSS + weight_rarity(gram);
}

static uint32_t rarest(const struct ordinary_grams *grams, struct slice text, uint32_t size,
                       uint32_t *ret_offset) {
    uint32_t best = 0;
    for (uint32_t i = 0; i + size <= text.size; i++) {
        uint32_t rarity = gram_rarity(grams, slice_part(text, i, size));
        if (rarity > best) {
            best = rarity;
            *ret_offset = i;
        }
    }
    return best;
}

// Where the window of the rarest grams begins; each of them is asked for.
static uint32_t rarest_window(const struct ordinary_grams *grams, struct slice text) {
    uint32_t best = 0, offset = 0;
    for (uint32_t i = 0; i + WINDOW <= text.size; i++) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < STRIDE; k++)
            sum += gram_rarity(grams, slice_part(text, i + k, GRAM_SIZE));
        if (sum > best) {
            best = sum;
            offset = i;
        }
    }
    return offset;
}

// The core of a piece: bytes in a row without blank and '+'.
struct core {
    size_t start; // in the literal
    size_t size;
    uint32_t rarity;
};

static void core_better(const struct ordinary_grams *grams, const struct sweep_literal *literal,
                        struct core core, struct core *best) {
    uint32_t offset;
    core.rarity =
        rarest(grams, slice_part(literal->text, core.start, core.size), GRAM_SIZE, &offset);
    if (core.rarity > best->rarity || (best->rarity == 0 && core.size > best->size))
        *best = core;
}

static struct core core_find(const struct ordinary_grams *grams,
                             const struct sweep_literal *literal) {
    struct core best = {0};
    struct slice text = literal->text;
    for (size_t start = 0, end; start < text.size; start = end + 1) {
        end = start;
        while (end < text.size &&
               (literal->whole || (!is_blank(text.data[end]) && text.data[end] != '?')))
            end++;
        core_better(grams, literal, (struct core){.start = start, .size = end - start}, &best);
    }
    return best;
}

// The run between '?' around the core, found by the core's rarest bytes.
static void piece_init(struct sweep_piece *piece, struct arena *arena,
                       const struct ordinary_grams *grams, const struct sweep_literal *literal) {
    struct core core = core_find(grams, literal);
    struct slice text = literal->text;
    size_t start = core.start, end = core.start + core.size;
    while (!literal->whole && start && text.data[start - 1] != '?')
        start--;
    while (!literal->whole && end < text.size && text.data[end] != '?')
        end++;
    text = slice_part(text, start, end - start);
    uint8_t *folded = arena_new(arena, text.size, 1), *key = arena_new(arena, text.size, 1);
    assert(folded && key);
    for (size_t i = 0; i < text.size; i++) {
        folded[i] = text.data[i] == '+' && !literal->whole ? ' ' : text.data[i];
        key[i] = text.data[i] | 0x20;
    }
    struct slice core_text = slice_part(text, core.start - start, core.size);
    uint32_t offset = 0;
    if (core.size >= WINDOW)
        offset = rarest_window(grams, core_text);
    else
        rarest(grams, core_text, core.size < KEY_SIZE ? (uint32_t)core.size : KEY_SIZE, &offset);
    *piece = (struct sweep_piece){.text = slice_of(folded, text.size),
                                  .key = slice_of(key, text.size),
                                  .key_offset = (uint32_t)(core.start - start) + offset,
                                  .core_size = (uint32_t)core.size,
                                  .number = literal->number,
                                  .whole = literal->whole,
                                  .at_end = literal->at_end && end == literal->text.size};
}

static void sweep_add_long(struct sweep *sweep, struct arena *arena, uint32_t count) {
    struct trigger_entry *entries = arena_new(arena, (size_t)count * STRIDE, sizeof *entries);
    assert(entries || count == 0);
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < STRIDE && sweep->pieces[i].core_size >= WINDOW; k++)
            entries[used++] = (struct trigger_entry){.literal = sweep->pieces[i].key,
                                                     .gram_offset = sweep->pieces[i].key_offset + k,
                                                     .number = i,
                                                     .form = FORM_CONTAINS};
    gram_table_init(&sweep->grams, arena, entries, used, GRAM_BITS);
    if (used)
        return;
    sweep->grams.shift = 32 - 6; // a word that says no
    sweep->grams.bits = arena_new(arena, 1, sizeof *sweep->grams.bits);
    assert(sweep->grams.bits);
}

static uint32_t key_size(const struct sweep_piece *piece) {
    return piece->core_size < KEY_SIZE ? piece->core_size : KEY_SIZE;
}

// How many places of ordinary lines the bucket's halves let pass; those of every line count more.
static uint32_t bucket_mass(const struct sweep *sweep, uint32_t number) {
    uint8_t halves[KEY_SIZE][2][16];
    for (uint32_t i = 0; i < KEY_SIZE; i++)
        for (uint32_t k = 0; k < 16; k++) {
            halves[i][0][k] = sweep->halves[i][0][k] & (uint8_t)(1u << number);
            halves[i][1][k] = sweep->halves[i][1][k];
        }
    struct slice text = slice_of((const uint8_t *)ordinary, sizeof ordinary - KEY_SIZE);
    uint32_t mass = 0, places[CHUNK];
    for (size_t first = 0; first < block_count(text.size); first += CHUNK) {
        struct block_run run = block_run(text, first);
        short_places(halves, &run, places);
        for (size_t i = 0; i < run.count; i++)
            mass += (uint32_t)__builtin_popcount(places[i]) * (first ? 1 : EVERY_LINE);
    }
    return mass;
}

static void bucket_add(struct sweep *sweep, uint32_t number, const struct sweep_piece *piece) {
    struct bucket *bucket = &sweep->buckets[number];
    const uint8_t *key = piece->key.data + piece->key_offset;
    uint8_t bit = (uint8_t)(1u << number);
    uint32_t size = key_size(piece), bytes = 0;
    memcpy(&bytes, key, size);
    bucket->keys[bucket->count] = bytes;
    bucket->masks[bucket->count] = UINT32_MAX >> 8 * (KEY_SIZE - size);
    bucket->pieces[bucket->count++] = piece;
    for (uint32_t i = 0; i < KEY_SIZE; i++)
        for (uint32_t half = 0; half < 16; half++) {
            if (i >= size || (key[i] & 15) == half)
                sweep->halves[i][0][half] |= bit;
            if (i >= size || key[i] >> 4 == half)
                sweep->halves[i][1][half] |= bit;
        }
}

static void bucket_drop_last(struct sweep *sweep, uint32_t number,
                             const uint8_t halves[KEY_SIZE][2][16]) {
    sweep->buckets[number].count--;
    memcpy(sweep->halves, halves, sizeof sweep->halves);
}

// Each key goes where it lets the fewest other bytes pass.
static void bucket_choose(struct sweep *sweep, const struct sweep_piece *piece) {
    uint8_t before[KEY_SIZE][2][16];
    memcpy(before, sweep->halves, sizeof before);
    uint32_t least = UINT32_MAX, best = BUCKETS;
    for (uint32_t i = 0; i < BUCKETS; i++) {
        if (sweep->buckets[i].count == BUCKET_KEYS)
            continue;
        uint32_t mass = sweep->buckets[i].count ? bucket_mass(sweep, i) : 0;
        bucket_add(sweep, i, piece);
        mass = bucket_mass(sweep, i) - mass;
        bucket_drop_last(sweep, i, before);
        if (mass < least) {
            least = mass;
            best = i;
        }
    }
    assert(best < BUCKETS);
    bucket_add(sweep, best, piece);
    if (key_size(piece) < KEY_SIZE)
        sweep->least_buckets |= 1u << best;
}

// What the keys of all buckets have at each of their bytes.
static void bytes_fill(struct sweep *sweep) {
    for (uint32_t number = 0; number < BUCKETS; number++)
        for (uint32_t i = 0; i < sweep->buckets[number].count * KEY_SIZE; i++) {
            const struct bucket *bucket = &sweep->buckets[number];
            uint32_t place = i % KEY_SIZE, shift = 8 * place;
            uint8_t key = (uint8_t)(bucket->keys[i / KEY_SIZE] >> shift);
            bool counts = bucket->masks[i / KEY_SIZE] >> shift & 1;
            for (uint32_t byte = 0; byte < BYTES; byte++)
                if (!counts || byte == byte_place(key))
                    sweep->bytes[place][byte] |= (uint8_t)(1u << number);
        }
}

// False when they are too many.
static bool sweep_add_short(struct sweep *sweep, uint32_t count) {
    uint32_t used = 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct sweep_piece *piece = &sweep->pieces[i];
        if (piece->core_size >= WINDOW)
            continue;
        if (used++ == BUCKETS * BUCKET_KEYS || piece->core_size < KEY_LEAST)
            return false;
        bucket_choose(sweep, piece);
    }
    sweep->has_short = used > 0;
    bytes_fill(sweep);
    return true;
}

const struct sweep *sweep_new(struct arena *arena, const struct sweep_literal *literals,
                              uint32_t count) {
    struct sweep *sweep = arena_new(arena, 1, sizeof *sweep);
    struct sweep_piece *pieces = arena_new(arena, count ? count : 1, sizeof *pieces);
    assert(sweep && pieces);
    struct ordinary_grams grams;
    ordinary_init(&grams);
    for (uint32_t i = 0; i < count; i++)
        piece_init(&pieces[i], arena, &grams, &literals[i]);
    sweep->pieces = pieces;
    sweep->is_wide = __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vbmi") &&
                     __builtin_cpu_supports("bmi2");
    sweep_add_long(sweep, arena, count);
    return sweep_add_short(sweep, count) ? sweep : NULL;
}
