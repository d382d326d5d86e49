// What inventories know of a host's files
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_FILE_STORE_H
#define DRILL_FILE_STORE_H

#include "base/arena.h"
#include "base/table.h"
#include "drill/text_log.h"

// Inventories show a host as it is when the play ends, so they are written when it ends; until
// then a store holds what has come and gone. Bounded: what does not fit is left out.
enum {
    FILE_STORE_FILES_MAX = 1 << 15,
    FILE_STORE_MARKS = 8,
    FILE_STORE_RUNS = 8
};

struct stored_file {
    struct slice path; // as it was written first
    struct deed_content content;
    int64_t created_ns, modified_ns, gone_ns;
    bool is_gone;                                 // deleted
    bool is_known;                                // it lay or lies on the disk
    uint32_t run_count;                           // how often it was started
    int64_t runs[FILE_STORE_RUNS];                // the last ones, latest first
    int64_t first_run_ns;                         // of these bytes
    uint8_t mark_count;                           // the last deeds of an attack with it
    struct evidence_mark marks[FILE_STORE_MARKS]; // in order of time
};

// The log of the writers that dump a store at the end.
struct log {
    const struct log_site *site;
    struct arena arena;
    struct table table;
    struct stored_file *files;
    size_t count, capacity;
};

// With the programs of an ordinary host, run now and then before the play.
enum status file_log_open(const struct log_site *site, struct log **ret_log,
                          struct problem *problem);
enum status file_log_open_empty(const struct log_site *site, struct log **ret_log,
                                struct problem *problem);
// DEED_FILE_WRITE, DEED_FILE_DELETE, DEED_PROCESS_START.
enum status file_log_write(struct log *log, const struct log_entry *entry, struct problem *problem);

// NULL: no room. Letters of Windows' paths are alike in both cases.
struct stored_file *file_log_find(struct log *log, struct slice path);

// A file that was there before the play.
void file_log_plant(struct log *log, struct slice path, const struct deed_content *content);

// What a row says of its file, so which deeds it can be cited for.
enum file_shown {
    FILE_SHOWS_CREATED = 1,
    FILE_SHOWS_MODIFIED = 2,
    FILE_SHOWS_DELETED = 4,
    FILE_SHOWS_RUNS = 8, // the last ones
    FILE_SHOWS_FIRST_RUN = 16
};

// How a store becomes a file when the play ends.
struct file_list {
    const char *folder, *name; // below the host's directory
    bool is_collected;         // the name begins with when the collection ran
    bool is_sorted;            // by path
    const char *header;
    unsigned shown; // of enum file_shown
    bool (*lists)(const struct stored_file *file);
    void (*compose)(struct log *log, struct buffer *line, size_t number); // of the store's file
};

// Writes the list, cites what its rows show and frees the log; the `close` of its writers.
enum status file_log_close(struct log *log, const struct file_list *list, struct problem *problem);

bool file_is_there(const struct stored_file *file);
bool file_was_there(const struct stored_file *file);
bool file_has_run(const struct stored_file *file);

// The file's name and folder.
struct slice path_name(struct slice path);
struct slice path_folder(struct slice path);
struct slice path_extension(struct slice name); // with its dot

// 2026-03-02 08:15:30.1234567, UTC
void text_append_tool_time(struct buffer *line, int64_t time_ns);

#endif
