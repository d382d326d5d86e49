// Owners come and go
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_rotate.h"

#include "base/durable_file.h"

#include <string.h>

static enum status rotate_add(struct owner_set *owners, const char *path, struct problem *problem) {
    struct buffer text;
    buffer_init(&text, 2 * KEY_PEM_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = durable_file_read(path, 2 * (size_t)KEY_PEM_BYTES_MAX, &text, problem);
    struct problem inner;
    if (status == STATUS_OK) {
        status = owner_set_add(owners, buffer_slice(&text), &inner);
        if (status != STATUS_OK)
            problem_set(problem, status, "%s: %s", path, inner.text);
    }
    buffer_done(&text);
    return status;
}

static enum status rotate_owners(struct owner_set *owners, const struct rotation *rotation,
                                 struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < rotation->remove_count; i++) {
        const struct owner *owner = owner_set_find(owners, slice_of_string(rotation->remove[i]));
        if (!owner)
            return problem_set(problem, STATUS_USAGE, "%s is none of the owners (or several)",
                               rotation->remove[i]);
        owner_set_remove(owners, owner);
    }
    for (size_t i = 0; status == STATUS_OK && i < rotation->add_count; i++)
        status = rotate_add(owners, rotation->add[i], problem);
    return status;
}

// The public half of the online key; a new one waits in online/next.key until it is published.
static enum status rotate_online(const struct repository *repository, struct owner_set *owners,
                                 bool fresh, struct refusal *refusal) {
    const char *name = fresh ? "online/next.key" : "online/online.key";
    struct secret_key key;
    struct buffer text;
    struct problem problem;
    enum status status = STATUS_OK;
    buffer_init(&text, SECRET_KEY_FILE_BYTES_MAX);
    if (fresh) {
        status = secret_key_make(KEY_ED25519, &key, &problem);
        if (status == STATUS_OK)
            status = secret_key_write(&key, SLICE(""), &text, &problem);
        status = status == STATUS_OK
                     ? repository_write(repository, name, buffer_slice(&text), 0600, refusal)
                     : repository_refuse(&problem, refusal);
        secret_wipe(&text);
    } else {
        status = repository_online_key(repository, name, &key, refusal);
    }
    if (status == STATUS_OK) {
        status = secret_key_public(&key, SLICE("online"), &text, &problem);
        if (status == STATUS_OK)
            status = owner_set_online(owners, buffer_slice(&text), &problem);
        if (status != STATUS_OK)
            status = repository_refuse(&problem, refusal);
        secret_key_done(&key);
    }
    buffer_done(&text);
    return status;
}

static enum status rotate_threshold(struct owner_set *owners, uint32_t wanted, bool first,
                                    struct problem *problem) {
    if (wanted)
        owners->threshold = wanted;
    else if (first)
        owners->threshold = owner_set_majority(owners);
    if (owners->count == 0)
        return problem_set(problem, STATUS_USAGE, "no owner would be left");
    if (owners->threshold > owners->count)
        return problem_set(problem, STATUS_USAGE,
                           "%u signatures out of %u owners cannot be had: --threshold or --add",
                           owners->threshold, owners->count);
    return STATUS_OK;
}

// The same list in the next version, for the new owners to sign.
static enum status rotate_targets(struct repository *repository, struct refusal *refusal) {
    struct release_list releases;
    if (!repository->published[METADATA_TARGETS] && !repository->staged[METADATA_TARGETS])
        return STATUS_OK;
    release_list_init(&releases);
    enum status status = repository_releases(repository, &releases, refusal);
    if (status == STATUS_OK)
        status = repository_stage_targets(repository, &releases, refusal);
    release_list_done(&releases);
    return status;
}

enum status repository_rotate(struct repository *repository, const struct rotation *rotation,
                              struct refusal *refusal) {
    struct owner_set owners;
    struct problem problem;
    struct buffer ledger;
    owner_set_init(&owners);
    buffer_init(&ledger, NOTE_BYTES_MAX);
    enum status status = repository_owners(repository, &owners, refusal);
    if (status == STATUS_OK) {
        status = rotate_owners(&owners, rotation, &problem);
        if (status == STATUS_OK)
            status = rotate_threshold(&owners, rotation->threshold,
                                      !repository->published[METADATA_ROOT], &problem);
        if (status != STATUS_OK)
            status = repository_refuse(&problem, refusal);
    }
    if (status == STATUS_OK && (rotation->online || !owners.has_online))
        status = rotate_online(repository, &owners, rotation->online, refusal);
    if (status == STATUS_OK) {
        note_verifier_format(&repository->ledger, &ledger);
        owners.ledger = buffer_slice(&ledger);
        status = repository_stage_root(repository, &owners, refusal);
    }
    if (status == STATUS_OK)
        status = rotate_targets(repository, refusal);
    buffer_done(&ledger);
    owner_set_done(&owners);
    return status;
}
