// What the files of the Sigma front end share
// SPDX-License-Identifier: Apache-2.0
#ifndef MATCH_SIGMA_PARTS_H
#define MATCH_SIGMA_PARTS_H

#include "base/yaml.h"
#include "match/sigma.h"

// Ceilings of one document, so that no rule file can ask for more memory or time than a rule
// is worth. The largest rule of SigmaHQ has about 1,000 atoms.
enum {
    SIGMA_ATOMS_MAX = 65536,
    SIGMA_RULE_BYTES_MAX = 32 * 1024 * 1024,
    SIGMA_ALTERNATIVES_MAX = 3125, // of one value: 5^5, five dashes under windash
    SIGMA_FIELDS_MAX = 1024,
    SIGMA_SELECTIONS_MAX = 1024,
    SIGMA_CONDITION_DEPTH_MAX = 64,
    SIGMA_CONDITION_NODES_MAX = 262144, // the condition written out
    SIGMA_FILE_BYTES_MAX = YAML_BYTES_MAX,
    SIGMA_FILES_MAX = 1000000,
    SIGMA_DIRECTORY_DEPTH_MAX = 32,
};

// Placeholders (|expand): sigma_placeholders.c
struct sigma_placeholders {
    struct sigma_placeholder {
        struct slice name;
        const struct slice *values;
        uint32_t count;
    } * items;
    size_t count;
};
enum status sigma_placeholders_read(struct sigma_placeholders *placeholders,
                                    const struct ruleset_options *options, struct arena *arena,
                                    struct problem *problem);
const struct sigma_placeholder *
sigma_placeholder_find(const struct sigma_placeholders *placeholders, struct slice name);

// A remark or refusal found while reading.
struct sigma_note {
    struct rule_complaint complaint;
    struct sigma_note *next;
};
struct sigma_notes {
    struct sigma_note *first;
    struct sigma_note *last;
};

// One document being read. `problem` is where a refusal goes.
struct sigma_reader {
    struct arena *arena; // keeps what outlives the file's text
    const struct sigma_placeholders *placeholders;
    struct problem *problem;
    struct sigma_notes *notes;
    struct slice file;
    struct slice rule_id; // of the document being read
    size_t bytes_before;  // the arena's use when the document began
    uint32_t atom_count;
    struct slice *fields; // names in order of first use
    uint32_t field_count;
    uint32_t field_capacity;
};

