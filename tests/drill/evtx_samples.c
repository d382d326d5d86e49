// Records of every value type, for the writer's tests
// SPDX-License-Identifier: Apache-2.0
#include "evtx_samples.h"

#include "drill/evtx_truth.h"

#include <stdio.h>
#include <stdlib.h>

#define TEST_GUID "{3f2504e0-4f89-11d3-9a0c-0305e82c3301}"

static const struct evtx_field every_type[] = {
    {"Text", EVTX_TEXT},
    {"Empty", EVTX_TEXT},
    {"Int8", EVTX_INT8},
    {"UInt8", EVTX_UINT8},
    {"Int16", EVTX_INT16},
    {"UInt16", EVTX_UINT16},
    {"Int32", EVTX_INT32},
    {"UInt32", EVTX_UINT32},
    {"Int64", EVTX_INT64},
    {"UInt64", EVTX_UINT64},
    {"Bool", EVTX_BOOL},
    {"Binary", EVTX_BINARY},
    {"Guid", EVTX_GUID},
    {"Size", EVTX_SIZE},
    {"Time", EVTX_FILETIME},
    {"Sid", EVTX_SID},
    {"Hex32", EVTX_HEX32},
    {"Hex64", EVTX_HEX64},
    {"Absent", EVTX_TEXT | EVTX_OPTIONAL},
    {"NotAscii", EVTX_TEXT},
    {"Real64", EVTX_REAL64},
    {"Words", EVTX_TEXT_LIST},
    {"SystemTime", EVTX_SYSTEMTIME},
};
static const struct evtx_field unnamed[] = {{NULL, EVTX_TEXT_LIST}, {NULL, EVTX_TEXT}};
static const struct evtx_field cleared[] = {
    {"SubjectUserSid", EVTX_SID}, {"SubjectUserName", EVTX_TEXT}, {"ClientProcessId", EVTX_UINT32}};

enum {
    SAMPLE_EVERY,
    SAMPLE_CLASSIC,
    SAMPLE_USER_DATA,
    SAMPLE_EMPTY,
    SAMPLE_SOURCE,
    SAMPLE_COUNT
};

static const struct evtx_event_type types[SAMPLE_COUNT] = {
    [SAMPLE_EVERY] = {.provider = "Test-Provider-Of-Every-Type",
                      .guid = TEST_GUID,
                      .channel = "Test/Operational",
                      .id = 4242,
                      .version = 3,
                      .level = 4,
                      .task = 12,
                      .opcode = 1,
                      .keywords = 0x8020000000000000ull,
                      .fields = every_type,
                      .field_count = ARRAY_SIZE(every_type)},
    [SAMPLE_CLASSIC] = {.provider = "Test Classic",
                        .channel = "Application",
                        .id = 1,
                        .qualifiers = 16384,
                        .level = 4,
                        .keywords = 0x80000000000000ull,
                        .classic = true,
                        .fields = unnamed,
                        .field_count = ARRAY_SIZE(unnamed)},
    [SAMPLE_USER_DATA] = {.provider = "Test-Log-Service",
                          .guid = TEST_GUID,
                          .channel = "Security",
                          .id = 1102,
                          .level = 4,
                          .task = 104,
                          .keywords = 0x4020000000000000ull,
                          .user_data = "LogFileCleared",
                          .user_data_uri = "http://example.com/log",
                          .fields = cleared,
                          .field_count = ARRAY_SIZE(cleared)},
    [SAMPLE_EMPTY] = {.provider = "Test-Provider-Of-Every-Type",
                      .guid = TEST_GUID,
                      .channel = "Test/Operational",
                      .id = 1,
                      .level = 2},
    [SAMPLE_SOURCE] = {.provider = "Test Manager",
                       .guid = TEST_GUID,
                       .event_source = "Test Manager",
                       .channel = "System",
                       .id = 7036,
                       .qualifiers = 16384,
                       .level = 4,
                       .data_name = "NAMED",
                       .fields = every_type,
                       .field_count = 1},
};

struct sample {
    uint8_t sid[EVTX_SID_SIZE_MAX];
    struct slice sid_bytes;
    uint8_t guid[EVTX_GUID_SIZE];
    char text[256];
    struct evtx_value values[ARRAY_SIZE(every_type)];
};

