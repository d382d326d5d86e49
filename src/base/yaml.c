// YAML documents as small trees
// SPDX-License-Identifier: Apache-2.0
#include "base/yaml.h"

#include "base/yaml_plain.h"

#include <assert.h>
#include <string.h>

#include <yaml.h>

enum {
    ANCHORS_MAX = 256
};

// One open collection.
struct level {
    struct yaml_node *node;
    struct yaml_node *last;
    struct slice key;
    uint32_t key_line;
    bool has_key;
    struct slice anchor;
};

struct anchor {
    struct slice name;
    const struct yaml_node *node; // finished: an alias to an open node is refused
};

struct builder {
    struct arena *arena;
    struct problem *problem;
    struct level levels[YAML_DEPTH_MAX];
    uint32_t depth;
    uint32_t weight; // of all documents
    struct anchor anchors[ANCHORS_MAX];
    uint32_t anchor_count;
    struct yaml_node *first;
    struct yaml_node *last;
};

static enum status limit_problem(const struct builder *builder, const yaml_event_t *event) {
    return problem_set_line(builder->problem, STATUS_LIMIT, event->start_mark.line + 1,
                            "YAML too large: more than %d levels, %d nodes, %d keys in a mapping "
                            "or %d anchors",
                            YAML_DEPTH_MAX, YAML_NODES_MAX, YAML_KEYS_MAX, ANCHORS_MAX);
}

static enum status keep_text(struct builder *builder, const yaml_event_t *event, const void *text,
                             size_t size, struct slice *ret_text) {
    *ret_text = arena_keep(builder->arena, slice_of(text, size));
    return ret_text->data ? STATUS_OK : limit_problem(builder, event);
}

static enum status node_make(struct builder *builder, const yaml_event_t *event,
                             enum yaml_kind kind, struct yaml_node **ret_node) {
    struct yaml_node *node = arena_new(builder->arena, 1, sizeof *node);
    if (!node)
        return limit_problem(builder, event);
    node->kind = kind;
    node->line = (uint32_t)event->start_mark.line + 1;
    node->weight = 1;
    node->height = 1;
    *ret_node = node;
    return STATUS_OK;
}

static enum status anchor_add(struct builder *builder, const yaml_event_t *event, struct slice name,
                              const struct yaml_node *node) {
    if (!name.data)
        return STATUS_OK;
    for (uint32_t i = 0; i < builder->anchor_count; i++)
        if (slice_equal(builder->anchors[i].name, name)) {
            builder->anchors[i].node = node;
            return STATUS_OK;
        }
    if (builder->anchor_count == ANCHORS_MAX)
        return limit_problem(builder, event);
    builder->anchors[builder->anchor_count++] = (struct anchor){name, node};
    return STATUS_OK;
}

// Into the open collection, or as a document of its own.
static enum status node_place(struct builder *builder, const yaml_event_t *event,
                              struct yaml_node *node) {
    if (!builder->depth) {
        if (node->weight > YAML_NODES_MAX - builder->weight)
            return limit_problem(builder, event);
        builder->weight += node->weight;
        if (builder->last)
            builder->last->next = node;
        else
            builder->first = node;
        builder->last = node;
        return STATUS_OK;
    }
    struct level *level = &builder->levels[builder->depth - 1];
    if (level->node->kind == YAML_MAPPING && !level->has_key) {
        if (node->kind != YAML_SCALAR)
            return problem_set_line(builder->problem, STATUS_FORMAT, node->line,
                                    "a key that is no scalar");
        level->key = node->text;
        level->key_line = node->line;
        level->has_key = true;
        return STATUS_OK;
    }
    if (level->has_key) {
        node->key = level->key;
        node->key_line = level->key_line;
        level->has_key = false;
        if (node->kind == YAML_SCALAR && node->plain && !node->text.size)
            node->line = node->key_line; // "key:" and nothing: where it is said
    }
    return yaml_node_append(level->node, &level->last, node) ? STATUS_OK
                                                             : limit_problem(builder, event);
}

static enum status on_scalar(struct builder *builder, const yaml_event_t *event) {
    struct yaml_node *node = NULL;
    enum status status = node_make(builder, event, YAML_SCALAR, &node);
    if (status)
        return status;
    // `!!str 1` is a text as much as '1' is.
    node->plain = event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag;
    status =
        keep_text(builder, event, event->data.scalar.value, event->data.scalar.length, &node->text);
    if (!status && event->data.scalar.anchor) {
        struct slice name = slice_of_string((const char *)event->data.scalar.anchor);
        status = keep_text(builder, event, name.data, name.size, &name);
        if (!status)
            status = anchor_add(builder, event, name, node);
    }
    return status ? status : node_place(builder, event, node);
}

