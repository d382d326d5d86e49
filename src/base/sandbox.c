// Shut ourselves in before hostile bytes are read
// SPDX-License-Identifier: Apache-2.0
#include "base/sandbox.h"

#include "base/slice.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <seccomp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

// Sanitizers look at the process from outside when it ends (leaks), with calls that the product
// never makes; everything else holds there too.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED true
#else
#define SANDBOX_SANITIZED false
#endif

// The kernel's own numbers (Linux, Documentation/userspace-api/landlock.rst): the headers of the
// machine that builds may be older than the kernel that runs.
enum {
    SYSTEM_CALL_CREATE_RULESET = 444,
    SYSTEM_CALL_ADD_RULE = 445,
    SYSTEM_CALL_RESTRICT_SELF = 446,
    CREATE_RULESET_VERSION = 1,
    RULE_PATH_BENEATH = 1,
};

#define FILE_EXECUTE (UINT64_C(1) << 0)
#define FILE_WRITE (UINT64_C(1) << 1)
#define FILE_READ (UINT64_C(1) << 2)
#define DIRECTORY_READ (UINT64_C(1) << 3)
#define REMOVE_DIRECTORY (UINT64_C(1) << 4)
#define REMOVE_FILE (UINT64_C(1) << 5)
#define MAKE_DIRECTORY (UINT64_C(1) << 7)
#define MAKE_FILE (UINT64_C(1) << 8)
#define RIGHTS_ABI_1 ((UINT64_C(1) << 13) - 1) // all from EXECUTE to MAKE_SYM
#define RENAME_ACROSS (UINT64_C(1) << 13)      // ABI 2: REFER
#define FILE_TRUNCATE (UINT64_C(1) << 14)      // ABI 3
#define DEVICE_CONTROL (UINT64_C(1) << 15)     // ABI 5: IOCTL_DEV
#define NETWORK_TCP UINT64_C(3)                // ABI 4: BIND_TCP, CONNECT_TCP
#define SCOPES UINT64_C(3)                     // ABI 6: abstract UNIX sockets, signals

#define RIGHTS_READ (FILE_READ | DIRECTORY_READ)
#define RIGHTS_WRITE                                                                               \
    (RIGHTS_READ | FILE_WRITE | FILE_TRUNCATE | MAKE_FILE | MAKE_DIRECTORY | REMOVE_FILE |         \
     REMOVE_DIRECTORY | RENAME_ACROSS)
#define RIGHTS_OF_FILES (FILE_EXECUTE | FILE_WRITE | FILE_READ | FILE_TRUNCATE | DEVICE_CONTROL)

// struct landlock_ruleset_attr; older kernels know only its beginning.
struct ruleset_attributes {
    uint64_t files;
    uint64_t network; // ABI 4
    uint64_t scopes;  // ABI 6
};

struct path_attributes { // struct landlock_path_beneath_attr
    uint64_t rights;
    int32_t parent_fd;
} __attribute__((packed));

static struct ruleset_attributes landlock_attributes(long abi, size_t *ret_size) {
    struct ruleset_attributes attributes = {.files = RIGHTS_ABI_1};
    *ret_size = sizeof attributes.files;
    if (abi >= 2)
        attributes.files |= RENAME_ACROSS;
    if (abi >= 3)
        attributes.files |= FILE_TRUNCATE;
    if (abi >= 4) {
        attributes.network = NETWORK_TCP;
        *ret_size += sizeof attributes.network;
    }
    if (abi >= 5)
        attributes.files |= DEVICE_CONTROL;
    if (abi >= 6) {
        attributes.scopes = SCOPES;
        *ret_size += sizeof attributes.scopes;
    }
    return attributes;
}

// Allow `rights` on a file, or on a directory and all below it.
static enum status landlock_allow(int ruleset, const char *path, uint64_t rights,
                                  struct problem *problem) {
    int fd = open(path, O_PATH | O_CLOEXEC);
    if (fd < 0)
        return STATUS_OK; // what is not there need not be allowed
    struct stat information;
    if (fstat(fd, &information) != 0 || !S_ISDIR(information.st_mode))
        rights &= RIGHTS_OF_FILES;
    struct path_attributes attributes = {.rights = rights, .parent_fd = fd};
    long failed = syscall(SYSTEM_CALL_ADD_RULE, ruleset, RULE_PATH_BENEATH, &attributes, 0);
    enum status status = STATUS_OK;
    if (failed)
        status = problem_set_errno(problem, "sandbox: %s", path);
    close(fd);
    return status;
}

static enum status landlock_allow_all(int ruleset, const struct sandbox_options *options,
                                      uint64_t handled, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < options->readable_count && status == STATUS_OK; i++)
        status = landlock_allow(ruleset, options->readable[i], RIGHTS_READ & handled, problem);
    for (size_t i = 0; i < options->writable_count && status == STATUS_OK; i++)
        status = landlock_allow(ruleset, options->writable[i], RIGHTS_WRITE & handled, problem);
    // The C library's character tables: names in archives become UTF-8 through them.
    if (status == STATUS_OK)
        status = landlock_allow(ruleset, "/usr/lib/locale", RIGHTS_READ & handled, problem);
    if (SANDBOX_SANITIZED && status == STATUS_OK)
        status = landlock_allow(ruleset, "/proc", RIGHTS_READ & handled, problem);
    return status;
}

