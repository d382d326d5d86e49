// vedette guard client
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/guard_run.h"
#include "app/interrupt.h"
#include "base/clock.h"
#include "base/durable_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static const struct option_row options[] = {
    {"metadata", 'm', OPTION_PATH, "DIR", NULL, NULL, "where trusted metadata is kept"},
    {"url", 'u', OPTION_TEXT, "URL", NULL, NULL,
     "the repository's metadata: http(s)://, or a directory"},
    {"targets-url", 't', OPTION_TEXT, "URL", NULL, NULL, "download: where the files are"},
    {"into", 'o', OPTION_PATH, "DIR", NULL, ".", "download: where files are put"},
    {"authorities", 0, OPTION_PATH, "FILE", NULL, NULL,
     "certificates to check servers with, instead of the system's"},
    {"timeout", 0, OPTION_COUNT, "SECONDS", NULL, "3600", "the most that one transfer may take"},
    {"delegations", 0, OPTION_COUNT, "N", NULL, "32",
     "look into at most N delegated roles a target"},
    {"targets-bytes", 0, OPTION_COUNT, "N", NULL, "67108864",
     "the longest targets metadata, when the snapshot does not say"},
    {0},
};

static bool client_stop(void *context) {
    (void)context;
    return *interrupt_watch();
}

static enum exit_code client_install(const char *directory, const char *path) {
    struct buffer root;
    struct refusal refusal;
    struct problem problem;
    buffer_init(&root, CANONICAL_BYTES_MAX + DURABLE_READ_BYTES);
    enum exit_code code = EXIT_DONE;
    if (durable_file_read(path, CANONICAL_BYTES_MAX, &root, &problem) != STATUS_OK) {
        fprintf(stderr, "vedette guard client: %s\n", problem.text);
        code = EXIT_TROUBLE;
    } else if (client_install_root(directory, buffer_slice(&root), &refusal) != STATUS_OK) {
        code = guard_fail("client", &refusal);
    }
    buffer_done(&root);
    return code;
}

// One line while a download runs, on a terminal only.
static void client_progress(void *context, uint64_t done, uint64_t size) {
    int64_t *told_ns = context, now_ns = clock_now_monotonic();
    if (done < size && now_ns - *told_ns < 100 * 1000000)
        return;
    *told_ns = now_ns;
    fprintf(stderr, "\r%5.1f %% of %.1f MB%s", size ? 100.0 * (double)done / (double)size : 100.0,
            (double)size / 1e6, done == size ? "\n" : "");
}

static enum status client_download(struct client *client, struct remote *remote,
                                   const struct command_line *line, struct refusal *refusal) {
    int64_t told_ns = 0;
    struct download_options download = {
        .directory = command_line_text(line, "into"),
        .progress = isatty(STDERR_FILENO) ? client_progress : NULL,
        .context = &told_ns,
    };
    struct problem problem;
    if (line->operand_count > 1 &&
        durable_directory_make(download.directory, 0755, &problem) != STATUS_OK)
        return refusal_wrap(refusal, REFUSAL_SYSTEM, &problem);
    for (size_t i = 1; i < line->operand_count; i++) {
        struct client_target target;
        struct buffer name;
        buffer_init(&name, 4096);
        enum status status =
            client_find(client, slice_of_string(line->operands[i]), &target, refusal);
        if (status == STATUS_OK)
            status = download_target(remote, client, &target, &download, &name, refusal);
        if (status == STATUS_OK)
            printf("%s/%.*s\n", download.directory, (int)name.size, (const char *)name.data);
        buffer_done(&name);
        if (status != STATUS_OK)
            return status;
    }
    return STATUS_OK;
}

static void client_tell(const struct client *client) {
    for (unsigned type = 0; type < METADATA_TYPE_COUNT; type++) {
        const struct metadata *metadata = client_metadata(client, (enum metadata_type)type);
        char text[CLOCK_TEXT_SIZE];
        clock_format(metadata->expires_ns, text);
        printf("%-9s version %" PRId64 ", expires %.10s\n",
               metadata_type_name((enum metadata_type)type), metadata->version, text);
    }
}

static enum exit_code client_work(const struct command_line *line, bool download) {
    struct remote_options where = {
        .metadata = command_line_text(line, "url"),
        .targets = command_line_text(line, "targets-url"),
        .http = {.authorities = command_line_text(line, "authorities"),
                 .total_seconds = (unsigned)command_line_count(line, "timeout", 3600)},
        .stop = client_stop,
    };
    struct client_options wanted = {
        .directory = command_line_text(line, "metadata"),
        .limits = {.delegations_max = (uint32_t)command_line_count(line, "delegations", 32),
                   .targets_bytes_max = command_line_count(line, "targets-bytes", 0)},
        .now_ns = CLOCK_NONE,
    };
    struct refusal refusal;
    struct remote *remote = NULL;
    struct client *client = NULL;
    enum status status = remote_new(&where, &remote, &refusal);
    if (status == STATUS_OK) {
        wanted.source = remote_source(remote);
        client = client_new(&wanted);
        status = client_refresh(client, &refusal);
    }
    if (status == STATUS_OK && download)
        status = client_download(client, remote, line, &refusal);
    else if (status == STATUS_OK)
        client_tell(client);
    client_free(client);
    remote_free(remote);
    if (status != STATUS_OK && *interrupt_watch())
        return EXIT_INTERRUPTED;
    return status == STATUS_OK ? EXIT_DONE : guard_fail("client", &refusal);
}

static enum exit_code client_run(const struct command_line *line) {
    const char *verb = line->operands[0], *directory = command_line_text(line, "metadata");
    bool refresh = strcmp(verb, "refresh") == 0 && line->operand_count == 1;
    bool download = strcmp(verb, "download") == 0 && line->operand_count > 1;
    if (directory && strcmp(verb, "init") == 0 && line->operand_count == 2)
        return client_install(directory, line->operands[1]);
    if (directory && command_line_text(line, "url") &&
        (refresh || (download && command_line_text(line, "targets-url"))))
        return client_work(line, download);
    fprintf(stderr, "vedette guard client: takes init ROOT, refresh or download TARGET..., with "
                    "--metadata, --url and --targets-url; --help tells more\n");
    return EXIT_USAGE;
}

const struct command command_guard_client = {
    .name = "guard client",
    .summary = "fetch only what the release owners signed",
    .operands = "init ROOT | refresh | download TARGET...",
    .operands_min = 1,
    .text =
        "A client of The Update Framework (TUF 1.0.34). init takes the root metadata that came\n"
        "with the software: everything else is believed by way of it. refresh brings root,\n"
        "timestamp, snapshot and targets up to date. download refreshes, finds who signed each\n"
        "target, and puts only files of the signed length and hash below --into, under their\n"
        "paths percent-encoded; a broken download is gone on with the next time.\n"
        "Nothing a server sends is believed: what is old, short of signatures, too long or\n"
        "changed is refused, and what was trusted before stays.",
    .options = options,
    .run = client_run,
    .exits = GUARD_EXITS,
};
