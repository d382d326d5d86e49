// Which paths a scan may touch
// SPDX-License-Identifier: Apache-2.0
#include "app/shut_in.h"

#include "app/build_config.h"
#include "base/buffer.h"
#include "base/memory.h"
#include "base/sandbox.h"
#include "base/text.h"
#include "store/store.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Owned copies, so that globs can be cut.
struct path_row {
    char **paths;
    size_t count;
};

// The directory before a glob's first wildcard, or all of a path without one. memory_free it.
static char *path_root(const char *path) {
    size_t size = strcspn(path, "*?[");
    if (path[size] && access(path, F_OK) != 0)
        while (size > 0 && path[size - 1] != '/')
            size--;
    else
        size = strlen(path);
    return size ? memory_keep_text(path, size) : memory_keep_text(".", 1);
}

static void path_row_add(struct path_row *row, const char *path) {
    row->paths = memory_resize(row->paths, row->count + 1, sizeof *row->paths);
    row->paths[row->count++] = path_root(path);
}

static void path_row_done(struct path_row *row) {
    for (size_t i = 0; i < row->count; i++)
        memory_free(row->paths[i]);
    memory_free(row->paths);
}

static void path_row_add_all(struct path_row *row, const char *const *paths, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(paths[i], "-") != 0)
            path_row_add(row, paths[i]);
}

enum status shut_in_enter(const struct shut_in *paths, const char **ret_missing,
                          struct problem *problem) {
    struct path_row readable = {0};
    struct path_row writable = {0};
    path_row_add_all(&readable, paths->evidence, paths->evidence_count);
    path_row_add_all(&readable, paths->rules, paths->rule_count);
    path_row_add_all(&readable, paths->placeholders, paths->placeholder_count);
    path_row_add_all(&readable, paths->yara, paths->yara_count);
    path_row_add_all(&readable, paths->indicators, paths->indicator_count);
    path_row_add_all(&readable, paths->ignored, paths->ignored_count);
    if (paths->case_directory)
        path_row_add(&writable, paths->case_directory);
    if (paths->cache_directory)
        path_row_add(&writable, paths->cache_directory);
    if (paths->spill_directory)
        path_row_add(&writable, paths->spill_directory);
    struct sandbox_options options = {
        .readable = (const char *const *)readable.paths,
        .readable_count = readable.count,
        .writable = (const char *const *)writable.paths,
        .writable_count = writable.count,
    };
    enum status status = sandbox_enter(&options, ret_missing, problem);
    path_row_done(&readable);
    path_row_done(&writable);
    return status;
}

// The real path of what `path` names, of its directory when it does not exist yet; false when
// there is no such directory either. A dangling link counts as what it points at.
static bool shut_in_real(const char *path, char ret_real[PATH_MAX]) {
    char target[PATH_MAX];
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (realpath(path, ret_real))
        return true;
    if (size > 0 && target[0] == '/') {
        target[size] = '\0';
        path = target;
    } else if (size > 0) {
        return false; // a relative link to what does not exist: too odd to write to
    }
    const char *slash = strrchr(path, '/');
    char *parent = !slash          ? memory_keep_text(".", 1)
                   : slash == path ? memory_keep_text("/", 1)
                                   : memory_keep_text(path, (size_t)(slash - path));
    bool found = realpath(parent, ret_real) != NULL;
    memory_free(parent);
    return found;
}

enum status shut_in_check_written(const char *path, const char *const *evidence,
                                  size_t evidence_count, struct problem *problem) {
    char written[PATH_MAX];
    if (!shut_in_real(path, written))
        return problem_set(problem, STATUS_USAGE, "there is no directory for %s", path);
    for (size_t i = 0; i < evidence_count; i++) {
        char real[PATH_MAX];
        char *root = path_root(evidence[i]);
        bool known = strcmp(evidence[i], "-") != 0 && realpath(root, real);
        memory_free(root);
        if (known && path_lies_in(written, real))
            return problem_set(problem, STATUS_USAGE,
                               "%s lies inside the evidence %s; write it elsewhere", path,
                               evidence[i]);
    }
    return STATUS_OK;
}

