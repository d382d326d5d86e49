// The key sequences of JSON objects, met so far
// SPDX-License-Identifier: Apache-2.0
#include "decode/json_shape.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/memory.h"
#include "decode/json_shipper.h"
#include "model/value_json.h"

#include <assert.h>
#include <emmintrin.h>
#include <string.h>

// Invariants:
// 1. A node's `next` is one of its children, or NODE_NONE.
// 2. A node's `start` is its key and a quote, cut or filled with zeroes to KEY_LOAD bytes, so
//    that most comparisons need one cache line and no loop.
// 3. A node that ends the outermost object has a shape, or its walk failed.
// 4. Nothing of a book changes what a walk gives, only how fast; but for a full one.
enum {
    NODES_MAX = 1 << 16,
    ARENA_BYTES_MAX = 6 << 20,
    KEY_LOAD = 32,
    PATH_BYTES_MAX = 1 << 20,
};

#define NODE_NONE UINT32_MAX

enum node_kind {
    NODE_ROOT,
    NODE_LEAF,
    NODE_OBJECT,
    NODE_END,
};

struct json_node {
    uint8_t start[KEY_LOAD];
    const uint8_t *key; // as written, escapes not undone
    uint32_t key_size;
    uint32_t next;
    uint32_t parent;
    uint32_t shape; // index into shapes, or NODE_NONE
    enum node_kind kind;
};

struct node_key {
    uint32_t parent;
    enum node_kind kind;
    struct slice key;
};

static bool node_equal(const void *context, uint32_t number, const void *key) {
    const struct json_book *book = context;
    const struct json_node *node = &book->nodes[number];
    const struct node_key *wanted = key;
    return node->parent == wanted->parent && node->kind == wanted->kind &&
           slice_equal(slice_of(node->key, node->key_size), wanted->key);
}

static uint64_t node_hash(const struct json_book *book, const struct node_key *key) {
    uint64_t seed = digest_mix64(book->seed, (uint64_t)key->parent << 2 | key->kind);
    return digest_hash64_seeded(key->key, seed);
}

// NODE_NONE when the book is full.
static uint32_t node_add(struct json_book *book, const struct node_key *key) {
    if (book->node_count == NODES_MAX)
        return NODE_NONE;
    struct slice copy = arena_keep(&book->arena, key->key);
    if (!copy.data)
        return NODE_NONE;
    if (book->node_count == book->node_capacity) {
        book->node_capacity = book->node_capacity ? book->node_capacity * 2 : 256;
        book->nodes = memory_resize(book->nodes, book->node_capacity, sizeof *book->nodes);
    }
    uint32_t number = book->node_count++;
    struct json_node *node = &book->nodes[number];
    *node = (struct json_node){.key = copy.data,
                               .key_size = (uint32_t)copy.size,
                               .next = NODE_NONE,
                               .parent = key->parent,
                               .shape = NODE_NONE,
                               .kind = key->kind};
    memcpy(node->start, copy.data, copy.size < KEY_LOAD ? copy.size : KEY_LOAD);
    if (copy.size < KEY_LOAD)
        node->start[copy.size] = '"';
    return number;
}

static void book_start(struct json_book *book) {
    struct node_key root = {NODE_NONE, NODE_ROOT, {NULL, 0}};
    uint32_t number = node_add(book, &root);
    assert(number == 0);
    (void)number;
}

void json_book_init(struct json_book *book, bool single) {
    // The seed keeps crafted keys from sharing a hash: it depends on where the book lies.
    *book = (struct json_book){.seed = (uint64_t)(uintptr_t)book, .single = single};
    arena_init(&book->arena, ARENA_BYTES_MAX);
    table_init(&book->table);
    book_start(book);
}

void json_book_done(struct json_book *book) {
    arena_done(&book->arena);
    table_done(&book->table);
    memory_free(book->nodes);
    memory_free(book->shapes);
    *book = (struct json_book){0};
}

void json_book_reset(struct json_book *book) {
    arena_reset(&book->arena);
    table_reset(&book->table);
    book->node_count = 0;
    book->shape_count = 0;
    book_start(book);
}

// The step is not the one that was taken last: look it up, or add it.
static __attribute__((noinline)) uint32_t book_step(struct json_book *book, uint32_t node,
                                                    enum node_kind kind, struct slice key) {
    struct node_key wanted = {node, kind, key};
    uint64_t hash = node_hash(book, &wanted);
    uint32_t child = table_find(&book->table, hash, node_equal, book, &wanted);
    if (child == TABLE_NONE) {
        child = node_add(book, &wanted);
        if (child == NODE_NONE)
            return NODE_NONE;
        table_add(&book->table, hash, child);
    }
    book->nodes[node].next = child;
    return child;
}

