// A report vedette.report/1 as it is held against the truth
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_side.h"

#include "base/memory.h"

struct reading {
    struct check_names *names;
    struct check_side *report;
};

static void read_citation(const struct check_node *node, struct check_side *report) {
    struct check_node file = check_member(node, "file"), sha256 = check_member(node, "sha256"),
                      record = check_member(node, "record"), line = check_member(node, "line"),
                      offset = check_member(node, "offset");
    if (report->citation_count == report->citation_capacity) {
        report->citation_capacity = report->citation_capacity ? 2 * report->citation_capacity : 256;
        report->citations =
            memory_resize(report->citations, report->citation_capacity, sizeof *report->citations);
    }
    if (intern_add(&report->tags, node->key) != report->citation_count) {
        check_should(node, "is there twice, or one too many");
        return;
    }
    struct check_citation *citation = &report->citations[report->citation_count++];
    *citation = (struct check_citation){.tag = node->key,
                                        .file = check_text(&file),
                                        .sha256 = check_text(&sha256),
                                        .offset = check_number(&offset),
                                        .has_record = !check_is_null(&record),
                                        .has_line = !check_is_null(&line)};
    if (citation->has_record)
        citation->record = check_number(&record);
    if (citation->has_line)
        citation->line = check_number(&line);
    if (citation->has_record == citation->has_line)
        check_should(node, "should have a record or a line, and null for the other");
}

// The tags that something rests on.
static void read_tags(const struct reading *reading, const struct check_node *owner) {
    struct check_side *report = reading->report;
    struct check_node tags = check_member(owner, "evidence");
    for (struct check_node item = {0}; check_next(&tags, '[', &item);) {
        struct slice tag = check_text(&item);
        uint32_t number = intern_find(&report->tags, tag);
        if (number != INTERN_FULL) {
            report->citations[number].used = true;
        } else {
            if (report->tags_unlisted++ == 0)
                report->unlisted = tag;
        }
    }
}

static uint32_t host_named(const struct reading *reading, const struct check_node *owner,
                           const char *key) {
    struct check_node name = check_member(owner, key);
    return check_names_add(reading->names, check_text_or_null(&name));
}

static bool is_confirmed(const struct check_node *state) {
    static const char *const others[] = {"probable", "exposed", "cleared"};
    struct slice word = check_text(state);
    if (slice_equal(word, SLICE("confirmed")))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(others); i++)
        if (slice_equal_string(word, others[i]))
            return false;
    check_should(state, "should be confirmed, probable, exposed or cleared");
    return false;
}

// The host by its name, else by the first alias that is known, else a new one.
static uint32_t read_names(const struct reading *reading, const struct check_node *node) {
    struct check_node name = check_member(node, "name"), aliases = check_member(node, "aliases");
    struct slice own = check_text(&name);
    if (own.size == 0)
        check_should(&name, "should be a host's name");
    uint32_t host = check_names_find(reading->names, own);
    for (struct check_node item = {0}; check_next(&aliases, '[', &item);) {
        struct slice alias = check_text(&item);
        if (host == CHECK_NO_HOST && !check_is_address(alias))
            host = check_names_find(reading->names, alias);
    }
    if (host == CHECK_NO_HOST)
        host = check_names_add(reading->names, own);
    else
        check_names_alias(reading->names, host, own);
    return host;
}

static void read_host(const struct reading *reading, const struct check_node *node,
                      struct check_unit *unit) {
    struct check_node state = check_member(node, "state");
    struct check_host host = {.host = read_names(reading, node), .certain = is_confirmed(&state)};
    host.parent = host_named(reading, node, "parent");
    check_add_host(unit, &host);
    struct check_node accounts = check_optional(node, "accounts");
    for (struct check_node item = {0}; !accounts.absent && check_next(&accounts, '[', &item);)
        check_add_account(unit, check_text(&item));
    read_tags(reading, node);
}

static void read_thefts(const struct check_node *node, struct check_unit *unit) {
    struct check_node thefts = check_optional(node, "exfiltration");
    for (struct check_node item = {0}; !thefts.absent && check_next(&thefts, '[', &item);) {
        struct check_node bytes = check_optional(&item, "bytes");
        if (!check_is_null(&bytes))
            unit->volume += check_number(&bytes);
    }
}

static void read_stage(const struct reading *reading, const struct check_node *node,
                       struct check_unit *unit) {
    struct check_node name = check_member(node, "stage"), first = check_member(node, "first");
    struct slice word = check_text(&name);
    enum check_stage stage = 0;
    while (stage < CHECK_STAGES && !slice_equal_string(word, check_stage_word(stage)))
        stage++;
    if (stage == CHECK_STAGES)
        check_should(&name, "should be entry, foothold, credentials, spread, control, collection, "
                            "theft or cover");
    else
        check_add_stage(unit, stage, check_time(&first));
    read_tags(reading, node);
}

static void read_unit(const struct reading *reading, const struct check_node *node,
                      bool is_incident) {
    struct check_node id = check_member(node, "id"), entry = check_member(node, "entry"),
                      servers = check_member(node, "servers"),
                      stages = check_member(node, "stages"), hosts = check_member(node, "hosts");
    struct check_unit *unit = check_add_unit(reading->report, node);
    if (!unit)
        return;
    unit->id = check_text(&id);
    unit->incident = is_incident;
    // All hosts' names first: whoever is named elsewhere may be named by an alias.
    for (struct check_node item = {0}; check_next(&hosts, '[', &item);)
        read_names(reading, &item);
    for (struct check_node item = {0}; check_next(&hosts, '[', &item);)
        read_host(reading, &item, unit);
    if (!check_is_null(&entry)) {
        unit->entry = host_named(reading, &entry, "host");
        read_tags(reading, &entry);
    }
    for (struct check_node item = {0}; check_next(&servers, '[', &item);) {
        check_add_server(unit, host_named(reading, &item, "host"));
        read_tags(reading, &item);
    }
    for (struct check_node item = {0}; check_next(&stages, '[', &item);)
        read_stage(reading, &item, unit);
    read_thefts(node, unit);
}

enum status check_read_report(struct check_document *document, struct check_names *names,
                              struct check_side *report) {
    struct reading reading = {names, report};
    struct check_node root = check_root(document), schema = check_member(&root, "schema");
    if (!slice_equal(check_text(&schema), SLICE("vedette.report/1")))
        check_should(&schema, "should be vedette.report/1");
    struct check_node evidence = check_member(&root, "evidence"),
                      campaigns = check_member(&root, "campaigns"),
                      incidents = check_member(&root, "incidents");
    intern_init(&report->tags, CHECK_CITATIONS_MAX, (size_t)1 << 28);
    for (struct check_node item = {0}; check_next(&evidence, '{', &item);)
        read_citation(&item, report);
    for (struct check_node item = {0}; check_next(&campaigns, '[', &item);)
        read_unit(&reading, &item, false);
    report->campaign_count = report->unit_count;
    if (report->campaign_count > CHECK_CAMPAIGNS_MAX)
        check_should(&campaigns, "should be at most 48 campaigns");
    for (struct check_node item = {0}; check_next(&incidents, '[', &item);)
        read_unit(&reading, &item, true);
    return document->status;
}
