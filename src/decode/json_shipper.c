// Who wrote a JSON line, and what its fields are
// SPDX-License-Identifier: Apache-2.0
#include "decode/json_shipper.h"

#include "decode/json_shipper_rows.h"

#include <assert.h>
#include <string.h>

static const char *const wrappers[] = {"_source.", "result.", "Event.", "data.win."};

enum {
    PATH_PLAIN_MAX = 512, // a longer path is in no table
    WRAPPERS_MAX = 3,     // inside each other
};

// A path in the form the tables have.
struct plain_path {
    char text[PATH_PLAIN_MAX];
    size_t size; // 0: too long
};

static bool path_has(struct slice rest, const char *step) {
    return slice_starts(rest, slice_of_string(step));
}

// How many bytes of `rest` are no step of their own: "#attributes." or ".#text".
static size_t path_noise(struct slice rest) {
    static const char *const noise[] = {".#attributes", "_attributes", ".#text"};
    for (size_t i = 0; i < ARRAY_SIZE(noise); i++) {
        size_t size = strlen(noise[i]);
        if (path_has(rest, noise[i]) && (rest.size == size || rest.data[size] == '.'))
            return size;
    }
    return 0;
}

static void plain_path_make(struct slice path, struct plain_path *plain) {
    plain->size = 0;
    for (size_t i = 0, turn = 0; i < ARRAY_SIZE(wrappers) && turn < WRAPPERS_MAX; i++) {
        if (!path_has(path, wrappers[i]))
            continue;
        size_t size = strlen(wrappers[i]);
        if (slice_ends(slice_of(path.data, size), SLICE("win.")))
            size -= 4; // only data. goes
        path = slice_part(path, size, path.size);
        turn++;
    }
    for (size_t at = 0; at < path.size;) {
        size_t noise = path_noise(slice_part(path, at, path.size));
        at += noise;
        if (noise)
            continue;
        if (plain->size == PATH_PLAIN_MAX) {
            plain->size = 0;
            return;
        }
        plain->text[plain->size++] = (char)path.data[at++];
    }
}

static bool plain_is(const struct plain_path *plain, const char *text) {
    return slice_equal_string(slice_of(plain->text, plain->size), text);
}

static const struct shipper_row *shipper_row_find(const struct shipper *shipper,
                                                  const struct plain_path *plain) {
    for (const struct shipper_row *row = shipper->rows; row->path; row++)
        if (plain_is(plain, row->path))
            return row;
    return NULL;
}

static bool shipper_is_data(const struct shipper *shipper, const struct plain_path *plain) {
    for (size_t i = 0; i < SHIPPER_DATA && shipper->data[i]; i++)
        if (path_has(slice_of(plain->text, plain->size), shipper->data[i]))
            return true;
    return false;
}

static const struct shipper *shipper_find(const struct json_leaf *leaves, uint32_t count) {
    // Bit m of seen[s]: mark m of shipper s is there.
    uint8_t seen[SHIPPERS] = {0};
    for (uint32_t i = 0; i < count; i++) {
        struct plain_path plain;
        plain_path_make(leaves[i].path, &plain);
        for (size_t s = 0; s < SHIPPERS; s++)
            for (unsigned m = 0; m < SHIPPER_MARKS && shippers[s].marks[m]; m++)
                if (plain_is(&plain, shippers[s].marks[m]))
                    seen[s] |= (uint8_t)(1u << m);
    }
    for (size_t s = 0; s < SHIPPERS; s++) {
        unsigned marks = 0;
        while (marks < SHIPPER_MARKS && shippers[s].marks[marks])
            marks++;
        if (seen[s] == (1u << marks) - 1)
            return &shippers[s];
    }
    return NULL;
}

// evtx_dump's attributes go by their element too, as everywhere: "Event_xmlns". {NULL, 0}: the
// leaf is no attribute, or the arena is full.
static struct slice attribute_name(const struct json_leaf *leaf, struct arena *arena) {
    const struct slice ending = SLICE("_attributes");
    struct slice element = {NULL, 0};
    if (slice_equal(leaf->parent, SLICE("#attributes")))
        element = leaf->grandparent;
    else if (slice_ends(leaf->parent, ending))
        element = slice_part(leaf->parent, 0, leaf->parent.size - ending.size);
    if (!element.size)
        return element;
    size_t size = element.size + 1 + leaf->key.size;
    uint8_t *name = arena_new(arena, size, 1);
    if (!name)
        return (struct slice){NULL, 0};
    memcpy(name, element.data, element.size);
    name[element.size] = '_';
    if (leaf->key.size)
        memcpy(name + element.size + 1, leaf->key.data, leaf->key.size);
    return slice_of(name, size);
}

// The last key, without evtx_dump's "#text" step; "Image" for Wazuh's "image". {NULL, 0}: the
// arena is full.
static struct slice leaf_name(const struct shipper *shipper, const struct json_leaf *leaf,
                              bool data, struct arena *arena) {
    bool text = slice_equal(leaf->key, SLICE("#text")) && leaf->parent.size;
    struct slice name = text ? leaf->parent : leaf->key;
    bool upper = data && shipper->traits & SHIPPER_LOWER_CAMEL;
    if (!upper || name.size == 0 || *name.data < 'a' || *name.data > 'z')
        return name;
    uint8_t *copy = arena_new(arena, name.size, 1);
    if (!copy)
        return (struct slice){NULL, 0};
    memcpy(copy, name.data, name.size);
    copy[0] = (uint8_t)(copy[0] - 0x20);
    return slice_of(copy, name.size);
}

