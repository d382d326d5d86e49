// Inventories and disk artefacts: what is left at the end
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "log_stage.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <string.h>

extern const struct log_writer log_writer_software, log_writer_file_inventory, log_writer_web_roots,
    log_writer_mft, log_writer_amcache, log_writer_prefetch;

enum {
    LINE_SIZE = 2048
};

#define TROJAN "C:\\Windows\\Temp\\a,b.exe"
#define HOST "hosts/workstatio/"

static const struct deed_content content = {.sha256 = {0xAB, 0xCD},
                                            .size_bytes = 4711,
                                            .version = {(const uint8_t *)"1.2", 3},
                                            .description = {(const uint8_t *)"Setup", 5}};

static struct deed make_file(struct log_stage *stage, enum deed_kind kind, const char *path) {
    enum host_role role = stage->log_site.host->role;
    struct deed deed = log_stage_deed(stage, kind, role, role, true);
    if (kind == DEED_PROCESS_START) {
        deed.program.image = slice_of_string(path);
        deed.process.content = &content;
    } else {
        deed.file.path = slice_of_string(path);
        deed.file.content = &content;
    }
    return deed;
}

static void tell_file(struct log_stage *stage, enum deed_kind kind, const char *path) {
    struct deed deed = make_file(stage, kind, path);
    log_stage_tell(stage, &deed, PLACE_TO);
}

// The number of the line that holds `part`; 0 when none does.
static size_t find_line(const char *text, const char *part, char *ret_line) {
    for (size_t i = 1; log_stage_line(text, i, ret_line, LINE_SIZE); i++)
        if (strstr(ret_line, part))
            return i;
    return 0;
}

static size_t count_cells(const char *line) {
    size_t count = 1;
    bool quoted = false;
    for (; *line; line++) {
        quoted ^= *line == '"';
        count += *line == ',' && !quoted;
    }
    return count;
}

static void assert_cell(const char *header, const char *line, const char *name, const char *value) {
    size_t column = 0;
    const char *at = header;
    for (; strncmp(at, name, strlen(name)) != 0 || !strchr(",", at[strlen(name)]); column++) {
        at = strchr(at, ',');
        assert_non_null(at);
        at++;
    }
    bool quoted = false;
    for (; column > 0; line++) {
        assert_int_not_equal(*line, 0);
        quoted ^= *line == '"';
        column -= *line == ',' && !quoted;
    }
    size_t size = 0;
    for (quoted = false; line[size] && (quoted || line[size] != ','); size++)
        quoted ^= line[size] == '"';
    char cell[LINE_SIZE];
    snprintf(cell, sizeof cell, "%.*s", (int)size, line);
    assert_string_equal(cell, value);
}

static void assert_cited(struct log_stage *stage, size_t count, size_t line) {
    size_t found;
    const struct evidence_citation *citations = evidence_citations(stage->evidence, &found);
    assert_int_equal(found, count);
    for (size_t i = 0; i < found; i++)
        assert_int_equal(citations[i].record, line);
}

static void open_stage(struct log_stage *stage, const struct log_writer *writer,
                       enum host_role role) {
    log_stage_init(stage);
    log_stage_open(stage, writer, role);
}

static void test_file_inventory(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    open_stage(&stage, &log_writer_file_inventory, HOST_WORKSTATION);
    tell_file(&stage, DEED_FILE_WRITE, TROJAN);
    tell_file(&stage, DEED_FILE_WRITE, "C:\\gone.exe");
    tell_file(&stage, DEED_PROCESS_START, TROJAN);
    tell_file(&stage, DEED_FILE_DELETE, "c:\\GONE.exe");
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, HOST "inventory/files.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_string_equal(header,
                        "Path,Size,CreatedUtc,ModifiedUtc,SHA256,Signer,Description,Version");
    assert_int_equal(find_line(text, "gone.exe", line), 0);
    assert_true(find_line(text, "explorer.exe", line) > 1);
    size_t number = find_line(text, "a,b.exe", line);
    assert_true(number > 1);
    assert_int_equal(count_cells(line), count_cells(header));
    assert_cell(header, line, "Path", "\"" TROJAN "\"");
    assert_cell(header, line, "Size", "4711");
    assert_cell(header, line, "CreatedUtc", "2026-03-01 16:01:00");
    assert_cell(header, line, "SHA256",
                "abcd000000000000000000000000000000000000000000000000000000000000");
    memory_free(text);
    assert_cited(&stage, 1, number); // the start leaves no trace in it
    log_stage_done(&stage);
}

