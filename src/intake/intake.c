// Door of the room: where bytes come from
// SPDX-License-Identifier: Apache-2.0
#include "intake/intake.h"

#include "base/memory.h"
#include "intake/archive_source.h"
#include "intake/files.h"
#include "intake/lines.h"
#include "intake/open_file.h"
#include "intake/plain_file.h"
#include "intake/source_list.h"

#include <assert.h>
#include <string.h>

// What is in hand, and who gives the next unit:
//
//     found files -> plain file -> blocks by fd, or a cutter over its stream
//                 -> archive    -> entries -> a cutter over the entry's stream,
//                                          or one more archive on the stack
//
// Everything here runs under the caller's lock, in an order that only the evidence decides.

enum {
    INTAKE_FIRST_BYTES = 64 * 1024, // for recognition
    INTAKE_BUFFER_KEEP = 4 << 20,   // a unit buffer that grew larger is given back
};

enum intake_way {
    INTAKE_WAY_NONE,   // nothing in hand: open the next
    INTAKE_WAY_FILE,   // blocks of a plain file, read by the workers
    INTAKE_WAY_STREAM, // bytes read here
    INTAKE_WAY_WHOLE,  // all of a plain file, read by one worker
};

struct intake {
    const struct decoder *(*recognise)(struct slice first, struct slice path);
    const struct decoder *fallback;
    const char *spool_directory;
    const atomic_bool *stop;
    bool (*skip)(void *context, const struct source *source);
    void *skip_context;
    struct found_files found;
    size_t next_found;
    struct source_list sources;
    struct archive_walk archives;
    struct plain_file file; // the found file in hand
    uint8_t *first;         // first bytes of the source in hand

    enum intake_way way;
    struct source *source;
    struct cutter cutter;
};

enum status intake_new(const struct intake_options *options, struct intake **ret_intake,
                       struct problem *problem) {
    struct intake *intake = memory_new(1, sizeof *intake);
    intake->recognise = options->recognise;
    intake->fallback = options->fallback;
    intake->spool_directory = options->spool_directory ? options->spool_directory : "/tmp";
    intake->stop = options->stop;
    intake->skip = options->skip;
    intake->skip_context = options->skip_context;
    intake->first = memory_new(INTAKE_FIRST_BYTES, 1);
    found_files_init(&intake->found);
    source_list_init(&intake->sources);
    archive_walk_init(&intake->archives, &intake->sources, options);
    enum status status =
        found_files_add_paths(&intake->found, options->paths, options->path_count, problem);
    for (size_t i = 0; i < intake->found.count && status == STATUS_OK; i++) {
        const struct found_file *file = &intake->found.files[i];
        struct source *source = source_list_add(&intake->sources, file->path, file->size);
        if (!source) {
            status = problem_set(problem, STATUS_LIMIT, "too many files: scan them in parts");
            break;
        }
        source->rank = file->rank;
        source->modified_ns = file->modified_ns;
    }
    if (status != STATUS_OK) {
        intake_free(intake);
        return status;
    }
    *ret_intake = intake;
    return STATUS_OK;
}

// The source in hand has ended.
static void intake_put_down(struct intake *intake) {
    if (intake->way == INTAKE_WAY_STREAM) {
        if (intake->source->size == UINT64_MAX)
            intake->source->size = intake->cutter.position;
        cutter_done(&intake->cutter);
    }
    intake->source = NULL;
    intake->way = INTAKE_WAY_NONE;
}

