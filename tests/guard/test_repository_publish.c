// A publish stopped at each write: clients find one whole release
// SPDX-License-Identifier: Apache-2.0
#include "guard/repository_publish.h"

#include "guard/client.h"
#include "guard/remote.h"
#include "guard/repository_create.h"
#include "guard/repository_rotate.h"
#include "guard/repository_sign.h"

#include "base/clock.h"
#include "base/durable_file.h"
#include "base/memory.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    OWNER_COUNT = 6,
    STOPPED = 42, // exit status of a child that was stopped
    STOPS_MAX = 60,
};

static int steps_left; // before the process ends; 0: it does not

// Stands in for the C library's: every file is put in place by this one call.
int rename(const char *from, const char *to) {
    if (steps_left && --steps_left == 0)
        _exit(STOPPED);
    return (int)syscall(SYS_rename, from, to);
}

// So does this one, to stop between the files that are cleared away.
int unlink(const char *path) {
    if (steps_left && strstr(path, "/staged/") && --steps_left == 0)
        _exit(STOPPED);
    return (int)syscall(SYS_unlink, path);
}

struct world {
    char directory[64];
    struct secret_key owners[OWNER_COUNT];
};

// What is published after the first release of a, b and c; NULL ends a list.
struct scenario {
    const char *add[4], *remove[4];
    const char *signers; // "ab"
    bool online, file;
    int64_t root_version;
};

