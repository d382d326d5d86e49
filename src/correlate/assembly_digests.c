// Digests of what findings name on confirmed hosts
// SPDX-License-Identifier: Apache-2.0
//
// Cost: one pass over files and program starts where any campaign or incident names an artefact; of
// those only what is on its hosts is looked at.
#include "correlate/assembly.h"

#include "base/memory.h"
#include "base/text.h"

enum {
    DIGESTS_MAX = 1 << 16, // of all campaigns; beyond it a list of indicators helps nobody
    HEX_SIZE = 2 * DIGEST_SHA256_SIZE
};

// A host of a campaign, by number of the fleet.
struct digest_place {
    struct campaign *campaign; // NULL: in none
    uint32_t host;
};

struct digest_row {
    struct campaign *campaign;
    struct campaign_digest told;
};

struct digest_search {
    struct assembly *assembly;
    struct digest_place *places;
    uint32_t place_count;
    struct digest_row *rows; // in the order of relations: those of a host stand together
    uint32_t count, capacity;
};

static struct slice without_drive(struct slice path) {
    return path.size > 2 && path.data[1] == ':' ? slice_part(path, 2, SIZE_MAX) : path;
}

static uint8_t byte_folded(uint8_t byte) {
    return byte == '/' ? '\\' : byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
}

// "/owa/auth/x.aspx" is served from "c:\...\owa\auth\x.aspx"; any other path is meant whole.
static bool path_is_named(struct slice path, struct slice artefact) {
    struct slice whole = without_drive(path), name = without_drive(artefact);
    bool served = name.size > 1 && name.data[0] == '/' && whole.size && whole.data[0] == '\\' &&
                  memchr(name.data + 1, '/', name.size - 1) != NULL;
    if (name.size < 2 || whole.size < name.size || (whole.size > name.size && !served))
        return false;
    for (size_t i = 0; i < name.size; i++)
        if (byte_folded(whole.data[whole.size - name.size + i]) != byte_folded(name.data[i]))
            return false;
    return name.data[0] == '\\' || name.data[0] == '/';
}

// Windows' own programs lie everywhere: to look for them would accuse all hosts.
static bool file_is_of_windows(const struct relation *relation) {
    static const char *const FOLDERS[] = {"\\windows\\system32\\", "\\windows\\syswow64\\",
                                          "\\windows\\winsxs\\", "\\windows\\microsoft.net\\"};
    struct slice path = without_drive(relation->artefact);
    for (size_t i = 0; i < ARRAY_SIZE(FOLDERS); i++) {
        struct slice folder = slice_of_string(FOLDERS[i]);
        if (path.size > folder.size &&
            text_equal_fold_ascii(slice_part(path, 0, folder.size), folder))
            return true;
    }
    struct slice microsoft = SLICE("microsoft");
    return relation->kind == RELATION_FILE && slice_equal_string(relation->detail[2], "listed") &&
           text_equal_fold_ascii(slice_part(relation->detail[1], 0, microsoft.size), microsoft);
}

static bool digest_is_whole(struct slice digest) {
    for (size_t i = 0; i < digest.size; i++)
        if (text_hex_digit(digest.data[i]) < 0)
            return false;
    return digest.size == HEX_SIZE;
}

static void digest_add(struct digest_search *search, const struct digest_place *place,
                       const struct relation *relation, struct slice digest) {
    for (uint32_t i = search->count; i-- > 0;) {
        const struct digest_row *row = &search->rows[i];
        if (row->campaign != place->campaign || row->told.host != place->host)
            break;
        if (text_equal_fold_ascii(row->told.sha256, digest))
            return;
    }
    if (search->count == DIGESTS_MAX)
        return;
    if (search->count == search->capacity) {
        search->capacity = search->capacity ? 2 * search->capacity : 256;
        search->rows = memory_resize(search->rows, search->capacity, sizeof *search->rows);
    }
    struct citations citations = {.count = 0};
    citations_add(&citations, relation->references, relation->reference_count);
    search->rows[search->count++] =
        (struct digest_row){place->campaign,
                            {.host = place->host,
                             .path = assembly_keep(search->assembly, relation->artefact),
                             .sha256 = assembly_keep(search->assembly, digest),
                             .references = citations_keep(search->assembly, &citations),
                             .reference_count = citations.count}};
}

