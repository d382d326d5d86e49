// The rule files under the paths that were given
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    PATH_BYTES_MAX = 64 * 1024
};

struct finder {
    struct arena *arena;
    struct sigma_input *inputs; // heap, until they are sorted
    size_t count;
    size_t capacity;
    struct buffer path;
    struct problem *problem;
};

// Directories give these only; a file that is named on the command line may be called anything.
static bool is_rule_file(struct slice name) {
    static const char *const endings[] = {".yml", ".yaml",   ".zip",    ".7z",      ".tar",
                                          ".tgz", ".tar.gz", ".tar.xz", ".tar.zst", ".tar.bz2"};
    for (size_t i = 0; i < ARRAY_SIZE(endings); i++)
        if (slice_ends(name, slice_of_string(endings[i])))
            return true;
    return false;
}

static enum status finder_add(struct finder *finder, const struct stat *stat) {
    if (finder->count == SIGMA_FILES_MAX)
        return problem_set(finder->problem, STATUS_LIMIT, "more than %d rule files",
                           SIGMA_FILES_MAX);
    if (finder->count == finder->capacity) {
        finder->capacity = finder->capacity ? finder->capacity * 2 : 1024;
        finder->inputs = memory_resize(finder->inputs, finder->capacity, sizeof *finder->inputs);
    }
    struct slice path = arena_keep(finder->arena, buffer_slice(&finder->path));
    if (!path.data)
        return problem_set(finder->problem, STATUS_LIMIT, "too many rule files");
    finder->inputs[finder->count++] = (struct sigma_input){
        .file = {.path = path,
                 .size = (uint64_t)stat->st_size,
                 .modified_ns = stat->st_mtim.tv_sec * INT64_C(1000000000) + stat->st_mtim.tv_nsec,
                 .inode = stat->st_ino},
        .device = stat->st_dev,
    };
    return STATUS_OK;
}

static enum status finder_walk(struct finder *finder, int fd, unsigned depth);

static enum status finder_enter(struct finder *finder, int parent, const char *name,
                                unsigned depth) {
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return STATUS_OK; // gone meanwhile, or not ours to read
    return finder_walk(finder, fd, depth + 1);
}

static enum status finder_entry(struct finder *finder, int fd, const struct dirent *entry,
                                unsigned depth) {
    struct stat stat;
    struct slice name = slice_of_string(entry->d_name);
    bool maybe_directory = entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN;
    if (entry->d_name[0] == '.' || (!maybe_directory && !is_rule_file(name)))
        return STATUS_OK;
    size_t before = finder->path.size;
    buffer_append_byte(&finder->path, '/');
    buffer_append_slice(&finder->path, name);
    enum status status = STATUS_OK;
    if (finder->path.failed)
        status = problem_set(finder->problem, STATUS_LIMIT, "a path of more than %d bytes",
                             PATH_BYTES_MAX);
    else if (entry->d_type == DT_DIR)
        status = finder_enter(finder, fd, entry->d_name, depth);
    else if (fstatat(fd, entry->d_name, &stat, 0) == 0 && S_ISREG(stat.st_mode) &&
             is_rule_file(name))
        status = finder_add(finder, &stat);
    else if (entry->d_type == DT_UNKNOWN)
        status = finder_enter(finder, fd, entry->d_name, depth);
    finder->path.size = before;
    return status;
}

// Takes `fd`. Links to directories are not followed, links to files are.
static enum status finder_walk(struct finder *finder, int fd, unsigned depth) {
    DIR *directory = depth < SIGMA_DIRECTORY_DEPTH_MAX ? fdopendir(fd) : NULL;
    if (!directory) {
        close(fd);
        return problem_set(finder->problem, STATUS_LIMIT, "%.*s: deeper than %d directories",
                           SIGMA_TEXT(buffer_slice(&finder->path)), SIGMA_DIRECTORY_DEPTH_MAX);
    }
    enum status status = STATUS_OK;
    struct dirent *entry;
    while (!status && (entry = readdir(directory)))
        status = finder_entry(finder, fd, entry, depth);
    closedir(directory);
    return status;
}

