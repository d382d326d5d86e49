// Speed of loading and verifying TUF metadata
// SPDX-License-Identifier: Apache-2.0
#include "guard/trusted_set.h"

#include "base/digest.h"
#include "base/durable_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// usage: bench_guard DIRECTORY TIMES TARGET
// Loads root, timestamp, snapshot and targets of version 1 out of memory into a trusted set, as a
// client does (lengths, hashes, schema, signatures), and looks TARGET up. Prints the least
// milliseconds of CPU of one round, and the least of hashing alone: SHA-256 of targets.json, which
// the snapshot names, and SHA-512 of it for each of the two Ed25519 signatures. Nothing that checks
// both can be faster. Its peer is guard_peer.py load.
static struct buffer read_named(const char *directory, const char *name) {
    char path[4096];
    struct buffer bytes;
    struct problem problem;
    snprintf(path, sizeof path, "%s/%s", directory, name);
    buffer_init(&bytes, CANONICAL_BYTES_MAX + DURABLE_READ_BYTES);
    if (durable_file_read(path, CANONICAL_BYTES_MAX, &bytes, &problem) != STATUS_OK) {
        fprintf(stderr, "%s\n", problem.text);
        exit(1);
    }
    return bytes;
}

static double cpu_milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static enum status load(const struct buffer *files, const char *target, struct refusal *refusal) {
    struct trusted_set *set;
    const struct metadata *targets;
    enum status status =
        trusted_set_new(buffer_slice(&files[0]), (int64_t)time(NULL) * 1000000000, &set, refusal);
    if (status != STATUS_OK)
        return status;
    status = trusted_set_root_end(set, refusal);
    if (status == STATUS_OK)
        status = trusted_set_timestamp(set, buffer_slice(&files[1]), NULL, refusal);
    if (status == STATUS_OK)
        status = trusted_set_snapshot(set, buffer_slice(&files[2]), false, refusal);
    if (status == STATUS_OK)
        status = trusted_set_targets(set, NULL, NULL, buffer_slice(&files[3]), &targets, refusal);
    if (status == STATUS_OK && !metadata_find(targets, slice_of_string(target)))
        status = refusal_set(refusal, REFUSAL_UNLISTED, "%s is not listed", target);
    trusted_set_free(set);
    return status;
}

static void hash(struct digest_pass *pass, struct slice bytes) {
    static const enum digest_kind kinds[] = {DIGEST_SHA256, DIGEST_SHA512, DIGEST_SHA512};
    uint8_t digest[DIGEST_SIZE_MAX];
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        digest_pass_begin(pass, 1u << kinds[i]);
        digest_pass_add(pass, bytes);
        digest_pass_end(pass, kinds[i], digest);
    }
}

static double lesser(double least, double taken) {
    return least == 0 || taken < least ? taken : least;
}

int main(int count, char **words) {
    static const char *const names[] = {"1.root.json", "timestamp.json", "1.snapshot.json",
                                        "1.targets.json"};
    struct buffer files[ARRAY_SIZE(names)];
    if (count != 4)
        return 2;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        files[i] = read_named(words[1], names[i]);
    double least = 0, floor = 0;
    struct digest_pass *pass = digest_pass_new();
    for (long round = strtol(words[2], NULL, 10); round > 0; round--) {
        struct refusal refusal;
        double begun = cpu_milliseconds();
        if (load(files, words[3], &refusal) != STATUS_OK) {
            fprintf(stderr, "%s\n", refusal.problem.text);
            return 1;
        }
        double loaded = cpu_milliseconds();
        hash(pass, buffer_slice(&files[3]));
        least = lesser(least, loaded - begun);
        floor = lesser(floor, cpu_milliseconds() - loaded);
    }
    printf("%.3f %.3f\n", least, floor);
    digest_pass_free(pass);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        buffer_done(&files[i]);
    return 0;
}
