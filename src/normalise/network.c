// Which of its format's logs an event is from
// SPDX-License-Identifier: Apache-2.0
#include "normalise/network.h"

#include "base/text.h"

#include <string.h>

// One of Zeek's logs and the categories its records are.
static const struct {
    const char *log;
    enum log_service service;
    enum log_category categories[2];
} ZEEK_LOGS[] = {
    {"conn", LOG_SERVICE_CONN, {LOG_CATEGORY_FIREWALL, LOG_CATEGORY_NETWORK_CONNECTION}},
    {"dns", LOG_SERVICE_DNS, {LOG_CATEGORY_DNS}},
    {"http", LOG_SERVICE_HTTP, {LOG_CATEGORY_PROXY, LOG_CATEGORY_WEBSERVER}},
    {"ssl", LOG_SERVICE_SSL, {0}},
    {"x509", LOG_SERVICE_X509, {0}},
    {"files", LOG_SERVICE_FILES, {0}},
    {"smb_files", LOG_SERVICE_SMB_FILES, {0}},
    {"smb_mapping", LOG_SERVICE_SMB_MAPPING, {0}},
    {"dce_rpc", LOG_SERVICE_DCE_RPC, {0}},
    {"kerberos", LOG_SERVICE_KERBEROS, {0}},
    {"ntlm", LOG_SERVICE_NTLM, {0}},
    {"rdp", LOG_SERVICE_RDP, {0}},
    {"ssh", LOG_SERVICE_SSH, {0}},
    {"smtp", LOG_SERVICE_SMTP, {0}},
    {"ftp", LOG_SERVICE_FTP, {0}},
    {"dhcp", LOG_SERVICE_DHCP, {0}},
    {"ldap", LOG_SERVICE_LDAP, {0}},
    {"syslog", LOG_SERVICE_SYSLOG, {0}},
    {"weird", LOG_SERVICE_WEIRD, {0}},
    {"notice", LOG_SERVICE_NOTICE, {0}},
};

// Programs and the service their syslog lines are, besides syslog itself. A name that ends in
// '*' stands for all that begin so.
static const struct {
    const char *program;
    enum log_service service;
} PROGRAMS[] = {
    {"sshd*", LOG_SERVICE_SSHD},       {"sshd*", LOG_SERVICE_AUTH},
    {"sudo", LOG_SERVICE_SUDO},        {"sudo", LOG_SERVICE_AUTH},
    {"su", LOG_SERVICE_AUTH},          {"login", LOG_SERVICE_AUTH},
    {"polkitd", LOG_SERVICE_AUTH},     {"systemd-logind", LOG_SERVICE_AUTH},
    {"useradd", LOG_SERVICE_AUTH},     {"usermod", LOG_SERVICE_AUTH},
    {"userdel", LOG_SERVICE_AUTH},     {"groupadd", LOG_SERVICE_AUTH},
    {"passwd", LOG_SERVICE_AUTH},      {"gpasswd", LOG_SERVICE_AUTH},
    {"cron*", LOG_SERVICE_CRON},       {"anacron", LOG_SERVICE_CRON},
    {"clamd", LOG_SERVICE_CLAMAV},     {"clamav*", LOG_SERVICE_CLAMAV},
    {"freshclam", LOG_SERVICE_CLAMAV}, {"vsftpd", LOG_SERVICE_VSFTPD},
    {"guacd", LOG_SERVICE_GUACAMOLE},
};

static bool program_is(const char *row, struct slice program) {
    struct slice name = slice_of_string(row);
    if (name.data[name.size - 1] != '*')
        return text_equal_fold_ascii(name, program);
    name.size--;
    return program.size >= name.size &&
           text_equal_fold_ascii(name, slice_part(program, 0, name.size));
}

static void zeek_describe(struct event_class *event_class) {
    struct log_source *source = &event_class->log_source;
    for (size_t i = 0; i < ARRAY_SIZE(ZEEK_LOGS); i++) {
        if (!slice_equal_string(event_class->channel, ZEEK_LOGS[i].log))
            continue;
        log_source_add_service(source, ZEEK_LOGS[i].service);
        for (size_t n = 0; n < ARRAY_SIZE(ZEEK_LOGS[i].categories); n++)
            if (ZEEK_LOGS[i].categories[n] != LOG_CATEGORY_NONE)
                log_source_add_category(source, ZEEK_LOGS[i].categories[n]);
    }
}

static void syslog_describe(struct event_class *event_class) {
    for (size_t i = 0; i < ARRAY_SIZE(PROGRAMS); i++)
        if (program_is(PROGRAMS[i].program, event_class->provider))
            log_source_add_service(&event_class->log_source, PROGRAMS[i].service);
}

void network_describe(struct event_class *event_class) {
    if (strcmp(event_class->shape->format, "zeek") == 0)
        zeek_describe(event_class);
    else if (strcmp(event_class->shape->format, "syslog") == 0)
        syslog_describe(event_class);
}
