// What placeholders stand for here
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static enum status file_read(const char *path, struct arena *arena, struct slice *ret_text,
                             struct problem *problem) {
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
    if (fd < 0)
        return problem_set_errno(problem, "open %s", path);
    enum status status = STATUS_OK;
    struct stat stat;
    uint8_t *bytes = NULL;
    size_t size = 0;
    if (fstat(fd, &stat) || !S_ISREG(stat.st_mode) || stat.st_size > SIGMA_FILE_BYTES_MAX ||
        !(bytes = arena_new(arena, (size_t)stat.st_size + 1, 1))) {
        status = problem_set(problem, STATUS_LIMIT, "%s: no file of at most %d bytes", path,
                             SIGMA_FILE_BYTES_MAX);
        goto done;
    }
    ssize_t part = 1;
    while (part > 0 && size < (size_t)stat.st_size) {
        part = read(fd, bytes + size, (size_t)stat.st_size - size);
        if (part < 0) {
            status = problem_set_errno(problem, "read %s", path);
            goto done;
        }
        size += (size_t)part;
    }
    *ret_text = slice_of(bytes, size);
done:
    close(fd);
    return status;
}

static enum status item_read(const char *path, const struct yaml_node *node, struct arena *arena,
                             struct sigma_placeholder *item, struct problem *problem) {
    bool list = node->kind == YAML_SEQUENCE;
    if (node->kind == YAML_MAPPING || yaml_is_null(node) || (list && !node->count))
        return problem_set_line(problem, STATUS_FORMAT, node->key_line,
                                "%s: the placeholder needs a list of values", path);
    struct slice *values = arena_new(arena, list ? node->count : 1, sizeof *values);
    if (!values)
        return problem_set(problem, STATUS_LIMIT, "%s: too large", path);
    for (const struct yaml_node *value = list ? node->first : node; value;
         value = list ? value->next : NULL) {
        if (value->kind != YAML_SCALAR)
            return problem_set_line(problem, STATUS_FORMAT, value->line,
                                    "%s: a value must be a text or a number", path);
        values[item->count++] = value->text;
    }
    item->name = node->key;
    item->values = values;
    return STATUS_OK;
}

static enum status map_read(struct sigma_placeholders *placeholders, const char *path,
                            const struct yaml_node *map, struct arena *arena,
                            struct problem *problem) {
    if (map->kind != YAML_MAPPING)
        return problem_set_line(problem, STATUS_FORMAT, map->line,
                                "%s: placeholders are a map of names to lists", path);
    size_t total = placeholders->count + map->count;
    struct sigma_placeholder *items = arena_new(arena, total, sizeof *items);
    if (!items)
        return problem_set(problem, STATUS_LIMIT, "%s: too large", path);
    if (placeholders->count)
        memcpy(items, placeholders->items, placeholders->count * sizeof *items);
    placeholders->items = items;
    for (const struct yaml_node *node = map->first; node; node = node->next) {
        if (sigma_placeholder_find(placeholders, node->key))
            return problem_set_line(problem, STATUS_FORMAT, node->key_line,
                                    "%s: the placeholder is defined twice", path);
        struct sigma_placeholder item = {0};
        enum status status = item_read(path, node, arena, &item, problem);
        if (status)
            return status;
        items[placeholders->count++] = item;
    }
    return STATUS_OK;
}

enum status sigma_placeholders_read(struct sigma_placeholders *placeholders,
                                    const struct ruleset_options *options, struct arena *arena,
                                    struct problem *problem) {
    *placeholders = (struct sigma_placeholders){0};
    for (size_t i = 0; i < options->placeholder_count; i++) {
        const char *path = options->placeholder_paths[i];
        struct slice text;
        const struct yaml_node *document;
        struct problem inner = {.text = ""};
        enum status status = file_read(path, arena, &text, problem);
        if (status)
            return status;
        status = yaml_read(text, arena, &document, &inner);
        if (status)
            return problem_set_line(problem, status, inner.at, "%s: %s", path, inner.text);
        for (; document; document = document->next) {
            status = map_read(placeholders, path, document, arena, problem);
            if (status)
                return status;
        }
    }
    return STATUS_OK;
}

const struct sigma_placeholder *
sigma_placeholder_find(const struct sigma_placeholders *placeholders, struct slice name) {
    for (size_t i = 0; placeholders && i < placeholders->count; i++)
        if (slice_equal(placeholders->items[i].name, name))
            return &placeholders->items[i];
    return NULL;
}
