// Where evidence lies, and what it is called below
// SPDX-License-Identifier: Apache-2.0
#include "app/evidence_root.h"

#include "base/buffer.h"
#include "base/memory.h"

#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ROOT_PATH_BYTES = 1 << 20,
    ROOT_NAMES_BYTES = 1 << 30
};

// `path` from `directory` on, without empty and "." parts: "/w" and "./ev//a" give "/w/ev/a".
static void root_append(struct buffer *to, struct slice directory, struct slice path) {
    struct slice parts[] = {directory, path};
    size_t first = path.size && path.data[0] == '/' ? 1 : 0;
    for (size_t i = first; i < ARRAY_SIZE(parts); i++) {
        struct slice rest = parts[i];
        while (rest.size) {
            const uint8_t *slash = memchr(rest.data, '/', rest.size);
            size_t size = slash ? (size_t)(slash - rest.data) : rest.size;
            if (size > 1 || (size == 1 && rest.data[0] != '.')) {
                buffer_append_byte(to, '/');
                buffer_append(to, rest.data, size);
            }
            rest = slice_part(rest, size + 1, SIZE_MAX);
        }
    }
}

static struct slice root_here(char directory[PATH_MAX]) {
    return slice_of_string(getcwd(directory, PATH_MAX) ? directory : "/");
}

static size_t root_directory_size(const char *path) {
    struct stat about;
    size_t size = strcspn(path, "*?[");
    if (!path[size] && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return size;
    while (size > 0 && path[size - 1] != '/')
        size--;
    return size;
}

char *evidence_root_directory(const char *operand) {
    char here[PATH_MAX];
    struct buffer text;
    buffer_init(&text, ROOT_PATH_BYTES);
    root_append(&text, root_here(here), slice_of(operand, root_directory_size(operand)));
    buffer_append_byte(&text, '/');
    char *kept = memory_keep_text(text.data, text.size);
    buffer_done(&text);
    return kept;
}

char *evidence_path(struct slice directory, struct slice path) {
    struct buffer text;
    buffer_init(&text, ROOT_PATH_BYTES);
    root_append(&text, directory, path);
    char *kept = memory_keep_text(text.data, text.size);
    buffer_done(&text);
    return kept;
}

char *evidence_root(const struct slice *directories, size_t count) {
    if (count == 0)
        return memory_keep_text("/", 1);
    struct slice root = directories[0];
    for (size_t i = 1; i < count; i++) {
        size_t common = 0;
        while (common < root.size && common < directories[i].size &&
               root.data[common] == directories[i].data[common])
            common++;
        while (common > 0 && root.data[common - 1] != '/')
            common--;
        root.size = common;
    }
    return memory_keep_text(root.data ? (const char *)root.data : "", root.size);
}

void evidence_names_init(struct evidence_names *names, const struct pipeline_run *run,
                         const char *root) {
    char directory[PATH_MAX];
    struct slice here = root_here(directory);
    struct slice start = slice_of_string(root);
    struct buffer text;
    buffer_init(&text, ROOT_PATH_BYTES);
    arena_init(&names->arena, ROOT_NAMES_BYTES);
    names->count = pipeline_source_count(run);
    names->names = memory_new(names->count ? names->count : 1, sizeof *names->names);
    for (uint32_t i = 0; i < names->count; i++) {
        struct slice path = pipeline_source_path(run, i);
        struct slice from = pipeline_source_directory(run, i);
        buffer_reset(&text);
        root_append(&text, from.size ? from : here, path);
        struct slice whole = buffer_slice(&text);
        bool below = !text.failed && start.size < whole.size && slice_starts(whole, start);
        struct slice name =
            below ? arena_keep(&names->arena, slice_part(whole, start.size, SIZE_MAX)) : path;
        names->names[i] = name.data ? name : path;
    }
    buffer_done(&text);
}

void evidence_names_done(struct evidence_names *names) {
    arena_done(&names->arena);
    memory_free(names->names);
    *names = (struct evidence_names){0};
}
