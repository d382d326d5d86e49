// Authentication log of a Unix host (syslog)
// SPDX-License-Identifier: Apache-2.0
#include "drill/log_single.h"
#include "drill/wire.h"

// RFC 3164 lines as rsyslog writes them to auth.log: local time, no year.

static struct slice user_of(const struct log *log, const struct deed *deed) {
    const struct organisation *organisation = log->site->organisation;
    if (deed->user.size || deed->account >= organisation->account_count)
        return deed->user.size ? deed->user : SLICE("root");
    return slice_of_string(organisation->accounts[deed->account].name);
}

static void begin_line(struct log *log, const struct log_entry *entry, unsigned id) {
    text_append_syslog(&log->text.line, log->site, entry->time_ns);
    buffer_append_format(&log->text.line, "sshd[%u]: ", id);
}

static void append_peer(struct buffer *line, const struct deed *deed) {
    buffer_append_text(line, " from ");
    text_append_address(line, &deed->from.address);
    buffer_append_format(line, " port %u", wire_from_port(deed));
}

static enum status write_failed(struct log *log, const struct log_entry *entry, unsigned id,
                                struct problem *problem) {
    const struct deed *deed = entry->deed;
    struct buffer *line = &log->text.line;
    struct slice user = user_of(log, deed);
    bool stranger = deed->account >= log->site->organisation->account_count && deed->user.size;
    enum status status = STATUS_OK;
    if (stranger) {
        begin_line(log, entry, id);
        buffer_append_text(line, "Invalid user ");
        buffer_append_slice(line, user);
        append_peer(line, deed);
        status = text_log_put(&log->text, &entry->mark, problem);
    }
    if (status != STATUS_OK)
        return status;
    begin_line(log, entry, id);
    buffer_append_text(line, "Failed ");
    buffer_append_slice(line, deed->ssh.method.size ? deed->ssh.method : SLICE("password"));
    buffer_append_text(line, stranger ? " for invalid user " : " for ");
    buffer_append_slice(line, user);
    append_peer(line, deed);
    buffer_append_text(line, " ssh2");
    status = text_log_put(&log->text, &entry->mark, problem);
    if (status != STATUS_OK)
        return status;
    begin_line(log, entry, id);
    buffer_append_text(line, stranger ? "Connection closed by invalid user "
                                      : "Connection closed by authenticating user ");
    buffer_append_slice(line, user);
    buffer_append_byte(line, ' ');
    text_append_address(line, &deed->from.address);
    buffer_append_format(line, " port %u [preauth]", wire_from_port(deed));
    return text_log_put(&log->text, &entry->mark, problem);
}

static enum status write_accepted(struct log *log, const struct log_entry *entry, unsigned id,
                                  struct problem *problem) {
    const struct deed *deed = entry->deed;
    struct buffer *line = &log->text.line;
    struct slice user = user_of(log, deed);
    begin_line(log, entry, id);
    buffer_append_text(line, "Accepted ");
    buffer_append_slice(line, deed->ssh.method.size ? deed->ssh.method : SLICE("password"));
    buffer_append_text(line, " for ");
    buffer_append_slice(line, user);
    append_peer(line, deed);
    buffer_append_text(line, " ssh2");
    if (deed->ssh.key.size) {
        buffer_append_text(line, ": ED25519 ");
        buffer_append_slice(line, deed->ssh.key);
    }
    enum status status = text_log_put(&log->text, &entry->mark, problem);
    if (status != STATUS_OK)
        return status;
    begin_line(log, entry, id);
    buffer_append_text(line, "pam_unix(sshd:session): session opened for user ");
    buffer_append_slice(line, user);
    buffer_append_format(line, "(uid=%u) by (uid=0)",
                         slice_equal(user, SLICE("root")) ? 0 : 1000 + deed->account % 50000);
    return text_log_put(&log->text, &entry->mark, problem);
}

static enum status put_line(struct log *log, const struct log_entry *entry, const char *program,
                            unsigned id, const char *text, struct problem *problem) {
    struct buffer *line = &log->text.line;
    text_append_syslog(line, log->site, entry->time_ns);
    buffer_append_text(line, program);
    if (id)
        buffer_append_format(line, "[%u]", id);
    buffer_append_text(line, ": ");
    buffer_append_text(line, text);
    return text_log_put(&log->text, &entry->mark, problem);
}

