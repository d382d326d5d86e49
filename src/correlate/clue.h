// Findings as evidence about hosts
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_CLUE_H
#define CORRELATE_CLUE_H

#include "base/arena.h"
#include "correlate/cast.h"

#include <stdbool.h>
#include <stdint.h>

enum {
    CLUES_MAX = 4 << 20,
    CLUE_ARTEFACTS_MAX = 6,
    CLUE_SOURCES_MAX = 2,
    CLUE_SETTERS_MAX = 4,
    CLUE_TECHNIQUES_MAX = 4,
    CLUE_TECHNIQUE_SIZE = 24,
    SOURCE_CLASSES_MAX = 8
};

// Which kind of log a record comes from: two of a kind err in the same way.
enum source_class {
    SOURCE_CLASS_OTHER = 1,
    SOURCE_CLASS_WINDOWS = 2,
    SOURCE_CLASS_WEB = 4,
    SOURCE_CLASS_NETWORK = 8,
    SOURCE_CLASS_FILES = 16,
    SOURCE_CLASS_MAIL = 32,
    SOURCE_CLASS_UNIX = 64,
};

// A finding that speaks of a stage (or of a host's being reached), kept small.
struct clue {
    const struct rule *rule;
    uint32_t rule_number; // dense over the rules met
    uint32_t host;        // of the cast
    enum stage stage;
    enum rule_level level;
    unsigned classes; // enum source_class, of its cited records
    int64_t first_ns, last_ns;
    int64_t skew_ns; // what was taken off; the references have the times as written
    uint64_t count;
    struct slice account;
    struct slice what; // the detector's sentence, or empty
    struct slice destination;
    struct slice artefacts[CLUE_ARTEFACTS_MAX];
    uint32_t artefact_count;
    struct slice techniques[CLUE_TECHNIQUES_MAX]; // that it shows; none: those of its rule
    uint32_t technique_count;
    int64_t destination_since_ns; // of a rule that sends mail on: first one there; or CLOCK_NONE
    struct slice setters[CLUE_SETTERS_MAX]; // of such rules: other accounts that set some
    uint32_t setter_count;
    struct slice series;        // of programs: their pattern, or empty
    struct slice source;        // as told, or empty
    uint32_t source_host;       // of the cast; RELATION_NO_HOST
    uint32_t source_quiet_days; // of evidence, in which it had not moved to others; 0: not known
    bool source_moves;          // to others, again and again or ever since
    uint64_t volume;
    bool volume_at_least;
    bool is_benign; // a verdict or a benign explanation won
    bool is_untied; // a rule that sends mail on, and nothing ties it to the intruder (mail_rules.h)
    int32_t bits;   // its evidence, millibits
    const struct reference *references;
    uint32_t reference_count;
};

// All of them, by (host, first time, rule, order of findings).
struct clue_book {
    struct arena arena;
    struct cast cast;
    struct clue *clues;
    uint32_t count, capacity;
    uint32_t *starts;  // by host: first clue; all of the cast, and one more
    uint32_t *spreads; // by rule number: hosts that have it
    uint32_t rule_count;
    struct clue *leads; // of hosts that are none of the fleet's
    uint32_t lead_count, lead_capacity;
    struct clue hours; // when the intruders work; no evidence of anything. No references: not known
};

enum status clue_book_init(struct clue_book *book, const struct correlate_input *input,
                           struct problem *problem);
void clue_book_done(struct clue_book *book);

// Evidence that a host was compromised at or after `from_ns` (and before `until_ns`): distinct
// rules, at most WEIGHT_RULES_A_STAGE a stage, their best bits. Untied ones are none.
int32_t clue_evidence(const struct clue_book *book, uint32_t host, int64_t from_ns,
                      int64_t until_ns);

// What a finding of this level weighs at most.
int32_t clue_level_bits(enum rule_level level);

// The number-th ATT&CK technique that a clue shows, "T1003.001"; empty behind the last. `room` may
// hold it.
struct slice clue_technique(const struct clue *clue, uint32_t number,
                            char room[CLUE_TECHNIQUE_SIZE]);

// When a record that it cites happened; CLOCK_NONE: nobody knows.
int64_t clue_reference_time(const struct clue *clue, uint32_t number);

// enum source_class of a format's records.
unsigned clue_source_class(const char *format);

// Whether a detector judged it to be so: rule ids of detectors start so.
bool clue_is_of(const struct clue *clue, const char *rule_prefix);

// Whether it is about a rule that sends mail on (mail_rules.h).
bool clue_sends_mail_on(const struct clue *clue);

// It says that its host sends what was taken to its source.
bool clue_is_loot(const struct clue *clue);

#endif