void intake_free(struct intake *intake) {
    if (!intake)
        return;
    intake_put_down(intake);
    archive_walk_done(&intake->archives);
    plain_file_done(&intake->file);
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

// Cut a stream of which `first` was already taken.
static void intake_begin_stream(struct intake *intake, struct stream stream, struct slice first) {
    const struct source *source = intake->source;
    cutter_init(&intake->cutter, source->index, stream, first);
    intake->cutter.source_size = source->size;
    intake->cutter.headed = source->decoder->headed;
    intake->cutter.quoted = source->decoder->quoted;
    intake->cutter.record_start = source->decoder->record_start;
    if (source->decoder->division == DIVISION_CHUNKS) {
        intake->cutter.skip = source->decoder->division_header;
        intake->cutter.block_bytes = source->decoder->division_block;
    }
    intake->way = INTAKE_WAY_STREAM;
}

// Find out what the source in hand is; `plain`: it is intake->file.
static void intake_look_at(struct intake *intake, struct stream stream, bool plain,
                           const struct gap_sink *gaps) {
    struct source *source = intake->source;
    const char *damage = NULL;
    size_t got = stream_fill(&stream, intake->first, INTAKE_FIRST_BYTES, &damage);
    if (got == 0) {
        uint64_t lost = source->size == UINT64_MAX ? 0 : source->size;
        if (damage)
            intake_lose(source, lost, damage, gaps);
        else if (source->size == UINT64_MAX)
            source->size = 0;
        return;
    }
    struct slice first = slice_of(intake->first, got);
    const struct decoder *decoder = intake->recognise(first, source->path);
    if (archive_recognise(first, decoder != NULL)) {
        source_list_adjust_bytes(&intake->sources, 0,
                                 source->size == UINT64_MAX ? 0 : source->size);
        archive_push(&intake->archives, source, plain ? intake->file.file : NULL, stream, first,
                     gaps);
        return;
    }
    if (!decoder)
        decoder = intake->fallback;
    source->decoder = decoder;
    if (!decoder) {
        if (damage)
            intake_lose(source, 0, damage, gaps);
        return;
    }
    assert(decoder->division != DIVISION_CHUNKS || decoder->division_block > 0);
    if (plain && decoder->division == DIVISION_CHUNKS) {
        intake->file.at = decoder->division_header;
        intake->way = INTAKE_WAY_FILE;
    } else if (plain && decoder->division == DIVISION_FILE) {
        intake->file.at = 0;
        intake->way = INTAKE_WAY_WHOLE;
    } else {
        intake_begin_stream(intake, stream, first);
    }
    if (damage && intake->way == INTAKE_WAY_STREAM)
        cutter_end(&intake->cutter, damage, gaps);
}

// Put the next found file in hand, or find out why not.
static void intake_open_next(struct intake *intake, const struct gap_sink *gaps) {
    const struct found_file *found = &intake->found.files[intake->next_found];
    struct source *source = source_list_at(&intake->sources, (uint32_t)intake->next_found++);
    intake->source = source;
    intake->sources.top = source->index;
    intake->sources.sequence = 0;
    if (intake->skip && intake->skip(intake->skip_context, source)) {
        source->skipped = true;
        source_list_adjust_bytes(&intake->sources, 0, found->size == UINT64_MAX ? 0 : found->size);
        return;
    }
    if (found->trouble) {
        intake_lose(source, 0, found->trouble, gaps);
        return;
    }
    if (slice_equal(found->path, SLICE("-"))) {
        intake_look_at(intake, standard_input_stream(intake->stop), false, gaps);
        return;
    }
    const char *reason = plain_file_open(&intake->file, found);
    if (reason) {
        intake_lose(source, found->size, reason, gaps);
        return;
    }
    uint64_t size = intake->file.size;
    if (size < found->size)
        gap_sink_add(gaps, (struct gap){.source = source->index,
                                        .offset = size,
                                        .bytes = found->size - size,
                                        .reason = "file shrank since it was found"});
    source_list_adjust_bytes(&intake->sources, size, source->size);
    source->size = size;
    intake_look_at(intake, plain_file_stream(&intake->file), true, gaps);
}

static bool intake_next_piece(struct intake *intake, struct unit_buffer *buffer,
                              struct unit *ret_unit, const struct gap_sink *gaps) {
    struct cutter *cutter = &intake->cutter;
    switch (intake->way) {
    case INTAKE_WAY_NONE:
        return false;
    case INTAKE_WAY_FILE:
        return plain_file_next_blocks(&intake->file, intake->source, buffer, ret_unit, gaps);
    case INTAKE_WAY_WHOLE:
        return plain_file_next_whole(&intake->file, intake->source, buffer, ret_unit);
    case INTAKE_WAY_STREAM:
        break;
    }
    if (intake->source->decoder->division == DIVISION_FILE)
        return cutter_next_whole(cutter, intake->spool_directory, buffer, ret_unit, gaps);
    return cutter->block_bytes ? cutter_next_blocks(cutter, buffer, ret_unit, gaps)
                               : cutter_next_lines(cutter, buffer, ret_unit, gaps);
}

// Put the next source in hand; false when there is none.
static bool intake_step(struct intake *intake, const struct gap_sink *gaps) {
    intake_put_down(intake);
    struct stream stream;
    if (archive_next(&intake->archives, &intake->source, &stream, gaps)) {
        intake_look_at(intake, stream, false, gaps);
        return true;
    }
    plain_file_done(&intake->file);
    if (intake->next_found == intake->found.count)
        return false;
    intake_open_next(intake, gaps);
    return true;
}

// What the buffer's last unit needed is let go.
static void intake_empty_buffer(struct unit_buffer *buffer) {
    open_file_drop(buffer->file);
    buffer->file = NULL;
    if (buffer->capacity <= INTAKE_BUFFER_KEEP)
        return;
    unit_buffer_done(buffer);
    unit_buffer_init(buffer);
}

enum status intake_next(struct intake *intake, struct unit_buffer *buffer, struct unit *ret_unit,
                        bool *ret_more, void (*gap)(void *context, const struct gap *gap),
                        void *context, struct problem *problem) {
    (void)problem;
    struct gap_sink gaps = {.gap = gap, .context = context};
    intake_empty_buffer(buffer);
    do {
        *ret_more = intake_next_piece(intake, buffer, ret_unit, &gaps);
    } while (!*ret_more && intake_step(intake, &gaps));
    if (*ret_more)
        ret_unit->path = intake->source->path;
    return STATUS_OK;
}
