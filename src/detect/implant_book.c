// Programs in odd places, and those that remove themselves
// SPDX-License-Identifier: Apache-2.0
#include "detect/implant_book.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "detect/path_name.h"

#include <string.h>

// Cost: one pass over program starts and files by path, one over these and pipes by host, one over
// contacts. Only paths in places that users can write are kept.

void implant_book_init(struct implant_book *book, const struct detect_context *context) {
    *book = (struct implant_book){.context = context};
    arena_init(&book->arena, 16 << 20);
    intern_init(&book->paths, IMPLANT_PATHS_MAX, 16 << 20);
    intern_init(&book->removed, IMPLANT_PATHS_MAX, 8 << 20);
    intern_init(&book->removed_folders, IMPLANT_PATHS_MAX, 8 << 20);
    intern_init(&book->searching, IMPLANT_PATHS_MAX, 8 << 20);
    book->removals = memory_new(IMPLANT_PATHS_MAX, sizeof *book->removals);
    book->searches = memory_new(IMPLANT_PATHS_MAX, sizeof *book->searches);
    book->hosts = memory_new(IMPLANT_PATHS_MAX, sizeof *book->hosts);
    book->lone = memory_new(LONE_PROGRAMS_MAX, sizeof *book->lone);
}

void implant_book_done(struct implant_book *book) {
    memory_free(book->lone);
    memory_free(book->hosts);
    memory_free(book->removals);
    memory_free(book->searches);
    intern_done(&book->searching);
    intern_done(&book->removed_folders);
    intern_done(&book->removed);
    intern_done(&book->paths);
    arena_done(&book->arena);
}

static struct slice path_folder(struct slice path) {
    size_t size = path.size;
    while (size && path.data[size - 1] != '\\')
        size--;
    return slice_part(path, 0, size);
}

static bool text_contains(struct slice text, struct slice part) {
    return part.size && memmem(text.data, text.size, part.data, part.size);
}

bool path_is_image(struct slice path) {
    static const char *const ENDINGS[] = {".exe", ".dll", ".sys", ".scr", ".com", ".pf"};
    for (size_t i = 0; i < ARRAY_SIZE(ENDINGS); i++)
        if (slice_ends(path, slice_of_string(ENDINGS[i])))
            return true;
    return false;
}

static bool path_is_writable(struct slice key) {
    static const char *const PLACES[] = {"\\programdata\\",   "\\users\\",    "\\windows\\temp\\",
                                         "\\temp\\",          "\\perflogs\\", "\\$recycle.bin\\",
                                         "\\windows\\tasks\\"};
    for (size_t i = 0; i < ARRAY_SIZE(PLACES); i++)
        if (slice_starts(key, slice_of_string(PLACES[i])))
            return true;
    return false;
}

// Right in the folder, not in a product's own below it.
static bool path_is_odd(struct slice key) {
    static const char *const FOLDERS[] = {
        "\\programdata\\", "\\users\\public\\",  "\\windows\\temp\\",
        "\\perflogs\\",    "\\windows\\tasks\\", "\\users\\public\\documents\\",
        "\\temp\\",        "\\$recycle.bin\\",   "\\users\\public\\music\\",
        "\\users\\",       "\\users\\default\\"};
    struct slice folder = path_folder(key);
    for (size_t i = 0; i < ARRAY_SIZE(FOLDERS); i++)
        if (slice_equal_string(folder, FOLDERS[i]))
            return true;
    return false;
}

// Lower case, cut at the longest part of a relation.
struct folded {
    uint8_t bytes[RELATION_PART_BYTES_MAX];
    struct slice text;
};

static void fold(struct folded *folded, struct slice text) {
    size_t size = text.size < sizeof folded->bytes ? text.size : sizeof folded->bytes;
    text_fold_ascii(text.data, size, folded->bytes);
    folded->text = slice_of(folded->bytes, size);
}

bool implant_removes_parent(const struct relation *spawn) {
    static const char *const VERBS[] = {" del ", "&del ", " erase ", "remove-item", "/c del "};
    struct slice parent = spawn->detail[0];
    struct slice name = slice_part(parent, path_folder(parent).size, SIZE_MAX);
    if (name.size < 5 || slice_equal_string(name, "cmd.exe") || !path_is_image(name))
        return false;
    struct folded command;
    fold(&command, spawn->detail[1]);
    for (size_t i = 0; i < ARRAY_SIZE(VERBS); i++) {
        struct slice verb = slice_of_string(VERBS[i]);
        const uint8_t *at = memmem(command.text.data, command.text.size, verb.data, verb.size);
        if (at && text_contains(
                      slice_part(command.text, (size_t)(at - command.text.data), SIZE_MAX), name))
            return true;
    }
    return false;
}

