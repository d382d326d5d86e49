// One thing that happens, told to no log yet
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_DEED_H
#define DRILL_DEED_H

#include "base/slice.h"
#include "drill/address.h"

#include <stdbool.h>
#include <stdint.h>

// Normal life and attacks only make deeds; log writers (log_writer.h) only turn deeds into
// records. A deed says what happened, at true time, in no log's words. What a log needs beyond
// it (a port, an identifier that no other log shows) the writer draws from its own dice.
//
// Texts are UTF-8 and live until the next deed of the same stream is taken: writers copy what
// they keep. An empty text means unknown, or none.

enum deed_kind {
#define KIND(name, ...) DEED_##name,
#include "drill/deed_kind.def"
#undef KIND
    DEED_KIND_COUNT
};
_Static_assert(DEED_KIND_COUNT <= 64, "writers take kinds as a 64-bit mask");

#define DEED_MASK(name) (1ull << DEED_##name)
#define DEED_NO_HOST UINT32_MAX    // outside the organisation, or nobody
#define DEED_NO_ACCOUNT UINT32_MAX // see `user`
#define DEED_NO_STEP UINT32_MAX    // normal life

enum {
    DEED_DIGEST_SIZE = 32
};

// One side. `host` numbers organisation->hosts; `address` is the one it has at that moment, or
// that of somebody outside.
struct deed_end {
    uint32_t host;
    struct address address;
    uint16_t port; // 0: the writer draws one
};

// A running program. The key is unique on its host for the whole drill; writers make process
// identifiers and GUIDs of (host, key), so that all logs of a host agree.
struct deed_program {
    uint32_t key; // 0: unknown
    uint32_t id;  // what the system calls it
    struct slice image;
    struct slice command;
};

// A file's bytes, which exist nowhere: only what logs and inventories say of them.
struct deed_content {
    uint8_t sha256[DEED_DIGEST_SIZE];
    uint64_t size_bytes;
    struct slice signer;      // empty: unsigned
    struct slice description; // product or file description
    struct slice version;
};

enum deed_web_site {
    WEB_OUTSIDE,        // anything on the Internet
    WEB_INTRANET,       // an ordinary inside page
    WEB_DOCUMENT,       // the document-security system (Tomcat)
    WEB_UPGRADE,        // the software-upgrade service (nginx)
    WEB_EXCHANGE_FRONT, // Exchange client access, port 443
    WEB_EXCHANGE_BACK,  // Exchange back end, port 444: what the front end asks for its clients
};

// IIS, HttpProxy and EWS logs need a little more than a request line.
struct deed_web_exchange {
    struct slice protocol;       // "Owa", "Ecp", "Ews", "PowerShell", "Autodiscover", "Mapi", ...
    struct slice anchor_mailbox; // HttpProxy's AnchorMailbox
    struct slice action;         // SoapAction, ECP command or cmdlet, as the protocol has it
    struct slice target;         // back-end server
    struct slice client_info;    // Rps_Http's ClientInfo
    uint16_t back_status;        // 0: never reached the back end
};

struct deed_web {
    enum deed_web_site site;
    struct slice method, scheme, host, stem, query; // `stem` as sent, not normalised
    struct slice agent, referrer, user;             // user as the log has it, empty: anonymous
    struct slice content_type;
    uint16_t status, substatus;
    uint32_t windows_status;
    uint64_t request_bytes, response_bytes;
    uint32_t taken_ms;
    bool proxied;                             // through the organisation's proxy
    struct slice artefact;                    // name of the package or file that was fetched
    const struct deed_content *content;       // and its bytes; NULL: not worth telling
    const struct deed_web_exchange *exchange; // NULL unless site is WEB_EXCHANGE_*
};

enum deed_logon_type {
    LOGON_INTERACTIVE = 2,
    LOGON_NETWORK = 3,
    LOGON_BATCH = 4,
    LOGON_SERVICE = 5,
    LOGON_UNLOCK = 7,
    LOGON_REMOTE = 10,
    LOGON_CACHED = 11
};

enum deed_mail_event {
    MAIL_RECEIVED,  // from outside, by SMTP
    MAIL_SUBMITTED, // by a mailbox of ours
    MAIL_DELIVERED, // to a mailbox of ours
    MAIL_SENT       // to outside
};

