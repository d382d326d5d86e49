// The missing logs that would decide the most
// SPDX-License-Identifier: Apache-2.0
#include "correlate/coverage_book.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/table.h"
#include "base/text.h"
#include "model/hosts.h"
#include "model/relation.h"

#include <stdlib.h>

// A question counts as much as the log that decides it (expected_log.def), times what the host is
// in the story: a turned server or the entry 4, confirmed 3, probable 2, a server of its role 1.

static const struct expected_log {
    unsigned roles;
    const char *logs, *title, *path, *question;
    uint32_t weight;
} EXPECTED[] = {
#define LOG(roles, logs, title, path, question, weight)                                            \
    {roles, logs, title, path, question, weight},
#include "correlate/expected_log.def"
#undef LOG
};

enum part {
    PART_NONE,
    PART_SERVER,
    PART_PROBABLE,
    PART_CONFIRMED,
    PART_TURNED
};

static bool is_one_of(struct slice text, const char *words) {
    for (const char *word = words; *word;) {
        size_t size = strcspn(word, "|");
        if (text_equal_fold_ascii(text, slice_of(word, size)))
            return true;
        word += size + (word[size] == '|');
    }
    return false;
}

static void ask(struct coverage_book *book, struct slice host, const char *log, const char *path,
                struct slice why, uint32_t weight) {
    if (book->ask_count == book->ask_capacity) {
        book->ask_capacity = book->ask_capacity ? book->ask_capacity * 2 : 64;
        book->asks = memory_resize(book->asks, book->ask_capacity, sizeof *book->asks);
    }
    book->asks[book->ask_count++] = (struct coverage_ask){
        .host = host,
        .log = slice_of_string(log),
        .path = slice_of_string(path),
        .why = why,
        .weight = weight,
    };
}

static int ask_compare(const void *left, const void *right) {
    const struct coverage_ask *a = left, *b = right;
    if (a->weight != b->weight)
        return a->weight > b->weight ? -1 : 1;
    int order = slice_compare(a->host, b->host);
    order = order ? order : slice_compare(a->log, b->log);
    return order ? order : slice_compare(a->why, b->why);
}

// What each host of the fleet is in the story.
static void parts_take(const struct coverage_book *book, const struct campaign *campaign,
                       uint8_t *parts) {
    uint32_t count = book->input->fleet->count;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        enum part part = host->state == HOST_STATE_CONFIRMED  ? PART_CONFIRMED
                         : host->state == HOST_STATE_PROBABLE ? PART_PROBABLE
                                                              : PART_NONE;
        if (i == 0 && part != PART_NONE)
            part = PART_TURNED;
        if (host->host < count && parts[host->host] < part)
            parts[host->host] = (uint8_t)part;
    }
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        uint32_t host = campaign->hosts[campaign->servers[i].host].host;
        if (host < count)
            parts[host] = PART_TURNED;
    }
}

static uint8_t *parts_new(const struct coverage_book *book) {
    const struct fleet *fleet = book->input->fleet;
    uint8_t *parts = memory_new((size_t)fleet->count + 1, 1);
    for (uint32_t i = 0; i < fleet->count; i++)
        if (fleet->hosts[i].roles &
            (FLEET_ROLE_MAIL | FLEET_ROLE_DOCUMENT | FLEET_ROLE_UPGRADE | FLEET_ROLE_CONTROLLER))
            parts[i] = PART_SERVER;
    for (uint32_t i = 0; i < book->made->campaign_count; i++)
        parts_take(book, &book->made->campaigns[i], parts);
    for (uint32_t i = 0; i < book->made->incident_count; i++)
        parts_take(book, &book->made->incidents[i], parts);
    return parts;
}

// Which of the expected logs each host has, as bits.
static uint32_t *had_new(const struct coverage_book *book) {
    uint32_t *had = memory_new((size_t)book->input->fleet->count + 1, sizeof *had);
    for (uint32_t i = 0; i < book->result.row_count; i++) {
        const struct coverage_row *row = &book->result.rows[i];
        if (row->host >= book->input->fleet->count || row->format.size == 0)
            continue;
        for (size_t n = 0; n < ARRAY_SIZE(EXPECTED); n++)
            if (is_one_of(row->log, EXPECTED[n].logs) || is_one_of(row->format, EXPECTED[n].logs))
                had[row->host] |= 1u << n;
    }
    return had;
}