bool implant_command_searches(struct slice command) {
    static const char *const WORDS[] = {"findstr ",         "forfiles ", "get-childitem", "xcopy ",
                                        "robocopy ",        "makecab ",  "where /r",      "tree /f",
                                        "compress-archive", " a -hp",    " a -p",         "tar -c"};
    struct folded folded;
    fold(&folded, command);
    if (text_contains(folded.text, SLICE("dir ")) && text_contains(folded.text, SLICE("/s")))
        return true;
    for (size_t i = 0; i < ARRAY_SIZE(WORDS); i++)
        if (text_contains(folded.text, slice_of_string(WORDS[i])))
            return true;
    return false;
}

bool implant_is_removed(const struct implant_book *book, struct slice path) {
    return path.size && intern_find(&book->removed, path_without_drive(path)) != INTERN_FULL;
}

bool implant_collects(const struct implant_book *book, struct slice path, int64_t *ret_since_ns) {
    uint32_t number =
        path.size ? intern_find(&book->searching, path_without_drive(path)) : INTERN_FULL;
    if (number == INTERN_FULL || !implant_is_removed(book, path))
        return false;
    *ret_since_ns = book->searches[number].first_ns;
    return true;
}

struct slice implant_folder(struct slice path) {
    return path_folder(path_without_drive(path));
}

bool implant_is_beside_removed(const struct implant_book *book, struct slice path) {
    return intern_find(&book->removed_folders, implant_folder(path)) != INTERN_FULL;
}

static void window_take(struct interner *paths, struct implant_window *windows, struct slice key,
                        const struct relation *relation) {
    uint32_t before = paths->count, number = intern_add(paths, key);
    if (number == INTERN_FULL)
        return;
    struct implant_window *window = &windows[number];
    if (number == before || relation->first_ns < window->first_ns)
        window->first_ns = relation->first_ns;
    if (number == before || relation->last_ns > window->last_ns)
        window->last_ns = relation->last_ns;
}

static bool window_holds(const struct interner *paths, const struct implant_window *windows,
                         struct slice key, int64_t time_ns) {
    const int64_t day_ns = 86400 * 1000000000ll;
    uint32_t number = intern_find(paths, key);
    return number != INTERN_FULL && time_ns >= windows[number].first_ns - day_ns &&
           time_ns <= windows[number].last_ns + day_ns;
}

enum implant_deed implant_unlogged(const struct implant_book *book, const struct relation *spawn,
                                   int64_t time_ns) {
    struct slice key = path_without_drive(spawn->detail[0]), name = path_base(spawn->artefact);
    if (spawn->detail[1].size ||
        (!slice_equal_string(name, "cmd.exe") && !slice_equal_string(name, "powershell.exe")))
        return IMPLANT_UNKNOWN;
    if (time_ns >= spawn->last_ns && window_holds(&book->removed, book->removals, key, time_ns))
        return IMPLANT_REMOVED;
    return window_holds(&book->searching, book->searches, key, time_ns) ? IMPLANT_SEARCHED
                                                                        : IMPLANT_UNKNOWN;
}

static void removal_take(struct implant_book *book, const struct relation *relation) {
    struct slice key = path_without_drive(relation->detail[0]);
    if (path_is_writable(key) && implant_command_searches(relation->detail[1]))
        window_take(&book->searching, book->searches, key, relation);
    if (!implant_removes_parent(relation))
        return;
    window_take(&book->removed, book->removals, key, relation);
    // A folder of its own, not one that all share.
    if (path_is_writable(key) && !path_is_odd(key) && !slice_starts(key, SLICE("\\users\\")))
        (void)intern_add(&book->removed_folders, path_folder(key));
}

// One writing of a path at a time: the larger number of hosts stands.
struct path_group {
    struct buffer artefact, host;
    uint32_t hosts;
};

static void path_group_end(struct implant_book *book, const struct path_group *group) {
    struct slice key = path_without_drive(buffer_slice(&group->artefact));
    uint32_t number = key.size ? intern_add(&book->paths, key) : INTERN_FULL;
    if (number != INTERN_FULL && group->hosts > book->hosts[number])
        book->hosts[number] = group->hosts;
}

static enum status paths_read(struct implant_book *book, struct problem *problem) {
    struct path_group group = {.hosts = 0};
    buffer_init(&group.artefact, RELATION_PART_BYTES_MAX);
    buffer_init(&group.host, RELATION_PART_BYTES_MAX);
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(SPAWN) | RELATION_MASK(FILE),
                     RELATION_ORDER_ARTEFACT, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        if (relation->kind == RELATION_SPAWN)
            removal_take(book, relation);
        if (!slice_ends(relation->artefact, SLICE(".exe")) ||
            !path_is_writable(path_without_drive(relation->artefact)))
            continue;
        struct slice host = reading_to(book->context, relation);
        if (!slice_equal(relation->artefact, buffer_slice(&group.artefact))) {
            path_group_end(book, &group);
            buffer_reset(&group.artefact);
            buffer_append_slice(&group.artefact, relation->artefact);
            buffer_reset(&group.host);
            group.hosts = 0;
        }
        if (!slice_equal(host, buffer_slice(&group.host))) {
            buffer_reset(&group.host);
            buffer_append_slice(&group.host, host);
            group.hosts++;
        }
    }
    path_group_end(book, &group);
    reading_close(&reading);
    buffer_done(&group.artefact);
    buffer_done(&group.host);
    return status;
}

