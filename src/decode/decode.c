// Door of the room: which decoders there are
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

#include <assert.h>

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

// How sure those get at most that look at lines: many, or a header's every column.
static int decoder_surest(const struct decoder *decoder) {
    static const struct {
        const struct decoder *decoder;
        int surest;
    } LESS[] = {{&decoder_release_catalogue, 92}, {&decoder_squid, 92},
                {&decoder_access_log, 85},        {&decoder_syslog, 80},
                {&decoder_proxy_csv, 60},         {&decoder_file, 1}};
    for (size_t i = 0; i < ARRAY_SIZE(LESS); i++)
        if (LESS[i].decoder == decoder)
            return LESS[i].surest;
    return RECOGNISE_SURE;
}

// Who is surest has it, among equals the first of the list. Asked in two rounds: those that may be
// quite sure, and then those of the others that may still be surer than who was. Most files of a
// server are known after the first.
const struct decoder *decode_recognise(struct slice first, struct slice path) {
    size_t best = ARRAY_SIZE(decoders);
    int best_score = 0;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < ARRAY_SIZE(decoders) && best_score < RECOGNISE_SURE; i++) {
            int surest = decoder_surest(decoders[i]);
            if ((round == 0) != (surest == RECOGNISE_SURE) || surest < best_score)
                continue;
            int score = decoders[i]->recognise(first, path);
            assert(score <= surest);
            if (score > best_score || (score && score == best_score && i < best)) {
                best = i;
                best_score = score;
            }
        }
    return best < ARRAY_SIZE(decoders) ? decoders[best] : NULL;
}
