// Rows: what Windows event logs say
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_row.h"

#include "base/slice.h"

// Fields: Microsoft, "Audit events" (Security), Sysmon manifest 4.90; others as the providers'
// manifests have them. Logons of services (5) and of the system itself (0) are left out: they are
// many, and no one comes from anywhere by them.
#define SECURITY(id, what, text, only)                                                             \
    {                                                                                              \
        .service = LOG_SERVICE_SECURITY, .code = id, .kind = RELATION_##what, .parts = text,       \
        .when = only                                                                               \
    }
#define SYSMON(id, what, text, only)                                                               \
    {                                                                                              \
        .service = LOG_SERVICE_SYSMON, .code = id, .kind = RELATION_##what, .parts = text,         \
        .when = only                                                                               \
    }
#define OTHER(name, id, what, text, only)                                                          \
    {                                                                                              \
        .service = LOG_SERVICE_##name, .code = id, .kind = RELATION_##what, .parts = text,         \
        .when = only                                                                               \
    }

#define TARGET "account=TargetDomainName+TargetUserName; "
#define SUBJECT "account=SubjectDomainName+SubjectUserName; "
#define CLIENT "from=IpAddress:host|WorkstationName:host; to=@host:host!; "

// Programs that do others' work: who told them is in their command line, which only their start
// says.
#define SERVANTS                                                                                   \
    "\\w3wp.exe|\\umworkerprocess.exe|\\powershell.exe|\\cmd.exe|\\rundll32.exe|\\java.exe|"       \
    "\\wscript.exe|\\mshta.exe"
#define WITH_COMMAND "; detail3=ProcessGuid"
#define FILE_CREATED                                                                               \
    "to=@host:host!; account=User; artefact=TargetFilename:lower!; detail1=Image:lower; "          \
    "detail2='created'"
#define CONNECTED                                                                                  \
    "from=@host:host!; to=DestinationIp:host!; account=User; artefact='connect'; "                 \
    "detail0=DestinationPort; detail1=Image:lower"
#define ASKED                                                                                      \
    "from=@host:host!; to=QueryName:lower!; account=User; artefact='dns'; detail1=Image:lower"
#define ACCESSED                                                                                   \
    "to=@host:host!; account=SourceUser; artefact=TargetImage:lower!; "                            \
    "detail0=SourceImage:lower; detail1="
#define PIPE_SEEN                                                                                  \
    "to=@host:host!; account=User; artefact=PipeName:lower!; detail0=Image:lower; detail1="

#define CMDLET_TOLD                                                                                \
    "to=@host:host!; account=Data[2]; artefact=Data[0]:lower|Message:toldcmdlet!; "                \
    "detail0=Data[1]|Message:toldparameters"

