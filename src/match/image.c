// The compiled ruleset on disk
// SPDX-License-Identifier: Apache-2.0
#include "match/image.h"

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "match/plan_compile.h"
#include "match/ruleset.h"
#include "match/sigma.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    IMAGE_BYTES_MAX = 1 << 30,
    IMAGE_NAME_SIZE = 64,
    LIST_BYTES_MAX = 256 << 20,
    // Coarser than the kernel's tick, by which file times advance.
    TICK_NS = 50 * 1000 * 1000
};

// --- options

static uint64_t hash_texts(uint64_t hash, const char *const *texts, size_t count) {
    hash = digest_mix64(hash, count);
    for (size_t i = 0; i < count; i++)
        hash = digest_hash64_seeded(slice_of_string(texts[i]), hash);
    return hash;
}

static uint64_t options_name_hash(const struct ruleset_options *options) {
    uint64_t hash = digest_mix64(0, options->min_level);
    hash = hash_texts(hash, options->paths, options->path_count);
    hash = hash_texts(hash, options->placeholder_paths, options->placeholder_count);
    hash = hash_texts(hash, options->tags, options->tag_count);
    hash = hash_texts(hash, options->statuses, options->status_count);
    return hash_texts(hash, options->excluded, options->excluded_count);
}

static int64_t stat_modified_ns(const struct stat *state) {
    return state->st_mtim.tv_sec * INT64_C(1000000000) + state->st_mtim.tv_nsec;
}

// Relative paths mean something else elsewhere: where we stand is part of the options.
static uint64_t hash_directory(uint64_t hash) {
    char directory[PATH_MAX];
    const char *here = getcwd(directory, sizeof directory);
    return digest_hash64_seeded(slice_of_string(here ? here : ""), hash);
}

uint64_t image_options_hash(const struct ruleset_options *options) {
    uint64_t hash = hash_directory(options_name_hash(options));
    for (size_t i = 0; i < options->placeholder_count; i++) {
        struct stat state = {0};
        if (stat(options->placeholder_paths[i], &state))
            continue;
        hash = digest_mix64(hash, (uint64_t)state.st_size);
        hash = digest_mix64(hash, (uint64_t)stat_modified_ns(&state));
        hash = digest_mix64(hash, state.st_ino);
    }
    return hash;
}

static void image_name(const struct ruleset_options *options, char name[IMAGE_NAME_SIZE]) {
    snprintf(name, IMAGE_NAME_SIZE, "rules-%016llx.image",
             (unsigned long long)hash_directory(options_name_hash(options)));
}

// --- loading

static bool read_all(int fd, size_t size, struct buffer *ret_bytes) {
    uint8_t *to = buffer_reserve(ret_bytes, size);
    size_t got = 0;
    memory_expect_large(to, size);
    while (to && got < size) {
        ssize_t step = read(fd, to + got, size - got);
        if (step < 0 && errno == EINTR)
            continue;
        if (step <= 0)
            return false;
        got += (size_t)step;
    }
    ret_bytes->size += got;
    return to != NULL;
}

static bool file_is_ours(int fd, uint64_t *ret_size) {
    struct stat state;
    if (fstat(fd, &state) || !S_ISREG(state.st_mode) || state.st_uid != geteuid() ||
        (state.st_mode & (S_IRWXG | S_IRWXO)) || state.st_size > IMAGE_BYTES_MAX)
        return false;
    *ret_size = (uint64_t)state.st_size;
    return true;
}

static bool read_image(const struct ruleset_options *options, struct buffer *ret_blob) {
    char name[IMAGE_NAME_SIZE];
    image_name(options, name);
    int directory = open(options->cache_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (directory < 0)
        return false;
    int fd = openat(directory, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    close(directory);
    if (fd < 0)
        return false;
    uint64_t size;
    bool done = file_is_ours(fd, &size) && read_all(fd, size, ret_blob);
    close(fd);
    return done;
}

struct ruleset *image_open(struct buffer *blob, uint64_t options_hash) {
    struct compiled_header header;
    if (blob->size < sizeof header)
        return NULL;
    memcpy(&header, blob->data, sizeof header);
    if (memcmp(header.magic, COMPILED_MAGIC, sizeof header.magic) != 0 ||
        header.size != blob->size || header.probe != plan_probe() ||
        header.options != options_hash || header.checksum != compiled_checksum(buffer_slice(blob)))
        return NULL;
    return ruleset_from_blob(blob);
}

static bool files_are_unchanged(const struct ruleset_options *options,
                                const struct compiled *compiled) {
    struct arena arena;
    struct sigma_file *files;
    size_t count;
    arena_init(&arena, LIST_BYTES_MAX);
    bool same = sigma_list_files(options, &arena, &files, &count, NULL) == STATUS_OK &&
                count == compiled->counts[COMPILED_FILES];
    for (size_t i = 0; same && i < count; i++) {
        const struct compiled_file *file = &compiled->files[i];
        same = file->size == files[i].size && file->modified_ns == files[i].modified_ns &&
               file->inode == files[i].inode &&
               slice_equal(compiled_slice(compiled, file->path), files[i].path);
    }
    arena_done(&arena);
    return same;
}

struct ruleset *image_load(const struct ruleset_options *options, uint64_t options_hash) {
    struct buffer blob;
    buffer_init(&blob, IMAGE_BYTES_MAX);
    struct ruleset *ruleset = NULL;
    if (read_image(options, &blob))
        ruleset = image_open(&blob, options_hash);
    buffer_done(&blob);
    if (ruleset && !files_are_unchanged(options, &ruleset->compiled)) {
        ruleset_free(ruleset);
        ruleset = NULL;
    }
    if (ruleset)
        ruleset->from_image = true;
    return ruleset;
}

// --- storing

static bool files_are_settled(const struct compiled *compiled, int64_t started_ns) {
    for (uint32_t i = 0; i < compiled->counts[COMPILED_FILES]; i++)
        if (compiled->files[i].modified_ns > started_ns - TICK_NS)
            return false;
    return true;
}

void image_store(const struct ruleset_options *options, const struct ruleset *ruleset,
                 int64_t started_ns) {
    if (!files_are_settled(&ruleset->compiled, started_ns))
        return;
    char name[IMAGE_NAME_SIZE];
    char draft[IMAGE_NAME_SIZE + 32];
    image_name(options, name);
    snprintf(draft, sizeof draft, ".%s.%ld", name, (long)getpid());
    struct problem ignored; // that it cannot be opened tells enough
    durable_directory_make(options->cache_directory, 0700, &ignored);
    int directory = open(options->cache_directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
    if (directory < 0)
        return;
    unlinkat(directory, draft, 0); // of a process that died with our number
    int fd = openat(directory, draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd >= 0) {
        bool written = durable_write_all(fd, ruleset->compiled.blob);
        written &= close(fd) == 0;
        if (!written || renameat(directory, draft, directory, name))
            unlinkat(directory, draft, 0);
    }
    close(directory);
}
