// vedette guard gate
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "app/interrupt.h"
#include "base/buffer.h"
#include "base/durable_file.h"
#include "guard/guard.h"

#include <signal.h>
#include <stdio.h>

static const struct option_row options[] = {
    {"config", 'c', OPTION_PATH, "FILE", NULL, NULL,
     "what the gate is told (YAML); see docs/guard_gate.md"},
    {"check", 0, OPTION_FLAG, NULL, NULL, NULL, "read the configuration and stop"},
    {0},
};

enum {
    CONFIG_BYTES_MAX = 1 << 20
};

// Set from the signal handler.
static atomic_bool gate_reload;

static void gate_hang_up(int number) {
    (void)number;
    atomic_store(&gate_reload, true);
}

static void gate_tell(void *context, const char *text) {
    (void)context;
    fprintf(stderr, "vedette guard gate: %s\n", text);
}

static enum status config_open(const char *path, struct gate_config *ret_config,
                               struct buffer *text, struct problem *problem) {
    if (!path)
        return problem_set(problem, STATUS_USAGE, "--config FILE is missing");
    enum status status = durable_file_read(path, CONFIG_BYTES_MAX, text, problem);
    if (status == STATUS_OK)
        status = gate_config_read(buffer_slice(text), ret_config, problem);
    return status;
}

static enum exit_code gate_run_command(const struct command_line *line) {
    struct gate_config config;
    struct problem problem;
    struct buffer text;
    buffer_init(&text, CONFIG_BYTES_MAX + DURABLE_READ_BYTES);
    enum status status = config_open(command_line_text(line, "config"), &config, &text, &problem);
    if (status != STATUS_OK) {
        fprintf(stderr, "vedette guard gate: %s%.0llu: %s\n",
                problem.unit == PROBLEM_LINE ? "line " : "configuration",
                (unsigned long long)problem.at, problem.text);
        buffer_done(&text);
        return status == STATUS_SYSTEM ? EXIT_TROUBLE : EXIT_USAGE;
    }
    if (!command_line_flag(line, "check")) {
        struct gate_options gate = {.config = &config,
                                    .stop = interrupt_watch(),
                                    .reload = &gate_reload,
                                    .tell = gate_tell};
        struct sigaction action = {.sa_handler = gate_hang_up, .sa_flags = SA_RESTART};
        sigaction(SIGHUP, &action, NULL);
        status = gate_run(&gate, &problem);
        if (status != STATUS_OK)
            fprintf(stderr, "vedette guard gate: %s\n", problem.text);
    }
    gate_config_done(&config);
    buffer_done(&text);
    return status == STATUS_OK ? EXIT_DONE : status == STATUS_USAGE ? EXIT_USAGE : EXIT_TROUBLE;
}

const struct command command_guard_gate = {
    .name = "guard gate",
    .summary = "stand before an upgrade server: only signed bytes pass",
    .operands = "",
    .operands_min = 0,
    .text =
        "Runs behind nginx on a host of its own; clients keep their URL. Each request comes over "
        "a\n"
        "unix socket and is refused, or answered out of a store of files by hash that is filled\n"
        "from the upgrade server and hashed while it is written. One JSON line a decision.\n"
        "SIGHUP: refresh the metadata now, open the log anew.",
    .options = options,
    .run = gate_run_command,
    .exits = "0 stopped by a signal, 2 usage or configuration, 4 failure.",
};