static char *shut_in_join(const char *directory, const char *name) {
    struct buffer path;
    buffer_init(&path, PATH_MAX);
    buffer_append_text(&path, directory);
    buffer_append_byte(&path, '/');
    buffer_append_text(&path, name);
    char *text = path.failed ? NULL : memory_keep_text(path.data, path.size);
    buffer_done(&path);
    return text;
}

static bool evidence_is_case(const char *path) {
    char *database = shut_in_join(path, "case.db");
    bool is_case = database && store_is_at(database);
    memory_free(database);
    return is_case;
}

enum status shut_in_check_evidence(const char *const *evidence, size_t evidence_count,
                                   struct problem *problem) {
    for (size_t i = 0; i < evidence_count; i++) {
        bool glob = evidence[i][strcspn(evidence[i], "*?[")] != '\0';
        if (strcmp(evidence[i], "-") != 0 && access(evidence[i], R_OK) != 0 && !glob)
            return problem_set_errno(problem, "%s", evidence[i]);
        if (evidence_is_case(evidence[i]))
            return problem_set(problem, STATUS_USAGE,
                               "%s is a case, not evidence: vedette report %s tells what it holds",
                               evidence[i], evidence[i]);
    }
    return STATUS_OK;
}

const char *shut_in_spill_directory(void) {
    const char *temporary = getenv("TMPDIR");
    return temporary && *temporary ? temporary : "/tmp";
}

char *shut_in_cache_directory(void) {
    const char *base = getenv("XDG_CACHE_HOME");
    const char *home = getenv("HOME");
    char *parent = NULL;
    if (base && base[0] == '/')
        parent = memory_keep_text(base, strlen(base));
    else if (home && home[0] == '/')
        parent = shut_in_join(home, ".cache");
    if (!parent)
        return NULL;
    mkdir(parent, 0700);
    char *path = shut_in_join(parent, "vedette");
    memory_free(parent);
    struct stat about;
    if (path && (mkdir(path, 0700) == 0 || stat(path, &about) == 0) && stat(path, &about) == 0 &&
        S_ISDIR(about.st_mode) && about.st_uid == geteuid())
        return path;
    memory_free(path);
    return NULL;
}

// Below the program's own directory, one of two places; memory_free it.
static char *shut_in_beside(const char *const relative[2]) {
    char self[PATH_MAX];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    for (size_t i = 0; size > 0 && i < 2; i++) {
        self[size] = '\0';
        char *slash = strrchr(self, '/');
        *slash = '\0';
        char *path = shut_in_join(self, relative[i]);
        *slash = '/';
        char real[PATH_MAX];
        bool found = path && realpath(path, real);
        memory_free(path);
        if (found)
            return memory_keep_text(real, strlen(real));
    }
    return NULL;
}

static char *shut_in_shipped(const char *variable, const char *const relative[2],
                             const char *installed) {
    const char *given = getenv(variable);
    if (given)
        return access(given, R_OK) == 0 ? memory_keep_text(given, strlen(given)) : NULL;
    char *beside = shut_in_beside(relative);
    if (beside)
        return beside;
    return access(installed, R_OK) == 0 ? memory_keep_text(installed, strlen(installed)) : NULL;
}

char *shut_in_shipped_rules(void) {
    const char *const relative[] = {"../share/vedette/rules", "../../../rules/sigma"};
    return shut_in_shipped("VEDETTE_RULES", relative, VEDETTE_RULES_DIRECTORY);
}

char *shut_in_shipped_scenarios(void) {
    const char *const relative[] = {"../share/vedette/scenarios", "../../../scenarios"};
    return shut_in_shipped("VEDETTE_SCENARIOS", relative, VEDETTE_SCENARIOS_DIRECTORY);
}
