// Which of Exchange's logs a table is
// SPDX-License-Identifier: Apache-2.0
#include "decode/exchange_kind.h"

#include "base/text.h"

// The first that fits has it: by type first, then by columns. Columns are as published for
// Exchange 2013 to 2019; they differ between releases, those named here do not.
static const struct exchange_kind KINDS[] = {
    {"exchange_http_proxy", "HttpProxy Logs", {"AnchorMailbox", "ProxyAction"}, NULL, 0},
    {"exchange_ews", "EWS Logs", {"SoapAction", "ImpersonatedUser"}, NULL, 0},
    {"exchange_rps_cmdlet", "Rps Cmdlet Logs", {"Cmdlet", "Parameters"}, NULL, 0},
    {"exchange_rps_http", "Rps Http Logs", {"ShellId", "CommandName"}, NULL, 0},
    {"exchange_ecp_activity",
     "ECP Activity Context Log",
     {NULL, NULL},
     "EventData",
     EXCHANGE_INNER_PAIRS},
    {"exchange_ecp_server",
     "ECP Server Log",
     {"EventId", "EventData"},
     "EventData",
     EXCHANGE_INNER_PAIRS},
    {"exchange_tracking",
     "Message Tracking Log",
     {"internal-message-id", "message-subject"},
     NULL,
     0},
    {"exchange_smtp_receive", "SMTP Receive Protocol Log", {NULL, NULL}, NULL, 0},
    {"exchange_smtp_send", "SMTP Send Protocol Log", {NULL, NULL}, NULL, 0},
    {"exchange_smtp", NULL, {"remote-endpoint", "sequence-number"}, NULL, 0},
    {"exchange_audit", "audit", {"RecordType", "Workload"}, "Data", EXCHANGE_INNER_JSON},
    {"exchange_agent", "Agent Log", {"P1FromAddress", "P2FromAddresses"}, NULL, 0},
    {"exchange_oab", "OABGenerator Log", {NULL, NULL}, NULL, 0},
    {"exchange_oab", "OABGeneratorLog", {NULL, NULL}, NULL, 0},
    {"exchange_oab", "OAB Generator Log", {NULL, NULL}, NULL, 0},
};

static const struct exchange_kind OTHER = {"exchange_log", NULL, {NULL, NULL}, NULL, 0};
const struct exchange_kind EXCHANGE_KIND_TEXT = {"exchange_text", NULL, {NULL, NULL}, NULL, 0};

// The tracking log's server-hostname is not among them: it is whom a message went to, often a
// stranger's server.
static const struct {
    const char *name;
    enum field_role role;
} ROLES[] = {
    {"DateTime", FIELD_ROLE_TIME},       {"TimeStamp", FIELD_ROLE_TIME},
    {"date-time", FIELD_ROLE_TIME},      {"ServerHostName", FIELD_ROLE_COMPUTER},
    {"ServerName", FIELD_ROLE_COMPUTER}, {"Server", FIELD_ROLE_COMPUTER},
};

static bool has_column(const struct column *columns, uint32_t count, const char *name) {
    for (uint32_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(columns[i].name, slice_of_string(name)))
            return true;
    return false;
}

const struct exchange_kind *exchange_kind_find(struct slice log_type, const struct column *columns,
                                               uint32_t count) {
    for (size_t i = 0; i < ARRAY_SIZE(KINDS); i++)
        if (KINDS[i].log_type &&
            text_equal_fold_ascii(slice_of_string(KINDS[i].log_type), log_type))
            return &KINDS[i];
    for (size_t i = 0; i < ARRAY_SIZE(KINDS); i++)
        if (KINDS[i].column[0] && has_column(columns, count, KINDS[i].column[0]) &&
            has_column(columns, count, KINDS[i].column[1]))
            return &KINDS[i];
    return &OTHER;
}

bool exchange_kind_is_known(const struct exchange_kind *kind) {
    return kind != &OTHER && kind != &EXCHANGE_KIND_TEXT;
}

enum field_role exchange_column_role(struct slice name) {
    for (size_t i = 0; i < ARRAY_SIZE(ROLES); i++)
        if (text_equal_fold_ascii(slice_of_string(ROLES[i].name), name))
            return ROLES[i].role;
    return FIELD_ROLE_NONE;
}
