// Tables of files and programs
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "decode/decode.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

extern const struct decoder decoder_forensic_csv;

#define MFT "EntryNumber,InUse,ParentPath,FileName,FileSize,Created0x10,Created0x30\n"
#define PREFETCH                                                                                   \
    "SourceFilename,ExecutableName,RunCount,LastRun,PreviousRun0,PreviousRun1,FilesLoaded\n"

// What the decoder gave, one line an event: format|time|line|the columns asked for
struct seen {
    struct buffer text;
    unsigned events, gaps;
    uint64_t lost;
    const char *only;
};

static void seen_event(void *context, struct event *event) {
    struct seen *seen = context;
    char time[CLOCK_TEXT_SIZE];
    seen->events++;
    clock_format(event->time_ns, time);
    buffer_append_format(&seen->text, "%s|%.19s|%u", event->shape->format, time,
                         (unsigned)event->position.line);
    for (uint32_t i = 0; i < event->shape->field_count; i++) {
        const struct shape_field *field = &event->shape->fields[i];
        char name[64];
        snprintf(name, sizeof name, " %.*s ", (int)field->name.size,
                 (const char *)field->name.data);
        if (!strstr(seen->only, name))
            continue;
        buffer_append_byte(&seen->text, '|');
        if (field->role == FIELD_ROLE_COMPUTER)
            buffer_append_byte(&seen->text, '@');
        value_append_text(event_value(event, i), &seen->text);
    }
    buffer_append_byte(&seen->text, '\n');
}

static void seen_gap(void *context, const struct gap *gap) {
    struct seen *seen = context;
    seen->gaps++;
    seen->lost += gap->bytes;
}

static struct seen read_unit(struct unit unit, const char *only) {
    struct seen seen = {.only = only};
    buffer_init(&seen.text, 1 << 20);
    struct event_sink sink = {&seen, seen_event, seen_gap};
    struct problem problem;
    void *state = decoder_forensic_csv.new_state(&(struct decode_options){0});
    unit.fd = -1;
    unit.size = unit.bytes.size;
    unit.first_line = 1;
    assert_int_equal(decoder_forensic_csv.decode(state, &unit, &sink, &problem), STATUS_OK);
    decoder_forensic_csv.free_state(state);
    buffer_append_byte(&seen.text, 0);
    return seen;
}

static void assert_table(const char *path, const char *table, const char *only,
                         const char *wanted) {
    struct unit unit = {.bytes = slice_of_string(table), .path = slice_of_string(path)};
    struct seen seen = read_unit(unit, only);
    assert_string_equal((const char *)seen.text.data, wanted);
    assert_int_equal(seen.gaps, 0);
    buffer_done(&seen.text);
}

static void tools(void **state) {
    (void)state;
    assert_table("x_MFTECmd_$MFT_Output.csv",
                 MFT "5,True,.\\Windows,a.exe,10,2026-01-02 03:04:05.1234567,\n"
                     "6,False,.,b.exe,10,2020-01-01 00:00:00,2026-02-03 04:05:06.0000001\n",
                 " InUse TargetFilename ",
                 "mft|2026-01-02T03:04:05|2|True|\\Windows\\a.exe\n"
                 "mft|2026-02-03T04:05:06|3|False|\\b.exe\n");
    assert_table("j.csv",
                 "Name,Extension,EntryNumber,ParentPath,UpdateTimestamp,UpdateReasons\r\n"
                 "a.aspx,.aspx,7,.\\inetpub,2026-01-02 03:04:05,FileCreate|Close\r\n",
                 " UpdateReasons TargetFilename ",
                 "usn|2026-01-02T03:04:05|2|FileCreate|Close|\\inetpub\\a.aspx\n");
    assert_table("s.csv",
                 "ControlSet,CacheEntryPosition,Path,LastModifiedTimeUTC,Executed,Duplicate\n"
                 "1,0,C:\\a.exe,2026-01-02 03:04:05,NA,False\n",
                 " TargetFilename ", "shimcache|2026-01-02T03:04:05|2|C:\\a.exe\n");
    assert_table("t.csv",
                 "RunTime,ExecutableName\n"
                 "2026-01-02 03:04:05,\\VOLUME{01d9402cc3256012-571dee72}\\A\\B.EXE\n",
                 " TargetFilename ", "prefetch|2026-01-02T03:04:05|2|\\A\\B.EXE\n");
}

