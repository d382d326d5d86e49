// Door of the room: what runs where, and what it lacks
// SPDX-License-Identifier: Apache-2.0
#ifndef INVENTORY_INVENTORY_H
#define INVENTORY_INVENTORY_H

#include "model/facts.h"

// The room's answers, to be handed down; static.
const struct facts *inventory_facts(void);

// As in struct facts. Source: CSS-Exchange, HealthChecker's build and CVE tables (see
// exchange_builds.def); the rule of Test-ExchangeBuildGreaterOrEqualThanSecurityPatch.
bool exchange_build_find(const struct exchange_build *build, struct exchange_release *ret_release);
size_t exchange_build_missing(const struct exchange_build *build, enum exchange_build_origin origin,
                              exchange_missing_found *found, void *context);

#endif
