// Cited records, looked up and hashed again
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_record.h"

#include "base/bytes.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/text.h"
#include "base/unpack.h"

#include <assert.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Invariants: bytes[start..start + have) are those from `offset` on; a file's citations come by
// offset; `line` is the number of the line that holds `offset`, in text only.
enum {
    WINDOW_SIZE = 1 << 20, // longer lines have no digest here
    WINDOW_STEP = 1 << 16,
    PATH_SIZE_MAX = 4096,
    EVTX_RECORD_MIN = 28, // header and the size again
    EVTX_RECORD_MAX = 65536
};

struct window {
    int fd;                    // or -1:
    struct unpacker *unpacker; // the entry in hand
    uint8_t *bytes;
    size_t start, have;
    uint64_t offset, line;
    bool ended, broken;
};

static size_t window_read(struct window *window, uint8_t *to, size_t size) {
    struct problem problem;
    size_t got = 0;
    if (window->fd >= 0) {
        ssize_t result = pread(window->fd, to, size, (off_t)(window->offset + window->have));
        window->broken = result < 0;
        return result > 0 ? (size_t)result : 0;
    }
    window->broken = unpacker_read(window->unpacker, to, size, &got, &problem) != STATUS_OK;
    return window->broken ? 0 : got;
}

// At least `size` bytes in the window, unless the file ends before.
static void window_fill(struct window *window, size_t size) {
    assert(size <= WINDOW_SIZE);
    if (window->have < size && window->start + size > WINDOW_SIZE) {
        memmove(window->bytes, window->bytes + window->start, window->have);
        window->start = 0;
    }
    while (window->have < size && !window->ended) {
        size_t used = window->start + window->have;
        size_t got = window_read(window, window->bytes + used, WINDOW_SIZE - used);
        window->have += got;
        window->ended = got == 0;
    }
}

static uint64_t count_lines(const uint8_t *bytes, size_t size) {
    uint64_t count = 0;
    for (size_t i = 0; i < size; i++)
        count += bytes[i] == '\n';
    return count;
}

// Goes on to `offset`. Text is read all the way: its lines are counted.
static void window_move(struct window *window, uint64_t offset, bool text) {
    assert(offset >= window->offset);
    if (window->fd >= 0 && !text && offset > window->offset + window->have) {
        window->offset = offset;
        window->start = window->have = 0;
    }
    while (window->offset < offset && !(window->ended && window->have == 0)) {
        window_fill(window, 1);
        uint64_t ahead = offset - window->offset;
        size_t step = ahead < window->have ? (size_t)ahead : window->have;
        if (text)
            window->line += count_lines(window->bytes + window->start, step);
        window->start += step;
        window->have -= step;
        window->offset += step;
    }
}

static bool digest_is(struct slice bytes, struct slice hexadecimal) {
    uint8_t digest[DIGEST_SHA256_SIZE];
    char text[DIGEST_SHA256_HEX_SIZE];
    digest_sha256(bytes, digest);
    digest_hex(digest, text);
    return text_equal_fold_ascii(slice_of_string(text), hexadecimal);
}

// An event record: "**", 0, 0, size, number, ..., size (MS-EVEN6; libevtx, "Event record"). A torn
// one lacks its end and may be cited all the same: what its digest says is asked, not its last
// word.
static enum check_verdict judge_event(struct window *window,
                                      const struct check_citation *citation) {
    window_fill(window, EVTX_RECORD_MAX);
    struct slice bytes = slice_of(window->bytes + window->start, window->have);
    if (!slice_starts(bytes, SLICE("**\0\0")) || bytes.size < EVTX_RECORD_MIN)
        return CHECK_NO_RECORD;
    uint32_t size = bytes_get_u32(bytes.data + 4);
    if (size < EVTX_RECORD_MIN || size > bytes.size ||
        bytes_get_u64(bytes.data + 8) != citation->record)
        return CHECK_NO_RECORD;
    return digest_is(slice_part(bytes, 0, size), citation->sha256) ? CHECK_RIGHT
                                                                   : CHECK_OTHER_BYTES;
}

// A line without its end, be that LF or CR LF.
static enum check_verdict judge_line(struct window *window, const struct check_citation *citation) {
    const uint8_t *end = NULL;
    for (size_t wanted = WINDOW_STEP; !end && wanted <= WINDOW_SIZE; wanted += WINDOW_STEP) {
        window_fill(window, wanted);
        end = window->have ? memchr(window->bytes + window->start, '\n', window->have) : NULL;
        if (window->ended)
            break;
    }
    if (window->have == 0 || window->line != citation->line)
        return CHECK_NO_RECORD;
    const uint8_t *start = window->bytes + window->start;
    struct slice line = slice_of(start, end ? (size_t)(end - start) : window->have);
    if (digest_is(line, citation->sha256))
        return CHECK_RIGHT;
    bool returned = line.size && line.data[line.size - 1] == '\r';
    return returned && digest_is(slice_part(line, 0, line.size - 1), citation->sha256)
               ? CHECK_RIGHT
               : CHECK_OTHER_BYTES;
}