static void fill_every(struct sample *sample, size_t i) {
    static const uint8_t system_time[] = {0xE8, 7, 2, 0, 4, 0, 29, 0, 23, 0, 59, 0, 58, 0, 7, 0};
    struct evtx_value *values = sample->values;
    snprintf(sample->text, sizeof sample->text, "%%1 \"quoted\" <tag> & \\path\\%zu\ttab %*s", i,
             (int)(i % 120), "end");
    values[0] = evtx_text(sample->text);
    values[1] = evtx_text("");
    values[2] = evtx_number(EVTX_INT8, (uint64_t)(int64_t)(i % 2 ? -128 : 127));
    values[3] = evtx_number(EVTX_UINT8, 255);
    values[4] = evtx_number(EVTX_INT16, (uint64_t)(int64_t)-32768);
    values[5] = evtx_number(EVTX_UINT16, 65535);
    values[6] = evtx_number(EVTX_INT32, (uint64_t)(int64_t)-7);
    values[7] = evtx_number(EVTX_UINT32, 4294967295u);
    values[8] = evtx_number(EVTX_INT64, (uint64_t)INT64_MIN);
    values[9] = evtx_number(EVTX_UINT64, UINT64_MAX);
    values[10] = evtx_number(EVTX_BOOL, i % 2);
    values[11] = evtx_bytes(EVTX_BINARY, slice_of("\x00\xff\x10 inary", 9));
    values[12] = evtx_bytes(EVTX_GUID, slice_of(sample->guid, sizeof sample->guid));
    values[13] = evtx_number(EVTX_SIZE, 0x1a4 + i);
    values[14] = evtx_number(EVTX_FILETIME, 133000000000000010u);
    values[15] = evtx_bytes(EVTX_SID, sample->sid_bytes);
    values[16] = evtx_number(EVTX_HEX32, 0xC000006D);
    values[17] = evtx_number(EVTX_HEX64, 0x3e7);
    values[18] = (struct evtx_value){0};
    values[19] = evtx_text("Gr\xC3\xBC\xC3\x9F"
                           "e, \xE7\xBB\x88\xE7\xAB\xAF \xF0\x9F\x94\x92");
    values[20] = (struct evtx_value){.type = EVTX_REAL64, .number = 0x3FF8000000000000ull}; // 1.5
    values[21] = evtx_bytes(EVTX_TEXT_LIST, slice_of("first\0second\0third", 19));
    values[22] = evtx_bytes(EVTX_SYSTEMTIME, slice_of(system_time, sizeof system_time));
}

static void fill(struct sample *sample, size_t type, size_t i) {
    fill_every(sample, i);
    if (type == SAMPLE_CLASSIC) {
        sample->values[0] = evtx_bytes(EVTX_TEXT_LIST, slice_of("Set-Test\0-Name \"a\"\0", 20));
        sample->values[1] = evtx_text("plain");
    } else if (type == SAMPLE_USER_DATA) {
        sample->values[0] = evtx_bytes(EVTX_SID, sample->sid_bytes);
        sample->values[1] = evtx_text("test.user");
        sample->values[2] = evtx_number(EVTX_UINT32, 616);
    }
}

static void check(enum status status, const struct problem *problem) {
    if (status == STATUS_OK)
        return;
    fprintf(stderr, "%s\n", problem->text);
    abort();
}

void evtx_samples_write(const char *path, const char *file, size_t records, struct buffer *truth) {
    struct evtx_catalogue *catalogue = evtx_catalogue_new(types, ARRAY_SIZE(types));
    struct evtx_host *hosts[] = {evtx_host_new(catalogue, "ws-0001.corp.example", 0),
                                 evtx_host_new(catalogue, "DC-01", 1)};
    struct sample sample;
    sample.sid_bytes = slice_of(
        sample.sid, evtx_sid_parse("S-1-5-21-1004336348-1177238915-682003330-512", sample.sid));
    evtx_guid_parse(TEST_GUID, sample.guid);
    struct problem problem;
    struct evtx_writer *writer;
    check(evtx_writer_open(catalogue, path, 2, &writer, &problem), &problem);
    for (size_t i = 0; i < records; i++) {
        size_t type = i * 7 % SAMPLE_COUNT;
        fill(&sample, type, i);
        struct evtx_record record = {
            .host = hosts[i / 3 % 2],
            .type = type,
            .time = 133500000000000000u + i * 10000000 + i % 10 * 10,
            .event_id = i % 2 ? 1000 + i : 0,
            .process_id = 4,
            .thread_id = (uint32_t)(8 + i),
            .user = i % 4 ? sample.sid_bytes : (struct slice){NULL, 0},
            .activity = i % 5 ? (struct slice){NULL, 0} : slice_of(sample.guid, 16),
            .values = sample.values,
        };
        check(evtx_writer_append(writer, &record, &problem), &problem);
        if (truth)
            evtx_truth_append(truth, file, i + 1, &record);
    }
    check(evtx_writer_close(writer, &problem), &problem);
    evtx_host_free(hosts[0]);
    evtx_host_free(hosts[1]);
    evtx_catalogue_free(catalogue);
}
