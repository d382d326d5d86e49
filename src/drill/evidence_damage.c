// Files as disks and transports leave them
// SPDX-License-Identifier: Apache-2.0
#include "drill/evidence_damage.h"

#include "drill/dice.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    BLANK_SIZE = 4096,
    SIZE_MIN = 4 * BLANK_SIZE, // smaller files stay whole
    EVTX_CHUNK = 65536,
    LINE_MAX = 1 << 16
};

static enum status harm(int fd, const struct evidence_file *file, bool cut, uint64_t from,
                        struct problem *problem) {
    static const uint8_t blank[BLANK_SIZE];
    bool done = cut ? ftruncate(fd, (off_t)from) == 0
                    : pwrite(fd, blank, BLANK_SIZE, (off_t)from) == BLANK_SIZE;
    return done ? STATUS_OK : problem_set_errno(problem, "damage %s", file->disk_path);
}

enum status evidence_damage(struct evidence *evidence, uint32_t number, uint64_t seed,
                            uint32_t damage_millionths, struct problem *problem) {
    struct evidence_file file = evidence_file_at(evidence, number);
    uint64_t hash = 0xCBF29CE484222325ull;
    struct dice dice;
    for (const char *at = file.path; *at; at++)
        hash = (hash ^ (uint8_t)*at) * 0x100000001B3ull;
    dice_init(&dice, seed, hash);
    if (dice_below(&dice, 1000000) >= damage_millionths || file.bytes < SIZE_MIN)
        return STATUS_OK;
    bool cut = dice_one_in(&dice, 2);
    uint64_t from = file.bytes / 2 + dice_below(&dice, (uint32_t)(file.bytes / 2 - BLANK_SIZE));
    bool chunked = slice_ends(slice_of_string(file.path), SLICE(".evtx"));
    int fd = open(file.disk_path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", file.disk_path);
    enum status status = harm(fd, &file, cut, from, problem);
    if (close(fd) != 0 && status == STATUS_OK)
        status = problem_set_errno(problem, "close %s", file.disk_path);
    evidence_withdraw(evidence, number, from, cut ? UINT64_MAX : BLANK_SIZE,
                      chunked ? EVTX_CHUNK : LINE_MAX);
    evidence_damage_file(evidence, number, cut ? from : file.bytes);
    return status;
}
