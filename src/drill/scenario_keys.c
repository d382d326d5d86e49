// Keys of a scenario file and how their values read
// SPDX-License-Identifier: Apache-2.0
#include "drill/scenario_keys.h"

#include "base/clock.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum {
    TEXT_SIZE_MAX = 4096,
    MINUTES_OF_DAY = 1440
};

enum status scenario_refuse(const struct scenario_reader *reader, uint32_t line, const char *format,
                            ...) {
    char reason[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    return problem_set_line(reader->problem, STATUS_FORMAT, line, "%s:%u: %s", reader->path, line,
                            reason);
}

// Control characters would reach logs and reports; nobody needs them in a scenario.
static bool is_printable(struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] < 0x20 && text.data[i] != '\n')
            return false;
    return true;
}

enum status scenario_read_text(const struct scenario_reader *reader, const struct yaml_node *node,
                               const char **ret_text) {
    if (node->kind != YAML_SCALAR || node->text.size == 0)
        return scenario_refuse(reader, node->line, "a text is missing");
    if (node->text.size > TEXT_SIZE_MAX || !is_printable(node->text))
        return scenario_refuse(reader, node->line, "a text is too long or no plain text");
    struct slice kept = arena_keep(reader->arena, node->text);
    if (!kept.data)
        return problem_set(reader->problem, STATUS_LIMIT, "%s: too large", reader->path);
    *ret_text = (const char *)kept.data;
    return STATUS_OK;
}

enum status scenario_read_words(const struct scenario_reader *reader, const struct yaml_node *node,
                                struct scenario_words *ret_words) {
    struct scenario_words words = {0};
    if (node->kind != YAML_SEQUENCE || node->count == 0 || node->count > SCENARIO_WORDS_MAX)
        return scenario_refuse(reader, node->line, "a list of 1 to %d words is missing",
                               SCENARIO_WORDS_MAX);
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        enum status status = scenario_read_text(reader, item, &words.items[words.count++]);
        if (status != STATUS_OK)
            return status;
    }
    *ret_words = words;
    return STATUS_OK;
}

static bool parse_number(struct slice text, uint64_t most, uint64_t *ret_number) {
    uint64_t number = 0;
    if (text.size == 0 || text.size > 18)
        return false;
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] < '0' || text.data[i] > '9')
            return false;
        number = number * 10 + (uint64_t)(text.data[i] - '0');
    }
    *ret_number = number;
    return number <= most;
}

// "08:30"
static bool parse_clock(struct slice text, uint32_t *ret_minute) {
    uint64_t hour, minute;
    if (text.size != 5 || text.data[2] != ':' || !parse_number(slice_part(text, 0, 2), 23, &hour) ||
        !parse_number(slice_part(text, 3, 2), 59, &minute))
        return false;
    *ret_minute = (uint32_t)(hour * 60 + minute);
    return true;
}

static bool parse_zone(struct slice text, int32_t *ret_seconds) {
    uint32_t minute;
    if (text.size != 6 || (text.data[0] != '+' && text.data[0] != '-') ||
        !parse_clock(slice_part(text, 1, 5), &minute) || minute > 14 * 60)
        return false;
    *ret_seconds = (text.data[0] == '-' ? -60 : 60) * (int32_t)minute;
    return true;
}

static bool parse_hours(struct slice text, struct scenario_hours *ret_hours) {
    uint32_t from, to;
    if (text.size != 11 || text.data[5] != '-' || !parse_clock(slice_part(text, 0, 5), &from) ||
        !parse_clock(slice_part(text, 6, 5), &to) || from == to)
        return false;
    *ret_hours = (struct scenario_hours){(uint16_t)from, (uint16_t)to};
    return true;
}

static bool parse_days(const struct yaml_node *node, uint8_t *ret_days) {
    static const char *const names[] = {"mon", "tue", "wed", "thu", "fri", "sat", "sun"};
    uint8_t days = 0;
    if (node->kind != YAML_SEQUENCE)
        return false;
    for (const struct yaml_node *item = node->first; item; item = item->next) {
        size_t day = 0;
        while (day < 7 && !slice_equal_string(item->text, names[day]))
            day++;
        if (day == 7)
            return false;
        days = (uint8_t)(days | 1u << day);
    }
    *ret_days = days;
    return days != 0;
}

