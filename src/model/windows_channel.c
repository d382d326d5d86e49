// Which log a channel of Windows is
// SPDX-License-Identifier: Apache-2.0
#include "model/windows_channel.h"

#include "base/text.h"

static const struct windows_service CHANNELS[] = {
    {"Security", LOG_SERVICE_SECURITY},
    {"System", LOG_SERVICE_SYSTEM},
    {"Application", LOG_SERVICE_APPLICATION},
    {"Windows PowerShell", LOG_SERVICE_POWERSHELL_CLASSIC},
    {"DNS Server", LOG_SERVICE_DNS_SERVER},
    {"MSExchange Management", LOG_SERVICE_MSEXCHANGE_MANAGEMENT},
    {"PowerShellCore/Operational", LOG_SERVICE_POWERSHELL},
    {"OpenSSH/*", LOG_SERVICE_OPENSSH},
    {"Microsoft-IIS-Configuration/*", LOG_SERVICE_IIS_CONFIGURATION},
    {"Microsoft-ServiceBus-Client*", LOG_SERVICE_MICROSOFT_SERVICEBUS_CLIENT},
    {"Microsoft-Windows-AppLocker/*", LOG_SERVICE_APPLOCKER},
    {"Microsoft-Windows-AppModel-Runtime/*", LOG_SERVICE_APPMODEL_RUNTIME},
    {"Microsoft-Windows-AppXDeploymentServer/*", LOG_SERVICE_APPXDEPLOYMENT_SERVER},
    {"Microsoft-Windows-AppxPackaging/*", LOG_SERVICE_APPXPACKAGING_OM},
    {"Microsoft-Windows-Application-Experience/*", LOG_SERVICE_APPLICATION_EXPERIENCE},
    {"Microsoft-Windows-BitLocker/*", LOG_SERVICE_BITLOCKER},
    {"Microsoft-Windows-Bits-Client/Operational", LOG_SERVICE_BITS_CLIENT},
    {"Microsoft-Windows-CAPI2/Operational", LOG_SERVICE_CAPI2},
    {"Microsoft-Windows-CertificateServicesClient-Lifecycle-System/Operational",
     LOG_SERVICE_CERTIFICATESERVICESCLIENT_LIFECYCLE_SYSTEM},
    {"Microsoft-Windows-CodeIntegrity/Operational", LOG_SERVICE_CODEINTEGRITY_OPERATIONAL},
    {"Microsoft-Windows-CodeIntegrity/Verbose", LOG_SERVICE_CODEINTEGRITY_VERBOSE},
    {"Microsoft-Windows-DHCP-Server/*", LOG_SERVICE_DHCP},
    {"Microsoft-Windows-DNS Client Events/*", LOG_SERVICE_DNS_CLIENT},
    {"Microsoft-Windows-DNS-Client/*", LOG_SERVICE_DNS_CLIENT},
    {"Microsoft-Windows-DNS-Server/Analytical", LOG_SERVICE_DNS_SERVER_ANALYTIC},
    {"Microsoft-Windows-DNSServer/Analytical", LOG_SERVICE_DNS_SERVER_ANALYTIC},
    {"Microsoft-Windows-DNS-Server/Audit", LOG_SERVICE_DNS_SERVER_AUDIT},
    {"Microsoft-Windows-DNSServer/Audit", LOG_SERVICE_DNS_SERVER_AUDIT},
    {"Microsoft-Windows-Diagnosis-Scripted/*", LOG_SERVICE_DIAGNOSIS_SCRIPTED},
    {"Microsoft-Windows-DriverFrameworks-UserMode/*", LOG_SERVICE_DRIVER_FRAMEWORK},
    {"Microsoft-Windows-GroupPolicy/*", LOG_SERVICE_GROUP_POLICY},
    {"Microsoft-Windows-Hyper-V-Worker*", LOG_SERVICE_HYPER_V_WORKER},
    {"Microsoft-Windows-Kernel-EventTracing*", LOG_SERVICE_KERNEL_EVENT_TRACING},
    {"Microsoft-Windows-Kernel-ShimEngine/*", LOG_SERVICE_KERNEL_SHIMENGINE},
    {"Microsoft-Windows-LDAP-Client/*", LOG_SERVICE_LDAP},
    {"Microsoft-Windows-LSA/*", LOG_SERVICE_LSA_SERVER},
    {"Microsoft-Windows-NTLM/*", LOG_SERVICE_NTLM},
    {"Microsoft-Windows-Ntfs/*", LOG_SERVICE_NTFS},
    {"Microsoft-Windows-PowerShell/Operational", LOG_SERVICE_POWERSHELL},
    {"Microsoft-Windows-PrintService/Admin", LOG_SERVICE_PRINTSERVICE_ADMIN},
    {"Microsoft-Windows-PrintService/Operational", LOG_SERVICE_PRINTSERVICE_OPERATIONAL},
    {"Microsoft-Windows-RemoteDesktopServices-RdpCoreTS/*", LOG_SERVICE_RDPCORETS},
    {"Microsoft-Windows-SENSE/*", LOG_SERVICE_SENSE},
    {"Microsoft-Windows-Security-Mitigations/*", LOG_SERVICE_SECURITY_MITIGATIONS},
    {"Microsoft-Windows-Shell-Core/*", LOG_SERVICE_SHELL_CORE},
    {"Microsoft-Windows-SmbClient/Connectivity", LOG_SERVICE_SMBCLIENT_CONNECTIVITY},
    {"Microsoft-Windows-SmbClient/Operational", LOG_SERVICE_SMBCLIENT_OPERATIONAL},
    {"Microsoft-Windows-SmbClient/Security", LOG_SERVICE_SMBCLIENT_SECURITY},
    {"Microsoft-Windows-SMBServer/Audit", LOG_SERVICE_SMBSERVER_AUDIT},
    {"Microsoft-Windows-SMBServer/Connectivity", LOG_SERVICE_SMBSERVER_CONNECTIVITY},
    {"Microsoft-Windows-SMBServer/Operational", LOG_SERVICE_SMBSERVER_OPERATIONAL},
    {"Microsoft-Windows-SMBServer/Security", LOG_SERVICE_SMBSERVER_SECURITY},
    {"Microsoft-Windows-Sysmon/*", LOG_SERVICE_SYSMON},
    {"Linux-Sysmon/*", LOG_SERVICE_SYSMON},
    {"Microsoft-Windows-TaskScheduler/*", LOG_SERVICE_TASKSCHEDULER},
    {"Microsoft-Windows-TerminalServices-LocalSessionManager/*",
     LOG_SERVICE_TERMINALSERVICES_LOCALSESSIONMANAGER},
    {"Microsoft-Windows-TerminalServices-RDPClient/*", LOG_SERVICE_TERMINALSERVICES_RDPCLIENT},
    {"Microsoft-Windows-TerminalServices-RemoteConnectionManager/*",
     LOG_SERVICE_TERMINALSERVICES_REMOTECONNECTIONMANAGER},
    {"Microsoft-Windows-VHDMP*", LOG_SERVICE_VHDMP},
    {"Microsoft-Windows-WMI-Activity/*", LOG_SERVICE_WMI},
    {"Microsoft-Windows-WinRM/*", LOG_SERVICE_WINRM},
    {"Microsoft-Windows-Windows Defender/*", LOG_SERVICE_WINDEFEND},
    {"Microsoft-Windows-Windows Firewall With Advanced Security/*", LOG_SERVICE_FIREWALL_AS},
};

static bool name_fits(const char *row, struct slice name) {
    struct slice text = slice_of_string(row);
    if (text.data[text.size - 1] != '*')
        return text_equal_fold_ascii(text, name);
    text.size--;
    return text_equal_fold_ascii(text, slice_part(name, 0, text.size));
}

enum log_service windows_service_find(const struct windows_service *rows, size_t count,
                                      struct slice name) {
    for (size_t i = 0; i < count; i++)
        if (name_fits(rows[i].name, name))
            return rows[i].service;
    return LOG_SERVICE_NONE;
}

enum log_service windows_channel_service(struct slice channel) {
    return windows_service_find(CHANNELS, ARRAY_SIZE(CHANNELS), channel);
}
