// What to do about a campaign, in that order
// SPDX-License-Identifier: Apache-2.0
#include "correlate/assembly.h"

#include "base/memory.h"
#include "base/text.h"

// 1. First what goes on doing harm is stopped, then the evidence is kept, for every step after it
//    destroys some: stop deliveries; keep; isolate; block; reset; remove; rebuild; watch.
// 2. A step says why, names what it is about, and cites the records that it stands on: one for
//    which nothing is shown is not there.

// What clues of one kind name, over all hosts of the campaign.
struct remedy_list {
    struct slice names[CAMPAIGN_LIST_MAX];
    uint32_t count, more;
    uint32_t hosts[CAMPAIGN_LIST_MAX]; // indices into the campaign's hosts
    uint32_t host_count, hosts_more;
    struct citations citations;
};

static void list_add_name(struct remedy_list *list, struct slice name) {
    if (name.size == 0)
        return;
    for (uint32_t i = 0; i < list->count; i++)
        if (text_equal_fold_ascii(list->names[i], name))
            return;
    if (list->count == CAMPAIGN_LIST_MAX)
        list->more++;
    else
        list->names[list->count++] = name;
}

// Hosts come in their order, so that the last one is enough to look at.
static void list_add_host(struct remedy_list *list, uint32_t place) {
    if (list->host_count && list->hosts[list->host_count - 1] == place)
        return;
    if (list->host_count == CAMPAIGN_LIST_MAX)
        list->hosts_more++;
    else
        list->hosts[list->host_count++] = place;
}

static void write_names(struct buffer *text, const struct remedy_list *list) {
    for (uint32_t i = 0; i < list->count; i++) {
        buffer_append_text(text, i ? ", " : "");
        buffer_append_slice(text, list->names[i]);
    }
    if (list->more)
        buffer_append_format(text, ", and %u more of the list of indicators", list->more);
}

static void write_hosts(struct buffer *text, const struct campaign *campaign,
                        const struct remedy_list *list) {
    for (uint32_t i = 0; i < list->host_count; i++) {
        buffer_append_text(text, i ? ", " : "");
        buffer_append_slice(text, campaign->hosts[list->hosts[i]].name);
    }
    if (list->hosts_more)
        buffer_append_format(text, ", and %u more", list->hosts_more);
}

// Which clues a step is about, and which of their texts name it.
struct remedy_kind {
    const char *techniques; // "T1543.003 T1053.005"
    const char *rules;      // rule ids begin so, or nothing
    bool (*name_fits)(struct slice name);
    bool names_destination;
};

// The next word of "T1543.003 T1053.005"; empty at the end. Moves `rest` on.
static struct slice word_next(struct slice *rest) {
    while (rest->size && rest->data[0] == ' ')
        *rest = slice_part(*rest, 1, SIZE_MAX);
    size_t size = 0;
    while (size < rest->size && rest->data[size] != ' ')
        size++;
    struct slice word = slice_part(*rest, 0, size);
    *rest = slice_part(*rest, size, SIZE_MAX);
    return word;
}

static bool word_is_among(struct slice word, const char *words) {
    struct slice rest = slice_of_string(words);
    for (struct slice one = word_next(&rest); one.size; one = word_next(&rest))
        if (slice_equal(one, word))
            return true;
    return false;
}

static bool clue_is_of_kind(const struct clue *clue, const struct remedy_kind *kind) {
    struct slice rules = slice_of_string(kind->rules);
    if (rules.size && slice_starts(clue->rule->id, rules))
        return true;
    char room[CLUE_TECHNIQUE_SIZE];
    struct slice id = clue_technique(clue, 0, room);
    for (uint32_t i = 1; id.size; id = clue_technique(clue, i++, room))
        if (word_is_among(id, kind->techniques))
            return true;
    return false;
}

static void list_gather(const struct assembly *assembly, const struct remedy_kind *kind,
                        struct remedy_list *list) {
    const struct clue_book *book = assembly->book;
    *list = (struct remedy_list){.count = 0};
    for (uint32_t k = 0; k < assembly->member_count; k++) {
        uint32_t number = assembly->members[k];
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (assembly->told[i] == STAGE_NONE || !clue_is_of_kind(clue, kind))
                continue;
            list_add_host(list, k);
            citations_add(&list->citations, clue->references, clue->reference_count);
            if (kind->names_destination)
                list_add_name(list, clue->destination);
            for (uint32_t n = 0; kind->name_fits && n < clue->artefact_count; n++)
                if (kind->name_fits(clue->artefacts[n]))
                    list_add_name(list, clue->artefacts[n]);
        }
    }
}

