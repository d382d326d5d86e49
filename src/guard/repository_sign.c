// What changes, in plain words, and who agrees
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_sign.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static struct slice owner_name(const struct owner_set *owners, struct slice keyid) {
    for (uint32_t i = 0; i < owners->count; i++)
        if (slice_equal(owners->owners[i].keyid, keyid))
            return owners->owners[i].name;
    return slice_part(keyid, 0, 8);
}

bool repository_append_signers(const struct metadata *delegator, enum metadata_type type,
                               const struct metadata *of, struct buffer *to) {
    const struct metadata_role *role = &delegator->roles[type];
    uint64_t bits[METADATA_KEYS_MAX / 64 + 1] = {0};
    struct owner_set owners;
    owner_set_init(&owners);
    owner_set_read(&owners, delegator, NULL);
    uint32_t count = metadata_signers(delegator, role, of, bits);
    const char *between = "";
    for (uint32_t i = 0; i < role->key_count; i++) {
        if (!(bits[i / 64] >> (i % 64) & 1) || role->keys[i] == UINT32_MAX)
            continue;
        buffer_append_text(to, between);
        text_append_terminal(to, owner_name(&owners, delegator->keys[role->keys[i]].keyid));
        between = ", ";
    }
    buffer_append_format(to, "%s (%u of %u)", *between ? "" : "nobody", count, role->threshold);
    owner_set_done(&owners);
    return count >= role->threshold;
}

// In a rotation both the new owners and those until now must sign.
static void append_signers_until_now(const struct repository *repository, enum metadata_type type,
                                     struct buffer *to) {
    const struct metadata *published = repository->published[METADATA_ROOT];
    if (!published || !repository->staged[METADATA_ROOT])
        return;
    buffer_append_text(to, "; of the owners until now: ");
    repository_append_signers(published, type, repository->staged[type], to);
}

static void append_time(int64_t time_ns, struct buffer *to) {
    struct clock_date date;
    clock_to_date(time_ns, &date);
    buffer_append_format(to, "%04lld-%02d-%02d %02d:%02d UTC", (long long)date.year, date.month,
                         date.day, date.hour, date.minute);
}

static void append_facts(const struct release *release, struct buffer *to) {
    char hex[DIGEST_SHA256_HEX_SIZE];
    digest_hex(release->sha256, hex);
    buffer_append_format(to, "             %lld bytes, SHA-256 %s\n             first seen ",
                         (long long)release->length, hex);
    if (release->first_seen_ns == CLOCK_NONE)
        buffer_append_text(to, "at a time not written down");
    else
        append_time(release->first_seen_ns, to);
    buffer_append_text(to, "; vouched for: ");
    text_append_terminal(to, release->vouched.size ? release->vouched : SLICE("by nobody"));
    buffer_append_byte(to, '\n');
}

struct explaining {
    struct buffer *to;
    uint32_t changes;
};

static enum status explain_change(void *context, enum change_kind kind,
                                  const struct release *before, const struct release *after,
                                  struct problem *problem) {
    static const char *const words[] = {"new", "replaced", "withdrawn"};
    struct explaining *explaining = context;
    struct buffer *to = explaining->to;
    (void)problem;
    explaining->changes++;
    buffer_append_format(to, "  %-10s ", words[kind]);
    text_append_terminal(to, after ? after->path : before->path);
    buffer_append_byte(to, '\n');
    append_facts(after ? after : before, to);
    if (kind == CHANGE_REPLACED) {
        char hex[DIGEST_SHA256_HEX_SIZE];
        digest_hex(before->sha256, hex);
        buffer_append_format(to, "             was %lld bytes, SHA-256 %s\n",
                             (long long)before->length, hex);
    }
    return STATUS_OK;
}

static void explain_head(const struct metadata *staged, const struct metadata *published,
                         const char *what, struct buffer *to) {
    buffer_append_format(to, "%s, version %lld", what, (long long)staged->version);
    if (published)
        buffer_append_format(to, " (now %lld)", (long long)published->version);
    buffer_append_text(to, ", valid until ");
    append_time(staged->expires_ns, to);
    buffer_append_byte(to, '\n');
}

