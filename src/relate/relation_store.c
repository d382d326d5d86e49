// Settled relations, laid down to be read
// SPDX-License-Identifier: Apache-2.0
#include "relate/relation_store.h"

#include "base/memory.h"
#include "base/sorter.h"
#include "base/spool.h"

#include <assert.h>
#include <unistd.h>

enum {
    STORE_PAGE_BYTES = 1 << 20,
    STORE_UNIT_BYTES = 8,
    STORE_PAGES_MAX = 32 << 10,    // as far as places reach
    STORE_READER_BYTES = 16 << 20, // what a reader sorts in before it spills; several read at once
    STORE_KEY_BYTES = 1 << 16
};

// As it lies in a page, followed by references, times, days and texts; all of it in eights, so that
// a relation's views point straight into the page.
struct store_record {
    uint32_t size;
    uint16_t text_sizes[PART_COUNT];
    uint8_t kind;
    uint32_t hosts[3];
    uint32_t reference_count, time_count, day_count;
    int64_t first_ns, last_ns;
    uint64_t count;
    uint64_t bytes_out, bytes_in, taken_ms;
    uint64_t bytes_in_min, bytes_in_max;
};
_Static_assert(sizeof(struct store_record) % 8 == 0, "arrays follow");

struct store_page {
    uint8_t *data; // NULL: in the file
    uint32_t used;
};

// Where the relations of one kind lie: a place is a number of eights from the first page on.
struct store_list {
    uint32_t *places;
    uint32_t count, capacity;
};

struct relation_store {
    struct store_list lists[RELATION_KIND_COUNT];
    struct store_page *pages;
    size_t page_count, page_capacity;
    size_t memory_pages, memory_pages_max;
    char *directory;
    int fd; // pages past memory_pages, each at its place; -1: none
    uint64_t count;
    struct identity *identity;
    struct fleet fleet;
    struct relation_source source;
};

struct relation_store *relation_store_new(size_t memory_bytes, const char *directory) {
    struct relation_store *store = memory_new(1, sizeof *store);
    store->memory_pages_max = memory_bytes / STORE_PAGE_BYTES + 1;
    store->directory = memory_keep_text(directory, strlen(directory));
    store->fd = -1;
    return store;
}

void relation_store_free(struct relation_store *store) {
    if (!store)
        return;
    for (size_t i = 0; i < store->page_count; i++)
        memory_free(store->pages[i].data);
    for (size_t i = 0; i < RELATION_KIND_COUNT; i++)
        memory_free(store->lists[i].places);
    memory_free(store->pages);
    memory_free(store->directory);
    if (store->fd >= 0)
        close(store->fd);
    identity_free(store->identity);
    memory_free(store);
}

static uint64_t store_page_place(const struct relation_store *store, size_t page) {
    return (uint64_t)(page - store->memory_pages_max) * STORE_PAGE_BYTES;
}

// A full page past the ceiling goes to the file.
static enum status store_close_page(struct relation_store *store, struct problem *problem) {
    if (store->page_count <= store->memory_pages_max)
        return STATUS_OK;
    struct store_page *page = &store->pages[store->page_count - 1];
    enum status status = STATUS_OK;
    if (store->fd < 0)
        status = spool_open(store->directory, &store->fd, problem);
    if (status == STATUS_OK)
        status = spool_write(store->fd, store_page_place(store, store->page_count - 1),
                             slice_of(page->data, page->used), store->directory, problem);
    memory_free(page->data);
    page->data = NULL;
    return status;
}

static enum status store_reserve(struct relation_store *store, size_t size, uint8_t **ret_place,
                                 struct problem *problem) {
    assert(size <= STORE_PAGE_BYTES && size % 8 == 0);
    struct store_page *page = store->page_count ? &store->pages[store->page_count - 1] : NULL;
    if (!page || page->used + size > STORE_PAGE_BYTES) {
        enum status status = page ? store_close_page(store, problem) : STATUS_OK;
        if (status != STATUS_OK)
            return status;
        if (store->page_count == STORE_PAGES_MAX)
            return problem_set(problem, STATUS_LIMIT, "more than 32 GiB of relations");
        if (store->page_count == store->page_capacity) {
            store->page_capacity = store->page_capacity ? store->page_capacity * 2 : 16;
            store->pages = memory_resize(store->pages, store->page_capacity, sizeof *store->pages);
        }
        page = &store->pages[store->page_count++];
        *page = (struct store_page){.data = memory_resize(NULL, STORE_PAGE_BYTES, 1)};
    }
    *ret_place = page->data + page->used;
    page->used += (uint32_t)size;
    return STATUS_OK;
}

