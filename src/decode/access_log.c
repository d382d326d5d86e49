// Access logs of Apache, nginx, Tomcat and others
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "decode/access_tokens.h"
#include "decode/columns.h"
#include "decode/decode.h"

#include <stdio.h>
#include <string.h>

// Sources: NCSA common log format; Apache 2.4 mod_log_config; nginx ngx_http_log_module; Tomcat
// 9 and 10, "Access Log Valve". A line is words, a time in brackets, quoted texts:
//
//     10.0.0.9 - alice [02/Mar/2026:08:15:30 +0800] "GET /a?b HTTP/1.1" 200 512 "-" "curl/8" 31
//     `-------v-------'                             `-------v-------'   `--v--' `---v---'   `->
//     time-taken
//        before the time                                request       status,   referer,
//     1: c-ip                                                         bytes    user agent
//     2: c-ip cs-username     4: cs-host c-ip - cs-username (Apache's vhost_combined), or
//     3: c-ip - cs-username      x-forwarded-for c-ip - cs-username when both are addresses
//
// Which word is what follows from the line's signature alone: the kinds of its tokens, and three
// bits of what they hold. A signature's columns are worked out once. The names are W3C's.
//
// A whole number behind bytes is taken for the time taken, whose unit no line says: Apache's %D
// and Tomcat's from 10 on are microseconds (time-taken-us), Tomcat's before 10 are milliseconds
// (time-taken). Tomcat is told by its file names and folders. With a fraction it is seconds
// (time-taken-s), nginx's $request_time.
enum {
    FIRST_LINES_MAX = 16,
    LAYOUTS_MAX = 64, // signatures kept; in a full table the eldest goes
    REQUEST_PARTS = 4,
    COLUMNS_MAX = ACCESS_TOKENS_MAX + REQUEST_PARTS,
    TIME_SIZE = 26, // 02/Mar/2026:08:15:30 +0800
};

struct signature {
    uint64_t words; // bit i: token i is a word
    uint64_t quotes;
    uint64_t marks; // all below in one number, which a look compares
};

// What stands in a signature's marks.
struct marks {
    uint8_t count;   // of tokens
    uint8_t time;    // token of the time
    uint8_t request; // token of the request
    bool forwarded;  // the first two words are addresses
    bool fraction;   // the word behind the bytes, or the last one, has a '.'
    bool tomcat;     // its numbers are milliseconds
};

struct layout {
    struct signature signature;
    uint32_t request; // token of the request
    const struct shape *shape;
    uint8_t columns[ACCESS_TOKENS_MAX]; // of each token; the request takes four
};

struct access_state {
    struct unit_lines lines;
    struct column_book *book;
    struct row row;
    struct access_tokens tokens;
    struct layout layouts[LAYOUTS_MAX];
    uint32_t layout_count;
    uint32_t layout_next;
    uint8_t time[TIME_SIZE]; // last seen
    int64_t time_ns;
};

static void *access_new_state(const struct decode_options *options) {
    (void)options;
    struct access_state *state = memory_new(1, sizeof *state);
    unit_lines_init(&state->lines);
    row_init(&state->row);
    access_tokens_init(&state->tokens);
    state->book = column_book_new();
    return state;
}

static void access_free_state(void *context) {
    struct access_state *state = context;
    unit_lines_done(&state->lines);
    row_done(&state->row);
    column_book_free(state->book);
    memory_free(state);
}

static bool is_address(struct slice text) {
    size_t dots = 0, colons = 0;
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        dots += byte == '.';
        colons += byte == ':';
        if (byte != '.' && byte != ':' && text_hex_digit(byte) < 0)
            return false;
    }
    return colons >= 2 || (dots == 3 && colons == 0);
}

static bool is_status(struct slice text) {
    return text.size == 3 && text.data[0] >= '1' && text.data[0] <= '9' && text.data[1] >= '0' &&
           text.data[1] <= '9' && text.data[2] >= '0' && text.data[2] <= '9';
}

