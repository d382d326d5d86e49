// Which record of a case a tag stands for
// SPDX-License-Identifier: Apache-2.0
#include "app/evidence_tag.h"

#include "model/campaign.h"

#include <ctype.h>
#include <string.h>

enum status evidence_tag_find(struct store *store, const char *text, struct arena *arena,
                              struct store_cited *ret_cited, struct problem *problem) {
    char tag[TAG_SIZE];
    size_t size = strlen(text);
    if (size < 1 + TAG_DIGITS_MIN || size >= sizeof tag)
        return problem_set(problem, STATUS_USAGE, "'%s' is no tag: E and at least %d digits", text,
                           TAG_DIGITS_MIN);
    for (size_t i = 0; i < size; i++)
        tag[i] = (char)toupper((unsigned char)text[i]);
    struct store_cited found[2];
    size_t count = 2;
    enum status status =
        store_find_records(store, slice_of(tag, size), arena, found, &count, problem);
    if (status != STATUS_OK)
        return status;
    if (count == 0)
        return problem_set(problem, STATUS_NOT_FOUND, "no record of the case has the tag %s", text);
    if (count > 1)
        return problem_set(problem, STATUS_USAGE, "%s is the beginning of several tags: %.*s, ...",
                           text, (int)found[0].record.tag.size,
                           (const char *)found[0].record.tag.data);
    *ret_cited = found[0];
    return STATUS_OK;
}
