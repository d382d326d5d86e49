// The evidence folder: files, citations, what survived
// SPDX-License-Identifier: Apache-2.0
#include "drill/evidence.h"

#include "base/digest.h"
#include "base/durable_file.h"
#include "base/intern.h"
#include "base/memory.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    PATH_SIZE_MAX = 4096,
    PATHS_BYTES_MAX = 512 << 20
};

struct kept_file {
    uint32_t path, seen_path; // interned: below the directory; as a responder sees it
    uint64_t records, bytes;
    bool closed, damaged;
};

// Paths are interned: full paths live as long as the evidence. Citations are in order of
// writing until the truth asks for them.
struct evidence {
    char *directory;
    struct interner paths;
    struct kept_file *files;
    size_t file_count, file_capacity;
    struct evidence_citation *citations;
    size_t citation_count, citation_capacity;
    uint32_t last_parent; // the directory made last
    uint64_t *ties;       // by host: a bit a period of leases, and WATCHED
    size_t tie_count;
};

#define WATCHED (1ull << 63)

static bool is_empty_or_absent(const char *directory) {
    DIR *entries = opendir(directory);
    if (!entries)
        return errno == ENOENT || errno == ENOTDIR; // making it says what is wrong
    bool empty = true;
    for (struct dirent *entry = readdir(entries); entry && empty; entry = readdir(entries))
        empty = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
    closedir(entries);
    return empty;
}

enum status evidence_new(const char *directory, struct evidence **ret_evidence,
                         struct problem *problem) {
    size_t size = strlen(directory);
    if (size == 0 || size > PATH_SIZE_MAX / 2)
        return problem_set(problem, STATUS_USAGE, "no directory: %.80s", directory);
    if (!is_empty_or_absent(directory))
        return problem_set(problem, STATUS_USAGE, "%s is not an empty directory", directory);
    char *copy = memory_keep_text(directory, size);
    enum status status = durable_directory_make(copy, 0755, problem);
    if (status != STATUS_OK) {
        memory_free(copy);
        return status;
    }
    struct evidence *evidence = memory_new(1, sizeof *evidence);
    evidence->directory = copy;
    evidence->last_parent = INTERN_FULL;
    intern_init(&evidence->paths, 4 * EVIDENCE_FILES_MAX, PATHS_BYTES_MAX);
    *ret_evidence = evidence;
    return STATUS_OK;
}

void evidence_free(struct evidence *evidence) {
    if (!evidence)
        return;
    intern_done(&evidence->paths);
    memory_free(evidence->directory);
    memory_free(evidence->files);
    memory_free(evidence->citations);
    memory_free(evidence->ties);
    memory_free(evidence);
}

void evidence_watch(struct evidence *evidence, uint32_t host) {
    if (host >= evidence->tie_count) {
        size_t count = 2 * (size_t)host + 64;
        evidence->ties = memory_resize(evidence->ties, count, sizeof *evidence->ties);
        memset(evidence->ties + evidence->tie_count, 0,
               (count - evidence->tie_count) * sizeof *evidence->ties);
        evidence->tie_count = count;
    }
    evidence->ties[host] |= WATCHED;
}

static uint64_t lease_bit(uint32_t lease) {
    return 1ull << (lease < EVIDENCE_LEASES_MAX ? lease : EVIDENCE_LEASES_MAX - 1);
}

bool evidence_is_watched(const struct evidence *evidence, uint32_t host) {
    return host < evidence->tie_count && evidence->ties[host] & WATCHED;
}

bool evidence_is_tied(const struct evidence *evidence, uint32_t host, uint32_t lease) {
    return host < evidence->tie_count && evidence->ties[host] & lease_bit(lease);
}

void evidence_tie(struct evidence *evidence, uint32_t host, uint32_t lease) {
    if (evidence_is_watched(evidence, host))
        evidence->ties[host] |= lease_bit(lease);
}

bool evidence_shows(const struct evidence *evidence, const struct evidence_mark *mark,
                    uint32_t host) {
    unsigned names = evidence_names_host(mark, host);
    if (mark->names & EVIDENCE_ORDINARY)
        return false;
    return mark->host == host || names & EVIDENCE_NAMES_FROM ||
           (names & EVIDENCE_LEASED_FROM && evidence_is_tied(evidence, host, mark->lease));
}

static struct kept_file *new_file(struct evidence *evidence) {
    if (evidence->file_count == evidence->file_capacity) {
        evidence->file_capacity = evidence->file_capacity ? 2 * evidence->file_capacity : 256;
        evidence->files =
            memory_resize(evidence->files, evidence->file_capacity, sizeof *evidence->files);
    }
    struct kept_file *file = &evidence->files[evidence->file_count++];
    *file = (struct kept_file){0};
    return file;
}

