// What inventories know of a host's files
// SPDX-License-Identifier: Apache-2.0
#include "drill/file_store.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "drill/content.h"
#include "drill/installed.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define STORE_BYTES (32u << 20)
#define DAY_NS (86400ll * 1000000000)

static const struct {
    const char *image, *description, *company;
} programs[] = {
#define PROGRAM(name, image, original, description, company, ...) {image, description, company},
#include "drill/program.def"
#undef PROGRAM
};

enum status file_log_open_empty(const struct log_site *site, struct log **ret_log,
                                struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    log->site = site;
    arena_init(&log->arena, STORE_BYTES);
    table_init(&log->table);
    *ret_log = log;
    return STATUS_OK;
}

static void free_log(struct log *log) {
    arena_done(&log->arena);
    table_done(&log->table);
    memory_free(log->files);
    memory_free(log);
}

static bool same_path(const void *context, uint32_t number, const void *key) {
    const struct log *log = context;
    const struct slice *path = key;
    struct slice other = log->files[number].path;
    if (other.size != path->size)
        return false;
    for (size_t i = 0; i < other.size; i++)
        if (tolower(other.data[i]) != tolower(path->data[i]))
            return false;
    return true;
}

static uint64_t hash_path(struct slice path) {
    uint64_t hash = 0xCBF29CE484222325ull;
    for (size_t i = 0; i < path.size; i++)
        hash = (hash ^ (uint8_t)tolower(path.data[i])) * 0x100000001B3ull;
    return hash;
}

struct stored_file *file_log_find(struct log *log, struct slice path) {
    uint64_t hash = hash_path(path);
    uint32_t number = table_find(&log->table, hash, same_path, log, &path);
    if (number != TABLE_NONE)
        return &log->files[number];
    struct slice kept = arena_keep(&log->arena, path);
    if (path.size == 0 || kept.size == 0 || log->count >= FILE_STORE_FILES_MAX)
        return NULL;
    if (log->count == log->capacity) {
        log->capacity = log->capacity ? 2 * log->capacity : 64;
        log->files = memory_resize(log->files, log->capacity, sizeof *log->files);
    }
    table_add(&log->table, hash, (uint32_t)log->count);
    struct stored_file *file = &log->files[log->count++];
    *file = (struct stored_file){.path = kept};
    content_make_installed(kept, content_build(kept, log->site->host->seed), &file->content);
    return file;
}

static void set_content(struct log *log, struct stored_file *file,
                        const struct deed_content *content) {
    if (!content)
        return;
    file->content = *content;
    file->content.signer = arena_keep(&log->arena, content->signer);
    file->content.description = arena_keep(&log->arena, content->description);
    file->content.version = arena_keep(&log->arena, content->version);
}

void file_log_plant(struct log *log, struct slice path, const struct deed_content *content) {
    struct stored_file *file = file_log_find(log, path);
    if (!file)
        return;
    set_content(log, file, content);
    uint64_t hash = hash_path(path);
    file->is_known = true;
    file->created_ns = log->site->organisation->start_ns - (int64_t)(20 + hash % 400) * DAY_NS -
                       (int64_t)(hash >> 8) % DAY_NS;
    file->modified_ns = file->created_ns;
    file->first_run_ns = file->created_ns + (int64_t)(hash >> 16) % DAY_NS;
}

// Documents of the host's owner; some names are as an old program packed them, in GBK.
static void plant_documents(struct log *log, const struct log_site *site) {
    static const char *const names[] = {"Minutes 2025.docx", "\xBA\xCF\xCD\xAC.docx",
                                        "\xBB\xE1\xD2\xE9\xBC\xCD\xD2\xAA.doc", "Budget.xlsx",
                                        "\xCD\xBC\xD6\xBD.dwg"};
    const struct account *owner = &site->organisation->accounts[site->host->user];
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        char path[160];
        if ((site->host->seed >> i & 3) == 0)
            continue;
        int size =
            snprintf(path, sizeof path, "C:\\Users\\%s\\Documents\\%s", owner->name, names[i]);
        file_log_plant(log, slice_of(path, (size_t)size), NULL);
    }
}