static const struct relation_row ROWS[] = {
    SECURITY(4624, LOGON,
             CLIENT TARGET "artefact=LogonType; detail0=AuthenticationPackageName; "
                           "detail2=LogonProcessName",
             "LogonType!=0|5"),
    SECURITY(4624, ALIAS, "from=WorkstationName:host!; to=IpAddress:host!; artefact='logon'",
             "LogonType=3|10"),
    // A machine's account is used by that machine.
    SECURITY(4624, ALIAS, "from=TargetUserName:machine!; to=IpAddress:host!; artefact='logon'",
             "LogonType=3"),
    SECURITY(4624, ALIAS,
             "from=TargetDomainName+TargetUserName!; to=TargetUserSid!; artefact='account'",
             "LogonType!=0"),
    SECURITY(4625, LOGON,
             CLIENT TARGET "artefact=LogonType; detail0=AuthenticationPackageName; "
                           "detail1='failed'; detail2=LogonProcessName",
             NULL),
    SECURITY(4648, CREDENTIAL_USE,
             "from=@host:host!; to=TargetServerName:host!; " TARGET
             "artefact='explicit'; detail2=ProcessName:lower",
             NULL),
    SECURITY(
        4768, CREDENTIAL_USE,
        "from=IpAddress:host!; to=@host:host!; " TARGET
        "artefact='tgt'; detail0=TicketEncryptionType; detail1=Status:failed|ResultCode:failed",
        NULL),
    SECURITY(4769, CREDENTIAL_USE,
             "from=IpAddress:host!; to=ServiceName:service!; " TARGET
             "artefact='ticket'; detail0=TicketEncryptionType; "
             "detail1=Status:failed|FailureCode:failed",
             NULL),
    SECURITY(4771, CREDENTIAL_USE,
             "from=IpAddress:host!; to=@host:host!; account=TargetUserName; artefact='tgt'; "
             "detail1='failed'",
             NULL),
    SECURITY(4776, CREDENTIAL_USE,
             "from=Workstation:host|WorkstationName:host; to=@host:host!; "
             "account=TargetUserName; artefact='ntlm'; detail1=Status:failed",
             NULL),
    SECURITY(4778, LOGON,
             "from=ClientAddress:host|ClientName:host; to=@host:host!; "
             "account=AccountDomain+AccountName; artefact='10'",
             NULL),
    SECURITY(4688, SPAWN,
             "to=@host:host!; " SUBJECT "artefact=NewProcessName:lower!; "
             "detail0=ParentProcessName:lower; detail1=CommandLine",
             NULL),
    SECURITY(4697, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='service'; detail0=ServiceName!; "
             "detail1=ServiceFileName",
             NULL),
    SECURITY(4697, REMOTE_EXECUTION,
             "to=@host:host!; " SUBJECT "artefact='service'; detail0=ServiceName!; "
             "detail1=ServiceFileName",
             NULL),
    SECURITY(4698, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='task'; detail0=TaskName!; "
             "detail1=TaskContent:task",
             NULL),
    SECURITY(4698, REMOTE_EXECUTION,
             "to=@host:host!; " SUBJECT "artefact='task'; detail0=TaskName!; "
             "detail1=TaskContent:task",
             NULL),
    SECURITY(4702, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='task'; detail0=TaskName!; "
             "detail1=TaskContentNew:task|TaskContent:task",
             NULL),
    SECURITY(4720, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='account'; detail0=TargetUserName!; "
             "detail1='created'",
             NULL),
    SECURITY(4728, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='group'; detail0=TargetUserName!; "
             "detail1=MemberName|MemberSid",
             NULL),
    SECURITY(4732, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='group'; detail0=TargetUserName!; "
             "detail1=MemberName|MemberSid",
             NULL),
    SECURITY(4756, PERSISTENCE,
             "to=@host:host!; " SUBJECT "artefact='group'; detail0=TargetUserName!; "
             "detail1=MemberName|MemberSid",
             NULL),
    SECURITY(5140, SHARE,
             "from=IpAddress:host; to=@host:host!; " SUBJECT
             "artefact=ShareName:lower!; detail0=AccessMask:access",
             NULL),
    SECURITY(5145, SHARE,
             "from=IpAddress:host; to=@host:host!; " SUBJECT
             "artefact=ShareName+RelativeTargetName:lower!; detail0=AccessMask:access",
             NULL),
    SECURITY(5156, CONTACT,
             "from=@host:host!; to=DestAddress:host!; artefact='connect'; detail0=DestPort; "
             "detail1=Application:device",
             "Direction=%%14593|Outbound"),
    SECURITY(5156, ALIAS, "from=@host:host!; to=SourceAddress:host!; artefact='filter'",
             "Direction=%%14593|Outbound; Protocol=6"),
    SECURITY(1102, LOG_CLEARED, "to=@host:host!; " SUBJECT "artefact='security'; detail0='cleared'",
             NULL),
    // The record's own channel is System, whichever log was cleared.
    OTHER(SYSTEM, 104, LOG_CLEARED,
          "to=@host:host!; " SUBJECT "artefact=.Channel:log|'unnamed'; detail0='cleared'", NULL),
    OTHER(SYSTEM, 7045, PERSISTENCE,
          "to=@host:host!; account=AccountName; artefact='service'; detail0=ServiceName!; "
          "detail1=ImagePath",
          NULL),
    OTHER(SYSTEM, 7045, REMOTE_EXECUTION,
          "to=@host:host!; artefact='service'; detail0=ServiceName!; detail1=ImagePath", NULL),

    SYSMON(1, SPAWN,
           "to=@host:host!; account=User; artefact=Image:lower!; detail0=ParentImage:lower; "
           "detail1=CommandLine; detail2=Hashes:sha256",
           NULL),
    SYSMON(3, CONTACT, CONNECTED, "Initiated!=false; Image!~" SERVANTS),
    SYSMON(3, CONTACT, CONNECTED WITH_COMMAND, "Initiated!=false; Image~" SERVANTS),
    SYSMON(3, ALIAS, "from=@host:host!; to=SourceIp:host!; artefact='sysmon'", "Initiated!=false"),
    // What comes in by TCP came to an address of its own: no broadcast, no group.
    SYSMON(3, ALIAS, "from=@host:host!; to=DestinationIp:host!; artefact='sysmon'",
           "Initiated=false; Protocol=tcp"),
    SYSMON(7, FILE,
           "to=@host:host!; artefact=ImageLoaded:lower!; detail0=Hashes:sha256; "
           "detail1=Image:lower; detail2='loaded'",
           "Signed=false"),
    SYSMON(8, PROCESS_ACCESS, ACCESSED "'thread'", "SourceImage!~" SERVANTS),
    SYSMON(8, PROCESS_ACCESS, ACCESSED "'thread'; detail3=SourceProcessGuid",
           "SourceImage~" SERVANTS),
    SYSMON(10, PROCESS_ACCESS, ACCESSED "GrantedAccess", "SourceImage!~" SERVANTS),
    SYSMON(10, PROCESS_ACCESS, ACCESSED "GrantedAccess; detail3=SourceProcessGUID",
           "SourceImage~" SERVANTS),
    SYSMON(1, ALIAS, "from=@host:host!; to=ProcessGuid!; artefact='process'; detail0=CommandLine!",
           "Image~" SERVANTS),
    SYSMON(11, FILE, FILE_CREATED, "Image!~" SERVANTS),
    SYSMON(11, FILE, FILE_CREATED WITH_COMMAND, "Image~" SERVANTS),
    SYSMON(15, FILE,
           "to=@host:host!; account=User; artefact=TargetFilename:lower!; detail0=Hash:sha256; "
           "detail1=Image:lower; detail2='created'",
           NULL),
    SYSMON(29, FILE,
           "to=@host:host!; account=User; artefact=TargetFilename:lower!; detail0=Hashes:sha256; "
           "detail1=Image:lower; detail2='created'",
           NULL),
    SYSMON(23, FILE,
           "to=@host:host!; account=User; artefact=TargetFilename:lower!; detail0=Hashes:sha256; "
           "detail1=Image:lower; detail2='deleted'",
           NULL),
    SYSMON(26, FILE,
           "to=@host:host!; account=User; artefact=TargetFilename:lower!; detail0=Hashes:sha256; "
           "detail1=Image:lower; detail2='deleted'",
           NULL),
    SYSMON(13, PERSISTENCE,
           "to=@host:host!; account=User; artefact='run key'; detail0=TargetObject:autostart!; "
           "detail1=Details",
           NULL),
    SYSMON(17, PIPE, PIPE_SEEN "'created'", "Image!~" SERVANTS),
    SYSMON(17, PIPE, PIPE_SEEN "'created'" WITH_COMMAND, "Image~" SERVANTS),
    SYSMON(18, PIPE, PIPE_SEEN "'connected'", "Image!~" SERVANTS),
    SYSMON(18, PIPE, PIPE_SEEN "'connected'" WITH_COMMAND, "Image~" SERVANTS),
    SYSMON(19, PERSISTENCE,
           "to=@host:host!; account=User; artefact='wmi'; detail0=Name!; detail1=Query", NULL),
    SYSMON(20, PERSISTENCE,
           "to=@host:host!; account=User; artefact='wmi'; detail0=Name!; detail1=Destination",
           NULL),
    SYSMON(21, PERSISTENCE,
           "to=@host:host!; account=User; artefact='wmi'; detail0=Consumer!; detail1=Filter", NULL),
    SYSMON(22, CONTACT, ASKED, "Image!~" SERVANTS),
    SYSMON(22, CONTACT, ASKED WITH_COMMAND, "Image~" SERVANTS),

    OTHER(WMI, 5858, REMOTE_EXECUTION,
          "from=ClientMachine:host!; to=@host:host!; account=User; artefact='wmi'; "
          "detail1=Operation",
          "Operation~IWbemServices::ExecMethod"),
    OTHER(WMI, 5861, PERSISTENCE,
          "to=@host:host!; artefact='wmi'; detail0=ESS!; detail1=CONSUMER|PossibleCause", NULL),
    OTHER(WINRM, 6, REMOTE_EXECUTION, "from=@host:host!; to=connection:urlhost!; artefact='winrm'",
          NULL),
    OTHER(WINRM, 91, REMOTE_EXECUTION,
          "to=@host:host!; account=Security_UserID; artefact='winrm'; detail1=resourceUri", NULL),
    OTHER(POWERSHELL_CLASSIC, 400, REMOTE_EXECUTION,
          "to=@host:host!; artefact='winrm'; detail1='powershell remoting'",
          "Data[2]~HostName=ServerRemoteHost"),
    OTHER(TASKSCHEDULER, 106, PERSISTENCE,
          "to=@host:host!; account=UserContext; artefact='task'; detail0=TaskName!", NULL),
    OTHER(TASKSCHEDULER, 140, PERSISTENCE,
          "to=@host:host!; account=UserName|UserContext; artefact='task'; detail0=TaskName!", NULL),
    OTHER(TASKSCHEDULER, 200, SPAWN,
          "to=@host:host!; artefact=ActionName:lower!; detail0='task scheduler'; "
          "detail1=TaskName",
          "ActionName~\\"),
    OTHER(TERMINALSERVICES_LOCALSESSIONMANAGER, 21, LOGON,
          "from=Address:host!; to=@host:host!; account=User; artefact='10'; detail0='rdp'", NULL),
    OTHER(TERMINALSERVICES_LOCALSESSIONMANAGER, 25, LOGON,
          "from=Address:host!; to=@host:host!; account=User; artefact='10'; detail0='rdp'", NULL),
    OTHER(TERMINALSERVICES_REMOTECONNECTIONMANAGER, 1149, LOGON,
          "from=Param3:host!; to=@host:host!; account=Param2+Param1; artefact='10'; detail0='rdp'",
          NULL),
    OTHER(TERMINALSERVICES_RDPCLIENT, 1024, CREDENTIAL_USE,
          "from=@host:host!; to=Value:host!; artefact='rdp'", NULL),
    OTHER(TERMINALSERVICES_RDPCLIENT, 1102, CREDENTIAL_USE,
          "from=@host:host!; to=Value:host!; artefact='rdp'", NULL),
    OTHER(BITS_CLIENT, 59, CONTACT,
          "from=@host:host!; to=url:urlhost!; artefact='http'; detail1='bits'; in=bytesTotal",
          NULL),
    OTHER(BITS_CLIENT, 59, UPDATE_FETCH, "from=@host:host!; to=url:urlhost!; artefact=url:package!",
          NULL),
    OTHER(MSEXCHANGE_MANAGEMENT, 1, CMDLET, CMDLET_TOLD, NULL),
    OTHER(MSEXCHANGE_MANAGEMENT, 6, CMDLET, CMDLET_TOLD "; detail1='failed'", NULL),
    {.service = LOG_SERVICE_APPLICATION,
     .provider = "MsiInstaller",
     .code = 1033,
     .kind = RELATION_SOFTWARE,
     .parts = "to=@host:host!; artefact=Data[0]:lower!; detail0=Data[1]; detail1=Data[4]"},
};

const struct relation_family relation_family_windows = {ROWS, ARRAY_SIZE(ROWS)};
