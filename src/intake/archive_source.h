// Entries of archives as sources
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_ARCHIVE_SOURCE_H
#define INTAKE_ARCHIVE_SOURCE_H

#include "intake/intake.h"
#include "intake/open_file.h"
#include "intake/source_list.h"
#include "intake/stream.h"

#include <stdbool.h>

enum {
    ARCHIVE_FIRST_BYTES = 64 * 1024, // what recognition sees
    ARCHIVE_DEPTH_CEILING = 8,       // of options.archive_depth_max
};

// What an archive that must be read by seeking may take of the spool directory.
#define ARCHIVE_SPOOL_BYTES_MAX ((uint64_t)4 << 30)

struct unpacker;

// One archive being read. The innermost of the stack is the one in hand:
//
//     levels[0] case.zip            a file, or standard input
//     levels[1] case.zip!logs.7z    the entry of levels[0] that is in hand
struct archive_level {
    struct archive_walk *walk;
    struct source *source;
    struct unpacker *unpacker;
    struct open_file *file; // what the unpacker reads, when that is a file
    struct stream stream;   // else: where its bytes come from, after `first`
    uint8_t *first;
    size_t first_size, first_at;
    uint64_t pulled;    // bytes taken from the stream, `first` included
    const char *damage; // of the stream below, once it has ended so
    bool single;        // one compressed file, its entry named after it
    bool over;          // a ceiling was passed: no more of it
};

// Nothing of an archive is ever written anywhere under a name: entry names are only names.
struct archive_walk {
    struct source_list *sources;
    uint64_t bytes_max;
    uint32_t depth_max, ratio_max;
    const char *spool_directory;
    struct archive_level levels[ARCHIVE_DEPTH_CEILING];
    size_t depth;
    uint64_t bytes_left, entries_left; // of the outermost archive, shared with those inside
};

void archive_walk_init(struct archive_walk *walk, struct source_list *sources,
                       const struct intake_options *options);
void archive_walk_done(struct archive_walk *walk);

// Whether `first`, at least 512 bytes where there are as many, starts an archive. `known`: a
// decoder knows it too, or the program's magic stands there (a program may carry an archive); then
// only an archive's magic at the very start counts.
bool archive_recognise(struct slice first, bool known);

// Go into an archive: an open file, or (file NULL) a stream of which `first` was already taken.
// It becomes the one in hand; what cannot be opened becomes a gap. A stream must live until
// archive_next has left the archive.
void archive_push(struct archive_walk *walk, struct source *source, struct open_file *file,
                  struct stream stream, struct slice first, const struct gap_sink *gaps);

// The next entry; leaves archives that have ended. False when none is left. `ret_stream` gives
// the entry's bytes until the next call.
bool archive_next(struct archive_walk *walk, struct source **ret_source, struct stream *ret_stream,
                  const struct gap_sink *gaps);

#endif