static enum status read_count(const struct scenario_reader *reader, const struct yaml_node *node,
                              const struct scenario_key *row, void *place) {
    uint64_t number, most = row->kind == KEY_BYTES ? 1ull << 50 : row->most;
    if (!parse_number(node->text, most, &number))
        return scenario_refuse(reader, node->line, "%s: a number up to %llu is missing", row->name,
                               (unsigned long long)most);
    if (row->kind == KEY_BYTES)
        *(uint64_t *)place = number;
    else
        *(uint32_t *)place = (uint32_t)number;
    return STATUS_OK;
}

static enum status read_role(const struct scenario_reader *reader, const struct yaml_node *node,
                             void *place) {
    enum host_role role = host_role_find(node->text);
    if (role == HOST_ROLE_COUNT)
        return scenario_refuse(reader, node->line, "no such role: %.*s", (int)node->text.size,
                               (const char *)node->text.data);
    *(enum host_role *)place = role;
    return STATUS_OK;
}

static enum status read_special(const struct scenario_reader *reader, const struct yaml_node *node,
                                const struct scenario_key *row, void *place) {
    bool fine = false;
    uint32_t minute = 0;
    switch (row->kind) {
    case KEY_NETWORK:
        fine = network_parse(node->text, place) && ((struct network *)place)->first.size == 4;
        break;
    case KEY_ZONE:
        fine = parse_zone(node->text, place);
        break;
    case KEY_CLOCK:
        fine = parse_clock(node->text, &minute);
        *(uint16_t *)place = (uint16_t)minute;
        break;
    case KEY_HOURS:
        fine = parse_hours(node->text, place);
        break;
    case KEY_DAYS:
        fine = parse_days(node, place);
        break;
    case KEY_DATE:
        fine = node->text.size == 10 && clock_parse(node->text, place);
        break;
    default:
        assert(false);
    }
    if (fine)
        return STATUS_OK;
    return scenario_refuse(reader, node->line, "%s: a %s is missing", row->name,
                           row->kind == KEY_NETWORK ? "private or documentation network"
                           : row->kind == KEY_ZONE  ? "distance from UTC like \"+08:00\""
                           : row->kind == KEY_CLOCK ? "time like 08:30"
                           : row->kind == KEY_HOURS ? "span like 08:30-18:00"
                           : row->kind == KEY_DAYS  ? "list of mon to sun"
                                                    : "date");
}

static enum status read_one(const struct scenario_reader *reader, const struct yaml_node *node,
                            const struct scenario_key *row, void *target) {
    void *place = (uint8_t *)target + row->offset;
    switch (row->kind) {
    case KEY_TEXT:
        return scenario_read_text(reader, node, place);
    case KEY_COUNT:
    case KEY_BYTES:
        return read_count(reader, node, row, place);
    case KEY_ROLE:
        return read_role(reader, node, place);
    case KEY_WORDS:
        return scenario_read_words(reader, node, place);
    case KEY_OTHER:
        return STATUS_OK;
    default:
        return read_special(reader, node, row, place);
    }
}

enum status scenario_read_keys(const struct scenario_reader *reader, const struct yaml_node *node,
                               const struct scenario_key *rows, void *target) {
    if (!node || node->kind != YAML_MAPPING)
        return scenario_refuse(reader, node ? node->line : 1, "a mapping is missing");
    for (const struct yaml_node *child = node->first; child; child = child->next) {
        const struct scenario_key *row = rows;
        while (row->name && !slice_equal_string(child->key, row->name))
            row++;
        if (!row->name)
            return scenario_refuse(reader, child->key_line, "unknown key: %.*s",
                                   (int)child->key.size, (const char *)child->key.data);
        enum status status = read_one(reader, child, row, target);
        if (status != STATUS_OK)
            return status;
    }
    for (const struct scenario_key *row = rows; row->name; row++)
        if (row->required && !yaml_find(node, row->name))
            return scenario_refuse(reader, node->line, "%s is missing", row->name);
    return STATUS_OK;
}

enum status scenario_check_sequence(const struct scenario_reader *reader,
                                    const struct yaml_node *mapping, const char *key, bool required,
                                    const struct yaml_node **ret_sequence) {
    const struct yaml_node *node = yaml_find(mapping, key);
    if (!node && !required) {
        *ret_sequence = NULL;
        return STATUS_OK;
    }
    if (!node || node->kind != YAML_SEQUENCE)
        return scenario_refuse(reader, node ? node->line : mapping->line, "%s: a list is missing",
                               key);
    *ret_sequence = node;
    return STATUS_OK;
}
