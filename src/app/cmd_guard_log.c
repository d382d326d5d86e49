// vedette guard log
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "base/text.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"ledger-key", 0, OPTION_TEXT, "KEY", NULL, NULL,
     "NAME+ID+KEY of the ledger, or a file that holds it (default: as the repository says)"},
    {"key", 'k', OPTION_PATH, "FILE.key", NULL, NULL,
     "append: the ledger's private key (default: the repository's online/ledger.key)"},
    {"index", 0, OPTION_COUNT, "N", NULL, NULL, "prove: this entry, instead of the files named"},
    {"output", 'o', OPTION_PATH, "FILE", NULL, NULL,
     "prove: where the proof goes (default: FILE.tlog-proof in the current directory)"},
    {"from", 0, OPTION_TEXT, "CHECKPOINT", NULL, NULL,
     "consistency: an older checkpoint (a file), or its size"},
    {"memory", 0, OPTION_PATH, "FILE", NULL, NULL,
     "remember the newest checkpoint in FILE; refuse a ledger that does not continue it"},
    {0},
};

struct log_run {
    const struct command_line *line;
    char directory[PATH_MAX];
    char content[PATH_MAX]; // what the repository guards, or empty
    char key[PATH_MAX];     // the private one
    struct note_verifier verifier;
    struct ledger *ledger;
    struct refusal refusal;
};

static enum status log_problem(struct log_run *run, const struct problem *problem) {
    return repository_refuse(problem, &run->refusal);
}

// A repository, or a ledger by itself.
static enum status log_where(struct log_run *run) {
    const char *directory = run->line->operands[1];
    const char *word = command_line_text(run->line, "ledger-key");
    const char *key = command_line_text(run->line, "key");
    char settings[PATH_MAX];
    struct problem problem;
    snprintf(run->key, sizeof run->key, "%s", key ? key : "");
    snprintf(run->directory, sizeof run->directory, "%s", directory);
    snprintf(settings, sizeof settings, "%s/repository.json", directory);
    if (access(settings, F_OK) == 0) {
        struct repository repository;
        enum status status = repository_open(directory, false, &repository, &run->refusal);
        if (status != STATUS_OK)
            return status;
        run->verifier = repository.ledger;
        snprintf(run->content, sizeof run->content, "%s", repository.content);
        repository_close(&repository);
        snprintf(run->directory, sizeof run->directory, "%s/public/ledger", directory);
        if (!key)
            snprintf(run->key, sizeof run->key, "%s/online/ledger.key", directory);
    } else if (!word) {
        problem_set(&problem, STATUS_USAGE, "%s is no repository: --ledger-key says whose ledger",
                    directory);
        return log_problem(run, &problem);
    }
    if (word && note_verifier_find(word, &run->verifier, &problem) != STATUS_OK)
        return log_problem(run, &problem);
    return STATUS_OK;
}

static enum status log_open(struct log_run *run, bool write) {
    enum status status = log_where(run);
    struct ledger_options wanted = {.directory = run->directory,
                                    .verifier = &run->verifier,
                                    .memory = command_line_text(run->line, "memory"),
                                    .write = write};
    return status == STATUS_OK ? ledger_open(&wanted, &run->ledger, &run->refusal) : status;
}

