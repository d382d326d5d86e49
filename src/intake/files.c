// Which files there are
// SPDX-License-Identifier: Apache-2.0
#include "intake/files.h"

#include "base/digest.h"
#include "base/memory.h"
#include "base/table.h"
#include "intake/order.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    FILES_MAX = 4 << 20,
    FILES_DEPTH_MAX = 100, // directories below a directory
};
#define FILES_PATHS_BYTES_MAX ((size_t)1 << 30)

// Directories still to be listed, as a stack: depth of input never becomes depth of calls.
struct directory {
    struct slice path;
    unsigned depth;
};

struct walk {
    struct found_files *found;
    const char *root; // real path of the directory given; links must stay below it
    struct directory *waiting;
    size_t waiting_count, waiting_capacity;
};

void found_files_init(struct found_files *found) {
    *found = (struct found_files){0};
    arena_init(&found->paths, FILES_PATHS_BYTES_MAX);
}

void found_files_done(struct found_files *found) {
    memory_free(found->files);
    arena_done(&found->paths);
    *found = (struct found_files){0};
}

static enum status found_files_push(struct found_files *found, struct found_file file,
                                    struct problem *problem) {
    if (found->count == FILES_MAX || !file.path.data)
        return problem_set(problem, STATUS_LIMIT, "more than %d files: scan them in parts",
                           FILES_MAX);
    if (found->count == found->capacity) {
        found->capacity = found->capacity ? found->capacity * 2 : 64;
        found->files = memory_resize(found->files, found->capacity, sizeof *found->files);
    }
    file.rank = order_rank(file.path);
    found->files[found->count++] = file;
    return STATUS_OK;
}

static struct found_file found_file_of(struct slice path, const struct stat *information) {
    return (struct found_file){.path = path,
                               .size = (uint64_t)information->st_size,
                               .modified_ns = information->st_mtim.tv_sec * INT64_C(1000000000) +
                                              information->st_mtim.tv_nsec,
                               .device = information->st_dev,
                               .inode = information->st_ino};
}

static enum status walk_push(struct walk *walk, struct slice path, unsigned depth,
                             struct problem *problem) {
    if (depth > FILES_DEPTH_MAX || !path.data) {
        struct found_file file = {.path = path, .trouble = "directories nested too deep"};
        return found_files_push(walk->found, file, problem);
    }
    if (walk->waiting_count == walk->waiting_capacity) {
        walk->waiting_capacity = walk->waiting_capacity ? walk->waiting_capacity * 2 : 64;
        walk->waiting = memory_resize(walk->waiting, walk->waiting_capacity, sizeof *walk->waiting);
    }
    walk->waiting[walk->waiting_count++] = (struct directory){path, depth};
    return STATUS_OK;
}

// "directory/name", kept with the paths.
static struct slice walk_join(struct walk *walk, struct slice directory, const char *name) {
    size_t name_size = strlen(name);
    bool slash = directory.size && directory.data[directory.size - 1] != '/';
    uint8_t *path = arena_new(&walk->found->paths, directory.size + slash + name_size + 1, 1);
    if (!path)
        return (struct slice){NULL, 0};
    memcpy(path, directory.data, directory.size);
    if (slash)
        path[directory.size] = '/';
    memcpy(path + directory.size + slash, name, name_size);
    return slice_of(path, directory.size + slash + name_size);
}

// What a link below a directory leads to is found by itself when it lies there too.
static const char *walk_link_trouble(const struct walk *walk, struct slice path) {
    char target[PATH_MAX];
    if (!realpath((const char *)path.data, target))
        return errno == ELOOP ? "symbolic link leads in a circle" : "symbolic link leads nowhere";
    size_t root_size = strlen(walk->root);
    bool below = strncmp(target, walk->root, root_size) == 0 &&
                 (target[root_size] == '/' || target[root_size] == '\0' || root_size == 1);
    return below ? NULL : "symbolic link leads out of the directory: not followed";
}

static enum status walk_entry(struct walk *walk, int directory_fd, const struct directory *parent,
                              const char *name, struct problem *problem) {
    struct slice path = walk_join(walk, parent->path, name);
    if (!path.data)
        return problem_set(problem, STATUS_LIMIT, "too many files: scan them in parts");
    struct stat information;
    if (fstatat(directory_fd, name, &information, AT_SYMLINK_NOFOLLOW) != 0) {
        struct found_file file = {.path = path, .trouble = "file vanished or cannot be looked at"};
        return found_files_push(walk->found, file, problem);
    }
    if (S_ISDIR(information.st_mode))
        return walk_push(walk, path, parent->depth + 1, problem);
    struct found_file file = found_file_of(path, &information);
    if (S_ISLNK(information.st_mode)) {
        file.trouble = walk_link_trouble(walk, path);
        file.device = file.inode = 0;
        return file.trouble ? found_files_push(walk->found, file, problem) : STATUS_OK;
    }
    if (!S_ISREG(information.st_mode))
        file.trouble = "no regular file (a pipe, device or socket)";
    return found_files_push(walk->found, file, problem);
}

