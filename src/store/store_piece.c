// What was read, piece by piece
// SPDX-License-Identifier: Apache-2.0
#include "store/connection.h"

// SQLite looks after its pages' structure, not after their bytes.
static uint32_t piece_crc32(const struct store_piece *piece) {
    const struct slice parts[] = {piece->units,     piece->counts, piece->findings,
                                  piece->relations, piece->notes,  piece->gaps};
    uint32_t crc32 = 0;
    for (size_t i = 0; i < ARRAY_SIZE(parts); i++)
        if (parts[i].size)
            crc32 = digest_crc32(crc32, parts[i]);
    return crc32;
}

enum status store_put_piece(struct store *store, const struct store_piece *piece,
                            struct problem *problem) {
    const struct backend_value values[] = {
        value_number(piece->run),   value_number(piece->top),     value_bytes(piece->units),
        value_bytes(piece->counts), value_bytes(piece->findings), value_bytes(piece->relations),
        value_bytes(piece->notes),  value_bytes(piece->gaps),     value_number(piece_crc32(piece)),
    };
    return store_do(store, STATEMENT_PUT_PIECE, values, ARRAY_SIZE(values), problem);
}

enum status store_forget_file(struct store *store, int64_t top, struct problem *problem) {
    static const enum store_statement STEPS[] = {STATEMENT_FORGET_PIECES, STATEMENT_FORGET_READINGS,
                                                 STATEMENT_FORGET_ENTRIES, STATEMENT_FORGET_SOURCE};
    const struct backend_value values[] = {value_number(top)};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(STEPS) && status == STATUS_OK; i++)
        status = store_do(store, STEPS[i], values, ARRAY_SIZE(values), problem);
    return status;
}

enum status store_forget_gaps(struct store *store, int64_t top, struct problem *problem) {
    const struct backend_value values[] = {value_number(top)};
    return store_do(store, STATEMENT_FORGET_GAPS, values, ARRAY_SIZE(values), problem);
}

enum status store_pieces(struct store *store, int64_t top, const struct store_piece_sink *sink,
                         struct problem *problem) {
    enum store_statement which = top ? STATEMENT_PIECES_OF : STATEMENT_PIECES;
    const struct backend_value values[] = {value_number(top)};
    bool row = true;
    enum status status = store_start(store, which, values, top ? 1 : 0, problem);
    while (status == STATUS_OK) {
        status = store_row(store, which, &row, problem);
        if (status != STATUS_OK || !row)
            break;
        struct store_piece piece = {
            .run = store_number(store, which, 0),
            .top = store_number(store, which, 1),
            .units = store_bytes(store, which, 2),
            .counts = store_bytes(store, which, 3),
            .findings = store_bytes(store, which, 4),
            .relations = store_bytes(store, which, 5),
            .notes = store_bytes(store, which, 6),
            .gaps = store_bytes(store, which, 7),
        };
        if (store_number(store, which, 8) != piece_crc32(&piece))
            return problem_set(problem, STATUS_FORMAT,
                               "the case is damaged: what was read of a file is not as it was "
                               "written");
        status = sink->piece(sink->context, &piece, problem);
    }
    return status;
}
