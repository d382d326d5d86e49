// One form for an account's names
// SPDX-License-Identifier: Apache-2.0
#include "relate/account_book.h"

#include "base/memory.h"
#include "base/text.h"
#include "model/hosts.h"

#define ACCOUNT_SEVERAL UINT32_MAX

enum {
    BOOK_ACCOUNTS_MAX = 1 << 20,
    BOOK_ACCOUNT_BYTES = 64 << 20,
    ACCOUNT_BYTES = 256
};

void account_book_init(struct account_book *book) {
    *book = (struct account_book){0};
    intern_init(&book->accounts, BOOK_ACCOUNTS_MAX, BOOK_ACCOUNT_BYTES);
    intern_init(&book->sids, BOOK_ACCOUNTS_MAX, BOOK_ACCOUNT_BYTES);
    intern_init(&book->users, BOOK_ACCOUNTS_MAX, BOOK_ACCOUNT_BYTES);
}

void account_book_done(struct account_book *book) {
    intern_done(&book->accounts);
    intern_done(&book->sids);
    intern_done(&book->users);
    memory_free(book->sid_accounts);
    memory_free(book->user_accounts);
}

// Numbers are dense: a row of them grows with the interner, in powers of two. A number seen before
// with another account stands for several.
static void book_link(uint32_t **row, uint32_t before, uint32_t number, uint32_t account) {
    if (number == INTERN_FULL || account == INTERN_FULL)
        return;
    if (number < before) {
        if ((*row)[number] != account)
            (*row)[number] = ACCOUNT_SEVERAL;
        return;
    }
    if ((number & (number - 1)) == 0)
        *row = memory_resize(*row, number ? (size_t)number * 2 : 1, sizeof **row);
    (*row)[number] = account;
}

// Case folded. A domain is called by its first label, which mostly is its NetBIOS name; what was
// joined to a domain although it names one itself (user@realm) stands alone.
static struct slice account_fold(struct slice account, uint8_t folded[ACCOUNT_BYTES]) {
    account = text_cut(account, ACCOUNT_BYTES);
    text_fold_ascii(account.data, account.size, folded);
    uint8_t *slash = account.size ? memchr(folded, '\\', account.size) : NULL;
    if (!slash)
        return slice_of(folded, account.size);
    size_t domain = (size_t)(slash - folded);
    size_t user = account.size - domain - 1;
    if (memchr(slash + 1, '@', user)) {
        memmove(folded, slash + 1, user);
        return slice_of(folded, user);
    }
    uint8_t *dot = memchr(folded, '.', domain);
    if (!dot || address_is_address(slice_of(folded, domain)))
        return slice_of(folded, account.size);
    memmove(dot, slash, user + 1);
    return slice_of(folded, (size_t)(dot - folded) + user + 1);
}

// Of a domain or a machine (MS-DTYP 2.4.2.4), or of the cloud: others are the same everywhere.
static bool sid_is_somebodys(struct slice sid) {
    return slice_starts(sid, SLICE("S-1-5-21-")) || slice_starts(sid, SLICE("S-1-12-1-"));
}

static struct slice account_user(struct slice account) {
    const uint8_t *slash = account.size ? memchr(account.data, '\\', account.size) : NULL;
    return slash ? slice_part(account, (size_t)(slash - account.data) + 1, SIZE_MAX)
                 : (struct slice){NULL, 0};
}

void account_book_learn(struct account_book *book, struct slice account, struct slice sid) {
    uint8_t folded[ACCOUNT_BYTES];
    account = account_fold(account, folded);
    struct slice user = account_user(account);
    if (user.size == 0)
        return;
    uint32_t number = intern_add(&book->accounts, account);
    uint32_t before = book->users.count;
    book_link(&book->user_accounts, before, intern_add(&book->users, user), number);
    if (!sid_is_somebodys(sid))
        return;
    before = book->sids.count;
    book_link(&book->sid_accounts, before, intern_add(&book->sids, sid), number);
}

static size_t account_put(struct slice account, uint8_t *to, size_t size) {
    account = text_cut(account, size);
    if (account.size)
        memcpy(to, account.data, account.size);
    return account.size;
}

// "alice@contoso.local": an account contoso\alice, else the only alice there is.
static uint32_t book_find_upn(const struct account_book *book, struct slice upn) {
    const uint8_t *at = upn.size ? memchr(upn.data, '@', upn.size) : NULL;
    if (!at)
        return INTERN_FULL;
    struct slice user = slice_part(upn, 0, (size_t)(at - upn.data));
    struct slice realm = slice_part(upn, user.size + 1, SIZE_MAX);
    size_t label = 0;
    while (label < realm.size && realm.data[label] != '.')
        label++;
    uint8_t joined[ACCOUNT_BYTES + 1];
    memcpy(joined, realm.data, label);
    joined[label] = '\\';
    memcpy(joined + label + 1, user.data, user.size);
    uint32_t number = intern_find(&book->accounts, slice_of(joined, label + 1 + user.size));
    if (number != INTERN_FULL)
        return number;
    uint32_t known = intern_find(&book->users, user);
    return known == INTERN_FULL ? INTERN_FULL : book->user_accounts[known];
}

size_t account_book_settle(const struct account_book *book, struct slice account, uint8_t *to,
                           size_t size) {
    uint8_t folded[ACCOUNT_BYTES];
    if (account.size > ACCOUNT_BYTES) {
        account = text_cut(account, size);
        text_fold_ascii(account.data, account.size, to);
        return account.size;
    }
    uint32_t sid = intern_find(&book->sids, account);
    uint32_t number = sid == INTERN_FULL ? INTERN_FULL : book->sid_accounts[sid];
    account = account_fold(account, folded);
    if (number == INTERN_FULL)
        number = book_find_upn(book, account);
    return account_put(number == INTERN_FULL ? account : intern_text(&book->accounts, number), to,
                       size);
}
