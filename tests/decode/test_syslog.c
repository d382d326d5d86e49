// Syslog lines, years, and what programs say
// SPDX-License-Identifier: Apache-2.0
#include "decode/text_date.h"
#include "text_seen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_syslog;

static int64_t when(const char *text) {
    int64_t time_ns = CLOCK_NONE;
    assert_true(clock_parse(slice_of_string(text), &time_ns));
    return time_ns;
}

static void check(const char *text, const char *expected) {
    struct text_seen seen;
    struct text_seen_unit unit = {.text = text, .latest_ns = when("2026-03-05T00:00:00Z")};
    assert_string_equal(text_seen_read(&seen, &decoder_syslog, &unit), expected);
    text_seen_done(&seen);
}

static void test_heads(void **state) {
    (void)state;
    check("Mar  2 08:15:30 web01 app[811]: hello: world\n"
          "<34>Mar  2 08:15:30.250 web01 kernel: x\n"
          "2026-03-02T08:15:30.123456+08:00 web01 /usr/sbin/app: y\n"
          "2026-03-02T08:15:30+0800 web01 app[7]: z\n"
          "<165>1 2026-03-02T08:15:30.1Z web01 app 811 ID47 [a@1 k=\"v]\\\"\"][b] \xEF\xBB\xBFmsg\n"
          "<165>1 - - - - - -\n"
          "Mar  2 2025 08:15:30 fw01 last message repeated 3 times\n"
          "-- Reboot --\n",
          "2026-03-02T08:15:30.000000Z|1|timestamp=Mar  2 08:15:30;host=web01;program=app;pid=811;"
          "message=hello: world;\n"
          "2026-03-02T08:15:30.000000Z|2|timestamp=Mar  2 08:15:30.250;host=web01;program=kernel;"
          "priority=34;message=x;\n"
          "2026-03-02T00:15:30.123456Z|3|timestamp=2026-03-02T08:15:30.123456+08:00;host=web01;"
          "program=app;message=y;\n"
          "2026-03-02T00:15:30.000000Z|4|timestamp=2026-03-02T08:15:30+0800;host=web01;program=app;"
          "pid=7;message=z;\n"
          "2026-03-02T08:15:30.100000Z|5|timestamp=2026-03-02T08:15:30.1Z;host=web01;program=app;"
          "pid=811;priority=165;msgid=ID47;structured_data=[a@1 k=\"v]\\\"\"][b];message=msg;\n"
          "|6|priority=165;\n"
          "2025-03-02T08:15:30.000000Z|7|timestamp=Mar  2 2025 08:15:30;host=fw01;"
          "message=last message repeated 3 times;\n");
}

static void test_years(void **state) {
    (void)state;
    int64_t bound = when("2026-03-05T00:00:00Z");
    assert_int_equal(text_latest_day(3, 2, bound), when("2026-03-02"));
    assert_int_equal(text_latest_day(12, 31, bound), when("2025-12-31"));
    assert_int_equal(text_latest_day(3, 6, bound), when("2025-03-06"));
    assert_int_equal(text_latest_day(2, 29, bound), when("2024-02-29"));
    assert_int_equal(text_latest_day(2, 30, bound), CLOCK_NONE);
    assert_int_equal(text_date_of_path(SLICE("a/auth.log-20240101.gz")), when("2024-01-01"));
    assert_int_equal(text_date_of_path(SLICE("20230101/messages.2024-01-01")), when("2024-01-01"));
    assert_int_equal(text_date_of_path(SLICE("a/auth.log.1")), CLOCK_NONE);
    assert_int_equal(text_date_of_path(SLICE("a/x-202401011")), CLOCK_NONE);
    // A name's date bounds the year, one day of grace for zones; nothing known: no time.
    struct text_seen seen;
    struct text_seen_unit unit = {
        .text = "Dec 30 23:00:00 h a: x\nJan  2 01:00:00 h a: y\nJan  3 01:00:00 h a: y\n",
        .path = "auth.log-20240101",
        .latest_ns = bound};
    const char *text = text_seen_read(&seen, &decoder_syslog, &unit);
    assert_memory_equal(text, "2023-12-30T23", 13);
    assert_non_null(strstr(text, "\n2024-01-02T01:00:00.000000Z|2|"));
    assert_non_null(strstr(text, "\n2023-01-03T01:00:00.000000Z|3|"));
    text_seen_done(&seen);
    unit = (struct text_seen_unit){.text = "Dec 30 23:00:00 h a: x\n"};
    assert_memory_equal(text_seen_read(&seen, &decoder_syslog, &unit), "|1|", 3);
    text_seen_done(&seen);
}

#define AT "Mar  2 08:15:30 h "
#define GOT(line, program)                                                                         \
    "2026-03-02T08:15:30.000000Z|" line "|timestamp=Mar  2 08:15:30;host=h;program=" program ";"

