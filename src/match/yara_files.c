// The YARA files under the paths that were given
// SPDX-License-Identifier: Apache-2.0
#include "match/yara_files.h"

#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    YARA_FILES_MAX = 20000,
    YARA_FILE_BYTES_MAX = 64 << 20,
    YARA_DEPTH_MAX = 32,
};

struct yara_walk {
    struct arena *arena;
    struct yara_file *files;
    size_t count, capacity;
    struct problem *problem;
};

static bool is_yara_name(struct slice name) {
    return slice_ends(name, SLICE(".yar")) || slice_ends(name, SLICE(".yara"));
}

static enum status walk_add(struct yara_walk *walk, struct slice path) {
    if (walk->count == YARA_FILES_MAX)
        return problem_set(walk->problem, STATUS_LIMIT, "more than %d YARA files", YARA_FILES_MAX);
    if (walk->count == walk->capacity) {
        walk->capacity = walk->capacity ? walk->capacity * 2 : 64;
        walk->files = memory_resize(walk->files, walk->capacity, sizeof *walk->files);
    }
    walk->files[walk->count++] = (struct yara_file){.path = path};
    return STATUS_OK;
}

static enum status walk_path(struct yara_walk *walk, struct slice path, unsigned depth);

// Calls walk_path again, as deep as YARA_DEPTH_MAX.
static enum status walk_directory(struct yara_walk *walk, struct slice path, unsigned depth) {
    DIR *listing = opendir((const char *)path.data);
    if (!listing)
        return problem_set_errno(walk->problem, "YARA rules %s", (const char *)path.data);
    enum status status = STATUS_OK;
    for (const struct dirent *entry; status == STATUS_OK && (entry = readdir(listing));) {
        if (entry->d_name[0] == '.')
            continue;
        size_t name_size = strlen(entry->d_name);
        uint8_t *joined = arena_new(walk->arena, path.size + name_size + 2, 1);
        if (!joined) {
            status = problem_set(walk->problem, STATUS_LIMIT, "too many YARA files");
            break;
        }
        memcpy(joined, path.data, path.size);
        joined[path.size] = '/';
        memcpy(joined + path.size + 1, entry->d_name, name_size);
        status = walk_path(walk, slice_of(joined, path.size + 1 + name_size), depth + 1);
    }
    closedir(listing);
    return status;
}

static enum status walk_path(struct yara_walk *walk, struct slice path, unsigned depth) {
    struct stat about;
    bool named = depth == 0;
    if (stat((const char *)path.data, &about) != 0)
        return named ? problem_set_errno(walk->problem, "YARA rules %s", (const char *)path.data)
                     : STATUS_OK;
    if (S_ISDIR(about.st_mode))
        return depth == YARA_DEPTH_MAX ? STATUS_OK : walk_directory(walk, path, depth);
    if (named || (S_ISREG(about.st_mode) && is_yara_name(path)))
        return walk_add(walk, path);
    return STATUS_OK;
}

// Fills file->text, or file->trouble.
static enum status file_read(struct yara_file *file, struct arena *arena, struct problem *problem) {
    int fd = open((const char *)file->path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat about;
    if (fd < 0 || fstat(fd, &about) != 0 || !S_ISREG(about.st_mode)) {
        file->trouble = "cannot be opened";
    } else if (about.st_size > YARA_FILE_BYTES_MAX) {
        file->trouble = "is larger than 64 MiB";
    } else {
        size_t size = (size_t)about.st_size, got = 0;
        uint8_t *bytes = arena_new(arena, size + 1, 1);
        for (ssize_t step = 1; bytes && got < size && step > 0; got += (size_t)step) {
            step = pread(fd, bytes + got, size - got, (off_t)got);
            if (step < 0)
                step = 0;
        }
        file->text = slice_of(bytes, got);
    }
    if (fd >= 0)
        close(fd);
    if (!file->trouble && !file->text.data)
        return problem_set(problem, STATUS_LIMIT, "YARA rules are larger than 256 MiB together");
    if (slice_starts(file->text, SLICE("YARA")) && file->text.size > 8 &&
        memchr(file->text.data, 0, 64 < file->text.size ? 64 : file->text.size))
        file->trouble = "is compiled: only sources are taken";
    else if (file->text.size && memchr(file->text.data, 0, file->text.size))
        file->trouble = "is no text";
    return STATUS_OK;
}

static int file_compare(const void *a, const void *b) {
    return slice_compare(((const struct yara_file *)a)->path, ((const struct yara_file *)b)->path);
}

enum status yara_files_read(const char *const *paths, size_t path_count, struct arena *arena,
                            struct yara_file **ret_files, size_t *ret_count,
                            struct problem *problem) {
    struct yara_walk walk = {.arena = arena, .problem = problem};
    enum status status = STATUS_OK;
    for (size_t i = 0; i < path_count && status == STATUS_OK; i++) {
        size_t size = strlen(paths[i]);
        while (size > 1 && paths[i][size - 1] == '/')
            size--;
        struct slice path = arena_keep(arena, slice_of(paths[i], size));
        status = path.data ? walk_path(&walk, path, 0)
                           : problem_set(problem, STATUS_LIMIT, "too many YARA files");
    }
    if (walk.count)
        qsort(walk.files, walk.count, sizeof *walk.files, file_compare);
    size_t kept = 0;
    for (size_t i = 0; i < walk.count && status == STATUS_OK; i++) {
        if (kept && slice_equal(walk.files[kept - 1].path, walk.files[i].path))
            continue;
        walk.files[kept] = walk.files[i];
        status = file_read(&walk.files[kept++], arena, problem);
    }
    if (status != STATUS_OK) {
        memory_free(walk.files);
        return status;
    }
    *ret_files = walk.files;
    *ret_count = kept;
    return STATUS_OK;
}
