// Tests of the paths of web requests
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "model/web_path.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

static void assert_path(const char *raw, const char *wanted, unsigned marks, const char *script) {
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    buffer_append_text(&buffer, "before");
    struct web_path path;
    web_path_normalise(slice_of_string(raw), &buffer, &path);
    if (!slice_equal_string(path.path, wanted) || path.marks != marks ||
        !slice_equal_string(path.script, script))
        fail_msg("%s gives %.*s with marks %u, script %.*s", raw, (int)path.path.size,
                 (const char *)path.path.data, path.marks, (int)path.script.size,
                 (const char *)path.script.data);
    buffer_done(&buffer);
}

static void paths_mean_one_thing(void **state) {
    (void)state;
    assert_path("", "", 0, "");
    assert_path("/", "/", 0, "");
    assert_path("*", "/*", 0, "");
    assert_path("/a/b.html", "/a/b.html", 0, "");
    assert_path("/a/b/?x=/../c", "/a/b/", 0, "");
    assert_path("http://host:80/A", "/a", WEB_PATH_CASE, "");
    assert_path("HTTPS://host?x", "/", 0, "");
    assert_path("a/b", "/a/b", 0, "");
    assert_path("/owa/auth/X.aspx", "/owa/auth/x.aspx", WEB_PATH_CASE, "/owa/auth/x.aspx");
    assert_path("/CDGServer3/js/../PolicyAjax", "/cdgserver3/policyajax",
                WEB_PATH_CASE | WEB_PATH_DOTS, "");
    assert_path("/a;login/b", "/a/b", WEB_PATH_PARAMETER, "");
    assert_path("/a;x=1;y", "/a", WEB_PATH_PARAMETER, "");
    assert_path("/a.jsp;jsessionid=0AF.n1", "/a.jsp", WEB_PATH_SESSION, "/a.jsp");
    assert_path("/a;jsessionid=<x>", "/a", WEB_PATH_PARAMETER, "");
    assert_path("/a/.;/b/..;/c", "/a/c", WEB_PATH_PARAMETER | WEB_PATH_DOTS, "");
    assert_path("//a///b", "/a/b", WEB_PATH_SLASHES, "");
    assert_path("/a\\b", "/a/b", WEB_PATH_BACKSLASH, "");
    assert_path("/../../a", "/a", WEB_PATH_DOTS | WEB_PATH_ABOVE, "");
    assert_path("/a/..", "/", WEB_PATH_DOTS, "");
    assert_path("/a/b/.", "/a/b/", WEB_PATH_DOTS, "");
    assert_path("/%61%20b", "/a b", WEB_PATH_ENCODED, "");
    assert_path("/a%20b", "/a b", 0, "");
    assert_path("/%2561", "/a", WEB_PATH_ENCODED | WEB_PATH_TWICE, "");
    assert_path("/a%2f..%5cb", "/b", WEB_PATH_ENCODED | WEB_PATH_DOTS | WEB_PATH_BACKSLASH, "");
    assert_path("/%zz%4", "/%zz%4", 0, "");
    assert_path("/%BA%CF%CD%AC.doc", "/合同.doc", WEB_PATH_CHINESE, "");
}

static void scripts_are_seen_through_tricks(void **state) {
    (void)state;
    assert_path("/a.php/b/c", "/a.php/b/c", WEB_PATH_TAIL, "/a.php");
    assert_path("/a.aspx.", "/a.aspx.", WEB_PATH_TAIL, "/a.aspx.");
    assert_path("/a.aspx%20", "/a.aspx ", WEB_PATH_TAIL, "/a.aspx ");
    assert_path("/a.asp::$DATA", "/a.asp::$data", WEB_PATH_TAIL | WEB_PATH_CASE, "/a.asp::$data");
    assert_path("/a.asp;.jpg", "/a.asp", WEB_PATH_PARAMETER, "/a.asp");
    assert_true(web_path_is_script(SLICE("x.AsHx")));
    assert_false(web_path_is_script(SLICE("aspx")));
    assert_false(web_path_is_script(SLICE("x.aspx.txt")));
    struct buffer buffer;
    buffer_init(&buffer, 4096);
    struct web_path path;
    web_path_normalise(SLICE("/a.jsp%00.png"), &buffer, &path);
    assert_int_equal(path.marks, WEB_PATH_TAIL | WEB_PATH_CONTROL);
    assert_int_equal(path.script.size, path.path.size);
    buffer_done(&buffer);
    assert_true(web_path_is_odd(WEB_PATH_PARAMETER));
    assert_false(web_path_is_odd(WEB_PATH_CASE | WEB_PATH_SLASHES | WEB_PATH_SESSION));
}

