// Normal life: what a mail server does all day
// SPDX-License-Identifier: Apache-2.0
#include "drill/life_stream.h"

// Mail comes and goes, people and services read it, monitoring and administrators look after it,
// at numbers that do not hang on the noise: that a log has a line must betray nothing.

#define OWA_AGENT                                                                                  \
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "            \
    "Chrome/133.0.0.0 Safari/537.36"
#define OUTLOOK_AGENT "Microsoft Office/16.0 (Windows NT 10.0; Microsoft Outlook 16.0.17328; Pro)"

enum {
    SERVICE_LEAST = 40,      // happenings a day
    SERVICE_EACH_IN_10 = 20, // for each person, of 10
    NOISE_LOW = 20,          // records a day below which the server is quieter, too
    NOISE_A_PERSON = 50      // records a day for one more happening a person
};

uint32_t life_service_rate(const struct life_plan *plan, const struct host *host) {
    uint32_t servers = organisation_count(plan->organisation, HOST_MAIL);
    uint64_t people = plan->person_count;
    if (host->role != HOST_MAIL)
        return 0;
    uint64_t each = SERVICE_EACH_IN_10 + 10 * plan->records_a_day / NOISE_A_PERSON;
    uint64_t all = SERVICE_LEAST + people * each / 10 / servers;
    return (uint32_t)(plan->records_a_day < NOISE_LOW ? all * plan->records_a_day / NOISE_LOW + 1
                                                      : all);
}

static uint32_t pick_person(const struct life_stream *stream, struct dice *dice) {
    uint32_t count = stream->plan->person_count;
    return count ? dice_below(dice, count) : DEED_NO_ACCOUNT;
}

static uint32_t pick_administrator(const struct life_stream *stream, struct dice *dice) {
    const struct life_plan *plan = stream->plan;
    return plan->administrator_count
               ? plan->administrators[dice_below(dice, plan->administrator_count)]
               : DEED_NO_HOST;
}

static struct address outside(struct dice *dice) {
    return address_of(0xC6336440u + dice_below(dice, 180)); // 198.51.100.64 on
}

struct slice life_mail_address(struct life_stream *stream, uint32_t number) {
    const struct organisation *organisation = stream->plan->organisation;
    const struct account *account = &organisation->accounts[number];
    return life_text(stream, "%s@%s", account->name,
                     organisation->companies[account->company].domain);
}

static struct slice stranger(struct life_stream *stream, struct dice *dice) {
    return life_text(stream, "contact%u@partner%u.example.net", (unsigned)dice_below(dice, 90),
                     (unsigned)dice_below(dice, 12));
}

void life_put_message(struct life_stream *stream, struct dice *dice, struct deed *deed,
                      struct slice from, struct slice to) {
    static const char *const subjects[] = {"Minutes",
                                           "Offer",
                                           "Re: drawing",
                                           "Schedule",
                                           "Invoice",
                                           "Lunch",
                                           "Status of the week",
                                           "Fwd: contract",
                                           "Question",
                                           "Re: Re: delivery",
                                           "\xE4\xBC\x9A\xE8\xAE\xAE\xE7\xBA\xAA\xE8\xA6\x81",
                                           "Travel",
                                           "Password expires soon"};
    deed->mail.sender = from;
    deed->mail.recipients = to;
    deed->mail.subject = slice_of_string(subjects[dice_below(dice, ARRAY_SIZE(subjects))]);
    deed->mail.message_id =
        life_text(stream, "<%08x%08x@%s>", (unsigned)dice_roll(dice), (unsigned)dice_roll(dice),
                  stream->plan->organisation->companies[0].domain);
    deed->mail.network_id =
        life_text(stream, "%08x-%04x-4%03x-8%03x-%012llx", (unsigned)dice_roll(dice),
                  (unsigned)dice_roll(dice) & 0xFFFF, (unsigned)dice_roll(dice) & 0xFFF,
                  (unsigned)dice_roll(dice) & 0xFFF, (unsigned long long)(dice_roll(dice) >> 16));
    deed->mail.size_bytes = 3000 + dice_below(dice, dice_one_in(dice, 8) ? 9000000 : 60000);
    deed->mail.recipient_count = 1;
}

