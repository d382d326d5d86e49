// Logs of an Exchange server: CSV with a header
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EXCHANGE_LOG_H
#define DRILL_EXCHANGE_LOG_H

#include "drill/text_log.h"

// Below the install folder, as a responder copies it.
#define EXCHANGE_ROOT "C/Program Files/Microsoft/Exchange Server/V15/"

struct exchange_format {
    const char *path; // below EXCHANGE_ROOT, up to the date: "Logging/Ews/Ews_"
    const char *type; // "EWS Logs"
    const char *fields;
    const char *version;   // of the header; NULL: the server's
    bool daily;            // else a file an hour
    uint32_t restart_odds; // after one in so many lines a new worker writes the header again
};

struct exchange_build {
    unsigned major, minor, build, revision;
};

// A row of files. Cells are put in the order of the fields, those between stay empty:
//
//     exchange_begin(log, time, problem); exchange_put(log, "UrlStem", ...); ... exchange_end
struct exchange_log {
    const struct exchange_format *format;
    struct text_log text;
    struct exchange_build build;
    struct dice dice;
    const char *at; // where in the fields the next cell is looked for
};

void exchange_log_init(struct exchange_log *log, const struct exchange_format *format,
                       const struct log_site *site);
enum status exchange_log_done(struct exchange_log *log, struct problem *problem);

// The same for all logs that one writer keeps; all are closed, whatever fails first.
enum status exchange_logs_clear(struct exchange_log *logs, size_t count,
                                const struct log_entry *entry, struct problem *problem);
enum status exchange_logs_done(struct exchange_log *logs, size_t count, struct problem *problem);

// For CLEAR_MAIL; the header comes again with the next line.
enum status exchange_log_clear(struct exchange_log *log, const struct log_entry *entry,
                               struct problem *problem);

// Opens the hour's file where it is due, and a line.
enum status exchange_begin(struct exchange_log *log, int64_t time_ns, struct problem *problem);
enum status exchange_end(struct exchange_log *log, const struct evidence_mark *mark,
                         struct problem *problem);

// Goes on to this cell and returns where to write it; what is written there needs no quotes.
struct buffer *exchange_cell(struct exchange_log *log, const char *field);
void exchange_put(struct exchange_log *log, const char *field, struct slice text);
void exchange_put_number(struct exchange_log *log, const char *field, uint64_t number);
void exchange_put_time(struct exchange_log *log, const char *field, int64_t time_ns);
// Commas become blanks, as in all user agents there.
void exchange_put_agent(struct exchange_log *log, const char *field, struct slice agent);
// MajorVersion, MinorVersion, BuildVersion, RevisionVersion.
void exchange_put_build(struct exchange_log *log);

// The same for the same deed and purpose, in all logs.
void exchange_put_guid(struct exchange_log *log, const char *field, uint64_t serial,
                       uint64_t purpose);
void exchange_append_guid(struct buffer *line, uint64_t serial, uint64_t purpose);
void exchange_append_time(struct buffer *line, int64_t time_ns); // 2026-03-02T08:15:30.123Z

// Who a deed's account is: CORP\erika or (mail) erika@corp.example.com; the name given where it
// is no account of ours. Empty: anonymous.
void exchange_put_user(struct exchange_log *log, const char *field, const struct deed *deed,
                       bool mail);
bool exchange_has_user(const struct deed *deed);

// Which of the server's web applications a request is for: "Owa", "Ecp", ...; NULL: none.
const char *exchange_protocol(const struct deed *deed);

enum exchange_purpose {
    EXCHANGE_REQUEST = 1,
    EXCHANGE_ACTIVITY,
    EXCHANGE_SESSION,
    EXCHANGE_COMMAND,
    EXCHANGE_RECORD,
    EXCHANGE_DATABASE
};

#endif
