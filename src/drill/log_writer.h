// The contract of a log writer
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_LOG_WRITER_H
#define DRILL_LOG_WRITER_H

#include "base/status.h"
#include "drill/deed.h"
#include "drill/evidence.h"
#include "drill/organisation.h"

#include <stdbool.h>
#include <stdint.h>

// A writer is one file with one const struct log_writer and one line in log_writers.def. It
// turns deeds into the records of one kind of log, on every host that keeps such a log. It does
// not know who else logs the same deed, whether the deed is an attack, nor what gets lost: the
// recorder (recorder.h) decides which deeds reach it.
//
//     deeds in time order ──> recorder ──(loss, clock, place)──> writer ──> files, evidence_cite
//
// Text logs: see text_log.h, which does files, lines and citations; log_iis.c is the pattern.
// Invariants of every writer: same deeds, same bytes; time in a file never goes back by more
// than its real counterpart allows; nothing in it is executable; it cites every record that it
// makes of a deed (log_entry.mark), and only those.

// Where a deed is seen. A writer gets a deed once for each place that it asks for and that its
// host is.
enum log_place {
    PLACE_FROM = 1,      // the host is deed->from.host
    PLACE_TO = 2,        // the host is deed->to.host (also when both are one: then TO only)
    PLACE_DIRECTORY = 4, // the host is the domain controller that checks deed->account
    PLACE_WIRE = 8,      // the host watches the network between both: sensor, router
    PLACE_MIDDLE = 16,   // the host passed it on: the proxy of a proxied web request
    PLACE_SERVICE = 32   // the host answers for it though it is no side: resolver, DHCP server
};

// How the evidence shall look; the same for all logs of a play.
struct log_choices {
    bool evtx, winlogbeat; // --windows
    bool zeek_json;        // else TSV
    uint8_t tomcat_format; // drawn by seed: 0 common, 1 combined, 2 combined with %D
    bool gateway_decrypts; // drawn by seed: the web gateway's export has the URLs of https
};

// One log: a writer on a host. All of it lives until the log is closed.
struct log_site {
    const struct organisation *organisation;
    const struct host *host;
    struct evidence *evidence;
    const struct log_choices *choices;
    const struct log_kit *kit;
    const char *directory; // "hosts/ws-00007" or "servers/mail-01": paths begin with it
    struct dice dice;      // of this log alone
};

// One deed as this log sees it.
struct log_entry {
    const struct deed *deed;
    enum log_place place;
    int64_t time_ns; // what the host's clock shows, UTC
    struct evidence_mark mark;
};

struct log_kit; // likewise: what all logs of a writer share
struct log;     // each writer's own: `struct log` is completed in its file

struct log_writer {
    const char *name;    // "iis"
    const char *summary; // one line, for describe and the docs
    uint64_t kinds;      // DEED_MASK(...) of those it takes
    unsigned places;     // of enum log_place
    uint32_t roles;      // HOST_MASK(...) of the hosts that have it
    // What all logs of this writer share, made once; NULL: nothing.
    struct log_kit *(*kit_new)(const struct organisation *organisation,
                               const struct log_choices *choices);
    void (*kit_free)(struct log_kit *kit);
    // A host of these roles may still not keep it; NULL: all do.
    bool (*keeps)(const struct log_site *site);
    // Nothing need be on disk before the first record. `site` outlives the log.
    enum status (*open)(const struct log_site *site, struct log **ret_log, struct problem *problem);
    // `entry` lives until the call returns. Entries come in true-time order.
    enum status (*write)(struct log *log, const struct log_entry *entry, struct problem *problem);
    // DEED_LOG_CLEAR of something that this log is (deed->clear.what): what was written goes,
    // by evidence_withdraw; a record of the clearing itself is the writer's business. NULL: this
    // log cannot be cleared.
    enum status (*clear)(struct log *log, const struct log_entry *entry, struct problem *problem);
    // Writes what is pending, closes the files (evidence_close_file), frees; also after failure.
    enum status (*close)(struct log *log, struct problem *problem);
};

// All writers, in the order of log_writers.def; static, immutable.
const struct log_writer *const *log_writer_list(size_t *ret_count);

#endif
