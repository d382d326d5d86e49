// Normal life: what others see of a host
// SPDX-License-Identifier: Apache-2.0
#include "drill/document_system.h"
#include "drill/life_stream.h"
#include "drill/upgrade_service.h"

#include <stdio.h>

#define BROWSER "C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe"
#define BROWSER_AGENT                                                                              \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "            \
    "Chrome/133.0.0.0 Safari/537.36"
#define MAILER_AGENT "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"
#define MAILER "C:\\Program Files\\Microsoft Office\\root\\Office16\\OUTLOOK.EXE"

static void ask_name(struct life_stream *stream, const char *program, struct slice name,
                     struct slice answer) {
    struct deed *deed = life_add_to(stream, DEED_NAME_QUERY, 5, stream->plan->resolver);
    life_put_program(stream, deed, program);
    deed->name_query.name = name;
    deed->name_query.answer = answer;
    deed->name_query.type = 1;
}

static struct deed *ask_page(struct life_stream *stream, struct dice *dice, uint32_t to,
                             enum deed_web_site site) {
    struct deed *deed = life_add_to(stream, DEED_WEB_REQUEST, 20 + dice_below(dice, 900), to);
    deed->to.port = 443;
    deed->web.site = site;
    deed->web.method = SLICE("GET");
    deed->web.scheme = SLICE("https");
    deed->web.agent = SLICE(BROWSER_AGENT);
    deed->web.status = dice_one_in(dice, 60) ? 404 : dice_one_in(dice, 9) ? 304 : 200;
    deed->web.request_bytes = 400 + dice_below(dice, 900);
    deed->web.response_bytes = deed->web.status == 200 ? 500 + dice_below(dice, 90000) : 180;
    deed->web.taken_ms = 1 + dice_below(dice, 300);
    return deed;
}

static void browse(struct life_stream *stream, struct dice *dice) {
    static const char *const words[] = {"news", "docs", "cdn", "maps", "shop",  "files",
                                        "api",  "www",  "img", "mail", "video", "learn"};
    uint32_t word = dice_below(dice, ARRAY_SIZE(words)), number = dice_below(dice, 40);
    bool net = dice_one_in(dice, 2);
    struct slice host =
        life_text(stream, "%s%u.example.%s", words[word], (unsigned)number, net ? "net" : "com");
    uint32_t pages = 1 + dice_below(dice, 4), place = 64 + (word * 80 + number * 2 + net) % 180;
    ask_name(stream, BROWSER, host, life_text(stream, "::ffff:198.51.100.%u;", (unsigned)place));
    for (uint32_t i = 0; i < pages; i++) {
        struct deed *deed = ask_page(stream, dice, DEED_NO_HOST, WEB_OUTSIDE);
        deed->to.address = address_of(0xC6336400u + place);
        life_put_program(stream, deed, BROWSER);
        deed->web.host = host;
        deed->web.proxied = stream->plan->proxy != DEED_NO_HOST;
        deed->web.stem =
            life_text(stream, "/%s/%u", i ? "static" : "page", (unsigned)dice_below(dice, 5000));
        deed->web.content_type = i ? SLICE("image/png") : SLICE("text/html");
    }
}

// What Outlook, browsers and telephones ask a mail server for.
static const struct {
    const char *method, *stem, *protocol, *action;
    uint32_t weight;
} mail_requests[] = {
    {"POST", "/mapi/emsmdb/", "Mapi", "Execute", 60},
    {"POST", "/mapi/nspi/", "Mapi", "QueryRows", 8},
    {"POST", "/EWS/Exchange.asmx", "Ews", "GetItem", 14},
    {"POST", "/autodiscover/autodiscover.xml", "Autodiscover", "", 5},
    {"GET", "/owa/", "Owa", "", 10},
    {"GET", "/OAB/oab.xml", "Oab", "", 3},
};

// Web services: the protocol that programs other than Outlook's own window speak.
static void call_mail(struct life_stream *stream, struct dice *dice) {
    static const char *const actions[] = {"GetItem", "FindItem", "GetUserAvailability"};
    struct deed *deed =
        life_add_to(stream, DEED_MAILBOX_ACCESS, 20 + dice_below(dice, 900), stream->plan->mail);
    deed->to.port = 443;
    deed->mailbox.action = slice_of_string(actions[dice_below(dice, ARRAY_SIZE(actions))]);
    deed->mailbox.mailbox = life_mail_address(stream, stream->host->user);
    deed->mailbox.agent = SLICE(MAILER_AGENT);
    deed->mailbox.item_count = 1 + dice_below(dice, 9);
    deed->mailbox.request_bytes = 900 + dice_below(dice, 900);
    deed->mailbox.response_bytes = 500 + dice_below(dice, 90000);
    deed->mailbox.taken_ms = 9 + dice_below(dice, 300);
    deed->mailbox.status = 200;
}