enum status evidence_add_file(struct evidence *evidence, const char *path, uint32_t *ret_file,
                              const char **ret_path, struct problem *problem) {
    char whole[PATH_SIZE_MAX];
    assert(path[0] != '/' && !strstr(path, ".."));
    int size = snprintf(whole, sizeof whole, "%s/%s", evidence->directory, path);
    if (size < 0 || (size_t)size >= sizeof whole || evidence->file_count == EVIDENCE_FILES_MAX)
        return problem_set(problem, STATUS_LIMIT, "too many files, or too long a path: %s", path);
    assert(intern_find(&evidence->paths, slice_of_string(whole)) == INTERN_FULL);
    char *slash = strrchr(whole, '/');
    *slash = 0;
    uint32_t parent = intern_add(&evidence->paths, slice_of_string(whole));
    if (parent != evidence->last_parent) {
        enum status status = durable_directory_make(whole, 0755, problem);
        if (status != STATUS_OK)
            return status;
        evidence->last_parent = parent;
    }
    *slash = '/';
    uint32_t kept = intern_add(&evidence->paths, slice_of_string(whole));
    uint32_t seen = intern_add(&evidence->paths, slice_of_string(path));
    if (kept == INTERN_FULL || seen == INTERN_FULL)
        return problem_set(problem, STATUS_LIMIT, "too many files");
    struct kept_file *file = new_file(evidence);
    file->path = kept;
    file->seen_path = seen;
    *ret_file = (uint32_t)evidence->file_count - 1;
    *ret_path = (const char *)intern_text(&evidence->paths, kept).data;
    return STATUS_OK;
}

// Beyond the ceiling citations are left out: the truth then shows fewer records of a step, never
// a wrong one.
void evidence_cite_kept(struct evidence *evidence, const struct evidence_mark *mark, uint32_t file,
                        uint64_t record, uint64_t offset) {
    assert(file < evidence->file_count);
    if (evidence->citation_count == EVIDENCE_CITATIONS_MAX)
        return;
    if (evidence->citation_count == evidence->citation_capacity) {
        evidence->citation_capacity =
            evidence->citation_capacity ? 2 * evidence->citation_capacity : 1024;
        evidence->citations = memory_resize(evidence->citations, evidence->citation_capacity,
                                            sizeof *evidence->citations);
    }
    evidence->citations[evidence->citation_count++] =
        (struct evidence_citation){*mark, file, record, offset};
}

void evidence_close_file(struct evidence *evidence, uint32_t file, uint64_t records,
                         uint64_t bytes) {
    assert(file < evidence->file_count && !evidence->files[file].closed);
    evidence->files[file].closed = true;
    evidence->files[file].records = records;
    evidence->files[file].bytes = bytes;
}

void evidence_withdraw(struct evidence *evidence, uint32_t file, uint64_t offset, uint64_t size,
                       uint64_t record_bytes) {
    assert(file < evidence->file_count && record_bytes > 0);
    uint64_t end = size > UINT64_MAX - offset ? UINT64_MAX : offset + size;
    size_t kept = 0;
    for (size_t i = 0; i < evidence->citation_count; i++) {
        const struct evidence_citation *citation = &evidence->citations[i];
        bool hit = citation->file == file && citation->offset < end &&
                   citation->offset + record_bytes > offset;
        if (!hit)
            evidence->citations[kept++] = *citation;
    }
    evidence->citation_count = kept;
}

void evidence_damage_file(struct evidence *evidence, uint32_t file, uint64_t bytes) {
    assert(file < evidence->file_count);
    evidence->files[file].damaged = true;
    evidence->files[file].bytes = bytes;
}

void evidence_pack_file(struct evidence *evidence, uint32_t file, const char *archive,
                        const char *name) {
    assert(file < evidence->file_count);
    char path[PATH_SIZE_MAX];
    snprintf(path, sizeof path, "%s!%s", archive, name);
    uint32_t seen = intern_add(&evidence->paths, slice_of_string(path));
    assert(seen != INTERN_FULL);
    evidence->files[file].seen_path = seen;
}

size_t evidence_file_count(const struct evidence *evidence) {
    return evidence->file_count;
}

struct evidence_file evidence_file_at(const struct evidence *evidence, uint32_t file) {
    assert(file < evidence->file_count);
    const struct kept_file *kept = &evidence->files[file];
    return (struct evidence_file){
        .path = (const char *)intern_text(&evidence->paths, kept->seen_path).data,
        .disk_path = (const char *)intern_text(&evidence->paths, kept->path).data,
        .records = kept->records,
        .bytes = kept->bytes,
        .damaged = kept->damaged,
    };
}

static int compare(uint64_t a, uint64_t b) {
    return a < b ? -1 : a > b;
}

static int compare_citations(const void *a, const void *b) {
    const struct evidence_citation *x = a, *y = b;
    int order = compare(x->mark.step, y->mark.step);
    if (order == 0)
        order = compare(x->mark.serial, y->mark.serial);
    if (order == 0)
        order = compare(x->file, y->file);
    return order ? order : compare(x->record, y->record);
}

const struct evidence_citation *evidence_citations(struct evidence *evidence, size_t *ret_count) {
    if (evidence->citation_count)
        qsort(evidence->citations, evidence->citation_count, sizeof *evidence->citations,
              compare_citations);
    *ret_count = evidence->citation_count;
    return evidence->citations;
}

const char *evidence_directory(const struct evidence *evidence) {
    return evidence->directory;
}