// What a Unix host's own day leaves there: timers, jobs with another account's rights, sessions.
static enum status write_routine(struct log *log, const struct log_entry *entry, unsigned id,
                                 struct problem *problem) {
    static const char *const commands[] = {
        "  monitor : PWD=/var/lib/monitor ; USER=root ; COMMAND=/usr/sbin/smartctl -H /dev/sda",
        "  monitor : PWD=/var/lib/monitor ; USER=root ; COMMAND=/usr/bin/lsof -nP -iTCP",
        "   backup : PWD=/home/backup ; USER=root ; COMMAND=/usr/bin/rsync --server --sender .",
        "   deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/systemctl status",
        "   deploy : TTY=pts/0 ; PWD=/home/deploy ; USER=root ; COMMAND=/usr/bin/apt-get update"};
    static const char *const rest[] = {"New seat seat0.", "Watching system buttons on "
                                                          "/dev/input/event0 (Power Button)"};
    uint64_t roll = entry->deed->routine.roll;
    uint32_t kind = (uint32_t)(roll % 100), pick = (uint32_t)(roll / 100);
    if (kind < 24) {
        enum status status = put_line(
            log, entry, "CRON", id,
            "pam_unix(cron:session): session opened for user root(uid=0) by (uid=0)", problem);
        if (status != STATUS_OK)
            return status;
        return put_line(log, entry, "CRON", id,
                        "pam_unix(cron:session): session closed for user root", problem);
    }
    if (kind < 60)
        return put_line(log, entry, "sudo", 0, commands[pick % ARRAY_SIZE(commands)], problem);
    if (kind < 80)
        return put_line(log, entry, "sudo", 0,
                        "pam_unix(sudo:session): session closed for user root", problem);
    if (kind < 97)
        return put_line(log, entry, "sshd", id,
                        "pam_unix(sshd:session): session closed for user monitor", problem);
    return put_line(log, entry, "systemd-logind", 612, rest[pick % ARRAY_SIZE(rest)], problem);
}

static enum status sshd_write(struct log *log, const struct log_entry *entry,
                              struct problem *problem) {
    enum status status = log_single_whole(log, "var/log/auth.log", problem);
    if (status != STATUS_OK)
        return status;
    if (entry->deed->kind == DEED_ROUTINE)
        return write_routine(log, entry, (unsigned)(1200 + entry->deed->serial * 7 % 4190000),
                             problem);
    if (entry->deed->kind == DEED_RESTART)
        return entry->deed->restart.started
                   ? put_line(log, entry, "sshd", 804, "Server listening on 0.0.0.0 port 22.",
                              problem)
                   : put_line(log, entry, "systemd-logind", 612, "System is rebooting.", problem);
    unsigned id = (unsigned)(1200 + entry->deed->serial * 7 % 4190000);
    return entry->deed->ssh.failed ? write_failed(log, entry, id, problem)
                                   : write_accepted(log, entry, id, problem);
}

static enum status sshd_clear(struct log *log, const struct log_entry *entry,
                              struct problem *problem) {
    return entry->deed->clear.what & CLEAR_SHELL ? log_single_clear(log, NULL, problem) : STATUS_OK;
}

const struct log_writer log_writer_sshd = {
    .name = "sshd",
    .summary = "authentication log of Unix hosts: SSH logins, timers, sudo (syslog)",
    .kinds = DEED_MASK(SSH_LOGIN) | DEED_MASK(ROUTINE) | DEED_MASK(RESTART),
    .places = PLACE_TO,
    .roles = HOST_MASK(UPGRADE) | HOST_MASK(CODE) | HOST_MASK(UNIX_SERVER) | HOST_MASK(SCANNER) |
             HOST_MASK(PROXY) | HOST_MASK(RESOLVER) | HOST_MASK(SENSOR),
    .open = log_single_open,
    .write = sshd_write,
    .clear = sshd_clear,
    .close = log_single_close,
};
