// Who plays a part: the fleet, and addresses nobody names
// SPDX-License-Identifier: Apache-2.0
#include "correlate/cast.h"

#include "base/clock.h"
#include "base/memory.h"
#include "correlate/weights.h"

#include <string.h>

enum {
    CAST_TEXT_BYTES = 4 << 20,
    CAST_NAMED_MAX = 1 << 20,
    CAST_NAMED_BYTES = 64 << 20
};

void cast_init(struct cast *cast, const struct correlate_input *input) {
    *cast = (struct cast){.input = input, .fleet = *input->fleet};
    address_pool_init(&cast->pool, input->fleet);
    intern_init(&cast->strangers, CAST_STRANGERS_MAX, CAST_TEXT_BYTES);
    intern_init(&cast->named, CAST_NAMED_MAX, CAST_NAMED_BYTES);
    for (uint32_t i = 0; i < input->fleet->count; i++)
        for (uint32_t k = 0; k < input->fleet->hosts[i].alias_count; k++)
            if (address_is_address(input->fleet->hosts[i].aliases[k].text))
                intern_add(&cast->named, input->fleet->hosts[i].aliases[k].text);
}

void cast_done(struct cast *cast) {
    address_pool_done(&cast->pool);
    intern_done(&cast->strangers);
    intern_done(&cast->named);
    memory_free(cast->hosts);
}

uint32_t cast_find(const struct cast *cast, struct slice name, int64_t time_ns) {
    const struct relation_source *relations = cast->input->relations;
    if (name.size == 0)
        return RELATION_NO_HOST;
    uint32_t host = relations->find_host(relations->context, name, time_ns);
    if (host != RELATION_NO_HOST || cast->strangers.count == 0)
        return host;
    uint32_t stranger = intern_find(&cast->strangers, name);
    return stranger == INTERN_FULL ? RELATION_NO_HOST : cast->input->fleet->count + stranger;
}

void cast_find_ends(const struct cast *cast, struct relation *relation) {
    if (relation->from_host == RELATION_NO_HOST)
        relation->from_host = cast_find(cast, relation->from, relation->first_ns);
    if (relation->to_host == RELATION_NO_HOST)
        relation->to_host = cast_find(cast, relation->to, relation->first_ns);
}

// An inside address that no evidence names, and that does not go round.
static bool name_is_strangers(const struct cast *cast, struct slice name) {
    return address_is_address(name) && !address_is_outside(name) &&
           intern_find(&cast->named, name) == INTERN_FULL && !address_pool_lends(&cast->pool, name);
}

uint32_t cast_meet(struct cast *cast, struct slice name, int64_t time_ns) {
    uint32_t host = cast_find(cast, name, time_ns);
    if (host != RELATION_NO_HOST || !name_is_strangers(cast, name))
        return host;
    uint32_t stranger = intern_add(&cast->strangers, name);
    return stranger == INTERN_FULL ? RELATION_NO_HOST : cast->input->fleet->count + stranger;
}

bool relation_names_asker(const struct relation *relation) {
    return slice_equal(relation->artefact, SLICE("ntlm")) && relation->detail[1].size == 0 &&
           relation->first_ns != CLOCK_NONE;
}

static enum status asker_meet(void *context, struct relation *relation, struct problem *problem) {
    struct cast *cast = context;
    (void)problem;
    if (relation_names_asker(relation) && relation->from_host == RELATION_NO_HOST &&
        !address_is_address(relation->from) &&
        cast_find(cast, relation->from, relation->first_ns) == RELATION_NO_HOST &&
        relation->from.size && cast->strangers.count < CAST_ASKERS_MAX)
        intern_add(&cast->strangers, relation->from);
    return STATUS_OK;
}

enum status cast_meet_askers(struct cast *cast, struct problem *problem) {
    return relation_source_each(cast->input->relations, RELATION_MASK(CREDENTIAL_USE),
                                RELATION_ORDER_PAIR, asker_meet, cast, problem);
}

bool relation_is_contact(const struct relation *relation) {
    static const char *const PORTS[] = {"22", "135", "445", "3389", "5985", "5986"};
    if (relation->kind != RELATION_CONTACT || relation->detail[1].size == 0 ||
        relation->first_ns == CLOCK_NONE || relation->reference_count == 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(PORTS); i++)
        if (slice_equal_string(relation->detail[0], PORTS[i]))
            return true;
    return false;
}

bool relation_sends_out(const struct relation *relation) {
    return relation->kind == RELATION_FLOW && relation->first_ns != CLOCK_NONE && relation->count &&
           relation->bytes_out / relation->count >= WEIGHT_PLACE_BYTES &&
           relation->reference_count && address_is_outside(relation->to);
}

static enum status contacted_meet(void *context, struct relation *relation,
                                  struct problem *problem) {
    struct cast *cast = context;
    (void)problem;
    if (relation_is_contact(relation) && relation->to_host == RELATION_NO_HOST &&
        cast->strangers.count < CAST_CONTACTED_MAX)
        cast_meet(cast, relation->to, relation->first_ns);
    return STATUS_OK;
}

enum status cast_meet_contacted(struct cast *cast, struct problem *problem) {
    return relation_source_each(cast->input->relations, RELATION_MASK(CONTACT), RELATION_ORDER_PAIR,
                                contacted_meet, cast, problem);
}

struct sender_list {
    const struct cast *cast;
    struct interner names;
};

static enum status sender_note(void *context, struct relation *relation, struct problem *problem) {
    struct sender_list *list = context;
    (void)problem;
    if (relation_sends_out(relation) && relation->from_host == RELATION_NO_HOST &&
        name_is_strangers(list->cast, relation->from) &&
        cast_find(list->cast, relation->from, relation->first_ns) == RELATION_NO_HOST)
        intern_add(&list->names, relation->from);
    return STATUS_OK;
}

enum status cast_meet_senders(struct cast *cast, struct problem *problem) {
    uint32_t most = cast->input->fleet->count / CAST_SENDERS_PART;
    most = most > CAST_SENDERS_MIN ? most : CAST_SENDERS_MIN;
    struct sender_list list = {.cast = cast};
    intern_init(&list.names, most + 1, CAST_TEXT_BYTES);
    enum status status = relation_source_each(cast->input->relations, RELATION_MASK(FLOW),
                                              RELATION_ORDER_PAIR, sender_note, &list, problem);
    for (uint32_t i = 0; status == STATUS_OK && list.names.count <= most && i < list.names.count;
         i++)
        cast_meet(cast, intern_text(&list.names, i), CLOCK_NONE);
    intern_done(&list.names);
    return status;
}

bool cast_is_stranger(const struct cast *cast, uint32_t host) {
    return host >= cast->input->fleet->count;
}

void cast_settle(struct cast *cast) {
    const struct fleet *known = cast->input->fleet;
    uint32_t count = known->count + cast->strangers.count;
    cast->hosts = memory_new((size_t)count + 1, sizeof *cast->hosts);
    if (known->count)
        memcpy(cast->hosts, known->hosts, known->count * sizeof *cast->hosts);
    for (uint32_t i = known->count; i < count; i++)
        cast->hosts[i].name = intern_text(&cast->strangers, i - known->count);
    cast->fleet = (struct fleet){cast->hosts, count};
}
