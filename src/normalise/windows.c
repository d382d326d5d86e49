// What a Windows event is, by its head
// SPDX-License-Identifier: Apache-2.0
#include "normalise/windows.h"

#include "base/text.h"
#include "model/windows_channel.h"
#include "normalise/windows_aliases.h"

// For records without a channel of their own. Providers that write to one channel only.
static const struct windows_service PROVIDERS[] = {
    {"Microsoft-Windows-Security-Auditing", LOG_SERVICE_SECURITY},
    {"Microsoft-Windows-Sysmon", LOG_SERVICE_SYSMON},
    {"Linux-Sysmon", LOG_SERVICE_SYSMON},
    {"Microsoft-Windows-PowerShell", LOG_SERVICE_POWERSHELL},
    {"PowerShellCore", LOG_SERVICE_POWERSHELL},
    {"PowerShell", LOG_SERVICE_POWERSHELL_CLASSIC},
    {"MSExchange CmdletLogs", LOG_SERVICE_MSEXCHANGE_MANAGEMENT},
    {"Service Control Manager", LOG_SERVICE_SYSTEM},
    {"EventLog", LOG_SERVICE_SYSTEM},
    {"Netlogon", LOG_SERVICE_SYSTEM},
    {"LsaSrv", LOG_SERVICE_SYSTEM},
    {"User32", LOG_SERVICE_SYSTEM},
    {"Ntfs", LOG_SERVICE_SYSTEM},
    {"Application Popup", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-Iphlpsvc", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-WER-SystemErrorReporting", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-DistributedCOM", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-Directory-Services-SAM", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-Kerberos-Key-Distribution-Center", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-Kernel-General", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-WindowsUpdateClient", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-DHCP-Server", LOG_SERVICE_SYSTEM},
    {"Microsoft-Windows-DNS-Server-Service", LOG_SERVICE_DNS_SERVER},
    {"MsiInstaller", LOG_SERVICE_APPLICATION},
    {"Application Error", LOG_SERVICE_APPLICATION},
    {"Windows Error Reporting", LOG_SERVICE_APPLICATION},
    {"Microsoft-Windows-Audit-CVE", LOG_SERVICE_APPLICATION},
    {"ESENT", LOG_SERVICE_APPLICATION},
    {"Microsoft-Windows-Backup", LOG_SERVICE_APPLICATION},
    {"Microsoft-Windows-CertificationAuthority", LOG_SERVICE_APPLICATION},
    {"Microsoft-Windows-RestartManager", LOG_SERVICE_APPLICATION},
    {"Microsoft-Windows-SoftwareRestrictionPolicies", LOG_SERVICE_APPLICATION},
    {"MSSQL*", LOG_SERVICE_APPLICATION},
    {"ScreenConnect*", LOG_SERVICE_APPLICATION},
    {"Microsoft-Windows-AppLocker", LOG_SERVICE_APPLOCKER},
    {"Microsoft-Windows-AppModel-Runtime", LOG_SERVICE_APPMODEL_RUNTIME},
    {"Microsoft-Windows-AppXDeployment-Server", LOG_SERVICE_APPXDEPLOYMENT_SERVER},
    {"Microsoft-Windows-AppxPackagingOM", LOG_SERVICE_APPXPACKAGING_OM},
    {"Microsoft-Windows-Application-Experience", LOG_SERVICE_APPLICATION_EXPERIENCE},
    {"Microsoft-Windows-BitLocker-API", LOG_SERVICE_BITLOCKER},
    {"Microsoft-Windows-Bits-Client", LOG_SERVICE_BITS_CLIENT},
    {"Microsoft-Windows-CAPI2", LOG_SERVICE_CAPI2},
    {"Microsoft-Windows-CertificateServicesClient-Lifecycle-System",
     LOG_SERVICE_CERTIFICATESERVICESCLIENT_LIFECYCLE_SYSTEM},
    {"Microsoft-Windows-CodeIntegrity", LOG_SERVICE_CODEINTEGRITY_OPERATIONAL},
    {"Microsoft-Windows-DNS-Client", LOG_SERVICE_DNS_CLIENT},
    {"Microsoft-Windows-DNSServer", LOG_SERVICE_DNS_SERVER_ANALYTIC},
    {"Microsoft-Windows-Diagnosis-Scripted", LOG_SERVICE_DIAGNOSIS_SCRIPTED},
    {"Microsoft-Windows-DriverFrameworks-UserMode", LOG_SERVICE_DRIVER_FRAMEWORK},
    {"Microsoft-Windows-GroupPolicy", LOG_SERVICE_GROUP_POLICY},
    {"Microsoft-Windows-Hyper-V-Worker", LOG_SERVICE_HYPER_V_WORKER},
    {"Microsoft-Windows-IIS-Configuration", LOG_SERVICE_IIS_CONFIGURATION},
    {"Microsoft-Windows-Kernel-EventTracing", LOG_SERVICE_KERNEL_EVENT_TRACING},
    {"Microsoft-Windows-Kernel-ShimEngine", LOG_SERVICE_KERNEL_SHIMENGINE},
    {"Microsoft-Windows-LDAP-Client", LOG_SERVICE_LDAP},
    {"Microsoft-Windows-NTLM", LOG_SERVICE_NTLM},
    {"Microsoft-Windows-Security-Netlogon", LOG_SERVICE_NTLM},
    {"Microsoft-Windows-Ntfs", LOG_SERVICE_NTFS},
    {"Microsoft-Windows-PrintService", LOG_SERVICE_PRINTSERVICE_OPERATIONAL},
    {"Microsoft-Windows-RemoteDesktopServices-RdpCoreTS", LOG_SERVICE_RDPCORETS},
    {"Microsoft-Windows-SENSE", LOG_SERVICE_SENSE},
    {"Microsoft-Windows-Security-Mitigations", LOG_SERVICE_SECURITY_MITIGATIONS},
    {"Microsoft-ServiceBus-Client", LOG_SERVICE_MICROSOFT_SERVICEBUS_CLIENT},
    {"Microsoft-Windows-Shell-Core", LOG_SERVICE_SHELL_CORE},
    {"OpenSSH", LOG_SERVICE_OPENSSH},
    {"Microsoft-Windows-TaskScheduler", LOG_SERVICE_TASKSCHEDULER},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager",
     LOG_SERVICE_TERMINALSERVICES_LOCALSESSIONMANAGER},
    {"Microsoft-Windows-TerminalServices-ClientActiveXCore",
     LOG_SERVICE_TERMINALSERVICES_RDPCLIENT},
    {"Microsoft-Windows-TerminalServices-RemoteConnectionManager",
     LOG_SERVICE_TERMINALSERVICES_REMOTECONNECTIONMANAGER},
    {"Microsoft-Windows-VHDMP", LOG_SERVICE_VHDMP},
    {"Microsoft-Windows-WMI-Activity", LOG_SERVICE_WMI},
    {"Microsoft-Windows-WinRM", LOG_SERVICE_WINRM},
    {"Microsoft-Windows-Windows Defender", LOG_SERVICE_WINDEFEND},
    {"Microsoft-Windows-Windows Firewall With Advanced Security", LOG_SERVICE_FIREWALL_AS},
};

