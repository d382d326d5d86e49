// vedette guard key
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_passphrase.h"
#include "app/guard_run.h"
#include "base/durable_file.h"
#include "base/memory.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"type", 0, OPTION_CHOICE, "TYPE", "ed25519|ecdsa-p256|rsa-pss", "ed25519", "kind of key"},
    {"passphrase-file", 0, OPTION_PATHS, "FILE", NULL, NULL,
     "take the passphrase from the first line of FILE, not from the terminal; repeat for each key"},
    {"no-passphrase", 0, OPTION_FLAG, NULL, NULL, NULL, "leave the key open: for tests"},
    {"repository", 'r', OPTION_PATH, "REPOSITORY", NULL, NULL,
     "make the keys' owners those of this repository, which has none yet"},
    {"threshold", 0, OPTION_COUNT, "N", NULL, NULL,
     "so many owners must sign (default: more than half)"},
    {0},
};

struct key_run {
    const struct command_line *line;
    enum key_kind kind;
    char (*publics)[PATH_MAX];
    struct problem problem;
};

// alice.key -> alice.pub, and "alice".
static enum status key_names(const char *path, char ret_public[PATH_MAX], struct slice *ret_owner,
                             struct problem *problem) {
    struct slice whole = slice_of_string(path);
    if (slice_ends(whole, SLICE(".key")))
        whole.size -= 4;
    if (whole.size + sizeof ".pub" > PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", path);
    memcpy(ret_public, path, whole.size);
    memcpy(ret_public + whole.size, ".pub", sizeof ".pub");
    const char *slash = strrchr(path, '/');
    size_t head = slash ? (size_t)(slash - path) + 1 : 0;
    *ret_owner = slice_part(whole, head, SIZE_MAX);
    if (ret_owner->size == 0)
        return problem_set(problem, STATUS_USAGE, "%s: a key's file is like alice.key", path);
    if (access(path, F_OK) == 0 || access(ret_public, F_OK) == 0)
        return problem_set(problem, STATUS_USAGE, "%s or %s is there already", path, ret_public);
    return STATUS_OK;
}

static enum status key_ask(struct key_run *run, size_t n, struct buffer *ret_passphrase) {
    size_t count;
    const char *const *files = command_line_list(run->line, "passphrase-file", &count);
    if (command_line_flag(run->line, "no-passphrase"))
        return STATUS_OK;
    const char *file = count ? files[n < count ? n : count - 1] : NULL;
    return guard_passphrase(run->line->operands[n], file, true, ret_passphrase, &run->problem);
}

static enum status key_write(struct key_run *run, const struct secret_key *key, size_t n,
                             struct slice passphrase, struct slice owner) {
    struct buffer text;
    const char *path = run->line->operands[n];
    buffer_init(&text, SECRET_KEY_FILE_BYTES_MAX);
    enum status status = secret_key_write(key, passphrase, &text, &run->problem);
    if (status == STATUS_OK)
        status = durable_file_write(path, buffer_slice(&text), 0600, &run->problem);
    secret_wipe(&text);
    if (status == STATUS_OK)
        status = secret_key_public(key, owner, &text, &run->problem);
    buffer_append_byte(&text, '\n');
    if (status == STATUS_OK)
        status = durable_file_write(run->publics[n], buffer_slice(&text), 0644, &run->problem);
    buffer_done(&text);
    if (status == STATUS_OK)
        printf("%s: the key, %s; keep it off every server\n%s: its public half, for the "
               "repository\n",
               path, passphrase.size ? "locked with a passphrase" : "OPEN, without a passphrase",
               run->publics[n]);
    return status;
}

static enum status key_make(struct key_run *run, size_t n) {
    struct buffer passphrase;
    struct secret_key key;
    struct slice owner;
    buffer_init(&passphrase, PASSPHRASE_BYTES_MAX);
    enum status status = key_names(run->line->operands[n], run->publics[n], &owner, &run->problem);
    if (status == STATUS_OK)
        status = key_ask(run, n, &passphrase);
    if (status == STATUS_OK)
        status = secret_key_make(run->kind, &key, &run->problem);
    if (status == STATUS_OK) {
        status = key_write(run, &key, n, buffer_slice(&passphrase), owner);
        secret_key_done(&key);
    }
    secret_wipe(&passphrase);
    buffer_done(&passphrase);
    return status;
}

static enum exit_code key_own(struct key_run *run, const char *directory) {
    struct repository repository;
    struct refusal refusal;
    const char **add = memory_new(run->line->operand_count, sizeof *add);
    for (size_t i = 0; i < run->line->operand_count; i++)
        add[i] = run->publics[i];
    struct rotation rotation = {.add = add,
                                .add_count = run->line->operand_count,
                                .threshold =
                                    (uint32_t)command_line_count(run->line, "threshold", 0)};
    enum status status = repository_open(directory, true, &repository, &refusal);
    if (status == STATUS_OK) {
        if (repository.published[METADATA_ROOT]) {
            problem_set(&refusal.problem, STATUS_USAGE,
                        "%s has owners already: vedette guard rotate --add takes the new keys",
                        directory);
            status = STATUS_USAGE;
        }
        if (status == STATUS_OK)
            status = repository_rotate(&repository, &rotation, &refusal);
        if (status == STATUS_OK)
            status = guard_tell(&repository, false, NULL, &refusal);
        repository_close(&repository);
    }
    memory_free(add);
    return status == STATUS_OK ? EXIT_DONE : guard_fail("key", &refusal);
}

static enum exit_code key_run(const struct command_line *line) {
    const char *type = command_line_text(line, "type");
    const char *directory = command_line_text(line, "repository");
    struct key_run run = {.line = line,
                          .kind = strcmp(type, "rsa-pss") == 0      ? KEY_RSA
                                  : strcmp(type, "ecdsa-p256") == 0 ? KEY_ECDSA
                                                                    : KEY_ED25519,
                          .publics = memory_new(line->operand_count, sizeof *run.publics)};
    enum status status = STATUS_OK;
    for (size_t i = 0; status == STATUS_OK && i < line->operand_count; i++)
        status = key_make(&run, i);
    enum exit_code code = EXIT_DONE;
    if (status != STATUS_OK)
        code = guard_fail_problem("key", &run.problem);
    else if (directory)
        code = key_own(&run, directory);
    memory_free(run.publics);
    return code;
}

const struct command command_guard_key = {
    .name = "guard key",
    .summary = "make the key of an owner",
    .operands = "FILE.key...",
    .operands_min = 1,
    .text = "Makes FILE.key (PKCS #8, locked with a passphrase by scrypt) and FILE.pub. An owner\n"
            "makes it on a machine of their own and gives away only FILE.pub. With --repository "
            "the\nnew keys become the owners of a repository that has none yet.",
    .options = options,
    .run = key_run,
    .exits = GUARD_EXITS,
};
