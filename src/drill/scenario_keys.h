// Keys of a scenario file and how their values read
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_SCENARIO_KEYS_H
#define DRILL_SCENARIO_KEYS_H

#include "base/yaml.h"
#include "drill/scenario.h"

// A mapping's keys as rows: what a value must be, and where it goes in a struct.
struct scenario_key {
    const char *name;
    enum scenario_key_kind {
        KEY_TEXT,    // const char *
        KEY_COUNT,   // uint32_t, `most` at most
        KEY_BYTES,   // uint64_t
        KEY_NETWORK, // struct network, IPv4
        KEY_ZONE,    // int32_t seconds: "+08:00"
        KEY_CLOCK,   // uint16_t minute: "08:30"
        KEY_HOURS,   // struct scenario_hours: "08:30-18:00"
        KEY_DAYS,    // uint8_t: [mon, tue]
        KEY_DATE,    // int64_t ns
        KEY_ROLE,    // enum host_role
        KEY_WORDS,   // struct scenario_words
        KEY_OTHER    // the caller reads it
    } kind;
    size_t offset;
    uint32_t most; // KEY_COUNT
    bool required;
};

struct scenario_reader {
    const char *path; // for problems
    struct arena *arena;
    struct problem *problem;
};

// "PATH:LINE: reason"
enum status scenario_refuse(const struct scenario_reader *reader, uint32_t line, const char *format,
                            ...) __attribute__((format(printf, 3, 4)));

// Reads a mapping by its rows (which end with a row without name) into `target`. Refuses keys
// that no row names.
enum status scenario_read_keys(const struct scenario_reader *reader, const struct yaml_node *node,
                               const struct scenario_key *rows, void *target);

// Scalars: STATUS_FORMAT with the line when they are something else.
enum status scenario_read_text(const struct scenario_reader *reader, const struct yaml_node *node,
                               const char **ret_text);
enum status scenario_read_words(const struct scenario_reader *reader, const struct yaml_node *node,
                                struct scenario_words *ret_words);

// A sequence; NULL stands for an empty one where `required` is false.
enum status scenario_check_sequence(const struct scenario_reader *reader,
                                    const struct yaml_node *mapping, const char *key, bool required,
                                    const struct yaml_node **ret_sequence);

#endif
