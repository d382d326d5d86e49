// Entries of archives as sources
// SPDX-License-Identifier: Apache-2.0
#include "intake/archive_source.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/spool.h"
#include "base/unpack.h"

#include <assert.h>
#include <string.h>
#include <unistd.h>

enum {
    ARCHIVE_DEPTH_DEFAULT = 3,
    ARCHIVE_ENTRIES_MAX = 1000000,
    ARCHIVE_PATH_MAX = 64 * 1024,
    ARCHIVE_SPOOL_STEP = 256 * 1024,
    ARCHIVE_READ_STEP = 16 * 1024, // what damage in the middle of a read may cost
    ARCHIVE_MAGIC_BYTES = 16,      // shorter than where a tar's magic stands
};
#define ARCHIVE_BYTES_DEFAULT ((uint64_t)64 << 30)

void archive_walk_init(struct archive_walk *walk, struct source_list *sources,
                       const struct intake_options *options) {
    *walk = (struct archive_walk){.sources = sources,
                                  .bytes_max = options->archive_bytes_max,
                                  .depth_max = options->archive_depth_max,
                                  .ratio_max = options->archive_ratio_max,
                                  .spool_directory = options->spool_directory};
    if (!walk->bytes_max)
        walk->bytes_max = ARCHIVE_BYTES_DEFAULT;
    if (!walk->depth_max)
        walk->depth_max = ARCHIVE_DEPTH_DEFAULT;
    if (walk->depth_max > ARCHIVE_DEPTH_CEILING)
        walk->depth_max = ARCHIVE_DEPTH_CEILING;
    if (!walk->spool_directory)
        walk->spool_directory = "/tmp";
}

static struct archive_level *archive_top(struct archive_walk *walk) {
    return walk->depth ? &walk->levels[walk->depth - 1] : NULL;
}

static void archive_pop(struct archive_walk *walk) {
    struct archive_level *level = archive_top(walk);
    if (level->source->size == UINT64_MAX)
        level->source->size = level->pulled;
    unpacker_free(level->unpacker);
    open_file_drop(level->file);
    memory_free(level->first);
    *level = (struct archive_level){0};
    walk->depth--;
}

void archive_walk_done(struct archive_walk *walk) {
    while (walk->depth)
        archive_pop(walk);
}

bool archive_recognise(struct slice first, bool known) {
    if (unpack_recognise(slice_part(first, 0, ARCHIVE_MAGIC_BYTES)))
        return true;
    bool program = slice_starts(first, SLICE("MZ")) || slice_starts(first, SLICE("\x7f"
                                                                                 "ELF"));
    return !known && !program && unpack_recognise(first);
}

static void archive_gap(const struct source *source, const char *reason,
                        const struct gap_sink *gaps) {
    gap_sink_add(gaps, (struct gap){.source = source->index, .reason = reason});
}

// The bytes of a level that comes as a stream.
static size_t archive_level_read(struct archive_level *level, uint8_t *to, size_t size,
                                 const char **ret_damage) {
    size_t waiting = level->first_size - level->first_at;
    if (waiting == 0) {
        size_t got = level->stream.read(level->stream.context, to, size, ret_damage);
        level->pulled += got;
        return got;
    }
    if (waiting > size)
        waiting = size;
    memcpy(to, level->first + level->first_at, waiting);
    level->first_at += waiting;
    return waiting;
}

static enum status archive_pull(void *context, void *to, size_t size, size_t *ret_size,
                                struct problem *problem) {
    struct archive_level *level = context;
    size_t got = archive_level_read(level, to, size, &level->damage);
    if (got == 0 && level->damage)
        return problem_set(problem, STATUS_FORMAT, "%s", level->damage);
    *ret_size = got;
    return STATUS_OK;
}

// zip and 7z have their table of contents at the end.
static bool archive_must_seek(struct slice first) {
    return slice_starts(first, SLICE("PK")) || slice_starts(first, SLICE("7z\xbc\xaf"));
}

// Put the stream of `level` into a file without a name. NULL, or why not.
static const char *archive_spool(struct archive_walk *walk, struct archive_level *level) {
    int fd;
    struct problem problem;
    if (spool_open(walk->spool_directory, &fd, &problem) != STATUS_OK)
        return "no temporary file for an archive that comes as a stream";
    level->file = open_file_new(fd);
    uint8_t *piece = memory_new(ARCHIVE_SPOOL_STEP, 1);
    const char *reason = NULL;
    for (uint64_t offset = 0; !reason;) {
        // When the stream ends in damage, what there is of the archive is read all the same.
        size_t got = archive_level_read(level, piece, ARCHIVE_SPOOL_STEP, &level->damage);
        if (got == 0)
            break;
        if (offset + got > ARCHIVE_SPOOL_BYTES_MAX)
            reason = "archive in a stream is larger than 4 GiB: unpack it first";
        else if (spool_write(fd, offset, slice_of(piece, got), walk->spool_directory, &problem))
            reason = "temporary directory is full: archive in a stream not read";
        offset += got;
    }
    memory_free(piece);
    return reason;
}

