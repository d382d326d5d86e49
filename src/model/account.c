// Whose account it is
// SPDX-License-Identifier: Apache-2.0
#include "model/account.h"

struct slice account_person(struct slice account) {
    struct slice person = slice_behind_last(account, "/\\");
    for (size_t i = 1; i < person.size; i++)
        if (person.data[i] == '@')
            return slice_part(person, 0, i);
    return person;
}