// Rules know some services by two names.
static const struct {
    enum log_service service;
    enum log_service other;
} SYNONYMS[] = {
    {LOG_SERVICE_LDAP, LOG_SERVICE_LDAP_DEBUG},
    {LOG_SERVICE_MICROSOFT_SERVICEBUS_CLIENT, LOG_SERVICE_SERVICEBUS_CLIENT},
};

// Events that are an event of a category; code_last for runs of ids.
struct category_row {
    enum log_service service;
    int32_t code;
    int32_t code_last;
    enum log_category category;
};

static const struct category_row CATEGORIES[] = {
    {LOG_SERVICE_SYSMON, 1, 1, LOG_CATEGORY_PROCESS_CREATION},
    {LOG_SERVICE_SYSMON, 2, 2, LOG_CATEGORY_FILE_CHANGE},
    {LOG_SERVICE_SYSMON, 3, 3, LOG_CATEGORY_NETWORK_CONNECTION},
    {LOG_SERVICE_SYSMON, 4, 4, LOG_CATEGORY_SYSMON_STATUS},
    {LOG_SERVICE_SYSMON, 16, 16, LOG_CATEGORY_SYSMON_STATUS},
    {LOG_SERVICE_SYSMON, 5, 5, LOG_CATEGORY_PROCESS_TERMINATION},
    {LOG_SERVICE_SYSMON, 6, 6, LOG_CATEGORY_DRIVER_LOAD},
    {LOG_SERVICE_SYSMON, 7, 7, LOG_CATEGORY_IMAGE_LOAD},
    {LOG_SERVICE_SYSMON, 8, 8, LOG_CATEGORY_CREATE_REMOTE_THREAD},
    {LOG_SERVICE_SYSMON, 9, 9, LOG_CATEGORY_RAW_ACCESS_THREAD},
    {LOG_SERVICE_SYSMON, 10, 10, LOG_CATEGORY_PROCESS_ACCESS},
    {LOG_SERVICE_SYSMON, 11, 11, LOG_CATEGORY_FILE_EVENT},
    {LOG_SERVICE_SYSMON, 12, 14, LOG_CATEGORY_REGISTRY_EVENT},
    {LOG_SERVICE_SYSMON, 12, 12, LOG_CATEGORY_REGISTRY_ADD},
    {LOG_SERVICE_SYSMON, 12, 12, LOG_CATEGORY_REGISTRY_DELETE},
    {LOG_SERVICE_SYSMON, 13, 13, LOG_CATEGORY_REGISTRY_SET},
    {LOG_SERVICE_SYSMON, 14, 14, LOG_CATEGORY_REGISTRY_RENAME},
    {LOG_SERVICE_SYSMON, 15, 15, LOG_CATEGORY_CREATE_STREAM_HASH},
    {LOG_SERVICE_SYSMON, 17, 18, LOG_CATEGORY_PIPE_CREATED},
    {LOG_SERVICE_SYSMON, 19, 21, LOG_CATEGORY_WMI_EVENT},
    {LOG_SERVICE_SYSMON, 22, 22, LOG_CATEGORY_DNS_QUERY},
    {LOG_SERVICE_SYSMON, 23, 23, LOG_CATEGORY_FILE_DELETE},
    {LOG_SERVICE_SYSMON, 26, 26, LOG_CATEGORY_FILE_DELETE},
    {LOG_SERVICE_SYSMON, 26, 26, LOG_CATEGORY_FILE_DELETE_DETECTED},
    {LOG_SERVICE_SYSMON, 24, 24, LOG_CATEGORY_CLIPBOARD_CAPTURE},
    {LOG_SERVICE_SYSMON, 25, 25, LOG_CATEGORY_PROCESS_TAMPERING},
    {LOG_SERVICE_SYSMON, 27, 27, LOG_CATEGORY_FILE_BLOCK_EXECUTABLE},
    {LOG_SERVICE_SYSMON, 28, 28, LOG_CATEGORY_FILE_BLOCK_SHREDDING},
    {LOG_SERVICE_SYSMON, 29, 29, LOG_CATEGORY_FILE_EXECUTABLE_DETECTED},
    {LOG_SERVICE_SYSMON, 255, 255, LOG_CATEGORY_SYSMON_ERROR},
    {LOG_SERVICE_SECURITY, 4688, 4688, LOG_CATEGORY_PROCESS_CREATION},
    {LOG_SERVICE_SECURITY, 4689, 4689, LOG_CATEGORY_PROCESS_TERMINATION},
    {LOG_SERVICE_SECURITY, 4657, 4657, LOG_CATEGORY_REGISTRY_EVENT},
    {LOG_SERVICE_SECURITY, 4657, 4657, LOG_CATEGORY_REGISTRY_SET},
    {LOG_SERVICE_SECURITY, 5156, 5156, LOG_CATEGORY_NETWORK_CONNECTION},
    {LOG_SERVICE_POWERSHELL, 4103, 4103, LOG_CATEGORY_PS_MODULE},
    {LOG_SERVICE_POWERSHELL, 4104, 4104, LOG_CATEGORY_PS_SCRIPT},
    {LOG_SERVICE_POWERSHELL_CLASSIC, 400, 400, LOG_CATEGORY_PS_CLASSIC_START},
    {LOG_SERVICE_POWERSHELL_CLASSIC, 600, 600, LOG_CATEGORY_PS_CLASSIC_PROVIDER_START},
    {LOG_SERVICE_POWERSHELL_CLASSIC, 800, 800, LOG_CATEGORY_PS_CLASSIC_SCRIPT},
    {LOG_SERVICE_WINDEFEND, 1006, 1009, LOG_CATEGORY_ANTIVIRUS},
    {LOG_SERVICE_WINDEFEND, 1015, 1015, LOG_CATEGORY_ANTIVIRUS},
    {LOG_SERVICE_WINDEFEND, 1116, 1119, LOG_CATEGORY_ANTIVIRUS},
};