static void ask_missing(struct coverage_book *book, uint32_t number, enum part part, uint32_t had) {
    const struct fleet_host *host = &book->input->fleet->hosts[number];
    struct slice name = arena_keep(&book->arena, host->name);
    for (size_t i = 0; i < ARRAY_SIZE(EXPECTED); i++) {
        const struct expected_log *log = &EXPECTED[i];
        bool expected = log->roles ? (host->roles & log->roles) != 0 : part > PART_SERVER;
        if (!expected || had >> i & 1)
            continue;
        struct coverage_row *row = coverage_add_row(book, number, host->name);
        if (row) {
            row->log = slice_of_string(log->title);
            row->state = COVERAGE_MISSING;
        }
        ask(book, name, log->title, log->path, slice_of_string(log->question),
            log->weight * (uint32_t)part);
    }
}

// Whether a log tells who came, what ran or what was asked for there; the loss of others
// decides little.
static bool log_decides(struct slice log) {
    for (size_t i = 0; i < ARRAY_SIZE(EXPECTED); i++)
        if (is_one_of(log, EXPECTED[i].logs))
            return true;
    return is_one_of(log, "system|powershell|powershell-classic|taskscheduler|wmi|winrm");
}

static void ask_spoilt(struct coverage_book *book, const struct coverage_row *row, enum part part) {
    static const struct {
        enum coverage_state state;
        const char *path, *why;
        uint32_t weight;
    } SPOILT[] = {
        {COVERAGE_CLEARED, "the log collector's copy, backups, shadow copies of its volume",
         "what was in the log before it was cleared", 3},
        {COVERAGE_SHORT, "rotated and archived files beside it, backups, the log collector's copy",
         "what happened there before the log begins", 2},
    };
    if (row->host == RELATION_NO_HOST || part <= PART_SERVER)
        return;
    bool little = row->state == COVERAGE_CLEARED && !log_decides(row->log);
    for (size_t i = 0; i < ARRAY_SIZE(SPOILT); i++)
        if (SPOILT[i].state == row->state) {
            ask(book, row->name, "", SPOILT[i].path, slice_of_string(SPOILT[i].why),
                (little ? 1 : SPOILT[i].weight) * (uint32_t)part);
            book->asks[book->ask_count - 1].log = row->log;
        }
}

// What no single host has: seen from the network.
static void ask_network(struct coverage_book *book) {
    bool outward = false, leases = false;
    for (uint32_t i = 0; i < book->result.row_count; i++) {
        struct slice log = book->result.rows[i].log;
        outward |= is_one_of(log, "squid|proxy_csv|w3c_proxy|nfdump|zeek/conn|zeek/http");
        leases |= is_one_of(log, "dhcp_leases|dhcp_server|zeek/dhcp");
    }
    if (book->made->campaign_count + book->made->incident_count == 0)
        return;
    if (!outward)
        ask(book, SLICE(""), "proxy, firewall or flow logs",
            "proxy exports, nfdump or Zeek's conn.log, for the whole time",
            SLICE("who talked to what outside, and how much left"), 12);
    if (!leases)
        ask(book, SLICE(""), "DHCP leases", "the DHCP server's lease file or audit log",
            SLICE("which host an address was at the time"), 6);
}

void coverage_ask_all(struct coverage_book *book) {
    const struct fleet *fleet = book->input->fleet;
    uint32_t read_count = book->result.row_count;
    uint8_t *parts = parts_new(book);
    uint32_t *had = had_new(book);
    for (uint32_t i = 0; i < fleet->count; i++)
        if (parts[i])
            ask_missing(book, i, (enum part)parts[i], had[i]);
    for (uint32_t i = 0; i < read_count; i++) {
        struct coverage_row row = book->result.rows[i];
        if (row.host < fleet->count)
            ask_spoilt(book, &row, (enum part)parts[row.host]);
    }
    ask_network(book);
    memory_free(parts);
    memory_free(had);
    if (book->ask_count)
        qsort(book->asks, book->ask_count, sizeof *book->asks, ask_compare);
    book->result.asks = book->asks;
    book->result.ask_count =
        book->ask_count < COVERAGE_ASKS_MAX ? book->ask_count : COVERAGE_ASKS_MAX;
}
