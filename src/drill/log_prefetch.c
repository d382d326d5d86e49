// Prefetch as PECmd lists it (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "drill/file_store.h"

#include <ctype.h>

// Only Windows clients prefetch. Of a program the last eight runs are kept.
#define HEADER                                                                                     \
    "Note,SourceFilename,SourceCreated,SourceModified,SourceAccessed,ExecutableName,Hash,Size,"    \
    "Version,RunCount,LastRun,PreviousRun0,PreviousRun1,PreviousRun2,PreviousRun3,PreviousRun4,"   \
    "PreviousRun5,PreviousRun6,Volume0Name,Volume0Serial,Volume0Created,Volume1Name,"              \
    "Volume1Serial,Volume1Created,Directories,FilesLoaded,ParsingError"
#define TEN_SECONDS 10000000000ll

enum {
    EXECUTABLE_NAME_MAX = 29 // what the format has room for
};

static bool prefetch_keeps(const struct log_site *site) {
    return site->host->logging.disk_artefacts && site->host->system == SYSTEM_WINDOWS;
}

static void append_upper(struct buffer *line, struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        buffer_append_byte(line, (uint8_t)toupper(text.data[i]));
}

static uint32_t hash_of(struct slice path) {
    uint32_t hash = 314159;
    for (size_t i = 0; i < path.size; i++)
        hash = hash * 37 + (uint8_t)toupper(path.data[i]);
    return hash;
}

static void append_volume(struct buffer *line, const struct log_site *site) {
    buffer_append_format(line, "\\VOLUME{01d9%012llx-%08x}",
                         (unsigned long long)(site->host->seed & 0xFFFFFFFFFFFFull),
                         (unsigned)(site->host->seed * 2654435761u));
}

static void append_runs(struct buffer *line, const struct stored_file *file) {
    for (size_t i = 0; i < FILE_STORE_RUNS; i++) {
        if (i < file->run_count)
            text_append_tool_time(line, file->runs[i]);
        buffer_append_byte(line, ',');
    }
}

static void append_loaded(struct buffer *line, const struct log_site *site,
                          const struct stored_file *file) {
    struct slice folder = path_folder(file->path);
    buffer_append_byte(line, '"');
    append_volume(line, site);
    append_upper(line, slice_part(folder, 2, SIZE_MAX));
    buffer_append_text(line, "\",\"");
    append_volume(line, site);
    buffer_append_text(line, "\\WINDOWS\\SYSTEM32\\NTDLL.DLL, ");
    append_volume(line, site);
    append_upper(line, slice_part(file->path, 2, SIZE_MAX));
    buffer_append_text(line, "\",False");
}

static void compose(struct log *log, struct buffer *line, size_t number) {
    const struct stored_file *file = &log->files[number];
    const struct log_site *site = log->site;
    struct slice name = slice_part(path_name(file->path), 0, EXECUTABLE_NAME_MAX);
    uint32_t hash = hash_of(file->path);
    size_t kept = file->run_count < FILE_STORE_RUNS ? file->run_count : FILE_STORE_RUNS;
    buffer_append_text(line, ",C:\\Windows\\Prefetch\\");
    append_upper(line, name);
    buffer_append_format(line, "-%08X.pf,", hash);
    text_append_tool_time(line, file->runs[kept - 1] + TEN_SECONDS);
    buffer_append_byte(line, ',');
    text_append_tool_time(line, file->runs[0] + TEN_SECONDS);
    buffer_append_byte(line, ',');
    text_append_tool_time(line, file->runs[0] + TEN_SECONDS);
    buffer_append_byte(line, ',');
    append_upper(line, name);
    buffer_append_format(line, ",%08X,%u,Windows 10 or Windows 11,%u,", hash, 9000 + hash % 90000,
                         file->run_count);
    append_runs(line, file);
    append_volume(line, site);
    buffer_append_format(line, ",%08X,", (unsigned)(site->host->seed * 2654435761u));
    text_append_tool_time(line, site->organisation->start_ns -
                                    (int64_t)(site->host->seed % 900 + 100) * 86400 * 1000000000);
    buffer_append_text(line, ",,,,");
    append_loaded(line, site, file);
}

static enum status prefetch_close(struct log *log, struct problem *problem) {
    static const struct file_list list = {
        .folder = "collected/ProgramExecution",
        .name = "PECmd_Output.csv",
        .is_collected = true,
        .header = HEADER,
        .shown = FILE_SHOWS_RUNS,
        .lists = file_has_run,
        .compose = compose,
    };
    return file_log_close(log, &list, problem);
}

const struct log_writer log_writer_prefetch = {
    .name = "prefetch",
    .summary = "programs that ran on Windows clients, as PECmd lists them",
    .kinds = DEED_MASK(PROCESS_START),
    .places = PLACE_TO,
    .roles = HOST_MASK(WORKSTATION) | HOST_MASK(ADMINISTRATOR),
    .keeps = prefetch_keeps,
    .open = file_log_open_empty,
    .write = file_log_write,
    .close = prefetch_close,
};
