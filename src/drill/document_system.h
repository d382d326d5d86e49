// Product lines of document-security systems
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_DOCUMENT_SYSTEM_H
#define DRILL_DOCUMENT_SYSTEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    DOCUMENT_STEMS_MAX = 8
};

// How one looks in its access log: stems, parameter names, statuses; never a payload. One is
// drawn by the seed; the last is an invention that no list knows. Which one is drawn says nothing
// about any real case.
struct document_system {
    const char *name;
    bool invented;
    const char *admin_login; // POST
    // Each ends with NULL.
    const char *clients[DOCUMENT_STEMS_MAX]; // what client programs ask for by themselves
    const char *pages[DOCUMENT_STEMS_MAX];
    const char *admin_pages[DOCUMENT_STEMS_MAX];
    struct document_attack {
        const char *method, *stem, *query; // query: parameter names only
        uint16_t status;                   // when it seems to work
        bool slow;                         // shows in the time taken
    } attacks[DOCUMENT_STEMS_MAX];
    const char *home;              // of its Tomcat, below C:; %s is the version
    const char *virtual_directory; // where a planted path would not stand out
};

// All of them; static. The invented one is last.
const struct document_system *document_system_list(size_t *ret_count);

// Where its Tomcat lies on the server, as "DocumentServer/Tomcat 9.0"; the seed draws the version.
enum {
    DOCUMENT_HOME_SIZE = 80
};
void document_system_home(const struct document_system *system, uint64_t seed,
                          char ret_home[DOCUMENT_HOME_SIZE]);

// By name, or (NULL or "any") by the seed; NULL when there is none of that name.
const struct document_system *document_system_find(const char *name, uint64_t seed);

#endif
