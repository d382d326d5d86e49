// What starts by itself, and on how many hosts
// SPDX-License-Identifier: Apache-2.0
#include "detect/persistence_book.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/autostart_text.h"
#include "detect/path_name.h"

// Cost: one pass over persistence, files and software by host, one over files and program starts by
// path, in which a path costs one look-up. What is beyond the ceilings is left out.

#define DAY_NS (86400 * 1000000000ll)

static const char *const KIND_NAMES[PERSISTENCE_KIND_COUNT] = {
    [PERSISTENCE_SERVICE] = "service",  [PERSISTENCE_TASK] = "task",
    [PERSISTENCE_RUN_KEY] = "run key",  [PERSISTENCE_STARTUP] = "startup file",
    [PERSISTENCE_SSH_KEY] = "SSH keys",
};

void persistence_book_init(struct persistence_book *book, const struct detect_context *context) {
    *book = (struct persistence_book){.context = context};
    intern_init(&book->texts, PERSISTENCE_TEXTS_MAX, PERSISTENCE_TEXT_BYTES_MAX);
    intern_init(&book->software, PERSISTENCE_TEXTS_MAX, PERSISTENCE_TEXT_BYTES_MAX);
    table_init(&book->seen);
    table_init(&book->places);
    book->first_of_host = memory_new(context->fleet->count + 1, sizeof *book->first_of_host);
    memset(book->first_of_host, 0xff, context->fleet->count * sizeof *book->first_of_host);
    for (uint32_t i = 0; i < context->fleet->count; i++)
        book->fleet_hosts += context->fleet->hosts[i].has_evidence;
}

void persistence_book_done(struct persistence_book *book) {
    memory_free(book->entries);
    memory_free(book->spread);
    memory_free(book->first_of_host);
    table_done(&book->places);
    table_done(&book->seen);
    intern_done(&book->software);
    intern_done(&book->texts);
}

const char *persistence_kind_name(enum persistence_kind kind) {
    return KIND_NAMES[kind];
}

struct slice persistence_text(const struct persistence_book *book, uint32_t number) {
    return number == INTERN_FULL ? SLICE("") : intern_text(&book->texts, number);
}

struct slice persistence_name(const struct persistence_book *book, uint32_t number) {
    struct slice text = persistence_text(book, number);
    const uint8_t *end = text.size ? memchr(text.data, '\n', text.size) : NULL;
    return end ? slice_part(text, (size_t)(end - text.data) + 1, SIZE_MAX) : text;
}

struct persistence_spread persistence_spread_of(const struct persistence_book *book,
                                                uint32_t number) {
    return number < book->spread_capacity ? book->spread[number] : (struct persistence_spread){0};
}

// Two small numbers mixed without loss (both steps are bijections), so that the hash alone decides.
static uint64_t pair_hash(uint32_t a, uint32_t b) {
    uint64_t key = (uint64_t)a << 32 | b;
    key = (key ^ key >> 31) * 0x9e3779b97f4a7c15ull;
    return key ^ key >> 29;
}

static uint32_t text_add(struct persistence_book *book, struct slice text) {
    if (!text.size)
        return INTERN_FULL;
    uint32_t number = intern_add(&book->texts, text);
    if (number == INTERN_FULL || number < book->spread_capacity)
        return number;
    uint32_t capacity = book->spread_capacity ? 2 * book->spread_capacity : 1024;
    while (capacity <= number)
        capacity *= 2;
    book->spread = memory_resize(book->spread, capacity, sizeof *book->spread);
    memset(book->spread + book->spread_capacity, 0,
           (capacity - book->spread_capacity) * sizeof *book->spread);
    book->spread_capacity = capacity;
    return number;
}

// True when this pair was not seen before.
static bool pair_is_new(struct persistence_book *book, uint32_t a, uint32_t b) {
    uint64_t hash = pair_hash(a, b);
    if (table_find(&book->seen, hash, NULL, NULL, NULL) != TABLE_NONE)
        return false;
    table_add(&book->seen, hash, 0);
    return true;
}

static void host_count(struct persistence_book *book, uint32_t number, uint32_t host) {
    if (number != INTERN_FULL && pair_is_new(book, number, host))
        book->spread[number].hosts++;
}

static bool contains(struct slice text, const char *part) {
    return text.data && memmem(text.data, text.size, part, strlen(part)) != NULL;
}

// Files whose coming alone makes something start; PERSISTENCE_KIND_COUNT: none of them.
static enum persistence_kind file_kind(struct slice path) {
    struct slice name = path_base(path);
    if (slice_equal(name, SLICE("authorized_keys")) ||
        slice_equal(name, SLICE("administrators_authorized_keys")))
        return PERSISTENCE_SSH_KEY;
    if (slice_equal(name, SLICE("desktop.ini")))
        return PERSISTENCE_KIND_COUNT;
    if (contains(path, "\\start menu\\programs\\startup\\") || contains(path, "/etc/cron.d/") ||
        contains(path, "/etc/systemd/system/") || contains(path, "/etc/ld.so.preload"))
        return PERSISTENCE_STARTUP;
    return PERSISTENCE_KIND_COUNT;
}

