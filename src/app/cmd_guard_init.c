// vedette guard init
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"

#include <stdio.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"ledger-name", 0, OPTION_TEXT, "NAME", NULL, NULL,
     "what the ledger is called, like example.com/updates (default: this host's name/updates)"},
    {"root-days", 0, OPTION_COUNT, "N", NULL, "365", "days until the owners must be signed anew"},
    {"targets-days", 0, OPTION_COUNT, "N", NULL, "180", "days until the list must be signed anew"},
    {"snapshot-days", 0, OPTION_COUNT, "N", NULL, "30",
     "days that the online key's snapshot holds"},
    {"timestamp-days", 0, OPTION_COUNT, "N", NULL, "7", "days that its timestamp holds"},
    {0},
};

static void init_book(const struct repository *repository, struct refusal *refusal,
                      enum status *status) {
    struct tree tree;
    struct release_list book;
    bool there;
    *status = guard_tree(repository, &tree, &there, refusal);
    if (*status != STATUS_OK || !there)
        return;
    release_list_init(&book);
    *status = repository_book(repository, &tree, &book, refusal);
    if (*status == STATUS_OK)
        printf("%s guards %s: %u file%s, %s unverified.\n"
               "Nothing that was found there is signed: each file waits until a second source "
               "(a backup, a\nvendor's list of hashes) knows the same bytes, or an owner names "
               "it.\n",
               repository->directory, repository->content, book.count, book.count == 1 ? "" : "s",
               book.count == 1 ? "still" : "all of them");
    release_list_done(&book);
    tree_done(&tree);
}

static enum exit_code init_run(const struct command_line *line) {
    static const char *const days[METADATA_TYPE_COUNT] = {"root-days", "timestamp-days",
                                                          "snapshot-days", "targets-days"};
    char host[256] = "localhost", name[300];
    struct repository repository;
    struct refusal refusal;
    if (line->operand_count != 2) {
        fprintf(stderr, "vedette guard init: takes the repository to make and the directory to "
                        "guard\n");
        return EXIT_USAGE;
    }
    gethostname(host, sizeof host - 1);
    snprintf(name, sizeof name, "%s/updates", host);
    struct repository_wish wish = {.directory = line->operands[0],
                                   .content = line->operands[1],
                                   .ledger_name = command_line_text(line, "ledger-name")};
    if (!wish.ledger_name)
        wish.ledger_name = name;
    for (int type = 0; type < METADATA_TYPE_COUNT; type++) {
        wish.days[type] = (int64_t)command_line_count(line, days[type], 0);
        if (wish.days[type] < 1 || wish.days[type] > 36500) {
            fprintf(stderr, "vedette guard init: --%s: 1 to 36500\n", days[type]);
            return EXIT_USAGE;
        }
    }
    enum status status = repository_create(&wish, &refusal);
    if (status == STATUS_OK) {
        status = repository_open(wish.directory, true, &repository, &refusal);
        if (status == STATUS_OK) {
            init_book(&repository, &refusal, &status);
            if (status == STATUS_OK)
                status = guard_tell(&repository, false, NULL, &refusal);
            repository_close(&repository);
        }
    }
    return status == STATUS_OK ? EXIT_DONE : guard_fail("init", &refusal);
}

const struct command command_guard_init = {
    .name = "guard init",
    .summary = "make a repository for a directory of packages",
    .operands = "REPOSITORY DIRECTORY",
    .operands_min = 2,
    .text = "Makes REPOSITORY: the keys that the publishing machine needs, an empty ledger, and a\n"
            "book of when each file of DIRECTORY was first seen. Signs nothing of what it finds,\n"
            "and says what to do next.",
    .options = options,
    .run = init_run,
    .exits = GUARD_EXITS,
};
