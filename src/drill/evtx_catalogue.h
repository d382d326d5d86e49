// Event types, hosts and their compiled templates
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_EVTX_CATALOGUE_H
#define DRILL_EVTX_CATALOGUE_H

#include "drill/evtx_template.h"

// Types of one provider and channel share a root template: they are of one root kind.
struct evtx_catalogue {
    const struct evtx_event_type *types;
    size_t type_count;
    struct evtx_names names;
    struct evtx_template *data;  // one a type
    uint32_t *root_of_type;      // type -> root kind
    uint32_t *type_of_root;      // root kind -> a type of it
    struct evtx_template *roots; // one a root kind
    size_t root_count;
};

struct evtx_host {
    const struct evtx_catalogue *catalogue;
    char *computer;
    uint8_t *computer_utf16;
    size_t computer_size;
    uint8_t (*guids)[EVTX_GUID_SIZE]; // of the root templates with this computer's name
    size_t number;
};

#endif
