// Door of the room: where bytes come from
// SPDX-License-Identifier: Apache-2.0
#include "intake/intake.h"

#include "base/memory.h"
#include "intake/files.h"
#include "intake/lines.h"
#include "intake/open_file.h"
#include "intake/source_list.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    INTAKE_FIRST_BYTES = 64 * 1024, // for recognition
    INTAKE_BUFFER_KEEP = 4 << 20,   // a unit buffer that grew larger is given back
};

// How the source in hand is handed out.
enum intake_way {
    INTAKE_WAY_NONE, // nothing in hand: open the next
    INTAKE_WAY_FILE, // blocks of a plain file, read by the workers
    INTAKE_WAY_STREAM,
};

struct intake {
    struct intake_options options;
    struct found_files found;
    size_t next_found;
    struct source_list sources;
    uint8_t *first;

    enum intake_way way;
    struct source *source;
    struct open_file *file; // the plain file in hand
    uint64_t file_size;     // as it was when opened
    uint64_t file_at;       // next byte to be handed out
    struct cutter cutter;
};

enum status intake_new(const struct intake_options *options, struct intake **ret_intake,
                       struct problem *problem) {
    struct intake *intake = memory_new(1, sizeof *intake);
    intake->options = *options;
    intake->options.paths = NULL;
    intake->first = memory_new(INTAKE_FIRST_BYTES, 1);
    found_files_init(&intake->found);
    source_list_init(&intake->sources);
    enum status status =
        found_files_add_paths(&intake->found, options->paths, options->path_count, problem);
    for (size_t i = 0; i < intake->found.count && status == STATUS_OK; i++) {
        const struct found_file *file = &intake->found.files[i];
        if (!source_list_add(&intake->sources, file->path, file->size))
            status = problem_set(problem, STATUS_LIMIT, "too many files: scan them in parts");
    }
    if (status != STATUS_OK) {
        intake_free(intake);
        return status;
    }
    *ret_intake = intake;
    return STATUS_OK;
}

// Nothing is in hand any more.
static void intake_put_down(struct intake *intake) {
    if (intake->way == INTAKE_WAY_STREAM) {
        intake->source->size = intake->cutter.position;
        cutter_done(&intake->cutter);
    }
    open_file_drop(intake->file);
    intake->file = NULL;
    intake->source = NULL;
    intake->way = INTAKE_WAY_NONE;
}

void intake_free(struct intake *intake) {
    if (!intake)
        return;
    intake_put_down(intake);
    found_files_done(&intake->found);
    source_list_done(&intake->sources);
    memory_free(intake->first);
    memory_free(intake);
}

size_t intake_count(struct intake *intake) {
    return source_list_count(&intake->sources);
}

const struct source *intake_source(struct intake *intake, uint32_t index) {
    return source_list_at(&intake->sources, index);
}

uint64_t intake_total_bytes(struct intake *intake) {
    return source_list_total_bytes(&intake->sources);
}

static void intake_lose(struct source *source, uint64_t bytes, const char *reason,
                        const struct gap_sink *gaps) {
    source->kind = SOURCE_UNREADABLE;
    gap_sink_add(gaps, (struct gap){.source = source->index, .bytes = bytes, .reason = reason});
}

// A plain file as a stream, as long as it was when it was opened.
static size_t intake_read_file(void *context, uint8_t *to, size_t size, const char **ret_damage) {
    struct intake *intake = context;
    uint64_t left = intake->file_size - intake->file_at;
    if (left == 0)
        return 0;
    ssize_t got;
    do {
        got = pread(open_file_fd(intake->file), to, left < size ? (size_t)left : size,
                    (off_t)intake->file_at);
    } while (got < 0 && errno == EINTR);
    if (got <= 0) {
        *ret_damage = got == 0 ? "file shrank while it was read" : "file cannot be read further";
        return 0;
    }
    intake->file_at += (uint64_t)got;
    return (size_t)got;
}

static enum intake_way intake_begin_file(struct intake *intake, size_t first_size) {
    const struct decoder *decoder = intake->source->decoder;
    if (decoder->division == DIVISION_CHUNKS) {
        intake->file_at = decoder->division_header;
        return INTAKE_WAY_FILE;
    }
    intake->file_at = first_size;
    struct stream stream = {.context = intake, .read = intake_read_file};
    cutter_init(&intake->cutter, intake->source->index, stream,
                slice_of(intake->first, first_size));
    intake->cutter.source_size = intake->file_size;
    return INTAKE_WAY_STREAM;
}

