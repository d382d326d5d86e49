// The evidence folder: files, citations, what survived
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVIDENCE_H
#define DRILL_EVIDENCE_H

#include "base/status.h"
#include "drill/deed.h"

#include <stdbool.h>
#include <stdint.h>

// Every file that a writer makes is known here, and for every deed of an attack the records that
// show it. Losing, clearing and damaging a log withdraws its citations, so that the truth says
// only what a responder can still find.
//
//     writer --evidence_add_file--> file number
//     writer --evidence_cite------> (deed, file, record, offset)   only for attack deeds
//     clear, damage --------------> citations of the bytes that went are withdrawn
struct evidence;

#define EVIDENCE_NO_FILE UINT32_MAX

enum {
    EVIDENCE_FILES_MAX = 1u << 20,
    EVIDENCE_CITATIONS_MAX = 1u << 22
};

// Which ends of its deed a record names (record_names.h): by a name or an address that is one
// host's, or by an address that another host had before and a third one will have. An ordinary one
// shows no end: that a program of Windows ran there, it says of most hosts.
enum evidence_names {
    EVIDENCE_NAMES_FROM = 1,
    EVIDENCE_NAMES_TO = 2,
    EVIDENCE_LEASED_FROM = 4,
    EVIDENCE_LEASED_TO = 8,
    EVIDENCE_ORDINARY = 16
};

// What a writer has to carry from a deed to the record it makes of it.
struct evidence_mark {
    uint64_t serial;   // of the deed
    uint32_t step;     // DEED_NO_STEP: nothing to cite
    uint32_t host;     // whose log it is
    int64_t time_ns;   // as the log shows it, UTC
    uint32_t from, to; // the deed's hosts, DEED_NO_HOST
    unsigned names;    // of enum evidence_names: of the record, once it is written
    uint32_t lease;    // the period of leases it was written in, then as well
};

// How a record names a host: EVIDENCE_NAMES_FROM and EVIDENCE_LEASED_FROM, whichever end it is.
static inline unsigned evidence_names_host(const struct evidence_mark *mark, uint32_t host) {
    return (mark->from == host ? mark->names & 5u : 0u) |
           (mark->to == host ? mark->names >> 1 & 5u : 0u);
}

struct evidence_citation {
    struct evidence_mark mark;
    uint32_t file;
    uint64_t record; // EVTX: record number in the file; text: line, counted from 1
    uint64_t offset; // of the record's first byte; EVTX: of its chunk
};

// Files go below `directory`, which must be empty or absent (STATUS_USAGE otherwise).
enum status evidence_new(const char *directory, struct evidence **ret_evidence,
                         struct problem *problem);
void evidence_free(struct evidence *evidence);

// A new file with this path below the directory ("servers/mail-01/C/inetpub/..."); its parents
// are made. *ret_path is where to create it; it lives as long as `evidence`. No ".." and no
// path twice: asserted.
enum status evidence_add_file(struct evidence *evidence, const char *path, uint32_t *ret_file,
                              const char **ret_path, struct problem *problem);

// Says that this record shows that deed. Does nothing for normal life.
void evidence_cite_kept(struct evidence *evidence, const struct evidence_mark *mark, uint32_t file,
                        uint64_t record, uint64_t offset);
static inline void evidence_cite(struct evidence *evidence, const struct evidence_mark *mark,
                                 uint32_t file, uint64_t record, uint64_t offset) {
    if (mark->step != DEED_NO_STEP)
        evidence_cite_kept(evidence, mark, file, record, offset);
}

// Of watched hosts it is kept in which periods of leases some record ties their address to them:
// without one, no reader can tell whose the address was. A record that is damaged or cleared
// later counts as well.
enum {
    EVIDENCE_LEASES_MAX = 63 // later ones count as the last
};
void evidence_watch(struct evidence *evidence, uint32_t host);
void evidence_tie(struct evidence *evidence, uint32_t host, uint32_t lease);
bool evidence_is_watched(const struct evidence *evidence, uint32_t host);
bool evidence_is_tied(const struct evidence *evidence, uint32_t host, uint32_t lease);

// Of its deed's hosts, a record shows those whose own log it is in, and those that it names, unless
// it is ordinary: who asked a controller about an account (4776) is no word about where he went.
bool evidence_shows(const struct evidence *evidence, const struct evidence_mark *mark,
                    uint32_t host);

// A finished file's size and records; once for each file.
void evidence_close_file(struct evidence *evidence, uint32_t file, uint64_t records,
                         uint64_t bytes);

// The bytes from `offset` on, `size` of them (UINT64_MAX: to the end), are gone or unreadable:
// citations of records that begin there are withdrawn. `record_bytes`: how far a record may
// reach from its offset (EVTX: the chunk); pass 1 for text when `offset` is a line's beginning.
void evidence_withdraw(struct evidence *evidence, uint32_t file, uint64_t offset, uint64_t size,
                       uint64_t record_bytes);

// A closed file is damaged and has so many bytes now; withdraw what went.
void evidence_damage_file(struct evidence *evidence, uint32_t file, uint64_t bytes);

// The file was put into an archive: citations then name the archive, '!' and the name in it.
void evidence_pack_file(struct evidence *evidence, uint32_t file, const char *archive,
                        const char *name);

// The rest is for the truth: all files, and the citations that stand, by step, serial, file,
// record.
struct evidence_file {
    const char *path;      // as a responder sees it, with "archive!" before it where packed
    const char *disk_path; // where it was written
    uint64_t records, bytes;
    bool damaged;
};
size_t evidence_file_count(const struct evidence *evidence);
struct evidence_file evidence_file_at(const struct evidence *evidence, uint32_t file);
const struct evidence_citation *evidence_citations(struct evidence *evidence, size_t *ret_count);
const char *evidence_directory(const struct evidence *evidence);

#endif