void life_move_message(struct life_stream *stream, struct dice *dice, enum deed_mail_event event) {
    struct deed *next = life_add(stream, DEED_MAIL, 200 + dice_below(dice, 4000));
    next->from = next->to = next[-1].to;
    next->account = DEED_NO_ACCOUNT;
    next->mail = next[-1].mail;
    next->mail.event = event;
    if (event != MAIL_SENT)
        return;
    struct deed *flow = life_add(stream, DEED_FLOW, 40);
    flow->from = next->from;
    flow->to = (struct deed_end){.host = DEED_NO_HOST, .address = outside(dice), .port = 25};
    flow->account = DEED_NO_ACCOUNT;
    flow->flow.protocol = SLICE("tcp");
    flow->flow.service = SLICE("smtp");
    flow->flow.sent_bytes = next->mail.size_bytes + 1200;
    flow->flow.received_bytes = 900;
    flow->flow.taken_ms = 300 + dice_below(dice, 4000);
}

static void receive(struct life_stream *stream, struct dice *dice) {
    uint32_t person = pick_person(stream, dice);
    struct deed *deed = life_add_from(stream, DEED_MAIL, 0, DEED_NO_HOST);
    deed->from.address = outside(dice);
    deed->mail.event = MAIL_RECEIVED;
    life_put_message(stream, dice, deed, stranger(stream, dice), life_mail_address(stream, person));
    life_move_message(stream, dice, MAIL_DELIVERED);
}

static void write_mail(struct life_stream *stream, struct dice *dice) {
    const struct organisation *organisation = stream->plan->organisation;
    uint32_t person = pick_person(stream, dice);
    bool leaves = dice_one_in(dice, 3);
    struct deed *deed = life_add_from(stream, DEED_MAIL, 0, organisation->accounts[person].host);
    deed->account = person;
    deed->mail.event = MAIL_SUBMITTED;
    life_put_message(stream, dice, deed, life_mail_address(stream, person),
                     leaves ? stranger(stream, dice)
                            : life_mail_address(stream, pick_person(stream, dice)));
    life_move_message(stream, dice, leaves ? MAIL_SENT : MAIL_DELIVERED);
}

static struct deed_web_exchange *tell_exchange(struct life_stream *stream, const char *protocol,
                                               const char *action, uint32_t account) {
    struct deed_web_exchange *exchange = &stream->lanes[stream->at]->exchange;
    *exchange = (struct deed_web_exchange){.protocol = slice_of_string(protocol),
                                           .action = slice_of_string(action),
                                           .target = slice_of_string(stream->host->fqdn),
                                           .back_status = 200};
    struct slice address = life_mail_address(stream, account);
    exchange->anchor_mailbox =
        life_text(stream, "Smtp~%.*s", (int)address.size, (const char *)address.data);
    return exchange;
}

void life_pass_on(struct life_stream *stream) {
    const struct life_lane *lane = stream->lanes[stream->at];
    struct deed front = lane->queue[lane->queue_count - 1];
    struct deed *back = life_add_to(stream, DEED_WEB_REQUEST, 1, front.to.host);
    back->from = back->to;
    back->to.port = 444;
    back->web = front.web;
    back->web.site = WEB_EXCHANGE_BACK;
}

// A request of a person to the front end, and to the back end after it.
static void ask(struct life_stream *stream, struct dice *dice, uint32_t from, uint32_t account,
                const struct deed_web *web) {
    const struct organisation *organisation = stream->plan->organisation;
    const struct account *person = &organisation->accounts[account];
    struct deed *deed = life_add_from(stream, DEED_WEB_REQUEST, 40 + dice_below(dice, 900), from);
    if (from == DEED_NO_HOST)
        deed->from.address = outside(dice);
    deed->to.port = 443;
    deed->account = account;
    deed->web = *web;
    deed->web.site = WEB_EXCHANGE_FRONT;
    deed->web.scheme = SLICE("https");
    deed->web.user =
        life_text(stream, "%s\\%s", organisation->companies[person->company].netbios, person->name);
    deed->web.status = 200;
    deed->web.request_bytes = 500 + dice_below(dice, 3000);
    deed->web.response_bytes = 400 + dice_below(dice, 60000);
    deed->web.taken_ms = 4 + dice_below(dice, 400);
    life_pass_on(stream);
}

static void use_telephone(struct life_stream *stream, struct dice *dice) {
    static const char *const commands[] = {"Sync", "Ping", "Ping", "ItemOperations", "FolderSync"};
    uint32_t person = pick_person(stream, dice);
    const char *name = stream->plan->organisation->accounts[person].name;
    ask(stream, dice, DEED_NO_HOST, person,
        &(struct deed_web){
            .method = SLICE("POST"),
            .stem = SLICE("/Microsoft-Server-ActiveSync/default.eas"),
            .query = life_text(stream, "User=%s&DeviceId=%08X%08X&DeviceType=%s&Cmd=%s", name,
                               (unsigned)(person * 2654435761u), (unsigned)(person * 40503u),
                               person % 2 ? "iPhone" : "Android",
                               commands[dice_below(dice, ARRAY_SIZE(commands))]),
            .agent = person % 2 ? SLICE("Apple-iPhone14C5/2203.76") : SLICE("Android-Mail/2025.2"),
            .exchange = tell_exchange(stream, "Eas", "", person)});
}

