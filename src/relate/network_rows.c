// Rows: what sensors, proxies, routers and Linux hosts say
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_row.h"

#include "base/slice.h"

#define LOG(name, what, text, only)                                                                \
    { .format = name, .code = ROW_ANY_CODE, .kind = RELATION_##what, .parts = text, .when = only }
// One of Zeek's logs, docs.zeek.org
#define ZEEK(log, what, text, only)                                                                \
    {                                                                                              \
        .format = "zeek", .channel = log, .code = ROW_ANY_CODE, .kind = RELATION_##what,           \
        .parts = text, .when = only                                                                \
    }

#define ENDS "from=id.orig_h:host!; to=id.resp_h:host!; "
#define PROXY_CONTACT                                                                              \
    "from=c-ip:host!; to=cs-host:urlhost|c-uri:urlhost|r-ip:host!; account=cs-username; "          \
    "detail0=r-port; detail2=cs-bytes:bulk; out=cs-bytes; in=sc-bytes; taken=time-taken; "
#define PROXY_FETCH                                                                                \
    "from=c-ip:host!; to=cs-host:urlhost|c-uri:urlhost|r-ip:host!; "                               \
    "artefact=c-uri:package|cs-uri-stem:package!; detail0=sc-status; in=sc-bytes"
#define SSH "from=src_ip:host; to=@host:host!; account=user; artefact='ssh'; detail0=method"
#define LEASE "from=hostname:host!; to=ip:host!; detail0=mac:lower; "

static const struct relation_row ROWS[] = {
    ZEEK("conn", FLOW,
         ENDS "artefact=proto^id.resp_p:lower; detail0=service; detail1=conn_state:refused; "
              "detail2=orig_bytes:bulk; out=orig_bytes; in=resp_bytes; taken=duration",
         NULL),
    ZEEK("dns", CONTACT, "from=id.orig_h:host!; to=query:lower!; artefact='dns'", NULL),
    ZEEK("dns", ALIAS, "from=query:host!; to=answers:inside!; artefact='dns'", "qtype_name=A|AAAA"),
    ZEEK("http", CONTACT,
         "from=id.orig_h:host!; to=host:urlhost|id.resp_h:host!; artefact='http'; "
         "detail0=id.resp_p; out=request_body_len; in=response_body_len",
         NULL),
    ZEEK("http", UPDATE_FETCH,
         "from=id.orig_h:host!; to=host:urlhost|id.resp_h:host!; artefact=uri:package!; "
         "detail0=status_code; in=response_body_len",
         "status_code=200|206|304"),
    ZEEK("http", WEB_REQUEST,
         "from=id.orig_h:host!; to=id.resp_h:inside!; account=username; artefact=uri:webpath!; "
         "detail0=method; detail1=status_code; detail2=@marks; out=request_body_len; "
         "in=response_body_len",
         NULL),
    ZEEK("ssl", CONTACT,
         "from=id.orig_h:host!; to=server_name:lower|id.resp_h:host!; artefact='tls'; "
         "detail0=id.resp_p",
         NULL),
    ZEEK("dhcp", ALIAS,
         "from=host_name:host|client_fqdn:host!; to=assigned_addr:host|client_addr:host!; "
         "artefact='zeek'; detail0=mac:lower",
         NULL),
    ZEEK("smb_files", SHARE, ENDS "artefact=path+name:lower|path:lower!; detail0='written'",
         "action~WRITE|RENAME|DELETE"),
    ZEEK("smb_files", SHARE, ENDS "artefact=path+name:lower|path:lower!; detail0='read'",
         "action~READ|OPEN"),
    ZEEK("kerberos", CREDENTIAL_USE,
         "from=id.orig_h:host!; to=service:service!; account=client:principal; "
         "artefact='ticket'; detail0=cipher",
         "request_type=TGS"),
    ZEEK("kerberos", ALIAS, "from=client:machine!; to=id.orig_h:host!; artefact='logon'", NULL),
    ZEEK("ntlm", LOGON,
         ENDS "account=domainname+username; artefact='3'; detail0='NTLM'; "
              "detail1=success:unlucky",
         NULL),
    ZEEK("dce_rpc", REMOTE_EXECUTION,
         ENDS "artefact='service'; detail0=named_pipe; detail1=operation",
         "endpoint=svcctl; operation~Create|Start"),
    ZEEK("dce_rpc", REMOTE_EXECUTION, ENDS "artefact='task'; detail0=named_pipe; detail1=operation",
         "endpoint=ITaskSchedulerService|atsvc; operation~Register|JobAdd|Run"),
    ZEEK("dce_rpc", REMOTE_EXECUTION, ENDS "artefact='wmi'; detail0=named_pipe; detail1=operation",
         "endpoint=IWbemServices; operation~ExecMethod"),
    ZEEK("rdp", LOGON, ENDS "account=cookie; artefact='10'; detail0='rdp'", NULL),
    ZEEK("ssh", LOGON, ENDS "artefact='ssh'; detail1=auth_success:unlucky", NULL),

    LOG("squid", CONTACT, PROXY_CONTACT "artefact='connect'", "cs-method=CONNECT"),
    LOG("squid", CONTACT, PROXY_CONTACT "artefact='http'", "cs-method!=CONNECT"),
    LOG("proxy_csv", CONTACT, PROXY_CONTACT "artefact='connect'", "cs-method=CONNECT"),
    LOG("proxy_csv", CONTACT, PROXY_CONTACT "artefact='http'", "cs-method!=CONNECT"),
    LOG("squid", UPDATE_FETCH, PROXY_FETCH, "sc-status=200|206|304"),
    LOG("proxy_csv", UPDATE_FETCH, PROXY_FETCH, "sc-status=200|206|304"),

    // One-way flows: an answer belongs to the flow that it answers.
    LOG("nfdump", FLOW,
        "from=sa:host!; to=da:host!; artefact=pr^dp:lower; detail2=ibyt:bulk; out=ibyt; in=obyt",
        "sp^dp:reverse="),
    LOG("nfdump", FLOW, "from=da:host!; to=sa:host!; artefact=pr^sp:lower; out=obyt; in=ibyt",
        "sp^dp:reverse=yes"),

    LOG("dhcp_leases", ALIAS, LEASE "artefact='lease'; in=lease_end", "binding_state=active"),
    LOG("dhcp_server", ALIAS,
        "from=Host Name:host!; to=IP Address:host!; artefact='dhcp'; detail0=MAC Address:lower",
        "ID=10|11"),
    LOG("syslog", ALIAS, LEASE "artefact='dhcp'", "action=DHCPACK"),
    LOG("syslog", LOGON, SSH, "action=Accepted"),
    LOG("syslog", LOGON, SSH "; detail1='failed'", "action=Failed|Invalid"),
    LOG("syslog", SPAWN, "to=@host:host!; account=user; artefact=COMMAND:lower!; detail0='sudo'",
        NULL),
};

const struct relation_family relation_family_network = {ROWS, ARRAY_SIZE(ROWS)};
