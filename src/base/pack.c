// Writing a .zip, one entry at a time
// SPDX-License-Identifier: Apache-2.0
#include "base/pack.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>
#include <fcntl.h>
#include <isa-l/igzip_lib.h>
#include <unistd.h>

// Layout (APPNOTE.TXT 4.3):
//
//     local header, name, deflated bytes | ... | central headers | end of central directory
//
// A local header is written with zeros first, and again when its sizes are known.
enum {
    OUTPUT_SIZE = 256 * 1024,
    CENTRAL_BYTES_MAX = 64 << 20,
    NAME_SIZE_MAX = 4096,
    VERSION = 20,        // deflate
    FLAG_UTF8 = 1 << 11, // names are UTF-8
    METHOD_DEFLATE = 8
};
#define ARCHIVE_BYTES_MAX UINT64_C(0xFFFFFFFF)

struct packer {
    int fd;
    uint32_t time; // DOS: date in the upper half
    uint64_t size; // of the archive so far
    struct buffer central;
    uint32_t entry_count;
    // The entry in hand.
    char name[NAME_SIZE_MAX];
    size_t name_size;
    uint64_t entry_offset, entry_bytes, packed_bytes;
    uint32_t crc;
    struct isal_zstream stream;
    uint8_t level_buffer[ISAL_DEF_LVL1_DEFAULT];
    uint8_t output[OUTPUT_SIZE];
};

static uint32_t dos_time(int64_t time_ns) {
    struct clock_date date;
    clock_to_date(time_ns, &date);
    uint32_t day =
        (uint32_t)(date.year - 1980) << 9 | (uint32_t)date.month << 5 | (uint32_t)date.day;
    return day << 16 | (uint32_t)date.hour << 11 | (uint32_t)date.minute << 5 |
           (uint32_t)date.second / 2;
}

enum status packer_new(const char *path, int64_t time_ns, struct packer **ret_packer,
                       struct problem *problem) {
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0)
        return problem_set_errno(problem, "create %s", path);
    struct packer *packer = memory_new(1, sizeof *packer);
    packer->fd = fd;
    packer->time = dos_time(time_ns);
    buffer_init(&packer->central, CENTRAL_BYTES_MAX);
    *ret_packer = packer;
    return STATUS_OK;
}

void packer_free(struct packer *packer) {
    if (!packer)
        return;
    if (packer->fd >= 0)
        close(packer->fd);
    buffer_done(&packer->central);
    memory_free(packer);
}

static enum status write_at(struct packer *packer, uint64_t offset, struct slice bytes,
                            struct problem *problem) {
    if (offset + bytes.size > ARCHIVE_BYTES_MAX)
        return problem_set(problem, STATUS_LIMIT, "archive: larger than 4 GiB");
    while (bytes.size) {
        ssize_t done = pwrite(packer->fd, bytes.data, bytes.size, (off_t)offset);
        if (done <= 0)
            return problem_set_errno(problem, "write an archive");
        bytes = slice_part(bytes, (size_t)done, bytes.size);
        offset += (uint64_t)done;
    }
    return STATUS_OK;
}

static enum status write_more(struct packer *packer, struct slice bytes, struct problem *problem) {
    enum status status = write_at(packer, packer->size, bytes, problem);
    if (status == STATUS_OK)
        packer->size += bytes.size;
    return status;
}

static void put_number(struct buffer *buffer, uint64_t number, size_t bytes) {
    for (size_t i = 0; i < bytes; i++) // a field may be wider than its number
        buffer_append_byte(buffer, (uint8_t)(i < sizeof number ? number >> 8 * i : 0));
}

// What local and central headers share: version to size of the extra field.
static void put_common(const struct packer *packer, struct buffer *header) {
    put_number(header, VERSION, 2);
    put_number(header, FLAG_UTF8, 2);
    put_number(header, METHOD_DEFLATE, 2);
    put_number(header, packer->time, 4);
    put_number(header, packer->crc, 4);
    put_number(header, packer->packed_bytes, 4);
    put_number(header, packer->entry_bytes, 4);
    put_number(header, packer->name_size, 2);
    put_number(header, 0, 2);
}

static void put_local(const struct packer *packer, struct buffer *header) {
    put_number(header, 0x04034B50, 4);
    put_common(packer, header);
    buffer_append(header, packer->name, packer->name_size);
}

