// The truth as a report is held against it
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_side.h"

static void read_addresses(const struct check_node *host, struct check_names *names,
                           uint32_t number) {
    struct check_node list = check_member(host, "addresses");
    struct slice first = {NULL, 0};
    for (struct check_node item = {0}; check_next(&list, '[', &item);) {
        if (item.number > 0)
            return; // a lease that moved says nothing about a host
        first = check_text(&item);
    }
    if (first.size)
        check_names_alias(names, number, first);
}

static void read_host(const struct check_node *node, struct check_names *names,
                      struct check_unit *unit) {
    struct check_node name = check_member(node, "name"), state = check_member(node, "state");
    struct check_node provable = check_member(node, "provable"),
                      parent = check_member(node, "parent");
    struct slice word = check_text(&state);
    struct check_host host = {.host = check_names_add(names, check_text(&name)),
                              .certain = slice_equal(word, SLICE("compromised")),
                              .provable = check_boolean(&provable)};
    if (!host.certain && !slice_equal(word, SLICE("touched")))
        check_should(&state, "should be compromised or touched");
    read_addresses(node, names, host.host);
    host.parent = check_names_add(names, check_text_or_null(&parent));
    check_add_host(unit, &host);
}

static enum check_stage stage_of(const struct check_node *node) {
    struct slice word = check_text(node);
    if (slice_equal(word, SLICE("escalation")))
        return CHECK_CREDENTIALS;
    if (slice_equal(word, SLICE("delivery")))
        return CHECK_SPREAD;
    for (enum check_stage stage = 0; stage < CHECK_STAGES; stage++)
        if (slice_equal_string(word, check_stage_word(stage)))
            return stage;
    check_should(node, "should be a stage");
    return CHECK_ENTRY;
}

static void read_step(const struct check_node *node, struct check_unit *unit) {
    struct check_node stage = check_member(node, "stage"), first = check_member(node, "first"),
                      provable = check_member(node, "provable");
    enum check_stage number = stage_of(&stage);
    int64_t first_ns = check_time(&first);
    if (!check_boolean(&provable))
        return;
    check_add_stage(unit, number, first_ns);
    struct check_node volume = check_optional(node, "volume");
    if (number == CHECK_THEFT && !volume.absent)
        unit->volume += check_number(&volume);
}

static void read_campaign(const struct check_node *node, struct check_names *names,
                          struct check_side *truth) {
    struct check_node id = check_member(node, "id"), hosts = check_member(node, "hosts"),
                      steps = check_member(node, "steps"), entry = check_member(node, "entry"),
                      server = check_member(node, "server");
    struct check_unit *unit = check_add_unit(truth, node);
    if (!unit)
        return;
    unit->id = check_text(&id);
    for (struct check_node item = {0}; check_next(&hosts, '[', &item);)
        read_host(&item, names, unit);
    for (struct check_node item = {0}; check_next(&steps, '[', &item);)
        read_step(&item, unit);
    struct check_node accounts = check_optional(node, "accounts");
    for (struct check_node item = {0}; !accounts.absent && check_next(&accounts, '[', &item);)
        check_add_account(unit, check_text(&item));
    unit->entry = check_names_find(names, check_text_or_null(&entry));
    uint32_t host = check_names_find(names, check_text_or_null(&server));
    if (host != CHECK_NO_HOST)
        check_add_server(unit, host);
}

enum status check_read_truth(struct check_document *document, struct check_names *names,
                             struct check_side *truth) {
    struct check_node root = check_root(document), schema = check_member(&root, "schema");
    if (!slice_equal(check_text(&schema), SLICE("vedette.truth/1")))
        check_should(&schema, "should be vedette.truth/1");
    struct check_node campaigns = check_member(&root, "campaigns"),
                      scenario = check_member(&root, "scenario"),
                      seed = check_member(&root, "seed");
    truth->scenario = check_text(&scenario);
    truth->seed = check_number(&seed);
    for (struct check_node item = {0}; check_next(&campaigns, '[', &item);)
        read_campaign(&item, names, truth);
    truth->campaign_count = truth->unit_count;
    if (truth->campaign_count > CHECK_TRUTHS_MAX)
        check_should(&campaigns, "should be at most 16 campaigns");
    return document->status;
}
