// Hosts that try the ports of many others
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/digest.h"
#include "base/memory.h"
#include "base/table.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/movement.h"

#include <stdlib.h>
#include <string.h>

// Cost: one pass over contacts and flows; the knocks of one source are kept at a time.
//
// 1. A knock is a connection to a host of ours that was refused, or went to a port of remote
//    administration, and that source and target do not make on other days.
// 2. A spell is knocks without a pause; it is a scan by how many hosts it tries and is refused by.

enum inside_scan_rule {
    SCAN_WHOLE,
    SCAN_PART,
    SCAN_HABIT,
};

static const struct slice SCAN_TAGS[] = {
    JUDGEMENT_TEXT("attack.discovery"), JUDGEMENT_TEXT("attack.t1046"),
    JUDGEMENT_TEXT("attack.t1018"), JUDGEMENT_TEXT("vedette.stage.control")};

static const struct rule RULES[] = {
    [SCAN_WHOLE] = JUDGEMENT("vedette-scan-inside", "Host tried the ports of many hosts inside",
                             HIGH, SCAN_TAGS),
    [SCAN_PART] =
        JUDGEMENT("vedette-scan-inside-part", "Part of a scan from inside", MEDIUM, SCAN_TAGS),
    [SCAN_HABIT] = JUDGEMENT("vedette-scan-habit", "Host that scans the others again and again",
                             INFORMATIONAL, SCAN_TAGS),
};

#define SECOND_NS 1000000000ll
#define DAY_NS (86400 * SECOND_NS)
#define PAUSE_NS (6 * 3600 * SECOND_NS)
#define SAME_NS (5 * SECOND_NS)     // one connection as several sensors saw it
#define HABIT_APART_NS (5 * DAY_NS) // between two scans of a scanner
#define KINDS (RELATION_MASK(CONTACT) | RELATION_MASK(FLOW))

enum {
    KNOCKS_MAX = 65536, // of one source; more add nothing
    TARGETS_MIN = 15,
    OFTEN_COUNT = 4, // a connection that is made more often, over days, is used
    PORTS_MIN = 3,   // where no sensor tells what was refused
    REFUSED_PART = 4,
    SWEEP_PART = 3, // a scanner by trade tries at least a third of the fleet
    PART_CITED = FINDING_REFERENCES_MAX,
    DESTINATIONS_TOLD = 8
};

struct knock {
    int64_t time_ns;
    uint32_t target; // number of its name
    uint16_t port;
    bool refused, told_by_wire;
    struct reference reference;
};

struct scan {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct problem *problem;
    struct draft draft;
    struct interner names;
    struct buffer source;
    struct knock *knocks;
    uint32_t knock_count;
    uint32_t *seen; // by target: the spell it was last counted in
    uint32_t spell;
};

// Knocks [from, to) without a pause.
struct spell {
    uint32_t from, to, targets, ports, refused;
    bool wire;
    int64_t first_ns, last_ns;
};

static struct slice relation_port(const struct relation *relation) {
    if (relation->kind == RELATION_CONTACT)
        return relation->detail[0];
    return slice_starts(relation->artefact, SLICE("tcp/"))
               ? slice_part(relation->artefact, 4, SIZE_MAX)
               : SLICE("");
}

static uint16_t port_number(struct slice text) {
    uint32_t number = 0;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9' || number > 65535)
            return 0;
        number = number * 10 + (uint32_t)(text.data[i] - '0');
    }
    return number > 65535 ? 0 : (uint16_t)number;
}

static bool relation_is_knock(const struct relation *relation) {
    struct slice port = relation_port(relation);
    if (port.size == 0 || relation->from.size == 0 || relation->first_ns == CLOCK_NONE ||
        (relation->last_ns - relation->first_ns >= DAY_NS && relation->count > OFTEN_COUNT))
        return false;
    if (relation->to_host == RELATION_NO_HOST && !address_is_address(relation->to))
        return false;
    if (address_is_outside(relation->from) || address_is_outside(relation->to))
        return false;
    bool refused = relation->kind == RELATION_FLOW && relation->detail[1].size;
    return refused || movement_port(port);
}

