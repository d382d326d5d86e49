// File inventory with hashes (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "drill/content.h"
#include "drill/file_store.h"

#define HEADER "Path,Size,CreatedUtc,ModifiedUtc,SHA256,Signer,Description,Version"

static bool inventory_keeps(const struct log_site *site) {
    return site->host->logging.file_inventory;
}

static void compose(struct log *log, struct buffer *line, size_t number) {
    const struct stored_file *file = &log->files[number];
    const struct deed_content *content = &file->content;
    const struct slice last[] = {content->signer, content->description, content->version};
    text_append_cell(line, file->path);
    buffer_append_format(line, ",%llu,", (unsigned long long)content->size_bytes);
    text_append_date(line, file->created_ns, 0);
    buffer_append_byte(line, ' ');
    text_append_clock(line, file->created_ns, 0, 0);
    buffer_append_byte(line, ',');
    text_append_date(line, file->modified_ns, 0);
    buffer_append_byte(line, ' ');
    text_append_clock(line, file->modified_ns, 0, 0);
    buffer_append_byte(line, ',');
    content_append_sha256(line, content);
    for (size_t i = 0; i < ARRAY_SIZE(last); i++) {
        buffer_append_byte(line, ',');
        text_append_cell(line, last[i]);
    }
}

static enum status inventory_close(struct log *log, struct problem *problem) {
    static const struct file_list list = {
        .folder = "inventory",
        .name = "files.csv",
        .is_sorted = true,
        .header = HEADER,
        .shown = FILE_SHOWS_CREATED | FILE_SHOWS_MODIFIED,
        .lists = file_is_there,
        .compose = compose,
    };
    return file_log_close(log, &list, problem);
}

const struct log_writer log_writer_file_inventory = {
    .name = "file_inventory",
    .summary = "file inventory with hashes at the end of the play (CSV)",
    .kinds = DEED_MASK(FILE_WRITE) | DEED_MASK(FILE_DELETE) | DEED_MASK(PROCESS_START),
    .places = PLACE_TO,
    .roles = UINT32_MAX & ~(HOST_MASK(ROUTER) | HOST_MASK(SENSOR)),
    .keeps = inventory_keeps,
    .open = file_log_open,
    .write = file_log_write,
    .close = inventory_close,
};
