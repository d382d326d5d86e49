// The tables of a case
// SPDX-License-Identifier: Apache-2.0
#ifndef STORE_TABLES_H
#define STORE_TABLES_H

// "VDTC" as SQLite's application_id; the version changes with any table and with what is packed
// into pieces and results.
#define STORE_MARK 0x56445443u
#define STORE_VERSION 2u

#define STORE_TABLES                                                                               \
    "CREATE TABLE fact (fact INTEGER PRIMARY KEY, value BLOB NOT NULL);"                           \
    "CREATE TABLE directory (path TEXT PRIMARY KEY) WITHOUT ROWID;"                                \
    "CREATE TABLE run (run INTEGER PRIMARY KEY, version TEXT NOT NULL);"                           \
    "CREATE TABLE source (source INTEGER PRIMARY KEY, identity TEXT NOT NULL,"                     \
    " sequence INTEGER NOT NULL, path TEXT NOT NULL, directory TEXT NOT NULL,"                     \
    " rank INTEGER NOT NULL, gb18030 INTEGER NOT NULL, size INTEGER NOT NULL, modified_ns "        \
    "INTEGER NOT NULL,"                                                                            \
    " format TEXT NOT NULL, evidence INTEGER NOT NULL, complete INTEGER NOT NULL, sha256 BLOB,"    \
    " UNIQUE (identity, sequence));"                                                               \
    "CREATE TABLE reading (run INTEGER, number INTEGER, source INTEGER NOT NULL,"                  \
    " PRIMARY KEY (run, number)) WITHOUT ROWID;"                                                   \
    "CREATE TABLE piece (piece INTEGER PRIMARY KEY, run INTEGER NOT NULL, top INTEGER NOT NULL,"   \
    " units BLOB NOT NULL, counts BLOB NOT NULL, findings BLOB NOT NULL,"                          \
    " relations BLOB NOT NULL, notes BLOB NOT NULL, gaps BLOB NOT NULL, crc32 INTEGER NOT NULL);"  \
    "CREATE INDEX piece_top ON piece (top);"                                                       \
    "CREATE TABLE verdict (sha256 BLOB NOT NULL, tag TEXT NOT NULL, verdict TEXT NOT NULL,"        \
    " why TEXT NOT NULL, who TEXT NOT NULL, at TEXT NOT NULL);"                                    \
    "CREATE TABLE rule (rule INTEGER PRIMARY KEY, id TEXT NOT NULL, name TEXT NOT NULL,"           \
    " title TEXT NOT NULL, file TEXT NOT NULL, line INTEGER NOT NULL, level TEXT NOT NULL,"        \
    " status TEXT NOT NULL, tags TEXT NOT NULL, fields TEXT NOT NULL);"                            \
    "CREATE TABLE result (result INTEGER PRIMARY KEY, findings BLOB NOT NULL, crc32 INTEGER NOT "  \
    "NULL);"                                                                                       \
    "CREATE TABLE finding (finding INTEGER PRIMARY KEY, rule_id TEXT, title TEXT, level TEXT,"     \
    " host TEXT, account TEXT, provider TEXT, channel TEXT, code INTEGER, first TEXT, last TEXT,"  \
    " count INTEGER, sha256 TEXT, source INTEGER, offset INTEGER, record INTEGER, line INTEGER,"   \
    " time_ns INTEGER);"                                                                           \
    "CREATE TABLE relation (relation INTEGER PRIMARY KEY, kind TEXT, source_host TEXT,"            \
    " target_host TEXT, account TEXT, artefact TEXT, recorder TEXT, first TEXT, last TEXT,"        \
    " count INTEGER, bytes_out INTEGER, bytes_in INTEGER);"                                        \
    "CREATE TABLE host (host INTEGER PRIMARY KEY, name TEXT, fqdn TEXT, aliases TEXT,"             \
    " skew_ns INTEGER, has_evidence INTEGER);"                                                     \
    "CREATE TABLE campaign (campaign TEXT, kind TEXT, title TEXT, confidence TEXT,"                \
    " score_millibits INTEGER, threshold_millibits INTEGER, hosts INTEGER);"                       \
    "CREATE TABLE campaign_host (campaign TEXT, host TEXT, state TEXT, first TEXT, last TEXT,"     \
    " parent TEXT, reason TEXT, evidence_millibits INTEGER);"                                      \
    "CREATE TABLE gap (source INTEGER, reason TEXT, count INTEGER, bytes INTEGER,"                 \
    " records INTEGER, offset INTEGER);"                                                           \
    "CREATE TABLE record (tag TEXT, sha256 BLOB UNIQUE, source INTEGER, offset INTEGER, record "   \
    "INTEGER,"                                                                                     \
    " line INTEGER, time_ns INTEGER);"                                                             \
    "CREATE INDEX record_tag ON record (tag);"

// Statements that are prepared once, when first needed.
enum store_statement {
#define STATEMENT(name, sql) STATEMENT_##name,
#include "store/statements.def"
#undef STATEMENT
    STATEMENT_COUNT
};

#endif
