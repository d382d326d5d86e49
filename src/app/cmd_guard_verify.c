// vedette guard verify
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "base/text.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"metadata", 'm', OPTION_PATH, "DIR", NULL, NULL,
     "what a client trusts (guard client): the files must be targets of it"},
    {"url", 'u', OPTION_TEXT, "URL", NULL, NULL,
     "refresh DIR from the repository first; without it nothing is fetched"},
    {"as", 0, OPTION_TEXT, "TARGET", NULL, NULL,
     "the one file is this target (default: any target of the file's name)"},
    {"proof", 'p', OPTION_FLAG, NULL, NULL, NULL,
     "each FILE must be in the ledger, as FILE.tlog-proof beside it or here shows"},
    {"proof-file", 0, OPTION_PATH, "PROOF", NULL, NULL,
     "--proof, of one FILE, by this proof and no other, wherever it lies"},
    {"ledger-key", 0, OPTION_TEXT, "KEY", NULL, NULL,
     "--proof: NAME+ID+KEY of the ledger, or a file that holds it"},
    {"memory", 0, OPTION_PATH, "FILE", NULL, NULL,
     "--proof: the newest checkpoint seen, so that a second story is noticed"},
    {0},
};

enum {
    PATH_BYTES_MAX = 4096
};

struct verify_run {
    const struct command_line *line;
    struct remote *remote;
    struct client *client; // NULL without --metadata
    struct note_verifier ledger;
    struct refusal refusal;
};

static enum status verify_open(struct verify_run *run) {
    struct client_options wanted = {
        .directory = command_line_text(run->line, "metadata"),
        .now_ns = CLOCK_NONE,
    };
    const char *url = command_line_text(run->line, "url");
    if (!wanted.directory)
        return STATUS_OK;
    if (url) {
        struct remote_options where = {.metadata = url};
        enum status status = remote_new(&where, &run->remote, &run->refusal);
        if (status != STATUS_OK)
            return status;
        wanted.source = remote_source(run->remote);
    }
    run->client = client_new(&wanted);
    return url ? client_refresh(run->client, &run->refusal)
               : client_open_kept(run->client, &run->refusal);
}

static enum status verify_key(struct verify_run *run) {
    const char *word = command_line_text(run->line, "ledger-key");
    struct problem problem;
    enum status status = note_verifier_find(word, &run->ledger, &problem);
    return status == STATUS_OK ? status : refusal_wrap(&run->refusal, REFUSAL_FORMAT, &problem);
}

// Whether the bytes are those of the target that has this path.
static enum status verify_path(struct verify_run *run, struct slice path, int fd,
                               struct client_target *ret_target) {
    enum status status = client_find(run->client, path, ret_target, &run->refusal);
    return status == STATUS_OK ? download_check_file(fd, ret_target, &run->refusal) : status;
}

// Any target of the file's name: its own path from some part on, or one listed in the top-level
// targets. The last refusal stands when none is right; that other bytes were signed says more
// than that a path is not listed.
static enum status verify_name(struct verify_run *run, const char *file, int fd,
                               struct client_target *ret_target) {
    struct slice path = slice_of_string(file), name = slice_behind_last(path, "/");
    struct refusal worst = {.reason = REFUSAL_UNLISTED};
    enum status status = STATUS_NOT_FOUND;
    for (;;) {
        status = verify_path(run, path, fd, ret_target);
        if (status == STATUS_OK)
            return status;
        if (worst.reason == REFUSAL_UNLISTED)
            worst = run->refusal;
        const uint8_t *slash = path.size ? memchr(path.data, '/', path.size) : NULL;
        if (!slash)
            break;
        path = slice_part(path, (size_t)(slash - path.data) + 1, SIZE_MAX);
    }
    const struct metadata *targets = client_metadata(run->client, METADATA_TARGETS);
    for (uint32_t i = 0; i < targets->entry_count; i++) {
        struct slice listed = targets->entries[i].name;
        if (!slice_equal(slice_behind_last(listed, "/"), name))
            continue;
        status = verify_path(run, listed, fd, ret_target);
        if (status == STATUS_OK)
            return status;
        worst = run->refusal;
    }
    run->refusal = worst;
    return worst.problem.status;
}

static enum status verify_target(struct verify_run *run, const char *file, struct buffer *told) {
    const char *as = command_line_text(run->line, "as");
    struct client_target target;
    struct problem problem;
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0) {
        problem_set_errno(&problem, "open %s", file);
        return refusal_wrap(&run->refusal, REFUSAL_SYSTEM, &problem);
    }
    enum status status = as ? verify_path(run, slice_of_string(as), fd, &target)
                            : verify_name(run, file, fd, &target);
    close(fd);
    if (status == STATUS_OK)
        buffer_append_format(told, ": %.*s, signed as '%.*s' version %" PRId64,
                             (int)target.path.size, target.path.data, (int)target.role.size,
                             target.role.data, target.targets_version);
    return status;
}