enum deed_clear_what {
    CLEAR_SECURITY = 1,
    CLEAR_SYSTEM = 2,
    CLEAR_WINDOWS = 4,     // every other event log
    CLEAR_WEB = 8,         // access logs of web servers
    CLEAR_SHELL = 16,      // shell history, authentication log
    CLEAR_MAIL = 32,       // Exchange's own logs
    CLEAR_APPLICATION = 64 // the Application log alone
};

struct deed {
    int64_t time_ns; // true time, UTC
    enum deed_kind kind;
    uint32_t step;   // of the scenario's campaigns (truth.h), or DEED_NO_STEP
    uint64_t serial; // unique in the play, the same in all logs
    struct deed_end from, to;
    uint32_t account;            // numbers organisation->accounts
    struct slice user;           // the name as given, when it is no account of ours (or misspelt)
    struct deed_program program; // who does it on the host it lies on
    struct deed_program parent;
    union {
        struct {
            uint64_t roll;
        } routine;
        struct {
            int64_t until_ns;
            bool renewed;
        } lease;
        struct {
            struct slice name, answer; // answer: addresses or names, separated by ';'
            uint16_t type;             // 1 A, 5 CNAME, 16 TXT, 28 AAAA, 33 SRV
            uint16_t code;             // 0 no error, 3 no such name
        } name_query;
        struct {
            struct slice protocol; // "tcp", "udp", "icmp"
            struct slice service;  // "ssl", "smb", "ssh", "rdp", "winrm", ... or empty
            struct slice name;     // of the server in TLS, or empty
            uint64_t sent_bytes, received_bytes;
            uint32_t taken_ms;
            bool refused; // no answer, or a reset: a closed or filtered port
        } flow;
        struct deed_web web;
        struct {
            enum deed_mail_event event;
            struct slice sender, recipients, subject; // recipients separated by ';'
            struct slice message_id, network_id;
            uint64_t size_bytes;
            uint32_t recipient_count;
        } mail;
        struct {
            struct slice action;  // "GetItem", "FindItem", "GetAttachment", "SyncFolderItems"
            struct slice mailbox; // whose
            struct slice agent;
            struct slice impersonated; // empty: his own
            uint64_t request_bytes, response_bytes;
            uint32_t item_count, taken_ms;
            uint16_t status;
        } mailbox;
        struct {
            struct slice name, parameters; // "New-MailboxExportRequest", "-Mailbox \"...\" ..."
            struct slice client;           // ClientApplication
            struct slice failure;          // empty: succeeded
            uint32_t taken_ms;
            bool local; // on the server itself, not through remote PowerShell
        } cmdlet;
        struct {
            enum deed_logon_type type;
            struct slice package; // "Kerberos", "NTLM", "Negotiate"
            uint64_t session;     // unique on the host; LogonId is made of it
            uint32_t failure;     // NTSTATUS; 0: success
            bool elevated;
            bool explicit_credential; // 4648 on `from`
        } logon;
        struct {
            struct slice method; // "password", "publickey"
            struct slice key;    // fingerprint
            bool failed;
        } ssh;
        struct {
            struct slice share, path; // "C$", "inetpub\\wwwroot\\x"
            bool written;
        } share;
        struct {
            const struct deed_content *content; // NULL: nothing special
            struct slice folder;                // current directory
            uint64_t session;
            bool elevated;
            uint32_t exit_code;
        } process;
        struct {
            struct deed_program target;
            uint32_t granted;
        } access;
        struct {
            struct slice name;
            bool connected; // else created
        } pipe;
        struct {
            struct slice text, path;
        } script;
        struct {
            struct slice path;
            const struct deed_content *content; // NULL: nothing special
            bool archived;                      // Sysmon 23 kept it; 26 when not
        } file;
        struct {
            struct slice key, value;
        } registry;
        struct {
            struct slice name, command, run_as;
            bool on_demand;
        } service;
        struct {
            struct slice name, command, run_as;
        } task;
        struct {
            struct slice name, version, publisher;
        } software;
        struct {
            struct slice stem, name, version; // where the upgrade server offers it
            const struct deed_content *content;
            bool listed; // by the vendor's release list: false is tampering
        } package;
        struct {
            struct slice change; // "created", "password-reset", "group-added",
                                 // "local-group-added": a group of the host `to`
            uint32_t target;     // account
            struct slice group;
        } account_change;
        struct {
            struct slice reason;
            uint32_t up_seconds; // how long it was up
            bool started;        // it comes up again; else it goes down
        } restart;
        struct {
            unsigned what; // of enum deed_clear_what
        } clear;
    };
};

// "WEB_REQUEST"; static.
const char *deed_kind_name(enum deed_kind kind);

#endif
