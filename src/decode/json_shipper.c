// Who wrote a JSON line, and what its fields are
// SPDX-License-Identifier: Apache-2.0
#include "decode/json_shipper.h"

#include <assert.h>
#include <string.h>

// A leaf's path is matched against the tables in its plain form: a wrapper at the root
// ("_source.", "Event.") is left out, and so are evtx_dump's "#attributes" and "#text" steps
// and its "_attributes" endings. What a row names first counts more: of two leaves that could
// be the time, the one with the earlier row is.
struct shipper_row {
    const char *path;
    const char *name; // NULL: its own
    enum field_role role;
};

enum {
    SHIPPER_MARKS = 3,
    SHIPPER_DATA = 4,
};

struct shipper {
    const char *format;
    const char *marks[SHIPPER_MARKS]; // paths that must all be there
    const struct shipper_row *rows;   // until path is NULL
    const char *data[SHIPPER_DATA];   // leaves below these go by their last key
    bool flat;                        // all other leaves go by their key too
    bool lower_camel;                 // keys of data begin in lower case
};

#define PROVIDER FIELD_ROLE_PROVIDER
#define CHANNEL FIELD_ROLE_CHANNEL
#define EVENT_ID FIELD_ROLE_EVENT_ID
#define COMPUTER FIELD_ROLE_COMPUTER
#define TIME FIELD_ROLE_TIME
#define RECORD_ID FIELD_ROLE_RECORD_ID
#define NONE FIELD_ROLE_NONE

// The XML of an event as objects: evtx_dump ("Event.System..."), Velociraptor's parse_evtx
// ("System...", EventID.Value, SystemTime as seconds).
static const struct shipper_row rows_nested[] = {
    {"System.Provider.Name", "Provider_Name", PROVIDER},
    {"System.Provider.Guid", "Provider_Guid", NONE},
    {"System.Provider.EventSourceName", "Provider_EventSourceName", NONE},
    {"System.EventID", "EventID", EVENT_ID},
    {"System.EventID.Value", "EventID", EVENT_ID},
    {"System.EventID.Qualifiers", "EventID_Qualifiers", NONE},
    {"System.Version", "Version", NONE},
    {"System.Level", "Level", NONE},
    {"System.Task", "Task", NONE},
    {"System.Opcode", "Opcode", NONE},
    {"System.Keywords", "Keywords", NONE},
    {"System.TimeCreated.SystemTime", "TimeCreated_SystemTime", TIME},
    {"System.EventRecordID", "EventRecordID", RECORD_ID},
    {"System.Correlation.ActivityID", "Correlation_ActivityID", NONE},
    {"System.Correlation.RelatedActivityID", "Correlation_RelatedActivityID", NONE},
    {"System.Correlation", "Correlation", NONE},
    {"System.Execution.ProcessID", "Execution_ProcessID", NONE},
    {"System.Execution.ThreadID", "Execution_ThreadID", NONE},
    {"System.Channel", "Channel", CHANNEL},
    {"System.Computer", "Computer", COMPUTER},
    {"System.Security.UserID", "Security_UserID", NONE},
    {"System.Security", "Security", NONE},
    {NULL, NULL, NONE},
};

// Velociraptor's artifacts that list events (Windows.EventLogs.EvtxHunter and its kin).
static const struct shipper_row rows_velociraptor[] = {
    {"Provider", "Provider_Name", PROVIDER},
    {"Channel", "Channel", CHANNEL},
    {"EventID", "EventID", EVENT_ID},
    {"Computer", "Computer", COMPUTER},
    {"EventTime", "TimeCreated_SystemTime", TIME},
    {"TimeCreated", "TimeCreated_SystemTime", TIME},
    {"_ts", NULL, TIME},
    {"EventRecordID", "EventRecordID", RECORD_ID},
    {"UserSID", "Security_UserID", NONE},
    {NULL, NULL, NONE},
};

