// The values of one record, composed
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_SCRIBE_H
#define DRILL_SCRIBE_H

#include "drill/dice.h"
#include "drill/evtx_writer.h"

enum {
    SCRIBE_SCRATCH_SIZE = 16384
};

// Words that patterns put in; those of the host and user a record is about.
struct scribe_words {
    const char *host, *user, *domain, *server;   // $h $u $d $s
    const char *dns;                             // $D corp.example.com
    const char *controller, *controller_address; // $c $k
    const char *upgrade, *upgrade_address;       // $y $z
};

// Values and the texts made for them; both last until the next reset.
struct scribe {
    struct evtx_value values[EVTX_FIELDS_MAX];
    size_t count;
    size_t used;
    char scratch[SCRIBE_SCRATCH_SIZE];
};

static inline void scribe_reset(struct scribe *scribe) {
    scribe->count = scribe->used = 0;
}

void scribe_put(struct scribe *scribe, struct evtx_value value);

static inline void scribe_text(struct scribe *scribe, const char *text) {
    scribe_put(scribe, evtx_text(text));
}

static inline void scribe_number(struct scribe *scribe, enum evtx_value_type type,
                                 uint64_t number) {
    scribe_put(scribe, evtx_number(type, number));
}

static inline void scribe_bytes(struct scribe *scribe, enum evtx_value_type type,
                                struct slice bytes) {
    scribe_put(scribe, evtx_bytes(type, bytes));
}

// 16 random bytes.
void scribe_guid(struct scribe *scribe, struct dice *dice);

// "S-1-5-..." as a text.
void scribe_sid_text(struct scribe *scribe, struct slice sid);

// Texts into the scratch, NUL after them. `pattern` is copied; '$' and a letter stand for
//   h host    u user    d domain    s a server    n 1 to 9999    x 8 hexadecimal digits
//   g GUID    w a word of the office    t 8 small letters    v a version    p a port
//   a an internal address    $ a '$'
struct slice scribe_compose(struct scribe *scribe, const char *pattern,
                            const struct scribe_words *words, struct dice *dice);
struct slice scribe_copy(struct scribe *scribe, struct slice text);
struct slice scribe_decimal(struct scribe *scribe, uint64_t number);

// "2026-03-02 08:15:30.123" of a FILETIME, as Sysmon writes times.
struct slice scribe_time(struct scribe *scribe, uint64_t filetime);

#endif
