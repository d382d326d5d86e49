// vedette guard publish
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"

#include <stdio.h>

static const struct option_row options[] = {
    {"copy", 0, OPTION_FLAG, NULL, NULL, NULL,
     "also copy the files to REPOSITORY/public/targets, for clients that fetch by hash"},
    {0},
};

static void publish_tell(const struct publish_result *result) {
    printf("%s: root %lld, targets %lld, snapshot %lld, timestamp %lld; %llu new entr%s in "
           "the ledger of %llu\n",
           result->fresh ? "published" : "renewed", (long long)result->versions[METADATA_ROOT],
           (long long)result->versions[METADATA_TARGETS],
           (long long)result->versions[METADATA_SNAPSHOT],
           (long long)result->versions[METADATA_TIMESTAMP], (unsigned long long)result->logged,
           result->logged == 1 ? "y" : "ies", (unsigned long long)result->ledger_size);
}

// Files on the server that are not, or no longer, what was signed.
static bool publish_is_of_files(const struct refusal *refusal) {
    return refusal->reason == REFUSAL_HASH_MISMATCH || refusal->reason == REFUSAL_MISSING;
}

static enum exit_code publish_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal, other;
    struct publish_result result, renewed;
    enum status status = repository_open(line->operands[0], true, &repository, &refusal);
    if (status != STATUS_OK)
        return guard_fail("publish", &refusal);
    status = repository_publish(&repository, command_line_flag(line, "copy"), &result, &refusal);
    bool staged = repository.staged[METADATA_ROOT] || repository.staged[METADATA_TARGETS];
    bool files = status != STATUS_OK && publish_is_of_files(&refusal);
    // What waits for a signature must not end what clients have, nor must files that somebody
    // changed: clients refuse these, and take the others.
    if (status != STATUS_OK && (staged || files) && !refusal_is_trouble(refusal.reason) &&
        repository_renew(&repository, &renewed, &other) == STATUS_OK)
        publish_tell(&renewed);
    repository_close(&repository);
    if (status != STATUS_OK) {
        enum exit_code code = guard_fail("publish", &refusal);
        if (files)
            fprintf(stderr,
                    "vedette guard publish: nothing new was given out, and clients refuse such a "
                    "file: vedette guard status %s names them all and says what to do\n",
                    line->operands[0]);
        return files ? EXIT_FINDINGS : code;
    }
    publish_tell(&result);
    if (result.fresh)
        printf("clients fetch %s/public; run this once a day to renew the timestamp\n",
               line->operands[0]);
    return EXIT_DONE;
}

const struct command command_guard_publish = {
    .name = "guard publish",
    .summary = "give out what the owners have signed",
    .operands = "REPOSITORY",
    .operands_min = 1,
    .text =
        "Checks the signatures and that all listed files, old ones too, still have the bytes that "
        "were\nsigned, writes each release and each withdrawal to the ledger, and only then the "
        "metadata, in\nan order in which clients always find one whole release: it may be stopped "
        "anywhere and begun\nagain. With nothing new it renews the timestamp; also when what is "
        "staged waits for\nsignatures, or a listed file is changed or gone: it says so then, gives "
        "out nothing new, and\nits exit status is 1.",
    .options = options,
    .run = publish_run,
    .exits = GUARD_EXITS,
};
