// Packages never released that hosts took
// SPDX-License-Identifier: Apache-2.0
#include "relation_table.h"

#include "base/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

extern const struct detector detector_wave;

#define HOUR 3600ll
#define DAY (24 * HOUR)

enum {
    TIMES_MAX = 256
};

static int64_t times[TIMES_MAX];
static size_t time_count;
static char names[64][16];

// The relation's one time, kept as settled relations keep theirs.
static struct relation *at(struct relation *relation) {
    times[time_count] = relation->first_ns;
    relation->times = &times[time_count++];
    relation->time_count = 1;
    return relation;
}

static void offer(struct relation_table *table, int64_t seconds, const char *digest,
                  const char *version, uint64_t size, bool listed) {
    struct relation *row = at(relation_table_add(table, RELATION_PACKAGE, "", "upg-01", seconds));
    row->artefact = listed ? SLICE("client.exe") : SLICE("/get/client.exe");
    row->detail[0] = slice_of_string(digest);
    row->detail[1] = slice_of_string(version);
    row->detail[2] = listed ? SLICE("listed") : SLICE("");
    row->bytes_in = size;
}

static void fetch(struct relation_table *table, const char *host, int64_t seconds,
                  const char *size) {
    struct relation *row =
        at(relation_table_add(table, RELATION_UPDATE_FETCH, host, "upg-01", seconds));
    row->artefact = SLICE("/get/client.exe");
    row->detail[0] = SLICE("200");
    row->detail[1] = slice_of_string(size);
}

static struct relation_table *fleet(void) {
    struct relation_table *table = relation_table_new();
    time_count = 0;
    relation_table_host(table, "UPG-01", FLEET_ROLE_UPGRADE);
    for (size_t i = 0; i < 20; i++) {
        snprintf(names[i], sizeof names[i], "WS-%02zu", i);
        relation_table_host(table, names[i], 0);
    }
    return table;
}

static void who_fetched_while_it_was_wrong(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 10 * DAY, "bb", "1.0", 100, false); // same version, other bytes
    offer(table, 12 * DAY, "cc", "1.1", 100, false);
    for (size_t i = 0; i < 5; i++)
        fetch(table, names[i], 2 * DAY + (int64_t)i, "100");
    for (size_t i = 5; i < 11; i++)
        fetch(table, names[i], 10 * DAY + HOUR + (int64_t)i, "100");
    for (size_t i = 11; i < 15; i++)
        fetch(table, names[i], 13 * DAY + (int64_t)i, "100");
    struct relation *run = at(relation_table_add(table, RELATION_SPAWN, "", names[16], 11 * DAY));
    run->artefact = SLICE("c:\\cache\\client.exe"); // the access log lost this one's fetch
    relation_table_judge(table, &detector_wave);
    assert_int_equal(relation_table_count(table, "vedette-wave-package-replaced"), 1);
    assert_int_equal(relation_table_count(table, "vedette-wave-host"), 7);
    assert_null(relation_table_find(table, "vedette-wave-host", "WS-04"));
    assert_null(relation_table_find(table, "vedette-wave-host", "WS-12"));
    const struct table_detection *one = relation_table_find(table, "vedette-wave-host", "WS-05");
    assert_non_null(one);
    assert_string_equal(table_detection_field(one, "source"), "UPG-01");
    assert_non_null(relation_table_find(table, "vedette-wave-host", "WS-16"));
    relation_table_free(table);
}

// All bytes that were put there are told, each once, and who signed them instead of the maker.
static void digests_and_signers_are_told(void **state) {
    (void)state;
    static const char *const DIGESTS[] = {"aa", "bb", "cc", "bb"};
    struct relation_table *table = fleet();
    for (int i = 0; i < 4; i++) {
        offer(table, i ? 10 * DAY + i : 0, DIGESTS[i], "1.0", 100, false);
        table->relations[table->relation_count - 1].account = i ? SLICE("B Corp") : SLICE("A Ltd");
    }
    relation_table_judge(table, &detector_wave);
    const struct table_detection *told =
        relation_table_find(table, "vedette-wave-package-replaced", "UPG-01");
    assert_non_null(told);
    assert_non_null(
        strstr(table_detection_field(told, "what"), "signed by B Corp and no longer by A Ltd"));
    assert_non_null(strstr(table_detection_field(told, "why"), "2 different digests"));
    relation_table_free(table);
}

