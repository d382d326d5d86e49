// Archives and compressed files, one entry at a time
// SPDX-License-Identifier: Apache-2.0
#include "base/unpack.h"

#include "base/buffer.h"
#include "base/chinese.h"
#include "base/deflate.h"
#include "base/memory.h"
#include "base/text.h"

#include <archive.h>
#include <archive_entry.h>
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    BLOCK_BYTES = 64 * 1024,
    RATIO_FREE_BYTES = 1024 * 1024, // small archives of text compress very well
    TAR_MAGIC_OFFSET = 257,
    NAME_BYTES_MAX = 4096,
};

#define BYTES_MAX_DEFAULT (UINT64_C(64) << 30)
#define ENTRIES_MAX_DEFAULT UINT64_C(1000000)
#define RATIO_MAX_DEFAULT UINT32_C(1000)

struct unpacker {
    struct archive *archive;
    struct unpack_limits limits;
    locale_t locale; // entry names are UTF-8 whatever the process's locale is
    int fd;          // -1 unless a path was opened
    unpack_source *source;
    void *context;
    // libarchive gives nothing of the 64 KiB in which a gzip stream is damaged or ends too early,
    // so that gzip is undone here, and damage told when all before it was read.
    struct gunzip *gunzip;
    struct problem gzip_problem;
    bool gzip_told;
    struct slice memory; // what is left of bytes
    int plain_fd;        // what gunzip reads
    uint64_t bytes;
    uint64_t entries;
    struct problem source_problem;
    const char *reason;         // of the last failure
    bool entry_encrypted;       // the entry in hand cannot be read for want of a password
    uint8_t block[BLOCK_BYTES]; // the stream's
    size_t block_waits;         // bytes of it that were read to see what they are
    char name[32];              // for entries whose name cannot be read
    struct buffer chinese;      // the name of an entry in GB18030, as UTF-8
};

struct magic {
    struct slice bytes;
    bool single;
};

static const struct magic *magic_find(struct slice first) {
    static const struct magic magics[] = {
        {{(const uint8_t *)"PK\x03\x04", 4}, false},
        {{(const uint8_t *)"PK\x05\x06", 4}, false},
        {{(const uint8_t *)"7z\xbc\xaf\x27\x1c", 6}, false},
        {{(const uint8_t *)"\x1f\x8b", 2}, true},
        {{(const uint8_t *)"BZh", 3}, true},
        {{(const uint8_t *)"\xfd"
                           "7zXZ\0",
          6},
         true},
        {{(const uint8_t *)"\x28\xb5\x2f\xfd", 4}, true},
        {{(const uint8_t *)"\x04\x22\x4d\x18", 4}, true},
        {{(const uint8_t *)"\x5d\0\0\x80\0\xff\xff\xff\xff\xff\xff\xff\xff", 13}, true},
    };
    static const struct magic tar = {{(const uint8_t *)"ustar", 5}, false};
    for (size_t i = 0; i < ARRAY_SIZE(magics); i++)
        if (slice_starts(first, magics[i].bytes))
            return &magics[i];
    if (slice_starts(slice_part(first, TAR_MAGIC_OFFSET, 5), tar.bytes))
        return &tar;
    return NULL;
}

bool unpack_recognise(struct slice first) {
    return magic_find(first) != NULL;
}

bool unpack_is_single(struct slice first) {
    const struct magic *magic = magic_find(first);
    return magic && magic->single;
}

static struct unpacker *unpacker_make(const struct unpack_limits *limits) {
    struct unpacker *unpacker = memory_new(1, sizeof *unpacker);
    if (limits)
        unpacker->limits = *limits;
    if (!unpacker->limits.bytes_max)
        unpacker->limits.bytes_max = BYTES_MAX_DEFAULT;
    if (!unpacker->limits.entries_max)
        unpacker->limits.entries_max = ENTRIES_MAX_DEFAULT;
    if (!unpacker->limits.ratio_max)
        unpacker->limits.ratio_max = RATIO_MAX_DEFAULT;
    unpacker->fd = unpacker->plain_fd = -1;
    buffer_init(&unpacker->chinese, 2 * NAME_BYTES_MAX);
    unpacker->locale = newlocale(LC_CTYPE_MASK, "C.UTF-8", (locale_t)0);
    unpacker->archive = archive_read_new();
    // Only what is read inside this process: no filter that starts another program.
    static int (*const supports[])(struct archive *) = {
        archive_read_support_filter_gzip,  archive_read_support_filter_bzip2,
        archive_read_support_filter_xz,    archive_read_support_filter_lzma,
        archive_read_support_filter_zstd,  archive_read_support_filter_lz4,
        archive_read_support_format_zip,   archive_read_support_format_7zip,
        archive_read_support_format_tar,   archive_read_support_format_gnutar,
        archive_read_support_format_empty, archive_read_support_format_raw,
    };
    for (size_t i = 0; unpacker->archive && i < ARRAY_SIZE(supports); i++)
        supports[i](unpacker->archive);
    return unpacker;
}

