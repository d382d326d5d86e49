// The stages of an intrusion
// SPDX-License-Identifier: Apache-2.0
#include "model/stage.h"

#include "base/text.h"
#include "model/rule.h"

#include <assert.h>

static const struct {
    const char *name;
    const char *heading;
} STAGES[] = {
    {"", ""},
#define STAGE(id, name, heading) {name, heading},
#include "model/stage.def"
#undef STAGE
};

// Tactics of ATT&CK Enterprise v16 whose techniques belong to one stage of ours.
static const struct {
    struct slice tactic;
    enum stage stage;
} TACTICS[] = {
    {SLICE("initial-access"), STAGE_ENTRY},
    {SLICE("persistence"), STAGE_FOOTHOLD},
    {SLICE("privilege-escalation"), STAGE_CREDENTIALS},
    {SLICE("credential-access"), STAGE_CREDENTIALS},
    {SLICE("lateral-movement"), STAGE_SPREAD},
    {SLICE("command-and-control"), STAGE_CONTROL},
    {SLICE("collection"), STAGE_COLLECTION},
    {SLICE("exfiltration"), STAGE_THEFT},
};

// Techniques of the same matrix that serve one tactic only, by number; sorted. Those of several
// tactics (T1053, T1078, T1543 ...) and those of execution, discovery and defense evasion are not
// here. T1070 is: removal of indicators covers tracks, whatever else a rule says.
static const struct {
    uint16_t technique;
    uint16_t stage;
} TECHNIQUES[] = {
    {1001, STAGE_CONTROL},     {1003, STAGE_CREDENTIALS}, {1005, STAGE_COLLECTION},
    {1008, STAGE_CONTROL},     {1011, STAGE_THEFT},       {1020, STAGE_THEFT},
    {1021, STAGE_SPREAD},      {1025, STAGE_COLLECTION},  {1029, STAGE_THEFT},
    {1030, STAGE_THEFT},       {1039, STAGE_COLLECTION},  {1041, STAGE_THEFT},
    {1048, STAGE_THEFT},       {1052, STAGE_THEFT},       {1068, STAGE_CREDENTIALS},
    {1070, STAGE_COVER},       {1071, STAGE_CONTROL},     {1074, STAGE_COLLECTION},
    {1080, STAGE_SPREAD},      {1090, STAGE_CONTROL},     {1092, STAGE_CONTROL},
    {1095, STAGE_CONTROL},     {1102, STAGE_CONTROL},     {1104, STAGE_CONTROL},
    {1105, STAGE_CONTROL},     {1110, STAGE_CREDENTIALS}, {1111, STAGE_CREDENTIALS},
    {1113, STAGE_COLLECTION},  {1114, STAGE_COLLECTION},  {1115, STAGE_COLLECTION},
    {1119, STAGE_COLLECTION},  {1123, STAGE_COLLECTION},  {1125, STAGE_COLLECTION},
    {1132, STAGE_CONTROL},     {1136, STAGE_FOOTHOLD},    {1176, STAGE_FOOTHOLD},
    {1185, STAGE_COLLECTION},  {1187, STAGE_CREDENTIALS}, {1189, STAGE_ENTRY},
    {1190, STAGE_ENTRY},       {1195, STAGE_ENTRY},       {1199, STAGE_ENTRY},
    {1200, STAGE_ENTRY},       {1210, STAGE_SPREAD},      {1212, STAGE_CREDENTIALS},
    {1213, STAGE_COLLECTION},  {1219, STAGE_CONTROL},     {1505, STAGE_FOOTHOLD},
    {1528, STAGE_CREDENTIALS}, {1530, STAGE_COLLECTION},  {1534, STAGE_SPREAD},
    {1537, STAGE_THEFT},       {1539, STAGE_CREDENTIALS}, {1552, STAGE_CREDENTIALS},
    {1554, STAGE_FOOTHOLD},    {1555, STAGE_CREDENTIALS}, {1558, STAGE_CREDENTIALS},
    {1560, STAGE_COLLECTION},  {1563, STAGE_SPREAD},      {1566, STAGE_ENTRY},
    {1567, STAGE_THEFT},       {1568, STAGE_CONTROL},     {1570, STAGE_SPREAD},
    {1571, STAGE_CONTROL},     {1572, STAGE_CONTROL},     {1573, STAGE_CONTROL},
    {1602, STAGE_COLLECTION},  {1606, STAGE_CREDENTIALS}, {1621, STAGE_CREDENTIALS},
    {1649, STAGE_CREDENTIALS},
};

const char *stage_name(enum stage stage) {
    assert(stage < STAGE_COUNT);
    return STAGES[stage].name;
}

const char *stage_heading(enum stage stage) {
    assert(stage < STAGE_COUNT);
    return STAGES[stage].heading;
}

bool stage_parse(struct slice name, enum stage *ret_stage) {
    for (size_t i = STAGE_NONE + 1; i < STAGE_COUNT; i++)
        if (text_equal_fold_ascii(name, slice_of_string(STAGES[i].name))) {
            *ret_stage = (enum stage)i;
            return true;
        }
    return false;
}

static struct slice slice_after(struct slice text, struct slice start) {
    if (!text_starts_fold_ascii(text, start))
        return (struct slice){NULL, 0};
    return slice_part(text, start.size, SIZE_MAX);
}

// "initial-access" and "initial_access" are the same word.
static bool tactic_equal(struct slice a, struct slice b) {
    if (a.size != b.size)
        return false;
    for (size_t i = 0; i < a.size; i++) {
        uint8_t byte = a.data[i];
        byte = byte == '_' ? '-' : byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
        if (byte != b.data[i])
            return false;
    }
    return true;
}

static enum stage stage_of_tactic(struct slice word) {
    for (size_t i = 0; i < ARRAY_SIZE(TACTICS); i++)
        if (tactic_equal(word, TACTICS[i].tactic))
            return TACTICS[i].stage;
    return STAGE_NONE;
}

// The number of "t1070" or "t1070.001"; 0 for other words.
static unsigned technique_number(struct slice word) {
    if (word.size < 5 || (word.data[0] | 0x20) != 't' || (word.size > 5 && word.data[5] != '.'))
        return 0;
    unsigned number = 0;
    for (size_t i = 1; i < 5; i++) {
        if (word.data[i] < '0' || word.data[i] > '9')
            return 0;
        number = number * 10 + (unsigned)(word.data[i] - '0');
    }
    return number;
}

static enum stage stage_of_technique(unsigned number) {
    for (size_t i = 0; i < ARRAY_SIZE(TECHNIQUES); i++)
        if (TECHNIQUES[i].technique == number)
            return (enum stage)TECHNIQUES[i].stage;
    return STAGE_NONE;
}

enum stage stage_of_rule(const struct rule *rule) {
    enum stage by_tactic = STAGE_NONE;
    unsigned first_technique = 0;
    bool covers = false;
    for (uint32_t i = 0; i < rule->tag_count; i++) {
        enum stage own;
        if (stage_parse(slice_after(rule->tags[i], SLICE("vedette.stage.")), &own))
            return own;
        struct slice word = slice_after(rule->tags[i], SLICE("attack."));
        unsigned technique = technique_number(word);
        first_technique = first_technique ? first_technique : technique;
        covers |= technique == 1070;
        by_tactic = by_tactic == STAGE_NONE ? stage_of_tactic(word) : by_tactic;
    }
    if (by_tactic != STAGE_NONE)
        return by_tactic;
    return covers ? STAGE_COVER : stage_of_technique(first_technique);
}
