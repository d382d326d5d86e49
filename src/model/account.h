// Whose account it is
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_ACCOUNT_H
#define MODEL_ACCOUNT_H

#include "base/slice.h"

// The person in an account as logs write it, in the text's own case: "corp.example/Users/CORP\a",
// "CORP\a", "a@corp.example" -> "a".
struct slice account_person(struct slice account);

#endif