static enum status explain_targets(const struct repository *repository, struct buffer *to,
                                   struct refusal *refusal) {
    const struct metadata *staged = repository->staged[METADATA_TARGETS];
    const struct metadata *published = repository->published[METADATA_TARGETS];
    struct release_list before, after;
    struct explaining explaining = {to, 0};
    struct problem problem;
    release_list_init(&before);
    release_list_init(&after);
    explain_head(staged, published, "Files that may be given out", to);
    enum status status = release_list_read(&before, published, &problem);
    if (status == STATUS_OK)
        status = release_list_read(&after, staged, &problem);
    if (status == STATUS_OK)
        status = release_list_compare(&before, &after, explain_change, &explaining, &problem);
    buffer_append_format(
        to, "  %u change%s, %u file%s in all\n  signed so far: ", explaining.changes,
        explaining.changes == 1 ? "" : "s", after.count, after.count == 1 ? "" : "s");
    if (status == STATUS_OK) {
        repository_append_signers(repository_root(repository), METADATA_TARGETS, staged, to);
        append_signers_until_now(repository, METADATA_TARGETS, to);
    }
    buffer_append_byte(to, '\n');
    release_list_done(&before);
    release_list_done(&after);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

static const struct owner *same_owner(const struct owner_set *set, const struct owner *owner) {
    for (uint32_t i = 0; i < set->count; i++)
        if (memcmp(set->owners[i].identity, owner->identity, sizeof owner->identity) == 0)
            return &set->owners[i];
    return NULL;
}

static void explain_owners(const struct owner_set *these, const struct owner_set *others,
                           const char *word, struct buffer *to) {
    for (uint32_t i = 0; i < these->count; i++) {
        const struct owner *owner = &these->owners[i];
        if (same_owner(others, owner))
            continue;
        buffer_append_format(to, "  %-10s owner ", word);
        text_append_terminal(to, owner->name);
        buffer_append_format(to, ", key %.16s\n", (const char *)owner->keyid.data);
    }
}

static enum status explain_root(const struct repository *repository, struct buffer *to,
                                struct refusal *refusal) {
    const struct metadata *staged = repository->staged[METADATA_ROOT];
    const struct metadata *published = repository->published[METADATA_ROOT];
    struct owner_set before, after;
    struct problem problem;
    owner_set_init(&before);
    owner_set_init(&after);
    explain_head(staged, published, "Owners and their keys", to);
    enum status status = owner_set_read(&before, published, &problem);
    if (status == STATUS_OK)
        status = owner_set_read(&after, staged, &problem);
    if (status == STATUS_OK) {
        explain_owners(&after, &before, "new", to);
        explain_owners(&before, &after, "removed", to);
        buffer_append_format(to, "  %u of %u owners must sign", after.threshold, after.count);
        if (published)
            buffer_append_format(to, " (now %u of %u)", before.threshold, before.count);
        bool same = before.has_online && memcmp(before.online.identity, after.online.identity,
                                                sizeof after.online.identity) == 0;
        buffer_append_format(to, "\n  %s online key %.16s\n", same ? "the same" : "new",
                             (const char *)after.online.keyid.data);
        if (!slice_equal(before.ledger, after.ledger))
            buffer_append_format(to, "  ledger %.*s\n", (int)after.ledger.size,
                                 (const char *)after.ledger.data);
        buffer_append_text(to, "  signed so far: ");
        repository_append_signers(staged, METADATA_ROOT, staged, to);
        append_signers_until_now(repository, METADATA_ROOT, to);
        buffer_append_byte(to, '\n');
    }
    owner_set_done(&before);
    owner_set_done(&after);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

enum status repository_explain(const struct repository *repository, struct buffer *to,
                               struct refusal *refusal) {
    enum status status = STATUS_OK;
    if (repository->staged[METADATA_ROOT])
        status = explain_root(repository, to, refusal);
    if (status == STATUS_OK && repository->staged[METADATA_TARGETS] && repository_root(repository))
        status = explain_targets(repository, to, refusal);
    return status;
}

// The keyid under which a role knows a key; empty when it does not.
static struct slice role_keyid(const struct metadata *root, enum metadata_type type,
                               const struct secret_key *key) {
    const struct metadata_role *role = &root->roles[type];
    for (uint32_t i = 0; i < role->key_count; i++) {
        const struct metadata_key *known =
            role->keys[i] == UINT32_MAX ? NULL : &root->keys[role->keys[i]];
        if (known && known->usable &&
            memcmp(known->key.identity, key->identity, sizeof key->identity) == 0)
            return known->keyid;
    }
    return (struct slice){NULL, 0};
}

static enum status sign_staged(struct repository *repository, enum metadata_type type,
                               const struct secret_key *key, struct slice keyid,
                               struct refusal *refusal) {
    struct buffer text;
    struct problem problem;
    buffer_init(&text, REPOSITORY_FILE_BYTES_MAX);
    enum status status = draft_sign(repository->staged[type], key, keyid, &text, &problem);
    status = status == STATUS_OK ? repository_stage(repository, type, buffer_slice(&text), refusal)
                                 : repository_refuse(&problem, refusal);
    buffer_done(&text);
    return status;
}

enum status repository_sign(struct repository *repository, const struct secret_key *key,
                            uint32_t *ret_count, struct refusal *refusal) {
    static const enum metadata_type types[] = {METADATA_ROOT, METADATA_TARGETS};
    struct problem problem;
    uint32_t count = 0;
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < ARRAY_SIZE(types); i++) {
        const struct metadata *root = repository_root(repository);
        if (!repository->staged[types[i]] || !root)
            continue;
        struct slice keyid = role_keyid(root, types[i], key);
        // Who was an owner until now still has a say in the next root, and in the list that goes
        // out with it: clients that do not have that root yet ask for it.
        if (keyid.size == 0 && repository->staged[METADATA_ROOT] &&
            repository->published[METADATA_ROOT])
            keyid = role_keyid(repository->published[METADATA_ROOT], types[i], key);
        if (keyid.size == 0)
            continue;
        status = sign_staged(repository, types[i], key, keyid, refusal);
        count += status == STATUS_OK;
    }
    if (status == STATUS_OK && count == 0) {
        bool staged = repository->staged[METADATA_ROOT] || repository->staged[METADATA_TARGETS];
        problem_set(&problem, STATUS_USAGE,
                    staged ? "the key is none of the owners'" : "nothing waits for signatures");
        status = repository_refuse(&problem, refusal);
    }
    if (status == STATUS_OK)
        *ret_count = count;
    return status;
}

bool repository_is_signed_by(const struct repository *repository, const struct secret_key *key) {
    const struct metadata *root = repository->published[METADATA_ROOT];
    if (!root)
        return true;
    const struct metadata_role *role = &root->roles[METADATA_ROOT];
    uint64_t bits[METADATA_KEYS_MAX / 64 + 1] = {0};
    metadata_signers(root, role, root, bits);
    for (uint32_t i = 0; i < role->key_count; i++)
        if (bits[i / 64] >> (i % 64) & 1 && role->keys[i] != UINT32_MAX &&
            memcmp(root->keys[role->keys[i]].key.identity, key->identity, sizeof key->identity) ==
                0)
            return true;
    return false;
}

static enum status merge_type(struct repository *repository, enum metadata_type type,
                              const char *path, uint32_t *count, struct refusal *refusal) {
    struct buffer bytes, text;
    struct problem problem;
    struct metadata *other = NULL;
    if (!repository->staged[type])
        return STATUS_OK;
    buffer_init(&bytes, REPOSITORY_FILE_BYTES_MAX + 2 * (size_t)DURABLE_READ_BYTES);
    buffer_init(&text, REPOSITORY_FILE_BYTES_MAX);
    enum status status = durable_file_read(path, REPOSITORY_FILE_BYTES_MAX, &bytes, &problem);
    if (status != STATUS_OK) {
        status = status == STATUS_NOT_FOUND ? STATUS_OK : repository_refuse(&problem, refusal);
    } else {
        status =
            metadata_read(buffer_slice(&bytes), type, REPOSITORY_FILE_BYTES_MAX, &other, refusal);
        if (status == STATUS_OK &&
            draft_merge(repository->staged[type], other, &text, &problem) != STATUS_OK)
            status = repository_refuse(&problem, refusal);
        if (status == STATUS_OK)
            status = repository_stage(repository, type, buffer_slice(&text), refusal);
        *count += status == STATUS_OK;
        metadata_free(other);
    }
    buffer_done(&bytes);
    buffer_done(&text);
    return status;
}

enum status repository_merge(struct repository *repository, const char *path, uint32_t *ret_count,
                             struct refusal *refusal) {
    static const enum metadata_type types[] = {METADATA_ROOT, METADATA_TARGETS};
    struct problem problem;
    uint32_t count = 0;
    for (size_t form = 0; form < 2 && count == 0; form++)
        for (size_t i = 0; i < ARRAY_SIZE(types); i++) {
            char name[PATH_MAX];
            const char *type = metadata_type_name(types[i]);
            int size = form ? snprintf(name, sizeof name, "%s/%s.json", path, type)
                            : snprintf(name, sizeof name, "%s/staged/%s.json", path, type);
            if (size < 0 || size >= PATH_MAX)
                continue;
            enum status status = merge_type(repository, types[i], name, &count, refusal);
            if (status != STATUS_OK)
                return status;
        }
    if (count == 0) {
        problem_set(&problem, STATUS_USAGE, "%s: no signatures for what is staged here", path);
        return repository_refuse(&problem, refusal);
    }
    *ret_count = count;
    return STATUS_OK;
}
