// Everything that lies below a directory, hashed
// SPDX-License-Identifier: Apache-2.0
#include "guard/tree.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "guard/beneath.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 << 10,
    ARENA_BYTES_MAX = 1 << 30
};

// A walk: directories still to be read wait as paths, so that depth costs no file descriptors.
struct walk {
    struct tree tree;
    const atomic_bool *stop;
    struct digest_pass *pass;
    uint8_t *piece;
    struct slice *waiting;
    uint32_t waiting_count;
    uint32_t waiting_capacity;
    int root;
};

static enum status waiting_push(struct walk *walk, struct slice path, struct problem *problem) {
    unsigned depth = 0;
    for (size_t i = 0; i < path.size; i++)
        depth += path.data[i] == '/';
    if (depth >= TREE_DEPTH_MAX || walk->waiting_count >= TREE_ENTRIES_MAX)
        return problem_set(problem, STATUS_LIMIT, "directories too deep or too many: %.200s",
                           (const char *)path.data);
    if (walk->waiting_count == walk->waiting_capacity) {
        walk->waiting_capacity = walk->waiting_capacity ? 2 * walk->waiting_capacity : 64;
        walk->waiting = memory_resize(walk->waiting, walk->waiting_capacity, sizeof *walk->waiting);
    }
    walk->waiting[walk->waiting_count++] = path;
    return STATUS_OK;
}

static struct tree_entry *entry_push(struct walk *walk) {
    struct tree *tree = &walk->tree;
    if (tree->count == TREE_ENTRIES_MAX)
        return NULL;
    if (tree->count == tree->capacity) {
        tree->capacity = tree->capacity ? 2 * tree->capacity : 256;
        tree->entries = memory_resize(tree->entries, tree->capacity, sizeof *tree->entries);
    }
    struct tree_entry *entry = &tree->entries[tree->count++];
    *entry = (struct tree_entry){0};
    return entry;
}

static void entry_stat(struct tree_entry *entry, const struct stat *stat) {
    entry->size_bytes = (uint64_t)stat->st_size;
    entry->modified_ns = stat->st_mtim.tv_sec * 1000000000ll + stat->st_mtim.tv_nsec;
    entry->mode = stat->st_mode & 07777;
    entry->links = (uint32_t)stat->st_nlink;
}

static enum status entry_hash(struct walk *walk, struct tree_entry *entry,
                              struct problem *problem) {
    struct stat stat;
    uint8_t digest[DIGEST_SIZE_MAX];
    int file = beneath_open(walk->root, (const char *)entry->path.data, O_RDONLY | O_NONBLOCK);
    if (file < 0 || fstat(file, &stat) != 0 || !S_ISREG(stat.st_mode)) {
        entry->kind = TREE_UNREADABLE;
        if (file >= 0)
            close(file);
        return STATUS_OK;
    }
    entry_stat(entry, &stat);
    entry->size_bytes = 0; // what was read counts
    digest_pass_begin(walk->pass, 1u << DIGEST_SHA256);
    enum status status = STATUS_OK;
    ssize_t size = 1;
    while (size > 0 && status == STATUS_OK) {
        size = read(file, walk->piece, READ_BYTES);
        if (size > 0) {
            digest_pass_add(walk->pass, slice_of(walk->piece, (size_t)size));
            entry->size_bytes += (uint64_t)size;
        }
        if (walk->stop && atomic_load(walk->stop))
            status = problem_set(problem, STATUS_INTERRUPTED, "interrupted");
    }
    if (size < 0)
        entry->kind = TREE_UNREADABLE;
    digest_pass_end(walk->pass, DIGEST_SHA256, digest);
    memcpy(entry->sha256, digest, sizeof entry->sha256);
    close(file);
    return status;
}

static enum status name_take(struct walk *walk, int directory, const char *name, struct slice path,
                             struct problem *problem) {
    struct stat stat;
    bool known = fstatat(directory, name, &stat, AT_SYMLINK_NOFOLLOW) == 0;
    if (!known && errno == ENOENT)
        return STATUS_OK; // gone meanwhile
    if (known && S_ISDIR(stat.st_mode))
        return waiting_push(walk, path, problem);
    struct tree_entry *entry = entry_push(walk);
    if (!entry)
        return problem_set(problem, STATUS_LIMIT, "more than %d files", TREE_ENTRIES_MAX);
    entry->path = path;
    if (!known) {
        entry->kind = TREE_UNREADABLE;
        return STATUS_OK;
    }
    entry_stat(entry, &stat);
    if (S_ISREG(stat.st_mode))
        return entry_hash(walk, entry, problem);
    entry->kind = S_ISLNK(stat.st_mode) ? TREE_LINK : TREE_SPECIAL;
    return STATUS_OK;
}

static enum status directory_read(struct walk *walk, struct slice path, struct problem *problem) {
    int file = beneath_open(walk->root, path.size ? (const char *)path.data : ".",
                            O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    DIR *directory = file >= 0 ? fdopendir(file) : NULL;
    if (!directory) {
        enum status status =
            problem_set_errno(problem, "open directory %.200s", (const char *)path.data);
        if (file >= 0)
            close(file);
        return status;
    }
    enum status status = STATUS_OK;
    struct buffer name;
    buffer_init(&name, TREE_PATH_BYTES_MAX);
    for (struct dirent *entry; status == STATUS_OK && (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        buffer_reset(&name);
        buffer_append_slice(&name, path);
        if (path.size)
            buffer_append_byte(&name, '/');
        buffer_append_text(&name, entry->d_name);
        struct slice kept = arena_keep(&walk->tree.arena, buffer_slice(&name));
        status = name.failed || !kept.data
                     ? problem_set(problem, STATUS_LIMIT, "paths too long or too many")
                     : name_take(walk, dirfd(directory), entry->d_name, kept, problem);
    }
    buffer_done(&name);
    closedir(directory);
    return status;
}

static int entry_compare(const void *a, const void *b) {
    return slice_compare(((const struct tree_entry *)a)->path,
                         ((const struct tree_entry *)b)->path);
}

enum status tree_read(const char *directory, const atomic_bool *stop, struct tree *ret_tree,
                      struct problem *problem) {
    struct walk walk = {.stop = stop, .root = open(directory, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (walk.root < 0) {
        bool missing = errno == ENOENT || errno == ENOTDIR;
        enum status status = problem_set_errno(problem, "open directory %s", directory);
        return missing ? STATUS_NOT_FOUND : status;
    }
    arena_init(&walk.tree.arena, ARENA_BYTES_MAX);
    walk.pass = digest_pass_new();
    walk.piece = memory_new(READ_BYTES, 1);
    enum status status = waiting_push(&walk, SLICE(""), problem);
    while (status == STATUS_OK && walk.waiting_count)
        status = directory_read(&walk, walk.waiting[--walk.waiting_count], problem);
    if (walk.tree.count)
        qsort(walk.tree.entries, walk.tree.count, sizeof *walk.tree.entries, entry_compare);
    digest_pass_free(walk.pass);
    memory_free(walk.piece);
    memory_free(walk.waiting);
    close(walk.root);
    if (status == STATUS_OK)
        *ret_tree = walk.tree;
    else
        tree_done(&walk.tree);
    return status;
}

void tree_done(struct tree *tree) {
    arena_done(&tree->arena);
    memory_free(tree->entries);
    *tree = (struct tree){0};
}

const struct tree_entry *tree_find(const struct tree *tree, struct slice path) {
    struct tree_entry key = {.path = path};
    return tree->count ? bsearch(&key, tree->entries, tree->count, sizeof key, entry_compare)
                       : NULL;
}
