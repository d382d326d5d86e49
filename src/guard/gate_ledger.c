// The gate asks the ledger, too
// SPDX-License-Identifier: Apache-2.0
#include "guard/gate_ledger.h"

#include "guard/release_list.h"
#include "guard/remote.h"

#include "base/memory.h"

#include <string.h>

enum {
    ENTRY_BYTES_MAX = 64 * 1024,
    LEDGER_SECONDS = 120 // tiles are small; a source that drips must not hold the gate
};

struct gate_ledger {
    char *where, *memory;
    struct remote *remote;   // NULL: `where` is a directory
    struct ledger *book;     // NULL before it was read
    int64_t targets_version; // that it was read for
};

enum status gate_ledger_new(const char *where, const char *memory, struct gate_ledger **ret_ledger,
                            struct refusal *refusal) {
    struct remote_options remote = {.metadata = where, .http.total_seconds = LEDGER_SECONDS};
    struct gate_ledger *ledger = memory_new(1, sizeof *ledger);
    bool is_url = strstr(where, "://") != NULL;
    enum status status = is_url ? remote_new(&remote, &ledger->remote, refusal) : STATUS_OK;
    if (status != STATUS_OK) {
        memory_free(ledger);
        return status;
    }
    ledger->where = memory_keep_text(where, strlen(where));
    ledger->memory = memory_keep_text(memory, strlen(memory));
    *ret_ledger = ledger;
    return STATUS_OK;
}

void gate_ledger_free(struct gate_ledger *ledger) {
    if (!ledger)
        return;
    ledger_free(ledger->book);
    remote_free(ledger->remote);
    memory_free(ledger->where);
    memory_free(ledger->memory);
    memory_free(ledger);
}

static enum status fetch_tile(void *context, const char *path, size_t size_max,
                              struct buffer *ret_bytes, struct problem *problem) {
    struct client_source source = remote_source(context);
    struct refusal refusal;
    enum status status = source.fetch(source.context, path, size_max, ret_bytes, &refusal);
    if (status == STATUS_OK)
        return status;
    status = refusal.reason == REFUSAL_MISSING    ? STATUS_NOT_FOUND
             : refusal_is_trouble(refusal.reason) ? STATUS_SYSTEM
                                                  : STATUS_FORMAT;
    return problem_set(problem, status, "%s", refusal.problem.text);
}

enum status gate_ledger_refresh(struct gate_ledger *ledger, const struct metadata *root,
                                int64_t targets_version, struct refusal *refusal) {
    struct slice key;
    struct note_verifier verifier;
    struct ledger *book;
    if (ledger->book && ledger->targets_version == targets_version)
        return STATUS_OK;
    if (!canonical_string(&root->document,
                          canonical_find(&root->document, root->signed_part, "x-vedette-ledger"),
                          &key) ||
        note_verifier_read(key, &verifier, NULL) != STATUS_OK)
        return refusal_set(refusal, REFUSAL_NOT_LOGGED, "the root names no ledger");
    struct ledger_options options = {.directory = ledger->where,
                                     .fetch = ledger->remote ? fetch_tile : NULL,
                                     .fetch_context = ledger->remote,
                                     .verifier = &verifier,
                                     .memory = ledger->memory};
    enum status status = ledger_open(&options, &book, refusal);
    if (status != STATUS_OK)
        return status;
    ledger_free(ledger->book);
    ledger->book = book;
    ledger->targets_version = targets_version;
    return STATUS_OK;
}

enum status gate_ledger_find(const struct gate_ledger *ledger, const struct client_target *target,
                             int64_t *ret_index, struct refusal *refusal) {
    struct release release = {.path = target->path, .length = target->file.length};
    struct canonical_document custom;
    struct buffer entry;
    uint64_t index;
    if (!ledger->book)
        return refusal_set(refusal, REFUSAL_NOT_LOGGED, "the ledger could not be read so far");
    canonical_init(&custom);
    if (target->file.custom.size &&
        canonical_read(&custom, target->file.custom, ENTRY_BYTES_MAX, NULL) == STATUS_OK)
        canonical_integer(&custom, canonical_find(&custom, canonical_root(&custom), "since"),
                          &release.since);
    canonical_done(&custom);
    memcpy(release.sha256, target->file.sha256, sizeof release.sha256);
    buffer_init(&entry, ENTRY_BYTES_MAX);
    release_append_entry(&release, &entry);
    enum status status = ledger_find(ledger->book, buffer_slice(&entry), &index, refusal);
    buffer_done(&entry);
    if (status == STATUS_OK)
        *ret_index = (int64_t)index;
    return status;
}