// Winlogbeat 7 and later, Elastic Agent, filebeat's decode_xml_wineventlog.
static const struct shipper_row rows_winlogbeat[] = {
    {"winlog.provider_name", "Provider_Name", PROVIDER},
    {"winlog.provider_guid", "Provider_Guid", NONE},
    {"winlog.channel", "Channel", CHANNEL},
    {"winlog.event_id", "EventID", EVENT_ID},
    {"event.code", NULL, EVENT_ID},
    {"winlog.computer_name", "Computer", COMPUTER},
    {"winlog.time_created", "TimeCreated_SystemTime", TIME},
    {"@timestamp", "TimeCreated_SystemTime", TIME},
    {"winlog.record_id", "EventRecordID", RECORD_ID},
    {"winlog.version", "Version", NONE},
    {"winlog.task", "Task", NONE},
    {"winlog.opcode", "Opcode", NONE},
    {"winlog.keywords", "Keywords", NONE},
    {"winlog.process.pid", "Execution_ProcessID", NONE},
    {"winlog.process.thread.id", "Execution_ThreadID", NONE},
    {"winlog.user.identifier", "Security_UserID", NONE},
    {"winlog.activity_id", "Correlation_ActivityID", NONE},
    {"winlog.related_activity_id", "Correlation_RelatedActivityID", NONE},
    {NULL, NULL, NONE},
};

// Winlogbeat 5 and 6.
static const struct shipper_row rows_winlogbeat6[] = {
    {"source_name", "Provider_Name", PROVIDER},
    {"provider_guid", "Provider_Guid", NONE},
    {"log_name", "Channel", CHANNEL},
    {"event_id", "EventID", EVENT_ID},
    {"computer_name", "Computer", COMPUTER},
    {"@timestamp", "TimeCreated_SystemTime", TIME},
    {"record_number", "EventRecordID", RECORD_ID},
    {"version", "Version", NONE},
    {"task", "Task", NONE},
    {"opcode", "Opcode", NONE},
    {"keywords", "Keywords", NONE},
    {"process_id", "Execution_ProcessID", NONE},
    {"thread_id", "Execution_ThreadID", NONE},
    {"user.identifier", "Security_UserID", NONE},
    {"activity_id", "Correlation_ActivityID", NONE},
    {NULL, NULL, NONE},
};

// Wazuh's eventchannel decoder; "data." is left out as a wrapper.
static const struct shipper_row rows_wazuh[] = {
    {"win.system.providerName", "Provider_Name", PROVIDER},
    {"win.system.providerGuid", "Provider_Guid", NONE},
    {"win.system.eventSourceName", "Provider_EventSourceName", NONE},
    {"win.system.eventID", "EventID", EVENT_ID},
    {"win.system.version", "Version", NONE},
    {"win.system.level", "Level", NONE},
    {"win.system.task", "Task", NONE},
    {"win.system.opcode", "Opcode", NONE},
    {"win.system.keywords", "Keywords", NONE},
    {"win.system.systemTime", "TimeCreated_SystemTime", TIME},
    {"timestamp", NULL, TIME},
    {"@timestamp", NULL, TIME},
    {"win.system.eventRecordID", "EventRecordID", RECORD_ID},
    {"win.system.processID", "Execution_ProcessID", NONE},
    {"win.system.threadID", "Execution_ThreadID", NONE},
    {"win.system.channel", "Channel", CHANNEL},
    {"win.system.computer", "Computer", COMPUTER},
    {NULL, NULL, NONE},
};

// Fluent Bit's winevtlog.
static const struct shipper_row rows_fluent_bit[] = {
    {"ProviderName", "Provider_Name", PROVIDER},
    {"ProviderGuid", "Provider_Guid", NONE},
    {"Qualifiers", "EventID_Qualifiers", NONE},
    {"EventID", "EventID", EVENT_ID},
    {"TimeCreated", "TimeCreated_SystemTime", TIME},
    {"EventRecordID", "EventRecordID", RECORD_ID},
    {"ActivityID", "Correlation_ActivityID", NONE},
    {"RelatedActivityID", "Correlation_RelatedActivityID", NONE},
    {"ProcessID", "Execution_ProcessID", NONE},
    {"ThreadID", "Execution_ThreadID", NONE},
    {"Channel", "Channel", CHANNEL},
    {"Computer", "Computer", COMPUTER},
    {"UserID", "Security_UserID", NONE},
    {"StringInserts", "Data", NONE},
    {NULL, NULL, NONE},
};