static enum status on_open(struct builder *builder, const yaml_event_t *event) {
    bool mapping = event->type == YAML_MAPPING_START_EVENT;
    const yaml_char_t *anchor =
        mapping ? event->data.mapping_start.anchor : event->data.sequence_start.anchor;
    if (builder->depth == YAML_DEPTH_MAX - 1)
        return limit_problem(builder, event);
    struct level level = {0};
    enum status status =
        node_make(builder, event, mapping ? YAML_MAPPING : YAML_SEQUENCE, &level.node);
    if (!status && anchor) {
        level.anchor = slice_of_string((const char *)anchor);
        status = keep_text(builder, event, level.anchor.data, level.anchor.size, &level.anchor);
    }
    if (!status)
        builder->levels[builder->depth++] = level;
    return status;
}

static enum status on_close(struct builder *builder, const yaml_event_t *event) {
    assert(builder->depth > 0);
    struct level level = builder->levels[--builder->depth];
    if (level.node->kind == YAML_MAPPING) {
        const struct yaml_node *repeated = yaml_find_repeated(level.node);
        if (repeated)
            return problem_set_line(builder->problem, STATUS_FORMAT, repeated->key_line,
                                    "the key '%.*s' is there twice",
                                    (int)(repeated->key.size < 64 ? repeated->key.size : 64),
                                    (const char *)repeated->key.data);
    }
    enum status status = anchor_add(builder, event, level.anchor, level.node);
    return status ? status : node_place(builder, event, level.node);
}

static enum status on_alias(struct builder *builder, const yaml_event_t *event) {
    struct slice name = slice_of_string((const char *)event->data.alias.anchor);
    for (uint32_t i = 0; i < builder->anchor_count; i++) {
        if (!slice_equal(builder->anchors[i].name, name))
            continue;
        struct yaml_node *node = NULL;
        enum status status = node_make(builder, event, YAML_SCALAR, &node);
        if (status)
            return status;
        uint32_t line = node->line;
        *node = *builder->anchors[i].node; // the children are shared
        node->line = line;
        node->next = NULL;
        node->key = (struct slice){NULL, 0};
        node->key_line = 0;
        return node_place(builder, event, node);
    }
    return problem_set_line(builder->problem, STATUS_FORMAT, event->start_mark.line + 1,
                            "an alias to nothing finished: *%.64s", (const char *)name.data);
}

static enum status on_event(struct builder *builder, const yaml_event_t *event) {
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return on_scalar(builder, event);
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        return on_open(builder, event);
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT:
        return on_close(builder, event);
    case YAML_ALIAS_EVENT:
        return on_alias(builder, event);
    case YAML_DOCUMENT_START_EVENT:
        builder->anchor_count = 0;
        return STATUS_OK;
    default:
        return STATUS_OK;
    }
}

static enum status parser_problem(const yaml_parser_t *parser, struct problem *problem) {
    uint64_t line = parser->problem_mark.line + 1;
    const char *text = parser->problem ? parser->problem : "not YAML";
    if (parser->error == YAML_READER_ERROR)
        return problem_set(problem, STATUS_FORMAT, "YAML: %s at byte %zu", text,
                           parser->problem_offset);
    return problem_set_line(problem, STATUS_FORMAT, line, "YAML: %s%s%s", text,
                            parser->context ? " " : "", parser->context ? parser->context : "");
}

enum status yaml_read_whole(struct slice text, struct arena *arena,
                            const struct yaml_node **ret_documents, struct problem *problem) {
    if (text.size > YAML_BYTES_MAX)
        return problem_set(problem, STATUS_LIMIT, "YAML of more than %d bytes", YAML_BYTES_MAX);
    struct builder *builder = arena_new(arena, 1, sizeof *builder);
    yaml_parser_t parser;
    if (!builder || !yaml_parser_initialize(&parser))
        return problem_set(problem, STATUS_LIMIT, "no memory left for reading YAML");
    builder->arena = arena;
    builder->problem = problem;
    yaml_parser_set_input_string(&parser, text.data, text.size);
    enum status status = STATUS_OK;
    bool end = false;
    while (status == STATUS_OK && !end) {
        yaml_event_t event;
        if (!yaml_parser_parse(&parser, &event)) {
            status = parser_problem(&parser, problem);
            break;
        }
        end = event.type == YAML_STREAM_END_EVENT;
        status = on_event(builder, &event);
        yaml_event_delete(&event);
    }
    yaml_parser_delete(&parser);
    if (status == STATUS_OK)
        *ret_documents = builder->first;
    return status;
}

enum status yaml_read(struct slice text, struct arena *arena,
                      const struct yaml_node **ret_documents, struct problem *problem) {
    if (text.size <= YAML_BYTES_MAX && yaml_plain_read(text, arena, ret_documents))
        return STATUS_OK;
    return yaml_read_whole(text, arena, ret_documents, problem);
}
