// Door of the room: nothing unlisted leaves the upgrade server
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

// In reading order:
//   request_path.h   what a client asks for, decoded in one way only
//   content_store.h  files by their SHA-256, hashed while they were written

#endif