// Does the text at `at` (behind the opening quote) start with the node's key and a quote? May
// read JSON_PADDING bytes behind the text, which ends at `end`.
static inline bool node_starts(const struct json_node *node, const uint8_t *at,
                               const uint8_t *end) {
    uint32_t size = node->key_size + 1;
    if (size > KEY_LOAD)
        return (size_t)(end - at) >= size && memcmp(node->key, at, node->key_size) == 0 &&
               at[node->key_size] == '"';
    const __m128i *start = (const __m128i *)(const void *)node->start;
    const __m128i *text = (const __m128i *)(const void *)at;
    __m128i low = _mm_cmpeq_epi8(_mm_loadu_si128(start), _mm_loadu_si128(text));
    __m128i high = _mm_cmpeq_epi8(_mm_loadu_si128(start + 1), _mm_loadu_si128(text + 1));
    uint32_t equal = (uint32_t)_mm_movemask_epi8(low) | (uint32_t)_mm_movemask_epi8(high) << 16;
    return (~equal & (uint32_t)(((uint64_t)1 << size) - 1)) == 0;
}

// What a walk carries from token to token.
struct walk {
    struct json_book *book;
    const struct json_index *index;
    struct value *values;
    uint32_t count;
    uint32_t token;
    uint32_t node;
    uint32_t depth;
    enum json_fault fault;
};

static enum json_walk walk_break(struct walk *walk, enum json_fault fault) {
    walk->fault = fault;
    return JSON_WALK_BROKEN;
}

static inline enum json_walk walk_key(struct walk *walk, enum node_kind kind) {
    const struct json_book *book = walk->book;
    const uint8_t *key = walk->index->data + walk->index->at[walk->token] + 1;
    uint32_t child = book->nodes[walk->node].next;
    if (child != NODE_NONE && book->nodes[child].kind == kind &&
        node_starts(&book->nodes[child], key, json_index_end(walk->index))) {
        walk->node = child;
        return JSON_WALK_FINE;
    }
    child = book_step(walk->book, walk->node, kind, json_string(walk->index, walk->token));
    if (child == NODE_NONE)
        return JSON_WALK_BOOK_FULL;
    walk->node = child;
    return JSON_WALK_FINE;
}

// A number, true, false or null. Kinds by the first byte; checked whole.
static bool scalar_value(struct slice text, struct value *ret_value) {
    *ret_value = (struct value){text.data, (uint32_t)text.size, VALUE_JSON_NUMBER, {0}};
    size_t i = 0;
    while (i < text.size && text.data[i] >= '0' && text.data[i] <= '9')
        i++;
    if (i == text.size && (*text.data != '0' || text.size == 1))
        return true; // most are plain integers
    if (json_is_word(text)) {
        ret_value->kind = *text.data == 'n' ? VALUE_NULL : VALUE_JSON_BOOL;
        return true;
    }
    return json_is_number(text);
}

// The leaf whose value is at the token: a string, a scalar, an array or an empty object.
static inline enum json_walk walk_leaf(struct walk *walk, uint8_t byte) {
    const struct json_index *index = walk->index;
    if (walk->count == SHAPE_FIELDS_MAX)
        return JSON_WALK_MANY;
    struct value *value = &walk->values[walk->count++];
    if (byte == '"') {
        struct slice inside = json_string(index, walk->token);
        *value = (struct value){inside.data, (uint32_t)inside.size, VALUE_JSON_STRING, {0}};
        walk->token++;
        return JSON_WALK_FINE;
    }
    if (byte == '[' || byte == '{') {
        uint32_t start = index->at[walk->token];
        enum json_fault fault = json_skip(index, walk->token, &walk->token);
        if (fault)
            return walk_break(walk, fault);
        uint32_t size = index->at[walk->token - 1] + 1 - start;
        *value = (struct value){index->data + start, size, VALUE_JSON_RAW, {0}};
        return JSON_WALK_FINE;
    }
    if (byte == 0 || byte == '}' || byte == ']' || byte == ',' || byte == ':')
        return walk_break(walk, JSON_BAD_STRUCTURE);
    if (!scalar_value(json_token(index, walk->token), value))
        return walk_break(walk, JSON_BAD_SCALAR);
    walk->token++;
    return JSON_WALK_FINE;
}