// NXLog's im_msvistalog (its "Windows Event Log" fields), and the public data sets made with
// it, which may name the head as the event itself does.
static const struct shipper_row rows_nxlog[] = {
    {"SourceName", "Provider_Name", PROVIDER},
    {"ProviderGuid", "Provider_Guid", NONE},
    {"Channel", "Channel", CHANNEL},
    {"EventID", "EventID", EVENT_ID},
    {"Hostname", "Computer", COMPUTER},
    {"TimeCreated", "TimeCreated_SystemTime", TIME},
    {"EventTime", "TimeCreated_SystemTime", TIME},
    {"@timestamp", NULL, TIME},
    {"EventReceivedTime", NULL, TIME},
    {"RecordNumber", "EventRecordID", RECORD_ID},
    {"EventRecordID", "EventRecordID", RECORD_ID},
    {"ExecutionProcessID", "Execution_ProcessID", NONE},
    {"ExecutionThreadID", "Execution_ThreadID", NONE},
    {"ThreadID", "Execution_ThreadID", NONE},
    {"OpcodeValue", "Opcode", NONE},
    {"Opcode", "OpcodeName", NONE},
    {"UserID", "Security_UserID", NONE},
    {"ActivityID", "Correlation_ActivityID", NONE},
    {NULL, NULL, NONE},
};

// The tables of Microsoft Sentinel and Log Analytics (SecurityEvent, Event).
static const struct shipper_row rows_sentinel[] = {
    {"EventSourceName", "Provider_Name", PROVIDER},
    {"Provider", "Provider_Name", PROVIDER},
    {"Source", "Provider_Name", PROVIDER},
    {"Channel", "Channel", CHANNEL},
    {"EventLog", "Channel", CHANNEL},
    {"EventID", "EventID", EVENT_ID},
    {"Computer", "Computer", COMPUTER},
    {"TimeGenerated", "TimeCreated_SystemTime", TIME},
    {"EventRecordId", "EventRecordID", RECORD_ID},
    {NULL, NULL, NONE},
};

// Get-WinEvent | ConvertTo-Json.
static const struct shipper_row rows_powershell[] = {
    {"ProviderName", "Provider_Name", PROVIDER},
    {"ProviderId", "Provider_Guid", NONE},
    {"LogName", "Channel", CHANNEL},
    {"Id", "EventID", EVENT_ID},
    {"MachineName", "Computer", COMPUTER},
    {"TimeCreated", "TimeCreated_SystemTime", TIME},
    {"RecordId", "EventRecordID", RECORD_ID},
    {"ProcessId", "Execution_ProcessID", NONE},
    {"ThreadId", "Execution_ThreadID", NONE},
    {"Properties", "Data", NONE},
    {NULL, NULL, NONE},
};

// Zeek's JSON writer; policies that add which log it is call that by these names.
static const struct shipper_row rows_zeek[] = {
    {"_path", "_path", CHANNEL},      {"@stream", "_path", CHANNEL},
    {"@path", "_path", CHANNEL},      {"ts", "ts", TIME},
    {"@timestamp", "ts", TIME},       {"_system_name", NULL, COMPUTER},
    {"@system", NULL, COMPUTER},      {"id_orig_h", "id.orig_h", NONE},
    {"id_orig_p", "id.orig_p", NONE}, {"id_resp_h", "id.resp_h", NONE},
    {"id_resp_p", "id.resp_p", NONE}, {NULL, NULL, NONE},
};

// Which log a record without such a member is of: members that only this one has.
static const struct {
    const char *log;
    const char *member;
} zeek_logs[] = {
    {"conn", "conn_state"},
    {"dns", "rejected"},
    {"http", "trans_depth"},
    {"ssl", "established"},
    {"x509", "certificate.serial"},
    {"smb_mapping", "share_type"},
    {"dce_rpc", "named_pipe"},
    {"dce_rpc", "endpoint"},
    {"kerberos", "request_type"},
    {"ntlm", "domainname"},
    {"ntlm", "server_dns_computer_name"},
    {"dhcp", "msg_types"},
    {"rdp", "security_protocol"},
    {"smtp", "rcptto"},
    {"smtp", "helo"},
    {"ftp", "reply_code"},
    {"notice", "suppress_for"},
    {"dpd", "failure_reason"},
    {"tunnel", "tunnel_type"},
    {"pe", "subsystem"},
    {"software", "software_type"},
    {"smb_files", "times.modified"},
    {"smb_files", "times_modified"},
    {"files", "analyzers"},
    {"ssh", "auth_attempts"},
    {"ssh", "client"},
};

