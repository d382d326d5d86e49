// What hosts are for, by what they do
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_ROLE_BOOK_H
#define RELATE_ROLE_BOOK_H

#include "model/hosts.h"
#include "relate/relation_codec.h"
#include "relate/relation_store.h"

// Reads settled relations in the order of their keys and says which roles (fleet_role) hold.
// DOCUMENT is not among them: which product answers is for the detector to say.
struct role_book;

struct role_book *role_book_new(uint32_t host_count);
void role_book_free(struct role_book *book);

void role_book_note(struct role_book *book, const struct relation_key *key,
                    struct store_hosts hosts);
void role_book_settle(const struct role_book *book, struct fleet_host *hosts);

#endif
