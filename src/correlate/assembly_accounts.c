// Accounts that a campaign used, to reset
// SPDX-License-Identifier: Apache-2.0
//
// 1. An account is the campaign's when one of its hosts was reached with it, or a high finding of
//    it tells of it; whoever clears a log, but not several hosts', may be at his own work.
// 2. Spellings of one account are one: CORP\ann, ann@corp.example.com and ann.
// 3. An account that every host has by that name (root) is reset where it was used.
#include "correlate/stage_begin.h"

#include "base/memory.h"
#include "base/text.h"

static struct slice account_domain(struct slice account) {
    struct slice user = account_user(account);
    return slice_part(account, 0, user.size < account.size ? account.size - user.size - 1 : 0);
}

static bool is_one_of(struct slice text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(text, slice_of_string(words[i])))
            return true;
    return false;
}

// What Windows itself runs as, virtual accounts of services and pools, and machines.
bool account_has_password(struct slice account) {
    static const char *const USERS[] = {"localsystem",     "system",        "anonymous logon",
                                        "network service", "local service", "s-1-5-18",
                                        "s-1-5-19",        "s-1-5-20",      "s-1-5-7"};
    static const char *const DOMAINS[] = {
        "nt authority", "nt-autorit\xC3\xA4t", "autorite nt",      "nt service",
        "iis apppool",  "window manager",      "font driver host", "nt virtual machine"};
    struct slice name = account_name(account);
    return name.size && name.data[name.size - 1] != '$' &&
           !is_one_of(name, USERS, ARRAY_SIZE(USERS)) &&
           !is_one_of(account_domain(account), DOMAINS, ARRAY_SIZE(DOMAINS));
}

// The more a spelling says of where the account is known, the better.
static int account_spelling(struct slice account) {
    if (account_domain(account).size)
        return 2;
    return account_name(account).size < account.size;
}

// Two domains of one way of writing are two accounts.
static bool account_is_same(struct slice a, struct slice b) {
    if (!text_equal_fold_ascii(account_name(a), account_name(b)))
        return false;
    return account_spelling(a) != account_spelling(b) || text_equal_fold_ascii(a, b);
}

// Which records name accounts: not those of the wire and of files.
static uint32_t reference_naming(const struct assembly *assembly,
                                 const struct reference *references, uint32_t count) {
    const struct correlate_input *input = assembly->input;
    const unsigned silent = SOURCE_CLASS_NETWORK | SOURCE_CLASS_FILES | SOURCE_CLASS_OTHER;
    for (uint32_t i = 0; i < count; i++) {
        const char *format = input->source_format(input->context, references[i].position.source);
        if (!(clue_source_class(format) & silent))
            return i;
    }
    return 0;
}

static struct used_account *account_find(struct assembly *assembly, struct slice account) {
    for (uint32_t i = 0; i < assembly->account_count; i++)
        if (account_is_same(assembly->accounts[i].name, account))
            return &assembly->accounts[i];
    if (assembly->account_count == CAMPAIGN_ACCOUNTS_MAX)
        return NULL;
    struct used_account *made = &assembly->accounts[assembly->account_count++];
    *made = (struct used_account){.name = account};
    return made;
}

// A logon that names it goes before what a finding cites.
static void account_cite(const struct assembly *assembly, struct used_account *used, uint32_t place,
                         const struct reference *references, uint32_t count) {
    const struct reference *logon =
        logon_book_find(assembly->logons, assembly->members[place], used->name);
    struct reference cited =
        logon ? *logon : references[reference_naming(assembly, references, count)];
    if (logon && !used->cites_logon && used->cited) {
        struct reference other = used->references[0];
        used->references[0] = cited;
        cited = other;
    }
    used->cites_logon |= logon != NULL;
    if (used->cited < ARRAY_SIZE(used->references))
        used->references[used->cited++] = cited;
}

static void account_take(struct assembly *assembly, uint32_t place, struct slice account,
                         const struct reference *references, uint32_t count) {
    if (count == 0 || !account_has_password(account))
        return;
    struct used_account *used = account_find(assembly, account);
    if (!used)
        return;
    if (account_spelling(account) > account_spelling(used->name))
        used->name = account;
    if (used->place_count == 0 || used->last_place != place) {
        if (used->place_count < CAMPAIGN_LIST_MAX)
            used->places[used->place_count] = place;
        used->place_count++;
        used->last_place = place;
    }
    account_cite(assembly, used, place, references, count);
}