static bool server_upgrades(const struct campaign_server *server) {
    return slice_equal(server->role, SLICE("software-upgrade server"));
}

static bool host_is_server(const struct campaign *campaign, uint32_t place) {
    for (uint32_t i = 0; i < campaign->server_count; i++)
        if (campaign->servers[i].host == place)
            return true;
    return false;
}

static uint32_t hosts_behind(const struct campaign *campaign, uint32_t place) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        count += campaign->hosts[i].best.parent == (int32_t)place;
    return count;
}

static void remedy_deliveries(struct assembly *assembly, const struct campaign *campaign,
                              struct sentence_row *row) {
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        if (!server_upgrades(server))
            continue;
        struct citations citations = host_citations(&campaign->hosts[server->host]);
        buffer_append_text(&assembly->text, "Stop deliveries from ");
        buffer_append_slice(&assembly->text, campaign->hosts[server->host].name);
        buffer_append_text(&assembly->text,
                           " at the switch or firewall, and leave it switched on: as long as it "
                           "answers, every client that asks can take what the intruder put there.");
        sentence_row_add(assembly, row, &citations);
    }
}

static void remedy_evidence(struct assembly *assembly, const struct campaign *campaign,
                            struct sentence_row *row) {
    struct remedy_list list = {.count = 0};
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        uint32_t place = campaign->servers[i].host;
        struct citations citations = host_citations(&campaign->hosts[place]);
        list_add_host(&list, place);
        citations_add(&list.citations, citations.references, citations.count);
    }
    buffer_append_text(&assembly->text, "Keep the evidence of ");
    write_hosts(&assembly->text, campaign, &list);
    buffer_append_text(&assembly->text,
                       " before anything is changed there: memory first, then disks and logs, "
                       "copied to another machine; stop the rotation of logs. Every step from "
                       "here on destroys traces.");
    sentence_row_add(assembly, row, &list.citations);
}

// The upgrade server first, then by how many hosts were reached from it.
static bool server_comes_first(const struct campaign *campaign, const struct campaign_server *a,
                               const struct campaign_server *b) {
    if (server_upgrades(a) != server_upgrades(b))
        return server_upgrades(a);
    uint32_t behind_a = hosts_behind(campaign, a->host), behind_b = hosts_behind(campaign, b->host);
    return behind_a != behind_b ? behind_a > behind_b : a->host < b->host;
}

// Numbers of the campaign's servers in the order to isolate them; memory_free it.
static uint32_t *servers_order(const struct campaign *campaign) {
    uint32_t *order = memory_new((size_t)campaign->server_count + 1, sizeof *order);
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        uint32_t at = i;
        for (; at && server_comes_first(campaign, &campaign->servers[i],
                                        &campaign->servers[order[at - 1]]);
             at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
    return order;
}

static bool server_is_stone(const struct campaign_server *server) {
    return slice_equal(server->role, SLICE("stepping stone"));
}

// All stepping stones in one sentence.
static void stones_say(struct assembly *assembly, const struct campaign *campaign,
                       const char *const words[2], struct sentence_row *row) {
    struct remedy_list list = {.count = 0};
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        uint32_t place = campaign->servers[i].host;
        if (!server_is_stone(&campaign->servers[i]))
            continue;
        struct citations citations = host_citations(&campaign->hosts[place]);
        list_add_host(&list, place);
        citations_add(&list.citations, citations.references, citations.count);
    }
    buffer_append_text(&assembly->text, words[0]);
    write_hosts(&assembly->text, campaign, &list);
    buffer_append_text(&assembly->text, words[1]);
    sentence_row_add(assembly, row, &list.citations);
}

static uint32_t roots_count(const struct campaign *campaign) {
    uint32_t roots = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        roots += campaign->hosts[i].best.parent < 0;
    return roots;
}

static void isolate_server(struct assembly *assembly, const struct campaign *campaign,
                           const struct campaign_server *server, struct sentence_row *row) {
    const struct campaign_host *host = &campaign->hosts[server->host];
    struct citations citations = host_citations(host);
    uint32_t behind = hosts_behind(campaign, server->host);
    buffer_append_text(&assembly->text, "Isolate ");
    buffer_append_slice(&assembly->text, host->name);
    buffer_append_text(&assembly->text, " (");
    buffer_append_slice(&assembly->text, server->role);
    buffer_append_text(&assembly->text, "), switched on: ");
    if (host->best.parent < 0) {
        buffer_append_text(&assembly->text, roots_count(campaign) == 1
                                                ? "all that is known began there"
                                                : "nothing shows that it was reached from another");
        buffer_append_text(&assembly->text, behind ? ", and " : ".");
    }
    if (behind)
        buffer_append_format(&assembly->text, "%u host%s reached from it.", behind,
                             behind == 1 ? " was" : "s were");
    else if (host->best.parent >= 0)
        buffer_append_text(&assembly->text, "the intruder holds it.");
    sentence_row_add(assembly, row, &citations);
}

