// Tests of GBK and GB18030
// SPDX-License-Identifier: Apache-2.0
#include "base/chinese.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <iconv.h>
#include <stdio.h>

static bool converts_to(struct slice text, const char *wanted, size_t size) {
    struct buffer buffer;
    buffer_init(&buffer, 1 << 16);
    bool fine = chinese_append_utf8(&buffer, text);
    if (fine)
        fine = slice_equal(buffer_slice(&buffer), slice_of(wanted, size));
    buffer_done(&buffer);
    return fine;
}

static void words_are_recognised(void **state) {
    (void)state;
    assert_true(chinese_is_gb18030(SLICE("fileName=\xBA\xCF\xCD\xAC.docx")));
    assert_true(converts_to(SLICE("\xBA\xCF\xCD\xAC.docx"), "合同.docx", 11));
    assert_false(chinese_is_gb18030(SLICE("plain")));
    assert_false(chinese_is_gb18030(SLICE("caf\xE9")));
    assert_false(chinese_is_gb18030(SLICE("caf\xE9s and r\xE9sum\xE9")));
    assert_false(chinese_is_gb18030(SLICE("\xFF\xFE")));
    assert_false(chinese_is_gb18030(SLICE("\xBA")));
}

// Every pair and a walk over the four-byte characters, as the C library reads them.
static void all_equals_iconv(void **state) {
    (void)state;
    iconv_t handle = iconv_open("UTF-8", "GB18030");
    if (handle == (iconv_t)-1)
        skip();
    size_t differ = 0;
    for (uint32_t i = 0; i < 126 * 256 + 126 * 10 * 126; i++) {
        uint8_t bytes[4] = {(uint8_t)(0x81 + i / 256), (uint8_t)i};
        size_t size = 2;
        if (i >= 126 * 256) {
            uint32_t n = i - 126 * 256;
            bytes[0] = (uint8_t)(0x81 + n / 1260);
            bytes[1] = (uint8_t)(0x30 + n / 126 % 10);
            bytes[2] = (uint8_t)(0x81 + n % 126);
            bytes[3] = (uint8_t)(0x30 + i % 10);
            size = 4;
        }
        char *from = (char *)bytes, out[8], *to = out;
        size_t left = size, room = sizeof out;
        iconv(handle, NULL, NULL, NULL, NULL);
        bool fine = iconv(handle, &from, &left, &to, &room) == 0 && left == 0;
        bool ours = converts_to(slice_of(bytes, size), out, sizeof out - room);
        differ += fine != ours;
    }
    iconv_close(handle);
    // The C library follows the edition of 2005 or of 2022: 24 characters moved.
    if (differ > 64)
        fail_msg("%zu characters differ", differ);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_are_recognised),
        cmocka_unit_test(all_equals_iconv),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
