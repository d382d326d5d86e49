// Product lines of document-security systems
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_DOCUMENT_SYSTEM_H
#define DRILL_DOCUMENT_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>

enum {
    DOCUMENT_STEMS_MAX = 12
};

// How one looks in its access log: stems, parameter names, statuses; never a payload. One is
// drawn by the seed; the last is an invention that no list knows. That one is drawn says nothing
// about any real case.
struct document_system {
    const char *name; // "example-docsafe"
    bool invented;
    const char *prefix;                                      // "/docsafe"
    const char *login, *admin_login, *client_check, *upload; // stems without the prefix
    // Each ends with NULL. Of `attacks`: "METHOD stem?parameter-names status".
    const char *pages[DOCUMENT_STEMS_MAX];
    const char *admin_pages[DOCUMENT_STEMS_MAX];
    const char *attacks[DOCUMENT_STEMS_MAX];
    const char *virtual_directories[DOCUMENT_STEMS_MAX]; // where a planted path would not stand out
    const char *service, *folder;                        // Windows service, install folder
};

// All of them; static. The invented one is last.
const struct document_system *document_system_list(size_t *ret_count);

#endif