// Rows that took each role so far: a leaf whose row comes earlier takes it over.
struct role_rows {
    const struct shipper_row *rows[FIELD_ROLE_COUNT];
};

static void naming_claim_role(struct json_naming *naming, struct role_rows *claimed, int32_t field,
                              const struct shipper_row *row) {
    const struct shipper_row **holder = &claimed->rows[row->role];
    if (row->role == FIELD_ROLE_NONE || (*holder && *holder <= row))
        return;
    int32_t *role_field = &naming->role_fields[row->role];
    if (*role_field >= 0)
        naming->fields[*role_field].role = FIELD_ROLE_NONE;
    *holder = row;
    *role_field = field;
    naming->fields[field].role = row->role;
}

static bool naming_add(struct json_naming *naming, const struct shipper *shipper,
                       const struct json_leaf *leaf, struct role_rows *claimed, int32_t at,
                       struct arena *arena) {
    struct shape_field *field = &naming->fields[at];
    struct plain_path plain;
    plain_path_make(leaf->path, &plain);
    const struct shipper_row *row = shipper_row_find(shipper, &plain);
    bool data = !row && shipper_is_data(shipper, &plain);
    field->path = leaf->path;
    field->slot = (struct slot){.bank = 0, .index = (uint16_t)at};
    struct slice attribute = {NULL, 0};
    if (!row && shipper->traits & SHIPPER_ATTRIBUTES)
        attribute = attribute_name(leaf, arena);
    if (row && row->name)
        field->name = slice_of_string(row->name);
    else if (attribute.size)
        field->name = attribute;
    else if (data || shipper->traits & SHIPPER_FLAT)
        field->name = leaf_name(shipper, leaf, data, arena);
    else
        field->name = leaf->path;
    if (row)
        naming_claim_role(naming, claimed, at, row);
    if (shipper->traits & SHIPPER_RECEIVED && plain_is(&plain, "EventReceivedTime"))
        naming->received_local = at;
    if (shipper->traits & SHIPPER_RECEIVED && plain_is(&plain, "@timestamp"))
        naming->received_utc = at;
    return field->name.data != NULL;
}

// Which log a record without such a member is of: members that only this one has.
static const struct {
    const char *log;
    const char *member;
} zeek_logs[] = {
    {"conn", "conn_state"},
    {"dns", "rejected"},
    {"http", "trans_depth"},
    {"ssl", "established"},
    {"x509", "certificate.serial"},
    {"smb_mapping", "share_type"},
    {"dce_rpc", "named_pipe"},
    {"dce_rpc", "endpoint"},
    {"kerberos", "request_type"},
    {"ntlm", "domainname"},
    {"ntlm", "server_dns_computer_name"},
    {"dhcp", "msg_types"},
    {"rdp", "security_protocol"},
    {"smtp", "rcptto"},
    {"smtp", "helo"},
    {"ftp", "reply_code"},
    {"notice", "suppress_for"},
    {"dpd", "failure_reason"},
    {"tunnel", "tunnel_type"},
    {"pe", "subsystem"},
    {"software", "software_type"},
    {"smb_files", "times.modified"},
    {"smb_files", "times_modified"},
    {"files", "analyzers"},
    {"ssh", "auth_attempts"},
    {"ssh", "client"},
};

static const char *zeek_log(const struct json_leaf *leaves, uint32_t count) {
    for (size_t row = 0; row < ARRAY_SIZE(zeek_logs); row++)
        for (uint32_t i = 0; i < count; i++)
            if (slice_equal_string(leaves[i].path, zeek_logs[row].member))
                return zeek_logs[row].log;
    return NULL;
}

// Zeek's records say what they are by their file's name, and by what they are made of. The
// field's value is the decoder's own, in a bank of its own.
static void naming_add_log(struct json_naming *naming, const struct json_leaf *leaves,
                           uint32_t count) {
    naming->log = zeek_log(leaves, count);
    naming->is_log_unsaid = true;
    naming->fields[count] = (struct shape_field){.name = SLICE("_path"),
                                                 .path = SLICE("_path"),
                                                 .slot = {.bank = 1, .index = 0},
                                                 .role = FIELD_ROLE_CHANNEL};
    naming->role_fields[FIELD_ROLE_CHANNEL] = (int32_t)count;
    naming->field_count = count + 1;
}

bool json_shipper_name(const struct json_leaf *leaves, uint32_t count, struct arena *arena,
                       struct json_naming *ret_naming) {
    const struct shipper *shipper = shipper_find(leaves, count);
    if (!shipper)
        shipper = &shipper_unknown;
    struct json_naming naming = {.format = shipper->format,
                                 .field_count = count,
                                 .fields = arena_new(arena, count + 1, sizeof *naming.fields),
                                 .received_local = -1,
                                 .received_utc = -1};
    if (!naming.fields)
        return false;
    for (int role = 0; role < FIELD_ROLE_COUNT; role++)
        naming.role_fields[role] = -1;
    struct role_rows claimed = {0};
    for (uint32_t i = 0; i < count; i++)
        if (!naming_add(&naming, shipper, &leaves[i], &claimed, (int32_t)i, arena))
            return false;
    if (shipper->traits & SHIPPER_LOG_UNSAID && naming.role_fields[FIELD_ROLE_CHANNEL] < 0 &&
        count < SHAPE_FIELDS_MAX)
        naming_add_log(&naming, leaves, count);
    *ret_naming = naming;
    return true;
}