// Confirmed hosts that are no servers.
static uint32_t others_count(const struct campaign *campaign, struct citations *citations) {
    uint32_t others = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        const struct campaign_host *host = &campaign->hosts[i];
        if (host->state != HOST_STATE_CONFIRMED || host_is_server(campaign, i))
            continue;
        others++;
        citations_add(citations, host->best.references, host->best.reference_count);
    }
    return others;
}

static void remedy_isolation(struct assembly *assembly, const struct campaign *campaign,
                             struct sentence_row *row) {
    uint32_t *order = servers_order(campaign);
    for (uint32_t i = 0; i < campaign->server_count; i++)
        if (!server_is_stone(&campaign->servers[order[i]]))
            isolate_server(assembly, campaign, &campaign->servers[order[i]], row);
    memory_free(order);
    static const char *const STONES[] = {"Isolate the stepping stones, switched on: ",
                                         ". From each of them several hosts were reached."};
    stones_say(assembly, campaign, STONES, row);
    struct citations citations = {.count = 0};
    uint32_t others = others_count(campaign, &citations);
    if (others)
        buffer_append_format(
            &assembly->text,
            "Isolate the %u other confirmed host%s, the last ones reached first, and let none of "
            "them update: what the intruder left there can call out again.",
            others, others == 1 ? "" : "s");
    sentence_row_add(assembly, row, &citations);
}

// Places outside that have one of `ways` and none of `ways_not`, as one sentence.
static void remedy_outsiders(struct assembly *assembly, const struct campaign *campaign,
                             const char *const words[2], unsigned ways, unsigned ways_not,
                             struct sentence_row *row) {
    struct remedy_list list = {.count = 0};
    for (uint32_t i = 0; i < campaign->outsider_count; i++) {
        const struct campaign_outsider *outsider = &campaign->outsiders[i];
        if (!(outsider->ways & ways) || outsider->ways & ways_not)
            continue;
        list_add_name(&list, outsider->place);
        citations_lead(&list.citations, outsider->references, outsider->reference_count,
                       outsider->references[0].time_ns);
    }
    buffer_append_text(&assembly->text, words[0]);
    write_names(&assembly->text, &list);
    buffer_append_text(&assembly->text, words[1]);
    sentence_row_add(assembly, row, &list.citations);
}

static void remedy_places(struct assembly *assembly, const struct campaign *campaign,
                          struct sentence_row *row) {
    static const char *const OUT[] = {"Cut the ways out: block ",
                                      ". Hosts called these places or sent data there."};
    static const char *const IN[] = {"Cut the ways in: refuse ",
                                     ". The intruder's requests and logons came from there."};
    const unsigned out = 1u << OUTSIDER_CALLED | 1u << OUTSIDER_TOOK;
    remedy_outsiders(assembly, campaign, OUT, out, 0, row);
    remedy_outsiders(assembly, campaign, IN, 1u << OUTSIDER_CAME_IN, out, row);
}

// One sentence on all clues of a kind: its words, the hosts, its words, the names.
static void remedy_kind_say(struct assembly *assembly, const struct campaign *campaign,
                            const struct remedy_kind *kind, const char *const words[4],
                            struct sentence_row *row) {
    struct remedy_list list;
    list_gather(assembly, kind, &list);
    if (list.citations.count == 0)
        return;
    buffer_append_text(&assembly->text, words[0]);
    write_hosts(&assembly->text, campaign, &list);
    buffer_append_text(&assembly->text, list.count ? words[1] : words[2]);
    write_names(&assembly->text, &list);
    buffer_append_text(&assembly->text, words[3]);
    sentence_row_add(assembly, row, &list.citations);
}