static void a_listed_release_is_no_wave(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, true);
    offer(table, 5 * DAY, "bb", "1.0", 100, true); // repacked, and listed
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 5 * DAY, "bb", "1.0", 100, false);
    for (size_t i = 0; i < 20; i++)
        fetch(table, names[i], 6 * DAY + (int64_t)i, "100");
    relation_table_judge(table, &detector_wave);
    assert_int_equal(table->detection_count, 0);
    relation_table_free(table);
}

static void listed(struct relation_table *table, const char *host, const char *digest) {
    struct relation *row = relation_table_add(table, RELATION_FILE, "", host, 0);
    row->first_ns = row->last_ns = CLOCK_NONE;
    table->references[table->relation_count - 1].time_ns = CLOCK_NONE;
    row->artefact = SLICE("c:\\cache\\client.exe");
    row->detail[0] = slice_of_string(digest);
    row->detail[2] = SLICE("listed");
}

// A list of files without times: the very bytes tell that the host has them, and not when they
// came; other bytes of the same name tell nothing.
static void a_file_without_a_time(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 10 * DAY, "bb", "1.0", 100, false);
    fetch(table, names[3], 10 * DAY + HOUR, "100");
    listed(table, names[3], "bb");
    listed(table, names[17], "bb");
    listed(table, names[18], "aa");
    listed(table, "upg-01", "bb");
    relation_table_judge(table, &detector_wave);
    assert_int_equal(relation_table_count(table, "vedette-wave-host"), 2);
    const struct table_detection *timed = relation_table_find(table, "vedette-wave-host", "WS-03");
    assert_non_null(timed);
    assert_int_equal(timed->reference_count, 2);
    assert_true(timed->first_ns != CLOCK_NONE);
    const struct table_detection *file = relation_table_find(table, "vedette-wave-host", "WS-17");
    assert_non_null(file);
    assert_true(file->first_ns == CLOCK_NONE);
    assert_string_equal(table_detection_field(file, "what"),
                        "WS-17 has the very bytes that UPG-01 offered as client.exe and that were "
                        "never released; when they came is unknown.");
    assert_string_equal(table_detection_field(file, "source"), "UPG-01");
    assert_int_equal(relation_table_count(table, "vedette-wave-hosts"), 2);
    relation_table_free(table);
}

// The same bytes offered twice: a file without a time is of the time that its host is known in.
static void bytes_of_two_waves(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 5 * DAY, "bb", "1.0", 100, false);
    offer(table, 6 * DAY, "aa", "1.0", 100, false);
    offer(table, 10 * DAY, "bb", "1.0", 100, false);
    fetch(table, names[3], 10 * DAY + HOUR, "100");
    listed(table, names[3], "bb");
    listed(table, names[17], "bb");
    relation_table_judge(table, &detector_wave);
    assert_int_equal(relation_table_count(table, "vedette-wave-host"), 2);
    relation_table_free(table);
}

// The same bytes put there twice by a server whose clock is wrong: both records are cited, although
// what they say is not when it was.
static void a_wrong_clock(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 10 * DAY, "bb", "1.0", 100, false);
    struct relation *twice = &table->relations[table->relation_count - 1];
    struct reference written[2] = {table->references[table->relation_count - 1],
                                   table->references[table->relation_count - 1]};
    int64_t corrected[2] = {twice->first_ns, twice->first_ns + DAY * 1000000000};
    for (size_t i = 0; i < 2; i++)
        written[i].time_ns = corrected[i] + 51ll * 1000000000;
    written[1].position.line++;
    twice->times = corrected;
    twice->references = written;
    twice->time_count = twice->reference_count = 2;
    twice->last_ns = corrected[1];
    relation_table_judge(table, &detector_wave);
    const struct table_detection *replaced =
        relation_table_find(table, "vedette-wave-package-replaced", "UPG-01");
    assert_non_null(replaced);
    assert_int_equal(replaced->reference_count, 2);
    relation_table_free(table);
}