static void test_logins(void **state) {
    (void)state;
    check(AT "sshd[1]: Accepted publickey for root from 192.0.2.7 port 50112 ssh2: ED25519 "
             "SHA256:ab/c\n",
          GOT("1", "sshd") "pid=1;message=Accepted publickey for root from 192.0.2.7 port 50112 "
                           "ssh2: ED25519 SHA256:ab/c;action=Accepted;method=publickey;user=root;"
                           "src_ip=192.0.2.7;src_port=50112;key_type=ED25519;"
                           "fingerprint=SHA256:ab/c;\n");
    check(AT "sshd-session[1]: Failed password for invalid user a from b from 2001:db8::7 port 9 "
             "ssh2\n",
          GOT("1", "sshd-session") "pid=1;message=Failed password for invalid user a from b from "
                                   "2001:db8::7 port 9 ssh2;"
                                   "action=Failed;method=password;user=a from b;account=invalid "
                                   "user;src_ip=2001:db8::7;"
                                   "src_port=9;\n");
    check(AT "sshd[1]: Connection closed by authenticating user root 192.0.2.7 port 9 [preauth]\n",
          GOT("1", "sshd") "pid=1;message=Connection closed by authenticating user root 192.0.2.7 "
                           "port 9 [preauth];action=Connection closed by;user=root;"
                           "src_ip=192.0.2.7;src_port=9;\n");
    check(AT "sshd[1]: Received disconnect from 192.0.2.7 port 9:11: bye\n",
          GOT("1", "sshd") "pid=1;message=Received disconnect from 192.0.2.7 port 9:11: bye;"
                           "action=Received disconnect from;src_ip=192.0.2.7;src_port=9;\n");
    check(AT "sshd[1]: Invalid user admin from 192.0.2.7 port 9\n",
          GOT("1", "sshd") "pid=1;message=Invalid user admin from 192.0.2.7 port 9;"
                           "action=Invalid user;user=admin;account=invalid user;"
                           "src_ip=192.0.2.7;src_port=9;\n");
    check(AT "sshd[1]: pam_unix(sshd:session): session opened for user bob(uid=1001) by (uid=0)\n",
          GOT("1", "sshd") "pid=1;message=pam_unix(sshd:session): session opened for user "
                           "bob(uid=1001) by (uid=0);action=session opened;user=bob;\n");
    check(AT "sshd[1]: Server listening on 0.0.0.0 port 22.\n",
          GOT("1", "sshd") "pid=1;message=Server listening on 0.0.0.0 port 22.;\n");
}

static void test_other_programs(void **state) {
    (void)state;
    check(AT
          "sudo:    alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; COMMAND=/bin/sh -c a ; b\n",
          GOT("1", "sudo") "message=   alice : TTY=pts/0 ; PWD=/home/alice ; USER=root ; "
                           "COMMAND=/bin/sh -c a ; b;user=alice;TTY=pts/0;PWD=/home/alice;"
                           "USER=root;COMMAND=/bin/sh -c a ; b;\n");
    check(AT "CRON[9]: (root) CMD (run-parts /etc/cron.hourly)\n",
          GOT("1", "CRON") "pid=9;message=(root) CMD (run-parts /etc/cron.hourly);user=root;"
                           "action=CMD;command=run-parts /etc/cron.hourly;\n");
    check(AT "dhcpd[911]: DHCPACK on 10.0.0.5 to 02:00:5e:00:00:05 (PC05) via eth0\n",
          GOT("1", "dhcpd") "pid=911;message=DHCPACK on 10.0.0.5 to 02:00:5e:00:00:05 (PC05) via "
                            "eth0;action=DHCPACK;ip=10.0.0.5;mac=02:00:5e:00:00:05;hostname=PC05;"
                            "interface=eth0;\n");
    check(AT "dnsmasq-dhcp[7]: DHCPACK(eth0) 10.0.0.5 02:00:5e:00:00:05 PC05\n",
          GOT("1", "dnsmasq-dhcp") "pid=7;message=DHCPACK(eth0) 10.0.0.5 02:00:5e:00:00:05 PC05;"
                                   "action=DHCPACK;ip=10.0.0.5;mac=02:00:5e:00:00:05;"
                                   "hostname=PC05;interface=eth0;\n");
    check(AT "useradd[7]: new user: name=bob, UID=1001, GID=1001\n",
          GOT("1", "useradd") "pid=7;message=new user: name=bob, UID=1001, GID=1001;"
                              "action=new user;target_user=bob;\n");
    check(AT "su[7]: (to root) alice on pts/0\n",
          GOT("1", "su") "pid=7;message=(to root) alice on pts/0;action=to;user=alice;"
                         "target_user=root;\n");
}

static void test_damage(void **state) {
    (void)state;
    check("no time here\n" AT "a: x\n\tgoes on\n<165>1 2026-03-02T08:15:30Z h\n",
          "!0+12: syslog: a line without a time\n"
          "2026-03-02T08:15:30.000000Z|2|timestamp=Mar  2 08:15:30;host=h;program=a;message=x;\n"
          "!36+8: syslog: a line that goes on with another\n"
          "!45+29: syslog: a line that ends in its head\n");
}

static void test_recognise(void **state) {
    (void)state;
    assert_true(decoder_syslog.recognise(SLICE(AT "sshd[1]: x\n"), SLICE("a")) > 50);
    assert_true(decoder_syslog.recognise(SLICE("<34>1 - h a - - - x\n"), SLICE("a")) > 50);
    assert_int_equal(
        decoder_syslog.recognise(SLICE("2026-03-02T08:15:30Z INFO x: y\n"), SLICE("a")), 0);
    assert_int_equal(decoder_syslog.recognise(SLICE("time,client,host\n"), SLICE("a")), 0);
    assert_int_equal(decoder_syslog.recognise(SLICE(""), SLICE("a")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_heads),  cmocka_unit_test(test_years),
        cmocka_unit_test(test_logins), cmocka_unit_test(test_other_programs),
        cmocka_unit_test(test_damage), cmocka_unit_test(test_recognise),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
