// Which updates an Exchange server lacks
// SPDX-License-Identifier: Apache-2.0
#include "inventory/inventory.h"

#include <string.h>

static const struct exchange_release RELEASES[] = {
#define CVE(id, listed)
#define NO_CVE
#define RELEASE(product, cu, update, major, minor, build, revision, released)                      \
    {product, cu, update, released, {major, minor, build, revision}, true},
#define UPDATE(...)
#define UNSETTLED(...)
#include "inventory/exchange_builds.def"
#undef RELEASE
#undef UPDATE
#undef UNSETTLED
#undef CVE
#undef NO_CVE
};

enum {
    VULNERABILITIES_MAX = 16 // of one update; the table's longest has 10
};

// An update of a product: `newest` is its build on the newest CU that got it.
struct update {
    const char *product, *name, *released;
    struct exchange_build newest;
    struct exchange_vulnerability vulnerabilities[VULNERABILITIES_MAX]; // those with an id
};

static const struct update UPDATES[] = {
#define CVE(id, listed) {id, listed},
#define NO_CVE {NULL, NULL},
#define RELEASE(...)
#define UPDATE(product, name, released, major, minor, build, revision, list)                       \
    {product, name, released, {major, minor, build, revision}, {list}},
#define UNSETTLED(...)
#include "inventory/exchange_builds.def"
#undef RELEASE
#undef UPDATE
#undef UNSETTLED
};

static const struct exchange_vulnerability UNSETTLED[] = {
#define RELEASE(...)
#define UPDATE(...)
#define UNSETTLED(vulnerability) vulnerability
#include "inventory/exchange_builds.def"
#undef RELEASE
#undef UPDATE
#undef UNSETTLED
#undef CVE
#undef NO_CVE
};

bool exchange_build_find(const struct exchange_build *build, struct exchange_release *ret_release) {
    const struct exchange_release *best = NULL;
    for (size_t i = 0; i < ARRAY_SIZE(RELEASES); i++) {
        const struct exchange_release *release = &RELEASES[i];
        if (release->build.major == build->major && release->build.minor == build->minor &&
            exchange_build_compare(&release->build, build) <= 0)
            best = release; // rows go by build, an SU behind the CU of the same build
    }
    if (!best)
        return false;
    *ret_release = *best;
    ret_release->is_exact = exchange_build_compare(&best->build, build) == 0;
    return true;
}

// The update's row on the CU that the build is of; NULL when that CU never got it.
static const struct exchange_release *update_on_cu(const struct update *update,
                                                   const struct exchange_build *build) {
    for (size_t i = 0; i < ARRAY_SIZE(RELEASES); i++) {
        const struct exchange_release *release = &RELEASES[i];
        if (release->build.major == build->major && release->build.minor == build->minor &&
            release->build.build == build->build && strcmp(release->update, update->name) == 0)
            return release;
    }
    return NULL;
}

static size_t vulnerability_count(const struct update *update) {
    size_t count = 0;
    while (count < VULNERABILITIES_MAX && update->vulnerabilities[count].id)
        count++;
    return count;
}

// A build has an update when it is not below the update on the newest CU that got it (builds of
// different CUs cannot be compared otherwise: an old CU's SU may be younger than a newer CU), or
// not below the update on its own CU.
size_t exchange_build_missing(const struct exchange_build *build, enum exchange_build_origin origin,
                              exchange_missing_found *found, void *context) {
    struct exchange_release release;
    size_t count = 0;
    if (!exchange_build_find(build, &release))
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(UPDATES); i++) {
        const struct update *update = &UPDATES[i];
        if (strcmp(update->product, release.product) != 0 ||
            exchange_build_compare(build, &update->newest) >= 0)
            continue;
        const struct exchange_release *own = update_on_cu(update, build);
        if (own && exchange_build_compare(build, &own->build) >= 0)
            continue;
        struct exchange_missing missing = {
            .update = update->name,
            .released = update->released,
            .vulnerabilities = update->vulnerabilities,
            .vulnerability_count = vulnerability_count(update),
            .is_certain = !own || origin == EXCHANGE_BUILD_OF_FILE,
        };
        count++;
        if (found)
            found(context, &missing);
    }
    return count;
}

static const struct facts FACTS = {
    .exchange_build_find = exchange_build_find,
    .exchange_build_missing = exchange_build_missing,
    .exchange_unsettled = UNSETTLED,
    .exchange_unsettled_count = ARRAY_SIZE(UNSETTLED),
};

const struct facts *inventory_facts(void) {
    return &FACTS;
}
