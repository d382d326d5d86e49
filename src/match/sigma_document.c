// One Sigma document: its head, and what kind it is
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

enum {
    TITLE_CHARACTERS_MAX = 256 // Sigma rules 2.1.0, "Title"
};

enum status sigma_texts_read(struct sigma_reader *reader, const struct yaml_node *node,
                             const struct slice **ret_texts, uint32_t *ret_count) {
    *ret_texts = NULL;
    *ret_count = 0;
    if (!node || yaml_is_null(node))
        return STATUS_OK;
    if (node->kind == YAML_MAPPING)
        return sigma_refuse(reader, node->line, "'%.*s' must be a list", SIGMA_TEXT(node->key));
    bool list = node->kind == YAML_SEQUENCE;
    struct slice *texts = sigma_new(reader, list ? node->count : 1, sizeof *texts);
    if (!texts)
        return STATUS_LIMIT;
    uint32_t count = 0;
    for (const struct yaml_node *item = list ? node->first : node; item;
         item = list ? item->next : NULL) {
        if (item->kind != YAML_SCALAR)
            return sigma_refuse(reader, item->line, "'%.*s' must be a list of texts",
                                SIGMA_TEXT(node->key));
        texts[count] = sigma_keep(reader, item->text);
        if (!texts[count++].data)
            return STATUS_LIMIT;
    }
    *ret_texts = texts;
    *ret_count = count;
    return STATUS_OK;
}

static uint32_t line_of(const struct yaml_node *root, const char *key) {
    const struct yaml_node *child = yaml_find(root, key);
    return child ? child->key_line : root->line;
}

static enum status identity_read(struct sigma_reader *reader, const struct yaml_node *root,
                                 struct rule *rule) {
    struct slice title = yaml_text(root, "title");
    struct slice name = yaml_text(root, "name");
    struct slice id = yaml_text(root, "id");
    if (!id.size)
        id = name.size ? name : title;
    rule->title = sigma_keep(reader, title);
    rule->name = sigma_keep(reader, name);
    rule->id = sigma_keep(reader, id);
    if (!rule->id.data || !rule->title.data || !rule->name.data)
        return STATUS_LIMIT;
    reader->rule_id = rule->id;
    if (!title.size)
        return sigma_refuse(reader, root->line, "there is no title");
    size_t characters = 0;
    for (size_t i = 0; i < title.size; i++)
        characters += (title.data[i] & 0xc0) != 0x80;
    if (characters > TITLE_CHARACTERS_MAX)
        sigma_remark(reader, line_of(root, "title"), "the title has more than %d characters",
                     TITLE_CHARACTERS_MAX);
    return STATUS_OK;
}

// Everything that all three kinds of documents share.
static enum status head_read(struct sigma_reader *reader, const struct yaml_node *root,
                             struct rule *rule) {
    rule->file = reader->file;
    rule->line = root->line;
    rule->level = RULE_LEVEL_MEDIUM; // of rules that name none
    enum status status = identity_read(reader, root, rule);
    if (status)
        return status;
    struct slice level = yaml_text(root, "level");
    if (level.size && !rule_level_parse(level, &rule->level))
        return sigma_refuse(reader, line_of(root, "level"), "unknown level '%.*s'",
                            SIGMA_TEXT(level));
    struct slice words = yaml_text(root, "status");
    if (words.size && !rule_status_parse(words, &rule->status))
        return sigma_refuse(reader, line_of(root, "status"), "unknown status '%.*s'",
                            SIGMA_TEXT(words));
    struct slice taxonomy = yaml_text(root, "taxonomy");
    if (taxonomy.size && !slice_equal_string(taxonomy, "sigma"))
        return sigma_refuse(reader, line_of(root, "taxonomy"),
                            "the taxonomy '%.*s' is not known, only 'sigma'", SIGMA_TEXT(taxonomy));
    return sigma_texts_read(reader, yaml_find(root, "tags"), &rule->tags, &rule->tag_count);
}

static enum status log_source_read(struct sigma_reader *reader, const struct yaml_node *root,
                                   struct sigma_document *document) {
    const struct yaml_node *source = yaml_find(root, "logsource");
    if (!source || source->kind != YAML_MAPPING)
        return sigma_refuse(reader, line_of(root, "logsource"), "there is no logsource");
    document->product = sigma_keep(reader, yaml_text(source, "product"));
    document->category = sigma_keep(reader, yaml_text(source, "category"));
    document->service = sigma_keep(reader, yaml_text(source, "service"));
    if (!document->product.data || !document->category.data || !document->service.data)
        return STATUS_LIMIT;
    if (!document->product.size && !document->category.size && !document->service.size)
        return sigma_refuse(reader, source->key_line,
                            "the logsource names no product, category or service");
    struct log_source_wanted *wanted = &document->tree.rule.wanted;
    wanted->product = log_product_find(document->product);
    wanted->category = log_category_find(document->category);
    wanted->service = log_service_find(document->service);
    return STATUS_OK;
}

static enum status rule_read(struct sigma_reader *reader, const struct yaml_node *root,
                             struct sigma_document *document) {
    // "timeframe" belongs to the aggregations of Sigma 1, which are refused where they are
    // used; without one it says nothing.
    static const char *const other_keys[] = {"condition", "timeframe", NULL};
    document->kind = SIGMA_RULE;
    enum status status = log_source_read(reader, root, document);
    if (!status)
        status = sigma_detection_read(reader, yaml_find(root, "detection"), other_keys,
                                      &document->tree.root);
    document->tree.rule.fields = reader->fields;
    document->tree.rule.field_count = reader->field_count;
    return status;
}

// Sigma filters 2.1.0. "rules" is a list of ids or names; "any", or nothing, is every rule of
// the log source.
static enum status filter_read(struct sigma_reader *reader, const struct yaml_node *root,
                               const struct yaml_node *filter, struct sigma_document *document) {
    static const char *const other_keys[] = {"condition", "rules", NULL};
    document->kind = SIGMA_FILTER;
    enum status status = log_source_read(reader, root, document);
    if (!status)
        status = sigma_detection_read(reader, filter, other_keys, &document->tree.root);
    if (!status)
        status = sigma_texts_read(reader, yaml_find(filter, "rules"), &document->references,
                                  &document->reference_count);
    if (!status && document->reference_count == 1 &&
        slice_equal_string(document->references[0], "any"))
        document->reference_count = 0;
    return status;
}

enum status sigma_document_read(struct sigma_reader *reader, const struct yaml_node *root,
                                struct sigma_document **ret_document) {
    if (root->kind != YAML_MAPPING)
        return sigma_refuse(reader, root->line, "no Sigma document: not a map");
    struct sigma_document *document = sigma_new(reader, 1, sizeof *document);
    if (!document)
        return STATUS_LIMIT;
    enum status status = head_read(reader, root, &document->tree.rule);
    if (status)
        return status;
    const struct yaml_node *filter = yaml_find(root, "filter");
    if (yaml_find(root, "action"))
        status = sigma_refuse(reader, line_of(root, "action"),
                              "'action' (rule collections of Sigma 1) is not read: write whole "
                              "documents");
    else if (yaml_find(root, "correlation"))
        status = sigma_correlation_read(reader, root, document);
    else if (yaml_find(root, "detection"))
        status = rule_read(reader, root, document);
    else if (filter)
        status = filter_read(reader, root, filter, document);
    else
        status = sigma_refuse(reader, root->line,
                              "no Sigma document: neither detection, correlation nor filter");
    if (!status)
        *ret_document = document;
    return status;
}