// *ret_abi is 0 where the kernel has no Landlock.
static enum status landlock_enter(const struct sandbox_options *options, long *ret_abi,
                                  struct problem *problem) {
    long abi = syscall(SYSTEM_CALL_CREATE_RULESET, NULL, 0, CREATE_RULESET_VERSION);
    *ret_abi = abi > 0 ? abi : 0;
    if (abi <= 0)
        return STATUS_OK;
    size_t size;
    struct ruleset_attributes attributes = landlock_attributes(abi, &size);
    int ruleset = (int)syscall(SYSTEM_CALL_CREATE_RULESET, &attributes, size, 0);
    if (ruleset < 0)
        return problem_set_errno(problem, "sandbox: Landlock ruleset");
    enum status status = landlock_allow_all(ruleset, options, attributes.files, problem);
    if (status == STATUS_OK && syscall(SYSTEM_CALL_RESTRICT_SELF, ruleset, 0) != 0)
        status = problem_set_errno(problem, "sandbox: Landlock");
    close(ruleset);
    return status;
}

#define ALLOW SCMP_ACT_ALLOW

// Calls whose arguments decide. 0 or the first error.
static int calls_allow_some(scmp_filter_ctx filter) {
    const uint64_t namespaces = CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC |
                                CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET;
    static const unsigned long controls[] = {TCGETS, TIOCGWINSZ, TIOCGPGRP, FIONREAD};
    int error = 0;
    // Threads, but no processes and no namespaces. clone3 hides its flags in memory: "no such
    // call" makes the C library fall back to clone.
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(clone), 1,
                              SCMP_A0(SCMP_CMP_MASKED_EQ, namespaces | CLONE_THREAD, CLONE_THREAD));
    error |= seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
    // Memory that is written never becomes code.
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(mmap), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(mprotect), 1,
                              SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
    for (size_t i = 0; i < ARRAY_SIZE(controls); i++)
        error |=
            seccomp_rule_add(filter, ALLOW, SCMP_SYS(ioctl), 1, SCMP_A1(SCMP_CMP_EQ, controls[i]));
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(prctl), 1, SCMP_A0(SCMP_CMP_EQ, PR_SET_NAME));
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(prlimit64), 1, SCMP_A0(SCMP_CMP_EQ, 0));
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(tgkill), 1,
                              SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid()));
    return error;
}

static int calls_allow_sanitizer(scmp_filter_ctx filter) {
    int error = 0;
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(clone), 0);
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(ptrace), 0);
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(prctl), 0);
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(wait4), 0);
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(kill), 0);
    error |= seccomp_rule_add(filter, ALLOW, SCMP_SYS(tkill), 0);
    return error;
}

static int calls_allow(scmp_filter_ctx filter) {
    static const char *const names[] = {
#define CALL(name) #name,
#include "base/sandbox_calls.def"
#undef CALL
    };
    int error = 0;
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        int number = seccomp_syscall_resolve_name(names[i]);
        if (number != __NR_SCMP_ERROR) // a library older than the call
            error |= seccomp_rule_add(filter, ALLOW, number, 0);
    }
    error |= SANDBOX_SANITIZED ? calls_allow_sanitizer(filter) : 0;
    return error | calls_allow_some(filter);
}

// *ret_held is false where the kernel has no seccomp filters.
static enum status calls_enter(bool *ret_held, struct problem *problem) {
    scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ERRNO(EPERM));
    if (!filter)
        return problem_set(problem, STATUS_SYSTEM, "sandbox: no seccomp filter");
    int error = seccomp_attr_set(filter, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_ERRNO(EPERM));
    seccomp_attr_set(filter, SCMP_FLTATR_CTL_OPTIMIZE, 2); // a tree; older libraries have none
    if (!error)
        error = calls_allow(filter);
    enum status status = STATUS_OK;
    if (error) {
        status = problem_set(problem, STATUS_SYSTEM, "sandbox: seccomp rules");
    } else {
        error = seccomp_load(filter);
        *ret_held = error == 0;
        if (error && error != -EINVAL && error != -ENOSYS && error != -ECANCELED)
            status = problem_set(problem, STATUS_SYSTEM, "sandbox: seccomp");
    }
    seccomp_release(filter);
    return status;
}

enum status sandbox_enter(const struct sandbox_options *options, const char **ret_missing,
                          struct problem *problem) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return problem_set_errno(problem, "sandbox: no new privileges");
    long abi;
    enum status status = landlock_enter(options, &abi, problem);
    if (status != STATUS_OK)
        return status;
    bool held = false;
    status = calls_enter(&held, problem);
    if (status != STATUS_OK)
        return status;
    if (abi == 0)
        *ret_missing = held ? "Landlock" : "Landlock and seccomp";
    else if (!held)
        *ret_missing = "seccomp";
    else
        *ret_missing = abi < 3 ? "Landlock's rule on truncating files" : NULL;
    return STATUS_OK;
}
