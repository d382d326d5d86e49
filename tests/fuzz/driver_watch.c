// One input at a time, watched
// SPDX-License-Identifier: Apache-2.0
#include "driver_watch.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

// Of the sanitizers' runtime, when it is linked.
void __sanitizer_set_death_callback(void (*callback)(void)) __attribute__((weak));
int __sanitizer_install_malloc_and_free_hooks(void (*allocated)(const volatile void *, size_t),
                                              void (*freed)(const volatile void *))
    __attribute__((weak));
size_t __sanitizer_get_allocated_size(const volatile void *) __attribute__((weak));
int __lsan_do_recoverable_leak_check(void) __attribute__((weak));

// What they are told unless the environment says otherwise.
const char *__asan_default_options(void) __attribute__((visibility("default")));
const char *__ubsan_default_options(void) __attribute__((visibility("default")));

const char *__asan_default_options(void) {
    return "quarantine_size_mb=16:detect_leaks=1:allocator_may_return_null=1";
}

const char *__ubsan_default_options(void) {
    // Its runtime is another than ASan's and knows no callback: the signal is caught instead.
    return "halt_on_error=1:print_stacktrace=1:abort_on_error=1";
}

// One process, one input: signal handlers and hooks have no other way to it.
static struct {
    char directory[1024];
    const char *name, *file;
    struct slice input;
    atomic_llong live_bytes, live_blocks, peak_bytes;
    long long bytes_before, blocks_before;
    int64_t cpu_before_ns;
    struct watch_figures figures;
} watch;

static void tell(const char *text) {
    ssize_t written = write(STDERR_FILENO, text, strlen(text));
    (void)written;
}

// Only what a signal handler may do.
static void input_keep(void) {
    if (!watch.name)
        return;
    tell("\nfuzz input: ");
    tell(watch.name);
    char path[PATH_MAX];
    size_t directory = strlen(watch.directory), file = strlen(watch.file);
    if (directory + file + 2 <= sizeof path) {
        memcpy(path, watch.directory, directory);
        path[directory] = '/';
        memcpy(path + directory + 1, watch.file, file + 1);
        int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
        ssize_t written = fd < 0 ? -1 : write(fd, watch.input.data, watch.input.size);
        tell(written == (ssize_t)watch.input.size ? "\nkept in " : "\ncould not be kept in ");
        tell(path);
        if (fd >= 0)
            close(fd);
    }
    tell("\n");
    watch.name = NULL; // once
}

static void signal_end(int number) {
    tell(number == SIGPROF   ? "\ntakes too long: 5 s of CPU\n"
         : number == SIGALRM ? "\nstands still: 120 s\n"
                             : "\nended by a signal\n");
    input_keep();
    signal(number, SIG_DFL);
    raise(number);
}

static void too_much_memory(void) {
    tell("\ntoo much memory: 256 MiB\n");
    input_keep();
    _exit(1);
}

static void block_allocated(const volatile void *block, size_t size) {
    (void)block;
    long long live = atomic_fetch_add(&watch.live_bytes, (long long)size) + (long long)size;
    atomic_fetch_add(&watch.live_blocks, 1);
    if (live > atomic_load(&watch.peak_bytes))
        atomic_store(&watch.peak_bytes, live);
    if (watch.name && live - watch.bytes_before > WATCH_BYTES_MAX)
        too_much_memory();
}

static void block_freed(const volatile void *block) {
    if (!block)
        return;
    atomic_fetch_sub(&watch.live_bytes, (long long)__sanitizer_get_allocated_size(block));
    atomic_fetch_sub(&watch.live_blocks, 1);
}

static int64_t cpu_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

void watch_start(const char *directory) {
    static const int fatal[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL};
    snprintf(watch.directory, sizeof watch.directory, "%s", directory);
    signal(SIGABRT, signal_end);
    signal(SIGPROF, signal_end);
    signal(SIGALRM, signal_end);
    signal(SIGPIPE, SIG_IGN);
    if (__sanitizer_set_death_callback)
        __sanitizer_set_death_callback(input_keep);
    else
        for (size_t i = 0; i < sizeof fatal / sizeof *fatal; i++)
            signal(fatal[i], signal_end);
    if (__sanitizer_install_malloc_and_free_hooks)
        __sanitizer_install_malloc_and_free_hooks(block_allocated, block_freed);
}

void watch_begin(const char *name, const char *file, struct slice input) {
    struct itimerval limit = {.it_value.tv_sec = WATCH_CPU_SECONDS};
    watch.bytes_before = atomic_load(&watch.live_bytes);
    watch.blocks_before = atomic_load(&watch.live_blocks);
    atomic_store(&watch.peak_bytes, watch.bytes_before);
    watch.file = file;
    watch.input = input;
    watch.name = name;
    watch.cpu_before_ns = cpu_now();
    setitimer(ITIMER_PROF, &limit, NULL);
    alarm(WATCH_WALL_SECONDS);
}

bool watch_end(void) {
    int64_t taken_ns = cpu_now() - watch.cpu_before_ns;
    long long peak = atomic_load(&watch.peak_bytes) - watch.bytes_before;
    setitimer(ITIMER_PROF, &(struct itimerval){0}, NULL);
    alarm(0);
    if (taken_ns > watch.figures.slowest_ns) {
        watch.figures.slowest_ns = taken_ns;
        snprintf(watch.figures.slowest, sizeof watch.figures.slowest, "%s", watch.name);
    }
    if (peak > (long long)watch.figures.peak_bytes)
        watch.figures.peak_bytes = (uint64_t)peak;
    return atomic_load(&watch.live_blocks) > watch.blocks_before;
}

void watch_leaks(void) {
    if (__lsan_do_recoverable_leak_check && __lsan_do_recoverable_leak_check()) {
        input_keep();
        _exit(1);
    }
}

const struct watch_figures *watch_figures(void) {
    return &watch.figures;
}