static void plant_installed(struct log *log, const char *path, const char *company,
                            const char *description) {
    struct slice name = slice_of_string(path);
    struct deed_content content;
    content_make_installed(name, content_build(name, log->site->host->seed), &content);
    content.signer = slice_of_string(company);
    content.description = slice_of_string(description);
    file_log_plant(log, name, &content);
}

enum status file_log_open(const struct log_site *site, struct log **ret_log,
                          struct problem *problem) {
    enum status status = file_log_open_empty(site, ret_log, problem);
    bool windows = site->host->system == SYSTEM_WINDOWS;
    struct installed_file file;
    for (size_t at = 0; installed_next(site->host, &at, &file);)
        plant_installed(*ret_log, file.path,
                        file.product ? file.product->publisher
                        : windows    ? "Microsoft Windows"
                                     : "",
                        file.product ? file.product->name : "");
    for (size_t i = 0; i < ARRAY_SIZE(programs) && windows; i++)
        if (strchr(programs[i].image, '\\'))
            plant_installed(*ret_log, programs[i].image, programs[i].company,
                            programs[i].description);
    if (windows && site->host->user != DEED_NO_ACCOUNT)
        plant_documents(*ret_log, site);
    return status;
}

static void add_mark(struct stored_file *file, const struct evidence_mark *mark) {
    if (mark->step == DEED_NO_STEP)
        return;
    if (file->mark_count == FILE_STORE_MARKS)
        memmove(file->marks, file->marks + 1, --file->mark_count * sizeof *file->marks);
    file->marks[file->mark_count++] = *mark;
}

static void write_file(struct log *log, struct stored_file *file, const struct log_entry *entry) {
    if (!file->is_known || file->is_gone) {
        file->created_ns = entry->time_ns;
        file->mark_count = 0;
    }
    file->is_known = true;
    file->is_gone = false;
    file->modified_ns = entry->time_ns;
    set_content(log, file, entry->deed->file.content);
}

static void run_file(struct log *log, struct stored_file *file, const struct log_entry *entry) {
    memmove(file->runs + 1, file->runs, sizeof file->runs - sizeof file->runs[0]);
    file->runs[0] = entry->time_ns;
    file->run_count++;
    uint8_t kept[DEED_DIGEST_SIZE];
    memcpy(kept, file->content.sha256, sizeof kept);
    set_content(log, file, entry->deed->process.content);
    if (file->first_run_ns == 0 || memcmp(kept, file->content.sha256, sizeof kept) != 0)
        file->first_run_ns = entry->time_ns;
    if (file->is_known)
        return;
    file->is_known = true;
    file->created_ns = file->modified_ns = log->site->organisation->start_ns - 30 * DAY_NS;
}

enum status file_log_write(struct log *log, const struct log_entry *entry,
                           struct problem *problem) {
    (void)problem;
    const struct deed *deed = entry->deed;
    bool starts = deed->kind == DEED_PROCESS_START;
    struct slice path = starts ? deed->program.image : deed->file.path;
    if (path.size == 0 || !(memchr(path.data, '\\', path.size) || path.data[0] == '/'))
        return STATUS_OK;
    struct stored_file *file = file_log_find(log, path);
    if (!file)
        return STATUS_OK;
    if (starts) {
        run_file(log, file, entry);
    } else if (deed->kind == DEED_FILE_WRITE) {
        write_file(log, file, entry);
    } else {
        file->is_gone = true;
        file->gone_ns = entry->time_ns;
    }
    add_mark(file, &entry->mark);
    return STATUS_OK;
}

static int compare_paths(const void *a, const void *b) {
    const struct stored_file *one = a, *other = b;
    return slice_compare(one->path, other->path);
}

bool file_is_there(const struct stored_file *file) {
    return file->is_known && !file->is_gone;
}

bool file_was_there(const struct stored_file *file) {
    return file->is_known;
}

bool file_has_run(const struct stored_file *file) {
    return file->run_count > 0;
}