// The token of the time, or ACCESS_TOKENS_MAX.
static uint32_t time_find(struct access_state *state, int64_t *ret_time_ns) {
    const struct access_tokens *tokens = &state->tokens;
    uint64_t brackets = ~(tokens->words | tokens->quotes);
    for (uint32_t i = 0; i < tokens->count; i++) {
        struct slice text = tokens->at[i].text;
        if (!(brackets >> i & 1))
            continue;
        if (text.size == TIME_SIZE && memcmp(text.data, state->time, TIME_SIZE) == 0) {
            *ret_time_ns = state->time_ns;
            return i;
        }
        int64_t time_ns = access_time(text);
        if (time_ns == CLOCK_NONE)
            continue;
        if (text.size == TIME_SIZE) {
            memcpy(state->time, text.data, TIME_SIZE);
            state->time_ns = time_ns;
        }
        *ret_time_ns = time_ns;
        return i;
    }
    return ACCESS_TOKENS_MAX;
}

// The first quoted text with a status behind it, or ACCESS_TOKENS_MAX.
static uint32_t request_find(const struct access_tokens *tokens) {
    for (uint64_t quotes = tokens->quotes; quotes; quotes &= quotes - 1) {
        uint32_t i = (uint32_t)__builtin_ctzll(quotes);
        if (i + 1 < tokens->count && is_status(tokens->at[i + 1].text))
            return i;
    }
    return ACCESS_TOKENS_MAX;
}

// Whether a word behind the bytes has a '.'.
static bool has_fraction(const struct access_tokens *tokens, uint32_t request) {
    uint32_t first = request + 3;
    uint64_t words = first < ACCESS_TOKENS_MAX ? tokens->words >> first << first : 0;
    for (; words; words &= words - 1) {
        struct slice text = tokens->at[__builtin_ctzll(words)].text;
        if (memchr(text.data, '.', text.size))
            return true;
    }
    return false;
}

// What a line is; false when it is none of an access log: no time, no quoted request.
static bool signature_take(struct access_state *state, bool tomcat, struct signature *ret_signature,
                           int64_t *ret_time_ns) {
    const struct access_tokens *tokens = &state->tokens;
    uint32_t time = time_find(state, ret_time_ns), request = request_find(tokens);
    if (time == ACCESS_TOKENS_MAX || request == ACCESS_TOKENS_MAX)
        return false;
    uint64_t forwarded =
        time == 4 && is_address(tokens->at[0].text) && is_address(tokens->at[1].text);
    uint64_t fraction = has_fraction(tokens, request);
    ret_signature->words = tokens->words;
    ret_signature->quotes = tokens->quotes;
    ret_signature->marks = tokens->count | (uint64_t)time << 8 | (uint64_t)request << 16 |
                           forwarded << 24 | fraction << 25 | (uint64_t)tomcat << 26;
    return true;
}

static struct marks marks_of(const struct signature *signature) {
    uint64_t marks = signature->marks;
    return (struct marks){.count = (uint8_t)marks,
                          .time = (uint8_t)(marks >> 8),
                          .request = (uint8_t)(marks >> 16),
                          .forwarded = marks >> 24 & 1,
                          .fraction = marks >> 25 & 1,
                          .tomcat = marks >> 26 & 1};
}

// Name of the i-th of `count` words before the time.
static const char *front_name(const struct marks *marks, uint32_t i) {
    static const char *const NAMES[4][4] = {
        {"c-ip"},
        {"c-ip", "cs-username"},
        {"c-ip", "cs-ident", "cs-username"},
        {"cs-host", "c-ip", "cs-ident", "cs-username"},
    };
    if (marks->time < 1 || marks->time > 4)
        return NULL;
    if (i == 0 && marks->forwarded)
        return "x-forwarded-for";
    return NAMES[marks->time - 1][i];
}

// Names of what stands behind the request, in order.
struct behind {
    const struct signature *signature;
    struct marks marks;
    uint32_t quotes; // in all
    uint32_t quote;
    bool has_taken;
};

