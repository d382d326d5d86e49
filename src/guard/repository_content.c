// The guarded directory against what is signed
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_content.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "base/text.h"

#include <stdio.h>
#include <string.h>

static enum status book_read(const struct repository *repository, struct release_list *book,
                             struct refusal *refusal) {
    struct buffer bytes;
    struct problem problem;
    struct metadata *metadata = NULL;
    char path[PATH_MAX];
    buffer_init(&bytes, REPOSITORY_FILE_BYTES_MAX + 2 * (size_t)DURABLE_READ_BYTES);
    enum status status = repository_path(repository, "book.json", path, &problem);
    if (status == STATUS_OK)
        status = durable_file_read(path, REPOSITORY_FILE_BYTES_MAX, &bytes, &problem);
    if (status == STATUS_OK) {
        status = metadata_read(buffer_slice(&bytes), METADATA_TARGETS, REPOSITORY_FILE_BYTES_MAX,
                               &metadata, refusal);
        if (status == STATUS_OK && release_list_read(book, metadata, &problem) != STATUS_OK)
            status = repository_refuse(&problem, refusal);
        metadata_free(metadata);
    } else {
        status = status == STATUS_NOT_FOUND ? STATUS_OK : repository_refuse(&problem, refusal);
    }
    buffer_done(&bytes);
    return status;
}

static enum status book_write(const struct repository *repository, const struct release_list *book,
                              struct refusal *refusal) {
    struct buffer text;
    struct draft_head head = {1, repository->now_ns};
    buffer_init(&text, REPOSITORY_FILE_BYTES_MAX);
    draft_append_targets(&head, book, &text);
    enum status status =
        text.failed ? refusal_set(refusal, REFUSAL_LENGTH, "too many files for one book.json")
                    : repository_write(repository, "book.json", buffer_slice(&text), 0644, refusal);
    buffer_done(&text);
    return status;
}

static bool content_is_plain(const struct tree_entry *entry) {
    return entry->kind == TREE_FILE && text_is_utf8(entry->path) && entry->size_bytes <= INT64_MAX;
}

static bool content_same(const struct release *release, const struct tree_entry *entry) {
    return release && (uint64_t)release->length == entry->size_bytes &&
           memcmp(release->sha256, entry->sha256, sizeof entry->sha256) == 0;
}

static struct release content_release(const struct tree_entry *entry) {
    struct release release = {
        .path = entry->path, .length = (int64_t)entry->size_bytes, .first_seen_ns = CLOCK_NONE};
    memcpy(release.sha256, entry->sha256, sizeof release.sha256);
    return release;
}

enum status repository_book(const struct repository *repository, const struct tree *tree,
                            struct release_list *book, struct refusal *refusal) {
    struct release_list before;
    struct problem problem;
    release_list_init(&before);
    enum status status = book_read(repository, &before, refusal);
    for (uint32_t i = 0; status == STATUS_OK && i < tree->count; i++) {
        const struct tree_entry *entry = &tree->entries[i];
        if (!content_is_plain(entry))
            continue;
        struct release release = content_release(entry);
        const struct release *old = release_list_find(&before, entry->path);
        release.first_seen_ns = content_same(old, entry) ? old->first_seen_ns : repository->now_ns;
        if (release_list_put(book, &release, &problem) != STATUS_OK)
            status = repository_refuse(&problem, refusal);
    }
    release_list_settle(book);
    if (status == STATUS_OK)
        status = book_write(repository, book, refusal);
    release_list_done(&before);
    return status;
}

// "  changed  a.msi" and both digests, or "  missing  a.msi".
static void content_tell(struct buffer *lines, const char *how, const struct release *release,
                         const struct tree_entry *entry) {
    buffer_append_format(lines, "  %s  ", how);
    text_append_terminal(lines, release->path);
    if (entry) {
        char here[DIGEST_SHA256_HEX_SIZE], there[DIGEST_SHA256_HEX_SIZE];
        digest_hex(entry->sha256, here);
        digest_hex(release->sha256, there);
        buffer_append_format(lines, "\n    here   %s\n    signed %s", here, there);
    }
    buffer_append_byte(lines, '\n');
}

// What is on the list, and not there under its name.
static void content_tell_missing(const struct release_list *releases, const struct tree *tree,
                                 uint32_t told, struct buffer *lines) {
    for (uint32_t i = 0; i < releases->count && told < CONTENT_LINES_MAX; i++) {
        if (tree_find(tree, releases->items[i].path))
            continue;
        content_tell(lines, "missing", &releases->items[i], NULL);
        told++;
    }
}

enum status repository_count(const struct repository *repository, const struct tree *tree,
                             struct content_count *ret_count, struct buffer *lines,
                             struct refusal *refusal) {
    struct release_list releases;
    struct content_count count = {0};
    release_list_init(&releases);
    enum status status = repository_releases(repository, &releases, refusal);
    uint32_t there = 0;
    for (uint32_t i = 0; status == STATUS_OK && i < tree->count; i++) {
        const struct tree_entry *entry = &tree->entries[i];
        const struct release *release = release_list_find(&releases, entry->path);
        there += release != NULL;
        if (!content_is_plain(entry)) {
            count.odd++;
            continue;
        }
        count.files++;
        if (!release) {
            count.unverified++;
        } else if (content_same(release, entry)) {
            count.listed++;
        } else {
            if (count.changed < CONTENT_LINES_MAX)
                content_tell(lines, "changed", release, entry);
            count.changed++;
        }
    }
    count.missing = releases.count - there;
    if (status == STATUS_OK && count.missing)
        content_tell_missing(&releases, tree, count.changed, lines);
    release_list_done(&releases);
    if (status == STATUS_OK)
        *ret_count = count;
    return status;
}

