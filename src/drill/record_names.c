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

static uint32_t lease_of(const struct organisation *organisation, int64_t time_ns) {
    int64_t since = organisation_lease_start(organisation, time_ns) - organisation->start_ns;
    return since > 0 ? (uint32_t)(since / ORGANISATION_LEASE_NS) : 0;
}

// Both ways that a host may be named, for either end.
enum {
    BY_NAME = EVIDENCE_NAMES_FROM,
    BY_LEASE = EVIDENCE_LEASED_FROM
};

// The full name begins with the short one, so that it need not be looked for.
static unsigned names_host(const struct organisation *organisation, int64_t time_ns,
                           uint32_t number, struct slice text) {
    char shown[ADDRESS_TEXT_SIZE];
    if (number >= organisation->host_count)
        return 0;
    const struct host *host = &organisation->hosts[number];
    struct address address = organisation_address(organisation, host, time_ns);
    size_t size = address.size ? address_format(&address, shown) : 0;
    unsigned names = has_word(text, slice_of_string(host->name), false) ? BY_NAME : 0u;
    if (has_word(text, slice_of(shown, size), true))
        names |= host->leases ? BY_LEASE : BY_NAME;
    return names;
}

static bool end_is_asked(const struct organisation *organisation, const struct evidence *evidence,
                         const struct evidence_mark *mark, uint32_t host) {
    return host < organisation->host_count && evidence_is_watched(evidence, host) &&
           !evidence_is_tied(evidence, host, lease_of(organisation, true_time(organisation, mark)));
}

bool record_is_asked(const struct organisation *organisation, const struct evidence *evidence,
                     const struct evidence_mark *mark) {
    return mark->step != DEED_NO_STEP || end_is_asked(organisation, evidence, mark, mark->from) ||
           end_is_asked(organisation, evidence, mark, mark->to);
}

void record_names(const struct organisation *organisation, struct slice text,
                  struct evidence_mark *mark) {
    int64_t time_ns = true_time(organisation, mark);
    mark->lease = lease_of(organisation, time_ns);
    mark->names |= names_host(organisation, time_ns, mark->from, text) |
                   names_host(organisation, time_ns, mark->to, text) << 1;
}

void record_names_values(const struct organisation *organisation, const struct evtx_value *values,
                         size_t count, struct evidence_mark *mark) {
    for (size_t i = 0; i < count; i++)
        if (values[i].type == EVTX_TEXT || values[i].type == EVTX_ANSI ||
            values[i].type == EVTX_TEXT_LIST)
            record_names(organisation, values[i].bytes, mark);
}

void record_ties(struct evidence *evidence, const struct evidence_mark *mark) {
    const uint32_t hosts[] = {mark->from, mark->to};
    for (size_t i = 0; i < ARRAY_SIZE(hosts); i++) {
        unsigned names = evidence_names_host(mark, hosts[i]);
        if (names & BY_LEASE && (names & BY_NAME || mark->host == hosts[i]))
            evidence_tie(evidence, hosts[i], mark->lease);
    }
}
