// Indicators in lines: plain lists and CSV
// SPDX-License-Identifier: Apache-2.0
#include "match/indicator_set.h"

#include "base/clock.h"
#include "base/text.h"

enum {
    COLUMNS_MAX = 64,
    CELL_BYTES_MAX = 16 << 10
};

// Which column says what; -1: none.
struct columns {
    uint8_t separator;
    int value, kind, confidence, until, description, marking;
};

struct cells {
    struct slice texts[COLUMNS_MAX];
    int count;
    struct buffer unquoted; // cells with quotes, undone
};

// Cut a line (RFC 4180; a quoted cell does not go over its line).
static void cells_cut(struct cells *cells, struct slice line, uint8_t separator) {
    cells->count = 0;
    buffer_reset(&cells->unquoted);
    // Room for all first: the texts must not move.
    if (!buffer_reserve(&cells->unquoted, line.size + 1))
        return;
    for (size_t at = 0; at <= line.size && cells->count < COLUMNS_MAX; at++) {
        size_t start = cells->unquoted.size;
        bool quoted = at < line.size && line.data[at] == '"';
        for (at += quoted; at < line.size; at++) {
            uint8_t byte = line.data[at];
            if (quoted && byte == '"') {
                quoted = at + 1 < line.size && line.data[at + 1] == '"';
                at += quoted;
                if (!quoted)
                    continue;
            } else if (!quoted && byte == separator) {
                break;
            }
            buffer_append_byte(&cells->unquoted, byte);
        }
        cells->texts[cells->count++] = slice_part(buffer_slice(&cells->unquoted), start, SIZE_MAX);
    }
}

static struct slice cell(const struct cells *cells, int column) {
    return column >= 0 && column < cells->count ? cells->texts[column] : SLICE("");
}

static bool is_one_of(struct slice text, const char *words) {
    char wanted[40];
    if (text.size == 0 || text.size + 3 > sizeof wanted)
        return false;
    wanted[0] = wanted[text.size + 1] = ' ';
    wanted[text.size + 2] = '\0';
    text_fold_ascii(text.data, text.size, (uint8_t *)wanted + 1);
    return strstr(words, wanted) != NULL;
}

// The first line names columns when one of them is that of the values.
static bool columns_find(struct columns *columns, struct cells *cells, struct slice line) {
    static const uint8_t SEPARATORS[] = {',', ';', '\t', '|'};
    for (size_t s = 0; s < ARRAY_SIZE(SEPARATORS); s++) {
        *columns = (struct columns){SEPARATORS[s], -1, -1, -1, -1, -1, -1};
        cells_cut(cells, line, SEPARATORS[s]);
        for (int i = 0; i < cells->count; i++) {
            struct slice name = cells->texts[i];
            int *column =
                is_one_of(name, " value indicator ioc observable ioc_value indicator_value ")
                    ? &columns->value
                : is_one_of(name, " type kind ioc_type indicator_type ") ? &columns->kind
                : is_one_of(name, " confidence confidence_level score ") ? &columns->confidence
                : is_one_of(name, " valid_until valid-until expires expiry expiration until ")
                    ? &columns->until
                : is_one_of(name, " description comment info title name note threat malware ")
                    ? &columns->description
                : is_one_of(name, " tlp marking tlp_marking classification ") ? &columns->marking
                                                                              : NULL;
            if (column && *column < 0)
                *column = i;
        }
        if (columns->value >= 0 && cells->count > 1)
            return true;
    }
    return false;
}

static int confidence_parse(struct slice text) {
    int64_t number;
    if (is_one_of(text, " low "))
        return 15;
    if (is_one_of(text, " medium med "))
        return 50;
    if (is_one_of(text, " high "))
        return 85;
    return text_integer(text, &number) && number >= 0 && number <= 100 ? (int)number : -1;
}

