// The upgrade server's catalogue of packages
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/text_log.h"
#include "drill/upgrade_service.h"

// Two files of our own making, CSV with a header:
//
//     srv/upgrade/catalogue.csv  what lay under which path from when on, as the server's own
//                                inventory saw it: also bytes that nobody released
//     srv/upgrade/releases.csv   what the vendor released, by his list
//
// That a package was tampered with is said nowhere: it shows where the two differ.
struct log {
    struct text_log catalogue, releases;
};

#define CATALOGUE_HEADER "time,path,name,version,size,sha256,signer"
#define RELEASES_HEADER "released,name,version,size,sha256,signer"

static enum status begin(struct text_log *text, const char *path, const char *header,
                         struct problem *problem) {
    enum status status = text_log_begin(text, 0, path, problem);
    if (status != STATUS_OK)
        return status;
    buffer_append_text(&text->line, header);
    return text_log_put(text, NULL, problem);
}

static void append_cell(struct buffer *line, struct slice text) {
    buffer_append_byte(line, ',');
    text_append_cell(line, text);
}

// ",name,version,size,sha256,signer"
static void append_package(struct buffer *line, const struct deed *deed) {
    const struct deed_content *content = deed->package.content;
    append_cell(line, deed->package.name);
    append_cell(line, deed->package.version);
    if (!content) {
        buffer_append_text(line, ",,,");
        return;
    }
    buffer_append_byte(line, ',');
    buffer_append_u64(line, content->size_bytes);
    buffer_append_byte(line, ',');
    for (size_t i = 0; i < DEED_DIGEST_SIZE; i++)
        buffer_append_format(line, "%02x", content->sha256[i]);
    append_cell(line, content->signer);
}

static void append_time(struct buffer *line, int64_t time_ns) {
    text_append_date(line, time_ns, 0);
    buffer_append_byte(line, 'T');
    text_append_clock(line, time_ns, 0, 0);
    buffer_append_byte(line, 'Z');
}

static enum status put_package(struct log *log, const struct log_entry *entry,
                               const struct evidence_mark *mark, struct problem *problem) {
    const struct deed *deed = entry->deed;
    struct text_log *text = &log->catalogue;
    append_time(&text->line, entry->time_ns);
    append_cell(&text->line, deed->package.stem);
    append_package(&text->line, deed);
    enum status status = text_log_put(text, mark, problem);
    if (status != STATUS_OK || !deed->package.listed)
        return status;
    text = &log->releases;
    append_time(&text->line, entry->time_ns);
    append_package(&text->line, deed);
    return text_log_put(text, mark, problem);
}

static enum status catalogue_write(struct log *log, const struct log_entry *entry,
                                   struct problem *problem) {
    return put_package(log, entry, &entry->mark, problem);
}

// The release that is in use when the play begins stands in both files from the first.
static enum status put_first(struct log *log, const struct log_site *site,
                             struct problem *problem) {
    struct deed_content content = upgrade_release(site->organisation->seed, 0);
    struct deed deed = {.kind = DEED_PACKAGE_CHANGE, .step = DEED_NO_STEP};
    struct log_entry entry = {.deed = &deed, .time_ns = site->organisation->start_ns};
    deed.package.stem = SLICE(UPGRADE_PACKAGE_STEM);
    deed.package.name = SLICE(UPGRADE_PACKAGE_NAME);
    deed.package.version = content.version;
    deed.package.content = &content;
    deed.package.listed = true;
    enum status status =
        begin(&log->catalogue, UPGRADE_FOLDER "/catalogue.csv", CATALOGUE_HEADER, problem);
    if (status == STATUS_OK)
        status = begin(&log->releases, UPGRADE_FOLDER "/releases.csv", RELEASES_HEADER, problem);
    return status == STATUS_OK ? put_package(log, &entry, NULL, problem) : status;
}

static enum status catalogue_close(struct log *log, struct problem *problem) {
    enum status status = text_log_done(&log->catalogue, problem);
    enum status done = text_log_done(&log->releases, status == STATUS_OK ? problem : NULL);
    memory_free(log);
    return status == STATUS_OK ? done : status;
}

static enum status catalogue_open(const struct log_site *site, struct log **ret_log,
                                  struct problem *problem) {
    struct log *log = memory_new(1, sizeof *log);
    text_log_init(&log->catalogue, site);
    text_log_init(&log->releases, site);
    enum status status = put_first(log, site, problem);
    if (status != STATUS_OK) {
        catalogue_close(log, NULL);
        return status;
    }
    *ret_log = log;
    return STATUS_OK;
}

const struct log_writer log_writer_catalogue = {
    .name = "catalogue",
    .summary = "the upgrade server's catalogue of packages, and the vendor's list of releases",
    .kinds = DEED_MASK(PACKAGE_CHANGE),
    .places = PLACE_TO,
    .roles = HOST_MASK(UPGRADE),
    .open = catalogue_open,
    .write = catalogue_write,
    .close = catalogue_close,
};
