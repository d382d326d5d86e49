// Where a repository stands, and what comes next
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_status.h"

#include "guard/repository_sign.h"

#include "base/clock.h"
#include "base/text.h"

#include <string.h>

#define DAY_NS (86400ll * 1000000000)

static void append_end(const struct repository *repository, const struct metadata *metadata,
                       struct buffer *to, bool *ret_fine) {
    struct clock_date date;
    int64_t left_ns = metadata->expires_ns - repository->now_ns;
    int64_t warn_days = repository->days[metadata->type] / 5 + 1;
    clock_to_date(metadata->expires_ns, &date);
    buffer_append_format(to, "valid until %04lld-%02d-%02d", (long long)date.year, date.month,
                         date.day);
    if (left_ns <= 0) {
        buffer_append_text(to, ": EXPIRED, clients refuse it\n");
        *ret_fine = false;
    } else {
        buffer_append_format(to, " (%lld days)%s\n", (long long)(left_ns / DAY_NS),
                             left_ns < warn_days * DAY_NS ? ": expires soon" : "");
    }
}

static void append_owners(const struct metadata *root, struct buffer *to) {
    struct owner_set owners;
    owner_set_init(&owners);
    owner_set_read(&owners, root, NULL);
    buffer_append_format(to, "%u of ", owners.threshold);
    for (uint32_t i = 0; i < owners.count; i++) {
        buffer_append_text(to, i ? ", " : "");
        text_append_terminal(to, owners.owners[i].name);
    }
    if (owners.count && owners.threshold == owners.count)
        buffer_append_text(to, " (no key may be lost: an owner more than must sign is safer)");
    owner_set_done(&owners);
}

static void append_published(const struct repository *repository, struct buffer *to,
                             bool *ret_fine) {
    for (int type = 0; type < METADATA_TYPE_COUNT; type++) {
        const struct metadata *metadata = repository->published[type];
        const char *name = metadata_type_name((enum metadata_type)type);
        if (!metadata) {
            buffer_append_format(to, "%-10s not published yet\n", name);
            continue;
        }
        buffer_append_format(to, "%-10s version %lld, ", name, (long long)metadata->version);
        if (type == METADATA_TARGETS)
            buffer_append_format(to, "%u file%s, ", metadata->entry_count,
                                 metadata->entry_count == 1 ? "" : "s");
        append_end(repository, metadata, to, ret_fine);
    }
}

static void append_staged(const struct repository *repository, struct buffer *to) {
    const struct metadata *root = repository_root(repository);
    static const enum metadata_type types[] = {METADATA_ROOT, METADATA_TARGETS};
    for (size_t i = 0; root && i < ARRAY_SIZE(types); i++) {
        const struct metadata *staged = repository->staged[types[i]];
        if (!staged)
            continue;
        buffer_append_format(to, "staged     %s version %lld, signed by ",
                             metadata_type_name(types[i]), (long long)staged->version);
        repository_append_signers(root, types[i], staged, to);
        if (repository->staged[METADATA_ROOT] && repository->published[METADATA_ROOT]) {
            buffer_append_text(to, "; of the owners until now by ");
            repository_append_signers(repository->published[METADATA_ROOT], types[i], staged, to);
        }
        buffer_append_byte(to, '\n');
    }
}

void repository_append_status(const struct repository *repository,
                              const struct content_count *count, struct slice lines,
                              struct buffer *to, bool *ret_fine) {
    *ret_fine = true;
    buffer_append_text(to, "guarded    ");
    text_append_terminal(to, slice_of_string(repository->content));
    buffer_append_byte(to, '\n');
    if (count) {
        buffer_append_format(to, "files      %u: %u listed, %u unverified, %u changed, %u missing",
                             count->files, count->listed, count->unverified, count->changed,
                             count->missing);
        buffer_append_format(to, count->odd ? "; %u links, special files or odd names\n" : "\n",
                             count->odd);
        buffer_append_slice(to, lines);
        *ret_fine = count->changed == 0 && count->missing == 0;
    }
    if (repository_root(repository)) {
        buffer_append_text(to, "owners     ");
        append_owners(repository_root(repository), to);
        buffer_append_byte(to, '\n');
    }
    buffer_append_format(to, "ledger     %s\n", repository->ledger.name);
    append_published(repository, to, ret_fine);
    append_staged(repository, to);
}