static enum log_service service_of(const struct event_class *event_class) {
    enum log_service service = windows_channel_service(event_class->channel);
    if (service != LOG_SERVICE_NONE)
        return service;
    // The event log itself writes "cleared" to two logs: 1102 to Security, the rest to System.
    if (text_equal_fold_ascii(event_class->provider, SLICE("Microsoft-Windows-Eventlog")))
        return event_class->code >= 1100 && event_class->code <= 1108 ? LOG_SERVICE_SECURITY
                                                                      : LOG_SERVICE_SYSTEM;
    return windows_service_find(PROVIDERS, ARRAY_SIZE(PROVIDERS), event_class->provider);
}

// Security also holds events of other sources (AD FS, Exchange), whose ids are their own.
static bool is_foreign(const struct event_class *event_class, enum log_service service) {
    return service == LOG_SERVICE_SECURITY && event_class->provider.size &&
           !text_equal_fold_ascii(event_class->provider,
                                  SLICE("Microsoft-Windows-Security-Auditing"));
}

void windows_describe(struct event_class *event_class) {
    struct log_source *source = &event_class->log_source;
    enum log_service service = service_of(event_class);
    bool is_linux =
        text_equal_fold_ascii(slice_part(event_class->provider, 0, 12), SLICE("Linux-Sysmon"));
    source->product = is_linux ? LOG_PRODUCT_LINUX : LOG_PRODUCT_WINDOWS;
    if (service == LOG_SERVICE_NONE)
        return;
    log_source_add_service(source, service);
    for (size_t i = 0; i < ARRAY_SIZE(SYNONYMS); i++)
        if (SYNONYMS[i].service == service)
            log_source_add_service(source, SYNONYMS[i].other);
    if (is_foreign(event_class, service))
        return;
    for (size_t i = 0; i < ARRAY_SIZE(CATEGORIES); i++)
        if (CATEGORIES[i].service == service && CATEGORIES[i].code <= event_class->code &&
            event_class->code <= CATEGORIES[i].code_last)
            log_source_add_category(source, CATEGORIES[i].category);
    event_class->aliases = windows_aliases(service, event_class->code, &event_class->alias_count);
    if (service == LOG_SERVICE_MSEXCHANGE_MANAGEMENT &&
        (event_class->code == 1 || event_class->code == 6))
        event_class->message = EVENT_MESSAGE_EXCHANGE_CMDLET;
}