// Inventories of files and software, with the names that their tables get (forensic_kind.h).
static const struct shipper_row rows_files[] = {
    {"Path", "TargetFilename", NONE},
    {"FullName", "TargetFilename", NONE},
    {"FullPath", "TargetFilename", NONE},
    {"path", "TargetFilename", NONE},
    {"SHA256", "sha256", NONE},
    {"sha256", "sha256", NONE},
    {"Hash", "sha256", NONE},
    {"SHA1", "sha1", NONE},
    {"MD5", "md5", NONE},
    {"Size", "Size", NONE},
    {"size", "Size", NONE},
    {"Length", "Size", NONE},
    {"Signer", "SignedBy", NONE},
    {"CreatedUtc", "Created", TIME},
    {"CreationTimeUtc", "Created", TIME},
    {"Created", "Created", TIME},
    {"ModifiedUtc", "Modified", TIME},
    {"LastWriteTimeUtc", "Modified", TIME},
    {"Modified", "Modified", TIME},
    {"mtime", "Modified", TIME},
    {"PSComputerName", "Computer", COMPUTER},
    {"ComputerName", "Computer", COMPUTER},
    {"Computer", "Computer", COMPUTER},
    {"Hostname", "Computer", COMPUTER},
    {"host", "Computer", COMPUTER},
    {NULL, NULL, NONE},
};

static const struct shipper_row rows_software[] = {
    {"DisplayName", "DisplayName", NONE},
    {"Name", "DisplayName", NONE},
    {"name", "DisplayName", NONE},
    {"DisplayVersion", "DisplayVersion", NONE},
    {"Version", "DisplayVersion", NONE},
    {"version", "DisplayVersion", NONE},
    {"Publisher", "Publisher", NONE},
    {"Vendor", "Publisher", NONE},
    {"publisher", "Publisher", NONE},
    {"InstallDate", "InstallDate", NONE},
    {"install_date", "InstallDate", NONE},
    {"PSComputerName", "Computer", COMPUTER},
    {"ComputerName", "Computer", COMPUTER},
    {"Computer", "Computer", COMPUTER},
    {"Hostname", "Computer", COMPUTER},
    {"host", "Computer", COMPUTER},
    {NULL, NULL, NONE},
};

// The log of vedette guard gate (guard/gate_log.h), with W3C's names for what web logs have too.
static const struct shipper_row rows_gate[] = {
    {"ts", "ts", TIME},
    {"host", "Computer", COMPUTER},
    {"client", "c-ip", NONE},
    {"method", "cs-method", NONE},
    {"norm_path", "cs-uri-stem", NONE},
    {"raw_uri", "cs-uri", NONE},
    {"status", "sc-status", NONE},
    {"bytes", "sc-bytes", NONE},
    {NULL, NULL, NONE},
};