// Searches are typed in Chinese, too: older pages send them as GBK, and so do their references,
// which IIS logs as they come.
static void browse_mail(struct life_stream *stream, struct dice *dice) {
    static const char *const pages[][2] = {
        {"/owa/", ""},
        {"/owa/auth/logon.aspx", "url=https%3a%2f%2fmail%2fowa%2f&reason=0"},
        {"/owa/service.svc", "action=GetConversationItems&EP=1&ID=-31&AC=1"},
        {"/owa/service.svc", "action=FindItem&EP=1&ID=-12&AC=1"},
        {"/owa/ev.owa2", "ns=PendingRequest&ev=PendingNotificationRequest"},
        {"/owa/", "ae=Folder&t=IPF.Note&q=%BA%CF%CD%AC"},
        {"/owa/", "ae=Folder&t=IPF.Note&q=%BB%E1%D2%E9%BC%CD%D2%AA"},
        {"/owa/attachment.ashx", "attach=1&fn=%B1%A8%B8%E6.doc"},
    };
    uint32_t person = pick_person(stream, dice), pick = dice_below(dice, ARRAY_SIZE(pages));
    uint32_t from =
        dice_one_in(dice, 3) ? DEED_NO_HOST : stream->plan->organisation->accounts[person].host;
    struct deed_web web = {.method = pick == 2 || pick == 3 ? SLICE("POST") : SLICE("GET"),
                           .stem = slice_of_string(pages[pick][0]),
                           .query = slice_of_string(pages[pick][1]),
                           .agent = SLICE(OWA_AGENT),
                           .exchange = tell_exchange(stream, "Owa", "", person)};
    if (pick > 4 && dice_one_in(dice, 2))
        web.referrer = life_text(stream, "https://%s/owa/?q=\xBA\xCF\xCD\xAC", stream->host->fqdn);
    ask(stream, dice, from, person, &web);
}

struct reader {
    uint32_t host, account;
    const char *agent;
    struct slice mailbox, impersonated;
    uint32_t items_most, bytes_each;
};

static void read_mailbox(struct life_stream *stream, struct dice *dice, const struct reader *reader,
                         const char *action) {
    struct deed *deed =
        life_add_from(stream, DEED_MAILBOX_ACCESS, 60 + dice_below(dice, 1500), reader->host);
    deed->account = reader->account;
    deed->to.port = 443;
    deed->mailbox.action = slice_of_string(action);
    deed->mailbox.mailbox = reader->mailbox;
    deed->mailbox.impersonated = reader->impersonated;
    deed->mailbox.agent = slice_of_string(reader->agent);
    deed->mailbox.item_count = 1 + dice_below(dice, reader->items_most);
    deed->mailbox.request_bytes = 1100 + dice_below(dice, 1900);
    deed->mailbox.response_bytes =
        1500 + (uint64_t)deed->mailbox.item_count * (1 + dice_below(dice, reader->bytes_each));
    deed->mailbox.taken_ms = 15 + dice_below(dice, 60) + 9 * deed->mailbox.item_count;
    deed->mailbox.status = dice_one_in(dice, 90) ? 500 : 200;
}

static void use_outlook(struct life_stream *stream, struct dice *dice) {
    static const char *const actions[] = {"GetUserAvailability", "GetItem", "FindItem",
                                          "GetUserOofSettings",  "GetItem", "SyncFolderItems"};
    uint32_t person = pick_person(stream, dice);
    struct reader reader = {.host = stream->plan->organisation->accounts[person].host,
                            .account = person,
                            .agent = person % 7 ? OUTLOOK_AGENT : "MacOutlook/16.93.25011212",
                            .mailbox = life_mail_address(stream, person),
                            .items_most = 6,
                            .bytes_each = 40000};
    for (uint32_t i = 1 + dice_below(dice, 2); i > 0; i--)
        read_mailbox(stream, dice, &reader, actions[dice_below(dice, ARRAY_SIZE(actions))]);
}

