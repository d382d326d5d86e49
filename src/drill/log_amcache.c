// Amcache as AmcacheParser lists it (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "drill/content.h"
#include "drill/file_store.h"

#include <ctype.h>

// UnassociatedFileEntries: what ran, with its SHA-1, also when it is gone.
#define HEADER                                                                                     \
    "ApplicationName,ProgramId,FileKeyLastWriteTimestamp,SHA1,IsOsComponent,FullPath,Name,"        \
    "FileExtension,LinkDate,ProductName,Size,Version,ProductVersion,LongPathHash,BinaryType,"      \
    "IsPeFile,BinFileVersion,BinProductVersion,Usn,Language,Description"

static bool amcache_keeps(const struct log_site *site) {
    return site->host->logging.disk_artefacts && site->host->system == SYSTEM_WINDOWS;
}

static struct slice lower_path(struct log *log, struct slice path) {
    struct slice kept = arena_keep(&log->arena, path);
    uint8_t *bytes = kept.size ? arena_new(&log->arena, kept.size, 1) : NULL;
    for (size_t i = 0; bytes && i < kept.size; i++)
        bytes[i] = (uint8_t)tolower(kept.data[i]);
    return bytes ? slice_of(bytes, kept.size) : kept;
}

static void append_second(struct buffer *line, int64_t time_ns) {
    text_append_date(line, time_ns, 0);
    buffer_append_byte(line, ' ');
    text_append_clock(line, time_ns, 0, 0);
}

static void compose(struct log *log, struct buffer *line, size_t number) {
    const struct stored_file *file = &log->files[number];
    struct slice path = lower_path(log, file->path), name = path_name(path);
    const struct deed_content *content = &file->content;
    bool system = slice_starts(path, SLICE("c:\\windows\\system32\\"));
    struct deed_content identity;
    content_make(path, &identity);
    buffer_append_text(line, "Unassociated,");
    if (system) {
        buffer_append_text(line, "0000f519feec486de87ed73cb92d3cac802400000000,");
    } else {
        buffer_append_text(line, "0006");
        content_append_md5(line, &identity);
        buffer_append_text(line, "0000ffff,");
    }
    append_second(line, file->first_run_ns);
    buffer_append_byte(line, ',');
    content_append_sha1(line, content);
    buffer_append_text(line, system ? ",True," : ",False,");
    text_append_cell(line, path);
    buffer_append_byte(line, ',');
    text_append_cell(line, name);
    buffer_append_byte(line, ',');
    text_append_cell(line, path_extension(name));
    buffer_append_byte(line, ',');
    append_second(line, (1500000000ll + content->sha256[0] * 800000ll) * 1000000000);
    buffer_append_byte(line, ',');
    text_append_cell(line, content->description);
    buffer_append_format(line, ",%llu,", (unsigned long long)content->size_bytes);
    text_append_cell(line, content->version);
    buffer_append_byte(line, ',');
    text_append_cell(line, content->version);
    buffer_append_byte(line, ',');
    text_append_cell(line, name);
    buffer_append_format(line, "|%02x%02x%02x%02x,pe64_amd64,True,", identity.sha256[3],
                         identity.sha256[2], identity.sha256[1], identity.sha256[0]);
    text_append_cell(line, content->version);
    buffer_append_byte(line, ',');
    text_append_cell(line, content->version);
    buffer_append_format(line, ",%u,1033,",
                         content->sha256[1] * 65536u + content->sha256[2] * 256u + 8u);
}

static enum status amcache_close(struct log *log, struct problem *problem) {
    static const struct file_list list = {
        .folder = "collected/ProgramExecution",
        .name = "Amcache_UnassociatedFileEntries.csv",
        .is_collected = true,
        .header = HEADER,
        .shown = FILE_SHOWS_FIRST_RUN,
        .lists = file_has_run,
        .compose = compose,
    };
    return file_log_close(log, &list, problem);
}

const struct log_writer log_writer_amcache = {
    .name = "amcache",
    .summary = "programs that ran, as AmcacheParser lists them",
    .kinds = DEED_MASK(PROCESS_START),
    .places = PLACE_TO,
    .roles = UINT32_MAX,
    .keeps = amcache_keeps,
    .open = file_log_open,
    .write = file_log_write,
    .close = amcache_close,
};