static void store_list_add(struct store_list *list, uint64_t place) {
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? list->capacity * 2 : 64;
        list->places = memory_resize(list->places, list->capacity, sizeof *list->places);
    }
    list->places[list->count++] = (uint32_t)(place / STORE_UNIT_BYTES);
}

static uint8_t *store_put(uint8_t *to, const void *from, size_t size) {
    if (size)
        memcpy(to, from, size);
    return to + size;
}

enum status relation_store_add(struct relation_store *store, const struct relation_key *key,
                               const struct relation_sum *sum, struct store_hosts hosts,
                               struct problem *problem) {
    size_t references = sum->reference_count * sizeof *sum->references;
    size_t times = sum->time_count * sizeof *sum->times;
    size_t days = sum->day_count * sizeof *sum->days;
    size_t size = sizeof(struct store_record) + references + times + days;
    struct store_record record = {
        .kind = (uint8_t)key->kind,
        .hosts = {hosts.from, hosts.to, hosts.recorder},
        .reference_count = sum->reference_count,
        .time_count = sum->time_count,
        .day_count = sum->day_count,
        .first_ns = sum->first_ns,
        .last_ns = sum->last_ns,
        .count = sum->count,
        .bytes_out = sum->bytes_out,
        .bytes_in = sum->bytes_in,
        .taken_ms = sum->taken_ms,
        .bytes_in_min = sum->bytes_in_min,
        .bytes_in_max = sum->bytes_in_max,
    };
    for (size_t i = 0; i < PART_COUNT; i++) {
        record.text_sizes[i] = (uint16_t)key->parts[i].size;
        size += key->parts[i].size;
    }
    size = (size + 7) / 8 * 8;
    record.size = (uint32_t)size;
    uint8_t *to = NULL;
    enum status status = store_reserve(store, size, &to, problem);
    if (status != STATUS_OK)
        return status;
    to = store_put(to, &record, sizeof record);
    to = store_put(to, sum->references, references);
    to = store_put(to, sum->times, times);
    to = store_put(to, sum->days, days);
    for (size_t i = 0; i < PART_COUNT; i++)
        to = store_put(to, key->parts[i].data, key->parts[i].size);
    uint64_t page = store->page_count - 1;
    store_list_add(&store->lists[key->kind],
                   page * STORE_PAGE_BYTES + store->pages[page].used - size);
    store->count++;
    return STATUS_OK;
}

// Views into the record at `at`, which is aligned.
static void store_view(const uint8_t *at, struct relation *ret_relation) {
    const struct store_record *record = (const struct store_record *)(const void *)at;
    at += sizeof *record;
    *ret_relation = (struct relation){
        .kind = (enum relation_kind)record->kind,
        .from_host = record->hosts[0],
        .to_host = record->hosts[1],
        .recorder_host = record->hosts[2],
        .first_ns = record->first_ns,
        .last_ns = record->last_ns,
        .count = record->count,
        .bytes_out = record->bytes_out,
        .bytes_in = record->bytes_in,
        .taken_ms = record->taken_ms,
        .bytes_in_min = record->bytes_in_min,
        .bytes_in_max = record->bytes_in_max,
        .reference_count = record->reference_count,
        .time_count = record->time_count,
        .day_count = record->day_count,
        .references = (const struct reference *)(const void *)at,
    };
    at += record->reference_count * sizeof(struct reference);
    ret_relation->times = (const int64_t *)(const void *)at;
    at += record->time_count * sizeof(int64_t);
    ret_relation->days = (const struct relation_day *)(const void *)at;
    at += record->day_count * sizeof(struct relation_day);
    struct slice *const texts[PART_COUNT] = {
        &ret_relation->from,      &ret_relation->to,        &ret_relation->account,
        &ret_relation->artefact,  &ret_relation->detail[0], &ret_relation->detail[1],
        &ret_relation->detail[2], &ret_relation->detail[3], &ret_relation->recorder};
    for (size_t i = 0; i < PART_COUNT; i++) {
        *texts[i] = slice_of(at, record->text_sizes[i]);
        at += record->text_sizes[i];
    }
}

