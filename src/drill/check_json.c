// A JSON document read by the path of its members
// SPDX-License-Identifier: Apache-2.0
#include "drill/check_json.h"

#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "model/value_json.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    BYTES_MAX = 1 << 30,
    TOKENS_MAX = 1 << 27,
    TEXT_MAX = 1 << 20,
    PATH_PARTS_MAX = 12,
    PATH_SIZE_MAX = 256
};

static enum status read_all(struct check_document *document, int fd, struct problem *problem) {
    struct stat about;
    if (fstat(fd, &about) != 0)
        return problem_set_errno(problem, "look at %s", document->name);
    if (!S_ISREG(about.st_mode) || about.st_size > BYTES_MAX)
        return problem_set(problem, STATUS_USAGE, "%s: no file of up to 1 GiB", document->name);
    document->bytes = memory_new((size_t)about.st_size + JSON_PADDING, 1);
    while (document->size < (size_t)about.st_size) {
        ssize_t got =
            read(fd, document->bytes + document->size, (size_t)about.st_size - document->size);
        if (got < 0)
            return problem_set_errno(problem, "read %s", document->name);
        if (got == 0)
            break;
        document->size += (size_t)got;
    }
    return STATUS_OK;
}

static enum status index_all(struct check_document *document, struct problem *problem) {
    struct slice text = slice_of(document->bytes, document->size);
    uint32_t next = 0;
    enum json_fault fault = json_index_build(&document->index, text);
    if (!fault)
        fault = json_skip(&document->index, 0, &next);
    if (!fault && next != document->index.count)
        fault = JSON_BAD_STRUCTURE;
    if (!fault)
        return STATUS_OK;
    return problem_set(problem, STATUS_FORMAT, "%s: no JSON document: %s", document->name,
                       json_fault_text(fault));
}

enum status check_document_open(struct check_document *document, const char *path,
                                struct problem *problem) {
    *document = (struct check_document){.name = path, .problem = problem};
    json_index_init(&document->index);
    document->index.tokens_max = TOKENS_MAX;
    arena_init(&document->texts, (size_t)BYTES_MAX);
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    enum status status = read_all(document, fd, problem);
    close(fd);
    return status == STATUS_OK ? index_all(document, problem) : status;
}

void check_document_done(struct check_document *document) {
    json_index_done(&document->index);
    arena_done(&document->texts);
    memory_free(document->bytes);
}

struct check_node check_root(struct check_document *document) {
    return (struct check_node){.document = document};
}

static void write_path(const struct check_node *node, char text[PATH_SIZE_MAX]) {
    const struct check_node *parts[PATH_PARTS_MAX];
    struct buffer path;
    size_t count = 0;
    for (; node->parent && count < PATH_PARTS_MAX; node = node->parent)
        parts[count++] = node;
    buffer_init(&path, PATH_SIZE_MAX - 1);
    for (size_t i = count; i-- > 0;) {
        if (!parts[i]->key.data) {
            buffer_append_format(&path, "[%u]", (unsigned)parts[i]->number);
            continue;
        }
        buffer_append_text(&path, path.size ? "." : "");
        text_append_terminal(&path, slice_part(parts[i]->key, 0, 40));
    }
    if (count == 0)
        buffer_append_text(&path, "the document");
    memcpy(text, path.data, path.size);
    text[path.size] = 0;
    buffer_done(&path);
}

void check_should(const struct check_node *node, const char *what) {
    char path[PATH_SIZE_MAX];
    struct check_document *document = node->document;
    if (document->status != STATUS_OK)
        return;
    write_path(node, path);
    document->status =
        problem_set(document->problem, STATUS_FORMAT, "%s: %s: %s", document->name, path, what);
}

static uint8_t kind_of(const struct check_node *node) {
    if (node->absent || node->document->status != STATUS_OK)
        return 0;
    return json_byte(&node->document->index, node->token);
}