// What a relation says of itself: its kind, and name and command as written.
struct told {
    enum persistence_kind kind;
    struct slice name, command;
};

// "...\Services\Name\ImagePath" is what the service's own record says.
static struct slice service_of_key(struct slice key) {
    for (size_t i = 0; i + 10 < key.size; i++) {
        if (!text_equal_fold_ascii(slice_part(key, i, 10), SLICE("\\services\\")))
            continue;
        struct slice rest = slice_part(key, i + 10, SIZE_MAX);
        const uint8_t *end = memchr(rest.data, '\\', rest.size);
        return end ? slice_part(rest, 0, (size_t)(end - rest.data)) : SLICE("");
    }
    return SLICE("");
}

static bool told_by(const struct relation *relation, struct told *ret_told) {
    *ret_told = (struct told){.kind = PERSISTENCE_KIND_COUNT};
    if (relation->kind == RELATION_FILE) {
        if (slice_equal_string(relation->detail[2], "created") ||
            slice_equal_string(relation->detail[2], "listed"))
            ret_told->kind = file_kind(relation->artefact);
        ret_told->name = path_base(relation->artefact);
        ret_told->command = relation->artefact;
        return ret_told->kind != PERSISTENCE_KIND_COUNT;
    }
    if (relation->kind != RELATION_PERSISTENCE)
        return false;
    ret_told->name = relation->detail[0];
    ret_told->command = relation->detail[1];
    if (slice_equal_string(relation->artefact, "service"))
        ret_told->kind = PERSISTENCE_SERVICE;
    else if (slice_equal_string(relation->artefact, "task"))
        ret_told->kind = PERSISTENCE_TASK;
    else if (slice_equal_string(relation->artefact, "run key"))
        ret_told->kind = PERSISTENCE_RUN_KEY;
    struct slice service = service_of_key(relation->detail[0]);
    if (ret_told->kind == PERSISTENCE_RUN_KEY && service.size) {
        ret_told->kind = PERSISTENCE_SERVICE;
        ret_told->name = service;
    }
    return ret_told->kind != PERSISTENCE_KIND_COUNT && ret_told->name.size;
}

// "service\nname", lower case; the users' part of a key is one for all.
static uint32_t name_number(struct persistence_book *book, const struct told *told, bool pattern) {
    struct buffer text;
    buffer_init(&text, 2 * RELATION_PART_BYTES_MAX);
    buffer_append_text(&text, KIND_NAMES[told->kind]);
    buffer_append_byte(&text, '\n');
    struct slice name = told->name;
    if (told->kind == PERSISTENCE_RUN_KEY)
        name = path_base(name);
    if (pattern)
        autostart_pattern(&text, name);
    else
        autostart_path(&text, name);
    uint32_t number = text.failed ? INTERN_FULL : text_add(book, buffer_slice(&text));
    buffer_done(&text);
    return number;
}

static uint32_t program_number(struct persistence_book *book, const struct told *told) {
    struct buffer text;
    buffer_init(&text, 2 * RELATION_PART_BYTES_MAX);
    if (told->kind >= PERSISTENCE_STARTUP)
        autostart_path(&text, told->command);
    else
        autostart_program(&text, told->command);
    uint32_t number = text.failed ? INTERN_FULL : text_add(book, buffer_slice(&text));
    buffer_done(&text);
    return number;
}

static uint32_t entry_find(struct persistence_book *book, uint32_t host, uint32_t name) {
    return table_find(&book->places, pair_hash(host, name), NULL, NULL, NULL);
}

struct persistence_entry *persistence_find(struct persistence_book *book,
                                           const struct relation *relation) {
    struct told told;
    if (relation->to_host == RELATION_NO_HOST || !told_by(relation, &told))
        return NULL;
    uint32_t name = name_number(book, &told, false);
    uint32_t place = name == INTERN_FULL ? TABLE_NONE : entry_find(book, relation->to_host, name);
    return place == TABLE_NONE ? NULL : &book->entries[place];
}

