// Windows event logs, written as Windows does
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_writer.h"

#include "base/digest.h"
#include "base/memory.h"
#include "drill/evtx_record.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    FILE_HEADER_SIZE = 4096,
    FILE_HEADER_USED = 128,
    FILE_HEADER_CHECKED = 120, // the bytes its CRC covers
    FILE_VERSION_MAJOR = 3,
    FILE_VERSION_MINOR = 1
};

struct evtx_writer {
    struct evtx_chunk chunk;
    char *path;
    int fd;
    size_t hosts_max;
    uint64_t chunk_count; // on disk
    uint64_t record_count;
};

enum status evtx_writer_open(const struct evtx_catalogue *catalogue, const char *path,
                             size_t hosts_max, struct evtx_writer **ret_writer,
                             struct problem *problem) {
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return problem_set_errno(problem, "create %s", path);
    struct evtx_writer *writer = memory_new(1, sizeof *writer);
    writer->fd = fd;
    writer->path = memory_keep_text(path, strlen(path));
    writer->hosts_max = hosts_max;
    evtx_chunk_init(&writer->chunk, &catalogue->names,
                    catalogue->type_count + hosts_max * catalogue->root_count);
    *ret_writer = writer;
    return STATUS_OK;
}

static enum status write_at(const struct evtx_writer *writer, struct slice bytes, uint64_t offset,
                            struct problem *problem) {
    while (bytes.size) {
        ssize_t written = pwrite(writer->fd, bytes.data, bytes.size, (off_t)offset);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return problem_set_errno(problem, "write %s", writer->path);
        bytes = slice_part(bytes, (size_t)written, SIZE_MAX);
        offset += (uint64_t)written;
    }
    return STATUS_OK;
}

static enum status write_chunk(struct evtx_writer *writer, struct problem *problem) {
    if (!writer->chunk.first_record)
        return STATUS_OK;
    evtx_chunk_seal(&writer->chunk);
    enum status status =
        write_at(writer, slice_of(writer->chunk.bytes, EVTX_CHUNK_SIZE),
                 FILE_HEADER_SIZE + writer->chunk_count * EVTX_CHUNK_SIZE, problem);
    if (status != STATUS_OK)
        return status;
    writer->chunk_count++;
    evtx_chunk_reset(&writer->chunk);
    return STATUS_OK;
}

enum status evtx_writer_append(struct evtx_writer *writer, const struct evtx_record *record,
                               struct problem *problem) {
    struct evtx_chunk *chunk = &writer->chunk;
    uint64_t number = writer->record_count + 1;
    if (record->host->number >= writer->hosts_max)
        return problem_set(problem, STATUS_LIMIT, "%s: more than %zu hosts", writer->path,
                           writer->hosts_max);
    for (int attempt = 0; attempt < 2; attempt++) {
        uint32_t used = chunk->used;
        size_t changes = chunk->change_count;
        evtx_record_put(chunk, record, number);
        if (!chunk->full) {
            writer->record_count = number;
            return STATUS_OK;
        }
        evtx_chunk_roll_back(chunk, used, changes);
        enum status status = write_chunk(writer, problem);
        if (status != STATUS_OK)
            return status;
    }
    return problem_set(problem, STATUS_LIMIT, "%s: a record is larger than a chunk", writer->path);
}

//     "ElfFile" 0, u64 first chunk, u64 last chunk, u64 next record number, u32 128, u16 minor,
//     u16 major, u16 4096, u16 chunk count | 120 u32 flags, u32 CRC of bytes 0 to 119
static enum status write_header(struct evtx_writer *writer, struct problem *problem) {
    uint8_t header[FILE_HEADER_SIZE] = "ElfFile";
    uint64_t numbers[3] = {0, writer->chunk_count ? writer->chunk_count - 1 : 0,
                           writer->record_count + 1};
    uint32_t size = FILE_HEADER_USED;
    // The count is a 16-bit field: files over 4 GiB let it wrap.
    uint16_t words[4] = {FILE_VERSION_MINOR, FILE_VERSION_MAJOR, FILE_HEADER_SIZE,
                         (uint16_t)writer->chunk_count};
    memcpy(header + 8, numbers, sizeof numbers);
    memcpy(header + 32, &size, sizeof size);
    memcpy(header + 36, words, sizeof words);
    uint32_t crc = digest_crc32(0, slice_of(header, FILE_HEADER_CHECKED));
    memcpy(header + FILE_HEADER_CHECKED + 4, &crc, sizeof crc);
    return write_at(writer, slice_of(header, sizeof header), 0, problem);
}

enum status evtx_writer_close(struct evtx_writer *writer, struct problem *problem) {
    if (!writer)
        return STATUS_OK;
    enum status status = write_chunk(writer, problem);
    if (status == STATUS_OK)
        status = write_header(writer, problem);
    if (close(writer->fd) != 0 && status == STATUS_OK)
        status = problem_set_errno(problem, "close %s", writer->path);
    evtx_chunk_done(&writer->chunk);
    memory_free(writer->path);
    memory_free(writer);
    return status;
}

uint64_t evtx_writer_records(const struct evtx_writer *writer) {
    return writer->record_count;
}

uint64_t evtx_writer_bytes(const struct evtx_writer *writer) {
    uint64_t chunks = writer->chunk_count + (writer->chunk.first_record ? 1 : 0);
    return FILE_HEADER_SIZE + EVTX_CHUNK_SIZE * chunks;
}