// NTDS.dit, DCSync, memory of LSASS: what the whole domain rests on. SAM and SECURITY: one host's.
static void remedy_credentials(struct assembly *assembly, const struct campaign *campaign,
                               struct sentence_row *row) {
    static const struct remedy_kind DOMAIN = {"T1003.001 T1003.003 T1003.006", "", NULL, false};
    static const struct remedy_kind LOCAL = {"T1003.002 T1003.004", "", NULL, false};
    static const char *const DOMAIN_WORDS[] = {
        "Reset krbtgt twice, with the lifetime of a ticket between (10 hours by default), and "
        "every "
        "account that was logged on where credentials were taken, those of administrators and "
        "services first: on ",
        "",
        " the memory of the logon process or the domain's store of passwords was read. What "
        "was in there stays valid until it is reset, and forged tickets until krbtgt is.",
        ""};
    static const char *const LOCAL_WORDS[] = {
        "Change the passwords of local accounts, and wherever else the same are used: on ", "",
        " the store of local passwords was copied.", ""};
    remedy_kind_say(assembly, campaign, &DOMAIN, DOMAIN_WORDS, row);
    remedy_kind_say(assembly, campaign, &LOCAL, LOCAL_WORDS, row);
    for (uint32_t i = 0; i < campaign->server_count; i++) {
        const struct campaign_server *server = &campaign->servers[i];
        const struct campaign_host *host = &campaign->hosts[server->host];
        if (!server_upgrades(server))
            continue;
        struct citations citations = host_citations(host);
        buffer_append_text(&assembly->text, "Replace the keys and passwords that lay on ");
        buffer_append_slice(&assembly->text, host->name);
        buffer_append_text(&assembly->text, ", and those of all who logged on there since ");
        text_append_minute(&assembly->text, host->first_ns, "an unknown time");
        buffer_append_text(&assembly->text, ": who holds a server can read them.");
        sentence_row_add(assembly, row, &citations);
    }
}

static bool name_is_page(struct slice name) {
    static const char *const ENDINGS[] = {".aspx", ".ashx", ".asmx", ".asp", ".jsp",
                                          ".jspx", ".php",  ".jspf", ".cfm"};
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++)
        if (text_ends_fold_ascii(name, slice_of_string(ENDINGS[i])))
            return true;
    return name.size > 1 && name.data[0] == '/';
}

// What clients asked the wave's source for; where that is not told, what it left on them.
static struct slice wave_package(const struct assembly *assembly, const struct campaign_wave *wave,
                                 struct citations *citations) {
    const struct clue_book *book = assembly->book;
    uint32_t number = assembly->members[wave->source];
    struct slice package = SLICE("");
    for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
        const struct clue *clue = &book->clues[i];
        if (assembly->told[i] == STAGE_NONE || clue->artefact_count == 0 ||
            (!clue_is_of(clue, "vedette-wave-package-replaced") &&
             !clue_is_of(clue, "vedette-wave-unlisted")))
            continue;
        package = package.size ? package : clue->artefacts[0];
        citations_add(citations, clue->references, clue->reference_count);
    }
    return package.size ? package : wave->artefact.size ? wave->artefact : SLICE("the package");
}

static void remedy_packages(struct assembly *assembly, const struct campaign *campaign,
                            struct sentence_row *row) {
    for (uint32_t i = 0; i < campaign->wave_count; i++) {
        const struct campaign_wave *wave = &campaign->waves[i];
        struct citations citations = {.count = 0};
        struct slice package = wave_package(assembly, wave, &citations);
        if (citations.count == 0)
            citations_add(&citations, wave->references, wave->reference_count);
        buffer_append_text(&assembly->text, "Withdraw ");
        buffer_append_slice(&assembly->text, package);
        buffer_append_text(&assembly->text, " from ");
        buffer_append_slice(&assembly->text, campaign->hosts[wave->source].name);
        buffer_append_format(&assembly->text,
                             " and recall it from the %u host%s that took it; put nothing back "
                             "that is not compared with its maker's bytes. A copy that stays, in "
                             "a cache or on a client, installs the intruder again.",
                             wave->host_count, wave->host_count == 1 ? "" : "s");
        sentence_row_add(assembly, row, &citations);
    }
}