// Close as many objects as end here.
static inline enum json_walk walk_ends(struct walk *walk) {
    while (json_byte(walk->index, walk->token) == '}') {
        walk->token++;
        walk->depth--;
        const struct json_book *book = walk->book;
        uint32_t child = book->nodes[walk->node].next;
        if (child == NODE_NONE || book->nodes[child].kind != NODE_END)
            child = book_step(walk->book, walk->node, NODE_END, (struct slice){NULL, 0});
        if (child == NODE_NONE)
            return JSON_WALK_BOOK_FULL;
        walk->node = child;
        if (walk->depth == 0)
            return JSON_WALK_FINE;
    }
    if (json_byte(walk->index, walk->token) != ',')
        return walk_break(walk, JSON_BAD_STRUCTURE);
    walk->token++;
    return JSON_WALK_FINE;
}

static inline bool is_digits(const uint8_t *at, const uint8_t *end) {
    while (at < end && *at >= '0' && *at <= '9')
        at++;
    return at == end;
}

// Members as most are: the key that came last time, a string or a plain integer, and a comma.
// Takes as many as there are and leaves the rest, right or wrong, to walk_members.
static inline void walk_plain_members(struct walk *walk) {
    const struct json_node *nodes = walk->book->nodes;
    const uint8_t *data = walk->index->data;
    const uint32_t *at = walk->index->at + walk->token;
    const uint8_t *text_end = json_index_end(walk->index);
    struct value *value = walk->values + walk->count;
    const struct value *value_end = walk->values + SHAPE_FIELDS_MAX;
    uint32_t node = walk->node;
    uint32_t left = walk->index->count - walk->token; // key, colon, value, comma and one more
    for (; left >= 5 && value < value_end; left -= 4) {
        uint32_t child = nodes[node].next;
        if (data[at[0]] != '"' || data[at[1]] != ':' || child == NODE_NONE ||
            nodes[child].kind != NODE_LEAF || data[at[3]] != ',' ||
            !node_starts(&nodes[child], data + at[0] + 1, text_end))
            break;
        const uint8_t *start = data + at[2], *end = data + at[3];
        if (*start == '"') {
            while (end[-1] != '"')
                end--;
            *value = (struct value){start + 1, (uint32_t)(end - start) - 2, VALUE_JSON_STRING, {0}};
        } else if (*start >= '1' && *start <= '9' && is_digits(start, end)) {
            *value = (struct value){start, (uint32_t)(end - start), VALUE_JSON_NUMBER, {0}};
        } else {
            break;
        }
        value++;
        at += 4;
        node = child;
    }
    walk->count = (uint32_t)(value - walk->values);
    walk->token = (uint32_t)(at - walk->index->at);
    walk->node = node;
}

// From the first key of the outermost object to behind its end.
static enum json_walk walk_members(struct walk *walk) {
    const struct json_index *index = walk->index;
    walk->depth = 1;
    while (walk->depth) {
        walk_plain_members(walk);
        if (json_byte(index, walk->token) != '"' || json_byte(index, walk->token + 1) != ':')
            return walk_break(walk, JSON_BAD_STRUCTURE);
        uint8_t byte = json_byte(index, walk->token + 2);
        bool opens = byte == '{' && json_byte(index, walk->token + 3) != '}';
        enum json_walk result = walk_key(walk, opens ? NODE_OBJECT : NODE_LEAF);
        if (result)
            return result;
        walk->token += 2;
        if (opens) {
            if (walk->depth++ == JSON_DEPTH_MAX)
                return walk_break(walk, JSON_TOO_DEEP);
            walk->token++;
            continue;
        }
        result = walk_leaf(walk, byte);
        if (!result)
            result = walk_ends(walk);
        if (result)
            return result;
    }
    return JSON_WALK_FINE;
}

// Undo a key's escapes into the arena. {NULL, 0} when it is full.
static struct slice key_text(struct json_book *book, const struct json_node *node) {
    if (!memchr(node->key, '\\', node->key_size))
        return slice_of(node->key, node->key_size);
    struct buffer buffer;
    buffer_init(&buffer, PATH_BYTES_MAX);
    struct value value = {node->key, node->key_size, VALUE_JSON_STRING, {0}};
    value_json_append_text(&value, &buffer);
    struct slice text = {NULL, 0};
    if (!buffer.failed)
        text = arena_keep(&book->arena, buffer_slice(&buffer));
    buffer_done(&buffer);
    return text;
}

// The path of `above` with one more key. {NULL, 0} when the arena is full or the path too long.
static struct slice path_text(struct json_book *book, struct slice above, struct slice key) {
    if (above.size + key.size + 1 > PATH_BYTES_MAX)
        return (struct slice){NULL, 0};
    uint8_t *text = arena_new(&book->arena, above.size + key.size + 1, 1);
    if (!text)
        return (struct slice){NULL, 0};
    size_t size = 0;
    if (above.size) {
        memcpy(text, above.data, above.size);
        size = above.size;
        text[size++] = '.';
    }
    if (key.size)
        memcpy(text + size, key.data, key.size);
    return slice_of(text, size + key.size);
}