static bool image_is_shell(struct slice image) {
    static const char *const SHELLS[] = {"\\cmd.exe",       "\\powershell.exe",     "\\pwsh.exe",
                                         "\\w3wp.exe",      "\\certutil.exe",       "\\java.exe",
                                         "\\bitsadmin.exe", "\\umworkerprocess.exe"};
    for (size_t i = 0; i < ARRAY_SIZE(SHELLS); i++)
        if (slice_ends(image, slice_of_string(SHELLS[i])))
            return true;
    return false;
}

static struct lone_program *lone_find(struct implant_book *book, uint32_t key, struct slice host) {
    for (uint32_t i = 0; i < book->lone_count; i++)
        if (book->lone[i].key == key && slice_equal(book->lone[i].host_name, host))
            return &book->lone[i];
    return NULL;
}

static void lone_cite(struct lone_program *program, const struct relation *relation) {
    for (uint32_t i = 0; i < relation->reference_count; i++)
        reference_insert(program->references, &program->cited.reference_count,
                         &relation->references[i]);
    if (program->cited.count == 0 || relation->first_ns < program->cited.first_ns)
        program->cited.first_ns = relation->first_ns;
    if (program->cited.count == 0 || relation->last_ns > program->cited.last_ns)
        program->cited.last_ns = relation->last_ns;
    program->cited.count += relation->count;
}

static struct slice arena_text(struct arena *arena, struct slice text) {
    uint8_t *bytes = arena_new(arena, 1, text.size + 1);
    if (!bytes)
        return SLICE("");
    if (text.size)
        memcpy(bytes, text.data, text.size);
    return slice_of(bytes, text.size);
}

// A program of few hosts in an odd place; made when new, NULL when it is none.
static struct lone_program *lone_of(struct implant_book *book, struct slice path, struct slice host,
                                    uint32_t host_number, uint32_t hosts_max) {
    struct slice key = path_without_drive(path);
    if (!path_is_odd(key))
        return NULL;
    uint32_t number = intern_find(&book->paths, key);
    if (number == INTERN_FULL || book->hosts[number] > hosts_max)
        return NULL;
    struct lone_program *program = lone_find(book, number, host);
    if (program || book->lone_count == LONE_PROGRAMS_MAX)
        return program;
    program = &book->lone[book->lone_count++];
    *program = (struct lone_program){.path = arena_text(&book->arena, path),
                                     .key = number,
                                     .host = host_number,
                                     .host_name = arena_text(&book->arena, host),
                                     .hosts = book->hosts[number],
                                     .odd = true};
    return program;
}

static void lone_take(struct implant_book *book, const struct relation *relation,
                      uint32_t hosts_max) {
    bool pipe = relation->kind == RELATION_PIPE;
    struct slice path = pipe ? relation->detail[0] : relation->artefact;
    struct lone_program *program =
        lone_of(book, path, reading_to(book->context, relation), relation->to_host, hosts_max);
    if (!program)
        return;
    struct slice by = relation->kind == RELATION_SPAWN  ? relation->detail[0]
                      : relation->kind == RELATION_FILE ? relation->detail[1]
                                                        : SLICE("");
    program->by_shell |= image_is_shell(by);
    program->pipes |= pipe;
    lone_cite(program, relation);
}

static enum status lone_read(struct implant_book *book, uint32_t hosts_max,
                             struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(
        &reading, book->context, RELATION_MASK(SPAWN) | RELATION_MASK(FILE) | RELATION_MASK(PIPE),
        RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more)
        lone_take(book, &reading.relation, hosts_max);
    reading_close(&reading);
    if (status != STATUS_OK || book->lone_count == 0)
        return status;
    status =
        reading_open(&reading, book->context, RELATION_MASK(CONTACT), RELATION_ORDER_FROM, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        const struct relation *relation = &reading.relation;
        if (!path_is_odd(path_without_drive(relation->detail[1])))
            continue;
        struct lone_program *program =
            lone_of(book, relation->detail[1], reading_from(book->context, relation),
                    relation->from_host, hosts_max);
        if (!program)
            continue;
        if (relation->to_host == RELATION_NO_HOST) {
            program->outside = true;
            program->destination = arena_text(&book->arena, relation->to);
        }
        lone_cite(program, relation);
    }
    reading_close(&reading);
    return status;
}

enum status implant_book_read(struct implant_book *book, uint32_t hosts_max,
                              struct problem *problem) {
    enum status status = paths_read(book, problem);
    return status == STATUS_OK ? lone_read(book, hosts_max, problem) : status;
}