static bool is_shown(const struct stored_file *file, int64_t time_ns, unsigned shown) {
    bool runs = false;
    for (size_t i = 0; i < FILE_STORE_RUNS && i < file->run_count; i++)
        runs = runs || file->runs[i] == time_ns;
    return (shown & FILE_SHOWS_CREATED && file->created_ns == time_ns) ||
           (shown & FILE_SHOWS_MODIFIED && file->modified_ns == time_ns) ||
           (shown & FILE_SHOWS_DELETED && file->is_gone && file->gone_ns == time_ns) ||
           (shown & FILE_SHOWS_FIRST_RUN && file->first_run_ns == time_ns) ||
           (shown & FILE_SHOWS_RUNS && runs);
}

// A program of Windows, of which a row says when it ran, and neither why nor for whom: most hosts
// have the like.
static bool is_ordinary(const struct stored_file *file, int64_t time_ns, unsigned shown) {
    const unsigned runs = FILE_SHOWS_RUNS | FILE_SHOWS_FIRST_RUN;
    return text_starts_fold_ascii(file->path, SLICE("C:\\Windows\\System32\\")) &&
           !is_shown(file, time_ns, shown & ~runs);
}

// Writes the line and cites the deeds that it shows: what was overwritten since, it does not.
static enum status put_row(struct text_log *text, const struct stored_file *file, unsigned shown,
                           struct problem *problem) {
    uint64_t offset = text->bytes;
    enum status status = text_log_put(text, NULL, problem);
    for (size_t i = 0; i < file->mark_count && status == STATUS_OK; i++) {
        struct evidence_mark mark = file->marks[i];
        if (!is_shown(file, mark.time_ns, shown))
            continue;
        mark.names |= is_ordinary(file, mark.time_ns, shown) ? EVIDENCE_ORDINARY : 0;
        evidence_cite(text->site->evidence, &mark, text->file, text->lines, offset);
    }
    return status;
}

// "20260308160000_": when the play ended and the collection ran.
static void append_collected(struct buffer *line, const struct log_site *site) {
    struct clock_date date;
    clock_to_date(site->organisation->end_ns, &date);
    buffer_append_format(line, "%04d%02d%02d%02d%02d%02d_", (int)date.year, date.month, date.day,
                         date.hour, date.minute, date.second);
}

static enum status begin_list(struct text_log *text, const struct file_list *list,
                              struct problem *problem) {
    char path[TEXT_LOG_PATH_MAX];
    if (list->is_collected)
        append_collected(&text->line, text->site);
    snprintf(path, sizeof path, "%s/%.*s%s", list->folder, (int)text->line.size,
             (const char *)text->line.data, list->name);
    buffer_reset(&text->line);
    enum status status = text_log_begin(text, 0, path, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(&text->line, list->header);
    return text_log_put(text, NULL, problem);
}

enum status file_log_close(struct log *log, const struct file_list *list, struct problem *problem) {
    struct text_log text;
    text_log_init(&text, log->site);
    if (list->is_sorted && log->count > 1)
        qsort(log->files, log->count, sizeof *log->files, compare_paths);
    enum status status = begin_list(&text, list, problem);
    for (size_t i = 0; i < log->count && status == STATUS_OK; i++) {
        if (!list->lists(&log->files[i]))
            continue;
        list->compose(log, &text.line, i);
        status = put_row(&text, &log->files[i], list->shown, problem);
    }
    enum status done = text_log_done(&text, status == STATUS_OK ? problem : NULL);
    free_log(log);
    return status == STATUS_OK ? done : status;
}

static size_t name_start(struct slice path) {
    size_t at = path.size;
    while (at > 0 && path.data[at - 1] != '\\' && path.data[at - 1] != '/')
        at--;
    return at;
}

struct slice path_name(struct slice path) {
    return slice_part(path, name_start(path), SIZE_MAX);
}

struct slice path_folder(struct slice path) {
    size_t at = name_start(path);
    return at > 0 ? slice_part(path, 0, at - 1) : SLICE("");
}

struct slice path_extension(struct slice name) {
    for (size_t i = name.size; i-- > 1;)
        if (name.data[i] == '.')
            return slice_part(name, i, SIZE_MAX);
    return SLICE("");
}

void text_append_tool_time(struct buffer *line, int64_t time_ns) {
    text_append_date(line, time_ns, 0);
    buffer_append_byte(line, ' ');
    text_append_clock(line, time_ns, 0, 7);
}