static bool verify_wants_proof(const struct command_line *line) {
    return command_line_flag(line, "proof") || command_line_text(line, "proof-file");
}

// The one that was named; else the one beside the file; else the one in the current directory.
static void verify_find_proof(const struct verify_run *run, const char *file,
                              char ret_path[PATH_BYTES_MAX]) {
    const char *named = command_line_text(run->line, "proof-file");
    const char *slash = strrchr(file, '/');
    if (named) {
        snprintf(ret_path, PATH_BYTES_MAX, "%s", named);
        return;
    }
    snprintf(ret_path, PATH_BYTES_MAX, "%s.tlog-proof", file);
    if (slash && access(ret_path, F_OK) != 0)
        snprintf(ret_path, PATH_BYTES_MAX, "%s.tlog-proof", slash + 1);
}

static enum status verify_proof(struct verify_run *run, const char *file, struct buffer *told) {
    struct ledger_memory memory = {command_line_text(run->line, "memory"), &run->ledger};
    struct release_claim claim;
    struct release_told release;
    struct problem problem;
    struct buffer proof;
    char path[PATH_BYTES_MAX];
    verify_find_proof(run, file, path);
    buffer_init(&proof, PROOF_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = file_hash_read(file, claim.sha256, &claim.length, &problem);
    if (status == STATUS_OK)
        status = durable_file_read(path, PROOF_BYTES_MAX, &proof, &problem);
    if (status != STATUS_OK) {
        refusal_wrap(&run->refusal,
                     status == STATUS_NOT_FOUND ? REFUSAL_NOT_LOGGED : REFUSAL_SYSTEM, &problem);
        goto done;
    }
    status = release_proof_verify(buffer_slice(&proof), &run->ledger, &claim,
                                  memory.path ? &memory : NULL, &release, &run->refusal);
    if (status == STATUS_OK) {
        buffer_append_format(told, ": %s, entry %" PRIu64 " of the ledger", release.path,
                             release.index);
    } else {
        problem = run->refusal.problem;
        problem_set(&run->refusal.problem, status, "%s: %s", path, problem.text);
    }
done:
    buffer_done(&proof);
    return status;
}

static enum exit_code verify_file(struct verify_run *run, const char *file) {
    struct buffer told, line;
    enum status status = STATUS_OK;
    enum exit_code code = EXIT_DONE;
    buffer_init(&told, 64 * 1024);
    buffer_init(&line, 256 * 1024);
    if (run->client)
        status = verify_target(run, file, &told);
    if (status == STATUS_OK && verify_wants_proof(run->line))
        status = verify_proof(run, file, &told);
    text_append_terminal(&line, slice_of_string(file));
    if (status == STATUS_OK) {
        text_append_terminal(&line, buffer_slice(&told));
        printf("good     %.*s\n", (int)line.size, (const char *)line.data);
    } else {
        printf("refused  %.*s\n", (int)line.size, (const char *)line.data);
        fflush(stdout); // before the reason
        code = guard_fail("verify", &run->refusal);
    }
    buffer_done(&told);
    buffer_done(&line);
    return code;
}

static enum exit_code verify_run(const struct command_line *line) {
    struct verify_run run = {.line = line};
    bool proof = verify_wants_proof(line);
    bool one = command_line_text(line, "as") || command_line_text(line, "proof-file");
    const char *metadata = command_line_text(line, "metadata");
    if ((!metadata && !proof) || (proof && !command_line_text(line, "ledger-key")) ||
        (one && line->operand_count != 1)) {
        fprintf(stderr, "vedette guard verify: takes FILE... with --metadata, or --proof and "
                        "--ledger-key, or both; --as and --proof-file for one file\n");
        return EXIT_USAGE;
    }
    enum exit_code code = EXIT_DONE;
    enum status status = proof ? verify_key(&run) : STATUS_OK;
    if (status == STATUS_OK)
        status = verify_open(&run);
    if (status != STATUS_OK)
        code = guard_fail("verify", &run.refusal);
    // The worst of all files: 4 before 1.
    for (size_t i = 0; status == STATUS_OK && i < line->operand_count; i++) {
        enum exit_code this = verify_file(&run, line->operands[i]);
        code = this > code ? this : code;
    }
    client_free(run.client);
    remote_free(run.remote);
    return code;
}

const struct command command_guard_verify = {
    .name = "guard verify",
    .summary = "say whether files are what the release owners signed",
    .operands = "FILE...",
    .operands_min = 1,
    .text =
        "With --metadata, FILE must have the length and hash of a target that trusted metadata\n"
        "lists: of the target --as names, else of one with the file's name. Metadata that is\n"
        "expired vouches for nothing; --url refreshes it first. With --proof, FILE.tlog-proof\n"
        "(or the proof that --proof-file names) must show that the release is in the ledger:\n"
        "offline, with the ledger's key alone.",
    .options = options,
    .run = verify_run,
    .exits = GUARD_EXITS,
};
