// What well-known programs say in their messages
// SPDX-License-Identifier: Apache-2.0
#include "decode/syslog_message.h"

#include "decode/text_part.h"
#include "model/event.h"

enum login_field {
    LOGIN_ACTION,
    LOGIN_METHOD,
    LOGIN_USER,
    LOGIN_KNOWN, // "invalid user": sshd knows no such account
    LOGIN_SRC_IP,
    LOGIN_SRC_PORT,
    LOGIN_KEY_TYPE,
    LOGIN_FINGERPRINT,
    LOGIN_TARGET, // account that is opened or changed by user
};

enum sudo_field {
    SUDO_USER,
    SUDO_TTY,
    SUDO_PWD,
    SUDO_TARGET,
    SUDO_GROUP,
    SUDO_COMMAND,
    SUDO_REASON,
};

enum cron_field {
    CRON_USER,
    CRON_ACTION,
    CRON_COMMAND,
};

enum dhcp_field {
    DHCP_ACTION,
    DHCP_IP,
    DHCP_MAC,
    DHCP_HOSTNAME,
    DHCP_INTERFACE,
};

static const char *const LOGIN_FIELDS[] = {"action",   "method",      "user",
                                           "account",  "src_ip",      "src_port",
                                           "key_type", "fingerprint", "target_user"};
static const char *const SUDO_FIELDS[] = {"user",  "TTY",     "PWD",   "USER",
                                          "GROUP", "COMMAND", "reason"};
static const char *const CRON_FIELDS[] = {"user", "action", "command"};
static const char *const DHCP_FIELDS[] = {"action", "ip", "mac", "hostname", "interface"};

const char *const *syslog_message_fields(enum syslog_kind kind, uint32_t *ret_count) {
    static const struct {
        const char *const *fields;
        uint32_t count;
    } kinds[SYSLOG_KINDS] = {
        [SYSLOG_LOGIN] = {LOGIN_FIELDS, ARRAY_SIZE(LOGIN_FIELDS)},
        [SYSLOG_SUDO] = {SUDO_FIELDS, ARRAY_SIZE(SUDO_FIELDS)},
        [SYSLOG_CRON] = {CRON_FIELDS, ARRAY_SIZE(CRON_FIELDS)},
        [SYSLOG_DHCP] = {DHCP_FIELDS, ARRAY_SIZE(DHCP_FIELDS)},
    };
    *ret_count = kinds[kind].count;
    return kinds[kind].fields;
}

static void put(struct value *values, unsigned field, struct slice text) {
    if (text.size)
        values[field] = text_value(text);
}

// Where `part` begins in `text`; text.size when it is not there.
static size_t text_find(struct slice text, struct slice part) {
    if (!text.data || text.size < part.size)
        return text.size;
    const uint8_t *at = memmem(text.data, text.size, part.data, part.size);
    return at ? (size_t)(at - text.data) : text.size;
}

// From behind the last "part" on: a user's name may hold " from " itself, an address cannot.
static size_t text_find_last(struct slice text, struct slice part) {
    size_t found = text.size;
    for (size_t at = 0; at < text.size;) {
        size_t next = at + text_find(slice_part(text, at, text.size), part);
        if (next >= text.size)
            break;
        found = next;
        at = next + 1;
    }
    return found;
}

// "A port P ..." or "A: 11: ..."; *rest is what is behind.
static void put_peer(struct value *values, struct slice *rest) {
    struct slice address = text_word(rest);
    if (address.size && address.data[address.size - 1] == ':')
        address.size--;
    put(values, LOGIN_SRC_IP, address);
    if (text_pass(rest, SLICE("port "))) {
        struct slice port = text_word(rest);
        size_t size = 0; // "9:11:" when a reason follows
        while (size < port.size && port.data[size] >= '0' && port.data[size] <= '9')
            size++;
        put(values, LOGIN_SRC_PORT, slice_part(port, 0, size));
    }
}

static void put_user(struct value *values, struct slice user) {
    struct slice known = SLICE("invalid user ");
    if (slice_starts(user, known)) {
        put(values, LOGIN_KNOWN, slice_part(user, 0, known.size - 1));
        user = slice_part(user, known.size, user.size);
    } else {
        text_pass(&user, SLICE("authenticating user "));
        text_pass(&user, SLICE("user "));
    }
    put(values, LOGIN_USER, user);
}

