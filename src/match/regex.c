// Regular expressions with limits
// SPDX-License-Identifier: Apache-2.0
#include "match/regex.h"

#include "base/memory.h"

#include <assert.h>

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

// Rules and evidence may both be hostile: what one evaluation may cost at most. About 10 ms.
enum {
    REGEX_MATCH_LIMIT = 200000,
    REGEX_DEPTH_LIMIT = 10000,
    REGEX_HEAP_LIMIT_KIB = 4096,
    REGEX_SOURCE_MAX = 64 * 1024,
    // What backtracking gave up on is tried once more without, up to this size: the cost is
    // quadratic in it at worst, well under a second.
    REGEX_STATES_TEXT_MAX = 8 * 1024,
    REGEX_WORKSPACE = 4096,
};

struct regex {
    pcre2_code *code;
    pcre2_code *states; // the same for pcre2_dfa_match, which refuses MATCH_INVALID_UTF
};

struct regex_scratch {
    pcre2_match_data *data;
    pcre2_match_context *context;
    int workspace[REGEX_WORKSPACE];
};

enum status regex_new(struct slice source, struct regex_flags flags, struct regex **ret_regex,
                      struct problem *problem) {
    if (source.size > REGEX_SOURCE_MAX)
        return problem_set(problem, STATUS_LIMIT, "regular expression of %zu bytes", source.size);
    uint32_t options = PCRE2_UTF | PCRE2_MATCH_INVALID_UTF | PCRE2_NEVER_BACKSLASH_C;
    options |= flags.caseless ? PCRE2_CASELESS : 0;
    options |= flags.multiline ? PCRE2_MULTILINE : 0;
    options |= flags.dotall ? PCRE2_DOTALL : 0;
    int error;
    PCRE2_SIZE at;
    const uint8_t *text = source.size ? source.data : (const uint8_t *)"";
    pcre2_code *code = pcre2_compile(text, source.size, options, &error, &at, NULL);
    if (!code) {
        PCRE2_UCHAR words[256] = {0};
        pcre2_get_error_message(error, words, sizeof words);
        return problem_set(problem, STATUS_FORMAT, "regular expression: %s at %zu",
                           (const char *)words, (size_t)at);
    }
    struct regex *regex = memory_new(1, sizeof *regex);
    regex->code = code;
    options &= ~(uint32_t)PCRE2_MATCH_INVALID_UTF;
    regex->states = pcre2_compile(text, source.size, options, &error, &at, NULL);
    *ret_regex = regex;
    return STATUS_OK;
}

void regex_free(struct regex *regex) {
    if (!regex)
        return;
    pcre2_code_free(regex->code);
    pcre2_code_free(regex->states); // NULL is fine
    memory_free(regex);
}

struct regex_scratch *regex_scratch_new(void) {
    struct regex_scratch *scratch = memory_new(1, sizeof *scratch);
    scratch->data = pcre2_match_data_create(1, NULL);
    scratch->context = pcre2_match_context_create(NULL);
    // PCRE2 gives NULL only when the machine has no memory: see base/memory.h.
    assert(scratch->data && scratch->context);
    pcre2_set_match_limit(scratch->context, REGEX_MATCH_LIMIT);
    pcre2_set_depth_limit(scratch->context, REGEX_DEPTH_LIMIT);
    pcre2_set_heap_limit(scratch->context, REGEX_HEAP_LIMIT_KIB);
    return scratch;
}

void regex_scratch_free(struct regex_scratch *scratch) {
    if (!scratch)
        return;
    pcre2_match_data_free(scratch->data);
    pcre2_match_context_free(scratch->context);
    memory_free(scratch);
}

// All alternatives at once, as a set of states: `a.*a.*a.*a` over a long run of `a` costs
// backtracking 2^n steps and this n^2. Knows no back references and no bytes that are not
// UTF-8; these stay given up.
static enum regex_result regex_match_states(const struct regex *regex,
                                            struct regex_scratch *scratch, struct slice text) {
    if (!regex->states)
        return REGEX_LIMIT;
    int result =
        pcre2_dfa_match(regex->states, text.data, text.size, 0, PCRE2_DFA_SHORTEST, scratch->data,
                        scratch->context, scratch->workspace, REGEX_WORKSPACE);
    if (result >= 0)
        return REGEX_HIT;
    return result == PCRE2_ERROR_NOMATCH ? REGEX_MISS : REGEX_LIMIT;
}

enum regex_result regex_match(const struct regex *regex, struct regex_scratch *scratch,
                              struct slice text) {
    const uint8_t *subject = text.size ? text.data : (const uint8_t *)"";
    int result =
        pcre2_match(regex->code, subject, text.size, 0, 0, scratch->data, scratch->context);
    // 0: it matched, the pair of offsets did not fit all groups.
    if (result >= 0)
        return REGEX_HIT;
    if (result == PCRE2_ERROR_NOMATCH)
        return REGEX_MISS;
    if (text.size == 0 || text.size > REGEX_STATES_TEXT_MAX)
        return REGEX_LIMIT;
    return regex_match_states(regex, scratch, text);
}