static void test_mft(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    open_stage(&stage, &log_writer_mft, HOST_WORKSTATION);
    tell_file(&stage, DEED_FILE_WRITE, "C:\\Windows\\Temp\\tool.exe");
    tell_file(&stage, DEED_FILE_DELETE, "C:\\Windows\\Temp\\tool.exe");
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, HOST "collected/FileSystem/20260308160000_MFTECmd_$MFT_"
                                             "Output.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_int_equal(count_cells(header), 33);
    size_t number = find_line(text, "tool.exe", line);
    assert_int_equal(count_cells(line), 33);
    assert_cell(header, line, "InUse", "False");
    assert_cell(header, line, "ParentPath", ".\\Windows\\Temp");
    assert_cell(header, line, "FileName", "tool.exe");
    assert_cell(header, line, "Extension", ".exe");
    assert_cell(header, line, "FileSize", "4711");
    assert_cell(header, line, "Created0x10", "2026-03-01 16:01:00.1234567");
    assert_cell(header, line, "Created0x30", "");
    memory_free(text);
    assert_cited(&stage, 2, number);
    log_stage_done(&stage);
}

static void test_overwritten(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    open_stage(&stage, &log_writer_mft, HOST_WORKSTATION);
    for (int i = 0; i < 3; i++)
        tell_file(&stage, DEED_FILE_WRITE, "C:\\Windows\\Temp\\tool.exe");
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, HOST "collected/FileSystem/20260308160000_MFTECmd_$MFT_"
                                             "Output.csv");
    size_t number = find_line(text, "tool.exe", line);
    memory_free(text);
    assert_cited(&stage, 2, number); // the first write and the last: of others no time is left
    log_stage_done(&stage);
}

static void test_amcache(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    open_stage(&stage, &log_writer_amcache, HOST_WORKSTATION);
    tell_file(&stage, DEED_PROCESS_START, TROJAN);
    tell_file(&stage, DEED_PROCESS_START, TROJAN);
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, HOST "collected/ProgramExecution/20260308160000_Amcache_"
                                             "UnassociatedFileEntries.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_int_equal(count_cells(header), 21);
    assert_int_equal(count_cells(line), 21);
    assert_cell(header, line, "FileKeyLastWriteTimestamp", "2026-03-01 16:01:00");
    assert_cell(header, line, "FullPath", "\"c:\\windows\\temp\\a,b.exe\"");
    assert_cell(header, line, "Size", "4711");
    assert_cell(header, line, "IsOsComponent", "False");
    assert_cell(header, line, "ProductName", "Setup");
    assert_false(log_stage_line(text, 3, line, sizeof line));
    memory_free(text);
    assert_cited(&stage, 1, 2); // only the first start
    log_stage_done(&stage);
}

static void test_prefetch(void **state) {
    (void)state;
    struct log_stage stage;
    char header[LINE_SIZE], line[LINE_SIZE];
    open_stage(&stage, &log_writer_prefetch, HOST_WORKSTATION);
    for (int i = 0; i < 10; i++)
        tell_file(&stage, DEED_PROCESS_START, "C:\\Windows\\Temp\\tool.exe");
    log_stage_close(&stage);
    char *text =
        log_stage_read(&stage, HOST "collected/ProgramExecution/20260308160000_PECmd_Output.csv");
    assert_true(log_stage_line(text, 1, header, sizeof header));
    assert_true(log_stage_line(text, 2, line, sizeof line));
    assert_int_equal(count_cells(header), 27);
    assert_int_equal(count_cells(line), 27);
    assert_cell(header, line, "ExecutableName", "TOOL.EXE");
    assert_cell(header, line, "RunCount", "10");
    assert_cell(header, line, "LastRun", "2026-03-01 16:10:00.1234567");
    assert_cell(header, line, "PreviousRun6", "2026-03-01 16:03:00.1234567");
    assert_non_null(strstr(line, "\\WINDOWS\\TEMP\\TOOL.EXE\",False"));
    memory_free(text);
    assert_cited(&stage, 8, 2); // the runs that it keeps
    log_stage_done(&stage);
}

