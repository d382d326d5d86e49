// Tests of the forms of texts
// SPDX-License-Identifier: Apache-2.0
#include "relate/text_form.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    enum text_form form;
    const char *from, *to;
} ROWS[] = {
    {TEXT_FORM_PLAIN, " a b ", "a b"},
    {TEXT_FORM_PLAIN, "-", ""},
    {TEXT_FORM_LOWER, "C:\\Windows", "c:\\windows"},
    {TEXT_FORM_BULK, "262143", ""},
    {TEXT_FORM_BULK, "262144", "256K"},
    {TEXT_FORM_BULK, "1048576", "1M"},
    {TEXT_FORM_BULK, "4194303", "1M"},
    {TEXT_FORM_BULK, "999999999999999", "16G"},
    {TEXT_FORM_LOG, "Microsoft-Windows-PowerShell/Operational", "powershell"},
    {TEXT_FORM_LOG, "security", "security"},
    {TEXT_FORM_LOG, "Key Management Service", "key management service"},
    {TEXT_FORM_HOST, "::ffff:10.1.2.3", "10.1.2.3"},
    {TEXT_FORM_HOST, "\\\\PC-01", "PC-01"},
    {TEXT_FORM_HOST, "PC-01$", "PC-01"},
    {TEXT_FORM_HOST, "[fe80::1]", "fe80::1"},
    {TEXT_FORM_HOST, "fe80:0:0:0:9582:39e0:0:ef4e%3", "fe80::9582:39e0:0:ef4e"},
    {TEXT_FORM_HOST, "0:0:0:0:0:ffff:a01:203", "10.1.2.3"},
    {TEXT_FORM_HOST, "0:0:0:0:0:0:0:1", ""},
    {TEXT_FORM_HOST, "c:oddity", "c:oddity"},
    {TEXT_FORM_MACHINE, "PC-01$", "PC-01"},
    {TEXT_FORM_MACHINE, "PC-01$@EXAMPLE.ORG", "PC-01"},
    {TEXT_FORM_MACHINE, "PC-01$/EXAMPLE.ORG", "PC-01"},
    {TEXT_FORM_MACHINE, "alice@EXAMPLE.ORG", ""},
    {TEXT_FORM_MACHINE, "cost$centre", ""},
    {TEXT_FORM_PRINCIPAL, "alice/EXAMPLE.ORG", "alice@EXAMPLE.ORG"},
    {TEXT_FORM_HOST, "127.0.0.1", ""},
    {TEXT_FORM_HOST, "LOCAL", ""},
    {TEXT_FORM_HOST, "dc.example.org.", "dc.example.org"},
    {TEXT_FORM_SERVICE, "DC01$", "DC01"},
    {TEXT_FORM_SERVICE, "krbtgt", ""},
    {TEXT_FORM_SERVICE, "cifs/FS01.example.org:445/EXAMPLE.ORG", "FS01.example.org"},
    {TEXT_FORM_SHA256,
     "MD5=AA,SHA256=ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789ABCDEF0123456789,X=1",
     "abcdef0123456789abcdef0123456789abcdef0123456789abcdef0123456789"},
    {TEXT_FORM_SHA256, "MD5=ABCDEF", ""},
    {TEXT_FORM_DEVICE, "\\device\\harddiskvolume12\\Windows\\x.exe", "c:\\windows\\x.exe"},
    {TEXT_FORM_DEVICE, "System", "system"},
    {TEXT_FORM_TASK, "<Task><Exec><Command> a.exe </Command><Arguments>/b</Arguments></Exec>",
     "a.exe /b"},
    {TEXT_FORM_TASK, "&lt;Command&gt;a.exe&lt;/Command&gt;&lt;Arguments&gt;/b&lt;/Arguments&gt;",
     "a.exe /b"},
    {TEXT_FORM_TASK, "a.exe /b", "a.exe /b"},
    {TEXT_FORM_TASK, "<Arguments>/b</Arguments><Command>a</Command>", "a"},
    {TEXT_FORM_AUTOSTART, "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\x",
     "HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Run\\x"},
    {TEXT_FORM_AUTOSTART, "HKLM\\System\\CurrentControlSet\\Services\\x\\Start", ""},
    {TEXT_FORM_ACCESS, "0x2", "written"},
    {TEXT_FORM_ACCESS, "0x1", "read"},
    {TEXT_FORM_ACCESS, "x", ""},
    {TEXT_FORM_FAILED, "0x0", ""},
    {TEXT_FORM_FAILED, "0xc000006a", "failed"},
    {TEXT_FORM_URL_HOST, "http://user@up.example.org:8080/a/b?c", "up.example.org"},
    {TEXT_FORM_URL_HOST, "https://[2001:db8::1]:443/", "2001:db8::1"},
    {TEXT_FORM_URL_HOST, "server/wsman?PSVersion=5", "server"},
    {TEXT_FORM_URL_PATH, "http://up.example.org/A/b.EXE?x=1", "/a/b.exe"},
    {TEXT_FORM_URL_PATH, "http://up.example.org", "/"},
    {TEXT_FORM_PACKAGE, "/up/Setup.MSI?v=2", "/up/setup.msi"},
    {TEXT_FORM_PACKAGE, "/index.html", ""},
    {TEXT_FORM_TOLD_CMDLET, "Cmdlet suceeded. Cmdlet Set-Mailbox, parameters -X \"y, z\".",
     "set-mailbox"},
    {TEXT_FORM_TOLD_PARAMETERS, "Cmdlet suceeded. Cmdlet Set-Mailbox, parameters -X \"y, z\".",
     "-X \"y, z\""},
    {TEXT_FORM_TOLD_PARAMETERS, "Cmdlet failed. Cmdlet Get-App, parameters .", ""},
    {TEXT_FORM_TOLD_CMDLET, "Cmdlet failed. Cmdlet Get-App", ""},
    {TEXT_FORM_TOLD_CMDLET, "Database mounted.", ""},
};

static void test_rows(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(ROWS); i++) {
        struct buffer buffer;
        buffer_init(&buffer, 4096);
        buffer_append_text(&buffer, "kept");
        buffer_append_text(&buffer, ROWS[i].from);
        bool some = text_form_apply(ROWS[i].form, &buffer, 4);
        struct slice got = slice_part(buffer_slice(&buffer), 4, SIZE_MAX);
        if (!slice_equal_string(got, ROWS[i].to))
            fail_msg("row %zu: %.*s", i, (int)got.size, (const char *)got.data);
        assert_int_equal(some, ROWS[i].to[0] != 0);
        assert_memory_equal(buffer.data, "kept", 4);
        buffer_done(&buffer);
    }
}

// Hostile texts of every length in every form: nothing outside is touched (ASan watches).
static void test_hostile(void **state) {
    (void)state;
    static const char *const SEEDS[] = {"\\device\\harddiskvolume9",
                                        "SHA256=",
                                        "<Command></Command>",
                                        "http://",
                                        "://[",
                                        "cifs/",
                                        "-",
                                        "@",
                                        "::ffff:1.",
                                        "\\\\$"};
    for (size_t form = 0; form < TEXT_FORM_COUNT; form++)
        for (size_t i = 0; i < ARRAY_SIZE(SEEDS); i++)
            for (size_t size = 0; size <= strlen(SEEDS[i]); size++) {
                struct buffer buffer;
                buffer_init(&buffer, 64);
                buffer_append(&buffer, SEEDS[i], size);
                text_form_apply((enum text_form)form, &buffer, 0);
                buffer_done(&buffer);
            }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_hostile)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