// libarchive's words for what went wrong, or the stream's own.
static enum status unpacker_fail(struct unpacker *unpacker, struct problem *problem) {
    bool encrypted = unpacker->entry_encrypted;
    bool cut = unpacker->gunzip && gunzip_is_cut(unpacker->gunzip);
    if (unpacker->archive && !unpacker->entries)
        encrypted |= archive_read_has_encrypted_entries(unpacker->archive) > 0; // 7z headers
    unpacker->reason = encrypted ? "archive is encrypted"
                       : cut     ? "compressed data is cut off"
                                 : "archive is damaged";
    if (unpacker->gzip_problem.status != STATUS_OK) {
        unpacker->gzip_told = true;
        if (problem)
            *problem = unpacker->gzip_problem;
        return unpacker->gzip_problem.status;
    }
    if (unpacker->source_problem.status != STATUS_OK) {
        if (problem)
            *problem = unpacker->source_problem;
        return unpacker->source_problem.status;
    }
    const char *text = unpacker->archive ? archive_error_string(unpacker->archive) : NULL;
    return problem_set(problem, STATUS_FORMAT, "archive: %s", text ? text : "damaged");
}

static enum status unpacker_opened(struct unpacker *unpacker, int result,
                                   struct unpacker **ret_unpacker, struct problem *problem) {
    if (result == ARCHIVE_OK || result == ARCHIVE_WARN) {
        *ret_unpacker = unpacker;
        return STATUS_OK;
    }
    enum status status = unpacker_fail(unpacker, problem);
    unpacker_free(unpacker);
    return status;
}

static bool is_gzip(struct slice first) {
    return slice_starts(first, SLICE("\x1f\x8b"));
}

// What gunzip reads: a stream, whose first bytes were looked at, a file or memory.
static enum status unpacker_packed(void *context, void *to, size_t size, size_t *ret_size,
                                   struct problem *problem) {
    struct unpacker *unpacker = context;
    if (unpacker->source && unpacker->block_waits == 0)
        return unpacker->source(unpacker->context, to, size, ret_size, problem);
    if (unpacker->plain_fd >= 0) {
        ssize_t got = read(unpacker->plain_fd, to, size);
        *ret_size = got > 0 ? (size_t)got : 0;
        return got >= 0 ? STATUS_OK : problem_set_errno(problem, "archive");
    }
    struct slice from = unpacker->source ? slice_of(unpacker->block, unpacker->block_waits)
                                         : slice_part(unpacker->memory, 0, size);
    assert(from.size <= size);
    if (from.size)
        memcpy(to, from.data, from.size);
    unpacker->memory = slice_part(unpacker->memory, from.size, SIZE_MAX);
    unpacker->block_waits = 0;
    *ret_size = from.size;
    return STATUS_OK;
}

// Damage is an end at first: what was read before it has to come out.
static la_ssize_t unpacker_unzip(struct archive *archive, void *context, const void **ret_block) {
    (void)archive;
    struct unpacker *unpacker = context;
    size_t size = 0;
    enum status status =
        gunzip_read(unpacker->gunzip, unpacker->block, BLOCK_BYTES, &size, &unpacker->gzip_problem);
    unpacker->gzip_problem.status = status;
    *ret_block = unpacker->block;
    return status == STATUS_OK ? (la_ssize_t)size : 0;
}

static int unpacker_open_gzip(struct unpacker *unpacker) {
    unpacker->gunzip = gunzip_new(unpacker_packed, unpacker);
    return archive_read_open(unpacker->archive, unpacker, NULL, unpacker_unzip, NULL);
}

static int unpacker_open_fd(struct unpacker *unpacker, int fd) {
    uint8_t first[2];
    if (!unpacker->archive)
        return ARCHIVE_FATAL;
    if (pread(fd, first, sizeof first, 0) != (ssize_t)sizeof first ||
        !is_gzip(slice_of(first, sizeof first)))
        return archive_read_open_fd(unpacker->archive, fd, BLOCK_BYTES);
    unpacker->plain_fd = fd;
    return unpacker_open_gzip(unpacker);
}