// A row of prefetch remembers several runs: each is an event of its own.
static void prefetch_runs(void **state) {
    (void)state;
    assert_table("p.csv",
                 PREFETCH "x.pf,B.EXE,3,2026-01-03 00:00:00,2026-01-02 00:00:00,,"
                          "\"\\VOLUME{1}\\N.DLL, \\VOLUME{1}\\A\\B.EXE\"\n"
                          "y.pf,C.EXE,0,,,,\n",
                 " ExecutableName TargetFilename ",
                 "prefetch|2026-01-03T00:00:00|2|B.EXE|\\A\\B.EXE\n"
                 "prefetch|2026-01-02T00:00:00|2|B.EXE|\\A\\B.EXE\n"
                 "prefetch||3|C.EXE|C.EXE\n");
}

static void inventories(void **state) {
    (void)state;
    assert_table("files.csv",
                 "\"Full Path\";\"Last Write Time\";\"SHA-256\";\"PSComputerName\"\n"
                 "\"C:\\a \"\"b\"\";.exe\";\"2026-01-02 03:04:05\";\"00ff\";\"PC1\"\n",
                 " TargetFilename sha256 Computer Modified ",
                 "file_inventory|2026-01-02T03:04:05|2|C:\\a \"b\";.exe|2026-01-02 "
                 "03:04:05|00ff|@PC1\n");
    assert_table("a/WebRoot list.csv",
                 "FullName,Length,LastWriteTimeUtc\nC:\\x.aspx,5,2026-01-02\n",
                 " TargetFilename Size ", "web_root|2026-01-02T00:00:00|2|C:\\x.aspx|5\n");
    assert_table("s.csv",
                 "#TYPE Selected.System.Object\n"
                 "\"DisplayName\",\"DisplayVersion\",\"Publisher\",\"InstallDate\"\n"
                 "\"7-Zip\",\"24.09\",\"Igor Pavlov\",\"20250517\"\n",
                 " DisplayName DisplayVersion Publisher ",
                 "software_inventory|2025-05-17T00:00:00|3|7-Zip|24.09|Igor Pavlov\n");
}

// Later pieces carry the header; a repeated one is no row.
static void headers(void **state) {
    (void)state;
    struct unit unit = {.offset = 100, .header = SLICE(MFT), .bytes = SLICE("5,True,.\\W,a,1,,\n")};
    struct seen seen = read_unit(unit, " TargetFilename ");
    assert_string_equal((const char *)seen.text.data, "mft||1|\\W\\a\n");
    buffer_done(&seen.text);
    assert_table("", MFT "5,True,.,a,1,,\n" MFT "6,True,.,b,1,,\n", " TargetFilename ",
                 "mft||2|\\a\nmft||4|\\b\n");
}

static void damage(void **state) {
    (void)state;
    struct unit unit = {.bytes = SLICE(MFT "5,True\n\n6,True,.,b,1,,\n7,True,.,c,1,,,more\n"
                                           "8,\"True,.,d,1,,\n9,True,.,e,1,,\n")};
    struct seen seen = read_unit(unit, " FileName ");
    assert_string_equal((const char *)seen.text.data, "mft||4|b\nmft||5|c\nmft||7|e\n");
    assert_int_equal(seen.gaps, 3); // short; more than the header; open quote
    assert_int_equal(seen.lost, strlen("5,True") + strlen("8,\"True,.,d,1,,"));
    buffer_done(&seen.text);
}

static void recognition(void **state) {
    (void)state;
    const struct decoder *decoder = &decoder_forensic_csv;
    assert_int_equal(decoder->recognise(SLICE(MFT "1"), SLICE("a.csv")), 95);
    assert_int_equal(decoder->recognise(SLICE("\xEF\xBB\xBF" PREFETCH), SLICE("a.csv")), 95);
    assert_int_equal(decoder->recognise(SLICE("Path,SHA256\n"), SLICE("a.csv")), 60);
    assert_int_equal(decoder->recognise(SLICE("Path,Comment\n"), SLICE("a.csv")), 0);
    assert_int_equal(decoder->recognise(SLICE("Name,Version\n"), SLICE("a.csv")), 0);
    assert_int_equal(decoder->recognise(SLICE("{\"Path\":1,\"SHA256\":2}"), SLICE("a")), 0);
    assert_int_equal(decoder->recognise(SLICE(""), SLICE("")), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tools),   cmocka_unit_test(prefetch_runs), cmocka_unit_test(inventories),
        cmocka_unit_test(headers), cmocka_unit_test(damage),        cmocka_unit_test(recognition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
