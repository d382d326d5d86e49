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

static enum exit_code publish_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal, other;
    struct publish_result result, renewed;
    enum status status = repository_open(line->operands[0], true, &repository, &refusal);
    if (status != STATUS_OK)
        return guard_fail("publish", &refusal);
    status = repository_publish(&repository, command_line_flag(line, "copy"), &result, &refusal);
    bool staged = repository.staged[METADATA_ROOT] || repository.staged[METADATA_TARGETS];
    // What waits for a signature must not end what clients have.
    if (status != STATUS_OK && staged && !refusal_is_trouble(refusal.reason) &&
        repository_renew(&repository, &renewed, &other) == STATUS_OK)
        publish_tell(&renewed);
    repository_close(&repository);
    if (status != STATUS_OK)
        return guard_fail("publish", &refusal);
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
        "Checks the signatures and that the files still have the bytes that were signed, "
        "writes each\nrelease and each withdrawal to the ledger, and only then the metadata, in "
        "an order in which\nclients always find one whole release: it may be stopped anywhere "
        "and begun again. With\nnothing new it renews the timestamp; also when what is staged "
        "is refused, since it waits\nfor signatures: exit status 1 then.",
    .options = options,
    .run = publish_run,
    .exits = GUARD_EXITS,
};
