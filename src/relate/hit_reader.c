// What a rule's hit says of a record
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "model/rule.h"
#include "model/stage.h"
#include "relate/record_reader.h"

#include <string.h>

// "attack.t1059.001" -> "T1059.001" of the rule's first technique.
static struct slice hit_technique(const struct rule *rule, char text[16]) {
    static const struct slice START = SLICE("attack.t");
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        struct slice tag = rule->tags[i];
        if (tag.size <= START.size || tag.size > START.size + 8 ||
            !text_starts_fold_ascii(tag, START) || tag.data[START.size] < '0' ||
            tag.data[START.size] > '9')
            continue;
        size_t size = tag.size - START.size + 1;
        text[0] = 'T';
        memcpy(text + 1, tag.data + START.size, size - 1);
        return slice_of(text, size);
    }
    return (struct slice){NULL, 0};
}

// Who and where as the first row says that holds for the record; else the account that the class
// names, on the host that wrote it.
static bool hit_read_place(struct record_reader *reader, const struct record *record,
                           struct relation_numbers *ret_key) {
    const struct class_plan *plan = record->plan;
    for (uint32_t i = 0; i < plan->row_count; i++) {
        if (plan->rows[i].kind == RELATION_ALIAS)
            continue;
        enum row_answer answer = record_read_row(reader, &plan->rows[i], record, ret_key);
        if (answer != ROW_SILENT)
            return answer == ROW_SAYS;
    }
    *ret_key = (struct relation_numbers){.bucket = 0};
    ret_key->texts[PART_ACCOUNT] = record_read_part(reader, plan->account, record);
    ret_key->texts[PART_TO] = record_read_part(reader, plan->recorder, record);
    ret_key->texts[PART_RECORDER] = ret_key->texts[PART_TO];
    return true;
}

bool record_read_hit(struct record_reader *reader, const struct rule *rule,
                     const struct record *record, struct relation_numbers *ret_key) {
    char technique[16];
    if (!hit_read_place(reader, record, ret_key))
        return false;
    const struct slice texts[] = {
        text_cut(rule->id, RELATION_PART_BYTES_MAX), slice_of_string(rule_level_text(rule->level)),
        slice_of_string(stage_name(stage_of_rule(rule))), hit_technique(rule, technique)};
    ret_key->kind = RELATION_RULE_HIT;
    for (size_t i = 0; i < ARRAY_SIZE(texts); i++)
        ret_key->texts[PART_ARTEFACT + i] = relation_table_text(reader->table, texts[i]);
    for (size_t i = 0; i < PART_COUNT; i++)
        if (ret_key->texts[i] == TEXT_FULL)
            return false;
    return true;
}