// Places come in order: the accounts of a place are those that it was the last of.
static void host_keep(struct assembly *assembly, uint32_t place, struct campaign_host *host) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < assembly->account_count; i++)
        count += assembly->accounts[i].last_place == place;
    struct slice *kept = assembly_new(assembly, count, sizeof *kept);
    host->accounts = kept;
    host->account_count = 0;
    for (uint32_t i = 0; kept && i < assembly->account_count; i++)
        if (assembly->accounts[i].last_place == place)
            kept[host->account_count++] = assembly->accounts[i].name;
}

static bool clue_shows_account(const struct stage_judge *judge, const struct clue *clue) {
    const struct assembly *assembly = judge->assembly;
    bool is_one_of_many = clue_is_of(clue, "vedette-logs-cleared-on-several-hosts");
    return clue->level >= RULE_LEVEL_HIGH && (clue->stage != STAGE_COVER || is_one_of_many) &&
           assembly_clue_counts(assembly, clue) &&
           !judge->tellings[clue - assembly->book->clues].is_strangers &&
           (clue->source_host == RELATION_NO_HOST ||
            assembly->places[clue->source_host] != FOREST_NONE);
}

void assembly_accounts(struct assembly *assembly, const struct stage_judge *judge,
                       struct campaign *campaign) {
    const struct clue_book *book = assembly->book;
    assembly->account_count = 0;
    for (uint32_t place = 0; place < campaign->host_count; place++) {
        uint32_t number = assembly->members[place];
        uint32_t edge_number = assembly->forest->hosts[number].edge;
        const struct edge *edge =
            edge_number == FOREST_NONE ? NULL : &assembly->edges->edges[edge_number];
        if (edge && !edge->is_member)
            account_take(assembly, place, edge->account, edge->references, edge->reference_count);
        for (uint32_t i = book->starts[number]; i < book->starts[number + 1]; i++) {
            const struct clue *clue = &book->clues[i];
            if (clue_shows_account(judge, clue))
                account_take(assembly, place, clue->account, clue->references,
                             clue->reference_count);
        }
        host_keep(assembly, place, &campaign->hosts[place]);
    }
}

// "root on UNIX-01, UNIX-02 and 3 more hosts"
static void account_write(struct assembly *assembly, const struct campaign *campaign,
                          const struct used_account *used) {
    enum {
        PLACES_NAMED = 3
    };
    struct buffer *text = &assembly->text;
    buffer_append_slice(text, used->name);
    if (account_is_somebodys(used->name) || account_spelling(used->name))
        return;
    uint32_t named = used->place_count < PLACES_NAMED ? used->place_count : PLACES_NAMED;
    for (uint32_t i = 0; i < named; i++) {
        bool is_last = i + 1 == used->place_count;
        buffer_append_text(text, i == 0 ? " on " : is_last ? " and " : ", ");
        buffer_append_slice(text, campaign->hosts[used->places[i]].name);
    }
    if (used->place_count > named)
        buffer_append_format(text, " and %u more host%s", used->place_count - named,
                             used->place_count == named + 1 ? "" : "s");
}

void remedy_accounts(struct assembly *assembly, const struct campaign *campaign,
                     struct sentence_row *row) {
    struct citations citations = {.count = 0};
    uint32_t count = assembly->account_count;
    uint32_t named = count < CAMPAIGN_LIST_MAX ? count : CAMPAIGN_LIST_MAX;
    for (uint32_t i = 0; i < named; i++) {
        const struct used_account *used = &assembly->accounts[i];
        buffer_append_text(&assembly->text, i ? ", " : "Reset the accounts that were used: ");
        account_write(assembly, campaign, used);
        citations_add(&citations, used->references, 1);
    }
    if (count > named)
        buffer_append_format(&assembly->text, ", and %u more of the host list", count - named);
    buffer_append_text(&assembly->text, count ? ". What the intruder did was done as these." : "");
    for (uint32_t i = 0; i < named; i++)
        for (uint32_t k = 1; k < assembly->accounts[i].cited; k++)
            if (citations.count < FINDING_REFERENCES_MAX)
                citations_add(&citations, &assembly->accounts[i].references[k], 1);
    sentence_row_add(assembly, row, &citations);
}
