// Master file table as MFTECmd lists it (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "drill/file_store.h"

// Deleted files keep their entry, not in use. The second set of times is empty where it equals
// the first, as the tool prints it.
#define HEADER                                                                                     \
    "EntryNumber,SequenceNumber,InUse,ParentEntryNumber,ParentSequenceNumber,ParentPath,FileName," \
    "Extension,FileSize,ReferenceCount,ReparseTarget,IsDirectory,HasAds,IsAds,SI<FN,uSecZeros,"    \
    "Copied,SiFlags,NameType,Created0x10,Created0x30,LastModified0x10,LastModified0x30,"           \
    "LastRecordChange0x10,LastRecordChange0x30,LastAccess0x10,LastAccess0x30,"                     \
    "UpdateSequenceNumber,LogfileSequenceNumber,SecurityId,ObjectIdFileDroid,LoggedUtilStream,"    \
    "ZoneIdContents"

enum {
    ENTRY_FIRST = 38000
};

static bool mft_keeps(const struct log_site *site) {
    return site->host->logging.disk_artefacts && site->host->system == SYSTEM_WINDOWS;
}

static uint32_t hash_of(struct slice text) {
    uint32_t hash = 2166136261u;
    for (size_t i = 0; i < text.size; i++)
        hash = (hash ^ text.data[i]) * 16777619u;
    return hash;
}

static void append_times(struct buffer *line, const struct stored_file *file) {
    const int64_t times[] = {file->created_ns, file->modified_ns, file->modified_ns,
                             file->modified_ns};
    for (size_t i = 0; i < ARRAY_SIZE(times); i++) {
        text_append_tool_time(line, times[i]);
        buffer_append_byte(line, ',');
        if (i > 0 && times[i] != file->created_ns)
            text_append_tool_time(line, file->created_ns);
        buffer_append_byte(line, ',');
    }
}

static void compose(struct log *log, struct buffer *line, size_t number) {
    const struct stored_file *file = &log->files[number];
    struct slice name = path_name(file->path), folder = path_folder(file->path);
    struct slice below = slice_part(folder, 2, SIZE_MAX); // without the drive
    uint32_t parent = hash_of(folder), own = hash_of(file->path);
    buffer_append_format(line, "%zu,%u,%s,%u,%u,", ENTRY_FIRST + number,
                         1 + own % 6 + file->is_gone, file->is_gone ? "False" : "True",
                         1200 + parent % 30000, 1 + parent % 4);
    struct buffer whole;
    buffer_init(&whole, TEXT_LOG_LINE_MAX);
    buffer_append_byte(&whole, '.');
    buffer_append_slice(&whole, below);
    text_append_cell(line, buffer_slice(&whole));
    buffer_done(&whole);
    buffer_append_byte(line, ',');
    text_append_cell(line, name);
    buffer_append_byte(line, ',');
    text_append_cell(line, path_extension(name));
    buffer_append_format(line, ",%llu,1,,False,False,False,False,False,False,Archive,%s,",
                         (unsigned long long)file->content.size_bytes,
                         name.size > 12 ? "Windows" : "DosWindows");
    append_times(line, file);
    buffer_append_format(line, "%llu,%llu,%u,,,", (unsigned long long)(own % 90000 + number * 88),
                         (unsigned long long)own * 8, 600 + parent % 2000);
}

static enum status mft_close(struct log *log, struct problem *problem) {
    static const struct file_list list = {
        .folder = "collected/FileSystem",
        .name = "MFTECmd_$MFT_Output.csv",
        .is_collected = true,
        .header = HEADER,
        .shown = FILE_SHOWS_CREATED | FILE_SHOWS_MODIFIED | FILE_SHOWS_DELETED,
        .lists = file_was_there,
        .compose = compose,
    };
    return file_log_close(log, &list, problem);
}

const struct log_writer log_writer_mft = {
    .name = "mft",
    .summary = "master file table at the end of the play, as MFTECmd lists it",
    .kinds = DEED_MASK(FILE_WRITE) | DEED_MASK(FILE_DELETE),
    .places = PLACE_TO,
    .roles = UINT32_MAX,
    .keeps = mft_keeps,
    .open = file_log_open,
    .write = file_log_write,
    .close = mft_close,
};