// The file is open: find out what it is.
static void intake_look_at(struct intake *intake, uint64_t size_found,
                           const struct gap_sink *gaps) {
    struct source *source = intake->source;
    if (intake->file_size < size_found)
        gap_sink_add(gaps, (struct gap){.source = source->index,
                                        .offset = intake->file_size,
                                        .bytes = size_found - intake->file_size,
                                        .reason = "file shrank since it was found"});
    source_list_adjust_bytes(&intake->sources, intake->file_size, source->size);
    source->size = intake->file_size;
    if (intake->file_size == 0)
        return;
    const char *damage = NULL;
    struct stream stream = {.context = intake, .read = intake_read_file};
    intake->file_at = 0;
    size_t got = stream_fill(&stream, intake->first, INTAKE_FIRST_BYTES, &damage);
    if (got == 0) {
        intake_lose(source, intake->file_size, damage, gaps);
        return;
    }
    source->decoder = intake->options.recognise(slice_of(intake->first, got), source->path);
    if (source->decoder)
        intake->way = intake_begin_file(intake, got);
}

// Put the next file in hand, or find out why not.
static void intake_open_next(struct intake *intake, const struct gap_sink *gaps) {
    const struct found_file *found = &intake->found.files[intake->next_found];
    struct source *source = source_list_at(&intake->sources, (uint32_t)intake->next_found++);
    intake->source = source;
    if (found->trouble) {
        intake_lose(source, found->trouble_bytes, found->trouble, gaps);
        return;
    }
    int fd = open((const char *)found->path.data, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat information;
    if (fd < 0 || fstat(fd, &information) != 0 || !S_ISREG(information.st_mode)) {
        bool vanished = fd < 0 && (errno == ENOENT || errno == ENOTDIR);
        bool refused = fd < 0 && (errno == EACCES || errno == EPERM);
        if (fd >= 0)
            close(fd);
        intake_lose(source, found->size,
                    vanished  ? "file vanished since it was found"
                    : refused ? "file may not be read (permission denied)"
                              : "file cannot be opened",
                    gaps);
        return;
    }
    intake->file = open_file_new(fd);
    intake->file_size = (uint64_t)information.st_size;
    intake_look_at(intake, found->size, gaps);
}

// A piece of the plain file in hand; the worker reads it.
static bool intake_next_blocks(struct intake *intake, struct unit_buffer *buffer,
                               struct unit *ret_unit, const struct gap_sink *gaps) {
    uint64_t header = intake->source->decoder->division_header;
    uint64_t block = intake->source->decoder->division_block;
    if (intake->file_size < header) {
        gap_sink_add(gaps, (struct gap){.source = intake->source->index,
                                        .bytes = intake->file_size,
                                        .reason = "file ends inside its header"});
        return false;
    }
    if (intake->file_at >= intake->file_size)
        return false;
    struct stat now;
    if (fstat(open_file_fd(intake->file), &now) == 0 && (uint64_t)now.st_size < intake->file_size) {
        uint64_t end =
            (uint64_t)now.st_size > intake->file_at ? (uint64_t)now.st_size : intake->file_at;
        gap_sink_add(gaps, (struct gap){.source = intake->source->index,
                                        .offset = end,
                                        .bytes = intake->file_size - end,
                                        .reason = "file shrank while it was read"});
        intake->file_size = end;
        if (intake->file_at == end)
            return false;
    }
    uint64_t size = block < UNIT_BYTES ? UNIT_BYTES / block * block : block;
    uint64_t left = intake->file_size - intake->file_at;
    if (size > left)
        size = left;
    buffer->file = open_file_take(intake->file);
    *ret_unit = (struct unit){.source = intake->source->index,
                              .fd = open_file_fd(intake->file),
                              .offset = intake->file_at,
                              .size = size,
                              .source_size = intake->file_size};
    intake->file_at += size;
    return true;
}

static bool intake_next_piece(struct intake *intake, struct unit_buffer *buffer,
                              struct unit *ret_unit, const struct gap_sink *gaps) {
    if (intake->way == INTAKE_WAY_FILE)
        return intake_next_blocks(intake, buffer, ret_unit, gaps);
    if (intake->way == INTAKE_WAY_NONE)
        return false;
    return intake->cutter.block_bytes ? cutter_next_blocks(&intake->cutter, buffer, ret_unit, gaps)
                                      : cutter_next_lines(&intake->cutter, buffer, ret_unit, gaps);
}

// What the buffer's last unit needed is let go.
static void intake_empty_buffer(struct unit_buffer *buffer) {
    open_file_drop(buffer->file);
    buffer->file = NULL;
    if (buffer->capacity > INTAKE_BUFFER_KEEP)
        unit_buffer_done(buffer);
}

enum status intake_next(struct intake *intake, struct unit_buffer *buffer, struct unit *ret_unit,
                        bool *ret_more, void (*gap)(void *context, const struct gap *gap),
                        void *context, struct problem *problem) {
    (void)problem;
    struct gap_sink gaps = {.gap = gap, .context = context};
    intake_empty_buffer(buffer);
    for (;;) {
        if (intake_next_piece(intake, buffer, ret_unit, &gaps)) {
            *ret_more = true;
            return STATUS_OK;
        }
        intake_put_down(intake);
        if (intake->next_found == intake->found.count) {
            *ret_more = false;
            return STATUS_OK;
        }
        intake_open_next(intake, &gaps);
    }
}
