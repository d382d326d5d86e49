// Second spellings of the categories' fields
// SPDX-License-Identifier: Apache-2.0
#include "normalise/windows_aliases.h"

#include "normalise/aliases.h"

// clang-format off
// 4688: a new process. The target account, when there is one, is whom the process runs as; the
// subject is who started it. Rules mean either, and either source may hold.
static const struct field_alias PROCESS_CREATED[] = {
    ALIAS("Image", "NewProcessName"),
    ALIAS("ParentImage", "ParentProcessName"),
    ALIAS_AS("ProcessId", "NewProcessId", DECIMAL),
    ALIAS_AS("ParentProcessId", "ProcessId", DECIMAL),
    ALIAS("LogonId", "SubjectLogonId"),
    ALIAS_AS("IntegrityLevel", "MandatoryLabel", INTEGRITY),
    ALIAS_OF_TWO("User", "TargetDomainName", "TargetUserName", JOIN_ACCOUNT),
    ALIAS_OF_TWO("User", "SubjectDomainName", "SubjectUserName", JOIN_ACCOUNT),
};

// 4689: a process ended.
static const struct field_alias PROCESS_ENDED[] = {
    ALIAS("Image", "ProcessName"),
    ALIAS_AS("ProcessId", "ProcessId", DECIMAL),
    ALIAS("LogonId", "SubjectLogonId"),
    ALIAS_OF_TWO("User", "SubjectDomainName", "SubjectUserName", JOIN_ACCOUNT),
};

// 4657: a registry value was set or removed.
static const struct field_alias REGISTRY_VALUE[] = {
    ALIAS("Image", "ProcessName"),
    ALIAS_AS("ProcessId", "ProcessId", DECIMAL),
    ALIAS_OF_TWO("TargetObject", "ObjectName", "ObjectValueName", JOIN_KEY),
    ALIAS_OF_TWO("Details", "NewValue", "NewValueType", KEY_DETAILS),
    ALIAS_AS("EventType", "OperationType", KEY_OPERATION),
    ALIAS("LogonId", "SubjectLogonId"),
    ALIAS_OF_TWO("User", "SubjectDomainName", "SubjectUserName", JOIN_ACCOUNT),
};

// 5156: the filtering platform let a connection pass.
static const struct field_alias CONNECTION[] = {
    ALIAS_AS("Image", "Application", DEVICE_PATH),
    ALIAS("SourceIp", "SourceAddress"),
    ALIAS("DestinationIp", "DestAddress"),
    ALIAS("DestinationPort", "DestPort"),
    ALIAS_AS("Protocol", "Protocol", PROTOCOL),
    ALIAS_AS("Initiated", "Direction", INITIATED),
};

// Sysmon: rules of older days name the hashes one by one.
static const struct field_alias SYSMON[] = {
    ALIAS_AS("md5", "Hashes", HASH_MD5),
    ALIAS_AS("sha1", "Hashes", HASH_SHA1),
    ALIAS_AS("sha256", "Hashes", HASH_SHA256),
    ALIAS_AS("imphash", "Hashes", HASH_IMPHASH),
};

// Defender's detections in the words of category antivirus.
static const struct field_alias DEFENDER[] = {
    ALIAS("Signature", "Threat Name"),
    ALIAS("Filename", "Path"),
    ALIAS("Action", "Action Name"),
    ALIAS("User", "Detection User"),
};
// clang-format on

static const struct {
    enum log_service service;
    int32_t code; // -1: every
    uint32_t count;
    const struct field_alias *aliases;
} TABLES[] = {
    {LOG_SERVICE_SECURITY, 4688, ARRAY_SIZE(PROCESS_CREATED), PROCESS_CREATED},
    {LOG_SERVICE_SECURITY, 4689, ARRAY_SIZE(PROCESS_ENDED), PROCESS_ENDED},
    {LOG_SERVICE_SECURITY, 4657, ARRAY_SIZE(REGISTRY_VALUE), REGISTRY_VALUE},
    {LOG_SERVICE_SECURITY, 5156, ARRAY_SIZE(CONNECTION), CONNECTION},
    {LOG_SERVICE_SYSMON, -1, ARRAY_SIZE(SYSMON), SYSMON},
    {LOG_SERVICE_WINDEFEND, -1, ARRAY_SIZE(DEFENDER), DEFENDER},
};

const struct field_alias *windows_aliases(enum log_service service, int64_t code,
                                          size_t *ret_count) {
    for (size_t i = 0; i < ARRAY_SIZE(TABLES); i++)
        if (TABLES[i].service == service && (TABLES[i].code == -1 || TABLES[i].code == code)) {
            *ret_count = TABLES[i].count;
            return TABLES[i].aliases;
        }
    *ret_count = 0;
    return NULL;
}