// "<method> for [invalid user] U from A port P ssh2[: TYPE FINGERPRINT]"
static bool read_attempt(struct slice rest, struct value *values) {
    struct slice method = text_cut_at(&rest, ' ');
    if (!text_pass(&rest, SLICE("for ")))
        return false;
    size_t from = text_find_last(rest, SLICE(" from "));
    if (from == rest.size)
        return false;
    put(values, LOGIN_METHOD, method);
    put_user(values, slice_part(rest, 0, from));
    rest = slice_part(rest, from + 6, rest.size);
    put_peer(values, &rest);
    size_t key = text_find(rest, SLICE("ssh2: "));
    if (key == rest.size)
        return true;
    rest = slice_part(rest, key + 6, rest.size);
    put(values, LOGIN_KEY_TYPE, text_word(&rest));
    put(values, LOGIN_FINGERPRINT, text_word(&rest));
    return true;
}

// "[by] [invalid|authenticating] [user] U A port P [preauth]", "from user U A port P", or the
// address alone: the last words before "port" are the address.
static bool read_end(struct slice rest, struct value *values) {
    size_t port = text_find_last(rest, SLICE(" port "));
    if (port == rest.size)
        return false;
    struct slice before = slice_part(rest, 0, port);
    size_t address = before.size;
    while (address > 0 && before.data[address - 1] != ' ')
        address--;
    struct slice peer = slice_part(rest, address, rest.size);
    put_peer(values, &peer);
    if (address > 0)
        put_user(values, slice_part(rest, 0, address - 1));
    return true;
}

static bool read_sshd(struct slice message, struct value *values) {
    static const struct slice ATTEMPTS[] = {SLICE("Accepted "), SLICE("Failed "),
                                            SLICE("Postponed ")};
    static const struct slice ENDS[] = {
        SLICE("Connection closed by "), SLICE("Connection reset by "),
        SLICE("Disconnected from "),    SLICE("Received disconnect from "),
        SLICE("Disconnecting "),        SLICE("Connection from "),
        SLICE("Invalid user "),
    };
    for (size_t i = 0; i < ARRAY_SIZE(ATTEMPTS); i++)
        if (slice_starts(message, ATTEMPTS[i])) {
            put(values, LOGIN_ACTION, slice_part(message, 0, ATTEMPTS[i].size - 1));
            return read_attempt(slice_part(message, ATTEMPTS[i].size, message.size), values);
        }
    for (size_t i = 0; i < ARRAY_SIZE(ENDS); i++) {
        struct slice rest = message;
        if (!text_pass(&rest, ENDS[i]))
            continue;
        put(values, LOGIN_ACTION, slice_part(message, 0, ENDS[i].size - 1));
        if (i + 1 < ARRAY_SIZE(ENDS))
            return read_end(rest, values);
        size_t from = text_find_last(rest, SLICE(" from "));
        put(values, LOGIN_USER, slice_part(rest, 0, from));
        put(values, LOGIN_KNOWN, SLICE("invalid user"));
        rest = slice_part(rest, from + 6, rest.size);
        put_peer(values, &rest);
        return true;
    }
    return false;
}

// "root(uid=0) by alice(uid=1000)": the name before a bracket or blank.
static struct slice account_name(struct slice text) {
    size_t size = 0;
    while (size < text.size && text.data[size] != '(' && text.data[size] != ' ')
        size++;
    return slice_part(text, 0, size);
}

static void put_pair(struct value *values, unsigned field, struct slice text, struct slice name) {
    size_t at = text_find(text, name);
    if (at == text.size)
        return;
    struct slice rest = slice_part(text, at + name.size, text.size);
    struct slice word = text_cut_at(&rest, ' ');
    if (word.size && word.data[word.size - 1] == ',')
        word.size--;
    put(values, field, word);
}

// "pam_unix(sshd:session): session opened for user root(uid=0) by (uid=0)"
static bool read_pam(struct slice message, struct value *values) {
    struct slice rest = message;
    if (!text_pass(&rest, SLICE("pam_")))
        return false;
    size_t behind = text_find(rest, SLICE("): "));
    if (behind == rest.size)
        return false;
    rest = slice_part(rest, behind + 3, rest.size);
    struct slice session = SLICE("session opened for user ");
    if (slice_starts(rest, session) || slice_starts(rest, SLICE("session closed for user "))) {
        put(values, LOGIN_ACTION, slice_part(rest, 0, 14));
        rest = slice_part(rest, session.size, rest.size);
        struct slice account = account_name(rest);
        size_t by = text_find(rest, SLICE(" by "));
        struct slice opener =
            by < rest.size ? account_name(slice_part(rest, by + 4, rest.size)) : SLICE("");
        put(values, opener.size ? LOGIN_TARGET : LOGIN_USER, account);
        put(values, LOGIN_USER, opener);
        return true;
    }
    if (!slice_starts(rest, SLICE("authentication failure")))
        return false;
    put(values, LOGIN_ACTION, slice_part(rest, 0, 22));
    put_pair(values, LOGIN_SRC_IP, rest, SLICE(" rhost="));
    put_pair(values, LOGIN_USER, rest, SLICE(" user="));
    return true;
}

