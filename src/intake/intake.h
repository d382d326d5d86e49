// Door of the room: where bytes come from
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_INTAKE_H
#define INTAKE_INTAKE_H

#include "base/buffer.h"
#include "base/slice.h"
#include "base/status.h"
#include "model/decoder.h"
#include "model/gap.h"
#include "model/unit.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// One piece of evidence: a file, an entry of an archive, standard input. kind and decoder are
// settled before its first unit is handed out, the size of a stream after its last one; once
// intake_next has said there is no more, all of it is settled.
struct source {
    uint32_t index;
    struct slice path; // as given and found: "dir/a.evtx", "case.zip!C/Windows/.../a.evtx"
    uint64_t size;     // bytes (uncompressed); UINT64_MAX while unknown (streams)
    bool path_gb18030; // an archive's entry whose name was in GB18030
    struct slice host; // guessed from the path (KAPE, Velociraptor collections), or empty
    enum source_kind {
        SOURCE_EVIDENCE,
        SOURCE_CONTAINER,  // an archive: its entries are sources of their own
        SOURCE_UNREADABLE, // nothing of it was read; a gap says why
    } kind;
    // NULL for evidence of some size: no decoder knows it; counted and said.
    const struct decoder *decoder;
    // The found file it is, or is unpacked from; which of that file's entries it is, in the order
    // of unpacking: 0 is the file itself.
    uint32_t top;
    uint32_t sequence;
    int rank;            // of a found file: those of lower rank come first, then by path
    int64_t modified_ns; // of a found file; 0: not known
    bool skipped;        // the options said so
};

struct intake_options {
    const char *const *paths; // files, directories, globs, "-" for standard input
    size_t path_count;
    // How a source is recognised: decode_recognise, handed down so that intake does not know
    // the decode room.
    const struct decoder *(*recognise)(struct slice first, struct slice path);
    // What takes a source that nothing recognises; NULL: such a source is counted and said.
    const struct decoder *fallback;
    uint64_t archive_bytes_max; // uncompressed bytes of one archive; 0: the default, 64 GiB
    uint32_t archive_depth_max; // archives inside archives; 0: the default, 3
    uint32_t archive_ratio_max; // uncompressed / compressed; 0: the default, 1,000
    // Where archives that can only be read by seeking are put without a name when they come as
    // a stream (standard input, archives inside archives); NULL: /tmp.
    const char *spool_directory;
    // Set elsewhere: standard input is waited for no longer, as if it ended there. May be NULL.
    const atomic_bool *stop;
    // Asked before a found file is opened: true leaves it unread. May be NULL.
    bool (*skip)(void *context, const struct source *source);
    void *skip_context;
};

struct intake;
struct open_file;

// Finds what there is (names only, nothing decoded): servers' logs first, then hosts, then by
// path, so that the order of arguments does not matter. The same file given twice is one
// source. Fails only when a path given by the user does not exist or cannot be opened.
enum status intake_new(const struct intake_options *options, struct intake **ret_intake,
                       struct problem *problem);
void intake_free(struct intake *intake);

// Sources known so far; archives add theirs while they are read. Thread-safe; a source's
// address stays valid until intake_free.
size_t intake_count(struct intake *intake);
const struct source *intake_source(struct intake *intake, uint32_t index);

// Bytes to be read in all, as far as known now (for progress).
uint64_t intake_total_bytes(struct intake *intake);

// Memory of one worker's units, reused: 1 MiB, longer only for a line that needs it (ceiling
// 64 MiB; a longer line is a gap).
struct unit_buffer {
    uint8_t *data;
    size_t capacity;
    struct buffer header;   // unit->header
    struct open_file *file; // keeps the unit's fd open
};
void unit_buffer_init(struct unit_buffer *buffer);
void unit_buffer_done(struct unit_buffer *buffer);

// The next unit, or *ret_more = false at the end. Called by one thread at a time (the
// pipeline's lock). `buffer` is the caller's and holds the unit's bytes until the caller
// asks for another unit with the same buffer. Damage found on the way (an archive that ends
// early, a ceiling) is given to `gap` (context, gap), possibly with no unit for it.
enum status intake_next(struct intake *intake, struct unit_buffer *buffer, struct unit *ret_unit,
                        bool *ret_more, void (*gap)(void *context, const struct gap *gap),
                        void *context, struct problem *problem);

#endif
