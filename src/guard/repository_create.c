// A repository made from nothing
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_create.h"

#include "guard/ledger.h"
#include "guard/repository.h"

#include "base/durable_file.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static enum status create_directories(const struct repository *repository,
                                      struct problem *problem) {
    static const struct {
        const char *name;
        unsigned mode;
    } rows[] = {
        {"online", 0700}, {"staged", 0755}, {"public/metadata", 0755}, {"public/ledger", 0755}};
    char path[PATH_MAX];
    enum status status = durable_directory_make(repository->directory, 0755, problem);
    for (size_t i = 0; status == STATUS_OK && i < ARRAY_SIZE(rows); i++) {
        status = repository_path(repository, rows[i].name, path, problem);
        if (status == STATUS_OK)
            status = durable_directory_make(path, rows[i].mode, problem);
    }
    return status;
}

static enum status create_key(const struct repository *repository, const char *name,
                              struct secret_key *ret_key, struct refusal *refusal) {
    struct buffer pem;
    struct problem problem;
    enum status status = secret_key_make(KEY_ED25519, ret_key, &problem);
    if (status != STATUS_OK)
        return repository_refuse(&problem, refusal);
    buffer_init(&pem, SECRET_KEY_FILE_BYTES_MAX);
    status = secret_key_write(ret_key, SLICE(""), &pem, &problem);
    status = status == STATUS_OK
                 ? repository_write(repository, name, buffer_slice(&pem), 0600, refusal)
                 : repository_refuse(&problem, refusal);
    secret_wipe(&pem);
    buffer_done(&pem);
    if (status != STATUS_OK)
        secret_key_done(ret_key);
    return status;
}

static enum status create_ledger(const struct repository_wish *wish, struct repository *repository,
                                 struct refusal *refusal) {
    struct secret_key key;
    struct problem problem;
    uint8_t public[32];
    char path[PATH_MAX];
    enum status status = create_key(repository, "online/ledger.key", &key, refusal);
    if (status != STATUS_OK)
        return status;
    status = secret_key_public_ed25519(&key, public, &problem);
    if (status == STATUS_OK)
        status = note_verifier_make(wish->ledger_name, public, &repository->ledger, &problem);
    if (status == STATUS_OK)
        status = repository_path(repository, "public/ledger", path, &problem);
    status = status == STATUS_OK ? ledger_create(path, &repository->ledger, &key, refusal)
                                 : repository_refuse(&problem, refusal);
    secret_key_done(&key);
    return status;
}

static enum status create_settings(const struct repository_wish *wish,
                                   const struct repository *repository, struct refusal *refusal) {
    struct buffer text, ledger;
    buffer_init(&text, 64 * 1024);
    buffer_init(&ledger, 64 * 1024);
    note_verifier_format(&repository->ledger, &ledger);
    buffer_append_text(&text, "{\"content\":");
    text_append_json(&text, slice_of_string(repository->content));
    buffer_append_text(&text, ",\n\"days\":{");
    for (int type = 0; type < METADATA_TYPE_COUNT; type++)
        buffer_append_format(&text, "%s\"%s\":%lld", type ? "," : "",
                             metadata_type_name((enum metadata_type)type),
                             (long long)wish->days[type]);
    buffer_append_text(&text, "},\n\"ledger\":");
    text_append_json(&text, buffer_slice(&ledger));
    buffer_append_text(&text, "}\n");
    enum status status =
        repository_write(repository, "repository.json", buffer_slice(&text), 0644, refusal);
    buffer_done(&text);
    buffer_done(&ledger);
    return status;
}

// Both places, checked before anything is made.
static enum status create_check(const struct repository_wish *wish, struct repository *repository,
                                struct problem *problem) {
    char path[PATH_MAX];
    int size = snprintf(repository->directory, PATH_MAX, "%s", wish->directory);
    if (size < 0 || size >= PATH_MAX)
        return problem_set(problem, STATUS_LIMIT, "%s: name too long", wish->directory);
    if (!realpath(wish->content, repository->content))
        return problem_set_errno(problem, "%s", wish->content);
    if (!text_is_utf8(slice_of_string(repository->content)))
        return problem_set(problem, STATUS_USAGE, "%s: the name is not UTF-8", wish->content);
    enum status status = repository_path(repository, "repository.json", path, problem);
    if (status == STATUS_OK && access(path, F_OK) == 0)
        return problem_set(problem, STATUS_USAGE, "%s: there is a repository already",
                           wish->directory);
    uint8_t none[32] = {0};
    struct note_verifier verifier;
    return status == STATUS_OK ? note_verifier_make(wish->ledger_name, none, &verifier, problem)
                               : status;
}

// A repository among the files it guards would be given out with them.
static enum status create_check_inside(const struct repository *repository,
                                       struct problem *problem) {
    char real[PATH_MAX];
    if (!realpath(repository->directory, real))
        return problem_set_errno(problem, "%s", repository->directory);
    if (path_lies_in(real, repository->content))
        return problem_set(problem, STATUS_USAGE,
                           "%s lies in the guarded directory: keys would be given out with it",
                           repository->directory);
    return STATUS_OK;
}

enum status repository_create(const struct repository_wish *wish, struct refusal *refusal) {
    struct repository repository = {.lock = -1};
    struct problem problem;
    struct secret_key online;
    enum status status = create_check(wish, &repository, &problem);
    if (status == STATUS_OK)
        status = durable_directory_make(repository.directory, 0755, &problem);
    if (status == STATUS_OK)
        status = create_check_inside(&repository, &problem);
    if (status == STATUS_OK)
        status = create_directories(&repository, &problem);
    if (status != STATUS_OK)
        return repository_refuse(&problem, refusal);
    // One who was stopped half-way left a ledger without entries: it is made anew.
    char path[PATH_MAX];
    if (repository_path(&repository, "public/ledger/checkpoint", path, NULL) == STATUS_OK)
        unlink(path);
    status = create_key(&repository, "online/online.key", &online, refusal);
    if (status != STATUS_OK)
        return status;
    secret_key_done(&online);
    status = create_ledger(wish, &repository, refusal);
    return status == STATUS_OK ? create_settings(wish, &repository, refusal) : status;
}