// Reading

struct store_reader {
    struct relation_store *store;
    struct sorter *sorter;
    uint8_t *page; // of the file, read last
    size_t page_number;
};

// The page's bytes, read when they lie in the file.
static enum status reader_page(struct store_reader *reader, size_t number, const uint8_t **ret_data,
                               struct problem *problem) {
    const struct relation_store *store = reader->store;
    *ret_data = store->pages[number].data;
    if (*ret_data)
        return STATUS_OK;
    if (!reader->page)
        reader->page = memory_resize(NULL, STORE_PAGE_BYTES, 1);
    size_t done = reader->page_number == number ? store->pages[number].used : 0;
    while (done < store->pages[number].used) {
        ssize_t got = pread(store->fd, reader->page + done, store->pages[number].used - done,
                            (off_t)(store_page_place(store, number) + done));
        if (got <= 0)
            return problem_set_errno(problem, "read %s", store->directory);
        done += (size_t)got;
    }
    reader->page_number = number;
    *ret_data = reader->page;
    return STATUS_OK;
}

// One relation of a page in the file, without the rest of it.
static enum status reader_record(struct store_reader *reader, size_t number, uint32_t offset,
                                 const uint8_t **ret_record, struct problem *problem) {
    const struct relation_store *store = reader->store;
    *ret_record = store->pages[number].data;
    if (*ret_record) {
        *ret_record += offset;
        return STATUS_OK;
    }
    if (!reader->page)
        reader->page = memory_resize(NULL, STORE_PAGE_BYTES, 1);
    off_t place = (off_t)(store_page_place(store, number) + offset);
    size_t left = store->pages[number].used - offset;
    size_t wanted = left < 1024 ? left : 1024;
    size_t done = 0;
    while (done < wanted) {
        ssize_t got = pread(store->fd, reader->page + done, wanted - done, place + (off_t)done);
        if (got <= 0)
            return problem_set_errno(problem, "read %s", store->directory);
        done += (size_t)got;
        uint32_t size;
        memcpy(&size, reader->page, sizeof size);
        wanted = done >= sizeof size ? size : wanted;
    }
    reader->page_number = SIZE_MAX;
    *ret_record = reader->page;
    return STATUS_OK;
}

static void append_kind(struct buffer *to, enum relation_kind kind) {
    buffer_append_byte(to, (uint8_t)kind);
}

static void reader_append_order(struct buffer *to, enum relation_order order,
                                const struct relation *relation) {
    switch (order) {
    case RELATION_ORDER_TIME:
        relation_append_ordered_time(to, relation->first_ns);
        append_kind(to, relation->kind);
        break;
    case RELATION_ORDER_FROM:
        relation_append_ordered(to, relation->from);
        append_kind(to, relation->kind);
        relation_append_ordered(to, relation->to);
        relation_append_ordered(to, relation->artefact);
        break;
    case RELATION_ORDER_TO:
        relation_append_ordered(to, relation->to);
        append_kind(to, relation->kind);
        relation_append_ordered(to, relation->artefact);
        relation_append_ordered(to, relation->from);
        break;
    case RELATION_ORDER_ARTEFACT:
        relation_append_ordered(to, relation->artefact);
        append_kind(to, relation->kind);
        relation_append_ordered(to, relation->to);
        break;
    case RELATION_ORDER_ACCOUNT:
        relation_append_ordered(to, relation->account);
        append_kind(to, relation->kind);
        relation_append_ordered(to, relation->to);
        break;
    case RELATION_ORDER_PAIR:
        relation_append_ordered(to, relation->from);
        relation_append_ordered(to, relation->to);
        append_kind(to, relation->kind);
        break;
    }
    relation_append_ordered_time(to, relation->first_ns);
}

