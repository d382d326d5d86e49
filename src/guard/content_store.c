// Files by their SHA-256, hashed while they were written
// SPDX-License-Identifier: Apache-2.0
#include "guard/content_store.h"

#include "base/durable_file.h"
#include "base/memory.h"
#include "base/table.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    READ_BYTES = 256 << 10,
    SEEN_MAX = 1 << 20, // names remembered as good; beyond that they are hashed again
    LINK_SIZE = 32,     // /proc/self/fd/N
    SMALL_BYTES_TOTAL_MAX = 16 << 20
};

// A file as it was when its bytes were hashed.
struct content_seen {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    dev_t device;
    ino_t inode;
    off_t size;
    struct timespec changed; // ctime: nobody can set it back
    struct timespec modified;
    uint8_t *small; // the bytes; NULL: not kept
    bool asked_for; // since the search for room last came by
};

struct content_store {
    int directory;
    pthread_mutex_t lock; // of what follows
    struct table table;
    struct content_seen *seen;
    uint32_t seen_count;
    uint32_t seen_capacity;
    size_t small_bytes;
    uint32_t hand; // where the search for room goes on
};

static bool seen_equal(const void *context, uint32_t number, const void *key) {
    const struct content_seen *seen = context;
    return memcmp(seen[number].sha256, key, DIGEST_SHA256_SIZE) == 0;
}

static uint64_t seen_hash(const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    return digest_hash64(slice_of(sha256, DIGEST_SHA256_SIZE));
}