// "a/b" names itself; "a" or "a/" names all below it.
static bool path_is_named(struct slice path, const char *name) {
    struct slice start = slice_of_string(name);
    while (start.size && start.data[start.size - 1] == '/')
        start.size--;
    return slice_starts(path, start) && (path.size == start.size || path.data[start.size] == '/');
}

// One call of repository_add.
struct adding {
    const struct vouching *vouching;
    struct release_list *releases;
    const struct release_list *book;
    int64_t version;
    bool *named; // which of the paths were found
    struct vouched_count count;
    struct buffer *lines;
};

static bool adding_is_named(struct adding *adding, struct slice path) {
    bool found = false;
    for (size_t i = 0; i < adding->vouching->path_count; i++)
        if (path_is_named(path, adding->vouching->paths[i]))
            found = adding->named[i] = true;
    return found;
}

static void adding_tell(struct adding *adding, const struct tree_entry *entry,
                        const struct known_file *known) {
    char here[DIGEST_SHA256_HEX_SIZE], there[DIGEST_SHA256_HEX_SIZE];
    digest_hex(entry->sha256, here);
    digest_hex(known->sha256, there);
    buffer_append_text(adding->lines, "differs: ");
    text_append_terminal(adding->lines, entry->path);
    buffer_append_format(adding->lines, "\n  here  %s\n  there %s\n", here, there);
}

static enum status adding_file(struct adding *adding, const struct tree_entry *entry,
                               struct problem *problem) {
    const struct vouching *vouching = adding->vouching;
    struct release release = content_release(entry);
    const struct release *seen = release_list_find(adding->book, entry->path);
    char text[PATH_MAX + 32] = "named by the owners";
    bool named = adding_is_named(adding, entry->path);
    if (content_same(release_list_find(adding->releases, entry->path), entry))
        return STATUS_OK;
    if (!named) {
        const struct known_file *known =
            vouching->known ? known_list_find(vouching->known, entry->path, entry->sha256) : NULL;
        if (!known) {
            adding->count.unmatched++;
            return STATUS_OK;
        }
        if (memcmp(known->sha256, entry->sha256, sizeof known->sha256) != 0) {
            adding->count.differing++;
            adding_tell(adding, entry, known);
            return STATUS_OK;
        }
        snprintf(text, sizeof text, "%s", vouching->source);
    }
    release.first_seen_ns = seen ? seen->first_seen_ns : CLOCK_NONE;
    release.since = adding->version;
    release.vouched = slice_of_string(text);
    adding->count.added++;
    return release_list_put(adding->releases, &release, problem);
}

static enum status adding_run(struct adding *adding, const struct tree *tree,
                              struct refusal *refusal) {
    struct problem problem;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; status == STATUS_OK && i < tree->count; i++)
        if (content_is_plain(&tree->entries[i]))
            status = adding_file(adding, &tree->entries[i], &problem);
    for (size_t i = 0; status == STATUS_OK && i < adding->vouching->path_count; i++)
        if (!adding->named[i])
            status = problem_set(&problem, STATUS_USAGE,
                                 "%s: no regular file of that name in the guarded directory, nor "
                                 "a path from here that leads to one",
                                 adding->vouching->paths[i]);
    return status == STATUS_OK ? status : repository_refuse(&problem, refusal);
}

enum status repository_add(struct repository *repository, const struct tree *tree,
                           const struct vouching *vouching, struct vouched_count *ret_count,
                           struct buffer *lines, struct refusal *refusal) {
    struct release_list releases, book;
    struct adding adding = {.vouching = vouching,
                            .releases = &releases,
                            .book = &book,
                            .version = repository_next_version(repository, METADATA_TARGETS),
                            .named = memory_new(vouching->path_count + 1, sizeof(bool)),
                            .lines = lines};
    release_list_init(&releases);
    release_list_init(&book);
    enum status status = repository_releases(repository, &releases, refusal);
    if (status == STATUS_OK)
        status = repository_book(repository, tree, &book, refusal);
    if (status == STATUS_OK)
        status = adding_run(&adding, tree, refusal);
    if (status == STATUS_OK && adding.count.added)
        status = repository_stage_targets(repository, &releases, refusal);
    if (status == STATUS_OK)
        *ret_count = adding.count;
    memory_free(adding.named);
    release_list_done(&releases);
    release_list_done(&book);
    return status;
}

enum status repository_withdraw(struct repository *repository, const char *const *paths,
                                size_t count, struct refusal *refusal) {
    struct release_list releases;
    struct problem problem;
    release_list_init(&releases);
    enum status status = repository_releases(repository, &releases, refusal);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        struct release *release = release_list_find(&releases, slice_of_string(paths[i]));
        if (release) {
            release->removed = true;
            continue;
        }
        problem_set(&problem, STATUS_USAGE, "%s is not listed", paths[i]);
        status = repository_refuse(&problem, refusal);
    }
    if (status == STATUS_OK)
        status = repository_stage_targets(repository, &releases, refusal);
    release_list_done(&releases);
    return status;
}
