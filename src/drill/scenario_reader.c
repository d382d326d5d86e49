// A scenario file: organisation, life, attacks
// SPDX-License-Identifier: Apache-2.0
#include "drill/scenario.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "drill/document_system.h"
#include "drill/scenario_campaign.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum {
    SCENARIO_BYTES_MAX = 1 << 20,
    SCENARIO_MEMORY_MAX = 32 << 20,
    SCENARIO_PATH_MAX = 4096,
    LIST_MAX = 256
};

#define DAY_NS (86400 * 1000000000ll)

static const char *const rounds[ROUND_COUNT] = {
#define LIFE_ROUND(name, word, text) word,
#include "drill/life_round.def"
#undef LIFE_ROUND
};

// Reads each item of a list into a row of `size` bytes by `rows`, then by `finish`.
struct list {
    const char *key;
    const struct scenario_key *rows;
    size_t size, least;
    enum status (*finish)(const struct scenario_reader *reader, const struct scenario *scenario,
                          const struct yaml_node *node, void *row);
};

static enum status read_list(const struct scenario_reader *reader, const struct scenario *scenario,
                             const struct yaml_node *mapping, const struct list *list,
                             size_t *ret_count, void *ret_items) {
    const struct yaml_node *node = NULL;
    enum status status =
        scenario_check_sequence(reader, mapping, list->key, list->least > 0, &node);
    if (status != STATUS_OK || !node)
        return status;
    if (node->count < list->least || node->count > LIST_MAX)
        return scenario_refuse(reader, node->line, "%s: %zu to %d are needed", list->key,
                               list->least, LIST_MAX);
    uint8_t *items = arena_new(reader->arena, node->count + 1, list->size);
    if (!items)
        return problem_set(reader->problem, STATUS_LIMIT, "%s: too large", reader->path);
    size_t count = 0;
    for (const struct yaml_node *item = node->first; item; item = item->next, count++) {
        status = scenario_read_keys(reader, item, list->rows, items + count * list->size);
        if (status == STATUS_OK && list->finish)
            status = list->finish(reader, scenario, item, items + count * list->size);
        if (status != STATUS_OK)
            return status;
    }
    memcpy(ret_items, &items, sizeof items);
    *ret_count = count;
    return STATUS_OK;
}

// Names become host and domain names in every log.
static enum status check_name(const struct scenario_reader *reader, const struct yaml_node *node,
                              const char *text, size_t most, const char *more) {
    size_t size = text ? strlen(text) : 0;
    for (size_t i = 0; i < size; i++) {
        char c = text[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !strchr(more, c))
            return scenario_refuse(reader, node->line, "no good for a name: %.60s", text);
    }
    if (size > most)
        return scenario_refuse(reader, node->line, "longer than %zu: %.60s", most, text);
    return STATUS_OK;
}

// RFC 2606: .test, .example, .invalid, .localhost, example.com, example.net, example.org.
static bool is_reserved_domain(const char *domain) {
    static const char *const ends[] = {".example.com", ".example.net", ".example.org",
                                       ".example",     ".test",        ".invalid"};
    for (size_t i = 0; i < ARRAY_SIZE(ends); i++)
        if (slice_ends(slice_of_string(domain), slice_of_string(ends[i])))
            return true;
    return false;
}

static enum status finish_company(const struct scenario_reader *reader,
                                  const struct scenario *scenario, const struct yaml_node *node,
                                  void *row) {
    struct scenario_company *company = row;
    (void)scenario;
    enum status status = check_name(reader, node, company->domain, 40, ".-");
    if (status == STATUS_OK)
        status = check_name(reader, node, company->netbios, 15, "-");
    if (status == STATUS_OK && !is_reserved_domain(company->domain))
        return scenario_refuse(reader, node->line, "%s is not reserved for examples (RFC 2606)",
                               company->domain);
    return status;
}

static enum status finish_site(const struct scenario_reader *reader,
                               const struct scenario *scenario, const struct yaml_node *node,
                               void *row) {
    struct scenario_site *site = row;
    const struct yaml_node *company = yaml_find(node, "company");
    uint32_t number = 0;
    while (company && number < scenario->company_count &&
           !slice_equal_string(company->text, scenario->companies[number].netbios))
        number++;
    if (number == scenario->company_count)
        return scenario_refuse(reader, company->line, "no company has that netbios name");
    site->company = number;
    if (!yaml_find(node, "share"))
        site->share = 1;
    return STATUS_OK;
}