static void scan_take(struct scan *scan, const struct relation *relation) {
    uint32_t target = intern_add(&scan->names, reading_to(scan->context, relation));
    bool wire = relation->kind == RELATION_FLOW;
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        int64_t time_ns = reading_time(scan->context, relation, &relation->references[i]);
        if (time_ns == CLOCK_NONE || target == INTERN_FULL || scan->knock_count == KNOCKS_MAX)
            continue;
        scan->knocks[scan->knock_count++] =
            (struct knock){.time_ns = time_ns,
                           .target = target,
                           .port = port_number(relation_port(relation)),
                           .refused = wire && relation->detail[1].size,
                           .told_by_wire = wire,
                           .reference = relation->references[i]};
    }
}

static int knock_compare(const void *left, const void *right) {
    const struct knock *a = left, *b = right;
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return reference_compare(&a->reference, &b->reference);
}

// The next spell behind knock `from`.
static struct spell spell_of(struct scan *scan, uint32_t from) {
    struct spell spell = {.from = from, .first_ns = scan->knocks[from].time_ns};
    uint16_t ports[PORTS_MIN];
    scan->spell++;
    for (spell.to = from; spell.to < scan->knock_count; spell.to++) {
        const struct knock *knock = &scan->knocks[spell.to];
        if (spell.to > from && knock->time_ns - scan->knocks[spell.to - 1].time_ns > PAUSE_NS)
            break;
        spell.last_ns = knock->time_ns;
        spell.wire |= knock->told_by_wire;
        spell.refused += knock->refused;
        if (scan->seen[knock->target] != scan->spell) {
            scan->seen[knock->target] = scan->spell;
            spell.targets++;
        }
        bool known = false;
        for (uint32_t i = 0; i < spell.ports; i++)
            known |= ports[i] == knock->port;
        if (!known && spell.ports < PORTS_MIN)
            ports[spell.ports++] = knock->port;
    }
    return spell;
}

static bool spell_is_scan(const struct spell *spell) {
    if (spell->targets < TARGETS_MIN)
        return false;
    return spell->wire && spell->refused ? spell->refused * REFUSED_PART >= spell->targets
                                         : spell->ports >= PORTS_MIN;
}

static void cite(struct draft *draft, const struct knock *knock) {
    draft_cite_record(draft, &knock->reference, knock->time_ns);
}

// One record of each connection: the same target and port within moments is one.
static bool knock_is_again(const struct scan *scan, const struct spell *spell, uint32_t at) {
    const struct knock *knock = &scan->knocks[at];
    for (uint32_t i = at; i > spell->from; i--) {
        const struct knock *before = &scan->knocks[i - 1];
        if (knock->time_ns - before->time_ns > SAME_NS)
            return false;
        if (before->target == knock->target && before->port == knock->port)
            return true;
    }
    return false;
}

static void scan_begin(struct scan *scan, enum inside_scan_rule rule) {
    draft_begin(&scan->draft, rule, buffer_slice(&scan->source), SLICE(""));
}

static enum status whole_tell(struct scan *scan, const struct spell *spell, bool habit) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    clock_format_minute(spell->first_ns, first);
    clock_format_minute(spell->last_ns, last);
    scan_begin(scan, habit ? SCAN_HABIT : SCAN_WHOLE);
    for (uint32_t i = spell->from, cited = 0; i < spell->to && cited < PART_CITED; i++)
        if (!knock_is_again(scan, spell, i)) {
            cite(&scan->draft, &scan->knocks[i]);
            cited++;
        }
    draft_say(&scan->draft, "what", "%.*s tried ports of %u hosts inside between %s and %s.",
              SLICE_FORMAT(buffer_slice(&scan->source)), spell->targets, first, last);
    draft_say(&scan->draft, "why",
              "%u records of connections to hosts and ports that it does not use on other days, %u "
              "of them refused (%d hosts are enough)",
              spell->to - spell->from, spell->refused, TARGETS_MIN);
    draft_say(&scan->draft, "benign",
              habit ? "It sweeps the fleet again and again, days apart: a scanner or an inventory."
                    : "A scanner or an inventory would sweep the fleet again and again, days "
                      "apart: this host does not.");
    return draft_tell(&scan->draft, scan->sink, scan->problem);
}

