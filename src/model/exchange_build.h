// Builds of Exchange Server, and what each lacks
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_EXCHANGE_BUILD_H
#define MODEL_EXCHANGE_BUILD_H

#include "base/slice.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// "15.1.2375.18": 15.1 is the product, 2375 the cumulative update (CU), 18 the security update
// (SU) or hotfix update (HU) on it. What answers the questions below is the room inventory; it
// hands them down in struct facts (model/facts.h).
struct exchange_build {
    uint32_t major, minor, build, revision;
};

// Where a build was read. The logs of the web applications (HttpProxy, EWS, Rps, ECP) write the
// build of their own assembly, which may be that of the CU's first release whatever updates were
// installed on it: such a build proves the CU, and no more. ExSetup.exe proves both.
enum exchange_build_origin {
    EXCHANGE_BUILD_OF_LOG,
    EXCHANGE_BUILD_OF_FILE,
};

struct exchange_release {
    const char *product;  // "Exchange2016"
    const char *cu;       // "CU22", "RTM"
    const char *update;   // "Mar22SU"; "CU" for the cumulative update itself
    const char *released; // "2021-09-28", of SUs and HUs "2022-03"
    struct exchange_build build;
    bool is_exact; // false: not in the table, this is the nearest release before it
};

struct exchange_vulnerability {
    const char *id;     // "CVE-2021-26855"; one is an advisory, "ADV190018"
    const char *listed; // the day CISA's catalogue of exploited ones (KEV) took it in; NULL: not
};

// An update that a server lacks.
struct exchange_missing {
    const char *update;                                   // "Mar21SU"
    const char *released;                                 // "2021-03"
    const struct exchange_vulnerability *vulnerabilities; // may be none: hotfixes
    size_t vulnerability_count;
    // False: the server's CU can have this update, and a build out of a log cannot tell whether
    // it was installed.
    bool is_certain;
};

typedef void exchange_missing_found(void *context, const struct exchange_missing *missing);

// "15.1.2375.18", "15.01.2375.018", with or without the revision; nothing around it. False, and
// nothing written, when it is anything else.
bool exchange_build_read(struct slice text, struct exchange_build *ret_build);

// The four columns MajorVersion, MinorVersion, BuildVersion, RevisionVersion.
bool exchange_build_join(const struct slice parts[4], struct exchange_build *ret_build);

// Below, equal, above: -1, 0, 1.
int exchange_build_compare(const struct exchange_build *a, const struct exchange_build *b);

#endif