static void run(const char *const *words) {
    pid_t child = fork();
    if (child == 0) {
        execvp(words[0], (char *const *)(uintptr_t)words);
        _exit(127);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void copy(const char *from, const char *to) {
    run((const char *[]){"rm", "-rf", to, NULL});
    run((const char *[]){"cp", "-a", from, to, NULL});
}

static void fine(enum status status, const struct refusal *refusal) {
    if (status != STATUS_OK)
        fail_msg("%s: %s", refusal_word(refusal->reason), refusal->problem.text);
}

static int remove_one(const char *path, const struct stat *about, int kind, struct FTW *where) {
    (void)about, (void)kind, (void)where;
    return remove(path);
}

// a.pub to f.pub, and their secret halves.
static void make_owners(struct world *world) {
    struct problem problem;
    for (int i = 0; i < OWNER_COUNT; i++) {
        struct buffer text;
        char name[] = "a.pub";
        name[0] = (char)('a' + i);
        buffer_init(&text, 4096);
        assert_int_equal(secret_key_make(KEY_ED25519, &world->owners[i], &problem), STATUS_OK);
        secret_key_public(&world->owners[i], slice_of(name, 1), &text, &problem);
        assert_int_equal(durable_file_write(name, buffer_slice(&text), 0644, &problem), STATUS_OK);
        buffer_done(&text);
    }
}

static void stage_file(struct repository *repository, const char *path) {
    struct release_list list;
    struct refusal refusal;
    struct release release = {
        .path = slice_of_string(path), .length = 5, .first_seen_ns = CLOCK_NONE};
    release_list_init(&list);
    fine(repository_releases(repository, &list, &refusal), &refusal);
    digest_sha256(SLICE("hello"), release.sha256);
    assert_int_equal(release_list_put(&list, &release, &refusal.problem), STATUS_OK);
    fine(repository_stage_targets(repository, &list, &refusal), &refusal);
    release_list_done(&list);
}

static size_t list_count(const char *const *list) {
    size_t count = 0;
    while (count < 4 && list[count])
        count++;
    return count;
}

static void stage(const struct world *world, const struct scenario *scenario) {
    struct repository repository;
    struct refusal refusal;
    uint32_t count;
    fine(repository_open("repo", true, &repository, &refusal), &refusal);
    struct rotation rotation = {.add = scenario->add,
                                .add_count = list_count(scenario->add),
                                .remove = scenario->remove,
                                .remove_count = list_count(scenario->remove),
                                .online = scenario->online};
    if (rotation.add_count || rotation.remove_count || rotation.online)
        fine(repository_rotate(&repository, &rotation, &refusal), &refusal);
    if (scenario->file)
        stage_file(&repository, "new.msi");
    for (const char *signer = scenario->signers; *signer; signer++)
        fine(repository_sign(&repository, &world->owners[*signer - 'a'], &count, &refusal),
             &refusal);
    repository_close(&repository);
}

static enum status publish(struct refusal *refusal) {
    struct repository repository;
    struct publish_result result;
    enum status status = repository_open("repo", true, &repository, refusal);
    if (status != STATUS_OK)
        return status;
    status = repository_publish(&repository, false, &result, refusal);
    repository_close(&repository);
    return status;
}

// A refresh of the client that keeps its metadata in `directory`, and what it then trusts.
static void refresh(const char *directory, int64_t ret_versions[METADATA_TYPE_COUNT]) {
    struct remote *remote;
    struct refusal refusal;
    struct client_target target;
    struct remote_options from = {.metadata = "repo/public/metadata"};
    fine(remote_new(&from, &remote, &refusal), &refusal);
    struct client_options options = {
        .directory = directory, .source = remote_source(remote), .now_ns = CLOCK_NONE};
    struct client *client = client_new(&options);
    fine(client_refresh(client, &refusal), &refusal);
    fine(client_find(client, SLICE("kept.msi"), &target, &refusal), &refusal);
    for (int type = 0; type < METADATA_TYPE_COUNT; type++)
        ret_versions[type] = client_version(client, (enum metadata_type)type);
    client_free(client);
    remote_free(remote);
}

static void install(const char *directory) {
    struct buffer root;
    struct refusal refusal;
    buffer_init(&root, 1024 * 1024);
    assert_int_equal(
        durable_file_read("repo/public/metadata/1.root.json", 512 * 1024, &root, &refusal.problem),
        STATUS_OK);
    fine(client_install_root(directory, buffer_slice(&root), &refusal), &refusal);
    buffer_done(&root);
}

static int setup(void **state) {
    struct world *world = memory_new(1, sizeof *world);
    struct refusal refusal;
    int64_t versions[METADATA_TYPE_COUNT];
    bool quick = access("/dev/shm", W_OK) == 0;
    snprintf(world->directory, sizeof world->directory, "%s/vedette-publish-XXXXXX",
             quick ? "/dev/shm" : "/tmp");
    *state = world;
    if (!mkdtemp(world->directory) || chdir(world->directory) != 0 || mkdir("content", 0755) != 0)
        return -1;
    make_owners(world);
    struct repository_wish wish = {.directory = "repo",
                                   .content = "content",
                                   .ledger_name = "example.com/updates",
                                   .days = {365, 7, 30, 180}};
    fine(repository_create(&wish, &refusal), &refusal);
    // The files are elsewhere: nothing of them is compared.
    rmdir("content");
    static const struct scenario first = {.add = {"a.pub", "b.pub", "c.pub"}, .signers = ""};
    stage(world, &first);
    struct repository repository;
    uint32_t count;
    fine(repository_open("repo", true, &repository, &refusal), &refusal);
    stage_file(&repository, "kept.msi");
    for (int i = 0; i < 2; i++)
        fine(repository_sign(&repository, &world->owners[i], &count, &refusal), &refusal);
    repository_close(&repository);
    fine(publish(&refusal), &refusal);
    install("fresh");
    copy("fresh", "kept");
    refresh("kept", versions);
    copy("repo", "first");
    return 0;
}

static int teardown(void **state) {
    struct world *world = *state;
    for (int i = 0; i < OWNER_COUNT; i++)
        secret_key_done(&world->owners[i]);
    nftw(world->directory, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    memory_free(world);
    return 0;
}

// A publish that is stopped before its nth step; whether it was.
static bool publish_stopped(int n) {
    pid_t child = fork();
    if (child == 0) {
        struct refusal refusal;
        steps_left = n;
        _exit(publish(&refusal) == STATUS_OK ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == STOPPED));
    return WEXITSTATUS(status) == STOPPED;
}

// Those that have nothing but the first root, and those that follow.
static void refresh_both(int64_t ret_versions[METADATA_TYPE_COUNT]) {
    int64_t followed[METADATA_TYPE_COUNT];
    copy("fresh", "trusted-fresh");
    refresh("trusted-fresh", ret_versions);
    refresh("trusted", followed);
    assert_memory_equal(followed, ret_versions, sizeof followed);
}

static void stop_everywhere(const struct world *world, const struct scenario *scenario) {
    int64_t versions[METADATA_TYPE_COUNT], before = 1;
    struct refusal refusal;
    bool stopped = true;
    int n = 0;
    copy("first", "repo");
    stage(world, scenario);
    copy("repo", "staged");
    while (stopped && n < STOPS_MAX) {
        copy("staged", "repo");
        copy("kept", "trusted");
        stopped = publish_stopped(++n);
        refresh_both(versions);
        // The later it is stopped, the more of it is there; never less.
        assert_true(versions[METADATA_TARGETS] >= before);
        before = versions[METADATA_TARGETS];
        fine(publish(&refusal), &refusal);
        refresh_both(versions);
        assert_int_equal(versions[METADATA_TARGETS], 2);
        assert_int_equal(versions[METADATA_ROOT], scenario->root_version);
    }
    // The daily one.
    fine(publish(&refusal), &refusal);
    refresh_both(versions);
    assert_false(stopped);
    assert_in_range(n, 5, STOPS_MAX);
}

static void a_release(void **state) {
    static const struct scenario scenario = {.signers = "ab", .file = true, .root_version = 1};
    stop_everywhere(*state, &scenario);
}

static void a_lost_key(void **state) {
    static const struct scenario scenario = {
        .add = {"d.pub"}, .remove = {"b"}, .signers = "ac", .root_version = 2};
    stop_everywhere(*state, &scenario);
}

// Nobody stays, and the new list is another one.
static void other_owners(void **state) {
    static const struct scenario scenario = {.add = {"d.pub", "e.pub", "f.pub"},
                                             .remove = {"a", "b", "c"},
                                             .signers = "abde",
                                             .file = true,
                                             .root_version = 2};
    stop_everywhere(*state, &scenario);
}

static void another_online_key(void **state) {
    static const struct scenario scenario = {.signers = "bc", .online = true, .root_version = 2};
    stop_everywhere(*state, &scenario);
}

static void all_at_once(void **state) {
    static const struct scenario scenario = {.add = {"d.pub", "e.pub"},
                                             .remove = {"a"},
                                             .signers = "bcde",
                                             .online = true,
                                             .file = true,
                                             .root_version = 2};
    stop_everywhere(*state, &scenario);
}

// The new owners' signatures alone would leave clients of the old root without a list.
static void needs_the_list_signed_by_both(void **state) {
    static const struct scenario scenario = {
        .add = {"d.pub", "e.pub"}, .remove = {"a"}, .signers = "bcde", .root_version = 2};
    struct world *world = *state;
    struct repository repository;
    struct refusal refusal;
    uint32_t count;
    copy("first", "repo");
    stage(world, &scenario);
    fine(repository_open("repo", true, &repository, &refusal), &refusal);
    stage_file(&repository, "late.msi"); // drops the signatures of the list, not of the root
    for (int i = 3; i < 5; i++)
        fine(repository_sign(&repository, &world->owners[i], &count, &refusal), &refusal);
    repository_close(&repository);
    assert_int_not_equal(publish(&refusal), STATUS_OK);
    assert_int_equal(refusal.reason, REFUSAL_THRESHOLD);
    assert_non_null(strstr(refusal.problem.text, "owners until now"));
    // Who is removed may still sign for them.
    fine(repository_open("repo", true, &repository, &refusal), &refusal);
    for (int i = 0; i < 2; i++)
        fine(repository_sign(&repository, &world->owners[i], &count, &refusal), &refusal);
    repository_close(&repository);
    fine(publish(&refusal), &refusal);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_release),    cmocka_unit_test(a_lost_key),
        cmocka_unit_test(other_owners), cmocka_unit_test(another_online_key),
        cmocka_unit_test(all_at_once),  cmocka_unit_test(needs_the_list_signed_by_both),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
