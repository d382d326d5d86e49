// Which hosts a record names
// SPDX-License-Identifier: Apache-2.0
#include "drill/record_names.h"

#include "base/text.h"

#include <ctype.h>
#include <string.h>

#define SECOND_NS 1000000000ll

// A name goes on over letters, digits, '-' and '_': WS-0007 is not named by WS-00071.
static bool goes_on_name(uint8_t byte) {
    return isalnum(byte) || byte == '-' || byte == '_';
}

// An address goes on over digits, and over a dot before more of them.
static bool goes_on_address(struct slice text, size_t at) {
    if (isdigit(text.data[at]))
        return true;
    return text.data[at] == '.' && at + 1 < text.size && isdigit(text.data[at + 1]);
}

static bool stands_alone(struct slice text, size_t at, size_t size, bool address) {
    if (at > 0 && (address ? isdigit(text.data[at - 1]) || text.data[at - 1] == '.'
                           : goes_on_name(text.data[at - 1])))
        return false;
    if (at + size >= text.size)
        return true;
    return !(address ? goes_on_address(text, at + size) : goes_on_name(text.data[at + size]));
}

static bool has_word(struct slice text, struct slice word, bool address) {
    if (word.size == 0 || word.size > text.size)
        return false;
    for (size_t at = 0; at + word.size <= text.size; at++)
        if (text_equal_fold_ascii(slice_part(text, at, word.size), word) &&
            stands_alone(text, at, word.size, address))
            return true;
    return false;
}

// What a host's clock showed, as true time.
static int64_t true_time(const struct organisation *organisation,
                         const struct evidence_mark *mark) {
    const struct host *host = &organisation->hosts[mark->host];
    return mark->time_ns - host->skew_ns - host->zone_error_seconds * SECOND_NS;
}

// The full name begins with the short one, so that it need not be looked for.
static bool names_host(const struct organisation *organisation, const struct evidence_mark *mark,
                       uint32_t number, struct slice text) {
    char shown[ADDRESS_TEXT_SIZE];
    if (number >= organisation->host_count)
        return false;
    const struct host *host = &organisation->hosts[number];
    struct address address =
        organisation_address(organisation, host, true_time(organisation, mark));
    size_t size = address.size ? address_format(&address, shown) : 0;
    return has_word(text, slice_of_string(host->name), false) ||
           has_word(text, slice_of(shown, size), true);
}

unsigned record_names(const struct organisation *organisation, const struct evidence_mark *mark,
                      struct slice text) {
    if (mark->step == DEED_NO_STEP)
        return 0;
    return (names_host(organisation, mark, mark->from, text) ? EVIDENCE_NAMES_FROM : 0u) |
           (names_host(organisation, mark, mark->to, text) ? EVIDENCE_NAMES_TO : 0u);
}

unsigned record_names_values(const struct organisation *organisation,
                             const struct evidence_mark *mark, const struct evtx_value *values,
                             size_t count) {
    unsigned names = 0;
    if (mark->step == DEED_NO_STEP)
        return 0;
    for (size_t i = 0; i < count; i++)
        if (values[i].type == EVTX_TEXT || values[i].type == EVTX_ANSI ||
            values[i].type == EVTX_TEXT_LIST)
            names |= record_names(organisation, mark, values[i].bytes);
    return names;
}
