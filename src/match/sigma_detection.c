// A Sigma "detection": selections and the condition over them
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

// A map: AND of its items.
static enum status map_read(struct sigma_reader *reader, const struct yaml_node *map,
                            const struct node **ret_node) {
    struct node_row row = {0};
    if (!map->count)
        return sigma_refuse(reader, map->line, "an empty map");
    for (const struct yaml_node *item = map->first; item; item = item->next) {
        const struct node *node = NULL;
        enum status status = sigma_item_read(reader, item, &node);
        if (!status && !node_row_add(reader, &row, node))
            status = STATUS_LIMIT;
        if (status)
            return status;
    }
    *ret_node = node_join(reader, NODE_AND, &row);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

// A list: OR of its maps and keywords.
static enum status list_read(struct sigma_reader *reader, const struct yaml_node *list,
                             const struct node **ret_node) {
    struct node_row row = {0};
    if (!list->count)
        return sigma_refuse(reader, list->line, "an empty list");
    for (const struct yaml_node *item = list->first; item; item = item->next) {
        const struct node *node = NULL;
        enum status status = STATUS_OK;
        if (item->kind == YAML_SEQUENCE)
            return sigma_refuse(reader, item->line, "a list inside a list of a selection");
        if (item->kind == YAML_MAPPING)
            status = map_read(reader, item, &node);
        else
            status = sigma_keywords_read(reader, item, &node);
        if (!status && !node_row_add(reader, &row, node))
            status = STATUS_LIMIT;
        if (status)
            return status;
    }
    *ret_node = node_join(reader, NODE_OR, &row);
    return *ret_node ? STATUS_OK : STATUS_LIMIT;
}

static enum status selection_read(struct sigma_reader *reader, const struct yaml_node *value,
                                  struct sigma_selection *selection) {
    uint32_t atoms_before = reader->atom_count;
    enum status status;
    if (value->kind == YAML_MAPPING)
        status = map_read(reader, value, &selection->node);
    else if (value->kind == YAML_SEQUENCE)
        status = list_read(reader, value, &selection->node);
    else
        status = sigma_keywords_read(reader, value, &selection->node);
    selection->name = value->key;
    selection->line = value->key_line;
    selection->node_count = reader->atom_count - atoms_before + 1;
    return status;
}

static bool is_other_key(struct slice key, const char *const *other_keys) {
    for (; *other_keys; other_keys++)
        if (slice_equal_string(key, *other_keys))
            return true;
    return false;
}

static enum status selections_read(struct sigma_reader *reader, const struct yaml_node *detection,
                                   const char *const *other_keys,
                                   struct sigma_selections *selections) {
    if (detection->count > SIGMA_SELECTIONS_MAX)
        return sigma_refuse(reader, detection->line, "more than %d selections",
                            SIGMA_SELECTIONS_MAX);
    selections->items = sigma_new(reader, detection->count, sizeof *selections->items);
    if (!selections->items)
        return STATUS_LIMIT;
    for (const struct yaml_node *item = detection->first; item; item = item->next) {
        if (is_other_key(item->key, other_keys))
            continue;
        enum status status = selection_read(reader, item, &selections->items[selections->count]);
        if (status)
            return status;
        selections->count++;
    }
    if (!selections->count)
        return sigma_refuse(reader, detection->key_line, "there is no selection");
    return STATUS_OK;
}

// One condition, or a list of them: OR.
static enum status conditions_read(struct sigma_reader *reader, const struct yaml_node *condition,
                                   struct sigma_selections *selections,
                                   const struct node **ret_root) {
    struct node_row row = {0};
    bool list = condition->kind == YAML_SEQUENCE;
    const struct yaml_node *item = list ? condition->first : condition;
    for (; item; item = list ? item->next : NULL) {
        if (item->kind != YAML_SCALAR)
            return sigma_refuse(reader, item->line, "a condition must be a text");
        const struct node *node = NULL;
        enum status status =
            sigma_condition_read(reader, item->line, item->text, selections, &node);
        if (!status && !node_row_add(reader, &row, node))
            status = STATUS_LIMIT;
        if (status)
            return status;
    }
    if (!row.count)
        return sigma_refuse(reader, condition->key_line, "the condition is empty");
    *ret_root = node_join(reader, NODE_OR, &row);
    return *ret_root ? STATUS_OK : STATUS_LIMIT;
}

enum status sigma_detection_read(struct sigma_reader *reader, const struct yaml_node *detection,
                                 const char *const *other_keys, const struct node **ret_root) {
    if (detection->kind != YAML_MAPPING)
        return sigma_refuse(reader, detection->line, "'%.*s' must be a map",
                            SIGMA_TEXT(detection->key));
    const struct yaml_node *condition = yaml_find(detection, "condition");
    if (!condition)
        return sigma_refuse(reader, detection->key_line, "there is no condition");
    struct sigma_selections selections = {0};
    enum status status = selections_read(reader, detection, other_keys, &selections);
    if (!status)
        status = conditions_read(reader, condition, &selections, ret_root);
    for (uint32_t i = 0; i < selections.count && !status; i++) {
        const struct sigma_selection *selection = &selections.items[i];
        if (!selection->used)
            sigma_remark(reader, selection->line, "the selection '%.*s' is never used",
                         SIGMA_TEXT(selection->name));
    }
    return status;
}