// A new version that no list holds is as wrong as a silent change.
static void an_unlisted_version_is_a_wave(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, true);
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 5 * DAY, "bb", "1.1", 100, false);
    fetch(table, names[3], 6 * DAY, "100");
    relation_table_judge(table, &detector_wave);
    assert_int_equal(relation_table_count(table, "vedette-wave-host"), 1);
    relation_table_free(table);
}

// Who was given the size of the right bytes was given the right bytes.
static void selective_delivery_by_size(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 5 * DAY, "bb", "1.0", 140, false);
    fetch(table, names[1], 6 * DAY, "140");
    fetch(table, names[2], 6 * DAY + HOUR, "100");
    relation_table_judge(table, &detector_wave);
    assert_int_equal(relation_table_count(table, "vedette-wave-host"), 1);
    assert_non_null(relation_table_find(table, "vedette-wave-host", "WS-01"));
    relation_table_free(table);
}

// The next release runs on everybody: a start without a digest, after the end, is of the release.
static void the_next_release_makes_no_victims(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    offer(table, 0, "aa", "1.0", 100, false);
    offer(table, 5 * DAY, "bb", "1.0", 100, false);
    offer(table, 6 * DAY, "cc", "1.1", 100, false);
    fetch(table, names[1], 5 * DAY + HOUR, "100");
    for (size_t i = 0; i < 20; i++) {
        struct relation *run =
            at(relation_table_add(table, RELATION_SPAWN, "", names[i], 6 * DAY + 2 * HOUR));
        run->artefact = SLICE("c:\\cache\\client.exe");
        if (i % 2)
            run->detail[2] = SLICE("cc");
    }
    relation_table_judge(table, &detector_wave);
    assert_int_equal(relation_table_count(table, "vedette-wave-host"), 1);
    relation_table_free(table);
}

static void drop(struct relation_table *table, const char *host, int64_t seconds) {
    struct relation *row = relation_table_add(table, RELATION_SPAWN, "", host, seconds);
    row->artefact = SLICE("c:\\programdata\\agent\\svc.exe");
    row->detail[0] = SLICE("c:\\program files\\agent\\update\\client.exe");
}

// Without a catalogue: days after the last drop, the size of the bytes that dropped speaks for a
// host that logs nothing; other sizes, and one that spared a host which does, do not.
static void size_speaks_without_a_catalogue(void **state) {
    (void)state;
    for (int spared = 0; spared < 2; spared++) {
        struct relation_table *table = fleet();
        fetch(table, "ws-00", HOUR, "1000");
        for (size_t i = 1; i < 3; i++) {
            fetch(table, names[i], 10 * DAY + HOUR, "2000");
            drop(table, names[i], 10 * DAY + HOUR + 60);
        }
        drop(table, "ws-03", 10 * DAY + HOUR); // its fetch is not logged, its starts are
        if (spared)
            fetch(table, "ws-03", 14 * DAY, "2000");
        fetch(table, "ws-04", 13 * DAY, "2000");
        fetch(table, "ws-05", 13 * DAY, "1000");
        relation_table_judge(table, &detector_wave);
        assert_non_null(relation_table_find(table, "vedette-wave-host", "WS-01"));
        assert_non_null(relation_table_find(table, "vedette-wave-host", "WS-03"));
        if (spared)
            assert_null(relation_table_find(table, "vedette-wave-host", "WS-04"));
        else
            assert_non_null(relation_table_find(table, "vedette-wave-host", "WS-04"));
        assert_null(relation_table_find(table, "vedette-wave-host", "WS-05"));
        assert_null(relation_table_find(table, "vedette-wave-host", "WS-00"));
        relation_table_free(table);
    }
}