// Memory for the document; NULL, with the problem set, when it asks for too much.
void *sigma_new(struct sigma_reader *reader, size_t count, size_t size);
struct slice sigma_keep(struct sigma_reader *reader, struct slice text);
void sigma_remark(struct sigma_reader *reader, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// A refusal: returns STATUS_FORMAT.
enum status sigma_refuse(struct sigma_reader *reader, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// For "%.*s" of untrusted slices: at most 80 bytes.
#define SIGMA_TEXT(slice) (int)((slice).size < 80 ? (slice).size : 80), (const char *)(slice).data

// Rows of nodes that grow.
struct node_row {
    const struct node **items;
    uint32_t count;
    uint32_t capacity;
};
bool node_row_add(struct sigma_reader *reader, struct node_row *row, const struct node *node);
// AND or OR of the row; the single child itself; TRUE or FALSE of none. NULL: no memory.
const struct node *node_join(struct sigma_reader *reader, enum node_kind kind,
                             const struct node_row *row);
const struct node *node_not(struct sigma_reader *reader, const struct node *child);
struct node *node_atom(struct sigma_reader *reader, enum atom_kind kind, struct slice field);

// Modifiers: sigma_modifiers.c. A bit each, and their order.
enum sigma_modifier {
    MODIFIER_CONTAINS,
    MODIFIER_STARTSWITH,
    MODIFIER_ENDSWITH,
    MODIFIER_ALL,
    MODIFIER_CASED,
    MODIFIER_NEQ,
    MODIFIER_EXISTS,
    MODIFIER_RE,
    MODIFIER_I,
    MODIFIER_M,
    MODIFIER_S,
    MODIFIER_CIDR,
    MODIFIER_BASE64,
    MODIFIER_BASE64OFFSET,
    MODIFIER_UTF16LE, // and wide
    MODIFIER_UTF16BE,
    MODIFIER_UTF16,
    MODIFIER_WINDASH,
    MODIFIER_EXPAND,
    MODIFIER_FIELDREF,
    MODIFIER_LT,
    MODIFIER_LTE,
    MODIFIER_GT,
    MODIFIER_GTE,
    MODIFIER_MINUTE,
    MODIFIER_HOUR,
    MODIFIER_DAY,
    MODIFIER_WEEK,
    MODIFIER_MONTH,
    MODIFIER_YEAR,
    MODIFIER_COUNT,
};
enum {
    SIGMA_MODIFIERS_MAX = 8
};
struct sigma_modifiers {
    uint8_t order[SIGMA_MODIFIERS_MAX];
    uint32_t count;
    uint32_t mask;
};
static inline bool modifiers_have(const struct sigma_modifiers *modifiers,
                                  enum sigma_modifier modifier) {
    return modifiers->mask >> modifier & 1;
}
// "Field|contains|all" into its parts; refuses unknown ones and combinations without meaning.
enum status sigma_modifiers_read(struct sigma_reader *reader, const struct yaml_node *item,
                                 struct slice *ret_field, struct sigma_modifiers *ret_modifiers);

// Texts: sigma_text.c. The patterns that one value stands for.
struct sigma_patterns {
    struct pattern *items;
    uint32_t count;
};
// A Sigma string (Sigma rules 2.1.0, "String Wildcard", "Escape Character").
enum status sigma_pattern_read(struct sigma_reader *reader, struct slice text,
                               struct pattern *ret_pattern);
// Wildcards around it; keeps the invariants of struct pattern.
enum status sigma_pattern_open(struct sigma_reader *reader, bool before, bool after,
                               struct pattern *pattern);
// Encodings and expansions: sigma_encode.c, sigma_expand.c
enum status sigma_encode(struct sigma_reader *reader, uint32_t line, enum sigma_modifier modifier,
                         struct sigma_patterns *patterns);
enum status sigma_windash(struct sigma_reader *reader, uint32_t line,
                          struct sigma_patterns *patterns);
enum status sigma_expand(struct sigma_reader *reader, uint32_t line,
                         struct sigma_patterns *patterns);

// Values: sigma_value.c, sigma_number.c
// "Field|modifiers: value(s)" as a node; an empty field is keywords.
enum status sigma_item_read(struct sigma_reader *reader, const struct yaml_node *item,
                            const struct node **ret_node);
// Values without a field.
enum status sigma_keywords_read(struct sigma_reader *reader, const struct yaml_node *values,
                                const struct node **ret_node);
bool sigma_integer_read(struct slice text, int64_t *ret_number);
bool sigma_number_read(struct slice text, double *ret_number);
enum status sigma_cidr_read(struct sigma_reader *reader, const struct yaml_node *value,
                            struct slice text, struct atom *atom);
// lt to gte, minute to year, both together.
enum status sigma_numeric_read(struct sigma_reader *reader, const struct yaml_node *value,
                               struct slice field, const struct sigma_modifiers *modifiers,
                               const struct node **ret_node);

// Selections and conditions: sigma_detection.c, sigma_condition.c
struct sigma_selection {
    struct slice name;
    const struct node *node;
    uint32_t line;
    uint32_t node_count;
    bool used;
};
struct sigma_selections {
    struct sigma_selection *items;
    uint32_t count;
};
// A "detection" or "filter" mapping with its condition(s).
enum status sigma_detection_read(struct sigma_reader *reader, const struct yaml_node *detection,
                                 const char *const *other_keys, const struct node **ret_root);
enum status sigma_condition_read(struct sigma_reader *reader, uint32_t line, struct slice text,
                                 struct sigma_selections *selections, const struct node **ret_node);

// Documents: sigma_document.c, sigma_correlation.c
struct sigma_document {
    enum sigma_document_kind {
        SIGMA_RULE,
        SIGMA_FILTER,
        SIGMA_CORRELATION
    } kind;
    struct sigma_document *next;
    struct rule_tree tree; // of a filter: its condition; of a correlation: only tree.rule
    struct slice product;  // as written, for filters
    struct slice category;
    struct slice service;
    const struct slice *references; // filter, correlation: "rules"
    uint32_t reference_count;       // filter: 0 is every rule of the log source
    struct correlation *correlation;
    struct sigma_alias {
        struct slice alias;
        struct slice rule;
        struct slice field;
    } * aliases;
    uint32_t alias_count;
    bool generate;
};
enum status sigma_document_read(struct sigma_reader *reader, const struct yaml_node *root,
                                struct sigma_document **ret_document);
enum status sigma_correlation_read(struct sigma_reader *reader, const struct yaml_node *root,
                                   struct sigma_document *document);
// The texts of a scalar or of a sequence of scalars; *ret_count = 0 when `node` is NULL.
enum status sigma_texts_read(struct sigma_reader *reader, const struct yaml_node *node,
                             const struct slice **ret_texts, uint32_t *ret_count);

// Files: sigma_files.c
struct sigma_input {
    struct sigma_file file;
    uint64_t device;
    struct sigma_document *documents; // what the file gave, in its order
    struct sigma_document *last;
    struct sigma_notes notes;
};
enum status sigma_inputs_find(const struct ruleset_options *options, struct arena *arena,
                              struct sigma_input **ret_inputs, size_t *ret_count,
                              struct problem *problem);

// One worker's room for reading files: sigma_read.c
struct sigma_worker {
    struct arena kept;
    struct arena scratch; // YAML trees of one file
    uint8_t *bytes;       // one file's text
    size_t capacity;
    const struct sigma_placeholders *placeholders;
};
void sigma_worker_init(struct sigma_worker *worker, const struct sigma_placeholders *placeholders);
void sigma_worker_done(struct sigma_worker *worker); // not `kept`
// The documents of one text, appended to the input; `file` is what they say they are from.
void sigma_text_read(struct sigma_worker *worker, struct sigma_input *input, struct slice file,
                     struct slice text);
void sigma_input_read(struct sigma_worker *worker, struct sigma_input *input);

// Joining documents: sigma_link.c, sigma_filter.c
// All documents of all inputs, sorted by (id, file, line).
struct sigma_collection {
    struct sigma_rules *rules;
    const struct ruleset_options *options;
    struct sigma_document **documents;
    size_t count;
    struct sigma_notes notes; // refusals found while joining
};
// Everything after reading: `rules` has its arena, which holds what the inputs hold.
enum status sigma_inputs_join(struct sigma_rules *rules, const struct ruleset_options *options,
                              struct sigma_input *inputs, size_t count, struct problem *problem);
enum status sigma_filters_join(struct sigma_collection *collection, struct problem *problem);
enum status sigma_collection_link(struct sigma_collection *collection, struct problem *problem);
void sigma_complaints_sort(struct rule_complaint *complaints, size_t count);
void sigma_collection_note(struct sigma_collection *collection, const struct rule *rule,
                           bool refused, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

#endif
