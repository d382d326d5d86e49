// Attacks: how an Exchange server is taken
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_exchange.h"

#include <string.h>

#define WORKER "C:\\Windows\\System32\\inetsrv\\w3wp.exe"
#define EXCHANGE "C:\\Program Files\\Microsoft\\Exchange Server\\V15\\"
#define ASP_NET                                                                                    \
    "C:\\Windows\\Microsoft.NET\\Framework64\\v4.0.30319\\Temporary ASP.NET Files\\owa\\"

// Paths, parameter names, statuses and cmdlet names only (CVE-2021-26855 and -27065;
// CVE-2021-34473, -34523 and -31207): what HttpProxy, IIS, ECP and cmdlet logs keep of them.
// Each is asked of the front end (443), which asks the back end (444) as the machine itself.
struct request {
    const char *method, *stem, *query;
    const char *protocol;
    const char *anchor; // of HttpProxy, after "ServerInfo~NAME:444"; NULL: a mailbox
    const char *back_stem, *back_query, *back_protocol;
    uint16_t status; // front and back end
    bool stopped;    // the front end answers alone
};

static const struct request forged[] = {
    {"POST", "/ecp/y.js", "", "Ecp", "/autodiscover/autodiscover.xml?#",
     "/autodiscover/autodiscover.xml", "", "Autodiscover", 200, false},
    {"POST", "/ecp/y.js", "", "Ecp", "/mapi/emsmdb/?#", "/mapi/emsmdb/", "", "Mapi", 200, false},
    {"POST", "/ecp/y.js", "", "Ecp", "/ecp/proxyLogon.ecp?#", "/ecp/proxyLogon.ecp", "", "Ecp", 241,
     false},
    {"POST", "/ecp/y.js", "", "Ecp",
     "/ecp/DDI/DDIService.svc/GetObject?schema=OABVirtualDirectory#",
     "/ecp/DDI/DDIService.svc/GetObject", "schema=OABVirtualDirectory", "Ecp", 200, false},
    {"POST", "/ecp/y.js", "", "Ecp",
     "/ecp/DDI/DDIService.svc/SetObject?schema=OABVirtualDirectory#",
     "/ecp/DDI/DDIService.svc/SetObject", "schema=OABVirtualDirectory", "Ecp", 200, false},
    {"POST", "/ecp/y.js", "", "Ecp",
     "/ecp/DDI/DDIService.svc/SetObject?schema=ResetOABVirtualDirectory#",
     "/ecp/DDI/DDIService.svc/SetObject", "schema=ResetOABVirtualDirectory", "Ecp", 200, false},
};

#define JSON "/autodiscover/autodiscover.json"
#define JSON_MAIL "&Email=autodiscover/autodiscover.json%3f@example.org"

static const struct request chained[] = {
    {"GET", JSON, "@example.org/owa/?" JSON_MAIL, "Autodiscover", NULL, NULL, NULL, NULL, 401,
     true},
    {"POST", JSON, "@example.org/mapi/nspi/?" JSON_MAIL, "Autodiscover", NULL, "/mapi/nspi/", "",
     "Mapi", 200, false},
    {"POST", JSON, "@example.org/autodiscover/autodiscover.xml?" JSON_MAIL, "Autodiscover", NULL,
     "/autodiscover/autodiscover.xml", "", "Autodiscover", 200, false},
    {"POST", JSON, "@example.org/EWS/exchange.asmx?" JSON_MAIL, "Autodiscover", NULL,
     "/EWS/exchange.asmx", "", "Ews", 200, false},
    {"POST", JSON, "@example.org/powershell/?X-Rps-CAT=" JSON_MAIL, "Autodiscover", NULL,
     "/powershell/", "X-Rps-CAT=", "PowerShell", 200, false},
    {"POST", JSON, "@example.org/powershell/?X-Rps-CAT=" JSON_MAIL, "Autodiscover", NULL,
     "/powershell/", "X-Rps-CAT=", "PowerShell", 200, false},
};