static enum status walk_list(struct walk *walk, const struct directory *directory,
                             struct problem *problem) {
    int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (directory->depth ? O_NOFOLLOW : 0);
    int fd = open((const char *)directory->path.data, flags);
    DIR *listing = fd >= 0 ? fdopendir(fd) : NULL;
    if (!listing) {
        int error = errno;
        if (fd >= 0)
            close(fd);
        struct found_file file = {.path = directory->path,
                                  .trouble = error == EACCES || error == EPERM
                                                 ? "directory may not be read (permission denied)"
                                                 : "directory cannot be opened"};
        return found_files_push(walk->found, file, problem);
    }
    enum status status = STATUS_OK;
    for (const struct dirent *entry; status == STATUS_OK && (entry = readdir(listing));)
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            status = walk_entry(walk, fd, directory, entry->d_name, problem);
    closedir(listing);
    return status;
}

static enum status walk_tree(struct found_files *found, struct slice path,
                             struct problem *problem) {
    char root[PATH_MAX];
    if (!realpath((const char *)path.data, root))
        return problem_set_errno(problem, "%s", (const char *)path.data);
    struct walk walk = {.found = found, .root = root};
    enum status status = walk_push(&walk, path, 0, problem);
    while (status == STATUS_OK && walk.waiting_count) {
        struct directory directory = walk.waiting[--walk.waiting_count];
        status = walk_list(&walk, &directory, problem);
    }
    memory_free(walk.waiting);
    return status;
}

// One path as the user named it.
static enum status found_files_refuse(const char *given, struct problem *problem) {
    return problem_set(problem, STATUS_UNSUPPORTED,
                       "%s: neither a file nor a directory (a stream is read with -)", given);
}

static enum status found_files_add(struct found_files *found, const char *given,
                                   struct problem *problem) {
    size_t size = strlen(given);
    while (size > 1 && given[size - 1] == '/')
        size--;
    struct slice path = arena_keep(&found->paths, slice_of(given, size));
    if (!path.data)
        return problem_set(problem, STATUS_LIMIT, "too many paths");
    if (strcmp(given, "-") == 0) {
        struct found_file file = {.path = path, .size = UINT64_MAX};
        return found_files_push(found, file, problem);
    }
    // Opened and closed again: what the user names and cannot be read is told before any work.
    int fd = open(given, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0 && errno == ENXIO) // a socket
        return found_files_refuse(given, problem);
    if (fd < 0)
        return problem_set_errno(problem, "%s", given);
    struct stat information;
    int failed = fstat(fd, &information);
    close(fd);
    if (failed)
        return problem_set_errno(problem, "%s", given);
    if (S_ISDIR(information.st_mode))
        return walk_tree(found, path, problem);
    if (!S_ISREG(information.st_mode))
        return found_files_refuse(given, problem);
    return found_files_push(found, found_file_of(path, &information), problem);
}

static enum status found_files_add_glob(struct found_files *found, const char *pattern,
                                        struct problem *problem) {
    glob_t matches;
    int result = glob(pattern, GLOB_NOSORT, NULL, &matches);
    if (result == GLOB_NOMATCH)
        return problem_set(problem, STATUS_NOT_FOUND, "%s: no such file, and nothing fits",
                           pattern);
    if (result != 0)
        return problem_set(problem, STATUS_SYSTEM, "%s: cannot be expanded", pattern);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < matches.gl_pathc && status == STATUS_OK; i++)
        status = found_files_add(found, matches.gl_pathv[i], problem);
    globfree(&matches);
    return status;
}

static int found_file_compare(const void *left, const void *right) {
    const struct found_file *a = left, *b = right;
    if (a->rank != b->rank)
        return a->rank < b->rank ? -1 : 1;
    int order = slice_compare(a->path, b->path);
    if (order)
        return order;
    return (a->trouble != NULL) - (b->trouble != NULL);
}

static bool found_file_same(const void *context, uint32_t number, const void *key) {
    const struct found_file *file = &((const struct found_file *)context)[number];
    const struct found_file *other = key;
    if (file->inode == 0 || other->inode == 0)
        return slice_equal(file->path, other->path);
    return file->device == other->device && file->inode == other->inode;
}

// Keeps the first of each: sorted before, so that it is the same one in any order of arguments.
static void found_files_unite(struct found_files *found) {
    struct table seen;
    table_init(&seen);
    size_t kept = 0;
    for (size_t i = 0; i < found->count; i++) {
        struct found_file file = found->files[i];
        uint64_t hash = file.inode ? digest_mix64(digest_mix64(1, file.device), file.inode)
                                   : digest_hash64(file.path);
        if (table_find(&seen, hash, found_file_same, found->files, &file) != TABLE_NONE)
            continue;
        found->files[kept] = file;
        table_add(&seen, hash, (uint32_t)kept++);
    }
    found->count = kept;
    table_done(&seen);
}

enum status found_files_add_paths(struct found_files *found, const char *const *paths,
                                  size_t path_count, struct problem *problem) {
    for (size_t i = 0; i < path_count; i++) {
        struct stat information;
        bool there = strcmp(paths[i], "-") == 0 || lstat(paths[i], &information) == 0;
        enum status status = !there && strpbrk(paths[i], "*?[")
                                 ? found_files_add_glob(found, paths[i], problem)
                                 : found_files_add(found, paths[i], problem);
        if (status != STATUS_OK)
            return status;
    }
    if (found->count)
        qsort(found->files, found->count, sizeof *found->files, found_file_compare);
    found_files_unite(found);
    return STATUS_OK;
}
