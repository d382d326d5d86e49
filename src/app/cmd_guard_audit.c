// vedette guard audit
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/interrupt.h"
#include "app/serving_log.h"
#include "app/shut_in.h"
#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "base/text.h"
#include "guard/guard.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static const struct option_row options[] = {
    {"against", 0, OPTION_PATHS, "WHAT", NULL, NULL,
     "a backup directory, a list of SHA-256 sums (sha256sum's or CSV), or access logs; repeat"},
    {"signed", 0, OPTION_PATH, "DIR", NULL, NULL,
     "compare with signed metadata: the directory where a client or the gate keeps what it trusts"},
    {"clients", 0, OPTION_COUNT, "N", NULL, "10",
     "name so many clients of each size that was served"},
    {"format", 'f', OPTION_CHOICE, "FORM", "text|json", "text",
     "for people, or JSON lines of which the last is a summary"},
    {0},
};

enum {
    TEXT_BYTES_MAX = 1 << 30, // all clients of one file
    HEAD_BYTES = 4096,
    WARN_DAYS = 7
};

#define DAY_NS (86400 * 1000000000ll)

struct audit_run {
    const struct command_line *line;
    struct tree tree;
    struct known_list known;
    struct serving_book served;
    bool has_known, has_served, json;
    bool refused;                             // the signed metadata
    int64_t end_ns;                           // of it; 0: none
    uint32_t roles_lacking;                   // delegated roles that are not kept, or are refused
    char role_lacking[2 * PROBLEM_TEXT_SIZE]; // the first, and why
    const char *missing;                      // of the sandbox
    struct problem problem;
};

static int64_t clock_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static enum status known_directory(struct audit_run *run, const char *path) {
    struct tree tree;
    enum status status = tree_read(path, interrupt_watch(), &tree, &run->problem);
    if (status != STATUS_OK)
        return status;
    status = known_list_take(&run->known, &tree, &run->problem);
    tree_done(&tree);
    run->has_known = true;
    return status;
}

static enum status signed_take(void *context, const struct client_target *target,
                               struct refusal *refusal) {
    struct audit_run *run = context;
    struct problem problem;
    enum status status = known_list_take_target(&run->known, target->path, &target->file, &problem);
    return status == STATUS_OK ? status : refusal_wrap(refusal, REFUSAL_LENGTH, &problem);
}

static void signed_lacking(void *context, struct slice role, const struct refusal *why) {
    struct audit_run *run = context;
    struct buffer name;
    if (run->roles_lacking++)
        return;
    buffer_init(&name, PROBLEM_TEXT_SIZE - 4);
    text_append_terminal(&name, role);
    snprintf(run->role_lacking, sizeof run->role_lacking, "%.*s: %s", (int)name.size,
             (const char *)name.data, why->problem.text);
    buffer_done(&name);
}

// Metadata that is refused (expired, too few signatures) is exit status 1, as for a client.
static enum status known_signed(struct audit_run *run, const char *directory) {
    struct client_options wanted = {.directory = directory, .now_ns = CLOCK_NONE};
    struct refusal refusal;
    struct client *client = client_new(&wanted);
    enum status status = client_open_kept(client, &refusal);
    if (status != STATUS_OK) {
        run->problem = refusal.problem;
        run->refused = !refusal_is_trouble(refusal.reason);
    } else {
        const struct client_listing listing = {run, signed_take, signed_lacking};
        run->end_ns = client_expiry(client);
        run->has_known = true;
        status = client_list(client, &listing, &refusal);
        if (status != STATUS_OK)
            run->problem = refusal.problem;
    }
    client_free(client);
    return status;
}