// The same by whole copies and a list of segments, as one would write it first.
enum {
    PLAIN_SIZE = 256
};

static void plain_decode(char *text) {
    char out[PLAIN_SIZE];
    size_t to = 0;
    for (size_t i = 0; text[i];) {
        unsigned code;
        char digits[3] = {text[i + 1], text[i + 1] ? text[i + 2] : 0, 0};
        if (text[i] == '%' && strspn(digits, "0123456789abcdefABCDEF") == 2) {
            code = (unsigned)(text_hex_digit((uint8_t)digits[0]) * 16 +
                              text_hex_digit((uint8_t)digits[1]));
            out[to++] = (char)code;
            i += 3;
        } else {
            out[to++] = text[i++];
        }
    }
    out[to] = 0;
    memcpy(text, out, to + 1);
}

static void plain_normalise(const char *raw, char *out) {
    char text[PLAIN_SIZE];
    snprintf(text, sizeof text, "%s", raw);
    char *query = strchr(text, '?');
    if (query)
        *query = 0;
    *out = 0;
    if (*text == 0)
        return;
    plain_decode(text);
    plain_decode(text);
    for (char *at = text; *at; at++)
        *at = *at == '\\' ? '/' : (char)(*at >= 'A' && *at <= 'Z' ? *at + 32 : *at);
    const char *segments[PLAIN_SIZE];
    char copies[PLAIN_SIZE][PLAIN_SIZE];
    size_t count = 0;
    bool open = true; // the path ends in '/'
    char *rest = text;
    for (;;) {
        char *slash = strchr(rest, '/');
        if (slash)
            *slash = 0;
        char *parameter = strchr(rest, ';');
        if (parameter)
            *parameter = 0;
        open = slash != NULL;
        if (strcmp(rest, "..") == 0) {
            count -= count > 0;
            open = true;
        } else if (strcmp(rest, ".") == 0 || *rest == 0) {
            open = true;
        } else {
            snprintf(copies[count], PLAIN_SIZE, "%s", rest);
            segments[count] = copies[count];
            count++;
        }
        if (!slash)
            break;
        rest = slash + 1;
    }
    for (size_t i = 0; i < count; i++)
        out += snprintf(out, PLAIN_SIZE, "/%s", segments[i]);
    if (open || count == 0)
        snprintf(out, 2, "/");
}

static void normalising_equals_the_plain_way(void **state) {
    (void)state;
    static const char *const PARTS[] = {"/",   "/",   "..",  ".",     ";",  "g",
                                        "Z",   "%2e", "%2F", "%",     "25", "2f",
                                        "%5c", "\\",  "%3b", "k.jsp", "?",  "%252e"};
    uint32_t dice = 3;
    struct buffer buffer;
    buffer_init(&buffer, 1 << 16);
    for (int round = 0; round < 100000; round++) {
        char raw[PLAIN_SIZE] = "", wanted[2 * PLAIN_SIZE];
        size_t size = 0;
        for (int i = round % 14; i >= 0; i--) {
            dice = dice * 1664525 + 1013904223;
            const char *part = PARTS[(dice >> 16) % ARRAY_SIZE(PARTS)];
            if (*part == '?' && i > 1)
                continue;
            size += (size_t)snprintf(raw + size, sizeof raw - size, "%s", part);
        }
        plain_normalise(raw, wanted);
        buffer_reset(&buffer);
        struct web_path path;
        web_path_normalise(slice_of_string(raw), &buffer, &path);
        if (!slice_equal_string(path.path, wanted))
            fail_msg("%s gives %.*s and not %s", raw, (int)path.path.size,
                     (const char *)path.path.data, wanted);
    }
    buffer_done(&buffer);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(paths_mean_one_thing),
        cmocka_unit_test(scripts_are_seen_through_tricks),
        cmocka_unit_test(normalising_equals_the_plain_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
