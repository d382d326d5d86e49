// Hosts' files as collectors bring them: zipped
// SPDX-License-Identifier: Apache-2.0
#include "drill/evidence_pack.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/pack.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
    PATH_SIZE_MAX = 4096,
    PIECE_SIZE = 256 * 1024,
    NOTES_MAX = 1 << 20, // what a collector says of its own
    HOSTS_BETWEEN = 3,
    SERVERS_BETWEEN = 4
};
#define PACKED_BYTES_MAX (UINT64_C(2) << 30)
#define PURPOSE 0x9ACC

// As KAPE lays it out:             C/Windows/System32/winevt/Logs/System.evtx
// As Velociraptor does:            uploads/auto/C%3A/Windows/System32/winevt/Logs/System.evtx
//                                  collection_context.json, client_info.json, results/
struct packing {
    struct evidence *evidence;
    const struct host *host;
    const char *directory;
    uint32_t first, end;
    int64_t time_ns;
    bool velociraptor;
    struct packer *packer;
    uint8_t *piece;
    struct problem *problem;
};

// The path below the host's directory; NULL for what no collector takes.
static const char *path_inside(const struct packing *packing, uint32_t file) {
    size_t size = strlen(packing->directory);
    const char *path = evidence_file_at(packing->evidence, file).path;
    bool inside = strncmp(path, packing->directory, size) == 0 && path[size] == '/';
    return inside && strncmp(path + size + 1, "C/", 2) == 0 ? path + size + 1 : NULL;
}

static bool is_wanted(const struct packing *packing) {
    struct dice dice;
    uint64_t bytes = 0, count = 0;
    host_dice_init(&dice, packing->host, PURPOSE);
    if (!dice_one_in(&dice, packing->host->central ? SERVERS_BETWEEN : HOSTS_BETWEEN))
        return false;
    for (uint32_t i = packing->first; i < packing->end; i++) {
        if (!path_inside(packing, i))
            continue;
        bytes += evidence_file_at(packing->evidence, i).bytes;
        count++;
    }
    return count > 0 && count < PACK_ENTRIES_MAX / 2 && bytes < PACKED_BYTES_MAX;
}

// Velociraptor writes ':' as %3A and '%' as %25.
static void name_inside(const struct packing *packing, const char *path, char ret[PATH_SIZE_MAX]) {
    struct buffer name;
    buffer_init(&name, PATH_SIZE_MAX - 1);
    buffer_append_text(&name, packing->velociraptor ? "uploads/auto/C%3A" : "C");
    for (const char *at = path + 1; *at; at++) {
        if (*at == '%' && packing->velociraptor)
            buffer_append_text(&name, "%25");
        else
            buffer_append_byte(&name, (uint8_t)*at);
    }
    memcpy(ret, name.data, name.size);
    ret[name.size] = 0;
    buffer_done(&name);
}

static enum status pack_bytes(const struct packing *packing, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    enum status status = STATUS_OK;
    if (fd < 0)
        return problem_set_errno(packing->problem, "open %s", path);
    for (ssize_t got = 1; status == STATUS_OK && got > 0;) {
        got = read(fd, packing->piece, PIECE_SIZE);
        if (got < 0)
            status = problem_set_errno(packing->problem, "read %s", path);
        else
            status = packer_add(packing->packer, slice_of(packing->piece, (size_t)got),
                                packing->problem);
    }
    close(fd);
    return status;
}

// Directories that are empty now go too, up to the host's own.
static void remove_file(const struct packing *packing, const char *path) {
    char parent[PATH_SIZE_MAX];
    size_t shortest = strlen(evidence_directory(packing->evidence)) + strlen(packing->directory);
    unlink(path);
    snprintf(parent, sizeof parent, "%s", path);
    for (char *slash = strrchr(parent, '/'); slash; slash = strrchr(parent, '/')) {
        *slash = 0;
        if (strlen(parent) <= shortest || rmdir(parent) != 0)
            break;
    }
}

