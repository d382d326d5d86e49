// Indicators in STIX 2.1 bundles and MISP events
// SPDX-License-Identifier: Apache-2.0
#include "match/indicator_set.h"

#include "base/clock.h"
#include "base/json.h"
#include "base/text.h"
#include "match/stix_pattern.h"
#include "model/value.h"

enum {
    TEXTS = 8,
    TEXT_MAX = 64 << 10
};

struct document {
    struct indicator_reader *reader;
    struct json_index index;
    struct buffer texts[TEXTS]; // unescaped members of the object in work
    struct marking_book markings;
};

// One member after the other: *at is '{' or ',' before, the byte behind the value afterwards. False
// at the end. The whole document has been checked by json_skip.
static bool next_member(const struct json_index *index, uint32_t *at, struct slice *ret_key,
                        uint32_t *ret_value) {
    uint8_t byte = json_byte(index, *at);
    if ((byte != '{' && byte != ',') || json_byte(index, *at + 1) != '"')
        return false;
    *ret_key = json_string(index, *at + 1);
    *ret_value = *at + 3;
    return json_skip(index, *ret_value, at) == JSON_FINE;
}

static bool next_element(const struct json_index *index, uint32_t *at, uint32_t *ret_value) {
    uint8_t byte = json_byte(index, *at);
    if ((byte != '[' && byte != ',') || json_byte(index, *at + 1) == ']')
        return false;
    *ret_value = *at + 1;
    return json_skip(index, *ret_value, at) == JSON_FINE;
}

// A string's text, a number's digits; empty for the rest.
static struct slice text_of(struct document *document, uint32_t token, unsigned place) {
    struct buffer *to = &document->texts[place];
    struct slice whole = json_token(&document->index, token);
    buffer_reset(to);
    if (json_byte(&document->index, token) != '"')
        return json_is_number(whole) || json_is_word(whole) ? whole : SLICE("");
    struct slice inside = json_string(&document->index, token);
    if (inside.size > TEXT_MAX / 4)
        return SLICE("");
    struct value value = {
        .data = inside.data, .size = (uint32_t)inside.size, .kind = VALUE_JSON_STRING};
    value_append_text(&value, to);
    return buffer_slice(to);
}

static uint32_t line_of(const struct document *document, uint32_t token) {
    uint32_t line = 1;
    const uint8_t *data = document->index.data;
    const uint8_t *until = data + document->index.at[token];
    for (const uint8_t *at = data; (at = memchr(at, '\n', (size_t)(until - at))); at++)
        line++;
    return line;
}

// "extensions": {ID: {"tlp_2_0": "amber"}}, "definition": {"tlp": "amber"}.
static unsigned definition_marked(struct document *document, uint32_t object, unsigned depth) {
    struct slice key;
    uint32_t value, at = object;
    unsigned said = 0;
    if (json_byte(&document->index, object) != '{')
        return 0;
    while (next_member(&document->index, &at, &key, &value)) {
        if (slice_equal(key, SLICE("tlp_2_0")) || slice_equal(key, SLICE("tlp")))
            said = marked_strictest(said, marked_of(text_of(document, value, 7)));
        else if (depth < 2 && json_byte(&document->index, value) == '{')
            said = marked_strictest(said, definition_marked(document, value, depth + 1));
    }
    return said;
}

// Objects may refer to markings that stand behind them, so these are read first.
static enum status stix_marking(struct document *document, uint32_t object) {
    struct slice key, type = SLICE(""), id = SLICE("");
    uint32_t value, at = object;
    unsigned said = 0;
    while (next_member(&document->index, &at, &key, &value)) {
        if (slice_equal(key, SLICE("type")))
            type = text_of(document, value, 0);
        else if (slice_equal(key, SLICE("id")))
            id = json_string(&document->index, value);
        else if (slice_equal(key, SLICE("name"))) {
            struct slice name = text_of(document, value, 1);
            if (text_starts_fold_ascii(name, SLICE("tlp:")))
                said = marked_strictest(said, marked_of(name));
        }
    }
    if (slice_equal(type, SLICE("marking-definition")))
        marking_book_add(&document->markings, id,
                         marked_strictest(said, definition_marked(document, object, 0)));
    return STATUS_OK;
}

// "object_marking_refs": ids; "granular_markings": objects with one each, which say it of a part:
// the strictest part holds for the whole.
static unsigned stix_marked(struct document *document, uint32_t list) {
    struct slice key;
    uint32_t value, member;
    unsigned said = 0;
    while (next_element(&document->index, &list, &value)) {
        uint32_t at = value;
        if (json_byte(&document->index, value) == '"')
            said = marked_strictest(
                said, marking_book_find(&document->markings, json_string(&document->index, value)));
        while (json_byte(&document->index, value) == '{' &&
               next_member(&document->index, &at, &key, &member))
            if (slice_equal(key, SLICE("marking_ref")))
                said = marked_strictest(
                    said,
                    marking_book_find(&document->markings, json_string(&document->index, member)));
    }
    return said;
}

