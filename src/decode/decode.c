// Door of the room: which decoders there are
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

enum {
    RECOGNISE_SURE = 100 // nobody can be surer (model/decoder.h): the first who is has it
};

#define DECODER(name) extern const struct decoder decoder_##name;
#include "decode/decoders.def"
#undef DECODER

static const struct decoder *const decoders[] = {
#define DECODER(name) &decoder_##name,
#include "decode/decoders.def"
#undef DECODER
};

const struct decoder *const *decode_list(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(decoders);
    return decoders;
}

const struct decoder *decode_find(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(decoders); i++)
        if (strcmp(decoders[i]->name, name) == 0)
            return decoders[i];
    return NULL;
}

const struct decoder *decode_recognise(struct slice first, struct slice path) {
    const struct decoder *best = NULL;
    int best_score = 0;
    for (size_t i = 0; i < ARRAY_SIZE(decoders) && best_score < RECOGNISE_SURE; i++) {
        int score = decoders[i]->recognise(first, path);
        if (score > best_score) {
            best = decoders[i];
            best_score = score;
        }
    }
    return best;
}