static void test_software(void **state) {
    (void)state;
    struct log_stage stage;
    char line[LINE_SIZE];
    open_stage(&stage, &log_writer_software, HOST_WORKSTATION);
    for (int i = 0; i < 2; i++) {
        struct deed deed =
            log_stage_deed(&stage, DEED_SOFTWARE_INSTALL, HOST_WORKSTATION, HOST_WORKSTATION, true);
        deed.software.name = SLICE("Tool \"X\"");
        deed.software.version = i ? SLICE("2.0") : SLICE("1.0");
        deed.software.publisher = SLICE("Example, Inc.");
        log_stage_tell(&stage, &deed, PLACE_TO);
    }
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, HOST "inventory/software.csv");
    assert_true(log_stage_line(text, 1, line, sizeof line));
    assert_string_equal(line, "\"DisplayName\",\"DisplayVersion\",\"Publisher\",\"InstallDate\","
                              "\"InstallLocation\"");
    size_t number = find_line(text, "\"Tool ", line);
    assert_string_equal(line, "\"Tool \"\"X\"\"\",\"2.0\",\"Example, Inc.\",\"20260302\",\"\"");
    assert_true(find_line(text, "Google Chrome", line) > 1);
    memory_free(text);
    assert_cited(&stage, 1, number);
    log_stage_done(&stage);
}

static void test_web_roots(void **state) {
    (void)state;
    static const char shell[] = "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\FrontEnd\\"
                                "HttpProxy\\owa\\auth\\e1.aspx";
    struct log_stage stage;
    char line[LINE_SIZE];
    open_stage(&stage, &log_writer_web_roots, HOST_MAIL);
    tell_file(&stage, DEED_FILE_WRITE, shell);
    tell_file(&stage, DEED_FILE_WRITE, "C:\\Windows\\Temp\\other.aspx");
    log_stage_close(&stage);
    char *text = log_stage_read(&stage, "servers/mail-serve/inventory/webroot.csv");
    assert_true(find_line(text, "\\owa\\auth\\logon.aspx,", line) > 1);
    assert_int_equal(find_line(text, "other.aspx", line), 0);
    size_t number = find_line(text, "e1.aspx", line);
    assert_true(strstr(line, "e1.aspx,4711,2026-03-01 16:01:00") != NULL);
    memory_free(text);
    assert_cited(&stage, 1, number);
    log_stage_done(&stage);
    open_stage(&stage, &log_writer_web_roots, HOST_UPGRADE);
    struct deed deed =
        log_stage_deed(&stage, DEED_PACKAGE_CHANGE, HOST_UPGRADE, HOST_UPGRADE, true);
    deed.package.stem = SLICE("/packages/ExampleDocSafeSetup.exe");
    deed.package.content = &content;
    log_stage_tell(&stage, &deed, PLACE_TO);
    log_stage_close(&stage);
    text = log_stage_read(&stage, "servers/upgrade-se/inventory/webroot.csv");
    assert_true(find_line(text, "/srv/upgrade/packages/ExampleDocSafeSetup.exe,4711,", line) > 1);
    memory_free(text);
    log_stage_done(&stage);
    open_stage(&stage, &log_writer_web_roots, HOST_DOCUMENT);
    log_stage_close(&stage);
    text = log_stage_read(&stage, "servers/document-s/inventory/webroot.csv");
    assert_true(find_line(text, "\\webapps\\ROOT\\index.jsp,", line) > 1);
    memory_free(text);
    log_stage_done(&stage);
}

static void test_same_bytes(void **state) {
    (void)state;
    struct log_stage stages[2];
    char *texts[2];
    for (size_t i = 0; i < 2; i++) {
        open_stage(&stages[i], &log_writer_file_inventory, HOST_WORKSTATION);
        tell_file(&stages[i], DEED_FILE_WRITE, TROJAN);
        log_stage_close(&stages[i]);
        texts[i] = log_stage_read(&stages[i], HOST "inventory/files.csv");
    }
    assert_string_equal(texts[0], texts[1]);
    for (size_t i = 0; i < 2; i++) {
        memory_free(texts[i]);
        log_stage_done(&stages[i]);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_file_inventory), cmocka_unit_test(test_mft),
        cmocka_unit_test(test_overwritten),    cmocka_unit_test(test_amcache),
        cmocka_unit_test(test_prefetch),       cmocka_unit_test(test_software),
        cmocka_unit_test(test_web_roots),      cmocka_unit_test(test_same_bytes)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