static bool key_marks(struct slice key) {
    return slice_equal(key, SLICE("object_marking_refs")) ||
           slice_equal(key, SLICE("granular_markings"));
}

static enum status stix_object(struct document *document, uint32_t object) {
    struct slice key, type = SLICE(""), text = SLICE(""), name = SLICE(""),
                      language = SLICE("stix");
    bool revoked = false;
    uint32_t value, at = object;
    int64_t number;
    struct stix_pattern pattern = {.reader = document->reader,
                                   .literal = &document->texts[5],
                                   .best = &document->texts[6],
                                   .about = {.confidence = -1, .until_ns = CLOCK_NONE},
                                   .status = STATUS_OK};
    while (next_member(&document->index, &at, &key, &value)) {
        if (slice_equal(key, SLICE("type")))
            type = text_of(document, value, 0);
        else if (slice_equal(key, SLICE("pattern")))
            text = text_of(document, value, 1);
        else if (slice_equal(key, SLICE("name")))
            name = text_of(document, value, 2);
        else if (slice_equal(key, SLICE("pattern_type")))
            language = text_of(document, value, 3);
        else if (slice_equal(key, SLICE("valid_until")))
            clock_parse(text_of(document, value, 4), &pattern.about.until_ns);
        else if (slice_equal(key, SLICE("revoked")))
            revoked = slice_equal(text_of(document, value, 7), SLICE("true"));
        else if (key_marks(key) && json_byte(&document->index, value) == '[')
            pattern.about.marked =
                marked_strictest(pattern.about.marked, stix_marked(document, value));
        else if (slice_equal(key, SLICE("confidence")) &&
                 text_integer(text_of(document, value, 7), &number))
            pattern.about.confidence = number < 0 || number > 100 ? -1 : (int)number;
    }
    if (!slice_equal(type, SLICE("indicator")) || revoked)
        return STATUS_OK;
    pattern.about.description = name;
    bool taken = slice_equal(language, SLICE("stix")) && stix_pattern_read(&pattern, text);
    if (!taken)
        indicator_complain(document->reader, line_of(document, object),
                           "a pattern that says more than simple comparisons, or none", text);
    return pattern.status;
}

// MISP: "Tag": [{"name": "tlp:amber"}, ...]; other tags say nothing here.
static unsigned misp_tags(struct document *document, uint32_t list) {
    struct slice key;
    uint32_t value, member;
    unsigned said = 0;
    if (json_byte(&document->index, list) != '[')
        return 0;
    while (next_element(&document->index, &list, &value)) {
        uint32_t at = value;
        while (json_byte(&document->index, value) == '{' &&
               next_member(&document->index, &at, &key, &member)) {
            struct slice name =
                slice_equal(key, SLICE("name")) ? text_of(document, member, 3) : SLICE("");
            if (text_starts_fold_ascii(name, SLICE("tlp:")))
                said = marked_strictest(said, marked_of(name));
        }
    }
    return said;
}

// MISP: an attribute of an event or of one of its objects.
static enum status misp_attribute(struct document *document, uint32_t object) {
    struct slice key, type = SLICE(""), text = SLICE("");
    bool wanted = true, deleted = false;
    uint32_t value, at = object;
    struct indicator_about about = {.confidence = -1, .until_ns = CLOCK_NONE};
    while (next_member(&document->index, &at, &key, &value)) {
        if (slice_equal(key, SLICE("type")))
            type = text_of(document, value, 0);
        else if (slice_equal(key, SLICE("value")))
            text = text_of(document, value, 1);
        else if (slice_equal(key, SLICE("comment")))
            about.description = text_of(document, value, 2);
        else if (slice_equal(key, SLICE("to_ids")))
            wanted = !slice_equal(text_of(document, value, 7), SLICE("false"));
        else if (slice_equal(key, SLICE("deleted")))
            deleted = slice_equal(text_of(document, value, 7), SLICE("true"));
        else if (slice_equal(key, SLICE("Tag")))
            about.marked = marked_strictest(about.marked, misp_tags(document, value));
    }
    if (!wanted || deleted || text.size == 0)
        return STATUS_OK;
    // "filename|md5", "ip-dst|port", "domain|ip": the part that says most.
    const uint8_t *bar = type.size ? memchr(type.data, '|', type.size) : NULL;
    const uint8_t *cut = bar ? memchr(text.data, '|', text.size) : NULL;
    if (bar && cut) {
        size_t head = (size_t)(cut - text.data), word = (size_t)(bar - type.data);
        bool second = slice_equal(slice_part(type, 0, word), SLICE("filename"));
        text = second ? slice_part(text, head + 1, SIZE_MAX) : slice_part(text, 0, head);
        type = second ? slice_part(type, word + 1, SIZE_MAX) : slice_part(type, 0, word);
    }
    about.text = text;
    about.has_kind = indicator_kind_find(type, &about.kind);
    // Texts, links, comments and many more are no indicators of ours.
    return about.has_kind ? indicator_add(document->reader, &about) : STATUS_OK;
}

typedef enum status document_step(struct document *document, uint32_t object);

