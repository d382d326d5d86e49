// Door of the room: nothing unsigned leaves the upgrade server
// SPDX-License-Identifier: Apache-2.0
#ifndef GUARD_GUARD_H
#define GUARD_GUARD_H

// In reading order.
#include "guard/refusal.h"       // why the guard says no
#include "guard/canonical.h"     // strict JSON, and its canonical bytes
#include "guard/key.h"           // public keys
#include "guard/metadata.h"      // one TUF file
#include "guard/client.h"        // the TUF client: refresh, find
#include "guard/remote.h"        // where it fetches from
#include "guard/download.h"      // get a target, checked while it is written
#include "guard/request_path.h"  // what a client asks for, decoded in one way only
#include "guard/content_store.h" // files by their SHA-256, hashed while they were written
#include "guard/known_list.h"    // hashes that somebody else vouches for
#include "guard/serving_book.h"  // what was once served, and to whom
#include "guard/tree.h"          // everything below a directory
#include "guard/tree_audit.h"    // what differs in it
#include "guard/merkle.h"        // trees of hashes, and proofs
#include "guard/ledger.h"        // every release, for all to see
#include "guard/proof.h"         // a proof that stands alone
#include "guard/file_hash.h"     // SHA-256 of one file
#include "guard/release_proof.h" // that a file was released
#include "guard/secret_key.h"    // keys that sign
#include "guard/repository.h"    // the owners' side: what is published, what is staged
#include "guard/repository_content.h"
#include "guard/repository_create.h"
#include "guard/repository_publish.h"
#include "guard/repository_rotate.h"
#include "guard/repository_sign.h"
#include "guard/repository_status.h"
#include "guard/gate_config.h"  // what the gate is told
#include "guard/release_gate.h" // the gate: a server's answers, decided one by one

#endif