// The document was checked when it was opened, so skipping cannot fail.
static uint32_t behind(const struct check_node *node, uint32_t token) {
    uint32_t next = token;
    json_skip(&node->document->index, token, &next);
    return next;
}

bool check_next(const struct check_node *list, char kind, struct check_node *item) {
    const struct json_index *index = &list->document->index;
    uint32_t at = list->token + 1;
    if (item->token == 0) {
        if (kind_of(list) != (uint8_t)kind) {
            check_should(list, kind == '[' ? "should be an array" : "should be an object");
            return false;
        }
        *item = (struct check_node){.document = list->document, .parent = list};
    } else {
        at = behind(item, item->token);
        item->number++;
        if (json_byte(index, at) != ',')
            return false;
        at++;
    }
    if (list->document->status != STATUS_OK || json_byte(index, at) == ']' ||
        json_byte(index, at) == '}')
        return false;
    if (kind == '{') {
        item->key = json_string(index, at);
        at += 2;
    }
    item->token = at;
    return true;
}

struct check_node check_optional(const struct check_node *object, const char *key) {
    struct check_node item = {0};
    while (check_next(object, '{', &item))
        if (slice_equal_string(item.key, key))
            return item;
    return (struct check_node){.document = object->document,
                               .parent = object,
                               .key = slice_of_string(key),
                               .absent = true};
}

struct check_node check_member(const struct check_node *object, const char *key) {
    struct check_node member = check_optional(object, key);
    if (member.absent)
        check_should(&member, "is missing");
    return member;
}

struct slice check_text(const struct check_node *node) {
    if (kind_of(node) != '"') {
        check_should(node, "should be a text");
        return (struct slice){NULL, 0};
    }
    struct slice inside = json_string(&node->document->index, node->token);
    if (inside.size > TEXT_MAX) {
        check_should(node, "is too long");
        return (struct slice){NULL, 0};
    }
    if (inside.size == 0 || !memchr(inside.data, '\\', inside.size))
        return inside;
    struct buffer text;
    buffer_init(&text, TEXT_MAX);
    struct value value = {
        .data = inside.data, .size = (uint32_t)inside.size, .kind = VALUE_JSON_STRING};
    value_json_append_text(&value, &text);
    struct slice kept = arena_keep(&node->document->texts, buffer_slice(&text));
    buffer_done(&text);
    if (!kept.data)
        check_should(node, "does not fit: too much text in the document");
    return kept;
}

static struct slice scalar_of(const struct check_node *node) {
    return kind_of(node) ? json_token(&node->document->index, node->token) : (struct slice){0};
}

bool check_is_null(const struct check_node *node) {
    return node->absent || slice_equal(scalar_of(node), SLICE("null"));
}

struct slice check_text_or_null(const struct check_node *node) {
    if (check_is_null(node))
        return (struct slice){NULL, 0};
    return check_text(node);
}

bool check_boolean(const struct check_node *node) {
    struct slice word = scalar_of(node);
    bool yes = slice_equal(word, SLICE("true"));
    if (!yes && !slice_equal(word, SLICE("false")))
        check_should(node, "should be true or false");
    return yes;
}

uint64_t check_number(const struct check_node *node) {
    int64_t number = -1;
    struct slice word = scalar_of(node);
    bool hexadecimal = word.size > 1 && (word.data[1] | 0x20) == 'x';
    if (hexadecimal || !text_integer(word, &number) || number < 0) {
        check_should(node, "should be a whole number from 0 to 2^63");
        return 0;
    }
    return (uint64_t)number;
}

int64_t check_time(const struct check_node *node) {
    int64_t time_ns = CLOCK_NONE;
    if (check_is_null(node))
        return CLOCK_NONE;
    struct slice text = check_text(node);
    if (text.size && !clock_parse(text, &time_ns))
        check_should(node, "should be a time as in RFC 3339");
    return time_ns;
}
