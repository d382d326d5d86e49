// Installed software of a Windows host (CSV)
// SPDX-License-Identifier: Apache-2.0
#include "base/memory.h"
#include "drill/content.h"
#include "drill/installed.h"
#include "drill/text_log.h"

#include <stdlib.h>

// The uninstall keys of the registry as Export-Csv prints them: all cells quoted, the day
// of the install without dashes. A newer version takes the place of the one before it.
#define HEADER                                                                                     \
    "\"DisplayName\",\"DisplayVersion\",\"Publisher\",\"InstallDate\",\"InstallLocation\""
#define DAY_NS (86400ll * 1000000000)

enum {
    PRODUCTS_MAX = 512
};

struct product {
    struct slice name, version, publisher;
    int64_t time_ns;
    struct evidence_mark mark;
};

struct log {
    const struct log_site *site;
    struct arena arena;
    struct product products[PRODUCTS_MAX];
    size_t count;
};

static bool software_keeps(const struct log_site *site) {
    return site->host->logging.software_inventory && site->host->system == SYSTEM_WINDOWS;
}

// NULL: no room.
static struct product *find_product(struct log *log, struct slice name) {
    for (size_t i = 0; i < log->count; i++)
        if (slice_equal(log->products[i].name, name))
            return &log->products[i];
    if (log->count == PRODUCTS_MAX)
        return NULL;
    struct product *product = &log->products[log->count++];
    *product =
        (struct product){.name = arena_keep(&log->arena, name), .mark = {.step = DEED_NO_STEP}};
    return product;
}

static enum status software_open(const struct log_site *site, struct log **ret_log,
                                 struct problem *problem) {
    (void)problem;
    struct log *log = memory_new(1, sizeof *log);
    struct dice dice = site->dice;
    log->site = site;
    arena_init(&log->arena, 1u << 20);
    size_t count;
    const struct installed_product *products = installed_products(&count);
    for (size_t i = 0; i < count; i++) {
        int64_t age = (1 + dice_below(&dice, 300)) * DAY_NS;
        if (!installed_has(site->host, &products[i]))
            continue;
        struct product *product = find_product(log, slice_of_string(products[i].name));
        unsigned build = content_build(slice_of_string(products[i].folder), site->host->seed);
        product->version = slice_of_string(products[i].versions[build]);
        product->publisher = slice_of_string(products[i].publisher);
        product->time_ns = site->organisation->start_ns - age;
    }
    *ret_log = log;
    return STATUS_OK;
}

static enum status software_write(struct log *log, const struct log_entry *entry,
                                  struct problem *problem) {
    (void)problem;
    struct product *product = find_product(log, entry->deed->software.name);
    if (!product)
        return STATUS_OK;
    product->version = arena_keep(&log->arena, entry->deed->software.version);
    product->publisher = arena_keep(&log->arena, entry->deed->software.publisher);
    product->time_ns = entry->time_ns;
    product->mark = entry->mark;
    return STATUS_OK;
}

static void append_quoted(struct buffer *line, struct slice text) {
    buffer_append_byte(line, '"');
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] == '"')
            buffer_append_byte(line, '"');
        buffer_append_byte(line, text.data[i]);
    }
    buffer_append_text(line, "\",");
}

static void compose(struct buffer *line, const struct log *log, const struct product *product) {
    append_quoted(line, product->name);
    append_quoted(line, product->version);
    append_quoted(line, product->publisher);
    buffer_append_byte(line, '"');
    text_append_day(line, product->time_ns, log->site->host->zone_seconds);
    buffer_append_text(line, "\",\"\"");
}

static int compare_products(const void *a, const void *b) {
    const struct product *one = a, *other = b;
    return slice_compare(one->name, other->name);
}

static enum status software_close(struct log *log, struct problem *problem) {
    struct text_log text;
    text_log_init(&text, log->site);
    text.line_end = "\r\n";
    qsort(log->products, log->count, sizeof log->products[0], compare_products);
    enum status status = text_log_begin(&text, 0, "inventory/software.csv", problem);
    if (status == STATUS_OK) {
        buffer_append_text(&text.line, HEADER);
        status = text_log_put(&text, NULL, problem);
    }
    for (size_t i = 0; i < log->count && status == STATUS_OK; i++) {
        compose(&text.line, log, &log->products[i]);
        status = text_log_put(&text, &log->products[i].mark, problem);
    }
    enum status done = text_log_done(&text, status == STATUS_OK ? problem : NULL);
    arena_done(&log->arena);
    memory_free(log);
    return status == STATUS_OK ? done : status;
}

const struct log_writer log_writer_software = {
    .name = "software",
    .summary = "installed software at the end of the play (CSV)",
    .kinds = DEED_MASK(SOFTWARE_INSTALL),
    .places = PLACE_TO,
    .roles = UINT32_MAX,
    .keeps = software_keeps,
    .open = software_open,
    .write = software_write,
    .close = software_close,
};