// A list when it looks like one, else an access log.
static enum status known_file(struct audit_run *run, const char *path) {
    struct buffer text;
    buffer_init(&text, KNOWN_LIST_BYTES_MAX + DURABLE_READ_BYTES);
    uint8_t head[HEAD_BYTES];
    FILE *file = fopen(path, "rbe");
    if (!file)
        return problem_set_errno(&run->problem, "open %s", path);
    size_t size = fread(head, 1, sizeof head, file);
    fclose(file);
    enum status status = STATUS_OK;
    if (known_list_recognise(slice_of(head, size))) {
        status = durable_file_read(path, KNOWN_LIST_BYTES_MAX, &text, &run->problem);
        if (status == STATUS_OK)
            status = known_list_read(&run->known, buffer_slice(&text), &run->problem);
        run->has_known = true;
    } else {
        status = serving_log_read(path, &run->served, &run->problem);
        run->has_served = true;
    }
    buffer_done(&text);
    return status;
}

static enum status against_read(struct audit_run *run, const char *path) {
    struct stat stat_of;
    if (stat(path, &stat_of) != 0)
        return problem_set_errno(&run->problem, "%s", path);
    if (!S_ISDIR(stat_of.st_mode))
        return known_file(run, path);
    if (!serving_log_recognise(path))
        return known_directory(run, path);
    run->has_served = true;
    return serving_log_read(path, &run->served, &run->problem);
}

static enum status audit_write(const struct audit_run *run, const struct tree_audit *audit) {
    size_t clients = (size_t)command_line_count(run->line, "clients", 10);
    struct buffer text;
    buffer_init(&text, TEXT_BYTES_MAX);
    for (uint32_t i = 0; i < audit->count; i++) {
        buffer_reset(&text);
        if (run->json)
            tree_audit_append_json(audit, &audit->findings[i], &text);
        else
            tree_audit_append_text(audit, &audit->findings[i], clients, &text);
        fwrite(text.data, 1, text.size, stdout);
    }
    buffer_done(&text);
    return STATUS_OK;
}

static void audit_sum(const struct audit_run *run, const struct tree_audit *audit) {
    uint64_t counts[AUDIT_KIND_COUNT] = {0};
    const char *between = "";
    for (uint32_t i = 0; i < audit->count; i++)
        counts[audit->findings[i].kind]++;
    if (run->json)
        printf("{\"schema\":\"vedette.audit/1\",\"files\":%u,\"findings\":%u,\"compared\":%u,"
               "\"lines_not_read\":%u,\"roles_lacking\":%u}\n",
               run->tree.count, audit->count, run->known.count, run->known.lines_not_read,
               run->roles_lacking);
    if (run->json)
        return;
    printf("%u file%s looked at, %u finding%s%s", run->tree.count, run->tree.count == 1 ? "" : "s",
           audit->count, audit->count == 1 ? "" : "s", audit->count ? ": " : "\n");
    for (int kind = 0; kind < AUDIT_KIND_COUNT; kind++) {
        if (counts[kind] == 0)
            continue;
        printf("%s%llu %s", between, (unsigned long long)counts[kind],
               audit_kind_word((enum audit_kind)kind));
        between = ", ";
    }
    if (audit->count)
        printf("\n");
}

static void audit_warn(const struct audit_run *run) {
    char end[CLOCK_TEXT_SIZE];
    if (run->end_ns && run->end_ns - clock_now() < WARN_DAYS * DAY_NS) {
        clock_format(run->end_ns, end);
        fprintf(stderr, "vedette guard audit: the signed metadata ends at %s\n", end);
    }
    if (run->roles_lacking)
        fprintf(stderr,
                "vedette guard audit: %u delegated roles are not known here; what they list is "
                "told as extra. The first: %s\n",
                run->roles_lacking, run->role_lacking);
    if (!run->has_known && !run->has_served)
        fprintf(stderr, "vedette guard audit: nothing to compare with: only links, modes and "
                        "special files are told; --against names a backup, hashes or logs\n");
    else if (!run->has_known)
        fprintf(stderr, "vedette guard audit: access logs tell sizes only: a file replaced by one "
                        "of the same size is not seen\n");
    if (run->known.lines_not_read)
        fprintf(stderr, "vedette guard audit: %u lines of lists could not be read\n",
                run->known.lines_not_read);
    if (run->served.left_out)
        fprintf(stderr, "vedette guard audit: %llu answers left out: too many clients or paths\n",
                (unsigned long long)run->served.left_out);
    if (run->missing)
        fprintf(stderr, "vedette guard audit: this kernel lacks part of the sandbox: %s\n",
                run->missing);
}

