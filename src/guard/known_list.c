// Hashes that somebody else vouches for
// SPDX-License-Identifier: Apache-2.0
#include "guard/known_list.h"

#include "base/buffer.h"
#include "base/memory.h"
#include "base/text.h"
#include "guard/metadata.h"
#include "guard/tree.h"

enum {
    COLUMNS_MAX = 64,
    CELL_BYTES_MAX = 64 << 10,
    ARENA_BYTES_MAX = 1 << 30,
    HEX_SIZE = 2 * DIGEST_SHA256_SIZE
};

// Which column of a CSV is what; -1: there is none.
struct columns {
    int sha256, path, size, version;
};

void known_list_init(struct known_list *list) {
    *list = (struct known_list){0};
    arena_init(&list->arena, ARENA_BYTES_MAX);
    table_init(&list->by_hash);
    table_init(&list->by_name);
}

void known_list_done(struct known_list *list) {
    arena_done(&list->arena);
    table_done(&list->by_hash);
    table_done(&list->by_name);
    memory_free(list->files);
    *list = (struct known_list){0};
}

static bool hash_read(struct slice text, uint8_t ret_sha256[DIGEST_SHA256_SIZE]) {
    if (text.size != HEX_SIZE)
        return false;
    for (size_t i = 0; i < DIGEST_SHA256_SIZE; i++) {
        int high = text_hex_digit(text.data[2 * i]), low = text_hex_digit(text.data[2 * i + 1]);
        if (high < 0 || low < 0)
            return false;
        ret_sha256[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static uint64_t name_hash(struct slice path) {
    return digest_hash64(slice_behind_last(path, "/"));
}

static bool hash_equal(const void *context, uint32_t number, const void *key) {
    const struct known_file *files = context;
    return memcmp(files[number].sha256, key, DIGEST_SHA256_SIZE) == 0;
}

struct name_search {
    struct slice path;
    const uint8_t *sha256;
    bool whole; // the whole path, not the bare name
    bool exact; // with the hash
};

static bool name_equal(const void *context, uint32_t number, const void *key) {
    const struct known_file *file = (const struct known_file *)context + number;
    const struct name_search *search = key;
    struct slice name = search->whole ? search->path : slice_behind_last(search->path, "/");
    return slice_equal(file->path, name) &&
           (!search->exact || memcmp(file->sha256, search->sha256, DIGEST_SHA256_SIZE) == 0);
}

static bool file_add(struct known_list *list, struct known_file file) {
    while (slice_starts(file.path, SLICE("./")) || slice_starts(file.path, SLICE("/")))
        file.path = slice_part(file.path, file.path.data[0] == '.' ? 2 : 1, file.path.size);
    if (list->count == KNOWN_FILES_MAX || file.path.size == 0)
        return false;
    file.path = arena_keep(&list->arena, file.path);
    if (!file.path.data)
        return false;
    if (list->count == list->capacity) {
        list->capacity = list->capacity ? 2 * list->capacity : 64;
        list->files = memory_resize(list->files, list->capacity, sizeof *list->files);
    }
    uint64_t hash = digest_hash64(slice_of(file.sha256, DIGEST_SHA256_SIZE));
    uint32_t number = list->count++;
    uint32_t first = table_find(&list->by_hash, hash, hash_equal, list->files, file.sha256);
    file.next_by_hash = TABLE_NONE;
    if (first == TABLE_NONE) {
        table_add(&list->by_hash, hash, number);
    } else {
        file.next_by_hash = list->files[first].next_by_hash;
        list->files[first].next_by_hash = number;
    }
    list->files[number] = file;
    table_add(&list->by_name, name_hash(file.path), number);
    return true;
}

// coreutils writes a name with '\n', '\r' or '\\' in it behind a backslash, escaped.
static struct slice unescape(struct slice text, struct buffer *buffer) {
    buffer_reset(buffer);
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        if (byte == '\\' && i + 1 < text.size) {
            byte = text.data[++i];
            byte = byte == 'n' ? '\n' : byte == 'r' ? '\r' : byte;
        }
        buffer_append_byte(buffer, byte);
    }
    return buffer_slice(buffer);
}

// "<hex>  path", "<hex> *path", "SHA256 (path) = <hex>"
static bool sums_line(struct slice line, struct buffer *scratch, struct known_file *ret_file) {
    bool escaped = line.size && line.data[0] == '\\';
    if (escaped)
        line = slice_part(line, 1, line.size);
    *ret_file = (struct known_file){.size_bytes = -1};
    if (slice_starts(line, SLICE("SHA256 (")) && line.size > 8 + 4 + HEX_SIZE) {
        struct slice path = slice_part(line, 8, line.size - 8 - 4 - HEX_SIZE);
        ret_file->path = escaped ? unescape(path, scratch) : path;
        return slice_equal(slice_part(line, line.size - HEX_SIZE - 4, 4), SLICE(") = ")) &&
               hash_read(slice_part(line, line.size - HEX_SIZE, HEX_SIZE), ret_file->sha256);
    }
    if (line.size < HEX_SIZE + 3 || line.data[HEX_SIZE] != ' ' ||
        (line.data[HEX_SIZE + 1] != ' ' && line.data[HEX_SIZE + 1] != '*'))
        return false;
    struct slice path = slice_part(line, HEX_SIZE + 2, line.size);
    ret_file->path = escaped ? unescape(path, scratch) : path;
    return hash_read(slice_part(line, 0, HEX_SIZE), ret_file->sha256);
}

// The cells of a CSV line; quoted ones are undone into `scratch`. Returns how many there are.
static size_t cells_split(struct slice line, struct buffer *scratch,
                          struct slice cells[COLUMNS_MAX]) {
    size_t starts[COLUMNS_MAX + 1], count = 0;
    bool quoted = false;
    buffer_reset(scratch);
    starts[0] = 0;
    for (size_t i = 0; i < line.size; i++) {
        uint8_t byte = line.data[i];
        if (byte == '"' && quoted && i + 1 < line.size && line.data[i + 1] == '"') {
            buffer_append_byte(scratch, line.data[i++]);
        } else if (byte == '"') {
            quoted = !quoted;
        } else if (byte == ',' && !quoted && count + 1 < COLUMNS_MAX) {
            starts[++count] = scratch->size;
        } else {
            buffer_append_byte(scratch, byte);
        }
    }
    starts[++count] = scratch->size;
    for (size_t i = 0; i < count; i++)
        cells[i] = slice_part(buffer_slice(scratch), starts[i], starts[i + 1] - starts[i]);
    return scratch->failed ? 0 : count;
}

static bool header_read(struct slice line, struct buffer *scratch, struct columns *ret_columns) {
    struct slice cells[COLUMNS_MAX];
    struct columns columns = {-1, -1, -1, -1};
    size_t count = cells_split(line, scratch, cells);
    for (size_t i = 0; i < count; i++) {
        bool is_path = text_equal_fold_ascii(cells[i], SLICE("path"));
        if (text_equal_fold_ascii(cells[i], SLICE("sha256")))
            columns.sha256 = (int)i;
        else if (is_path || (columns.path < 0 && text_equal_fold_ascii(cells[i], SLICE("name"))))
            columns.path = (int)i;
        else if (text_equal_fold_ascii(cells[i], SLICE("size")))
            columns.size = (int)i;
        else if (text_equal_fold_ascii(cells[i], SLICE("version")))
            columns.version = (int)i;
    }
    *ret_columns = columns;
    return columns.sha256 >= 0 && columns.path >= 0;
}

static bool row_read(struct known_list *list, struct slice line, const struct columns *columns,
                     struct buffer *scratch) {
    struct slice cells[COLUMNS_MAX];
    struct known_file file = {.size_bytes = -1};
    int count = (int)cells_split(line, scratch, cells);
    if (columns->sha256 >= count || columns->path >= count ||
        !hash_read(cells[columns->sha256], file.sha256))
        return false;
    file.path = cells[columns->path];
    if (columns->size >= 0 && columns->size < count)
        text_integer(cells[columns->size], &file.size_bytes);
    if (columns->version >= 0 && columns->version < count)
        file.version = arena_keep(&list->arena, cells[columns->version]);
    return file_add(list, file);
}

static bool line_next(struct slice *rest, struct slice *ret_line) {
    if (rest->size == 0)
        return false;
    const uint8_t *end = memchr(rest->data, '\n', rest->size);
    size_t size = end ? (size_t)(end - rest->data) : rest->size;
    *ret_line = slice_part(*rest, 0, size);
    if (ret_line->size && ret_line->data[ret_line->size - 1] == '\r')
        ret_line->size--;
    *rest = slice_part(*rest, size + 1, rest->size);
    return true;
}

static struct slice without_mark(struct slice text) {
    return slice_starts(text, SLICE("\xEF\xBB\xBF")) ? slice_part(text, 3, text.size) : text;
}

enum status known_list_read(struct known_list *list, struct slice text, struct problem *problem) {
    struct slice rest = without_mark(text), line;
    struct columns columns;
    struct buffer scratch;
    struct known_file file;
    uint32_t before = list->count;
    buffer_init(&scratch, CELL_BYTES_MAX);
    struct slice first = {NULL, 0}, behind = rest;
    bool table = line_next(&behind, &first) && header_read(first, &scratch, &columns);
    rest = table ? behind : rest;
    while (line_next(&rest, &line)) {
        if (line.size == 0 || line.data[0] == '#')
            continue;
        bool taken = table ? row_read(list, line, &columns, &scratch)
                           : sums_line(line, &scratch, &file) && file_add(list, file);
        list->lines_not_read += !taken;
    }
    buffer_done(&scratch);
    if (list->count == before)
        return problem_set(problem, STATUS_FORMAT, "no line is one of a list of SHA-256 sums");
    return STATUS_OK;
}

enum status known_list_take(struct known_list *list, const struct tree *tree,
                            struct problem *problem) {
    for (uint32_t i = 0; i < tree->count; i++) {
        const struct tree_entry *entry = &tree->entries[i];
        struct known_file file = {.path = entry->path, .size_bytes = (int64_t)entry->size_bytes};
        if (entry->kind != TREE_FILE)
            continue;
        memcpy(file.sha256, entry->sha256, sizeof file.sha256);
        if (!file_add(list, file))
            return problem_set(problem, STATUS_LIMIT, "too many files to compare with");
    }
    return STATUS_OK;
}

enum status known_list_take_target(struct known_list *list, struct slice path,
                                   const struct metadata_file *said, struct problem *problem) {
    struct known_file file = {.path = path, .size_bytes = said->length};
    if (!(said->kinds & 1u << DIGEST_SHA256)) {
        list->lines_not_read++;
        return STATUS_OK;
    }
    memcpy(file.sha256, said->sha256, sizeof file.sha256);
    return file_add(list, file)
               ? STATUS_OK
               : problem_set(problem, STATUS_LIMIT, "too many files to compare with");
}

bool known_list_recognise(struct slice text) {
    struct slice rest = without_mark(text), line;
    struct columns columns;
    struct known_file file;
    struct buffer scratch;
    bool found = false;
    buffer_init(&scratch, CELL_BYTES_MAX);
    while (line_next(&rest, &line) && !found)
        if (line.size && line.data[0] != '#') {
            found = header_read(line, &scratch, &columns) || sums_line(line, &scratch, &file);
            break;
        }
    buffer_done(&scratch);
    return found;
}

struct known_file *known_list_hash(const struct known_list *list,
                                   const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    uint32_t number =
        table_find(&list->by_hash, digest_hash64(slice_of(sha256, DIGEST_SHA256_SIZE)), hash_equal,
                   list->files, sha256);
    return number == TABLE_NONE ? NULL : &list->files[number];
}

struct known_file *known_list_find(const struct known_list *list, struct slice path,
                                   const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    for (int i = 0; i < 4; i++) {
        struct name_search search = {path, sha256, .whole = i < 2, .exact = i % 2 == 0};
        uint32_t number =
            table_find(&list->by_name, name_hash(path), name_equal, list->files, &search);
        if (number != TABLE_NONE)
            return &list->files[number];
    }
    return NULL;
}

static bool seen_equal(const void *context, uint32_t number, const void *key) {
    const struct known_file *file = (const struct known_file *)context + number;
    const struct slice *path = key;
    return file->seen && slice_equal(file->path, *path);
}

bool known_list_is_seen(const struct known_list *list, struct slice path) {
    return table_find(&list->by_name, name_hash(path), seen_equal, list->files, &path) !=
           TABLE_NONE;
}