static enum status row_read(struct indicator_reader *reader, const struct columns *columns,
                            const struct cells *cells, uint32_t line) {
    struct indicator_about about = {.text = cell(cells, columns->value),
                                    .confidence =
                                        confidence_parse(cell(cells, columns->confidence)),
                                    .until_ns = CLOCK_NONE,
                                    .line = line,
                                    .description = cell(cells, columns->description),
                                    .marked = marked_of(cell(cells, columns->marking))};
    struct slice until = cell(cells, columns->until);
    if (until.size && !clock_parse(until, &about.until_ns)) {
        about.until_ns = CLOCK_NONE;
        indicator_complain(reader, line, "no time that can be read, taken for no end", until);
    }
    about.has_kind = indicator_kind_find(cell(cells, columns->kind), &about.kind);
    return about.text.size ? indicator_add(reader, &about) : STATUS_OK;
}

// "mutex:NAME", "sha256:..." before an indicator; a comment behind it.
static enum status plain_read(struct indicator_reader *reader, struct slice line, uint32_t number) {
    struct indicator_about about = {.confidence = -1, .until_ns = CLOCK_NONE, .line = number};
    for (size_t i = 1; i + 1 < line.size; i++)
        if (line.data[i + 1] == '#' && (line.data[i] == ' ' || line.data[i] == '\t')) {
            about.description = slice_part(line, i + 2, SIZE_MAX);
            while (about.description.size && about.description.data[0] == ' ')
                about.description = slice_part(about.description, 1, SIZE_MAX);
            line.size = i;
        }
    const uint8_t *colon = memchr(line.data, ':', line.size < 24 ? line.size : 24);
    size_t head = colon ? (size_t)(colon - line.data) : 0;
    if (head > 1 && indicator_kind_find(slice_of(line.data, head), &about.kind)) {
        about.has_kind = true;
        line = slice_part(line, head + 1, SIZE_MAX);
    }
    about.text = line;
    return indicator_add(reader, &about);
}

static struct slice skip_all_of(struct slice text, const char *marks) {
    while (text.size && strchr(marks, text.data[0]))
        text = slice_part(text, 1, SIZE_MAX);
    return text;
}

// "# TLP:AMBER" is the marking of the whole list.
static void comment_read(struct indicator_reader *reader, struct slice line) {
    line = skip_all_of(line, "# \t");
    if (!text_starts_fold_ascii(line, SLICE("tlp:")))
        return;
    struct slice label = skip_all_of(slice_part(line, 4, SIZE_MAX), " \t");
    size_t size = 0;
    while (size < label.size && !strchr(" \t,;.", label.data[size]))
        size++;
    unsigned said = marked_of(slice_part(label, 0, size));
    reader->marked = marked_strictest(reader->marked, said ? said : (1 + MARKING_RED));
}

enum status indicator_read_lines(struct indicator_reader *reader, struct slice text) {
    struct columns columns;
    struct cells cells = {.count = 0};
    bool has_columns = false, begun = false;
    enum status status = STATUS_OK;
    if (text.size && memchr(text.data, 0, text.size))
        return problem_set(reader->problem, STATUS_USAGE,
                           "indicators %s: is no text (a list, CSV, STIX or MISP JSON)",
                           (const char *)reader->set->files[reader->file].data);
    buffer_init(&cells.unquoted, CELL_BYTES_MAX);
    for (uint32_t number = 1; text.size && status == STATUS_OK; number++) {
        const uint8_t *end = memchr(text.data, '\n', text.size);
        size_t size = end ? (size_t)(end - text.data) : text.size;
        struct slice line = slice_part(text, 0, size);
        text = slice_part(text, size + 1, SIZE_MAX);
        while (line.size && strchr(" \t\r", line.data[line.size - 1]))
            line.size--;
        while (line.size && (line.data[0] == ' ' || (!begun && line.data[0] == '\t')))
            line = slice_part(line, 1, SIZE_MAX);
        if (line.size && line.data[0] == '#')
            comment_read(reader, line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        if (line.size >= CELL_BYTES_MAX) {
            indicator_complain(reader, number, "a line of more than 16 KiB", SLICE(""));
            continue;
        }
        bool is_first = !begun;
        begun = true;
        if (is_first && (has_columns = columns_find(&columns, &cells, line)))
            continue;
        if (has_columns) {
            cells_cut(&cells, line, columns.separator);
            status = row_read(reader, &columns, &cells, number);
        } else {
            status = plain_read(reader, line, number);
        }
    }
    buffer_done(&cells.unquoted);
    return status;
}
