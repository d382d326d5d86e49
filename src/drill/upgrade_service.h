// What the software-upgrade service offers
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_UPGRADE_SERVICE_H
#define DRILL_UPGRADE_SERVICE_H

#include "drill/deed.h"

// The same for normal life and attacks, so that a tampered package hides behind its name.
#define UPGRADE_CHECK_STEM "/client/check"
#define UPGRADE_PACKAGE_STEM "/packages/ExampleDocSafeSetup.exe"
#define UPGRADE_PACKAGE_NAME "ExampleDocSafeSetup.exe"
#define UPGRADE_FOLDER "srv/upgrade" // on the server, below /
#define UPGRADE_AGENT "ExampleDocSafe-Update/6.4"
#define UPGRADE_CACHE "C:\\Program Files\\Example DocSafe\\Update\\cache\\"
#define UPGRADE_UPDATER "C:\\Program Files\\Example DocSafe\\Update\\DocSafeUpdate.exe"

// Digest and size of the listed release with this number (0 is in use when the play begins).
// Texts are static.
struct deed_content upgrade_release(uint64_t seed, uint32_t number);

// Made-up bytes of any other name: same seed and name, same digest.
struct deed_content made_content(uint64_t seed, struct slice name, uint64_t size_bytes);

#endif