// Whether a staged file has all the signatures it needs.
static bool staged_is_signed(const struct repository *repository, enum metadata_type type) {
    const struct metadata *root = repository_root(repository), *staged = repository->staged[type];
    const struct metadata *published = repository->published[METADATA_ROOT];
    if (!staged)
        return true;
    if (!root || metadata_verify(root, &root->roles[type], staged, NULL) != STATUS_OK)
        return false;
    return !published || !repository->staged[METADATA_ROOT] ||
           metadata_verify(published, &published->roles[type], staged, NULL) == STATUS_OK;
}

static bool targets_fit_root(const struct repository *repository) {
    const struct metadata *root = repository_root(repository);
    const struct metadata *targets = repository->published[METADATA_TARGETS];
    return !targets || repository->staged[METADATA_TARGETS] ||
           metadata_verify(root, &root->roles[METADATA_TARGETS], targets, NULL) == STATUS_OK;
}

static void append_command(const struct repository *repository, const char *before,
                           const char *after, struct buffer *to) {
    buffer_append_format(to, "  vedette guard %s ", before);
    text_append_terminal(to, slice_of_string(repository->directory));
    buffer_append_format(to, "%s\n", after);
}

// Files that are not what the owners signed are an intruder's until somebody knows better.
static void append_harmed(const struct repository *repository, struct buffer *to) {
    buffer_append_text(to, "  vedette guard audit ");
    text_append_terminal(to, slice_of_string(repository->content));
    buffer_append_text(to,
                       " --against BACKUP-DIRECTORY\n"
                       "    somebody changed or removed signed files (guard status names them): "
                       "find out who and when,\n"
                       "    keep what lies there now, put back from a backup what was signed; "
                       "clients refuse it meanwhile.\n"
                       "    Only where the change is the owners' own: guard add REPOSITORY FILE "
                       "lists the new bytes,\n"
                       "    guard withdraw REPOSITORY FILE takes the name off the list\n");
}

void repository_append_next(const struct repository *repository, const struct content_count *count,
                            struct buffer *to) {
    bool staged = repository->staged[METADATA_ROOT] || repository->staged[METADATA_TARGETS];
    bool listed = repository->staged[METADATA_TARGETS] || repository->published[METADATA_TARGETS];
    buffer_append_text(to, "next:\n");
    if (!repository_root(repository)) {
        append_command(repository, "key alice.key bob.key carol.key --repository", "", to);
        buffer_append_text(to, "    a key for each owner, each kept by its owner and off this "
                               "machine; any two of three sign\n");
        return;
    }
    if (count && count->changed + count->missing) {
        append_harmed(repository, to);
        return;
    }
    if (!listed || (count && !staged && count->unverified)) {
        append_command(repository, "add", " --against BACKUP-DIRECTORY-OR-LIST-OF-HASHES", to);
        buffer_append_text(to, "    lists the files that a second source knows with the same "
                               "bytes; name the others one by one\n");
        return;
    }
    if (!staged_is_signed(repository, METADATA_ROOT) ||
        !staged_is_signed(repository, METADATA_TARGETS)) {
        append_command(repository, "sign", " --key OWNER.key", to);
        buffer_append_text(to, "    shows what changes, then signs; here or on a copy of the "
                               "repository, in any order\n");
        return;
    }
    if (!targets_fit_root(repository)) {
        append_command(repository, "rotate", "", to);
        buffer_append_text(to, "    the list must be signed anew by the owners that are left\n");
        return;
    }
    append_command(repository, "publish", "", to);
    buffer_append_text(to, staged
                               ? "    all signatures are there\n"
                               : "    nothing waits; once a day (cron) it renews the timestamp\n");
}
