// What the exfiltration detector's files share
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_EXFILTRATION_H
#define DETECT_EXFILTRATION_H

#include "detect/volume.h"

#define UPLOAD_NO_PAIR UINT32_MAX

// A relation that an upload cites beside its flows.
struct upload_note {
    struct relation row;
    bool is_archive; // written before it was sent
    struct upload_note *next;
};

// What one host sent to one place in some days that lie together.
struct upload {
    uint32_t pair;     // of the book; UPLOAD_NO_PAIR: no sensor saw its bytes
    struct slice from; // the host
    uint32_t server;   // inside: number of the destination
    bool is_inside;
    int32_t first_day, last_day;
    uint64_t bytes_out, bytes_in;
    uint64_t host_bytes;  // outside: all of the host's such uploads of these days
    uint32_t places;      // outside: that many of them
    int32_t z;            // the largest of its days, tenths
    uint32_t cohort;      // inside: hosts that did the same, this one too
    struct slice archive; // written on the host at most a day before; or empty
    struct slice way;     // inside: path or program that few others use; or empty
    struct upload_note *notes;
};

enum {
    UPLOADS_MAX = 100000
};

struct uploads {
    struct volume_book book;
    struct upload *rows; // of the book's pairs in their order, then those without a pair
    uint32_t count, capacity;
    struct table by_ends; // (host, server) -> its first row
};

void uploads_init(struct uploads *uploads, const struct detect_context *context);
void uploads_done(struct uploads *uploads);

// Days on which a pair sent far more than usual, and little came back.
void uploads_find(struct uploads *uploads);

// What else shows the same: archives written before; paths of the server, and programs, that are
// used by little else than these uploads. Hosts that used such a way without a sensor's seeing
// their bytes become uploads, too.
enum status uploads_explain(struct uploads *uploads, struct problem *problem);

// Hosts that have an upload to the same server within three days.
void uploads_count_cohorts(struct uploads *uploads);

struct upload *upload_add(struct uploads *uploads, const struct upload *upload);
uint64_t upload_hash(struct slice from, uint32_t server);
// The first upload of a host to an inside server; TABLE_NONE.
uint32_t upload_first(const struct uploads *uploads, struct slice from, uint32_t server);

// Mail that left: many mailboxes read, mail sent on.
enum status exfiltration_mail_judge(const struct detect_context *context,
                                    const struct detection_sink *sink, struct problem *problem);

enum exfiltration_rule {
    EXFILTRATION_OUTSIDE,
    EXFILTRATION_OUTSIDE_SMALL,
    EXFILTRATION_INTERNAL,
    EXFILTRATION_INTERNAL_SINGLE,
    EXFILTRATION_MAIL_READ,
    EXFILTRATION_MAIL_READ_UNUSUAL,
    EXFILTRATION_FORWARDING,
    EXFILTRATION_MAIL_VOLUME,
};

#endif