static enum status append_key(struct log_run *run, struct secret_key *ret_key) {
    struct buffer pem;
    struct problem problem;
    buffer_init(&pem, SECRET_KEY_FILE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status =
        run->key[0] ? STATUS_OK
                    : problem_set(&problem, STATUS_USAGE, "--key names the ledger's private key");
    if (status == STATUS_OK)
        status = durable_file_read(run->key, SECRET_KEY_FILE_BYTES_MAX, &pem, &problem);
    if (status == STATUS_OK)
        status = secret_key_read(buffer_slice(&pem), SLICE(""), ret_key, &problem);
    secret_wipe(&pem);
    buffer_done(&pem);
    return status == STATUS_OK ? status : log_problem(run, &problem);
}

static enum status log_append(struct log_run *run) {
    size_t count = run->line->operand_count - 2;
    struct slice *entries = memory_new(count + 1, sizeof *entries);
    struct buffer *texts = memory_new(count + 1, sizeof *texts);
    struct secret_key key;
    struct problem problem;
    enum status status = log_open(run, true);
    for (size_t i = 0; i < count; i++)
        buffer_init(&texts[i], TILE_ENTRY_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    for (size_t i = 0; status == STATUS_OK && i < count; i++) {
        status = durable_file_read(run->line->operands[i + 2], TILE_ENTRY_BYTES_MAX, &texts[i],
                                   &problem);
        entries[i] = buffer_slice(&texts[i]);
        if (status != STATUS_OK)
            log_problem(run, &problem);
    }
    if (status == STATUS_OK)
        status = append_key(run, &key);
    if (status == STATUS_OK) {
        status = ledger_append(run->ledger, &key, entries, count, &run->refusal);
        secret_key_done(&key);
    }
    if (status == STATUS_OK)
        printf("%zu entr%s added, %llu in the ledger\n", count, count == 1 ? "y" : "ies",
               (unsigned long long)ledger_size(run->ledger));
    for (size_t i = 0; i < count; i++)
        buffer_done(&texts[i]);
    memory_free(texts);
    memory_free(entries);
    return status;
}

// A proof among the guarded files would be a file that nobody released.
static enum status proof_place(struct log_run *run, const char *path) {
    char directory[PATH_MAX], place[PATH_MAX], content[PATH_MAX];
    struct problem problem;
    const char *slash = strrchr(path, '/');
    size_t size = slash ? (size_t)(slash - path) + 1 : 0;
    snprintf(directory, sizeof directory, "%.*s.", (int)size, path);
    if (!run->content[0] || !realpath(directory, place) || !realpath(run->content, content))
        return STATUS_OK; // what is not there holds no files
    if (!path_lies_in(place, content))
        return STATUS_OK;
    problem_set(&problem, STATUS_USAGE,
                "%s lies in the guarded directory: --output says where else", path);
    return log_problem(run, &problem);
}

static enum status prove_index(struct log_run *run, uint64_t index, const char *path) {
    struct buffer text;
    struct problem problem;
    buffer_init(&text, PROOF_BYTES_MAX);
    enum status status = proof_place(run, path);
    if (status == STATUS_OK)
        status = ledger_prove(run->ledger, index, &text, &run->refusal);
    if (status == STATUS_OK && durable_file_write(path, buffer_slice(&text), 0644, &problem))
        status = log_problem(run, &problem);
    buffer_done(&text);
    if (status == STATUS_OK)
        printf("%s: entry %llu of %llu\n", path, (unsigned long long)index,
               (unsigned long long)ledger_size(run->ledger));
    return status;
}

static const char *name_of(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// A name that two of the files have, whose proofs would be one file; NULL: none.
static const char *name_of_two(const char *const *files, size_t count) {
    for (size_t i = 1; i < count; i++)
        for (size_t k = 0; k < i; k++)
            if (strcmp(name_of(files[i]), name_of(files[k])) == 0)
                return name_of(files[i]);
    return NULL;
}

static enum status prove_file(struct log_run *run, const char *path) {
    char part[128], output[PATH_MAX], hex[DIGEST_SHA256_HEX_SIZE];
    const char *given = command_line_text(run->line, "output");
    struct problem problem;
    uint8_t sha256[DIGEST_SHA256_SIZE];
    uint64_t index;
    int64_t length;
    char inside[PATH_MAX];
    int size = snprintf(inside, sizeof inside, "%s/%s", run->content, path);
    // A path from here, else a name in the guarded directory.
    bool is_inside = access(path, F_OK) != 0 && path[0] != '/' && run->content[0] && size > 0 &&
                     size < PATH_MAX && access(inside, F_OK) == 0;
    enum status status = file_hash_read(is_inside ? inside : path, sha256, &length, &problem);
    if (status != STATUS_OK && run->content[0] && access(path, F_OK) != 0)
        problem_set(&problem, STATUS_USAGE,
                    "%s: neither a path from here that leads to a file nor the name of one in the "
                    "guarded directory",
                    path);
    if (status != STATUS_OK)
        return log_problem(run, &problem);
    digest_hex(sha256, hex);
    snprintf(part, sizeof part, "\"sha256\":\"%s\"", hex);
    status = ledger_search(run->ledger, slice_of_string(part), &index, &run->refusal);
    if (status != STATUS_OK) {
        refusal_set(&run->refusal, run->refusal.reason, "%s: these bytes were never released",
                    path);
        return status;
    }
    snprintf(output, sizeof output, "%s.tlog-proof", name_of(path));
    return prove_index(run, index, given ? given : output);
}

static enum status log_prove(struct log_run *run) {
    const char *index = command_line_text(run->line, "index");
    const char *output = command_line_text(run->line, "output");
    struct problem problem;
    size_t count = run->line->operand_count - 2;
    if (index ? count || !output : !count || (output && count > 1)) {
        problem_set(&problem, STATUS_USAGE,
                    "prove takes files (one with --output), or --index and --output");
        return log_problem(run, &problem);
    }
    const char *twice = name_of_two(run->line->operands + 2, count);
    if (twice) {
        problem_set(&problem, STATUS_USAGE, "two files of the name %s: prove each with --output",
                    twice);
        return log_problem(run, &problem);
    }
    enum status status = log_open(run, false);
    if (status == STATUS_OK && index)
        status = prove_index(run, command_line_count(run->line, "index", 0), output);
    for (size_t i = 0; status == STATUS_OK && i < count; i++)
        status = prove_file(run, run->line->operands[i + 2]);
    return status;
}

// The older tree: of a checkpoint, whose root must fit, or of a size alone.
static enum status read_older(struct log_run *run, struct merkle_tree *ret_tree, bool *ret_signed) {
    const char *from = command_line_text(run->line, "from");
    struct problem problem;
    struct checkpoint checkpoint;
    struct buffer note;
    int64_t size;
    *ret_signed = false;
    if (!from)
        return problem_set(&run->refusal.problem, STATUS_USAGE,
                           "consistency needs --from: an older checkpoint, or its size");
    if (access(from, F_OK) != 0 && text_integer(slice_of_string(from), &size) && size >= 0) {
        ret_tree->size = (uint64_t)size;
        return STATUS_OK;
    }
    buffer_init(&note, NOTE_BYTES_MAX + 2 * DURABLE_READ_BYTES);
    enum status status = durable_file_read(from, NOTE_BYTES_MAX, &note, &problem);
    if (status == STATUS_OK)
        status = checkpoint_open(buffer_slice(&note), &run->verifier, &checkpoint, &problem);
    if (status == STATUS_OK)
        *ret_tree = checkpoint.tree;
    *ret_signed = status == STATUS_OK;
    buffer_done(&note);
    return status == STATUS_OK ? status : log_problem(run, &problem);
}

static enum status log_consistency(struct log_run *run) {
    struct merkle_tree before = {.size = 0}, now;
    struct merkle_proof proof;
    struct checkpoint checkpoint;
    struct buffer text;
    bool is_signed;
    enum status status = log_open(run, false);
    if (status == STATUS_OK)
        status = read_older(run, &before, &is_signed);
    if (status == STATUS_OK && is_signed && before.size > ledger_size(run->ledger))
        return refusal_set(
            &run->refusal, REFUSAL_ROLLBACK, "the ledger has only %llu entries, not %llu as then",
            (unsigned long long)ledger_size(run->ledger), (unsigned long long)before.size);
    if (status == STATUS_OK)
        status = ledger_prove_growth(run->ledger, before.size, &proof, &run->refusal);
    if (status != STATUS_OK)
        return status;
    checkpoint_open(ledger_checkpoint(run->ledger), &run->verifier, &checkpoint, NULL);
    now = checkpoint.tree;
    if (is_signed && !merkle_continues(&before, &now, &proof))
        return refusal_set(&run->refusal, REFUSAL_LOG_FORK,
                           "the ledger does not continue that checkpoint: two histories under one "
                           "name; keep both checkpoints");
    buffer_init(&text, PROOF_BYTES_MAX);
    for (size_t i = 0; i < proof.count; i++) {
        text_append_base64(&text, slice_of(proof.hashes[i].bytes, MERKLE_HASH_SIZE));
        buffer_append_byte(&text, '\n');
    }
    guard_print(&text);
    buffer_done(&text);
    printf("%llu to %llu entries: %s\n", (unsigned long long)before.size,
           (unsigned long long)now.size, is_signed ? "the ledger has only grown" : "the proof");
    return STATUS_OK;
}

static enum exit_code log_run(const struct command_line *line) {
    struct log_run run = {.line = line};
    const char *verb = line->operands[0];
    enum status status;
    if (strcmp(verb, "append") == 0 && line->operand_count > 2) {
        status = log_append(&run);
    } else if (strcmp(verb, "prove") == 0) {
        status = log_prove(&run);
    } else if (strcmp(verb, "consistency") == 0 && line->operand_count == 2) {
        status = log_consistency(&run);
    } else {
        fprintf(stderr, "vedette guard log: takes append LEDGER ENTRY..., prove LEDGER FILE... or "
                        "consistency LEDGER\n");
        return EXIT_USAGE;
    }
    ledger_free(run.ledger);
    return status == STATUS_OK ? EXIT_DONE : guard_fail("log", &run.refusal);
}

const struct command command_guard_log = {
    .name = "guard log",
    .summary = "the ledger: append, prove, show that it only grew",
    .operands = "append LEDGER ENTRY... | prove LEDGER FILE... | consistency LEDGER",
    .operands_min = 2,
    .text =
        "LEDGER is a repository, or a directory with a checkpoint and tiles (C2SP tlog-tiles).\n"
        "prove takes FILE as a path from here or as its name in the guarded directory, and "
        "writes\nFILE.tlog-proof into the current directory (never among the guarded files):\n"
        "that these bytes were released, to be checked anywhere with nothing but the ledger's "
        "key.\nconsistency shows that the ledger still has all "
        "that an older\ncheckpoint had. append adds files as entries (publish does that for "
        "releases).",
    .options = options,
    .run = log_run,
    .exits = GUARD_EXITS,
};
