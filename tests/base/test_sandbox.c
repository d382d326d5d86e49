// Tests of shutting ourselves in
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "base/sandbox.h"
#include "base/slice.h"
#include "base/sorter.h"
#include "base/workers.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static char root[64];

static int root_init(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/vedette-sandbox-XXXXXX");
    if (!mkdtemp(root) || chdir(root) != 0 || mkdir("evidence", 0755) || mkdir("out", 0755))
        return -1;
    FILE *file = fopen("evidence/a.log", "w");
    return !file || fputs("evidence\n", file) < 0 || fclose(file) != 0 ? -1 : 0;
}

static int root_remove(const char *path, const struct stat *information, int kind,
                       struct FTW *ftw) {
    (void)information;
    (void)kind;
    (void)ftw;
    return remove(path);
}

static int root_done(void **state) {
    (void)state;
    return chdir("/") == 0 ? nftw(root, root_remove, 16, FTW_DEPTH | FTW_PHYS) : -1;
}

// Says where a child failed; its exit status is the line's number, modulo 250, plus 1.
#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition)) {                                                                        \
            fprintf(stderr, "%d: %s (errno %d)\n", __LINE__, #condition, errno);                   \
            return __LINE__ % 250 + 1;                                                             \
        }                                                                                          \
    } while (0)

static const char *missing;

static int enter(void) {
    const char *readable[] = {"evidence", "not/there"};
    const char *writable[] = {"out"};
    struct sandbox_options options = {.readable = readable,
                                      .readable_count = ARRAY_SIZE(readable),
                                      .writable = writable,
                                      .writable_count = ARRAY_SIZE(writable)};
    struct problem problem = {.text = ""};
    enum status status = sandbox_enter(&options, &missing, &problem);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", problem.text);
    CHECK(status == STATUS_OK);
    return 0;
}

static void in_child(int (*body)(void)) {
    pid_t child = fork();
    if (child == 0) {
        int result = enter();
        exit(result ? result : body()); // exit, so that the leak check runs inside too
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFEXITED(result));
    assert_int_equal(WEXITSTATUS(result), 0);
}

static int files_body(void) {
    char text[16];
    int fd = open("evidence/a.log", O_RDONLY);
    CHECK(fd >= 0 && read(fd, text, sizeof text) == 9);
    close(fd);
    fd = open("out/b", O_WRONLY | O_CREAT | O_EXCL, 0600);
    CHECK(fd >= 0 && write(fd, "x", 1) == 1 && fsync(fd) == 0);
    close(fd);
    CHECK(mkdir("out/sub", 0700) == 0 && rename("out/b", "out/sub/c") == 0);
    fd = open("out/sub/c", O_RDWR | O_TRUNC);
    CHECK(fd >= 0);
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};
    CHECK(fcntl(fd, F_SETLK, &lock) == 0 && ftruncate(fd, 100) == 0);
    close(fd);
    CHECK(unlink("out/sub/c") == 0 && rmdir("out/sub") == 0);
    if (missing && missing[0] == 'L')
        return 0;
    CHECK(open("/etc/shadow", O_RDONLY) < 0 && errno == EACCES);
    CHECK(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
    CHECK(open("evidence/a.log", O_WRONLY) < 0 && errno == EACCES);
    CHECK(open("evidence/a.log", O_RDONLY | O_TRUNC) < 0 && errno == EACCES);
    CHECK(open("evidence/new", O_WRONLY | O_CREAT, 0600) < 0 && errno == EACCES);
    CHECK(unlink("evidence/a.log") < 0 && errno == EACCES);
    CHECK(open("../x", O_WRONLY | O_CREAT, 0600) < 0);
    return 0;
}

static void only_evidence_and_output_are_there(void **state) {
    (void)state;
    in_child(files_body);
}

static int calls_body(void) {
    char *arguments[] = {NULL};
    CHECK(socket(AF_INET, SOCK_STREAM, 0) < 0 && errno == EPERM);
    CHECK(socket(AF_UNIX, SOCK_STREAM, 0) < 0 && errno == EPERM);
    CHECK(execve("/bin/true", arguments, arguments) < 0 && errno == EPERM);
    CHECK(unshare(CLONE_NEWUSER) < 0 && errno == EPERM);
    CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
              MAP_FAILED &&
          errno == EPERM);
    CHECK(symlink("x", "out/link") < 0 && errno == EPERM);
    CHECK(chmod("out", 0777) < 0 && errno == EPERM);
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
    CHECK(fork() < 0 && errno == EPERM);
    CHECK(kill(getppid(), 0) < 0 && errno == EPERM);
    CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM);
#endif
    return 0;
}

static void what_nobody_needs_is_refused(void **state) {
    (void)state;
    in_child(calls_body);
}

// What a worker does: arenas of its own, files, a spilling sort.
static enum status worker(void *context, unsigned number, struct problem *problem) {
    (void)context;
    struct sorter *sorter = sorter_new(100000, "out");
    enum status status = STATUS_OK;
    for (uint64_t i = 0; i < 20000 && status == STATUS_OK; i++) {
        uint64_t key = (i * 2654435761u + number) % 1000003;
        status = sorter_add(sorter, slice_of(&key, sizeof key), SLICE("payload"), problem);
    }
    if (status == STATUS_OK)
        status = sorter_finish(sorter, problem);
    sorter_free(sorter);
    memory_free(memory_new(50000000, 1));
    return status;
}

static int threads_body(void) {
    struct problem problem = {.text = ""};
    enum status status = workers_run(4, worker, NULL, &problem);
    if (status != STATUS_OK)
        fprintf(stderr, "%s\n", problem.text);
    CHECK(status == STATUS_OK);
    CHECK(isatty(1) || errno == ENOTTY || errno == EINVAL);
    CHECK(sysconf(_SC_NPROCESSORS_ONLN) > 0 && sysconf(_SC_PHYS_PAGES) > 0);
    struct rusage usage;
    CHECK(getrusage(RUSAGE_SELF, &usage) == 0);
    CHECK(printf("written from inside\n") > 0 && fflush(stdout) == 0);
    return 0;
}

static void threads_start_and_work_inside(void **state) {
    (void)state;
    in_child(threads_body);
}

static int abort_body(void) {
    raise(SIGTERM);
    return 0;
}

static void signals_to_oneself_arrive(void **state) {
    (void)state;
    pid_t child = fork();
    if (child == 0)
        _exit(enter() ? 1 : abort_body());
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    assert_true(WIFSIGNALED(result));
    assert_int_equal(WTERMSIG(result), SIGTERM);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_evidence_and_output_are_there),
        cmocka_unit_test(what_nobody_needs_is_refused),
        cmocka_unit_test(threads_start_and_work_inside),
        cmocka_unit_test(signals_to_oneself_arrive),
    };
    return cmocka_run_group_tests(tests, root_init, root_done);
}
