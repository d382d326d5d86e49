// Event types, hosts and their compiled templates
// SPDX-License-Identifier: Apache-2.0
#include "drill/evtx_catalogue.h"

#include "base/digest.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

enum {
    COMPUTER_SIZE_MAX = 512
};

static bool is_same_text(const char *a, const char *b) {
    return a == b || (a && b && strcmp(a, b) == 0);
}

static bool is_same_root(const struct evtx_event_type *a, const struct evtx_event_type *b) {
    return is_same_text(a->provider, b->provider) && is_same_text(a->guid, b->guid) &&
           is_same_text(a->event_source, b->event_source) && is_same_text(a->channel, b->channel) &&
           a->classic == b->classic;
}

static uint32_t find_root(struct evtx_catalogue *catalogue, size_t type) {
    for (size_t i = 0; i < catalogue->root_count; i++)
        if (is_same_root(&catalogue->types[catalogue->type_of_root[i]], &catalogue->types[type]))
            return (uint32_t)i;
    catalogue->type_of_root[catalogue->root_count] = (uint32_t)type;
    return (uint32_t)catalogue->root_count++;
}

struct evtx_catalogue *evtx_catalogue_new(const struct evtx_event_type *types, size_t count) {
    struct evtx_catalogue *catalogue = memory_new(1, sizeof *catalogue);
    catalogue->types = types;
    catalogue->type_count = count;
    catalogue->data = memory_new(count, sizeof *catalogue->data);
    catalogue->root_of_type = memory_new(count, sizeof *catalogue->root_of_type);
    catalogue->type_of_root = memory_new(count, sizeof *catalogue->type_of_root);
    evtx_names_init(&catalogue->names);
    for (size_t i = 0; i < count; i++) {
        evtx_template_init_data(&catalogue->data[i], &catalogue->names, &types[i]);
        catalogue->root_of_type[i] = find_root(catalogue, i);
    }
    catalogue->roots = memory_new(catalogue->root_count, sizeof *catalogue->roots);
    for (size_t i = 0; i < catalogue->root_count; i++)
        evtx_template_init_root(&catalogue->roots[i], &catalogue->names,
                                &types[catalogue->type_of_root[i]]);
    return catalogue;
}

void evtx_catalogue_free(struct evtx_catalogue *catalogue) {
    if (!catalogue)
        return;
    for (size_t i = 0; i < catalogue->type_count; i++)
        evtx_template_done(&catalogue->data[i]);
    for (size_t i = 0; i < catalogue->root_count; i++)
        evtx_template_done(&catalogue->roots[i]);
    evtx_names_done(&catalogue->names);
    memory_free(catalogue->data);
    memory_free(catalogue->roots);
    memory_free(catalogue->root_of_type);
    memory_free(catalogue->type_of_root);
    memory_free(catalogue);
}

const struct evtx_event_type *evtx_catalogue_type(const struct evtx_catalogue *catalogue,
                                                  size_t type) {
    assert(type < catalogue->type_count);
    return &catalogue->types[type];
}

// A host's own GUID of a root template: over the template's and the name.
static void make_guid(const struct evtx_template *root, struct slice computer,
                      uint8_t ret_guid[EVTX_GUID_SIZE]) {
    uint8_t bytes[EVTX_GUID_SIZE + COMPUTER_SIZE_MAX], digest[DIGEST_SHA256_SIZE];
    assert(computer.size <= COMPUTER_SIZE_MAX);
    memcpy(bytes, root->guid, EVTX_GUID_SIZE);
    memcpy(bytes + EVTX_GUID_SIZE, computer.data, computer.size);
    digest_sha256(slice_of(bytes, EVTX_GUID_SIZE + computer.size), digest);
    memcpy(ret_guid, digest, EVTX_GUID_SIZE);
}

struct evtx_host *evtx_host_new(const struct evtx_catalogue *catalogue, const char *computer,
                                size_t number) {
    struct evtx_host *host = memory_new(1, sizeof *host);
    struct slice name = slice_of_string(computer);
    host->catalogue = catalogue;
    host->computer = memory_keep_text(computer, name.size);
    host->computer_utf16 = memory_new(2 * name.size, 1);
    host->computer_size = evtx_utf16(name, host->computer_utf16);
    host->number = number;
    host->guids = memory_new(catalogue->root_count, sizeof *host->guids);
    for (size_t i = 0; i < catalogue->root_count; i++)
        make_guid(&catalogue->roots[i], name, host->guids[i]);
    return host;
}

void evtx_host_free(struct evtx_host *host) {
    if (!host)
        return;
    memory_free(host->guids);
    memory_free(host->computer_utf16);
    memory_free(host->computer);
    memory_free(host);
}

const char *evtx_host_computer(const struct evtx_host *host) {
    return host->computer;
}

size_t evtx_host_number(const struct evtx_host *host) {
    return host->number;
}