// A program that books rooms, under the service's account for the room.
static void book_room(struct life_stream *stream, struct dice *dice) {
    struct slice room = life_text(stream, "room-%02u@%s", (unsigned)(1 + dice_below(dice, 14)),
                                  stream->plan->organisation->companies[0].domain);
    struct reader reader = {.host = stream->plan->room_service,
                            .account = life_find_account(stream, ACCOUNT_SERVICE, 3),
                            .agent = "ExchangeServicesClient/15.00.0913.015",
                            .mailbox = room,
                            .impersonated = room,
                            .items_most = 12,
                            .bytes_each = 3000};
    if (reader.host == DEED_NO_HOST)
        return;
    read_mailbox(stream, dice, &reader, "FindItem");
    if (dice_one_in(dice, 3))
        read_mailbox(stream, dice, &reader, "CreateItem");
}

// The archive reads everybody's mail with one account, large pieces of it.
static void archive(struct life_stream *stream, struct dice *dice) {
    struct slice mailbox = life_mail_address(stream, pick_person(stream, dice));
    struct reader reader = {.host = stream->plan->backup,
                            .account = life_find_account(stream, ACCOUNT_SERVICE, 0),
                            .agent = "ExampleArchive/9.2 (ExchangeServicesClient/15.01.2375.024)",
                            .mailbox = mailbox,
                            .impersonated = mailbox,
                            .items_most = 100,
                            .bytes_each = 90000};
    if (reader.host == DEED_NO_HOST)
        return;
    read_mailbox(stream, dice, &reader, "SyncFolderItems");
    read_mailbox(stream, dice, &reader, "GetItem");
    if (dice_one_in(dice, 2))
        read_mailbox(stream, dice, &reader, "ExportItems");
}

static void run_cmdlet(struct life_stream *stream, struct dice *dice, uint32_t from,
                       const char *name, struct slice parameters) {
    struct deed *deed = life_add_from(stream, DEED_CMDLET, 100 + dice_below(dice, 4000), from);
    const struct host *host = &stream->plan->organisation->hosts[from];
    deed->account =
        host->user != DEED_NO_ACCOUNT ? host->user : life_find_account(stream, ACCOUNT_SERVICE, 1);
    deed->cmdlet.name = slice_of_string(name);
    deed->cmdlet.parameters = parameters;
    deed->cmdlet.client = SLICE("EMC");
    deed->cmdlet.taken_ms = 40 + dice_below(dice, 1600);
    deed->cmdlet.local = from == stream->host->number;
}

static void monitor(struct life_stream *stream, struct dice *dice) {
    static const char *const names[] = {"Test-ServiceHealth",           "Get-Queue",
                                        "Get-MailboxDatabase",          "Get-ExchangeServer",
                                        "Test-MAPIConnectivity",        "Get-ServerComponentState",
                                        "Get-MailboxDatabaseCopyStatus"};
    uint32_t from = stream->plan->management;
    if (from == DEED_NO_HOST || dice_one_in(dice, 3))
        from = stream->host->number;
    run_cmdlet(stream, dice, from, names[dice_below(dice, ARRAY_SIZE(names))],
               life_text(stream, "-Server \"%s\"", stream->host->name));
    stream->lanes[stream->at]->queue[0].cmdlet.client = SLICE("Monitoring");
}

// Now and then what an intruder would do, too: exports that a court asks for, mail of those who
// left forwarded, rights given to a service.
static void administrate(struct life_stream *stream, struct dice *dice) {
    static const char *const usual[] = {
        "Get-Mailbox",    "Get-MailboxStatistics", "Get-MessageTrackingLog",
        "Get-CASMailbox", "Get-DistributionGroup", "Get-MailboxPermission"};
    static const struct {
        const char *name, *after;
    } changes[] = {
        {"Set-Mailbox", "-IssueWarningQuota \"4 GB\""},
        {"Set-Mailbox", "-HiddenFromAddressListsEnabled $true"},
        {"Set-CASMailbox", "-ActiveSyncEnabled $false"},
        {"Add-MailboxPermission", "-User \"Assistants\" -AccessRights FullAccess"},
        {"Set-Mailbox", "-ForwardingSmtpAddress \"smtp:left@partner3.example.net\""},
        {"New-MailboxExportRequest", "-FilePath \"\\\\files-01\\legal\\case.pst\""},
        {"Remove-MailboxExportRequest", "-Confirm:$false"},
        {"Set-MailboxAutoReplyConfiguration", "-AutoReplyState Enabled"},
        {"New-InboxRule", "-Name \"Newsletters\" -MoveToFolder \"Read later\""},
    };
    uint32_t from = pick_administrator(stream, dice);
    if (from == DEED_NO_HOST)
        return;
    struct slice person = life_mail_address(stream, pick_person(stream, dice));
    run_cmdlet(
        stream, dice, from, usual[dice_below(dice, ARRAY_SIZE(usual))],
        life_text(stream, "-Identity \"%.*s\"", (int)person.size, (const char *)person.data));
    if (!dice_one_in(dice, 3))
        return;
    uint32_t pick = dice_below(dice, ARRAY_SIZE(changes));
    run_cmdlet(stream, dice, from, changes[pick].name,
               life_text(stream, "%s \"%.*s\" %s",
                         changes[pick].name[0] == 'N' ? "-Mailbox" : "-Identity", (int)person.size,
                         (const char *)person.data, changes[pick].after));
    if (dice_one_in(dice, 6))
        run_cmdlet(stream, dice, from, "New-ManagementRoleAssignment",
                   SLICE("-Role \"ApplicationImpersonation\" -User \"svc.mail\""));
    if (dice_one_in(dice, 8))
        run_cmdlet(stream, dice, from, "Set-OabVirtualDirectory",
                   life_text(stream,
                             "-Identity \"OAB (Default Web Site)\" -ExternalUrl "
                             "\"https://%s/OAB\"",
                             stream->host->fqdn));
}

