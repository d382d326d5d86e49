// Relations made by hand, for detectors' tests
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_DETECT_RELATION_TABLE_H
#define TESTS_DETECT_RELATION_TABLE_H

#include "detect/detector.h"

#include <stddef.h>

enum {
    TABLE_RELATIONS_MAX = 4096,
    TABLE_HOSTS_MAX = 512,
    TABLE_DETECTIONS_MAX = 1024
};

// A fleet, its settled relations, and what a detector told about them. Heap: it is large.
//
//     struct relation_table *table = relation_table_new();
//     relation_table_host(table, "UPG-01", FLEET_ROLE_UPGRADE);
//     struct relation *row = relation_table_add(table, RELATION_UPDATE_FETCH, "ws-01", "upg-01",
//     60); row->artefact = SLICE("/client.exe"); relation_table_judge(table, &detector_wave);
//     relation_table_find(table, "vedette-wave-unlisted", "UPG-01") -> detection or NULL
//     relation_table_free(table);
struct relation_table {
    struct relation relations[TABLE_RELATIONS_MAX];
    struct reference references[TABLE_RELATIONS_MAX];
    size_t relation_count;
    struct fleet_host hosts[TABLE_HOSTS_MAX];
    struct fleet fleet;
    struct table_detection {
        const struct rule *rule;
        char host[64], account[64];
        char fields[16][2][2100]; // name, text
        uint32_t field_count;
        int64_t first_ns, last_ns;
        uint64_t count;
        uint32_t reference_count;
        uint64_t lines[FINDING_REFERENCES_MAX]; // of the cited records
    } * detections;
    size_t detection_count;
};

struct relation_table *relation_table_new(void);
void relation_table_free(struct relation_table *table);

// `name` is static text; its number. Parts that equal it without case are this host.
uint32_t relation_table_host(struct relation_table *table, const char *name, unsigned roles);

// A relation seen once, at `seconds` after 2026-01-05 00:00 UTC (a Monday), by a record whose line
// is its number from 1. Texts are static. The rest of the row is the caller's to fill in.
struct relation *relation_table_add(struct relation_table *table, enum relation_kind kind,
                                    const char *from, const char *to, int64_t seconds);

// The last relation's record was written by a clock that is `seconds` ahead.
void relation_table_skew_last(struct relation_table *table, int64_t seconds);

// Fills in a source over the table's rows, which must not change while a reader is open.
void relation_table_source(struct relation_table *table, struct relation_source *ret_source);

// Run a detector over it; asserts that it fails not and tells the same for another order of rows.
void relation_table_judge(struct relation_table *table, const struct detector *detector);

// The first detection of the rule with this id on this host (NULL: any); NULL when there is none.
const struct table_detection *relation_table_find(const struct relation_table *table,
                                                  const char *rule, const char *host);
size_t relation_table_count(const struct relation_table *table, const char *rule);
// The text of a field; "" when there is none of that name.
const char *table_detection_field(const struct table_detection *detection, const char *name);

#endif