static void read_mail(struct life_stream *stream, struct dice *dice) {
    const struct organisation *organisation = stream->plan->organisation;
    uint32_t roll = dice_below(dice, 100), pick = 0;
    if (stream->plan->mail == DEED_NO_HOST || stream->host->user == DEED_NO_ACCOUNT)
        return;
    while (roll >= mail_requests[pick].weight)
        roll -= mail_requests[pick++].weight;
    if (mail_requests[pick].protocol[0] == 'E') {
        call_mail(stream, dice);
        return;
    }
    const struct account *account = &organisation->accounts[stream->host->user];
    struct deed_web_exchange *exchange = &stream->lanes[stream->at]->exchange;
    struct deed *deed = ask_page(stream, dice, stream->plan->mail, WEB_EXCHANGE_FRONT);
    bool browser = mail_requests[pick].method[0] == 'G';
    life_put_program(stream, deed, browser ? BROWSER : MAILER);
    deed->web.method = slice_of_string(mail_requests[pick].method);
    deed->web.stem = slice_of_string(mail_requests[pick].stem);
    deed->web.agent = browser ? SLICE(BROWSER_AGENT) : SLICE(MAILER_AGENT);
    deed->web.user = life_text(stream, "%s\\%s", organisation->companies[account->company].netbios,
                               account->name);
    deed->web.status = 200;
    *exchange = (struct deed_web_exchange){
        .protocol = slice_of_string(mail_requests[pick].protocol),
        .anchor_mailbox = life_text(stream, "Smtp~%s@%s", account->name,
                                    organisation->companies[account->company].domain),
        .action = slice_of_string(mail_requests[pick].action),
        .target = slice_of_string(organisation->hosts[stream->plan->mail].fqdn),
        .client_info = SLICE("Microsoft Outlook"),
        .back_status = 200};
    deed->web.exchange = exchange;
    life_pass_on(stream);
}

static const char *pick_stem(struct dice *dice, const char *const *stems) {
    uint32_t count = 0;
    while (count < DOCUMENT_STEMS_MAX && stems[count])
        count++;
    return stems[dice_below(dice, count)];
}

static void use_documents(struct life_stream *stream, struct dice *dice) {
    const struct document_system *system = stream->plan->documents;
    bool client = !dice_one_in(dice, 3);
    if (stream->plan->document == DEED_NO_HOST)
        return;
    struct deed *deed = ask_page(stream, dice, stream->plan->document, WEB_DOCUMENT);
    deed->to.port = 8443;
    deed->web.stem = slice_of_string(pick_stem(dice, client ? system->clients : system->pages));
    deed->web.method = client ? SLICE("POST") : SLICE("GET");
    deed->web.agent = client ? SLICE("ExampleDocSafe-Client/6.4") : SLICE(BROWSER_AGENT);
    life_put_program(stream, deed,
                     client ? "C:\\Program Files\\Example DocSafe\\Client\\DocSafeTray.exe"
                            : BROWSER);
}

static void check_upgrade(struct life_stream *stream, struct dice *dice) {
    if (stream->plan->upgrade == DEED_NO_HOST)
        return;
    struct deed *deed = ask_page(stream, dice, stream->plan->upgrade, WEB_UPGRADE);
    life_put_program(stream, deed, UPGRADE_UPDATER);
    deed->web.stem = SLICE(UPGRADE_CHECK_STEM);
    deed->web.query = SLICE("product=docsafe&version=6.4.0");
    deed->web.agent = SLICE(UPGRADE_AGENT);
    deed->web.status = 200;
    deed->web.response_bytes = 212;
}