static enum status audit_start(struct audit_run *run) {
    size_t count;
    const char *const *against = command_line_list(run->line, "against", &count);
    if (run->line->operand_count != 1)
        return problem_set(&run->problem, STATUS_USAGE, "takes one directory");
    const char *trusted = command_line_text(run->line, "signed");
    const char **paths = memory_new(count + 2, sizeof *paths);
    size_t path_count = 0;
    paths[path_count++] = run->line->operands[0];
    for (size_t i = 0; i < count; i++)
        paths[path_count++] = against[i];
    if (trusted)
        paths[path_count++] = trusted;
    struct shut_in shut_in = {.evidence = paths,
                              .evidence_count = path_count,
                              .spill_directory = shut_in_spill_directory()};
    enum status status = shut_in_check_evidence(paths, path_count, &run->problem);
    if (status == STATUS_OK)
        status = shut_in_enter(&shut_in, &run->missing, &run->problem);
    memory_free(paths);
    if (status == STATUS_OK && command_line_text(run->line, "signed"))
        status = known_signed(run, command_line_text(run->line, "signed"));
    for (size_t i = 0; i < count && status == STATUS_OK; i++)
        status = against_read(run, against[i]);
    if (status == STATUS_OK)
        status = tree_read(run->line->operands[0], interrupt_watch(), &run->tree, &run->problem);
    return status;
}

static enum exit_code audit_exit(enum status status) {
    if (status == STATUS_INTERRUPTED)
        return EXIT_INTERRUPTED;
    return status == STATUS_USAGE || status == STATUS_NOT_FOUND || status == STATUS_FORMAT
               ? EXIT_USAGE
               : EXIT_TROUBLE;
}

static enum exit_code audit_run(const struct command_line *line) {
    struct audit_run run = {.line = line};
    struct tree_audit audit;
    run.json = strcmp(command_line_text(line, "format"), "json") == 0;
    known_list_init(&run.known);
    serving_book_init(&run.served);
    enum status status = audit_start(&run);
    enum exit_code code = EXIT_DONE;
    if (status == STATUS_OK) {
        serving_book_sort(&run.served);
        tree_audit_make(&run.tree, run.has_known ? &run.known : NULL,
                        run.has_served ? &run.served : NULL, &audit);
        audit_write(&run, &audit);
        audit_sum(&run, &audit);
        audit_warn(&run);
        code = audit.count ? EXIT_FINDINGS : EXIT_DONE;
        tree_audit_done(&audit);
        tree_done(&run.tree);
    } else {
        fprintf(stderr, "vedette guard audit: %s\n", run.problem.text);
        code = run.refused ? EXIT_FINDINGS : audit_exit(status);
    }
    known_list_done(&run.known);
    serving_book_done(&run.served);
    return code;
}

const struct command command_guard_audit = {
    .name = "guard audit",
    .summary = "what differs in a directory of packages, and who fetched it",
    .operands = "DIR",
    .operands_min = 1,
    .text =
        "Needs no keys, but for --signed. Hashes every file below DIR and tells what differs from "
        "a backup, from a\n"
        "vendor's list of hashes, or from the sizes that clients once got by the access logs\n"
        "(IIS, nginx, Apache), and lists the clients: who got which size, when first and last.\n"
        "Also symbolic links, special files, files with a second name, and files that others\n"
        "than their owner may write.",
    .options = options,
    .run = audit_run,
    .exits = "0 nothing differs, 1 something differs, 2 usage, 4 failure, 130 interrupted.",
};