enum status unpacker_new_path(const char *path, const struct unpack_limits *limits,
                              struct unpacker **ret_unpacker, struct problem *problem) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    struct unpacker *unpacker = unpacker_make(limits);
    unpacker->fd = fd;
    return unpacker_opened(unpacker, unpacker_open_fd(unpacker, fd), ret_unpacker, problem);
}

enum status unpacker_new_fd(int fd, const struct unpack_limits *limits,
                            struct unpacker **ret_unpacker, struct problem *problem) {
    if (lseek(fd, 0, SEEK_SET) != 0)
        return problem_set_errno(problem, "archive");
    struct unpacker *unpacker = unpacker_make(limits);
    return unpacker_opened(unpacker, unpacker_open_fd(unpacker, fd), ret_unpacker, problem);
}

enum status unpacker_new_bytes(struct slice bytes, const struct unpack_limits *limits,
                               struct unpacker **ret_unpacker, struct problem *problem) {
    struct unpacker *unpacker = unpacker_make(limits);
    int result = ARCHIVE_FATAL;
    unpacker->memory = bytes;
    if (unpacker->archive && is_gzip(bytes))
        result = unpacker_open_gzip(unpacker);
    else if (unpacker->archive)
        result = archive_read_open_memory(unpacker->archive, bytes.data, bytes.size);
    return unpacker_opened(unpacker, result, ret_unpacker, problem);
}

static la_ssize_t unpacker_pull(struct archive *archive, void *context, const void **ret_block) {
    struct unpacker *unpacker = context;
    size_t size = unpacker->block_waits;
    enum status status = STATUS_OK;
    unpacker->block_waits = 0;
    if (size == 0)
        status = unpacker->source(unpacker->context, unpacker->block, BLOCK_BYTES, &size,
                                  &unpacker->source_problem);
    if (status != STATUS_OK) {
        unpacker->source_problem.status = status;
        archive_set_error(archive, EIO, "the enclosing archive is damaged");
        return ARCHIVE_FATAL;
    }
    assert(size <= BLOCK_BYTES);
    *ret_block = unpacker->block;
    return (la_ssize_t)size;
}

enum status unpacker_new_stream(unpack_source *source, void *context,
                                const struct unpack_limits *limits, struct unpacker **ret_unpacker,
                                struct problem *problem) {
    struct unpacker *unpacker = unpacker_make(limits);
    unpacker->source = source;
    unpacker->context = context;
    int result = ARCHIVE_FATAL;
    unpacker->source_problem.status = source(context, unpacker->block, BLOCK_BYTES,
                                             &unpacker->block_waits, &unpacker->source_problem);
    if (unpacker->source_problem.status != STATUS_OK)
        return unpacker_opened(unpacker, result, ret_unpacker, problem);
    if (unpacker->archive && is_gzip(slice_of(unpacker->block, unpacker->block_waits)))
        result = unpacker_open_gzip(unpacker);
    else if (unpacker->archive)
        result = archive_read_open(unpacker->archive, unpacker, NULL, unpacker_pull, NULL);
    return unpacker_opened(unpacker, result, ret_unpacker, problem);
}

void unpacker_free(struct unpacker *unpacker) {
    if (!unpacker)
        return;
    if (unpacker->archive)
        archive_read_free(unpacker->archive);
    gunzip_free(unpacker->gunzip);
    if (unpacker->fd >= 0)
        close(unpacker->fd);
    if (unpacker->locale)
        freelocale(unpacker->locale);
    buffer_done(&unpacker->chinese);
    memory_free(unpacker);
}

const char *unpacker_reason(const struct unpacker *unpacker) {
    return unpacker->reason;
}

static struct slice entry_name(struct unpacker *unpacker, struct archive_entry *entry,
                               bool *ret_gb18030) {
    *ret_gb18030 = false;
    const char *name = archive_entry_pathname_utf8(entry);
    if (!name)
        name = archive_entry_pathname(entry);
    if (name && *name) {
        struct slice text = slice_part(slice_of_string(name), 0, NAME_BYTES_MAX);
        buffer_reset(&unpacker->chinese);
        *ret_gb18030 = !text_is_utf8(text) && chinese_is_gb18030(text) &&
                       chinese_append_utf8(&unpacker->chinese, text);
        return *ret_gb18030 ? buffer_slice(&unpacker->chinese) : text;
    }
    int size = snprintf(unpacker->name, sizeof unpacker->name, "entry-%llu",
                        (unsigned long long)unpacker->entries);
    return slice_of(unpacker->name, (size_t)size);
}

