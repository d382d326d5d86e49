// vedette guard sign
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_passphrase.h"
#include "app/guard_run.h"
#include "base/durable_file.h"

#include <stdio.h>

static const struct option_row options[] = {
    {"key", 'k', OPTION_PATHS, "FILE.key", NULL, NULL, "an owner's key; repeat"},
    {"passphrase-file", 0, OPTION_PATHS, "FILE", NULL, NULL,
     "take the passphrase from the first line of FILE, not from the terminal; repeat for each key"},
    {"merge", 0, OPTION_PATHS, "COPY", NULL, NULL,
     "take over the signatures of a copy of the repository; repeat"},
    {"yes", 'y', OPTION_FLAG, NULL, NULL, NULL, "do not ask: for those who have looked before"},
    {0},
};

enum {
    SIGN_TEXT_BYTES_MAX = 256 * 1024 * 1024
};

struct sign_run {
    const struct command_line *line;
    struct repository repository;
    struct refusal refusal;
};

static enum status sign_explain(struct sign_run *run) {
    struct buffer text;
    buffer_init(&text, SIGN_TEXT_BYTES_MAX);
    enum status status = repository_explain(&run->repository, &text, &run->refusal);
    if (status == STATUS_OK)
        guard_print(&text);
    buffer_done(&text);
    fflush(stdout);
    return status;
}

static enum status key_open(struct sign_run *run, size_t n, const char *path,
                            struct secret_key *ret_key) {
    size_t count;
    const char *const *files = command_line_list(run->line, "passphrase-file", &count);
    struct problem problem, inner;
    struct buffer pem, passphrase;
    buffer_init(&pem, SECRET_KEY_FILE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    buffer_init(&passphrase, PASSPHRASE_BYTES_MAX);
    enum status status = durable_file_read(path, SECRET_KEY_FILE_BYTES_MAX, &pem, &problem);
    if (status == STATUS_OK && secret_key_is_locked(buffer_slice(&pem)))
        status = guard_passphrase(path, count ? files[n < count ? n : count - 1] : NULL, false,
                                  &passphrase, &problem);
    if (status == STATUS_OK) {
        status = secret_key_read(buffer_slice(&pem), buffer_slice(&passphrase), ret_key, &inner);
        if (status != STATUS_OK)
            problem_set(&problem, status, "%s: %s", path, inner.text);
    }
    secret_wipe(&pem);
    secret_wipe(&passphrase);
    buffer_done(&pem);
    buffer_done(&passphrase);
    return status == STATUS_OK ? status : repository_refuse(&problem, &run->refusal);
}

static enum status sign_one(struct sign_run *run, size_t n, const char *path) {
    struct secret_key key;
    uint32_t count = 0;
    enum status status = key_open(run, n, path, &key);
    if (status != STATUS_OK)
        return status;
    if (!repository_is_signed_by(&run->repository, &key))
        printf("%s did not sign the root that is published: compare its version and owners with "
               "another owner's copy\n",
               path);
    status = repository_sign(&run->repository, &key, &count, &run->refusal);
    secret_key_done(&key);
    if (status == STATUS_OK)
        printf("%s signed %u file%s\n", path, count, count == 1 ? "" : "s");
    return status;
}

static enum status sign_merge(struct sign_run *run) {
    size_t count;
    const char *const *copies = command_line_list(run->line, "merge", &count);
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        uint32_t files = 0;
        status = repository_merge(&run->repository, copies[i], &files, &run->refusal);
        if (status == STATUS_OK)
            printf("%s: signatures of %u file%s taken over\n", copies[i], files,
                   files == 1 ? "" : "s");
    }
    return status;
}

static enum status sign_all(struct sign_run *run) {
    size_t count;
    const char *const *keys = command_line_list(run->line, "key", &count);
    enum status status = sign_merge(run);
    if (status != STATUS_OK || count == 0)
        return status;
    status = sign_explain(run);
    bool asked;
    if (status == STATUS_OK && !command_line_flag(run->line, "yes") &&
        !guard_confirm("Sign this? Type yes: ", &asked)) {
        problem_set(&run->refusal.problem, STATUS_USAGE,
                    asked ? "nothing was signed: the answer was not yes"
                          : "nothing was signed: there is no terminal to ask on; --yes signs "
                            "without asking, for those who have looked before");
        return STATUS_USAGE;
    }
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = sign_one(run, i, keys[i]);
    return status;
}

static enum exit_code sign_run(const struct command_line *line) {
    struct sign_run run = {.line = line};
    size_t keys, copies;
    command_line_list(line, "key", &keys);
    command_line_list(line, "merge", &copies);
    enum status status = repository_open(line->operands[0], true, &run.repository, &run.refusal);
    if (status == STATUS_OK) {
        status = keys + copies ? sign_all(&run) : sign_explain(&run);
        if (status == STATUS_OK)
            status = guard_tell(&run.repository, false, NULL, &run.refusal);
        repository_close(&run.repository);
    }
    return status == STATUS_OK ? EXIT_DONE : guard_fail("sign", &run.refusal);
}

const struct command command_guard_sign = {
    .name = "guard sign",
    .summary = "show what changes, and sign it",
    .operands = "REPOSITORY",
    .operands_min = 1,
    .text =
        "Shows in plain words what the staged files would change - each owner, each file with "
        "its\nhash, when it was first seen and who vouches for it - asks, and signs with the "
        "owner's key.\nWithout a key it only shows. Owners sign in any order, here or on copies "
        "of the repository\nelsewhere; --merge brings their signatures together. It asks on the "
        "terminal; where there "
        "is none,\n--yes stands for the answer.",
    .options = options,
    .run = sign_run,
    .exits = GUARD_EXITS,
};
