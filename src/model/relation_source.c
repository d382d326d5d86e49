// One pass over settled relations
// SPDX-License-Identifier: Apache-2.0
#include "model/relation_source.h"

#include <stddef.h>

enum status relation_source_each(const struct relation_source *source, uint64_t kinds,
                                 enum relation_order order, relation_taker *take, void *context,
                                 struct problem *problem) {
    void *reader = NULL;
    bool more = true;
    enum status status = source->open(source->context, kinds, order, &reader, problem);
    while (status == STATUS_OK) {
        struct relation relation;
        status = source->next(reader, &relation, &more, problem);
        if (status != STATUS_OK || !more)
            break;
        status = take(context, &relation, problem);
    }
    source->close(reader);
    return status;
}