// Neither catalogue nor access log is left, and no evidence names the server: the address that most
// hosts' updaters contacted before something was dropped there.
static void a_server_is_known_by_its_address(void **state) {
    (void)state;
    struct relation_table *table = fleet();
    for (size_t i = 1; i < 4; i++) {
        struct relation *contact = relation_table_add(table, RELATION_CONTACT, names[i], "10.9.9.9",
                                                      10 * DAY + (int64_t)i * HOUR);
        contact->detail[1] = SLICE("C:\\Program Files\\Agent\\Update\\Fetch.exe");
        drop(table, names[i], 10 * DAY + (int64_t)i * HOUR + 60);
    }
    for (size_t i = 4; i < 8; i++) { // of another updater, and nothing was dropped
        struct relation *contact = relation_table_add(table, RELATION_CONTACT, names[i], "10.9.9.8",
                                                      10 * DAY + (int64_t)i * HOUR);
        contact->detail[1] = SLICE("C:\\Program Files\\Office\\Update\\Fetch.exe");
    }
    relation_table_judge(table, &detector_wave);
    const struct table_detection *host = relation_table_find(table, "vedette-wave-host", "WS-02");
    assert_non_null(host);
    assert_string_equal(table_detection_field(host, "source"), "10.9.9.9");
    assert_non_null(relation_table_find(table, "vedette-wave-hosts", "10.9.9.9"));
    relation_table_free(table);
}

static void had(struct relation_table *table, const char *host, int64_t seconds, const char *path) {
    struct relation *row = relation_table_add(table, RELATION_FILE, "", host, seconds);
    row->artefact = slice_of_string(path);
    row->detail[2] = SLICE("executed");
}

// Where nothing but Prefetch is left, the program that the package dropped elsewhere tells, unless
// a host had it before the wave; what lies where only administrators write tells nothing.
static void what_was_dropped_tells(void **state) {
    (void)state;
    for (int older = 0; older < 2; older++) {
        struct relation_table *table = fleet();
        offer(table, 0, "aa", "1.0", 100, false);
        offer(table, 10 * DAY, "bb", "1.0", 100, false);
        drop(table, "ws-01", 10 * DAY + HOUR);
        struct relation *child =
            relation_table_add(table, RELATION_SPAWN, "", "ws-01", 10 * DAY + HOUR - 1);
        child->artefact = SLICE("c:\\program files\\agent\\tray.exe");
        child->detail[0] = SLICE("c:\\program files\\agent\\update\\client.exe");
        had(table, "ws-02", 11 * DAY, "\\programdata\\agent\\svc.exe");
        had(table, "ws-03", 11 * DAY, "\\program files\\agent\\tray.exe");
        if (older)
            had(table, "ws-04", 2 * DAY, "\\programdata\\agent\\svc.exe");
        relation_table_judge(table, &detector_wave);
        assert_non_null(relation_table_find(table, "vedette-wave-host", "WS-01"));
        const struct table_detection *host =
            relation_table_find(table, "vedette-wave-host", "WS-02");
        assert_int_equal(host != NULL, !older);
        if (host) {
            assert_string_equal(table_detection_field(host, "source"), "UPG-01");
            assert_string_equal(
                table_detection_field(host, "what"),
                "WS-02 had \\programdata\\agent\\svc.exe (executed), as had hosts that "
                "took client.exe from UPG-01 while it was none that was released.");
        }
        assert_null(relation_table_find(table, "vedette-wave-host", "WS-03"));
        assert_null(relation_table_find(table, "vedette-wave-host", "WS-04"));
        relation_table_free(table);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(who_fetched_while_it_was_wrong),
        cmocka_unit_test(digests_and_signers_are_told),
        cmocka_unit_test(a_listed_release_is_no_wave),
        cmocka_unit_test(a_server_is_known_by_its_address),
        cmocka_unit_test(a_file_without_a_time),
        cmocka_unit_test(bytes_of_two_waves),
        cmocka_unit_test(a_wrong_clock),
        cmocka_unit_test(an_unlisted_version_is_a_wave),
        cmocka_unit_test(selective_delivery_by_size),
        cmocka_unit_test(the_next_release_makes_no_victims),
        cmocka_unit_test(size_speaks_without_a_catalogue),
        cmocka_unit_test(what_was_dropped_tells),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