struct slice attack_machine_name(struct attack *attack, uint32_t host) {
    const struct host *machine = &attack->organisation->hosts[host];
    return attack_text(attack, "%s\\%s$", attack->organisation->companies[machine->company].netbios,
                       machine->name);
}

// HttpProxy's AnchorMailbox: the forged back-end address, or the mailbox that is spoken for.
static struct slice anchor_of(struct attack *attack, uint32_t host, const struct request *request) {
    const struct organisation *organisation = attack->organisation;
    if (request->anchor)
        return attack_text(attack, "ServerInfo~%s:444%s", organisation->hosts[host].fqdn,
                           request->anchor);
    const struct account *account = &organisation->accounts[attack->stolen_account];
    return attack_text(attack, "Smtp~%s@%s", account->name,
                       organisation->companies[account->company].domain);
}

void attack_pass_on(struct attack *attack, const struct deed *front, struct slice stem,
                    struct slice query, const char *protocol) {
    struct deed_web web = front->web;
    uint32_t host = front->to.host;
    struct deed *back =
        attack_add(attack, DEED_WEB_REQUEST, front->step, host, front->time_ns + ATTACK_SECOND / 9);
    struct deed_web_exchange *exchange = arena_new(&attack->script->arena, 1, sizeof *exchange);
    back->to.port = 444;
    back->web = web;
    back->web.site = WEB_EXCHANGE_BACK;
    back->web.stem = stem;
    back->web.query = query;
    back->web.user = attack_machine_name(attack, host);
    back->web.exchange = exchange;
    if (exchange)
        *exchange = (struct deed_web_exchange){
            .protocol = slice_of_string(protocol),
            .target = slice_of_string(attack->organisation->hosts[host].fqdn),
            .client_info = strcmp(protocol, "PowerShell") == 0 ? front->web.agent : SLICE(""),
            .back_status = front->web.status};
}

static void ask(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                const struct request *request) {
    struct deed_web_exchange *exchange = arena_new(&attack->script->arena, 1, sizeof *exchange);
    struct deed *deed = attack_ask(attack, step, host, at, slice_of_string(request->stem));
    deed->web.method = slice_of_string(request->method);
    deed->web.query = slice_of_string(request->query);
    deed->web.status = request->status;
    deed->web.agent = SLICE("python-requests/2.31.0");
    deed->web.exchange = exchange;
    if (!exchange)
        return;
    exchange->protocol = slice_of_string(request->protocol);
    exchange->anchor_mailbox = anchor_of(attack, host, request);
    exchange->target = slice_of_string(attack->organisation->hosts[host].fqdn);
    exchange->back_status = request->stopped ? 0 : request->status;
    if (request->stopped)
        return;
    struct deed front = *deed; // the row of deeds may move
    attack_pass_on(attack, &front, slice_of_string(request->back_stem),
                   slice_of_string(request->back_query), request->back_protocol);
}

