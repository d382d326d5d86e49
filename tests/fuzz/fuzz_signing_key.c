// Any bytes as a key
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "guard/owner_set.h"
#include "guard/secret_key.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

// A secret key that is taken signs what its public half accepts.
static void try_secret(struct slice pem) {
    struct secret_key secret;
    if (secret_key_is_locked(pem) || // by design slow
        secret_key_read(pem, SLICE(""), &secret, NULL) != STATUS_OK)
        return;
    struct buffer public;
    struct owner_set set;
    fuzz_understood();
    owner_set_init(&set);
    buffer_init(&public, 1 << 16);
    enum status status = secret_key_public(&secret, SLICE("alice"), &public, NULL);
    assert(status == STATUS_OK);
    status = owner_set_add(&set, buffer_slice(&public), NULL);
    assert(status == STATUS_OK && set.count == 1 &&
           slice_equal_string(set.owners[0].name, "alice"));
    assert(memcmp(set.owners[0].identity, secret.identity, sizeof secret.identity) == 0);
    buffer_done(&public);
    owner_set_done(&set);
    secret_key_done(&secret);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct slice input = slice_of(data, size);
    struct owner_set set;
    struct key key;
    try_secret(input);
    if (key_from_pem(&key, input, NULL) == STATUS_OK) {
        fuzz_understood();
        assert(!key_verify(&key, SLICE("text"), input));
        key_done(&key);
    }
    owner_set_init(&set);
    if (owner_set_add(&set, input, NULL) == STATUS_OK) {
        fuzz_understood();
        assert(set.count == 1 && set.owners[0].keyid.size == 64);
        assert(owner_set_add(&set, input, NULL) != STATUS_OK);
    }
    owner_set_done(&set);
    return 0;
}
