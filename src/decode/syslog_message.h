// What well-known programs say in their messages
// SPDX-License-Identifier: Apache-2.0
#ifndef DECODE_SYSLOG_MESSAGE_H
#define DECODE_SYSLOG_MESSAGE_H

#include "base/slice.h"
#include "decode/columns.h"

#include <stdint.h>

// Kinds of messages that have fields of their own, behind those of every line.
enum syslog_kind {
    SYSLOG_PLAIN,
    SYSLOG_LOGIN, // sshd, PAM, su, and the making of accounts
    SYSLOG_SUDO,
    SYSLOG_CRON,
    SYSLOG_DHCP, // dhcpd, dnsmasq
    SYSLOG_KINDS,
};

enum {
    SYSLOG_MESSAGE_FIELDS = 9
};

// Names of a kind's fields.
const char *const *syslog_message_fields(enum syslog_kind kind, uint32_t *ret_count);

// Read `message` of `program`; the kind's fields in `values` (SYSLOG_MESSAGE_FIELDS of them; those
// that are not there are absent). Values are views of the message, `action` as it is written:
//
//     Accepted publickey for root from 192.0.2.7 port 50112 ssh2: ED25519 SHA256:...
//     action   method        user      src_ip         src_port    key_type fingerprint
//
// A message of another form is PLAIN.
enum syslog_kind syslog_message_read(struct slice program, struct slice message,
                                     struct value values[SYSLOG_MESSAGE_FIELDS]);

#endif
