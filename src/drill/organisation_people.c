// Accounts of the drill's organisation
// SPDX-License-Identifier: Apache-2.0
#include "drill/organisation_people.h"

#include "drill/deed.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

enum {
    FIRST_RELATIVE_ID = 1104,
    EXECUTIVES_PERMILLE = 15,
    EXECUTIVES_MIN = 3,
    DEVELOPERS_PERCENT = 10,
    HELP_DESK_PERCENT = 2
};

static const char *const service_names[] = {"svc.backup", "svc.deploy", "svc.scan", "svc.mail",
                                            "svc.sql"};

static struct account *add_account(struct organisation *organisation, enum account_kind kind,
                                   uint32_t company, uint32_t host) {
    struct account *account = &organisation->accounts[organisation->account_count];
    char sid[96];
    snprintf(sid, sizeof sid, "%s-%u", organisation->companies[company].sid,
             (unsigned)(FIRST_RELATIVE_ID + organisation->account_count));
    organisation->account_count++;
    size_t size = evtx_sid_parse(sid, account->sid);
    assert(size > 0);
    account->sid_size = (uint8_t)size;
    account->kind = (uint8_t)kind;
    account->company = company;
    account->host = host;
    return account;
}

static void name_person(struct account *account, uint32_t number) {
    static const char *const first[] = {
        "anna",  "bao",   "carla", "david", "elena", "feng", "grace", "henry",
        "irene", "jun",   "karin", "lei",   "maria", "nils", "olga",  "peter",
        "qing",  "rosa",  "simon", "tao",   "ulla",  "wei",  "xin",   "yan",
        "zhen",  "boris", "dana",  "emil",  "hana",  "ivan", "jana",  "lars"};
    static const char *const last[] = {
        "adler",  "brandt", "chen",   "dietz",  "ekman",   "faber", "gao",   "hansen",
        "ivanov", "jensen", "keller", "liu",    "meyer",   "novak", "olsen", "peters",
        "qian",   "rossi",  "schmid", "torres", "wang",    "weber", "xu",    "zhang",
        "zhou",   "bauer",  "costa",  "dupont", "fischer", "huang", "kowal", "lindner"};
    uint32_t mixed = number * 2654435761u >> 8;
    int size = snprintf(account->name, sizeof account->name, "%s.%s",
                        first[mixed % ARRAY_SIZE(first)], last[mixed / 64 % ARRAY_SIZE(last)]);
    snprintf(account->name + size, sizeof account->name - (size_t)size, "%u",
             (unsigned)(number % 10000));
}

static enum account_kind draw_kind(struct dice *dice, uint32_t number) {
    uint32_t roll = dice_below(dice, 1000);
    if (number < EXECUTIVES_MIN || roll < EXECUTIVES_PERMILLE)
        return PERSON_EXECUTIVE;
    if (roll < 10 * DEVELOPERS_PERCENT)
        return PERSON_DEVELOPER;
    return roll >= 1000 - 10 * HELP_DESK_PERCENT ? PERSON_HELP_DESK : PERSON;
}

static void add_persons(struct organisation *organisation) {
    struct dice dice;
    uint32_t administrators = 0, number = 0;
    dice_init(&dice, organisation->seed, 0x9E0);
    for (uint32_t i = 0; i < organisation->host_count; i++) {
        struct host *host = &organisation->hosts[i];
        if (host->role != HOST_WORKSTATION && host->role != HOST_ADMINISTRATOR)
            continue;
        bool administrator = host->role == HOST_ADMINISTRATOR;
        enum account_kind kind = administrator ? PERSON_ADMINISTRATOR : draw_kind(&dice, number);
        host->user = (uint32_t)organisation->account_count;
        struct account *account = add_account(organisation, kind, host->company, i);
        if (administrator)
            snprintf(account->name, sizeof account->name, "adm.%02u", ++administrators % 10000);
        else
            name_person(account, number++);
    }
}

static void add_services(struct organisation *organisation) {
    for (uint32_t company = 0; company < organisation->company_count; company++)
        for (size_t i = 0; i < ARRAY_SIZE(service_names); i++) {
            struct account *account =
                add_account(organisation, ACCOUNT_SERVICE, company, DEED_NO_HOST);
            snprintf(account->name, sizeof account->name, "%s", service_names[i]);
        }
}

static void add_computers(struct organisation *organisation) {
    for (uint32_t i = 0; i < organisation->host_count; i++) {
        struct host *host = &organisation->hosts[i];
        if (host->system != SYSTEM_WINDOWS)
            continue;
        host->account = (uint32_t)organisation->account_count;
        struct account *account = add_account(organisation, ACCOUNT_COMPUTER, host->company, i);
        snprintf(account->name, sizeof account->name, "%s$", host->name);
    }
}

enum status organisation_add_people(struct organisation *organisation, struct problem *problem) {
    size_t most =
        2 * organisation->host_count + organisation->company_count * ARRAY_SIZE(service_names);
    organisation->accounts = arena_new(&organisation->arena, most, sizeof(struct account));
    if (!organisation->accounts)
        return problem_set(problem, STATUS_LIMIT, "the organisation is too large");
    add_persons(organisation);
    add_services(organisation);
    add_computers(organisation);
    assert(organisation->account_count <= most);
    return STATUS_OK;
}