static enum status part_tell(struct scan *scan, const uint32_t *knocks, uint32_t count) {
    char first[CLOCK_TEXT_SIZE], last[CLOCK_TEXT_SIZE];
    clock_format_minute(scan->knocks[knocks[0]].time_ns, first);
    clock_format_minute(scan->knocks[knocks[count - 1]].time_ns, last);
    scan_begin(scan, SCAN_PART);
    for (uint32_t i = 0; i < count; i++)
        cite(&scan->draft, &scan->knocks[knocks[i]]);
    draft_say(&scan->draft, "what", "%.*s tried %u ports of hosts inside between %s and %s.",
              SLICE_FORMAT(buffer_slice(&scan->source)), count, first, last);
    draft_say(&scan->draft, "why", "part of a scan, told with the finding of the whole");
    for (uint32_t i = 0; i < count && i < DESTINATIONS_TOLD; i++)
        draft_say_text(&scan->draft, "destination",
                       intern_text(&scan->names, scan->knocks[knocks[i]].target));
    return draft_tell(&scan->draft, scan->sink, scan->problem);
}

// Every connection of the scan is cited by some part.
static enum status parts_tell(struct scan *scan, const struct spell *spell) {
    uint32_t chosen[PART_CITED], count = 0;
    enum status status = STATUS_OK;
    for (uint32_t i = spell->from; i < spell->to && status == STATUS_OK; i++) {
        if (!knock_is_again(scan, spell, i))
            chosen[count++] = i;
        if (count == PART_CITED) {
            status = part_tell(scan, chosen, count);
            count = 0;
        }
    }
    return status == STATUS_OK && count ? part_tell(scan, chosen, count) : status;
}

// Whether the source sweeps a good part of the fleet at least twice, days apart.
static bool source_is_scanner(struct scan *scan) {
    int64_t first_ns = INT64_MAX;
    struct spell spell;
    for (uint32_t from = 0; from < scan->knock_count; from = spell.to) {
        spell = spell_of(scan, from);
        if (!spell_is_scan(&spell) || spell.targets * SWEEP_PART < scan->context->fleet->count)
            continue;
        if (first_ns == INT64_MAX)
            first_ns = spell.first_ns;
        else if (spell.first_ns - first_ns >= HABIT_APART_NS)
            return true;
    }
    return false;
}

static enum status source_end(struct scan *scan) {
    enum status status = STATUS_OK;
    if (scan->knock_count < TARGETS_MIN)
        return status;
    qsort(scan->knocks, scan->knock_count, sizeof *scan->knocks, knock_compare);
    bool habit = source_is_scanner(scan);
    struct spell spell;
    for (uint32_t from = 0; from < scan->knock_count && status == STATUS_OK; from = spell.to) {
        spell = spell_of(scan, from);
        if (!spell_is_scan(&spell))
            continue;
        status = whole_tell(scan, &spell, habit);
        if (habit)
            break; // named once
        if (status == STATUS_OK)
            status = parts_tell(scan, &spell);
    }
    return status;
}

static enum status scan_read(struct scan *scan) {
    struct reading reading;
    enum status status =
        reading_open(&reading, scan->context, KINDS, RELATION_ORDER_FROM, scan->problem);
    while (status == STATUS_OK && (status = reading_next(&reading, scan->problem)) == STATUS_OK &&
           reading.more) {
        struct slice from = reading_from(scan->context, &reading.relation);
        if (!slice_equal(from, buffer_slice(&scan->source))) {
            status = source_end(scan);
            buffer_reset(&scan->source);
            buffer_append_slice(&scan->source, from);
            scan->knock_count = 0;
        }
        if (relation_is_knock(&reading.relation))
            scan_take(scan, &reading.relation);
    }
    if (status == STATUS_OK)
        status = source_end(scan);
    reading_close(&reading);
    return status;
}

static enum status inside_scan_judge(const struct detect_context *context,
                                     const struct detection_sink *sink, struct problem *problem) {
    struct scan scan = {.context = context, .sink = sink, .problem = problem};
    draft_init(&scan.draft);
    intern_init(&scan.names, MOVEMENT_HOSTS_MAX, 8 << 20);
    buffer_init(&scan.source, RELATION_PART_BYTES_MAX);
    scan.knocks = memory_new(KNOCKS_MAX, sizeof *scan.knocks);
    scan.seen = memory_new(MOVEMENT_HOSTS_MAX, sizeof *scan.seen);
    enum status status = scan_read(&scan);
    memory_free(scan.seen);
    memory_free(scan.knocks);
    buffer_done(&scan.source);
    intern_done(&scan.names);
    draft_done(&scan.draft);
    return status;
}

const struct detector detector_inside_scan = {
    .name = "inside_scan",
    .summary = "hosts that try the ports of many others",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = inside_scan_judge,
};
