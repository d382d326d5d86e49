// The values of one record, composed
// SPDX-License-Identifier: Apache-2.0
#include "drill/scribe.h"

#include "base/clock.h"

#include <assert.h>
#include <string.h>

// Texts longer than what is left are cut: patterns are ours and short.
static void add(struct scribe *scribe, const char *text, size_t size) {
    size_t room = SCRIBE_SCRATCH_SIZE - 1 - scribe->used;
    if (size > room)
        size = room;
    memcpy(scribe->scratch + scribe->used, text, size);
    scribe->used += size;
}

static struct slice finish(struct scribe *scribe, size_t from) {
    struct slice text = slice_of(scribe->scratch + from, scribe->used - from);
    scribe->scratch[scribe->used] = 0;
    if (scribe->used < SCRIBE_SCRATCH_SIZE - 1)
        scribe->used++;
    return text;
}

void scribe_put(struct scribe *scribe, struct evtx_value value) {
    assert(scribe->count < EVTX_FIELDS_MAX);
    scribe->values[scribe->count++] = value;
}

void scribe_guid(struct scribe *scribe, struct dice *dice) {
    uint64_t halves[2] = {dice_roll(dice), dice_roll(dice)};
    halves[0] = (halves[0] & 0x0FFFFFFFFFFFFFFFull) | 0x4000000000000000ull; // version 4
    halves[1] = (halves[1] & 0xFFFFFFFFFFFFFF3Full) | 0x80;
    struct slice bytes = scribe_copy(scribe, slice_of(halves, sizeof halves));
    scribe_bytes(scribe, EVTX_GUID, bytes);
}

struct slice scribe_copy(struct scribe *scribe, struct slice text) {
    size_t from = scribe->used;
    add(scribe, (const char *)text.data, text.size);
    return finish(scribe, from);
}

static void add_decimal(struct scribe *scribe, uint64_t number) {
    char digits[20];
    size_t at = sizeof digits;
    do {
        digits[--at] = (char)('0' + number % 10);
        number /= 10;
    } while (number);
    add(scribe, digits + at, sizeof digits - at);
}

static void add_hex(struct scribe *scribe, uint64_t number, size_t count) {
    char digits[16];
    assert(count <= sizeof digits);
    for (size_t i = 0; i < count; i++)
        digits[i] = "0123456789abcdef"[number >> (4 * i) & 15];
    add(scribe, digits, count);
}

struct slice scribe_decimal(struct scribe *scribe, uint64_t number) {
    size_t from = scribe->used;
    add_decimal(scribe, number);
    return finish(scribe, from);
}

static void add_two(char *to, int number) {
    to[0] = (char)('0' + number / 10);
    to[1] = (char)('0' + number % 10);
}

struct slice scribe_time(struct scribe *scribe, uint64_t filetime) {
    char text[] = "0000-00-00 00:00:00.000";
    struct clock_date date;
    clock_to_date(clock_from_filetime(filetime), &date);
    add_two(text, (int)(date.year / 100));
    add_two(text + 2, (int)(date.year % 100));
    add_two(text + 5, date.month);
    add_two(text + 8, date.day);
    add_two(text + 11, date.hour);
    add_two(text + 14, date.minute);
    add_two(text + 17, date.second);
    int millisecond = date.nanosecond / 1000000;
    text[20] = (char)('0' + millisecond / 100);
    add_two(text + 21, millisecond % 100);
    return scribe_copy(scribe, slice_of(text, sizeof text - 1));
}

void scribe_sid_text(struct scribe *scribe, struct slice sid) {
    size_t from = scribe->used;
    add(scribe, "S-1-", 4);
    add_decimal(scribe, sid.size > 7 ? sid.data[7] : 0);
    for (size_t at = 8; at + 4 <= sid.size; at += 4) {
        uint32_t part;
        memcpy(&part, sid.data + at, sizeof part);
        add(scribe, "-", 1);
        add_decimal(scribe, part);
    }
    scribe_bytes(scribe, EVTX_TEXT, finish(scribe, from));
}

static void add_guid(struct scribe *scribe, struct dice *dice) {
    static const size_t groups[] = {8, 4, 4, 4, 12};
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++) {
        add(scribe, "-", i ? 1 : 0);
        add_hex(scribe, dice_roll(dice), groups[i]);
    }
}

static void add_word(struct scribe *scribe, struct dice *dice) {
    static const char *const words[] = {"Budget",  "Forecast", "Minutes", "Offer",     "Invoice",
                                        "Drawing", "Supplier", "Roadmap", "Holidays",  "Contract",
                                        "Test",    "Training", "Review",  "Customers", "Travel",
                                        "Stock",   "Protocol", "Release", "Audit",     "Planning"};
    const char *word = words[dice_below(dice, ARRAY_SIZE(words))];
    add(scribe, word, strlen(word));
    add(scribe, "_", 1);
    add_decimal(scribe, 2019 + dice_below(dice, 8));
}

static void add_letters(struct scribe *scribe, struct dice *dice) {
    uint64_t roll = dice_roll(dice);
    char letters[8];
    for (size_t i = 0; i < sizeof letters; i++, roll >>= 8)
        letters[i] = (char)('a' + (roll & 255) * 26 / 256);
    add(scribe, letters, sizeof letters);
}

static void add_dotted(struct scribe *scribe, const uint32_t *numbers) {
    for (size_t i = 0; i < 4; i++) {
        add(scribe, ".", i ? 1 : 0);
        add_decimal(scribe, numbers[i]);
    }
}

static void add_random(struct scribe *scribe, char what, struct dice *dice) {
    switch (what) {
    case 'n':
        add_decimal(scribe, 1 + dice_below(dice, 9999));
        break;
    case 'x':
        add_hex(scribe, dice_roll(dice), 8);
        break;
    case 'g':
        add_guid(scribe, dice);
        break;
    case 'w':
        add_word(scribe, dice);
        break;
    case 't':
        add_letters(scribe, dice);
        break;
    case 'v':
        add_dotted(scribe, (uint32_t[]){1 + dice_below(dice, 120), dice_below(dice, 10),
                                        dice_below(dice, 9000), dice_below(dice, 300)});
        break;
    case 'p':
        add_decimal(scribe, 49152 + dice_below(dice, 16384));
        break;
    case 'a':
        add_dotted(scribe, (uint32_t[]){10, 20, dice_below(dice, 40), 1 + dice_below(dice, 250)});
        break;
    default:
        assert(what == '$');
        add(scribe, "$", 1);
    }
}

static const char *find_word(const struct scribe_words *words, char what) {
    const struct {
        char what;
        const char *word;
    } known[] = {{'h', words->host},
                 {'u', words->user},
                 {'d', words->domain},
                 {'s', words->server},
                 {'D', words->dns},
                 {'c', words->controller},
                 {'k', words->controller_address},
                 {'y', words->upgrade},
                 {'z', words->upgrade_address}};
    for (size_t i = 0; i < ARRAY_SIZE(known); i++)
        if (known[i].what == what)
            return known[i].word;
    return NULL;
}

struct slice scribe_compose(struct scribe *scribe, const char *pattern,
                            const struct scribe_words *words, struct dice *dice) {
    size_t from = scribe->used;
    for (;;) {
        size_t size = strcspn(pattern, "$");
        add(scribe, pattern, size);
        pattern += size;
        if (!*pattern || !pattern[1])
            return finish(scribe, from);
        char what = pattern[1];
        const char *word = find_word(words, what);
        if (word)
            add(scribe, word, strlen(word));
        else
            add_random(scribe, what, dice);
        pattern += 2;
    }
}
