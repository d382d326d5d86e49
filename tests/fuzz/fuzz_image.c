// A hostile rule image: refused, or harmless
// SPDX-License-Identifier: Apache-2.0
#include "understood.h"

#include "match/image.h"
#include "match/plan_compile.h"
#include "match/ruleset.h"
#include "model/event_class.h"

#include <assert.h>
#include <stddef.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    EDIT_SIZE = 5 // offset of four bytes, the byte to write there
};

#define LITERAL(text)                                                                              \
    {                                                                                              \
        .kind = PATTERN_LITERAL, .literal = {(const uint8_t *)(text), sizeof(text) - 1 }           \
    }
#define FIELD(text)                                                                                \
    { (const uint8_t *)(text), sizeof(text) - 1 }

static const struct pattern_part parts_contains[] = {
    {.kind = PATTERN_ANY}, LITERAL("Needle"), {.kind = PATTERN_ANY}};
static const struct pattern_part parts_ends[] = {{.kind = PATTERN_ANY}, LITERAL("\\cmd.exe")};
static const struct pattern_part parts_general[] = {
    LITERAL("a"), {.kind = PATTERN_ANY}, LITERAL("b"), {.kind = PATTERN_ONE}, LITERAL("c")};

// One node of each kind and form, joined.
static const struct node nodes[] = {
    {.kind = NODE_ATOM,
     .atom = {.kind = ATOM_PATTERN, .field = FIELD("F"), .pattern = {parts_contains, 3, false}}},
    {.kind = NODE_ATOM,
     .atom = {.kind = ATOM_PATTERN, .field = FIELD("G"), .pattern = {parts_ends, 2, true}}},
    {.kind = NODE_ATOM,
     .atom = {.kind = ATOM_PATTERN, .field = FIELD("F"), .pattern = {parts_general, 5, false}}},
    {.kind = NODE_ATOM, .atom = {.kind = ATOM_PATTERN, .pattern = {parts_contains, 3, false}}},
    {.kind = NODE_ATOM,
     .atom = {.kind = ATOM_REGEX, .field = FIELD("F"), .regex = FIELD("x+needle[0-9]")}},
    {.kind = NODE_ATOM, .atom = {.kind = ATOM_CIDR, .field = FIELD("G"), .cidr_bits = 104}},
    {.kind = NODE_ATOM,
     .atom = {.kind = ATOM_COMPARE, .field = FIELD("G"), .compare = COMPARE_GT, .number = 7}},
    {.kind = NODE_ATOM,
     .atom = {.kind = ATOM_TIME_PART, .field = FIELD("G"), .time_part = TIME_HOUR, .number = 7}},
    {.kind = NODE_ATOM, .atom = {.kind = ATOM_FIELD, .field = FIELD("F"), .field2 = FIELD("G")}},
    {.kind = NODE_ATOM, .atom = {.kind = ATOM_NULL, .field = FIELD("H")}},
    {.kind = NODE_ATOM, .atom = {.kind = ATOM_EXISTS, .field = FIELD("F")}},
};

static const struct node *const pairs[][2] = {
    {&nodes[0], &nodes[1]}, {&nodes[2], &nodes[3]}, {&nodes[4], &nodes[5]},
    {&nodes[6], &nodes[7]}, {&nodes[8], &nodes[9]}, {&nodes[10], &nodes[0]},
};

static void compile_image(struct buffer *ret_blob) {
    static const struct slice tags[] = {FIELD("attack.t1059"), FIELD("attack.execution")};
    struct node joined[ARRAY_SIZE(pairs)];
    struct rule_tree trees[ARRAY_SIZE(pairs)] = {0};
    for (size_t i = 0; i < ARRAY_SIZE(pairs); i++) {
        joined[i] = (struct node){
            .kind = i % 2 ? NODE_OR : NODE_AND, .children = pairs[i], .child_count = 2};
        trees[i].root = &joined[i];
        trees[i].rule.id = SLICE("id");
        trees[i].rule.tags = tags;
        trees[i].rule.tag_count = 2;
    }
    struct correlation correlation = {.group_by = {SLICE("F")},
                                      .group_by_count = 1,
                                      .bound_count = 1,
                                      .members = {{.index = 1, .group_fields = {SLICE("F")}}},
                                      .member_count = 1};
    struct rule_complaint complaint = {.file = SLICE("f.yml"), .text = SLICE("why")};
    struct sigma_rules rules = {.trees = trees,
                                .tree_count = ARRAY_SIZE(trees),
                                .correlations = &correlation,
                                .correlation_count = 1,
                                .complaints = &complaint,
                                .complaint_count = 1};
    enum status status = plan_compile(&rules, 0, ret_blob, NULL);
    assert(status == STATUS_OK);
}

// Edits at the places the input says, then the checksum that makes them count.
static void spoil_image(struct buffer *blob, const uint8_t *data, size_t size) {
    for (; size >= EDIT_SIZE; data += EDIT_SIZE, size -= EDIT_SIZE) {
        uint32_t offset;
        memcpy(&offset, data, sizeof offset);
        blob->data[offset % blob->size] = data[sizeof offset];
    }
    struct compiled_header header;
    memcpy(&header, blob->data, sizeof header);
    header.checksum = compiled_checksum(buffer_slice(blob));
    memcpy(blob->data, &header, sizeof header);
}

static void match_one(const struct ruleset *ruleset) {
    static const struct shape_field fields[] = {{.name = FIELD("F"), .slot = {0, 0}},
                                                {.name = FIELD("G"), .slot = {0, 1}}};
    static const char long_text[] = "a b c xxneedle7 Needle \xC3\xA4\xC3\x84";
    const struct value values[] = {
        {(const uint8_t *)long_text, sizeof long_text - 1, VALUE_UTF8, {0}},
        {(const uint8_t *)u"c:\\cmd.exe", 20, VALUE_UTF16, {0}}};
    struct shape shape = {.fields = fields, .field_count = 2, .format = "fuzz"};
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        shape.role_fields[i] = -1;
    struct event_class event_class = {.shape = &shape, .code = -1};
    struct event event = {
        .shape = &shape, .banks = {values}, .bank_sizes = {2}, .event_class = &event_class};
    struct matcher *matcher = matcher_new(ruleset);
    const uint32_t *hits;
    size_t count = matcher_match(matcher, &event, &hits);
    for (size_t i = 0; i < count; i++)
        assert(ruleset_rule(ruleset, hits[i]));
    matcher_free(matcher);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct buffer blob;
    buffer_init(&blob, 1 << 20);
    compile_image(&blob);
    spoil_image(&blob, data, size);
    struct ruleset *ruleset = image_open(&blob, 0);
    if (ruleset) {
        fuzz_understood();
        match_one(ruleset);
    }
    ruleset_free(ruleset);
    buffer_done(&blob);
    return 0;
}