static const char *behind_name(struct behind *behind, uint32_t i) {
    const struct signature *signature = behind->signature;
    static const char *const QUOTES[] = {"cs(Referer)", "cs(User-Agent)", "x-forwarded-for"};
    if (i == behind->marks.request + 1u)
        return "sc-status";
    bool is_word = signature->words >> i & 1;
    if (i == behind->marks.request + 2u && is_word)
        return "sc-bytes";
    if (signature->quotes >> i & 1) {
        uint32_t number = behind->quotes == 1 ? 1 : behind->quote;
        behind->quote++;
        return number < ARRAY_SIZE(QUOTES) ? QUOTES[number] : NULL;
    }
    if (!is_word || behind->has_taken)
        return NULL;
    behind->has_taken = true;
    return behind->marks.fraction ? "time-taken-s"
           : behind->marks.tomcat ? "time-taken"
                                  : "time-taken-us";
}

static void layout_make(struct access_state *state, const struct signature *signature,
                        struct layout *ret_layout) {
    struct column columns[COLUMNS_MAX];
    char numbered[ACCESS_TOKENS_MAX][24];
    struct marks marks = marks_of(signature);
    struct behind behind = {.signature = signature, .marks = marks};
    uint32_t count = 0;
    for (uint32_t i = marks.request + 1u; i < marks.count; i++)
        behind.quotes += (uint32_t)(signature->quotes >> i & 1);
    ret_layout->signature = *signature;
    ret_layout->request = marks.request;
    for (uint32_t i = 0; i < marks.count; i++) {
        ret_layout->columns[i] = (uint8_t)count;
        if (i == marks.request) {
            static const char *const PARTS[REQUEST_PARTS] = {"cs-method", "cs-uri-stem",
                                                             "cs-uri-query", "cs-version"};
            for (size_t part = 0; part < REQUEST_PARTS; part++)
                columns[count++] = (struct column){.name = slice_of_string(PARTS[part])};
            continue;
        }
        // Patterns of one's own may begin with the time.
        bool is_first_behind_time = marks.time == 0 && i == 1 && i < marks.request;
        const char *name = i == marks.time        ? "date"
                           : i < marks.time       ? front_name(&marks, i)
                           : is_first_behind_time ? "c-ip"
                           : i > marks.request    ? behind_name(&behind, i)
                                                  : NULL;
        if (!name) {
            snprintf(numbered[i], sizeof numbered[i], "field-%u", i + 1);
            name = numbered[i];
        }
        columns[count++] = (struct column){.name = slice_of_string(name)};
    }
    ret_layout->shape = column_book_shape(state->book, "access_log", columns, count);
}

static bool signature_equal(const struct signature *a, const struct signature *b) {
    return a->words == b->words && a->quotes == b->quotes && a->marks == b->marks;
}

static const struct layout *layout_find(struct access_state *state,
                                        const struct signature *signature) {
    for (uint32_t i = 0; i < state->layout_count; i++)
        if (signature_equal(&state->layouts[i].signature, signature))
            return &state->layouts[i];
    uint32_t place = state->layout_count;
    if (state->layout_count < LAYOUTS_MAX) {
        state->layout_count++;
    } else {
        place = state->layout_next;
        state->layout_next = (state->layout_next + 1) % LAYOUTS_MAX;
    }
    layout_make(state, signature, &state->layouts[place]);
    return &state->layouts[place];
}

// No word is empty, and behind an empty text stands its quote or bracket.
static inline void text_give(struct value *value, struct slice text) {
    bool is_null = (text.size == 1) & (*text.data == '-');
    value_set(value, text.data, text.size, is_null ? VALUE_NULL : VALUE_UTF8);
}

static inline void part_give(struct value *value, struct slice text, bool is_there) {
    bool is_null = !is_there || (text.size == 1 && *text.data == '-');
    value_set(value, text.data, text.size, is_null ? VALUE_NULL : VALUE_UTF8);
}

