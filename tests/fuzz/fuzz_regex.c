// Any regular expression on any text
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "base/memory.h"
#include "match/regex.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    SOURCE_MAX = 4096
};

// The input's first line is the expression, the rest the text. The same text gives the same again.
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    const uint8_t *feed = size ? memchr(data, '\n', size) : NULL;
    struct regex *regex;
    struct problem problem = {0};
    if (!feed || feed - data > SOURCE_MAX)
        return 0;
    struct slice source = slice_of(data, (size_t)(feed - data));
    struct slice text = slice_of(feed + 1, size - source.size - 1);
    struct regex_flags flags = {.caseless = size & 1, .multiline = size & 2, .dotall = size & 4};
    if (regex_new(source, flags, &regex, &problem) != STATUS_OK) {
        assert(problem.text[0]);
        return 0;
    }
    struct regex_scratch *scratch = regex_scratch_new();
    enum regex_result first = regex_match(regex, scratch, text);
    assert(regex_match(regex, scratch, text) == first);
    if (first == REGEX_HIT)
        fuzz_understood();
    regex_scratch_free(scratch);
    regex_free(regex);
    return 0;
}
