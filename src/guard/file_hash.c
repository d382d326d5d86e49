// SHA-256 of one file
// SPDX-License-Identifier: Apache-2.0
#include "guard/file_hash.h"

#include "base/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum {
    HASH_PIECE_BYTES = 256 * 1024
};

enum status file_hash_read(const char *path, uint8_t ret_sha256[DIGEST_SHA256_SIZE],
                           int64_t *ret_length, struct problem *problem) {
    uint8_t digest[DIGEST_SIZE_MAX];
    int64_t length = 0;
    ssize_t step;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    struct digest_pass *pass = digest_pass_new();
    uint8_t *piece = memory_new(1, HASH_PIECE_BYTES);
    digest_pass_begin(pass, 1u << DIGEST_SHA256);
    while ((step = read(fd, piece, HASH_PIECE_BYTES)) > 0 || (step < 0 && errno == EINTR)) {
        digest_pass_add(pass, slice_of(piece, step > 0 ? (size_t)step : 0));
        length += step > 0 ? step : 0;
    }
    enum status status = step < 0 ? problem_set_errno(problem, "read %s", path) : STATUS_OK;
    digest_pass_end(pass, DIGEST_SHA256, digest);
    if (status == STATUS_OK) {
        memcpy(ret_sha256, digest, DIGEST_SHA256_SIZE);
        *ret_length = length;
    }
    memory_free(piece);
    digest_pass_free(pass);
    close(fd);
    return status;
}