static void row_fill(struct access_state *state, const struct layout *layout) {
    const struct access_tokens *tokens = &state->tokens;
    struct value *values = state->row.values;
    uint32_t request_place = layout->request;
    for (uint32_t i = 0; i < request_place; i++)
        text_give(&values[i], tokens->at[i].text);
    struct access_request request = access_request_split(tokens->at[request_place].text);
    values += request_place;
    part_give(&values[0], request.method, request.method.size > 0);
    part_give(&values[1], request.stem, request.stem.size > 0);
    part_give(&values[2], request.query, request.has_query);
    part_give(&values[3], request.version, request.version.size > 0);
    values += REQUEST_PARTS - 1;
    for (uint32_t i = request_place + 1; i < tokens->count; i++)
        text_give(&values[i - request_place], tokens->at[i].text);
    state->row.count = tokens->count + REQUEST_PARTS - 1;
}

// Tomcat before 10 by its folder and file names: "Tomcat 9.0/logs/localhost_access_log.2026...".
static bool path_is_tomcat(struct slice path) {
    static const struct {
        const char *text;
        bool tomcat;
    } PARTS[] = {{"tomcat 10", false}, {"tomcat-10", false},      {"tomcat10", false},
                 {"tomcat 11", false}, {"tomcat-11", false},      {"tomcat11", false},
                 {"tomcat", true},     {"localhost_access", true}};
    uint8_t folded[4096];
    path = slice_part(path, 0, sizeof folded);
    text_fold_ascii(path.data, path.size, folded);
    for (size_t i = 0; path.size && i < ARRAY_SIZE(PARTS); i++)
        if (memmem(folded, path.size, PARTS[i].text, strlen(PARTS[i].text)))
            return PARTS[i].tomcat;
    return false;
}

static void line_read(struct access_state *state, const struct unit *unit,
                      const struct text_line *line, const struct event_sink *sink, bool tomcat) {
    struct signature signature;
    int64_t time_ns;
    if (!access_tokens_split(line->text, &state->tokens)) {
        line_gap_tell(sink, unit, line, "access log: a line with an open quote or bracket");
        return;
    }
    if (!signature_take(state, tomcat, &signature, &time_ns)) {
        line_gap_tell(sink, unit, line, "access log: a line without a time or a request");
        return;
    }
    const struct layout *layout = layout_find(state, &signature);
    row_fill(state, layout);
    struct event *event = row_event(&state->row, layout->shape, unit, line, time_ns);
    event->is_verbatim = true;
    sink->event(sink->context, event);
}

static enum status access_decode(void *context, const struct unit *unit,
                                 const struct event_sink *sink, struct problem *problem) {
    struct access_state *state = context;
    enum status status = unit_lines_begin(&state->lines, unit, sink, problem);
    bool tomcat = path_is_tomcat(unit->path);
    struct text_line line;
    while (status == STATUS_OK && unit_lines_next(&state->lines, &line))
        if (line.text.size && *line.text.data != '#')
            line_read(state, unit, &line, sink, tomcat);
    return status;
}

static int access_recognise(struct slice first, struct slice path) {
    (void)path;
    struct slice line;
    bool whole = first.size && memchr(first.data, '\n', first.size);
    unsigned lines = 0, fine = 0;
    // Tokens and the time seen last: no row is made here.
    struct access_state *state = memory_new(1, sizeof *state);
    access_tokens_init(&state->tokens);
    if (slice_starts(first, SLICE("\xEF\xBB\xBF")))
        first = slice_part(first, 3, first.size);
    while (lines < FIRST_LINES_MAX && text_next_line(&first, &line)) {
        if (line.size == 0 || (first.size == 0 && whole && lines))
            continue;
        struct signature signature;
        int64_t time_ns;
        lines++;
        fine += access_tokens_split(line, &state->tokens) &&
                signature_take(state, false, &signature, &time_ns);
    }
    memory_free(state);
    return fine * 2 >= lines && fine ? 85 : fine ? 30 : 0;
}

const struct decoder decoder_access_log = {
    .name = "access_log",
    .summary = "access logs, common or combined: Apache, nginx, Tomcat, with columns of their own",
    .division = DIVISION_LINES,
    .recognise = access_recognise,
    .new_state = access_new_state,
    .decode = access_decode,
    .free_state = access_free_state,
};
