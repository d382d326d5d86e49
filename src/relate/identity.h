// Which host a name or an address was, and when
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_IDENTITY_H
#define RELATE_IDENTITY_H

#include "model/hosts.h"
#include "relate/relation_codec.h"

// Learns from all relations, in any order, then answers.
//
//   names:     recorders, names that leases, Sysmon and tickets give. A short name and an FQDN
//              that starts with it are one host while only one such FQDN is known.
//   addresses: leases first, each to its end or to another host's start; then claims (address,
//              host, from, to), of hosts' own records before a DHCP server's log, that before what
//              a logon says. Claims of two hosts on one time cancel each other. Between claims the
//              nearer one counts, half a day at most when the neighbours differ, and not across a
//              lease's start or end: there an address is nobody's.
struct identity;

struct identity *identity_new(void);
void identity_free(struct identity *identity);

// `sum` may be NULL for kinds other than ALIAS, LOGON and FLOW.
void identity_learn(struct identity *identity, const struct relation_key *key,
                    const struct relation_sum *sum);

// Work out hosts; identity_learn may not follow.
void identity_settle(struct identity *identity);

// The host's number in the fleet; RELATION_NO_HOST. CLOCK_NONE: only if it was the same always.
uint32_t identity_find(const struct identity *identity, struct slice name, int64_t time_ns);

// An account's settled form: domain\user in lower case, also of SIDs and UPNs that were seen with
// one. Written to `to`, which must hold RELATION_PART_BYTES_MAX; the size is returned.
size_t identity_account(const struct identity *identity, struct slice account, uint8_t *to);

// Lives as long as the identity; roles and skews are written into it by who learns them.
struct fleet_host *identity_hosts(struct identity *identity, uint32_t *ret_count);

// Addresses and times on which two hosts' claims cancelled each other.
uint64_t identity_conflict_count(const struct identity *identity);

#endif