// The first whose marks are all there is it.
static const struct shipper shippers[] = {
    {"winlogbeat",
     {"winlog.event_id"},
     rows_winlogbeat,
     {"winlog.event_data.", "winlog.user_data."},
     false,
     false},
    {"winlogbeat",
     {"winlog.channel", "event.code"},
     rows_winlogbeat,
     {"winlog.event_data.", "winlog.user_data."},
     false,
     false},
    {"winlogbeat6",
     {"event_id", "log_name", "source_name"},
     rows_winlogbeat6,
     {"event_data.", "user_data."},
     false,
     false},
    {"wazuh", {"win.system.eventID"}, rows_wazuh, {"win.eventdata.", "win.system."}, false, true},
    {"velociraptor",
     {"System.EventID.Value"},
     rows_nested,
     {"EventData.", "UserData."},
     false,
     false},
    {"evtx_dump",
     {"System.EventID", "System.Provider.Name"},
     rows_nested,
     {"EventData.", "UserData.", "ProcessingErrorData."},
     false,
     false},
    {"evtx_dump",
     {"System.EventID", "System.Channel"},
     rows_nested,
     {"EventData.", "UserData.", "ProcessingErrorData."},
     false,
     false},
    {"fluent-bit", {"EventID", "ProviderName", "Computer"}, rows_fluent_bit, {0}, true, false},
    {"nxlog", {"EventID", "SourceName", "Hostname"}, rows_nxlog, {"EventData."}, true, false},
    {"nxlog", {"EventID", "Channel", "Hostname"}, rows_nxlog, {"EventData."}, true, false},
    {"sentinel",
     {"EventID", "Computer", "TimeGenerated"},
     rows_sentinel,
     {"EventData."},
     true,
     false},
    {"velociraptor",
     {"EventID", "Channel", "Computer"},
     rows_velociraptor,
     {"EventData.", "UserData."},
     true,
     false},
    {"powershell", {"Id", "LogName", "ProviderName"}, rows_powershell, {0}, true, false},
    {"vedette_gate", {"ts", "decision", "reason"}, rows_gate, {0}, false, false},
    {"zeek", {"_path", "ts"}, rows_zeek, {0}, false, false},
    {"zeek", {"@stream", "ts"}, rows_zeek, {0}, false, false},
    {"zeek", {"@path", "@timestamp"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "uid", "id.orig_h"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "uid", "id_orig_h"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "fuid", "analyzers"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "certificate.serial"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "uids", "msg_types"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "note", "suppress_for"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "name", "peer"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "id", "subsystem"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "host", "software_type"}, rows_zeek, {0}, false, false},
    {"zeek", {"ts", "host", "port_num"}, rows_zeek, {0}, false, false},
    {"file_inventory", {"Path", "SHA256"}, rows_files, {0}, true, false},
    {"file_inventory", {"FullName", "SHA256"}, rows_files, {0}, true, false},
    {"file_inventory", {"FullPath", "SHA256"}, rows_files, {0}, true, false},
    {"file_inventory", {"path", "sha256", "size"}, rows_files, {0}, true, false},
    {"file_inventory", {"Path", "Hash", "Algorithm"}, rows_files, {0}, true, false},
    {"file_inventory", {"FullName", "Length", "LastWriteTimeUtc"}, rows_files, {0}, true, false},
    {"software_inventory", {"DisplayName", "DisplayVersion"}, rows_software, {0}, true, false},
    {"software_inventory", {"Name", "Version", "Publisher"}, rows_software, {0}, true, false},
    {"software_inventory", {"Name", "Version", "Vendor"}, rows_software, {0}, true, false},
    {"software_inventory", {"name", "version", "publisher"}, rows_software, {0}, true, false},
};

static const struct shipper_row rows_none[] = {{NULL, NULL, NONE}};
static const struct shipper shipper_unknown = {.rows = rows_none};

static const char *const wrappers[] = {"_source.", "result.", "Event.", "data.win."};

enum {
    PATH_PLAIN_MAX = 512, // a longer path is in no table
    WRAPPERS_MAX = 3,     // inside each other
};

// A path in the form the tables have.
struct plain_path {
    char text[PATH_PLAIN_MAX];
    size_t size; // 0: too long
};

static bool path_has(struct slice rest, const char *step) {
    return slice_starts(rest, slice_of_string(step));
}

// How many bytes of `rest` are no step of their own: "#attributes." or ".#text".
static size_t path_noise(struct slice rest) {
    static const char *const noise[] = {".#attributes", "_attributes", ".#text"};
    for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
        size_t size = strlen(noise[i]);
        if (path_has(rest, noise[i]) && (rest.size == size || rest.data[size] == '.'))
            return size;
    }
    return 0;
}

