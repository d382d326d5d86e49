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

static enum exit_code publish_run(const struct command_line *line) {
    struct repository repository;
    struct refusal refusal;
    struct publish_result result;
    enum status status = repository_open(line->operands[0], true, &repository, &refusal);
    if (status == STATUS_OK) {
        status =
            repository_publish(&repository, command_line_flag(line, "copy"), &result, &refusal);
        repository_close(&repository);
    }
    if (status != STATUS_OK)
        return guard_fail("publish", &refusal);
    printf("%s: root %lld, targets %lld, snapshot %lld, timestamp %lld; %llu new entries in the "
           "ledger of %llu\n",
           result.fresh ? "published" : "renewed", (long long)result.versions[METADATA_ROOT],
           (long long)result.versions[METADATA_TARGETS],
           (long long)result.versions[METADATA_SNAPSHOT],
           (long long)result.versions[METADATA_TIMESTAMP], (unsigned long long)result.logged,
           (unsigned long long)result.ledger_size);
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
    .text = "Checks the signatures and that the files still have the bytes that were signed, "
            "writes each\nrelease and each withdrawal to the ledger, and only then the metadata, "
            "timestamp.json last.\nMay be stopped anywhere and begun again. With nothing new it "
            "renews the timestamp.",
    .options = options,
    .run = publish_run,
    .exits = GUARD_EXITS,
};