static enum status finish_server(const struct scenario_reader *reader,
                                 const struct scenario *scenario, const struct yaml_node *node,
                                 void *row) {
    struct scenario_server *server = row;
    const struct yaml_node *site = yaml_find(node, "site");
    uint32_t number = 0;
    while (site && number < scenario->site_count &&
           !slice_equal_string(site->text, scenario->sites[number].name))
        number++;
    if (number == scenario->site_count)
        return scenario_refuse(reader, site->line, "no site of that name");
    server->site = number;
    if (!yaml_find(node, "count"))
        server->count = 1;
    if (server->role == HOST_WORKSTATION)
        return scenario_refuse(reader, node->line, "workstations are what is left of the hosts");
    return check_name(reader, node, server->name, 10, "-");
}

static enum status finish_round(const struct scenario_reader *reader,
                                const struct scenario *scenario, const struct yaml_node *node,
                                void *row) {
    struct scenario_round *round = row;
    struct slice word = yaml_text(node, "round");
    unsigned kind = 0;
    (void)scenario;
    while (kind < ROUND_COUNT && !slice_equal_string(word, rounds[kind]))
        kind++;
    if (kind == ROUND_COUNT)
        return scenario_refuse(reader, node->line, "no such round: %.*s", (int)word.size,
                               (const char *)word.data);
    round->kind = kind;
    if (round->every_days == 0)
        return scenario_refuse(reader, node->line, "every: at least 1");
    return STATUS_OK;
}

static const struct scenario_key company_keys[] = {
    {"name", KEY_TEXT, offsetof(struct scenario_company, name), 0, true},
    {"domain", KEY_TEXT, offsetof(struct scenario_company, domain), 0, true},
    {"netbios", KEY_TEXT, offsetof(struct scenario_company, netbios), 0, true},
    {0},
};
static const struct scenario_key site_keys[] = {
    {"name", KEY_TEXT, offsetof(struct scenario_site, name), 0, true},
    {"workstations", KEY_NETWORK, offsetof(struct scenario_site, workstations), 0, true},
    {"servers", KEY_NETWORK, offsetof(struct scenario_site, servers), 0, true},
    {"zone", KEY_ZONE, offsetof(struct scenario_site, zone_seconds), 0, true},
    {"share", KEY_COUNT, offsetof(struct scenario_site, share), 1000, false},
    {"company", KEY_OTHER, 0, 0, false},
    {0},
};
static const struct scenario_key server_keys[] = {
    {"role", KEY_ROLE, offsetof(struct scenario_server, role), 0, true},
    {"name", KEY_TEXT, offsetof(struct scenario_server, name), 0, false},
    {"count", KEY_COUNT, offsetof(struct scenario_server, count), 200, false},
    {"site", KEY_OTHER, 0, 0, false},
    {0},
};
static const struct scenario_key round_keys[] = {
    {"round", KEY_OTHER, 0, 0, true},
    {"every", KEY_COUNT, offsetof(struct scenario_round, every_days), 366, true},
    {"first", KEY_COUNT, offsetof(struct scenario_round, first_day), 366, false},
    {"share", KEY_COUNT, offsetof(struct scenario_round, share_percent), 100, false},
    {"hosts", KEY_COUNT, offsetof(struct scenario_round, hosts), ORGANISATION_HOSTS_MAX, false},
    {"hours", KEY_HOURS, offsetof(struct scenario_round, hours), 0, false},
    {0},
};
static const struct scenario_key organisation_keys[] = {
    {"companies", KEY_OTHER, 0, 0, true},
    {"sites", KEY_OTHER, 0, 0, true},
    {"servers", KEY_OTHER, 0, 0, true},
    {"workstations", KEY_TEXT, offsetof(struct scenario, workstation_name), 0, false},
    {"document-system", KEY_TEXT, offsetof(struct scenario, document_system), 0, false},
    {0},
};
static const struct scenario_key life_keys[] = {
    {"hours", KEY_HOURS, offsetof(struct scenario_life, hours), 0, true},
    {"working-days", KEY_DAYS, offsetof(struct scenario_life, working_days), 0, true},
    {"rounds", KEY_OTHER, 0, 0, false},
    {0},
};
static const struct scenario_key scenario_keys[] = {
    {"scenario", KEY_TEXT, offsetof(struct scenario, name), 0, true},
    {"title", KEY_TEXT, offsetof(struct scenario, title), 0, true},
    {"text", KEY_TEXT, offsetof(struct scenario, text), 0, false},
    {"start", KEY_DATE, offsetof(struct scenario, start_ns), 0, true},
    {"days", KEY_COUNT, offsetof(struct scenario, days), SCENARIO_DAYS_MAX, true},
    {"hosts", KEY_COUNT, offsetof(struct scenario, hosts), ORGANISATION_HOSTS_MAX, true},
    {"organisation", KEY_OTHER, 0, 0, true},
    {"life", KEY_OTHER, 0, 0, true},
    {"campaigns", KEY_OTHER, 0, 0, true},
    {0},
};