static void put_central(struct packer *packer) {
    struct buffer *header = &packer->central;
    put_number(header, 0x02014B50, 4);
    put_number(header, VERSION, 2); // made on FAT: no permissions
    put_common(packer, header);
    put_number(header, 0, 2 + 2 + 2 + 4); // comment, disk, attributes
    put_number(header, packer->entry_offset, 4);
    buffer_append(header, packer->name, packer->name_size);
}

static enum status write_local(struct packer *packer, uint64_t offset, struct problem *problem) {
    struct buffer header;
    buffer_init(&header, NAME_SIZE_MAX * 2);
    put_local(packer, &header);
    enum status status = write_at(packer, offset, buffer_slice(&header), problem);
    packer->size = offset + header.size > packer->size ? offset + header.size : packer->size;
    buffer_done(&header);
    return status;
}

enum status packer_begin(struct packer *packer, struct slice name, struct problem *problem) {
    assert(packer->name_size == 0 && name.size > 0);
    if (name.size > NAME_SIZE_MAX || packer->entry_count == PACK_ENTRIES_MAX)
        return problem_set(problem, STATUS_LIMIT, "archive: too long a name, or too many entries");
    memcpy(packer->name, name.data, name.size);
    packer->name_size = name.size;
    packer->entry_offset = packer->size;
    packer->entry_bytes = packer->packed_bytes = 0;
    packer->crc = 0;
    isal_deflate_init(&packer->stream);
    packer->stream.level = 1;
    packer->stream.level_buf = packer->level_buffer;
    packer->stream.level_buf_size = sizeof packer->level_buffer;
    return write_local(packer, packer->entry_offset, problem);
}

// Hands all input to the library and writes what it gives.
static enum status deflate(struct packer *packer, bool last, struct problem *problem) {
    struct isal_zstream *stream = &packer->stream;
    enum status status = STATUS_OK;
    stream->end_of_stream = last;
    do {
        stream->next_out = packer->output;
        stream->avail_out = OUTPUT_SIZE;
        int result = isal_deflate(stream);
        assert(result == COMP_OK);
        (void)result;
        size_t got = OUTPUT_SIZE - stream->avail_out;
        packer->packed_bytes += got;
        status = write_more(packer, slice_of(packer->output, got), problem);
    } while (status == STATUS_OK && (stream->avail_in || stream->avail_out == 0 ||
                                     (last && stream->internal_state.state != ZSTATE_END)));
    return status;
}

enum status packer_add(struct packer *packer, struct slice bytes, struct problem *problem) {
    enum status status = STATUS_OK;
    assert(packer->name_size > 0);
    packer->crc = digest_crc32(packer->crc, bytes);
    packer->entry_bytes += bytes.size;
    if (packer->entry_bytes > ARCHIVE_BYTES_MAX)
        return problem_set(problem, STATUS_LIMIT, "archive: entry larger than 4 GiB");
    while (bytes.size && status == STATUS_OK) {
        struct slice part = slice_part(bytes, 0, 1u << 30);
        // The library takes a pointer to bytes that it does not change.
        packer->stream.next_in = (uint8_t *)(uintptr_t)part.data;
        packer->stream.avail_in = (uint32_t)part.size;
        status = deflate(packer, false, problem);
        bytes = slice_part(bytes, part.size, bytes.size);
    }
    return status;
}

enum status packer_end(struct packer *packer, struct problem *problem) {
    packer->stream.avail_in = 0;
    enum status status = deflate(packer, true, problem);
    if (status == STATUS_OK)
        status = write_local(packer, packer->entry_offset, problem);
    put_central(packer);
    packer->entry_count++;
    packer->name_size = 0;
    return status;
}

enum status packer_close(struct packer *packer, struct problem *problem) {
    struct buffer *central = &packer->central;
    uint64_t offset = packer->size, size = central->size;
    assert(packer->name_size == 0);
    put_number(central, 0x06054B50, 4);
    put_number(central, 0, 4); // disks
    put_number(central, packer->entry_count, 2);
    put_number(central, packer->entry_count, 2);
    put_number(central, size, 4);
    put_number(central, offset, 4);
    put_number(central, 0, 2); // comment
    if (central->failed)
        return problem_set(problem, STATUS_LIMIT, "archive: too many entries");
    enum status status = write_more(packer, buffer_slice(central), problem);
    if (close(packer->fd) != 0 && status == STATUS_OK)
        status = problem_set_errno(problem, "close an archive");
    packer->fd = -1;
    return status;
}