static const char *archive_open(struct archive_walk *walk, struct archive_level *level) {
    struct unpack_limits limits = {.bytes_max = walk->bytes_left,
                                   .entries_max = walk->entries_left,
                                   .ratio_max = walk->ratio_max};
    struct slice first = slice_of(level->first, level->first_size);
    level->single = unpack_is_single(first);
    if (!level->file && archive_must_seek(first)) {
        const char *reason = archive_spool(walk, level);
        if (reason)
            return reason;
    }
    struct problem problem;
    enum status status =
        level->file
            ? unpacker_new_fd(open_file_fd(level->file), &limits, &level->unpacker, &problem)
            : unpacker_new_stream(archive_pull, level, &limits, &level->unpacker, &problem);
    if (status == STATUS_OK)
        return NULL;
    return level->damage ? level->damage : "archive is damaged";
}

void archive_push(struct archive_walk *walk, struct source *source, struct open_file *file,
                  struct stream stream, struct slice first, const struct gap_sink *gaps) {
    source->kind = SOURCE_CONTAINER;
    if (walk->depth >= walk->depth_max) {
        source->kind = SOURCE_UNREADABLE;
        archive_gap(source, "archives nested too deep: not read", gaps);
        return;
    }
    if (walk->depth == 0) {
        walk->bytes_left = walk->bytes_max;
        walk->entries_left = ARCHIVE_ENTRIES_MAX;
    }
    struct archive_level *level = &walk->levels[walk->depth++];
    *level = (struct archive_level){.walk = walk,
                                    .source = source,
                                    .stream = stream,
                                    .file = file ? open_file_take(file) : NULL};
    level->first = memory_new(first.size, 1);
    level->first_size = level->pulled = first.size;
    memcpy(level->first, first.data, first.size);
    const char *reason = archive_open(walk, level);
    if (reason) {
        source->kind = SOURCE_UNREADABLE;
        archive_gap(source, reason, gaps);
        archive_pop(walk);
    }
}

// The bytes of a level's entry in hand.
static size_t archive_read_entry(void *context, uint8_t *to, size_t size, const char **ret_damage) {
    struct archive_level *level = context;
    struct archive_walk *walk = level->walk;
    size_t got = 0;
    struct problem problem;
    if (size > ARCHIVE_READ_STEP)
        size = ARCHIVE_READ_STEP;
    enum status status = unpacker_read(level->unpacker, to, size, &got, &problem);
    if (status != STATUS_OK) {
        *ret_damage = level->damage ? level->damage : unpacker_reason(level->unpacker);
        level->over = status == STATUS_LIMIT;
        return 0;
    }
    if (got > walk->bytes_left) {
        *ret_damage = "archive unpacks to more bytes than the ceiling: the rest is not read";
        walk->bytes_left = 0;
        return 0;
    }
    walk->bytes_left -= got;
    return got;
}

// "a.json" out of "dir/a.json.gz".
static struct slice archive_single_name(struct slice path) {
    size_t from = path.size, to = path.size;
    while (from > 0 && path.data[from - 1] != '/' && path.data[from - 1] != '!')
        from--;
    for (size_t i = from + 1; i < path.size; i++)
        if (path.data[i] == '.')
            to = i;
    return slice_part(path, from, to - from);
}

// "case.zip!C/Windows/a.evtx"
static struct source *archive_add_entry(struct archive_walk *walk, struct archive_level *level,
                                        const struct unpack_entry *entry) {
    struct slice name = entry->name;
    if (level->single && slice_equal(name, SLICE("data")))
        name = archive_single_name(level->source->path);
    struct buffer path;
    buffer_init(&path, ARCHIVE_PATH_MAX);
    buffer_append_slice(&path, level->source->path);
    buffer_append_byte(&path, '!');
    buffer_append_slice(&path, name);
    // A size that cannot be is a lie, and counts as none.
    uint64_t size = entry->size <= walk->bytes_max ? entry->size : UINT64_MAX;
    struct source *source = source_list_add(walk->sources, buffer_slice(&path), size);
    buffer_done(&path);
    if (source)
        source->path_gb18030 = entry->name_gb18030;
    return source;
}

bool archive_next(struct archive_walk *walk, struct source **ret_source, struct stream *ret_stream,
                  const struct gap_sink *gaps) {
    while (walk->depth) {
        struct archive_level *level = archive_top(walk);
        struct unpack_entry entry;
        struct problem problem;
        bool more = false;
        const char *reason = NULL;
        if (!level->over && walk->bytes_left &&
            unpacker_next(level->unpacker, &entry, &more, &problem) != STATUS_OK)
            reason = level->damage ? level->damage : unpacker_reason(level->unpacker);
        if (more && walk->entries_left-- == 0)
            reason = "archive has more entries than the ceiling: the rest is not read";
        struct source *source = more && !reason ? archive_add_entry(walk, level, &entry) : NULL;
        if (source) {
            *ret_source = source;
            *ret_stream = (struct stream){.context = level, .read = archive_read_entry};
            return true;
        }
        if (more && !reason)
            reason = "too many sources: the rest of the archive is not read";
        if (more)
            walk->bytes_left = 0; // ends the archives around it too
        if (reason)
            archive_gap(level->source, reason, gaps);
        archive_pop(walk);
    }
    return false;
}