static enum status finder_path(struct finder *finder, const char *path) {
    struct stat stat;
    struct slice text = slice_of_string(path);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return problem_set_errno(finder->problem, "open %s", path);
    if (fstat(fd, &stat)) {
        close(fd);
        return problem_set_errno(finder->problem, "stat %s", path);
    }
    while (text.size > 1 && text.data[text.size - 1] == '/')
        text.size--;
    buffer_reset(&finder->path);
    buffer_append_slice(&finder->path, text);
    if (S_ISDIR(stat.st_mode))
        return finder_walk(finder, fd, 0);
    close(fd);
    if (!S_ISREG(stat.st_mode))
        return problem_set(finder->problem, STATUS_UNSUPPORTED, "%s: neither file nor directory",
                           path);
    return finder_add(finder, &stat);
}

static int input_compare_file(const void *a, const void *b) {
    const struct sigma_input *left = a, *right = b;
    if (left->device != right->device)
        return left->device < right->device ? -1 : 1;
    if (left->file.inode != right->file.inode)
        return left->file.inode < right->file.inode ? -1 : 1;
    return slice_compare(left->file.path, right->file.path);
}

static int input_compare_path(const void *a, const void *b) {
    const struct sigma_input *left = a, *right = b;
    return slice_compare(left->file.path, right->file.path);
}

// Sorted by path; a file that two paths lead to is there once, under the path that sorts first.
static void finder_settle(struct finder *finder) {
    size_t kept = 0;
    if (!finder->count)
        return;
    qsort(finder->inputs, finder->count, sizeof *finder->inputs, input_compare_file);
    for (size_t i = 0; i < finder->count; i++) {
        const struct sigma_input *input = &finder->inputs[i];
        bool again = kept && finder->inputs[kept - 1].device == input->device &&
                     finder->inputs[kept - 1].file.inode == input->file.inode;
        if (!again)
            finder->inputs[kept++] = *input;
    }
    finder->count = kept;
    qsort(finder->inputs, finder->count, sizeof *finder->inputs, input_compare_path);
}

enum status sigma_inputs_find(const struct ruleset_options *options, struct arena *arena,
                              struct sigma_input **ret_inputs, size_t *ret_count,
                              struct problem *problem) {
    struct finder finder = {.arena = arena, .problem = problem};
    buffer_init(&finder.path, PATH_BYTES_MAX);
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->path_count && !status; i++)
        status = finder_path(&finder, options->paths[i]);
    if (!status) {
        finder_settle(&finder);
        struct sigma_input *inputs = arena_new(arena, finder.count + 1, sizeof *inputs);
        if (!inputs)
            status = problem_set(problem, STATUS_LIMIT, "too many rule files");
        else if (finder.count)
            memcpy(inputs, finder.inputs, finder.count * sizeof *inputs);
        if (!status) {
            *ret_inputs = inputs;
            *ret_count = finder.count;
        }
    }
    memory_free(finder.inputs);
    buffer_done(&finder.path);
    return status;
}

enum status sigma_list_files(const struct ruleset_options *options, struct arena *arena,
                             struct sigma_file **ret_files, size_t *ret_count,
                             struct problem *problem) {
    struct sigma_input *inputs;
    size_t count;
    enum status status = sigma_inputs_find(options, arena, &inputs, &count, problem);
    if (status)
        return status;
    struct sigma_file *files = arena_new(arena, count + 1, sizeof *files);
    if (!files)
        return problem_set(problem, STATUS_LIMIT, "too many rule files");
    for (size_t i = 0; i < count; i++)
        files[i] = inputs[i].file;
    *ret_files = files;
    *ret_count = count;
    return STATUS_OK;
}