// Leaves of the object that ends at `last`, from its nodes in walking order (`steps`).
static bool leaves_make(struct json_book *book, const uint32_t *steps, size_t step_count,
                        struct json_leaf *leaves) {
    struct json_leaf above[JSON_DEPTH_MAX + 1] = {0};
    size_t depth = 0;
    uint32_t count = 0;
    for (size_t i = 0; i < step_count; i++) {
        const struct json_node *node = &book->nodes[steps[i]];
        if (node->kind == NODE_END) {
            depth -= depth > 0;
            continue;
        }
        struct json_leaf leaf = {.key = key_text(book, node),
                                 .parent = above[depth].key,
                                 .grandparent = above[depth].parent};
        leaf.path = path_text(book, above[depth].path, leaf.key);
        if (!leaf.key.data || !leaf.path.data)
            return false;
        assert(depth < JSON_DEPTH_MAX);
        if (node->kind == NODE_LEAF)
            leaves[count++] = leaf;
        else
            above[++depth] = leaf;
    }
    return true;
}

static bool shape_fill(struct json_book *book, const struct json_leaf *leaves, uint32_t count,
                       struct json_shape *shape) {
    struct json_naming naming;
    if (!json_shipper_name(leaves, count, &book->arena, &naming))
        return false;
    shape->shape = (struct shape){.id = book->single ? SHAPE_ID_NONE : book->shape_count,
                                  .field_count = naming.field_count,
                                  .fields = naming.fields,
                                  .format = naming.format};
    memcpy(shape->shape.role_fields, naming.role_fields, sizeof naming.role_fields);
    shape->received_local = naming.received_local;
    shape->received_utc = naming.received_utc;
    shape->is_log_unsaid = naming.is_log_unsaid;
    shape->log = naming.log;
    return true;
}

static void shape_keep(struct json_book *book, struct json_shape *shape) {
    if (book->shape_count == book->shape_capacity) {
        book->shape_capacity = book->shape_capacity ? book->shape_capacity * 2 : 64;
        book->shapes = memory_resize(book->shapes, book->shape_capacity, sizeof *book->shapes);
    }
    book->shapes[book->shape_count++] = shape;
}

// The shape of the object whose end is `node`, made at first sight. NULL: no room.
static __attribute__((noinline)) struct json_shape *shape_make(struct json_book *book,
                                                               uint32_t node, uint32_t count) {
    if (book->shape_count == SHAPES_MAX)
        return NULL;
    size_t step_count = 0;
    for (uint32_t at = node; at != 0; at = book->nodes[at].parent)
        step_count++;
    uint32_t *steps = memory_new(step_count, sizeof *steps);
    size_t left = step_count;
    for (uint32_t at = node; at != 0; at = book->nodes[at].parent)
        steps[--left] = at;
    struct json_leaf *leaves = memory_new(count ? count : 1, sizeof *leaves);
    struct json_shape *shape = arena_new(&book->arena, 1, sizeof *shape);
    bool made = shape && leaves_make(book, steps, step_count, leaves) &&
                shape_fill(book, leaves, count, shape);
    memory_free(steps);
    memory_free(leaves);
    if (!made)
        return NULL;
    book->nodes[node].shape = book->shape_count;
    shape_keep(book, shape);
    return shape;
}

enum json_walk json_book_walk(struct json_book *book, const struct json_index *index,
                              uint32_t *token, struct json_row *row,
                              const struct json_shape **ret_shape, enum json_fault *ret_fault) {
    struct walk walk = {.book = book, .index = index, .values = row->values, .token = *token};
    enum json_walk result = JSON_WALK_FINE;
    if (json_byte(index, walk.token) != '{')
        result = walk_break(&walk, JSON_BAD_STRUCTURE);
    walk.token++;
    if (!result && json_byte(index, walk.token) == '}') {
        walk.depth = 1;
        result = walk_ends(&walk);
    } else if (!result) {
        result = walk_members(&walk);
    }
    if (result) {
        *ret_fault = walk.fault;
        return result;
    }
    uint32_t number = book->nodes[walk.node].shape;
    const struct json_shape *shape =
        number != NODE_NONE ? book->shapes[number] : shape_make(book, walk.node, walk.count);
    if (!shape)
        return JSON_WALK_BOOK_FULL;
    *token = walk.token;
    row->count = walk.count;
    *ret_shape = shape;
    return JSON_WALK_FINE;
}