// "(to root) alice on pts/0", "FAILED SU (to root) alice on pts/0"
static bool read_su(struct slice message, struct value *values) {
    struct slice rest = message;
    bool failed = text_pass(&rest, SLICE("FAILED SU "));
    if (!text_pass(&rest, SLICE("(to ")))
        return false;
    put(values, LOGIN_ACTION, failed ? slice_part(message, 0, 9) : slice_part(message, 1, 2));
    put(values, LOGIN_TARGET, text_cut_at(&rest, ')'));
    put(values, LOGIN_USER, text_word(&rest));
    return true;
}

// "new user: name=bob, UID=1001, ..., from=/dev/pts/0"; "add 'bob' to group 'sudo'"
static bool read_account(struct slice message, struct value *values) {
    struct slice rest = message;
    if (text_pass(&rest, SLICE("new user: ")) || text_pass(&rest, SLICE("new group: "))) {
        put(values, LOGIN_ACTION, slice_part(message, 0, message.size - rest.size - 2));
        put_pair(values, LOGIN_TARGET, message, SLICE("name="));
        return true;
    }
    static const struct slice VERBS[] = {SLICE("add '"), SLICE("delete user '"),
                                         SLICE("change user '")};
    for (size_t i = 0; i < ARRAY_SIZE(VERBS); i++)
        if (text_pass(&rest, VERBS[i])) {
            put(values, LOGIN_ACTION, slice_part(message, 0, VERBS[i].size - 2));
            put(values, LOGIN_TARGET, text_cut_at(&rest, '\''));
            return true;
        }
    return false;
}

// "alice : [reason ; ]TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/ls"
static bool read_sudo(struct slice message, struct value *values) {
    static const struct {
        struct slice name;
        enum sudo_field field;
    } pairs[] = {{SLICE("TTY="), SUDO_TTY},
                 {SLICE("PWD="), SUDO_PWD},
                 {SLICE("USER="), SUDO_TARGET},
                 {SLICE("GROUP="), SUDO_GROUP},
                 {SLICE("COMMAND="), SUDO_COMMAND}};
    struct slice rest = text_trim(message);
    size_t colon = text_find(rest, SLICE(" : "));
    if (colon == rest.size)
        return false;
    put(values, SUDO_USER, text_trim(slice_part(rest, 0, colon)));
    rest = slice_part(rest, colon + 3, rest.size);
    while (rest.size) {
        bool is_last = slice_starts(rest, SLICE("COMMAND=")); // may hold " ; " itself
        size_t end = is_last ? rest.size : text_find(rest, SLICE(" ; "));
        struct slice part = text_trim(slice_part(rest, 0, end));
        rest = slice_part(rest, end + 3, rest.size);
        size_t i = 0;
        while (i < ARRAY_SIZE(pairs) && !text_pass(&part, pairs[i].name))
            i++;
        put(values, i < ARRAY_SIZE(pairs) ? pairs[i].field : SUDO_REASON, part);
    }
    return true;
}

// "(root) CMD (run-parts /etc/cron.hourly)", "(root) REPLACE (root)", "(*system*) RELOAD (...)"
static bool read_cron(struct slice message, struct value *values) {
    struct slice rest = message;
    if (!text_pass(&rest, SLICE("(")))
        return false;
    put(values, CRON_USER, text_cut_at(&rest, ')'));
    rest = text_trim(rest);
    size_t open = text_find(rest, SLICE(" ("));
    put(values, CRON_ACTION, slice_part(rest, 0, open));
    rest = slice_part(rest, open + 2, rest.size);
    if (rest.size && rest.data[rest.size - 1] == ')')
        rest.size--;
    put(values, CRON_COMMAND, rest);
    return true;
}