// A detector that compares hosts tells a path without its drive; the record has it.
static void artefact_complete(struct assembly *assembly, struct campaign_host *host,
                              uint32_t number, struct slice path) {
    struct slice *artefacts = assembly_new(assembly, host->artefact_count, sizeof *artefacts);
    if (!artefacts)
        return;
    memcpy(artefacts, host->artefacts, host->artefact_count * sizeof *artefacts);
    artefacts[number] = assembly_keep(assembly, path);
    host->artefacts = artefacts;
}

static enum status digest_take(void *context, struct relation *relation, struct problem *problem) {
    struct digest_search *search = context;
    (void)problem;
    if (relation->to_host >= search->place_count || !search->places[relation->to_host].campaign)
        return STATUS_OK;
    const struct digest_place *place = &search->places[relation->to_host];
    struct campaign_host *host = &place->campaign->hosts[place->host];
    struct slice digest = relation->detail[relation->kind == RELATION_FILE ? 0 : 2];
    for (uint32_t i = 0; i < host->artefact_count; i++) {
        if (!path_is_named(relation->artefact, host->artefacts[i]))
            continue;
        if (host->artefacts[i].data[0] == '\\' && relation->artefact.size > host->artefacts[i].size)
            artefact_complete(search->assembly, host, i, relation->artefact);
        if (digest_is_whole(digest) && relation->reference_count && !file_is_of_windows(relation))
            digest_add(search, place, relation, digest);
    }
    return STATUS_OK;
}

static bool hosts_place(struct digest_search *search, struct campaign *campaigns, uint32_t count) {
    bool any = false;
    for (uint32_t i = 0; i < count; i++)
        for (uint32_t k = 0; k < campaigns[i].host_count; k++) {
            const struct campaign_host *host = &campaigns[i].hosts[k];
            if (host->host >= search->place_count || host->state != HOST_STATE_CONFIRMED ||
                host->artefact_count == 0)
                continue;
            search->places[host->host] = (struct digest_place){&campaigns[i], k};
            any = true;
        }
    return any;
}

static void digests_keep(struct digest_search *search, struct campaign *campaign) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < search->count; i++)
        count += search->rows[i].campaign == campaign;
    struct campaign_digest *kept = assembly_new(search->assembly, count, sizeof *kept);
    campaign->digests = kept;
    for (uint32_t i = 0; i < search->count && kept; i++)
        if (search->rows[i].campaign == campaign)
            kept[campaign->digest_count++] = search->rows[i].told;
}

enum status assembly_digests(struct assembly *assembly, struct reconstruction *result,
                             struct problem *problem) {
    struct digest_search search = {.assembly = assembly,
                                   .place_count = assembly->input->fleet->count};
    search.places = memory_new((size_t)search.place_count + 1, sizeof *search.places);
    bool any = hosts_place(&search, result->campaigns, result->campaign_count);
    any |= hosts_place(&search, result->incidents, result->incident_count);
    enum status status = STATUS_OK;
    if (any)
        status = relation_source_each(assembly->input->relations,
                                      RELATION_MASK(FILE) | RELATION_MASK(SPAWN), RELATION_ORDER_TO,
                                      digest_take, &search, problem);
    for (uint32_t i = 0; i < result->campaign_count; i++)
        digests_keep(&search, &result->campaigns[i]);
    for (uint32_t i = 0; i < result->incident_count; i++)
        digests_keep(&search, &result->incidents[i]);
    memory_free(search.rows);
    memory_free(search.places);
    return status;
}
