// Rows: shippers of JSON records
// SPDX-License-Identifier: Apache-2.0
#include "decode/json_shipper_rows.h"

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
const struct shipper shippers[SHIPPERS] = {
    {"winlogbeat",
     {"winlog.event_id"},
     rows_winlogbeat,
     {"winlog.event_data.", "winlog.user_data."},
     0},
    {"winlogbeat",
     {"winlog.channel", "event.code"},
     rows_winlogbeat,
     {"winlog.event_data.", "winlog.user_data."},
     0},
    {"winlogbeat6",
     {"event_id", "log_name", "source_name"},
     rows_winlogbeat6,
     {"event_data.", "user_data."},
     0},
    {"wazuh",
     {"win.system.eventID"},
     rows_wazuh,
     {"win.eventdata.", "win.system."},
     SHIPPER_LOWER_CAMEL},
    {"velociraptor",
     {"System.EventID.Value"},
     rows_nested,
     {"EventData.", "UserData."},
     SHIPPER_ATTRIBUTES},
    {"evtx_dump",
     {"System.EventID", "System.Provider.Name"},
     rows_nested,
     {"EventData.", "UserData.", "ProcessingErrorData."},
     SHIPPER_ATTRIBUTES},
    {"evtx_dump",
     {"System.EventID", "System.Channel"},
     rows_nested,
     {"EventData.", "UserData.", "ProcessingErrorData."},
     SHIPPER_ATTRIBUTES},
    {"fluent-bit", {"EventID", "ProviderName", "Computer"}, rows_fluent_bit, {0}, SHIPPER_FLAT},
    {"nxlog",
     {"EventID", "SourceName", "Hostname"},
     rows_nxlog,
     {"EventData."},
     SHIPPER_FLAT | SHIPPER_RECEIVED},
    {"nxlog",
     {"EventID", "Channel", "Hostname"},
     rows_nxlog,
     {"EventData."},
     SHIPPER_FLAT | SHIPPER_RECEIVED},
    {"sentinel",
     {"EventID", "Computer", "TimeGenerated"},
     rows_sentinel,
     {"EventData."},
     SHIPPER_FLAT},
    {"velociraptor",
     {"EventID", "Channel", "Computer"},
     rows_velociraptor,
     {"EventData.", "UserData."},
     SHIPPER_FLAT},
    {"powershell", {"Id", "LogName", "ProviderName"}, rows_powershell, {0}, SHIPPER_FLAT},
    {"vedette_gate", {"ts", "decision", "reason"}, rows_gate, {0}, 0},
    {"zeek", {"_path", "ts"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"@stream", "ts"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"@path", "@timestamp"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "uid", "id.orig_h"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "uid", "id_orig_h"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "fuid", "analyzers"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "certificate.serial"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "uids", "msg_types"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "note", "suppress_for"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "name", "peer"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "id", "subsystem"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "host", "software_type"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"zeek", {"ts", "host", "port_num"}, rows_zeek, {0}, SHIPPER_LOG_UNSAID},
    {"file_inventory", {"Path", "SHA256"}, rows_files, {0}, SHIPPER_FLAT},
    {"file_inventory", {"FullName", "SHA256"}, rows_files, {0}, SHIPPER_FLAT},
    {"file_inventory", {"FullPath", "SHA256"}, rows_files, {0}, SHIPPER_FLAT},
    {"file_inventory", {"path", "sha256", "size"}, rows_files, {0}, SHIPPER_FLAT},
    {"file_inventory", {"Path", "Hash", "Algorithm"}, rows_files, {0}, SHIPPER_FLAT},
    {"file_inventory", {"FullName", "Length", "LastWriteTimeUtc"}, rows_files, {0}, SHIPPER_FLAT},
    {"software_inventory", {"DisplayName", "DisplayVersion"}, rows_software, {0}, SHIPPER_FLAT},
    {"software_inventory", {"Name", "Version", "Publisher"}, rows_software, {0}, SHIPPER_FLAT},
    {"software_inventory", {"Name", "Version", "Vendor"}, rows_software, {0}, SHIPPER_FLAT},
    {"software_inventory", {"name", "version", "publisher"}, rows_software, {0}, SHIPPER_FLAT},
};

static const struct shipper_row rows_none[] = {{NULL, NULL, NONE}};
const struct shipper shipper_unknown = {.rows = rows_none};
