// A deed in the words of truth.json
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "drill/truth_record.h"

#include <stdio.h>

// What a log may show of the deed, whatever the log is: readers of the truth look for those
// that the log at hand has. Empty ones are left out.
struct deed_text {
    struct buffer *text;
    const struct organisation *organisation;
};

static void put_text(const struct deed_text *to, const char *key, struct slice text) {
    if (text.size == 0)
        return;
    buffer_append_format(to->text, ",\"%s\":", key);
    text_append_json(to->text, text);
}

static void put_number(const struct deed_text *to, const char *key, uint64_t number) {
    if (number)
        buffer_append_format(to->text, ",\"%s\":%llu", key, (unsigned long long)number);
}

static void put_end(const struct deed_text *to, const char *key, const struct deed_end *end) {
    char address[ADDRESS_TEXT_SIZE];
    bool first = true;
    if (end->host == DEED_NO_HOST && !end->address.size)
        return;
    buffer_append_format(to->text, ",\"%s\":{", key);
    if (end->host != DEED_NO_HOST) {
        buffer_append_text(to->text, "\"host\":");
        text_append_json(to->text, slice_of_string(to->organisation->hosts[end->host].name));
        first = false;
    }
    if (end->address.size) {
        address_format(&end->address, address);
        buffer_append_format(to->text, "%s\"address\":\"%s\"", first ? "" : ",", address);
    }
    if (end->port)
        buffer_append_format(to->text, ",\"port\":%u", end->port);
    buffer_append_byte(to->text, '}');
}

static void put_account(const struct deed_text *to, const char *key, uint32_t number) {
    char label[ACCOUNT_NAME_SIZE + 20];
    if (number == DEED_NO_ACCOUNT)
        return;
    const struct account *account = &to->organisation->accounts[number];
    int size = snprintf(label, sizeof label, "%s\\%s",
                        to->organisation->companies[account->company].netbios, account->name);
    put_text(to, key, slice_of(label, (size_t)size));
}

static void put_content(const struct deed_text *to, const struct deed_content *content) {
    if (!content)
        return;
    buffer_append_text(to->text, ",\"sha256\":\"");
    for (size_t i = 0; i < DEED_DIGEST_SIZE; i++)
        buffer_append_format(to->text, "%02x", content->sha256[i]);
    buffer_append_byte(to->text, '"');
    put_number(to, "size", content->size_bytes);
}

static void put_web(const struct deed_text *to, const struct deed_web *web) {
    put_text(to, "method", web->method);
    put_text(to, "scheme", web->scheme);
    put_text(to, "name", web->host);
    put_text(to, "stem", web->stem);
    put_text(to, "query", web->query);
    put_text(to, "agent", web->agent);
    put_text(to, "user", web->user);
    put_number(to, "status", web->status);
    put_text(to, "artefact", web->artefact);
    put_content(to, web->content);
    if (web->proxied)
        buffer_append_text(to->text, ",\"proxied\":true");
    if (web->exchange) {
        put_text(to, "anchor", web->exchange->anchor_mailbox);
        put_text(to, "action", web->exchange->action);
    }
}

static void put_traffic(const struct deed_text *to, const struct deed *deed) {
    switch (deed->kind) {
    case DEED_WEB_REQUEST:
        put_web(to, &deed->web);
        break;
    case DEED_NAME_QUERY:
        put_text(to, "name", deed->name_query.name);
        break;
    case DEED_FLOW:
        put_text(to, "protocol", deed->flow.protocol);
        put_text(to, "name", deed->flow.name);
        break;
    case DEED_MAIL:
        put_text(to, "sender", deed->mail.sender);
        put_text(to, "message", deed->mail.message_id);
        break;
    case DEED_MAILBOX_ACCESS:
        put_text(to, "action", deed->mailbox.action);
        put_text(to, "mailbox", deed->mailbox.mailbox);
        break;
    case DEED_LOGON:
        put_number(to, "type", deed->logon.type);
        put_text(to, "package", deed->logon.package);
        break;
    case DEED_SSH_LOGIN:
        put_text(to, "method", deed->ssh.method);
        break;
    case DEED_SHARE_ACCESS:
        put_text(to, "share", deed->share.share);
        put_text(to, "path", deed->share.path);
        break;
    default:
        break;
    }
}

static void put_change(const struct deed_text *to, const struct deed *deed) {
    switch (deed->kind) {
    case DEED_CMDLET:
        put_text(to, "name", deed->cmdlet.name);
        put_text(to, "parameters", deed->cmdlet.parameters);
        break;
    case DEED_FILE_WRITE:
    case DEED_FILE_DELETE:
        put_text(to, "path", deed->file.path);
        put_content(to, deed->file.content);
        break;
    case DEED_REGISTRY_SET:
        put_text(to, "path", deed->registry.key);
        break;
    case DEED_SERVICE_INSTALL:
        put_text(to, "name", deed->service.name);
        put_text(to, "command", deed->service.command);
        break;
    case DEED_TASK_CREATE:
        put_text(to, "name", deed->task.name);
        put_text(to, "command", deed->task.command);
        break;
    case DEED_SOFTWARE_INSTALL:
        put_text(to, "name", deed->software.name);
        put_text(to, "version", deed->software.version);
        break;
    case DEED_PACKAGE_CHANGE:
        put_text(to, "stem", deed->package.stem);
        put_text(to, "version", deed->package.version);
        put_content(to, deed->package.content);
        break;
    case DEED_ACCOUNT_CHANGE:
        put_text(to, "change", deed->account_change.change);
        put_account(to, "target", deed->account_change.target);
        put_text(to, "group", deed->account_change.group);
        break;
    default:
        break;
    }
}

static void put_running(const struct deed_text *to, const struct deed *deed) {
    switch (deed->kind) {
    case DEED_PROCESS_START:
        put_text(to, "command", deed->program.command);
        put_text(to, "parent", deed->parent.image);
        put_content(to, deed->process.content);
        break;
    case DEED_PROCESS_ACCESS:
        put_text(to, "target", deed->access.target.image);
        break;
    case DEED_PIPE:
        put_text(to, "name", deed->pipe.name);
        break;
    case DEED_SCRIPT:
        put_text(to, "script", deed->script.text);
        break;
    default:
        break;
    }
}

void truth_put_deed(struct buffer *text, const struct organisation *organisation,
                    const struct deed *deed) {
    const struct deed_text to = {text, organisation};
    char time[CLOCK_TEXT_SIZE];
    clock_format(deed->time_ns, time);
    buffer_append_format(text, "{\"kind\":\"%s\",\"time\":\"%s\"", deed_kind_name(deed->kind),
                         time);
    put_end(&to, "from", &deed->from);
    put_end(&to, "to", &deed->to);
    put_account(&to, "account", deed->account);
    put_text(&to, deed->kind == DEED_WEB_REQUEST ? "login" : "user", deed->user);
    put_text(&to, "program", deed->program.image);
    put_traffic(&to, deed);
    put_change(&to, deed);
    put_running(&to, deed);
    buffer_append_byte(text, '}');
}