static struct persistence_entry *entry_new(struct persistence_book *book, uint32_t host,
                                           const struct told *told, uint32_t name) {
    if (book->count == PERSISTENCE_ENTRIES_MAX)
        return NULL;
    if (book->count == book->capacity) {
        book->capacity = book->capacity ? 2 * book->capacity : 256;
        book->entries = memory_resize(book->entries, book->capacity, sizeof *book->entries);
    }
    struct persistence_entry *entry = &book->entries[book->count];
    *entry = (struct persistence_entry){.host = host,
                                        .kind = told->kind,
                                        .name = name,
                                        .pattern = name_number(book, told, true),
                                        .program = INTERN_FULL,
                                        .command = INTERN_FULL,
                                        .first_ns = CLOCK_NONE};
    if (book->first_of_host[host] == UINT32_MAX)
        book->first_of_host[host] = book->count;
    table_add(&book->places, pair_hash(host, name), book->count++);
    host_count(book, name, host);
    host_count(book, entry->pattern, host);
    // A pattern's names lie behind the hosts' numbers.
    if (entry->pattern != INTERN_FULL && pair_is_new(book, entry->pattern, UINT32_MAX - name))
        book->spread[entry->pattern].names++;
    return entry;
}

static bool writer_is_installer(struct slice writer) {
    return contains(writer, "\\program files") || slice_ends(writer, SLICE("\\msiexec.exe")) ||
           slice_ends(writer, SLICE("/dpkg")) || slice_ends(writer, SLICE("/rpm"));
}

static void entry_take(struct persistence_book *book, const struct relation *relation) {
    struct told told;
    if (relation->to_host == RELATION_NO_HOST || !told_by(relation, &told))
        return;
    uint32_t name = name_number(book, &told, false);
    if (name == INTERN_FULL)
        return;
    uint32_t place = entry_find(book, relation->to_host, name);
    struct persistence_entry *entry = place == TABLE_NONE
                                          ? entry_new(book, relation->to_host, &told, name)
                                          : &book->entries[place];
    if (!entry)
        return;
    if (entry->first_ns == CLOCK_NONE || relation->first_ns < entry->first_ns)
        entry->first_ns = relation->first_ns;
    if (relation->kind == RELATION_FILE)
        entry->by_installer |= writer_is_installer(relation->detail[1]);
    if (entry->program == INTERN_FULL)
        entry->program = program_number(book, &told);
    if (entry->command == INTERN_FULL)
        entry->command = text_add(book, told.command);
    host_count(book, entry->program, relation->to_host);
}

// The program of an entry on the same host, written within the day before.
static void came_take(struct persistence_book *book, uint32_t program,
                      const struct relation *relation) {
    uint32_t i = book->first_of_host[relation->to_host];
    for (; i < book->count && book->entries[i].host == relation->to_host; i++) {
        struct persistence_entry *entry = &book->entries[i];
        int64_t before_ns = entry->first_ns - relation->first_ns;
        if (entry->program == program && before_ns >= 0 && before_ns <= DAY_NS)
            entry->came = true;
    }
}

// Which hosts have the programs, and where one was written a day before it was made to start.
static void program_take(struct persistence_book *book, struct buffer *text,
                         const struct relation *relation) {
    buffer_reset(text);
    autostart_path(text, relation->artefact);
    uint32_t number = text->failed ? INTERN_FULL : intern_find(&book->texts, buffer_slice(text));
    if (number == INTERN_FULL || relation->to_host == RELATION_NO_HOST)
        return;
    host_count(book, number, relation->to_host);
    if (slice_equal_string(relation->detail[2], "created"))
        came_take(book, number, relation);
}

static enum status programs_read(struct persistence_book *book, struct problem *problem) {
    struct buffer text;
    buffer_init(&text, 2 * RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(SPAWN) | RELATION_MASK(FILE),
                     RELATION_ORDER_ARTEFACT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        program_take(book, &text, &reading.relation);
    reading_close(&reading);
    buffer_done(&text);
    return status;
}

bool persistence_is_installed(const struct persistence_book *book, struct slice name) {
    return name.size && intern_find(&book->software, name) != INTERN_FULL;
}

// "example chat 4.1 (x64)" is installed as "example chat 4.1 (x64)", "example chat", ...
static void software_take(struct persistence_book *book, struct slice name) {
    for (size_t i = 3; i <= name.size; i++)
        if (i == name.size || name.data[i] == ' ')
            (void)intern_add(&book->software, slice_part(name, 0, i));
}

// In the order of hosts, so that a host's entries lie together.
static enum status entries_read(struct persistence_book *book, struct problem *problem) {
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context,
                     RELATION_MASK(PERSISTENCE) | RELATION_MASK(FILE) | RELATION_MASK(SOFTWARE),
                     RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (reading.relation.kind == RELATION_SOFTWARE)
            software_take(book, reading.relation.artefact);
        else
            entry_take(book, &reading.relation);
    }
    reading_close(&reading);
    return status;
}

enum status persistence_book_read(struct persistence_book *book, struct problem *problem) {
    enum status status = entries_read(book, problem);
    return status == STATUS_OK && book->count ? programs_read(book, problem) : status;
}