static enum status each_object(struct document *document, uint32_t list, document_step *step) {
    enum status status = STATUS_OK;
    uint32_t value;
    while (status == STATUS_OK && next_element(&document->index, &list, &value))
        if (json_byte(&document->index, value) == '{')
            status = step(document, value);
    return status;
}

static enum status misp_object(struct document *document, uint32_t object) {
    struct slice key;
    uint32_t value, at = object;
    enum status status = STATUS_OK;
    while (status == STATUS_OK && next_member(&document->index, &at, &key, &value))
        if (slice_equal(key, SLICE("Attribute")))
            status = each_object(document, value, misp_attribute);
    return status;
}

// What an event's tags say holds for all of its attributes; tags may stand behind these.
static unsigned misp_event_marked(struct document *document, uint32_t object) {
    struct slice key;
    uint32_t value, inner, at = object;
    unsigned said = 0;
    while (next_member(&document->index, &at, &key, &value)) {
        if (slice_equal(key, SLICE("Tag")))
            said = marked_strictest(said, misp_tags(document, value));
        if (!slice_equal(key, SLICE("Event")) || json_byte(&document->index, value) != '{')
            continue;
        uint32_t part = value;
        while (next_member(&document->index, &part, &key, &inner))
            if (slice_equal(key, SLICE("Tag")))
                said = marked_strictest(said, misp_tags(document, inner));
    }
    return said;
}

// {"Event": {...}} or the event itself.
static enum status misp_event(struct document *document, uint32_t object) {
    struct slice key;
    uint32_t value, at = object;
    enum status status = STATUS_OK;
    document->reader->marked = misp_event_marked(document, object);
    while (status == STATUS_OK && next_member(&document->index, &at, &key, &value)) {
        bool inner = slice_equal(key, SLICE("Event")) && json_byte(&document->index, value) == '{';
        if (slice_equal(key, SLICE("Attribute")))
            status = each_object(document, value, misp_attribute);
        else if (slice_equal(key, SLICE("Object")))
            status = each_object(document, value, misp_object);
        else if (inner)
            status = misp_object(document, value);
        if (inner && status == STATUS_OK) {
            uint32_t part = value;
            while (status == STATUS_OK && next_member(&document->index, &part, &key, &value))
                if (slice_equal(key, SLICE("Object")))
                    status = each_object(document, value, misp_object);
        }
    }
    return status;
}

static enum status misp_warning(struct document *document, uint32_t list) {
    enum status status = STATUS_OK;
    uint32_t value;
    while (status == STATUS_OK && next_element(&document->index, &list, &value)) {
        struct indicator_about about = {
            .text = text_of(document, value, 1), .confidence = -1, .until_ns = CLOCK_NONE};
        document->reader->ignored = true;
        if (about.text.size)
            status = indicator_add(document->reader, &about);
    }
    return status;
}

static enum status document_read(struct document *document) {
    const struct json_index *index = &document->index;
    struct slice key;
    uint32_t value, at = 0;
    if (json_byte(index, 0) == '[')
        return each_object(document, 0, misp_event);
    while (next_member(index, &at, &key, &value)) {
        if (slice_equal(key, SLICE("objects"))) {
            enum status status = each_object(document, value, stix_marking);
            return status == STATUS_OK ? each_object(document, value, stix_object) : status;
        }
        if (slice_equal(key, SLICE("response")))
            return json_byte(index, value) == '[' ? each_object(document, value, misp_event)
                                                  : misp_event(document, value);
        if (slice_equal(key, SLICE("list")))
            return misp_warning(document, value);
        if (slice_equal(key, SLICE("Event")) || slice_equal(key, SLICE("Attribute")))
            return misp_event(document, 0);
    }
    if (json_byte(index, 0) == '{')
        return stix_object(document, 0);
    return STATUS_OK;
}

enum status indicator_read_json(struct indicator_reader *reader, struct slice text) {
    struct document document = {.reader = reader};
    const char *path = (const char *)reader->set->files[reader->file].data;
    json_index_init(&document.index);
    document.index.tokens_max = UINT32_MAX / 8;
    for (size_t i = 0; i < TEXTS; i++)
        buffer_init(&document.texts[i], TEXT_MAX);
    enum json_fault fault = json_index_build(&document.index, text);
    uint32_t end = 0;
    if (fault == JSON_FINE)
        fault = json_check(&document.index, &end);
    if (fault == JSON_FINE && end != document.index.count)
        fault = JSON_BAD_STRUCTURE;
    uint32_t last = document.index.count ? document.index.count - 1 : 0;
    uint32_t line = document.index.count ? line_of(&document, end < last && end ? end : last) : 1;
    enum status status = fault == JSON_FINE
                             ? document_read(&document)
                             : problem_set(reader->problem, STATUS_USAGE, "indicators %s:%u: %s",
                                           path, line, json_fault_text(fault));
    for (size_t i = 0; i < TEXTS; i++)
        buffer_done(&document.texts[i]);
    json_index_done(&document.index);
    return status;
}