static void plain_path_make(struct slice path, struct plain_path *plain) {
    plain->size = 0;
    for (size_t i = 0, turn = 0; i < ARRAY_SIZE(wrappers) && turn < WRAPPERS_MAX; i++) {
        if (!path_has(path, wrappers[i]))
            continue;
        size_t size = strlen(wrappers[i]);
        if (slice_ends(slice_of(path.data, size), SLICE("win.")))
            size -= 4; // only data. goes
        path = slice_part(path, size, path.size);
        turn++;
    }
    for (size_t at = 0; at < path.size;) {
        size_t noise = path_noise(slice_part(path, at, path.size));
        at += noise;
        if (noise)
            continue;
        if (plain->size == PATH_PLAIN_MAX) {
            plain->size = 0;
            return;
        }
        plain->text[plain->size++] = (char)path.data[at++];
    }
}

static bool plain_is(const struct plain_path *plain, const char *text) {
    return slice_equal_string(slice_of(plain->text, plain->size), text);
}

static const struct shipper_row *shipper_row_find(const struct shipper *shipper,
                                                  const struct plain_path *plain) {
    for (const struct shipper_row *row = shipper->rows; row->path; row++)
        if (plain_is(plain, row->path))
            return row;
    return NULL;
}

static bool shipper_is_data(const struct shipper *shipper, const struct plain_path *plain) {
    for (size_t i = 0; i < SHIPPER_DATA && shipper->data[i]; i++)
        if (path_has(slice_of(plain->text, plain->size), shipper->data[i]))
            return true;
    return false;
}

static const struct shipper *shipper_find(const struct json_leaf *leaves, uint32_t count) {
    // Bit m of seen[s]: mark m of shipper s is there.
    uint8_t seen[ARRAY_SIZE(shippers)] = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct plain_path plain;
        plain_path_make(leaves[i].path, &plain);
        for (size_t s = 0; s < ARRAY_SIZE(shippers); s++)
            for (unsigned m = 0; m < SHIPPER_MARKS && shippers[s].marks[m]; m++)
                if (plain_is(&plain, shippers[s].marks[m]))
                    seen[s] |= (uint8_t)(1u << m);
    }
    for (size_t s = 0; s < ARRAY_SIZE(shippers); s++) {
        unsigned marks = 0;
        while (marks < SHIPPER_MARKS && shippers[s].marks[marks])
            marks++;
        if (seen[s] == (1u << marks) - 1)
            return &shippers[s];
    }
    return NULL;
}

// evtx_dump's attributes go by their element too, as everywhere: "Event_xmlns". {NULL, 0}: the
// leaf is no attribute, or the arena is full.
static struct slice attribute_name(const struct json_leaf *leaf, struct arena *arena) {
    const struct slice ending = SLICE("_attributes");
    struct slice element = {NULL, 0};
    if (slice_equal(leaf->parent, SLICE("#attributes")))
        element = leaf->grandparent;
    else if (slice_ends(leaf->parent, ending))
        element = slice_part(leaf->parent, 0, leaf->parent.size - ending.size);
    if (!element.size)
        return element;
    size_t size = element.size + 1 + leaf->key.size;
    uint8_t *name = arena_new(arena, size, 1);
    if (!name)
        return (struct slice){NULL, 0};
    memcpy(name, element.data, element.size);
    name[element.size] = '_';
    if (leaf->key.size)
        memcpy(name + element.size + 1, leaf->key.data, leaf->key.size);
    return slice_of(name, size);
}

// The last key, without evtx_dump's "#text" step; "Image" for Wazuh's "image". {NULL, 0}: the
// arena is full.
static struct slice leaf_name(const struct shipper *shipper, const struct json_leaf *leaf,
                              bool data, struct arena *arena) {
    bool text = slice_equal(leaf->key, SLICE("#text")) && leaf->parent.size;
    struct slice name = text ? leaf->parent : leaf->key;
    bool upper = data && shipper->lower_camel;
    if (!upper || name.size == 0 || *name.data < 'a' || *name.data > 'z')
        return name;
    uint8_t *copy = arena_new(arena, name.size, 1);
    if (!copy)
        return (struct slice){NULL, 0};
    memcpy(copy, name.data, name.size);
    copy[0] = (uint8_t)(copy[0] - 0x20);
    return slice_of(copy, name.size);
}