struct deed *attack_run_cmdlet(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
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

static void forge(struct attack *attack, uint32_t step, uint32_t host, int64_t at) {
    static const struct {
        const char *name, *parameters;
    } cmdlets[] = {
        {"Get-OabVirtualDirectory", "-ADPropertiesOnly:$true -Server \"\""},
        {"Set-OabVirtualDirectory", "-Identity \"OAB (Default Web Site)\" -ExternalUrl "
                                    "\"http://f/#<script>inert marker</script>\""},
        {"Remove-OabVirtualDirectory", "-Identity \"OAB (Default Web Site)\" -Force:$true"},
        {"New-OabVirtualDirectory", "-WebSiteName \"Default Web Site\" -Role \"ClientAccess\""}};
    for (size_t i = 0; i < ARRAY_SIZE(cmdlets); i++) {
        struct deed *deed = attack_run_cmdlet(attack, step, host, at, cmdlets[i].name,
                                              slice_of_string(cmdlets[i].parameters));
        deed->cmdlet.client = SLICE("ECP");
        at += (1 + dice_below(&attack->dice, 3)) * ATTACK_SECOND;
    }
}

static void chain(struct attack *attack, uint32_t step, uint32_t host, int64_t at) {
    const char *name = attack->organisation->accounts[attack->stolen_account].name;
    attack_run_cmdlet(attack, step, host, at, "New-ManagementRoleAssignment",
                      attack_text(attack, "-Role \"Mailbox Import Export\" -User \"%s\"", name));
}

void attack_exploit_mail(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL);
    bool chains = attack->step->chain && strcmp(attack->step->chain, "powershell-chain") == 0;
    const struct request *requests = chains ? chained : forged;
    size_t count = chains ? ARRAY_SIZE(chained) : ARRAY_SIZE(forged);
    if (host == DEED_NO_HOST || attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    int64_t at = attack->now_ns;
    attack->mail_chain = attack->step->chain;
    for (size_t i = 0; i < count; i++) {
        at += (1 + dice_below(&attack->dice, 40)) * ATTACK_SECOND;
        ask(attack, step, host, at, &requests[i]);
    }
    at += ATTACK_SECOND / 3;
    if (chains)
        chain(attack, step, host, at);
    else
        forge(attack, step, host, at);
    attack_start(attack, step, host, at + 20 * ATTACK_SECOND, WORKER,
                 SLICE("C:\\Windows\\System32\\cmd.exe"), SLICE("cmd.exe /c whoami"));
    attack_reach(attack, host, DEED_NO_HOST, attack->now_ns);
}

// Which program a web page on an Exchange server is written by hangs on the way in: the system
// (through the share of the server itself), the mailbox replication, or Unified Messaging.
static struct slice page_writer(const struct attack *attack) {
    const char *way = attack->step->chain ? attack->step->chain : attack->mail_chain;
    if (way && strcmp(way, "unified-messaging") == 0)
        return SLICE(EXCHANGE "bin\\UMWorkerProcess.exe");
    if (way && strcmp(way, "powershell-chain") == 0)
        return SLICE(EXCHANGE "Bin\\MSExchangeMailboxReplication.exe");
    return SLICE("System");
}

// A mailbox export whose file is a page.
static void export_page(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                        struct slice path) {
    const char *name = attack->organisation->accounts[attack->stolen_account].name;
    struct slice below = slice_part(path, 3, SIZE_MAX); // "C:\"
    attack_run_cmdlet(attack, step, host, at, "New-MailboxExportRequest",
                      attack_text(attack,
                                  "-Mailbox \"%s\" -IncludeFolders (\"#Drafts#\") -FilePath "
                                  "\"\\\\127.0.0.1\\C$\\%.*s\"",
                                  name, (int)below.size, (const char *)below.data));
    attack_run_cmdlet(attack, step, host, at + 70 * ATTACK_SECOND, "Remove-MailboxExportRequest",
                      SLICE("-Confirm:$false"));
}

static void write_through_share(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                                struct slice path) {
    struct deed *share = attack_add(attack, DEED_SHARE_ACCESS, step, host, at);
    share->account = attack->organisation->hosts[host].account;
    share->share.share = SLICE("C$");
    share->share.path = slice_part(path, 3, SIZE_MAX);
    share->share.written = true;
}

void attack_write_page(struct attack *attack, struct deed *write) {
    struct slice writer = page_writer(attack), path = write->file.path;
    uint32_t host = write->to.host, step = write->step;
    int64_t at = write->time_ns;
    attack_put_program(attack, write, writer);
    if (slice_ends(writer, SLICE("MailboxReplication.exe")))
        export_page(attack, step, host, at - 2 * ATTACK_SECOND, path);
    else if (!slice_ends(writer, SLICE("UMWorkerProcess.exe")))
        write_through_share(attack, step, host, at - ATTACK_SECOND / 20, path);
}

void attack_compile_page(struct attack *attack, uint32_t step, uint32_t host, int64_t at,
                         struct slice name) {
    struct deed *deed = attack_add(attack, DEED_FILE_WRITE, step, host, at);
    attack_put_program(attack, deed, SLICE(WORKER));
    deed->file.path =
        attack_text(attack, ASP_NET "%08x\\%.*s.%08x.compiled", (unsigned)dice_roll(&attack->dice),
                    (int)name.size, (const char *)name.data, (unsigned)dice_roll(&attack->dice));
}