static enum status read_organisation(const struct scenario_reader *reader,
                                     const struct yaml_node *node, struct scenario *scenario) {
    static const struct list companies = {"companies", company_keys,
                                          sizeof(struct scenario_company), 1, finish_company};
    static const struct list sites = {"sites", site_keys, sizeof(struct scenario_site), 1,
                                      finish_site};
    static const struct list servers = {"servers", server_keys, sizeof(struct scenario_server), 1,
                                        finish_server};
    scenario->workstation_name = "ws";
    enum status status = scenario_read_keys(reader, node, organisation_keys, scenario);
    if (status == STATUS_OK)
        status = check_name(reader, node, scenario->workstation_name, 9, "-");
    if (status == STATUS_OK && !document_system_find(scenario->document_system, 0))
        return scenario_refuse(reader, node->line, "no such document system: %.40s",
                               scenario->document_system);
    if (status == STATUS_OK)
        status = read_list(reader, scenario, node, &companies, &scenario->company_count,
                           &scenario->companies);
    if (status == STATUS_OK)
        status = read_list(reader, scenario, node, &sites, &scenario->site_count, &scenario->sites);
    if (status == STATUS_OK && scenario->site_count > ORGANISATION_SITES_MAX)
        return scenario_refuse(reader, node->line, "more than %d sites", ORGANISATION_SITES_MAX);
    if (status == STATUS_OK)
        status = read_list(reader, scenario, node, &servers, &scenario->server_count,
                           &scenario->servers);
    return status;
}

static enum status read_life(const struct scenario_reader *reader, const struct yaml_node *node,
                             struct scenario *scenario) {
    static const struct list list = {"rounds", round_keys, sizeof(struct scenario_round), 0,
                                     finish_round};
    enum status status = scenario_read_keys(reader, node, life_keys, &scenario->life);
    if (status == STATUS_OK)
        status = read_list(reader, scenario, node, &list, &scenario->life.round_count,
                           &scenario->life.rounds);
    return status;
}

static enum status read_whole(const char *path, struct arena *arena, struct slice *ret_text,
                              struct problem *problem) {
    FILE *stream = fopen(path, "rbe");
    if (!stream)
        return problem_set_errno(problem, "open %s", path);
    uint8_t *bytes = memory_new(SCENARIO_BYTES_MAX + 1, 1);
    size_t size = fread(bytes, 1, SCENARIO_BYTES_MAX + 1, stream);
    enum status status = STATUS_OK;
    if (ferror(stream))
        status = problem_set_errno(problem, "read %s", path);
    else if (size > SCENARIO_BYTES_MAX)
        status = problem_set(problem, STATUS_LIMIT, "%s: larger than a scenario can be", path);
    else
        *ret_text = arena_keep(arena, slice_of(bytes, size));
    fclose(stream);
    memory_free(bytes);
    return status;
}

static const struct yaml_node *find_campaign(const struct yaml_node *document) {
    const struct yaml_node *list = yaml_find(document, "campaigns");
    return list && list->kind == YAML_SEQUENCE && list->count == 1 ? list->first : NULL;
}

// `use: FILE.yml`: the one campaign of another file in the same directory. Its companies are
// this file's.
static enum status use_campaign(const struct scenario_reader *reader,
                                const struct scenario *scenario, const struct yaml_node *node,
                                struct scenario_campaign *ret_campaign) {
    static const struct scenario_key keys[] = {
        {"use", KEY_OTHER, 0, 0, true},
        {"first-day", KEY_COUNT, offsetof(struct scenario_campaign, first_day),
         SCENARIO_DAYS_MAX - 1, false},
        {0},
    };
    struct scenario_campaign own = {0};
    char path[SCENARIO_PATH_MAX];
    struct slice text, name = yaml_text(node, "use");
    const struct yaml_node *document;
    enum status status = scenario_read_keys(reader, node, keys, &own);
    if (status != STATUS_OK)
        return status;
    if (name.size == 0 || memchr(name.data, '/', name.size))
        return scenario_refuse(reader, node->line, "use: the name of a file beside this one");
    const char *slash = strrchr(reader->path, '/');
    size_t size = slash ? (size_t)(slash - reader->path) + 1 : 0;
    snprintf(path, sizeof path, "%.*s%.*s", (int)size, reader->path, (int)name.size,
             (const char *)name.data);
    status = read_whole(path, reader->arena, &text, reader->problem);
    if (status == STATUS_OK)
        status = yaml_read(text, reader->arena, &document, reader->problem);
    if (status != STATUS_OK)
        return status;
    const struct yaml_node *other = find_campaign(document);
    if (!other || yaml_find(other, "use"))
        return scenario_refuse(reader, node->line, "%s has not one campaign of its own", path);
    struct scenario_reader inner = {path, reader->arena, reader->problem};
    status = scenario_read_campaign(&inner, scenario, other, ret_campaign);
    if (status == STATUS_OK && yaml_find(node, "first-day"))
        ret_campaign->first_day = own.first_day;
    return status;
}