// Rows that took each role so far: a leaf whose row comes earlier takes it over.
struct role_rows {
    const struct shipper_row *rows[FIELD_ROLE_COUNT];
};

static void naming_claim_role(struct json_naming *naming, struct role_rows *claimed, int32_t field,
                              const struct shipper_row *row) {
    const struct shipper_row **holder = &claimed->rows[row->role];
    if (row->role == FIELD_ROLE_NONE || (*holder && *holder <= row))
        return;
    int32_t *role_field = &naming->role_fields[row->role];
    if (*role_field >= 0)
        naming->fields[*role_field].role = FIELD_ROLE_NONE;
    *holder = row;
    *role_field = field;
    naming->fields[field].role = row->role;
}

static bool naming_add(struct json_naming *naming, const struct shipper *shipper,
                       const struct json_leaf *leaf, struct role_rows *claimed, int32_t at,
                       struct arena *arena) {
    struct shape_field *field = &naming->fields[at];
    struct plain_path plain;
    plain_path_make(leaf->path, &plain);
    const struct shipper_row *row = shipper_row_find(shipper, &plain);
    bool data = !row && shipper_is_data(shipper, &plain);
    field->path = leaf->path;
    field->slot = (struct slot){.bank = 0, .index = (uint16_t)at};
    struct slice attribute = {NULL, 0};
    if (!row && shipper->rows == rows_nested)
        attribute = attribute_name(leaf, arena);
    if (row && row->name)
        field->name = slice_of_string(row->name);
    else if (attribute.size)
        field->name = attribute;
    else if (data || shipper->flat)
        field->name = leaf_name(shipper, leaf, data, arena);
    else
        field->name = leaf->path;
    if (row)
        naming_claim_role(naming, claimed, at, row);
    if (shipper->rows == rows_nxlog && plain_is(&plain, "EventReceivedTime"))
        naming->received_local = at;
    if (shipper->rows == rows_nxlog && plain_is(&plain, "@timestamp"))
        naming->received_utc = at;
    return field->name.data != NULL;
}

static const char *zeek_log(const struct json_leaf *leaves, uint32_t count) {
    for (size_t row = 0; row < ARRAY_SIZE(zeek_logs); row++)
        for (uint32_t i = 0; i < count; i++)
            if (slice_equal_string(leaves[i].path, zeek_logs[row].member))
                return zeek_logs[row].log;
    return NULL;
}

// Zeek's records say what they are by their file's name, and by what they are made of. The
// field's value is the decoder's own, in a bank of its own.
static void naming_add_log(struct json_naming *naming, const struct json_leaf *leaves,
                           uint32_t count) {
    naming->log = zeek_log(leaves, count);
    naming->is_log_unsaid = true;
    naming->fields[count] = (struct shape_field){.name = SLICE("_path"),
                                                 .path = SLICE("_path"),
                                                 .slot = {.bank = 1, .index = 0},
                                                 .role = FIELD_ROLE_CHANNEL};
    naming->role_fields[FIELD_ROLE_CHANNEL] = (int32_t)count;
    naming->field_count = count + 1;
}

bool json_shipper_name(const struct json_leaf *leaves, uint32_t count, struct arena *arena,
                       struct json_naming *ret_naming) {
    const struct shipper *shipper = shipper_find(leaves, count);
    if (!shipper)
        shipper = &shipper_unknown;
    struct json_naming naming = {.format = shipper->format,
                                 .field_count = count,
                                 .fields = arena_new(arena, count + 1, sizeof *naming.fields),
                                 .received_local = -1,
                                 .received_utc = -1};
    if (!naming.fields)
        return false;
    for (int role = 0; role < FIELD_ROLE_COUNT; role++)
        naming.role_fields[role] = -1;
    struct role_rows claimed = {0};
    for (uint32_t i = 0; i < count; i++)
        if (!naming_add(&naming, shipper, &leaves[i], &claimed, (int32_t)i, arena))
            return false;
    if (shipper->rows == rows_zeek && naming.role_fields[FIELD_ROLE_CHANNEL] < 0 &&
        count < SHAPE_FIELDS_MAX)
        naming_add_log(&naming, leaves, count);
    *ret_naming = naming;
    return true;
}