static void judge_file(struct window *window, struct check_citation **citations, size_t count) {
    for (size_t i = 0; i < count; i++) {
        struct check_citation *citation = citations[i];
        window_move(window, citation->offset, citation->has_line);
        citation->verdict =
            citation->has_line ? judge_line(window, citation) : judge_event(window, citation);
        if (citation->verdict == CHECK_NO_RECORD && window->broken)
            citation->verdict = CHECK_UNREADABLE;
    }
}

static void judge_plain(int fd, uint8_t *bytes, struct check_citation **citations, size_t count) {
    struct window window = {.fd = fd, .bytes = bytes, .line = 1};
    judge_file(&window, citations, count);
}

static struct slice outer_path(struct slice file) {
    const uint8_t *mark = file.size ? memchr(file.data, '!', file.size) : NULL;
    return mark ? slice_of(file.data, (size_t)(mark - file.data)) : file;
}

static struct slice inner_path(struct slice file) {
    return slice_part(file, outer_path(file).size + 1, file.size);
}

static size_t run_of_file(struct check_citation **citations, size_t count) {
    size_t run = 1;
    while (run < count && slice_equal(citations[run]->file, citations[0]->file))
        run++;
    return run;
}

// One pass over the archive; the citations' entries come in any order in it.
static void judge_archive(int fd, uint8_t *bytes, struct check_citation **citations, size_t count) {
    struct unpacker *unpacker = NULL;
    struct unpack_entry entry;
    struct problem problem;
    bool more = false;
    if (unpacker_new_fd(fd, NULL, &unpacker, &problem) != STATUS_OK) {
        for (size_t i = 0; i < count; i++)
            citations[i]->verdict = CHECK_UNREADABLE;
        return;
    }
    while (unpacker_next(unpacker, &entry, &more, &problem) == STATUS_OK && more) {
        for (size_t i = 0, run; i < count; i += run) {
            run = run_of_file(citations + i, count - i);
            if (!slice_equal(inner_path(citations[i]->file), entry.name))
                continue;
            struct window window = {.fd = -1, .unpacker = unpacker, .bytes = bytes, .line = 1};
            judge_file(&window, citations + i, run);
            break;
        }
    }
    unpacker_free(unpacker);
}

// The file of a citation below the directory, or -1: no link, no way out of the directory.
static int open_cited(const char *directory, struct slice file) {
    char path[PATH_SIZE_MAX];
    struct slice below = outer_path(file), prefix = slice_of_string(directory);
    while (prefix.size > 1 && prefix.data[prefix.size - 1] == '/')
        prefix.size--;
    // As a program says it that was given the directory.
    if (slice_starts(below, prefix) && below.size > prefix.size && below.data[prefix.size] == '/')
        below = slice_part(below, prefix.size + 1, below.size);
    if (below.size == 0 || below.data[0] == '/' || memchr(below.data, 0, below.size))
        return -1;
    int size = snprintf(path, sizeof path, "%s/%.*s", directory, (int)below.size,
                        (const char *)below.data);
    if (size < 0 || (size_t)size >= sizeof path || strstr(path + strlen(directory), ".."))
        return -1;
    return open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
}

static int compare(uint64_t a, uint64_t b) {
    return a < b ? -1 : a > b;
}

// By file and offset; what is in one archive lies together.
static int compare_citations(const void *a, const void *b) {
    const struct check_citation *x = *(struct check_citation *const *)a,
                                *y = *(struct check_citation *const *)b;
    int order = slice_compare(outer_path(x->file), outer_path(y->file));
    if (order == 0)
        order = slice_compare(x->file, y->file);
    if (order == 0)
        order = compare(x->offset, y->offset);
    return order ? order : slice_compare(x->tag, y->tag);
}

void check_records(const char *directory, struct check_citation *citations, size_t count) {
    struct check_citation **sorted = memory_new(count + 1, sizeof(struct check_citation *));
    uint8_t *bytes = memory_new(WINDOW_SIZE, 1);
    for (size_t i = 0; i < count; i++) {
        sorted[i] = &citations[i];
        citations[i].verdict = CHECK_NO_FILE;
    }
    if (count)
        qsort(sorted, count, sizeof(struct check_citation *), compare_citations);
    for (size_t from = 0, to; from < count; from = to) {
        struct slice outer = outer_path(sorted[from]->file);
        to = from + 1;
        while (to < count && slice_equal(outer_path(sorted[to]->file), outer))
            to++;
        int fd = open_cited(directory, sorted[from]->file);
        if (fd < 0)
            continue;
        // The file itself sorts before what is in it.
        size_t plain =
            slice_equal(outer, sorted[from]->file) ? run_of_file(sorted + from, to - from) : 0;
        judge_plain(fd, bytes, sorted + from, plain);
        if (from + plain < to)
            judge_archive(fd, bytes, sorted + from + plain, to - from - plain);
        close(fd);
    }
    memory_free(sorted);
    memory_free(bytes);
}
