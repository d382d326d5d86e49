// Passphrases: from a terminal or a file, never argv
// SPDX-License-Identifier: Apache-2.0
#include "app/guard_passphrase.h"

#include "guard/guard.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

// One line, byte by byte: what follows in a pipe is not ours.
static enum status line_read(int fd, const char *name, struct buffer *ret_line,
                             struct problem *problem) {
    uint8_t byte;
    buffer_reset(ret_line);
    for (;;) {
        ssize_t step = read(fd, &byte, 1);
        if (step < 0 && errno == EINTR)
            continue;
        if (step < 0)
            return problem_set_errno(problem, "read %s", name);
        if (step == 0 || byte == '\n')
            break;
        buffer_append_byte(ret_line, byte);
        if (ret_line->failed)
            return problem_set(problem, STATUS_USAGE, "%s: the passphrase is too long", name);
    }
    if (ret_line->size && ret_line->data[ret_line->size - 1] == '\r')
        ret_line->size--;
    return STATUS_OK;
}

static enum status file_read_line(const char *file, struct buffer *ret_line,
                                  struct problem *problem) {
    int fd = open(file, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", file);
    enum status status = line_read(fd, file, ret_line, problem);
    close(fd);
    return status;
}

static enum status terminal_ask(int fd, const char *question, struct buffer *ret_line,
                                struct problem *problem) {
    struct termios before, quiet;
    if (tcgetattr(fd, &before) != 0)
        return problem_set_errno(problem, "terminal");
    quiet = before;
    quiet.c_lflag &= (tcflag_t) ~(tcflag_t)ECHO;
    tcsetattr(fd, TCSAFLUSH, &quiet); // before it is asked: an answer is never shown nor dropped
    dprintf(fd, "%s", question);
    enum status status = line_read(fd, "terminal", ret_line, problem);
    tcsetattr(fd, TCSAFLUSH, &before);
    dprintf(fd, "\n");
    return status;
}

static enum status terminal_read(const char *key_name, bool twice, struct buffer *ret_passphrase,
                                 struct problem *problem) {
    char question[512];
    struct buffer again;
    int fd = open("/dev/tty", O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (fd < 0)
        return problem_set(problem, STATUS_USAGE,
                           "%s needs a passphrase: there is no terminal to ask; --passphrase-file",
                           key_name);
    snprintf(question, sizeof question, "Passphrase of %s: ", key_name);
    buffer_init(&again, PASSPHRASE_BYTES_MAX);
    enum status status = terminal_ask(fd, question, ret_passphrase, problem);
    if (status == STATUS_OK && twice)
        status = terminal_ask(fd, "And again: ", &again, problem);
    if (status == STATUS_OK && twice &&
        !slice_equal(buffer_slice(&again), buffer_slice(ret_passphrase)))
        status = problem_set(problem, STATUS_USAGE, "these were two different passphrases");
    secret_wipe(&again);
    buffer_done(&again);
    close(fd);
    return status;
}

enum status guard_passphrase(const char *key_name, const char *file, bool twice,
                             struct buffer *ret_passphrase, struct problem *problem) {
    enum status status = file ? file_read_line(file, ret_passphrase, problem)
                              : terminal_read(key_name, twice, ret_passphrase, problem);
    if (status == STATUS_OK && twice && ret_passphrase->size < SECRET_KEY_PASSPHRASE_MIN)
        status = problem_set(problem, STATUS_USAGE, "a passphrase has at least %d characters",
                             SECRET_KEY_PASSPHRASE_MIN);
    return status;
}

bool guard_confirm(const char *question, bool *ret_asked) {
    char answer[16] = "";
    FILE *terminal = fopen("/dev/tty", "r+e");
    *ret_asked = terminal != NULL;
    if (!terminal)
        return false;
    fprintf(terminal, "%s", question);
    fflush(terminal);
    bool read = fgets(answer, sizeof answer, terminal) != NULL;
    fclose(terminal);
    return read && strcmp(answer, "yes\n") == 0;
}