static void use_files(struct life_stream *stream, struct dice *dice) {
    if (stream->plan->files == DEED_NO_HOST || stream->host->user == DEED_NO_ACCOUNT)
        return;
    struct deed *logon = life_add_to(stream, DEED_LOGON, 30, stream->plan->files);
    logon->logon.type = LOGON_NETWORK;
    logon->logon.package = SLICE("Kerberos");
    logon->logon.session = 0x200000 + dice_below(dice, 0xFFFFFF);
    struct deed *share = life_add_to(stream, DEED_SHARE_ACCESS, 40, stream->plan->files);
    share->share.share = SLICE("projects");
    share->share.path = life_text(stream, "team%02u\\plan%u.xlsx", (unsigned)dice_below(dice, 20),
                                  (unsigned)dice_below(dice, 400));
    share->share.written = dice_one_in(dice, 4);
    struct deed *flow = life_add_to(stream, DEED_FLOW, 100, stream->plan->files);
    life_put_program(stream, flow, "System");
    flow->to.port = 445;
    flow->flow.protocol = SLICE("tcp");
    flow->flow.service = SLICE("smb");
    flow->flow.sent_bytes = 2000 + dice_below(dice, 50000);
    flow->flow.received_bytes = 5000 + dice_below(dice, 4000000);
    flow->flow.taken_ms = 200 + dice_below(dice, 60000);
    struct deed *end = life_add_to(stream, DEED_LOGOFF, 300, stream->plan->files);
    end->logon = stream->lanes[stream->at]->queue[0].logon;
}

// Who logs in on a Unix host, and from where: administrators, their jump host, backup and the
// management tool with keys; now and then somebody mistypes.
static void log_in(struct life_stream *stream, struct dice *dice) {
    const struct life_plan *plan = stream->plan;
    uint32_t roll = dice_below(dice, 10);
    uint32_t from = roll < 3   ? plan->backup
                    : roll < 6 ? plan->management
                    : roll < 8 ? plan->jump
                               : DEED_NO_HOST;
    bool service = roll < 6;
    if (from == DEED_NO_HOST && plan->administrator_count)
        from = plan->administrators[dice_below(dice, plan->administrator_count)];
    if (from == DEED_NO_HOST || from == stream->host->number)
        return;
    struct deed *deed = life_add_from(stream, DEED_SSH_LOGIN, 0, from);
    deed->to.port = 22;
    deed->account = service ? life_find_account(stream, ACCOUNT_SERVICE, roll < 3 ? 0 : 1)
                            : life_find_account(stream, PERSON_ADMINISTRATOR, dice_below(dice, 8));
    deed->ssh.method = service ? SLICE("publickey") : SLICE("password");
    deed->ssh.key =
        service ? SLICE("SHA256:q3Zs0l1vXkQ0nJt5m8xYp2bR7cW4dF6gH9iK1oL3uA") : SLICE("");
    deed->ssh.failed = !service && dice_one_in(dice, 12);
}

static void send_mail(struct life_stream *stream, struct dice *dice) {
    uint32_t user = stream->host->user, people = stream->plan->person_count;
    if (stream->plan->mail == DEED_NO_HOST || user == DEED_NO_ACCOUNT)
        return;
    bool outside = dice_one_in(dice, 4);
    struct deed *deed = life_add_to(stream, DEED_MAIL, 50, stream->plan->mail);
    deed->mail.event = MAIL_SUBMITTED;
    life_put_message(stream, dice, deed, life_mail_address(stream, user),
                     outside
                         ? life_text(stream, "contact%u@partner%u.example.net",
                                     (unsigned)dice_below(dice, 90), (unsigned)dice_below(dice, 12))
                         : life_mail_address(stream, dice_below(dice, people)));
    life_move_message(stream, dice, outside ? MAIL_SENT : MAIL_DELIVERED);
}

static void renew_lease(struct life_stream *stream, bool renewed) {
    const struct organisation *organisation = stream->plan->organisation;
    if (!stream->host->leases || stream->plan->resolver == DEED_NO_HOST)
        return;
    struct deed *deed = life_add_to(stream, DEED_LEASE, 10, stream->plan->resolver);
    int64_t start = organisation_lease_start(organisation, deed->time_ns);
    deed->lease.until_ns = start + ORGANISATION_LEASE_NS;
    deed->lease.renewed = renewed;
}

void life_happen_lease(struct life_stream *stream) {
    renew_lease(stream, false);
}

void life_happen_outward(struct life_stream *stream, struct dice *dice) {
    bool person = stream->host->user != DEED_NO_ACCOUNT;
    uint32_t roll = dice_below(dice, 100);
    if (stream->host->system == SYSTEM_LINUX && !dice_one_in(dice, 3))
        log_in(stream, dice);
    else if (!person)
        ask_name(stream, "C:\\Windows\\System32\\svchost.exe", SLICE("time.example.com"),
                 SLICE("::ffff:198.51.100.70;"));
    else if (roll < 35)
        browse(stream, dice);
    else if (roll < 62)
        read_mail(stream, dice);
    else if (roll < 76)
        use_documents(stream, dice);
    else if (roll < 81)
        check_upgrade(stream, dice);
    else if (roll < 92)
        use_files(stream, dice);
    else if (roll < 97)
        send_mail(stream, dice);
    else
        renew_lease(stream, true);
}
