// Which rules that send mail on are the intruder's
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_MAIL_RULES_H
#define CORRELATE_MAIL_RULES_H

#include "correlate/forest.h"

// People who leave have their mail sent on, also while an intruder has the mail server. A rule that
// sends mail on to the outside is the intruder's when something ties it to him:
//
//   an account of his set it: one that is known to be the intruders' (known_account.h), or that a
//   high finding on this server names for something else;
//   it was set within an hour of his coming to the server;
//   it is one of several that one account set at once, or copies of several people's mail go there;
//   another rule that is tied leads to the same address.
//
// None is where mail was sent on to the address before his first host fell, nor where two accounts
// that are not his set rules that lead there: that is the organisation's address, not his. So with
// exports that nothing but the attack speaks against, to a folder where exports went before.
// Sets `is_untied` of the book's clues on hosts of trees: those belong to no campaign, and are no
// evidence of any (clue_evidence). Which accounts are his shows when the forest has grown, so that
// it was grown with rules that turn out to be untied: true: marks changed, and with them what hosts
// stand on; the forest should grow anew. Where that drops a host, its rules stay as they were
// judged while it had a tree. Guesses that were made before (silent.h) keep what they were thought
// to explain.
bool mail_rules_tie(struct clue_book *book, const struct edge_list *edges,
                    const struct forest *forest);

#endif