// Pages of the control panel: administrators' lists, everybody's own options.
static void open_panel(struct life_stream *stream, struct dice *dice) {
    static const char *const own[][2] = {{"/ecp/", "rfr=owa&owaparam=modurl%3D0"},
                                         {"/ecp/RulesEditor/InboxRules.svc/GetList", ""},
                                         {"/ecp/PersonalSettings/EmailSignature.aspx", "rfr=owa"},
                                         {"/ecp/Organize/AutomaticReplies.svc/GetObject", ""}};
    static const char *const lists[][2] = {
        {"/ecp/default.aspx", "p=Mailboxes"},
        {"/ecp/DDI/DDIService.svc/GetList", "schema=MailboxService"},
        {"/ecp/DDI/DDIService.svc/GetObject", "schema=EditMailbox"},
        {"/ecp/DDI/DDIService.svc/SetObject", "schema=EditMailbox"},
        {"/ecp/DDI/DDIService.svc/GetList", "schema=VirtualDirectory"},
        {"/ecp/VDirMgmt/EditOABVDir.aspx", "schema=OABVirtualDirectory"}};
    const struct organisation *organisation = stream->plan->organisation;
    uint32_t administrator = dice_one_in(dice, 2) ? pick_administrator(stream, dice) : DEED_NO_HOST;
    bool manages = administrator != DEED_NO_HOST;
    uint32_t person = manages ? organisation->hosts[administrator].user : pick_person(stream, dice);
    const char *const *page = manages ? lists[dice_below(dice, ARRAY_SIZE(lists))]
                                      : own[dice_below(dice, ARRAY_SIZE(own))];
    struct slice stem = slice_of_string(page[0]);
    bool asks = !slice_ends(stem, SLICE("/")) && !slice_ends(stem, SLICE(".aspx"));
    ask(stream, dice, organisation->accounts[person].host, person,
        &(struct deed_web){.method = asks ? SLICE("POST") : SLICE("GET"),
                           .stem = stem,
                           .query = slice_of_string(page[1]),
                           .agent = SLICE(OWA_AGENT),
                           .exchange = tell_exchange(stream, "Ecp", "", person)});
    if (!asks || !manages)
        return;
    bool sets = slice_ends(stem, SLICE("SetObject"));
    struct slice mailbox = life_mail_address(stream, pick_person(stream, dice));
    run_cmdlet(stream, dice, administrator, sets ? "Set-Mailbox" : "Get-Mailbox",
               life_text(stream, "-Identity \"%.*s\"%s", (int)mailbox.size,
                         (const char *)mailbox.data, sets ? " -ProhibitSendQuota \"5 GB\"" : ""));
    struct life_lane *lane = stream->lanes[stream->at];
    lane->queue[lane->queue_count - 1].cmdlet.client = SLICE("ECP");
}

void life_happen_service(struct life_stream *stream, struct dice *dice) {
    static const struct {
        void (*happen)(struct life_stream *stream, struct dice *dice);
        uint32_t weight; // of 1,000
    } rows[] = {{receive, 290},     {write_mail, 270}, {use_telephone, 130}, {use_outlook, 110},
                {browse_mail, 80},  {book_room, 40},   {archive, 30},        {monitor, 20},
                {administrate, 12}, {open_panel, 18}};
    uint32_t roll = dice_below(dice, 1000), pick = 0;
    if (stream->plan->person_count == 0)
        return;
    while (roll >= rows[pick].weight)
        roll -= rows[pick++].weight;
    rows[pick].happen(stream, dice);
}
