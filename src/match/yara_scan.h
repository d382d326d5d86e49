// YARA rules over bytes
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_YARA_SCAN_H
#define MATCH_YARA_SCAN_H

#include "base/slice.h"
#include "base/status.h"
#include "model/rule.h"
#include "model/unit.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rule_complaint;

// Compiled rules: immutable, shared by all workers. Only sources are read: what a foreign machine
// has compiled is code for YARA's own machine, and it trusts it.
struct yara_rules;

// Read .yar and .yara files, and directories of them (a file named may be called anything). A file
// that does not compile is left out and told by yara_rules_complaint, with its line; includes are
// not followed. Rules may use the variables filename, filepath, extension, filetype and owner.
// Not thread-safe: libyara counts its users. STATUS_USAGE when nothing compiles at all: the problem
// names the first complaint.
enum status yara_rules_new(const char *const *paths, size_t path_count,
                           struct yara_rules **ret_rules, struct problem *problem);
void yara_rules_free(struct yara_rules *rules); // NULL is fine

// In the order of files and of rules in them: the same for any order of paths. A rule's id is its
// name, its title the meta "description", its level from the metas "severity", "threat_level" or
// "score", else medium; its tags are YARA's.
size_t yara_rules_count(const struct yara_rules *rules);
const struct rule *yara_rules_rule(const struct yara_rules *rules, size_t index);
// Mix into `digest` (base/digest.h) all files that were read.
void yara_rules_digest(const struct yara_rules *rules, uint8_t digest[32]);
size_t yara_rules_complaint_count(const struct yara_rules *rules);
const struct rule_complaint *yara_rules_complaint(const struct yara_rules *rules, size_t index);

// Whether some rule has the tag LOG: such rules are for the text of logs, the others for files.
bool yara_rules_have_logs(const struct yara_rules *rules);

enum {
    YARA_MATCHES_MAX = 64, // of a hit, in the order of rule's strings, then of offsets
    YARA_METAS_MAX = 8,
};

struct yara_match {
    struct slice identifier; // "$a"
    uint64_t offset;         // in what was scanned
    uint32_t size;
};

struct yara_hit {
    uint32_t rule;
    const struct yara_match *matches;
    uint32_t match_count;
    uint64_t match_total; // with those beyond YARA_MATCHES_MAX
    // Text metas of the rule but "description", as "author" -> "..."
    const struct slice (*metas)[2];
    uint32_t meta_count;
};

struct yara_sink {
    void *context;
    void (*hit)(void *context, const struct yara_hit *hit); // views, valid during the call
};

// One worker's scanner; the rules must outlive it. Not thread-safe.
struct yara_scanner;
struct yara_scanner *yara_scanner_new(const struct yara_rules *rules);
void yara_scanner_free(struct yara_scanner *scanner); // NULL is fine

// Scan a whole file, or a piece of log text. NULL, or why not all was looked at (static text, for
// a gap): a time limit of 60 s a file and 20 s a piece of text, too many matches. A file beyond
// 64 MiB is scanned in pieces of that size: what reaches over their border is not found.
const char *yara_scan_file(struct yara_scanner *scanner, const struct unit *unit,
                           const struct yara_sink *sink);
const char *yara_scan_log(struct yara_scanner *scanner, struct slice text,
                          const struct yara_sink *sink);

#endif