// "DHCPACK on A to MAC (NAME) via eth0", "DHCPREQUEST for A (SERVER) from MAC (NAME) via eth0",
// "DHCPDISCOVER from MAC via eth0"
static void read_dhcpd(struct slice rest, struct value *values) {
    unsigned field = DHCP_IP;
    while (rest.size) {
        struct slice word = text_word(&rest);
        if (slice_equal(word, SLICE("on")) || slice_equal(word, SLICE("for"))) {
            put(values, DHCP_IP, text_word(&rest));
            field = DHCP_IP;
        } else if (slice_equal(word, SLICE("to")) || slice_equal(word, SLICE("from"))) {
            put(values, DHCP_MAC, text_word(&rest));
            field = DHCP_MAC;
        } else if (slice_equal(word, SLICE("via"))) {
            struct slice name = text_word(&rest);
            if (name.size && name.data[name.size - 1] == ':')
                name.size--;
            put(values, DHCP_INTERFACE, name);
        } else if (field == DHCP_MAC && word.size > 2 && word.data[0] == '(' &&
                   word.data[word.size - 1] == ')') {
            put(values, DHCP_HOSTNAME, slice_part(word, 1, word.size - 2));
        }
    }
}

// "DHCPACK(eth0) 192.168.1.7 00:00:5e:00:53:07 NAME"
static void read_dnsmasq(struct slice rest, struct value *values) {
    put(values, DHCP_INTERFACE, text_cut_at(&rest, ')'));
    struct slice word = text_word(&rest);
    if (word.size && memchr(word.data, '.', word.size)) {
        put(values, DHCP_IP, word);
        word = text_word(&rest);
    }
    put(values, DHCP_MAC, word);
    put(values, DHCP_HOSTNAME, text_word(&rest));
}

static bool read_dhcp(struct slice message, struct value *values) {
    if (!slice_starts(message, SLICE("DHCP")))
        return false;
    size_t end = 0;
    while (end < message.size && message.data[end] >= 'A' && message.data[end] <= 'Z')
        end++;
    put(values, DHCP_ACTION, slice_part(message, 0, end));
    struct slice rest = slice_part(message, end, message.size);
    if (text_pass(&rest, SLICE("(")))
        read_dnsmasq(rest, values);
    else
        read_dhcpd(rest, values);
    return true;
}

typedef bool message_reader(struct slice message, struct value *values);

// A name that ends in '*' stands for all that begin so.
static const struct {
    struct slice program;
    message_reader *read;
    enum syslog_kind kind;
} READERS[] = {
    {SLICE("sshd*"), read_sshd, SYSLOG_LOGIN},
    {SLICE("sudo"), read_sudo, SYSLOG_SUDO},
    {SLICE("su"), read_su, SYSLOG_LOGIN},
    {SLICE("CRON"), read_cron, SYSLOG_CRON},
    {SLICE("cron*"), read_cron, SYSLOG_CRON},
    {SLICE("crontab"), read_cron, SYSLOG_CRON},
    {SLICE("anacron"), read_cron, SYSLOG_CRON},
    {SLICE("useradd"), read_account, SYSLOG_LOGIN},
    {SLICE("usermod"), read_account, SYSLOG_LOGIN},
    {SLICE("userdel"), read_account, SYSLOG_LOGIN},
    {SLICE("groupadd"), read_account, SYSLOG_LOGIN},
    {SLICE("dhcpd"), read_dhcp, SYSLOG_DHCP},
    {SLICE("dnsmasq-dhcp"), read_dhcp, SYSLOG_DHCP},
};

static bool program_is(struct slice row, struct slice program) {
    if (row.data[row.size - 1] != '*')
        return slice_equal(row, program);
    return slice_starts(program, slice_part(row, 0, row.size - 1));
}

static void values_clear(struct value *values) {
    for (size_t i = 0; i < SYSLOG_MESSAGE_FIELDS; i++)
        values[i] = EVENT_VALUE_ABSENT;
}

enum syslog_kind syslog_message_read(struct slice program, struct slice message,
                                     struct value values[SYSLOG_MESSAGE_FIELDS]) {
    values_clear(values);
    if (slice_starts(message, SLICE("pam_")))
        return read_pam(message, values) ? SYSLOG_LOGIN : SYSLOG_PLAIN;
    for (size_t i = 0; i < ARRAY_SIZE(READERS); i++) {
        if (!program_is(READERS[i].program, program))
            continue;
        if (READERS[i].read(message, values))
            return READERS[i].kind;
        values_clear(values);
    }
    return SYSLOG_PLAIN;
}