static bool time_equal(struct timespec a, struct timespec b) {
    return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool seen_is(const struct content_seen *seen, const struct stat *stat) {
    return seen->device == stat->st_dev && seen->inode == stat->st_ino &&
           seen->size == stat->st_size && time_equal(seen->changed, stat->st_ctim) &&
           time_equal(seen->modified, stat->st_mtim);
}

enum status content_store_new(const char *path, struct content_store **ret_store,
                              struct problem *problem) {
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    struct stat stat;
    if (directory < 0 || fstat(directory, &stat) != 0) {
        enum status status = problem_set_errno(problem, "open the store %s", path);
        if (directory >= 0)
            close(directory);
        return status;
    }
    if (stat.st_mode & (S_IWGRP | S_IWOTH)) {
        close(directory);
        return problem_set(problem, STATUS_USAGE, "the store %s may be written by others", path);
    }
    if (faccessat(directory, ".", W_OK | X_OK, AT_EACCESS) != 0) {
        enum status status = problem_set_errno(problem, "write to the store %s", path);
        close(directory);
        return status;
    }
    struct content_store *store = memory_new(1, sizeof *store);
    store->directory = directory;
    pthread_mutex_init(&store->lock, NULL);
    table_init(&store->table);
    *ret_store = store;
    return STATUS_OK;
}

void content_store_free(struct content_store *store) {
    if (!store)
        return;
    close(store->directory);
    pthread_mutex_destroy(&store->lock);
    table_done(&store->table);
    for (uint32_t i = 0; i < store->seen_count; i++)
        memory_free(store->seen[i].small);
    memory_free(store->seen);
    memory_free(store);
}

static void small_drop(struct content_store *store, struct content_seen *seen) {
    if (seen->small)
        store->small_bytes -= (size_t)seen->size;
    memory_free(seen->small);
    seen->small = NULL;
}

// What nobody has asked for since the last time goes first.
static void small_make_room(struct content_store *store, size_t size) {
    while (store->small_bytes + size > SMALL_BYTES_TOTAL_MAX) {
        struct content_seen *seen = &store->seen[store->hand++ % store->seen_count];
        if (!seen->asked_for)
            small_drop(store, seen);
        seen->asked_for = false;
    }
}

static void small_put(struct content_store *store, struct content_seen *seen, struct slice bytes) {
    if (bytes.size == 0 || bytes.size != (uint64_t)seen->size)
        return;
    small_make_room(store, bytes.size);
    seen->small = memory_new(bytes.size, 1);
    memcpy(seen->small, bytes.data, bytes.size);
    store->small_bytes += bytes.size;
}

// `small` are the bytes that were hashed, when the file is a small one.
static void seen_put(struct content_store *store, const uint8_t sha256[DIGEST_SHA256_SIZE],
                     const struct stat *stat, struct slice small) {
    pthread_mutex_lock(&store->lock);
    uint32_t number = table_find(&store->table, seen_hash(sha256), seen_equal, store->seen, sha256);
    if (number == TABLE_NONE && store->seen_count < SEEN_MAX) {
        if (store->seen_count == store->seen_capacity) {
            store->seen_capacity = store->seen_capacity ? 2 * store->seen_capacity : 64;
            store->seen = memory_resize(store->seen, store->seen_capacity, sizeof *store->seen);
        }
        number = store->seen_count++;
        store->seen[number] = (struct content_seen){0};
        table_add(&store->table, seen_hash(sha256), number);
    }
    if (number != TABLE_NONE) {
        struct content_seen *seen = &store->seen[number];
        memcpy(seen->sha256, sha256, DIGEST_SHA256_SIZE);
        small_drop(store, seen);
        seen->device = stat->st_dev;
        seen->inode = stat->st_ino;
        seen->size = stat->st_size;
        seen->changed = stat->st_ctim;
        seen->modified = stat->st_mtim;
        small_put(store, seen, small);
    }
    pthread_mutex_unlock(&store->lock);
}

enum content_state content_store_look(struct content_store *store, const struct content_name *name,
                                      struct buffer *small) {
    char text[DIGEST_SHA256_HEX_SIZE];
    struct stat stat;
    digest_hex(name->sha256, text);
    if (fstatat(store->directory, text, &stat, AT_SYMLINK_NOFOLLOW) != 0)
        return CONTENT_ABSENT;
    pthread_mutex_lock(&store->lock);
    uint32_t number =
        table_find(&store->table, seen_hash(name->sha256), seen_equal, store->seen, name->sha256);
    bool good = number != TABLE_NONE && seen_is(&store->seen[number], &stat) &&
                (uint64_t)stat.st_size == name->size_bytes;
    if (good && small && store->seen[number].small) {
        buffer_append(small, store->seen[number].small, (size_t)stat.st_size);
        store->seen[number].asked_for = true;
    }
    pthread_mutex_unlock(&store->lock);
    return good ? CONTENT_GOOD : CONTENT_UNSEEN;
}

// SHA-256 of a whole open file, whose bytes go to `small` as far as that takes them.
static enum status file_hash(int file, uint8_t ret_sha256[DIGEST_SHA256_SIZE], struct buffer *small,
                             struct problem *problem) {
    uint8_t *piece = memory_new(READ_BYTES, 1);
    uint8_t digest[DIGEST_SIZE_MAX];
    struct digest_pass *pass = digest_pass_new();
    digest_pass_begin(pass, 1u << DIGEST_SHA256);
    enum status status = STATUS_OK;
    for (;;) {
        ssize_t size = read(file, piece, READ_BYTES);
        if (size < 0 && errno == EINTR)
            continue;
        if (size < 0)
            status = problem_set_errno(problem, "read a file of the store");
        if (size <= 0)
            break;
        digest_pass_add(pass, slice_of(piece, (size_t)size));
        buffer_append(small, piece, (size_t)size);
    }
    digest_pass_end(pass, DIGEST_SHA256, digest);
    memcpy(ret_sha256, digest, DIGEST_SHA256_SIZE);
    digest_pass_free(pass);
    memory_free(piece);
    return status;
}

enum status content_store_verify(struct content_store *store, const struct content_name *name,
                                 struct problem *problem) {
    char text[DIGEST_SHA256_HEX_SIZE];
    uint8_t sha256[DIGEST_SHA256_SIZE];
    struct stat before, after;
    struct buffer small;
    digest_hex(name->sha256, text);
    int file = openat(store->directory, text, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
    if (file < 0)
        return problem_set(problem, STATUS_NOT_FOUND, "the store has no file %s", text);
    enum status status = STATUS_OK;
    bool good = fstat(file, &before) == 0 && S_ISREG(before.st_mode) &&
                (uint64_t)before.st_size == name->size_bytes;
    buffer_init(&small, CONTENT_SMALL_BYTES_MAX);
    if (good)
        status = file_hash(file, sha256, &small, problem);
    good = good && status == STATUS_OK && fstat(file, &after) == 0 &&
           memcmp(sha256, name->sha256, DIGEST_SHA256_SIZE) == 0;
    close(file);
    if (status == STATUS_OK && !good) {
        unlinkat(store->directory, text, 0);
        status = problem_set(problem, STATUS_FORMAT, "the store's file %s had other bytes", text);
    }
    // Stat of before: whoever wrote while we read has changed what comes after.
    if (status == STATUS_OK)
        seen_put(store, name->sha256, &before, buffer_slice(&small));
    buffer_done(&small);
    return status;
}

struct content_fill {
    struct content_store *store;
    struct content_name name;
    struct digest_pass *pass;
    uint64_t size_bytes;
    int file;
    struct buffer small; // the bytes, as far as it takes them
};

enum status content_fill_new(struct content_store *store, const struct content_name *name,
                             struct content_fill **ret_fill, struct problem *problem) {
    int file = openat(store->directory, ".", O_TMPFILE | O_WRONLY | O_CLOEXEC, 0400);
    if (file < 0)
        return problem_set_errno(problem, "make a file in the store");
    struct content_fill *fill = memory_new(1, sizeof *fill);
    fill->store = store;
    fill->name = *name;
    fill->file = file;
    fill->pass = digest_pass_new();
    buffer_init(&fill->small, CONTENT_SMALL_BYTES_MAX);
    digest_pass_begin(fill->pass, 1u << DIGEST_SHA256);
    *ret_fill = fill;
    return STATUS_OK;
}

enum status content_fill_add(struct content_fill *fill, struct slice bytes,
                             struct problem *problem) {
    if (bytes.size > fill->name.size_bytes - fill->size_bytes)
        return problem_set(problem, STATUS_LIMIT, "more than %llu bytes",
                           (unsigned long long)fill->name.size_bytes);
    digest_pass_add(fill->pass, bytes);
    buffer_append_slice(&fill->small, bytes);
    if (!durable_write_all(fill->file, bytes))
        return problem_set_errno(problem, "write to the store");
    fill->size_bytes += bytes.size;
    return STATUS_OK;
}

// Durable, then named: whoever finds the name finds all bytes. A file of the name that is
// there already stays, unless it cannot be good.
static enum status fill_name(struct content_fill *fill, struct problem *problem) {
    char from[LINK_SIZE], text[DIGEST_SHA256_HEX_SIZE];
    int directory = fill->store->directory;
    struct stat stat;
    digest_hex(fill->name.sha256, text);
    snprintf(from, sizeof from, "/proc/self/fd/%d", fill->file);
    if (fchmod(fill->file, 0444) != 0 || fsync(fill->file) != 0)
        return problem_set_errno(problem, "write to the store");
    for (int tries = 0; linkat(AT_FDCWD, from, directory, text, AT_SYMLINK_FOLLOW) != 0; tries++) {
        if (errno != EEXIST || tries)
            return problem_set_errno(problem, "name a file of the store");
        if (content_store_verify(fill->store, &fill->name, problem) == STATUS_OK)
            return STATUS_OK;
        unlinkat(directory, text, 0); // what is no file, a link perhaps
    }
    int readable = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    bool durable = readable >= 0 && fsync(readable) == 0;
    if (readable >= 0)
        close(readable);
    if (!durable || fstat(fill->file, &stat) != 0)
        return problem_set_errno(problem, "write to the store");
    seen_put(fill->store, fill->name.sha256, &stat, buffer_slice(&fill->small));
    return STATUS_OK;
}

enum status content_fill_end(struct content_fill *fill, uint8_t ret_sha256[DIGEST_SHA256_SIZE],
                             struct problem *problem) {
    uint8_t digest[DIGEST_SIZE_MAX];
    digest_pass_end(fill->pass, DIGEST_SHA256, digest);
    if (ret_sha256)
        memcpy(ret_sha256, digest, DIGEST_SHA256_SIZE);
    if (fill->size_bytes != fill->name.size_bytes)
        return problem_set(problem, STATUS_LIMIT, "%llu bytes instead of %llu",
                           (unsigned long long)fill->size_bytes,
                           (unsigned long long)fill->name.size_bytes);
    if (memcmp(digest, fill->name.sha256, DIGEST_SHA256_SIZE) != 0)
        return problem_set(problem, STATUS_FORMAT, "the bytes have another SHA-256");
    return fill_name(fill, problem);
}

void content_fill_free(struct content_fill *fill) {
    if (!fill)
        return;
    close(fill->file);
    digest_pass_free(fill->pass);
    buffer_done(&fill->small);
    memory_free(fill);
}