static void remedy_removal(struct assembly *assembly, const struct campaign *campaign,
                           struct sentence_row *row) {
    static const struct remedy_kind PAGES = {"T1505.003", "", name_is_page, false};
    static const char *const PAGES_WORDS[] = {
        "Remove the web shells on ", ": ", ", which the evidence does not name by path",
        ". Whoever knows the address commands the server, whatever passwords are reset."};
    static const struct remedy_kind RULES = {"T1114.003", "", NULL, true};
    static const char *const RULES_WORDS[] = {
        "Remove the rules and settings on ", " that send mail on to ", " that send mail on",
        ", and look for others that do. To block the address leaves them set."};
    static const struct remedy_kind GRANTS = {"T1098.002", "vedette-exchange-impersonation", NULL,
                                              false};
    static const char *const GRANTS_WORDS[] = {
        "Take back the rights over mailboxes that were granted on ", "",
        " (ApplicationImpersonation, mailbox export, FullAccess)",
        ": who holds them reads all mail with any password."};
    static const struct remedy_kind STARTS = {
        "T1543.003 T1543.002 T1053.005 T1053.003 T1547.001 T1546.003 T1505.002 T1505.004 T1098.004",
        "", NULL, false};
    static const char *const STARTS_WORDS[] = {
        "Remove what starts the intruder's programs again on ", "",
        ": the services, tasks, run keys and the like that the host list names for each",
        ". What is left of them comes back with the next start."};
    remedy_packages(assembly, campaign, row);
    remedy_kind_say(assembly, campaign, &PAGES, PAGES_WORDS, row);
    remedy_kind_say(assembly, campaign, &RULES, RULES_WORDS, row);
    remedy_kind_say(assembly, campaign, &GRANTS, GRANTS_WORDS, row);
    remedy_kind_say(assembly, campaign, &STARTS, STARTS_WORDS, row);
}

static void rebuild_server(struct assembly *assembly, const struct campaign *campaign,
                           const struct campaign_server *server, struct sentence_row *row) {
    const struct campaign_host *host = &campaign->hosts[server->host];
    struct citations citations = host_citations(host);
    buffer_append_text(&assembly->text, "Rebuild ");
    buffer_append_slice(&assembly->text, host->name);
    buffer_append_text(&assembly->text, " (");
    buffer_append_slice(&assembly->text, server->role);
    buffer_append_text(
        &assembly->text,
        server_upgrades(server)
            ? ") from clean media, and let it deliver only packages that were compared with their "
              "maker's: who held it could change any."
        : host->best.parent < 0
            ? ") from clean media, and patch it before it comes back: the way in is open until "
              "then."
            : ") from clean media: what the intruder could reach there cannot be listed to its "
              "end.");
    sentence_row_add(assembly, row, &citations);
}

static void remedy_rebuilding(struct assembly *assembly, const struct campaign *campaign,
                              struct sentence_row *row) {
    uint32_t *order = servers_order(campaign);
    for (uint32_t i = 0; i < campaign->server_count; i++)
        if (!server_is_stone(&campaign->servers[order[i]]))
            rebuild_server(assembly, campaign, &campaign->servers[order[i]], row);
    memory_free(order);
    static const char *const STONES[] = {
        "Rebuild the stepping stones from clean media: ",
        ". What was done on hosts that others were reached from cannot be listed to its end."};
    stones_say(assembly, campaign, STONES, row);
    struct citations citations = {.count = 0};
    uint32_t others = others_count(campaign, &citations);
    if (others)
        buffer_append_format(&assembly->text,
                             "Then clean or rebuild the %u other confirmed host%s side by side; "
                             "the host list says what to remove from each.",
                             others, others == 1 ? "" : "s");
    sentence_row_add(assembly, row, &citations);
}

static void remedy_watch(struct assembly *assembly, const struct campaign *campaign,
                         struct sentence_row *row) {
    struct citations citations = host_citations(&campaign->hosts[0]);
    uint32_t probable = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        probable += campaign->hosts[i].state == HOST_STATE_PROBABLE;
    buffer_append_text(&assembly->text,
                       "Watch for the indicators, the accounts that were reset and the hosts that "
                       "came back");
    if (probable)
        buffer_append_format(&assembly->text, ", and look into the %u host%s that %s probable",
                             probable, probable == 1 ? "" : "s", probable == 1 ? "is" : "are");
    buffer_append_text(&assembly->text,
                       ": any sign of them means that somebody is still in, and all begins anew.");
    sentence_row_add(assembly, row, &citations);
}

void assembly_remediation(struct assembly *assembly, struct campaign *campaign) {
    struct sentence_row row = {0};
    remedy_deliveries(assembly, campaign, &row);
    remedy_evidence(assembly, campaign, &row);
    remedy_isolation(assembly, campaign, &row);
    remedy_places(assembly, campaign, &row);
    remedy_accounts(assembly, campaign, &row);
    remedy_credentials(assembly, campaign, &row);
    remedy_removal(assembly, campaign, &row);
    remedy_rebuilding(assembly, campaign, &row);
    remedy_watch(assembly, campaign, &row);
    campaign->remediation = sentence_row_keep(assembly, &row, &campaign->remediation_count);
}