static enum status pack_file(const struct packing *packing, const char *archive, uint32_t file) {
    char name[PATH_SIZE_MAX];
    const char *path = evidence_file_at(packing->evidence, file).disk_path;
    name_inside(packing, path_inside(packing, file), name);
    enum status status = packer_begin(packing->packer, slice_of_string(name), packing->problem);
    if (status == STATUS_OK)
        status = pack_bytes(packing, path);
    if (status == STATUS_OK)
        status = packer_end(packing->packer, packing->problem);
    if (status != STATUS_OK)
        return status;
    remove_file(packing, path);
    evidence_pack_file(packing->evidence, file, archive, name);
    return STATUS_OK;
}

static enum status pack_note(const struct packing *packing, const char *name, struct buffer *text) {
    enum status status = packer_begin(packing->packer, slice_of_string(name), packing->problem);
    if (status == STATUS_OK)
        status = packer_add(packing->packer, buffer_slice(text), packing->problem);
    if (status == STATUS_OK)
        status = packer_end(packing->packer, packing->problem);
    buffer_reset(text);
    return status;
}

static void put_upload(const struct packing *packing, uint32_t file, struct buffer *text) {
    char path[PATH_SIZE_MAX];
    snprintf(path, sizeof path, "C:%s", path_inside(packing, file) + 1);
    for (char *at = path; *at; at++)
        *at = *at == '/' ? '\\' : *at;
    buffer_append_text(text, "{\"SourceFile\":");
    text_append_json(text, slice_of_string(path));
    buffer_append_format(text, ",\"Size\":%llu}\n",
                         (unsigned long long)evidence_file_at(packing->evidence, file).bytes);
}

// What Velociraptor says of a collection, in short. Before the files: those leave the disk.
static enum status pack_notes(const struct packing *packing) {
    struct buffer text;
    buffer_init(&text, NOTES_MAX);
    long long seconds = packing->time_ns / 1000000000ll;
    buffer_append_format(&text,
                         "{\"session_id\":\"F.%012llX\",\"request\":{\"artifacts\":"
                         "[\"Windows.KapeFiles.Targets\"]},\"create_time\":%lld,\"state\":"
                         "\"FINISHED\"}\n",
                         (unsigned long long)(packing->host->seed >> 16), seconds);
    enum status status = pack_note(packing, "collection_context.json", &text);
    buffer_append_format(&text, "{\"Hostname\":\"%s\",\"Fqdn\":\"%s\",\"OS\":\"windows\"}\n",
                         packing->host->name, packing->host->fqdn);
    if (status == STATUS_OK)
        status = pack_note(packing, "client_info.json", &text);
    for (uint32_t i = packing->first; i < packing->end; i++)
        if (path_inside(packing, i))
            put_upload(packing, i, &text);
    if (status == STATUS_OK)
        status = pack_note(packing, "results/Windows.KapeFiles.Targets%2FUploads.json", &text);
    buffer_done(&text);
    return status;
}

static enum status pack_all(const struct packing *packing, const char *archive) {
    enum status status = packing->velociraptor ? pack_notes(packing) : STATUS_OK;
    for (uint32_t i = packing->first; i < packing->end && status == STATUS_OK; i++)
        if (path_inside(packing, i))
            status = pack_file(packing, archive, i);
    return status == STATUS_OK ? packer_close(packing->packer, packing->problem) : status;
}

enum status evidence_pack_host(struct evidence *evidence, const struct host *host,
                               const char *directory, uint32_t first, int64_t time_ns,
                               struct problem *problem) {
    char archive[PATH_SIZE_MAX], whole[PATH_SIZE_MAX];
    struct packing packing = {.evidence = evidence,
                              .host = host,
                              .directory = directory,
                              .first = first,
                              .end = (uint32_t)evidence_file_count(evidence),
                              .time_ns = time_ns,
                              .velociraptor = host->seed >> 40 & 1,
                              .problem = problem};
    if (!is_wanted(&packing))
        return STATUS_OK;
    snprintf(archive, sizeof archive, "%s.zip", directory);
    int size = snprintf(whole, sizeof whole, "%s/%s", evidence_directory(evidence), archive);
    if (size < 0 || (size_t)size >= sizeof whole)
        return problem_set(problem, STATUS_LIMIT, "too long a path: %s", archive);
    enum status status = packer_new(whole, time_ns, &packing.packer, problem);
    if (status != STATUS_OK)
        return status;
    packing.piece = memory_new(PIECE_SIZE, 1);
    status = pack_all(&packing, archive);
    memory_free(packing.piece);
    packer_free(packing.packer);
    return status;
}
