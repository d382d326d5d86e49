// What a person sees while a scan runs
// SPDX-License-Identifier: Apache-2.0
#include "app/progress.h"

#include "base/buffer.h"
#include "base/text.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    PROGRESS_TEXT_MAX = 4096
};

bool progress_colour(const char *colour, int fd) {
    if (strcmp(colour, "auto") != 0)
        return strcmp(colour, "always") == 0;
    const char *none = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    return isatty(fd) && !(none && *none) && !(term && strcmp(term, "dumb") == 0);
}

void progress_init(struct progress *progress, const char *colour, bool quiet) {
    progress->quiet = quiet;
    progress->line = !quiet && isatty(STDERR_FILENO) && isatty(STDOUT_FILENO);
    progress->colour = progress_colour(colour, STDERR_FILENO);
}

void progress_done(struct progress *progress) {
    if (progress->line)
        fputs("\r\x1b[K", stderr);
    progress->line = false;
}

void progress_watch(void *context, const struct pipeline_progress *state) {
    const struct progress *progress = context;
    if (!progress->line || state->seconds <= 0)
        return;
    double done = (double)state->bytes_done;
    double rate = done / state->seconds;
    fprintf(stderr, "\r\x1b[K%zu files, %.0f of %.0f MB, %.0f MB/s, %.0f events/s, %llu hits",
            (size_t)state->files, done / 1e6, (double)state->bytes / 1e6, rate / 1e6,
            (double)state->events / state->seconds, (unsigned long long)state->hits);
    if (rate > 0 && (double)state->bytes > done)
        fprintf(stderr, ", %.0f s left", ((double)state->bytes - done) / rate);
    fflush(stderr);
}

void progress_critical(void *context, const struct rule *rule, struct slice host) {
    const struct progress *progress = context;
    if (progress->quiet)
        return;
    struct buffer line;
    buffer_init(&line, PROGRESS_TEXT_MAX);
    if (progress->line)
        buffer_append_text(&line, "\r\x1b[K");
    buffer_append_text(&line, progress->colour ? "\x1b[1;31mCRITICAL\x1b[0m " : "CRITICAL ");
    text_append_terminal(&line, host.size ? host : SLICE("(no host)"));
    buffer_append_text(&line, "  ");
    text_append_terminal(&line, rule->title);
    buffer_append_byte(&line, '\n');
    fwrite(line.data, 1, line.size, stderr);
    buffer_done(&line);
}