static enum status read_campaigns(const struct scenario_reader *reader,
                                  const struct yaml_node *document, struct scenario *scenario) {
    const struct yaml_node *list = NULL;
    enum status status = scenario_check_sequence(reader, document, "campaigns", true, &list);
    if (status != STATUS_OK)
        return status;
    if (list->count > SCENARIO_CAMPAIGNS_MAX)
        return scenario_refuse(reader, list->line, "more than %d campaigns",
                               SCENARIO_CAMPAIGNS_MAX);
    scenario->campaigns =
        arena_new(reader->arena, SCENARIO_CAMPAIGNS_MAX, sizeof *scenario->campaigns);
    for (const struct yaml_node *item = list->first; item && status == STATUS_OK;
         item = item->next) {
        struct scenario_campaign *campaign = &scenario->campaigns[scenario->campaign_count++];
        status = yaml_find(item, "use") ? use_campaign(reader, scenario, item, campaign)
                                        : scenario_read_campaign(reader, scenario, item, campaign);
    }
    return status;
}

static enum status read_scenario(const struct scenario_reader *reader, struct slice text,
                                 struct scenario *scenario) {
    const struct yaml_node *document;
    struct problem *problem = reader->problem;
    struct problem inner;
    enum status status = yaml_read(text, reader->arena, &document, &inner);
    if (status != STATUS_OK)
        return problem_set_line(problem, status, inner.at, "%s:%u: %.300s", reader->path,
                                inner.unit == PROBLEM_LINE ? (unsigned)inner.at : 1, inner.text);
    if (!document || document->next)
        return scenario_refuse(reader, 1, "one YAML document is needed");
    status = scenario_read_keys(reader, document, scenario_keys, scenario);
    if (status == STATUS_OK)
        status = read_organisation(reader, yaml_find(document, "organisation"), scenario);
    if (status == STATUS_OK)
        status = read_life(reader, yaml_find(document, "life"), scenario);
    if (status == STATUS_OK)
        status = read_campaigns(reader, document, scenario);
    if (status == STATUS_OK && (scenario->days == 0 || scenario->hosts == 0))
        status = scenario_refuse(reader, document->line, "days and hosts: at least 1");
    if (status == STATUS_OK)
        scenario->start_ns -= scenario->sites[0].zone_seconds * 1000000000ll;
    return status;
}

static struct scenario *scenario_new(void) {
    struct scenario *scenario = memory_new(1, sizeof *scenario);
    arena_init(&scenario->arena, SCENARIO_MEMORY_MAX);
    return scenario;
}

void scenario_free(struct scenario *scenario) {
    if (!scenario)
        return;
    arena_done(&scenario->arena);
    memory_free(scenario);
}

static enum status finish_reading(struct scenario *scenario, enum status status,
                                  struct scenario **ret_scenario) {
    if (status != STATUS_OK)
        scenario_free(scenario);
    else
        *ret_scenario = scenario;
    return status;
}

enum status scenario_read(struct slice text, const char *name, struct scenario **ret_scenario,
                          struct problem *problem) {
    struct scenario *scenario = scenario_new();
    struct scenario_reader reader = {name, &scenario->arena, problem};
    struct slice kept = arena_keep(&scenario->arena, text);
    return finish_reading(scenario, read_scenario(&reader, kept, scenario), ret_scenario);
}

enum status scenario_read_file(const char *path, struct scenario **ret_scenario,
                               struct problem *problem) {
    struct scenario *scenario = scenario_new();
    struct scenario_reader reader = {path, &scenario->arena, problem};
    struct slice text = {0};
    enum status status = read_whole(path, &scenario->arena, &text, problem);
    if (status == STATUS_OK)
        status = read_scenario(&reader, text, scenario);
    return finish_reading(scenario, status, ret_scenario);
}