// A single file under gzip is called as gzip's header says.
static void entry_take_name(struct archive_entry *entry, struct slice name) {
    char text[NAME_BYTES_MAX];
    if (name.size == 0 || name.size >= sizeof text)
        return;
    memcpy(text, name.data, name.size);
    text[name.size] = '\0';
    archive_entry_set_pathname(entry, text);
}

// The next header that is a file's; ARCHIVE_EOF at the end.
static int unpacker_find_file(struct unpacker *unpacker, struct archive_entry **ret_entry) {
    for (;;) {
        int result = archive_read_next_header(unpacker->archive, ret_entry);
        if (result == ARCHIVE_EOF || result <= ARCHIVE_FAILED)
            return result;
        if (++unpacker->entries > unpacker->limits.entries_max)
            return ARCHIVE_OK; // the caller sees the count
        // The raw format gives type 0 or a file.
        unsigned type = archive_entry_filetype(*ret_entry);
        if ((type == AE_IFREG || type == 0) && !archive_entry_hardlink(*ret_entry))
            return ARCHIVE_OK;
    }
}

enum status unpacker_next(struct unpacker *unpacker, struct unpack_entry *ret_entry, bool *ret_more,
                          struct problem *problem) {
    locale_t before = unpacker->locale ? uselocale(unpacker->locale) : (locale_t)0;
    struct archive_entry *entry = NULL;
    unpacker->reason = NULL;
    unpacker->entry_encrypted = false;
    int result = unpacker_find_file(unpacker, &entry);
    enum status status = STATUS_OK;
    bool damaged = unpacker->gzip_problem.status != STATUS_OK && !unpacker->gzip_told;
    if (result == ARCHIVE_EOF && !damaged) {
        *ret_more = false;
    } else if (result == ARCHIVE_EOF || result <= ARCHIVE_FAILED) {
        status = unpacker_fail(unpacker, problem);
    } else if (unpacker->entries > unpacker->limits.entries_max) {
        unpacker->reason = "archive has more entries than the ceiling: the rest is not read";
        status = problem_set(problem, STATUS_LIMIT, "archive: more than %llu entries",
                             (unsigned long long)unpacker->limits.entries_max);
    } else {
        if (unpacker->gunzip && archive_format(unpacker->archive) == ARCHIVE_FORMAT_RAW)
            entry_take_name(entry, gunzip_name(unpacker->gunzip));
        bool sized = archive_entry_size_is_set(entry) && archive_entry_size(entry) >= 0;
        unpacker->entry_encrypted = archive_entry_is_data_encrypted(entry);
        ret_entry->name = entry_name(unpacker, entry, &ret_entry->name_gb18030);
        ret_entry->size = sized ? (uint64_t)archive_entry_size(entry) : UINT64_MAX;
        *ret_more = true;
    }
    if (before)
        uselocale(before);
    return status;
}

enum status unpacker_read(struct unpacker *unpacker, void *to, size_t size, size_t *ret_size,
                          struct problem *problem) {
    la_ssize_t got = archive_read_data(unpacker->archive, to, size);
    bool damaged = got == 0 && unpacker->gzip_problem.status != STATUS_OK && !unpacker->gzip_told;
    if (got < 0 || damaged)
        return unpacker_fail(unpacker, problem);
    unpacker->bytes += (uint64_t)got;
    if (unpacker->bytes > unpacker->limits.bytes_max) {
        unpacker->reason = "archive unpacks to more bytes than the ceiling: the rest is not read";
        return problem_set(problem, STATUS_LIMIT, "archive: more than %llu bytes unpacked",
                           (unsigned long long)unpacker->limits.bytes_max);
    }
    la_int64_t taken = archive_filter_bytes(unpacker->archive, -1);
    uint64_t packed = unpacker->gunzip ? gunzip_taken(unpacker->gunzip)
                      : taken > 0      ? (uint64_t)taken
                                       : 0;
    uint64_t base = packed + RATIO_FREE_BYTES / RATIO_MAX_DEFAULT;
    if (unpacker->bytes > RATIO_FREE_BYTES && unpacker->bytes / unpacker->limits.ratio_max > base) {
        unpacker->reason = "archive unpacks to too many times its size: the rest is not read";
        return problem_set(problem, STATUS_LIMIT, "archive: unpacks to more than %u times its size",
                           unpacker->limits.ratio_max);
    }
    unpacker->reason = NULL;
    *ret_size = (size_t)got;
    return STATUS_OK;
}