// Equal keys go by the place in the store, which is the same for all ways of reading.
static enum status reader_add(struct store_reader *reader, struct buffer *key,
                              enum relation_order order, const uint8_t *record, uint64_t place,
                              struct problem *problem) {
    struct relation relation;
    store_view(record, &relation);
    buffer_reset(key);
    reader_append_order(key, order, &relation);
    assert(!key->failed);
    place = __builtin_bswap64(place);
    return sorter_add(reader->sorter, buffer_slice(key), slice_of(&place, sizeof place), problem);
}

static enum status reader_fill_kind(struct store_reader *reader, const struct store_list *list,
                                    enum relation_order order, struct buffer *key,
                                    struct problem *problem) {
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < list->count && status == STATUS_OK; i++) {
        uint64_t place = (uint64_t)list->places[i] * STORE_UNIT_BYTES;
        const uint8_t *data;
        status = reader_page(reader, place / STORE_PAGE_BYTES, &data, problem);
        if (status == STATUS_OK)
            status =
                reader_add(reader, key, order, data + place % STORE_PAGE_BYTES, place, problem);
    }
    return status;
}

static enum status reader_fill(struct store_reader *reader, uint64_t kinds,
                               enum relation_order order, struct problem *problem) {
    struct buffer key;
    buffer_init(&key, STORE_KEY_BYTES);
    enum status status = STATUS_OK;
    for (size_t kind = 0; kind < RELATION_KIND_COUNT && status == STATUS_OK; kind++)
        if (kinds >> kind & 1)
            status = reader_fill_kind(reader, &reader->store->lists[kind], order, &key, problem);
    buffer_done(&key);
    return status == STATUS_OK ? sorter_finish(reader->sorter, problem) : status;
}

static void reader_close(void *context) {
    struct store_reader *reader = context;
    if (!reader)
        return;
    sorter_free(reader->sorter);
    memory_free(reader->page);
    memory_free(reader);
}

static enum status reader_open(void *context, uint64_t kinds, enum relation_order order,
                               void **ret_reader, struct problem *problem) {
    struct relation_store *store = context;
    struct store_reader *reader = memory_new(1, sizeof *reader);
    reader->store = store;
    reader->page_number = SIZE_MAX;
    reader->sorter = sorter_new(STORE_READER_BYTES, store->directory);
    enum status status = reader_fill(reader, kinds, order, problem);
    if (status != STATUS_OK) {
        reader_close(reader);
        return status;
    }
    *ret_reader = reader;
    return STATUS_OK;
}

static enum status reader_next(void *context, struct relation *ret_relation, bool *ret_more,
                               struct problem *problem) {
    struct store_reader *reader = context;
    struct slice key, payload;
    bool more = false;
    enum status status = sorter_next(reader->sorter, &key, &payload, &more, problem);
    if (status == STATUS_OK && more) {
        uint64_t place;
        const uint8_t *record;
        memcpy(&place, payload.data, sizeof place);
        place = __builtin_bswap64(place);
        status = reader_record(reader, place / STORE_PAGE_BYTES, place % STORE_PAGE_BYTES, &record,
                               problem);
        if (status == STATUS_OK)
            store_view(record, ret_relation);
    }
    if (status == STATUS_OK)
        *ret_more = more;
    return status;
}

static uint32_t store_find_host(void *context, struct slice name, int64_t time_ns) {
    const struct relation_store *store = context;
    return identity_find(store->identity, name, time_ns);
}

enum status relation_store_seal(struct relation_store *store, struct identity *identity,
                                struct problem *problem) {
    store->identity = identity;
    store->fleet.hosts = identity_hosts(identity, &store->fleet.count);
    store->source =
        (struct relation_source){store, reader_open, reader_next, reader_close, store_find_host};
    return store->page_count ? store_close_page(store, problem) : STATUS_OK;
}

const struct fleet *relation_store_fleet(const struct relation_store *store) {
    return &store->fleet;
}

uint64_t relation_store_count(const struct relation_store *store) {
    return store->count;
}

const struct relation_source *relation_store_source(struct relation_store *store) {
    return &store->source;
}
