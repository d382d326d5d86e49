// What a table of files or programs is, by its header
// SPDX-License-Identifier: Apache-2.0
#include "decode/forensic_kind.h"

#include "base/text.h"

#include <string.h>

enum {
    TOOL_NAMES = 4,
    SYNONYM_NAMES = 12,
};

static const struct {
    const char *format;
    enum forensic_how how;
    const char *needed[TOOL_NAMES];
} TOOLS[] = {
#define TOOL(format, how, ...) {format, FORENSIC_##how, {__VA_ARGS__}},
#include "decode/forensic.def"
};

enum synonym_kind {
    SYNONYM_PATH,
    SYNONYM_HASH,
    SYNONYM_SIZE,
    SYNONYM_CREATED,
    SYNONYM_MODIFIED,
    SYNONYM_TEXT,
    SYNONYM_NAME,
    SYNONYM_VERSION,
    SYNONYM_PUBLISHER,
    SYNONYM_INSTALLED,
    SYNONYM_LOCATION,
    SYNONYM_HOST,
    SYNONYM_KINDS,
};

static const struct synonym {
    const char *canonical;
    enum synonym_kind kind;
    const char *names[SYNONYM_NAMES];
} SYNONYMS[] = {
#define SYNONYM(canonical, kind, ...) {canonical, SYNONYM_##kind, {__VA_ARGS__}},
#include "decode/forensic.def"
};

static struct slice name_of(const struct value *value) {
    return slice_of(value->data, value->kind == VALUE_UTF8 ? value->size : 0);
}

// "Last Write_Time Utc" is "LastWriteTimeUtc".
static bool name_is(struct slice name, const char *wanted) {
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = name.data[i];
        if (byte == ' ' || byte == '_' || byte == '-' || byte == '(' || byte == ')')
            continue;
        while (*wanted == '-')
            wanted++;
        uint8_t other = (uint8_t)*wanted++;
        byte = byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte | 0x20) : byte;
        other = other >= 'A' && other <= 'Z' ? (uint8_t)(other | 0x20) : other;
        if (byte != other || other == 0)
            return false;
    }
    return *wanted == 0;
}

static int32_t column_find(const struct value *names, uint32_t count, const char *wanted) {
    for (uint32_t i = 0; i < count; i++)
        if (name_is(name_of(&names[i]), wanted))
            return (int32_t)i;
    return -1;
}

static void kind_set_times(struct forensic_kind *kind, const struct value *names,
                           const char *const *wanted, size_t count) {
    for (size_t i = 0; i < count && i < FORENSIC_TIMES_MAX; i++)
        kind->times[i] = column_find(names, kind->count, wanted[i]);
}

static void kind_set_tool(struct forensic_kind *kind, const struct value *names) {
    static const char *const created[] = {"Created0x30", "Created0x10"};
    static const char *const updated[] = {"UpdateTimestamp"};
    static const char *const written[] = {"FileKeyLastWriteTimestamp"};
    static const char *const modified[] = {"LastModifiedTimeUTC"};
    static const char *const ran[] = {"RunTime"};
    static const char *const runs[] = {"LastRun",      "PreviousRun0", "PreviousRun1",
                                       "PreviousRun2", "PreviousRun3", "PreviousRun4",
                                       "PreviousRun5", "PreviousRun6"};
    static const struct {
        const char *folder, *path;
        const char *const *times;
        size_t time_count;
    } rows[] = {
        [FORENSIC_MFT] = {"ParentPath", "FileName", created, ARRAY_SIZE(created)},
        [FORENSIC_USN] = {"ParentPath", "Name", updated, ARRAY_SIZE(updated)},
        [FORENSIC_AMCACHE] = {NULL, "FullPath", written, ARRAY_SIZE(written)},
        [FORENSIC_SHIMCACHE] = {NULL, "Path", modified, ARRAY_SIZE(modified)},
        [FORENSIC_PREFETCH] = {"FilesLoaded", "ExecutableName", runs, ARRAY_SIZE(runs)},
        [FORENSIC_TIMELINE] = {NULL, "ExecutableName", ran, ARRAY_SIZE(ran)},
    };
    if (rows[kind->how].folder)
        kind->folder = column_find(names, kind->count, rows[kind->how].folder);
    kind->path = column_find(names, kind->count, rows[kind->how].path);
    kind_set_times(kind, names, rows[kind->how].times, rows[kind->how].time_count);
}

static bool kind_find_tool(struct forensic_kind *kind, const struct value *names) {
    for (size_t i = 0; i < ARRAY_SIZE(TOOLS); i++) {
        bool fits = true;
        for (size_t n = 0; n < TOOL_NAMES && fits; n++)
            fits = column_find(names, kind->count, TOOLS[i].needed[n]) >= 0;
        if (!fits)
            continue;
        kind->format = TOOLS[i].format;
        kind->how = TOOLS[i].how;
        kind->sure = true;
        kind_set_tool(kind, names);
        return true;
    }
    return false;
}

// The columns that hold what a synonym row says; earlier names of a row count more.
static int32_t synonym_find(const struct synonym *synonym, const struct value *names,
                            uint32_t count) {
    for (size_t i = 0; i < SYNONYM_NAMES && synonym->names[i]; i++) {
        int32_t column = column_find(names, count, synonym->names[i]);
        if (column >= 0)
            return column;
    }
    return -1;
}

static bool path_holds(struct slice path, const char *word) {
    return text_find_fold_ascii(path, 0, slice_of_string(word)) != SIZE_MAX;
}

static bool is_web_root(struct slice list) {
    for (size_t i = list.size; i > 0; i--)
        if (list.data[i - 1] == '/' || list.data[i - 1] == '!') {
            list = slice_part(list, i, SIZE_MAX);
            break;
        }
    return path_holds(list, "webroot") || path_holds(list, "web_root") ||
           path_holds(list, "web-root") || path_holds(list, "wwwroot") ||
           path_holds(list, "htdocs") || path_holds(list, "webapps");
}

// By what there is: a path with a hash, a size or a time is a list of files; a name with a version
// and a publisher or day of install, one of software.
static bool kind_find_inventory(struct forensic_kind *kind, const int32_t found[SYNONYM_KINDS],
                                struct slice list) {
    bool software = found[SYNONYM_NAME] >= 0 && found[SYNONYM_VERSION] >= 0 &&
                    (found[SYNONYM_PUBLISHER] >= 0 || found[SYNONYM_INSTALLED] >= 0);
    bool files =
        found[SYNONYM_PATH] >= 0 &&
        (found[SYNONYM_HASH] >= 0 || (found[SYNONYM_SIZE] >= 0 && (found[SYNONYM_MODIFIED] >= 0 ||
                                                                   found[SYNONYM_CREATED] >= 0)));
    if (files) {
        kind->how = FORENSIC_FILES;
        kind->format = is_web_root(list) ? "web_root" : "file_inventory";
        kind->path = found[SYNONYM_PATH];
        kind->times[0] = found[SYNONYM_CREATED];
        kind->times[1] = found[SYNONYM_MODIFIED];
        return true;
    }
    if (software) {
        kind->how = FORENSIC_SOFTWARE;
        kind->format = "software_inventory";
        kind->times[0] = found[SYNONYM_INSTALLED];
    }
    return software;
}

static bool synonym_belongs(const struct synonym *synonym, enum forensic_how how) {
    bool of_software = synonym->kind >= SYNONYM_NAME && synonym->kind <= SYNONYM_LOCATION;
    return synonym->kind == SYNONYM_HOST || of_software == (how == FORENSIC_SOFTWARE);
}

static void columns_rename(const struct forensic_kind *kind, const struct value *names,
                           struct column *columns) {
    for (size_t i = 0; i < ARRAY_SIZE(SYNONYMS); i++) {
        if (!synonym_belongs(&SYNONYMS[i], kind->how))
            continue;
        int32_t column = synonym_find(&SYNONYMS[i], names, kind->count);
        // A column that has a meaning already (ProductName) keeps it.
        if (column < 0 || columns[column].role != FIELD_ROLE_NONE ||
            columns[column].name.data != names[column].data)
            continue;
        columns[column].name = slice_of_string(SYNONYMS[i].canonical);
        if (SYNONYMS[i].kind == SYNONYM_HOST)
            columns[column].role = FIELD_ROLE_COMPUTER;
    }
}

bool forensic_kind_adds_path(const struct forensic_kind *kind) {
    return kind->how != FORENSIC_FILES && kind->how != FORENSIC_SOFTWARE;
}

bool forensic_kind_find(const struct value *names, uint32_t count, struct slice list,
                        struct column *columns, struct forensic_kind *ret_kind) {
    struct forensic_kind kind = {.count = count, .folder = -1, .path = -1};
    memset(kind.times, 0xFF, sizeof kind.times);
    if (count < 2 || count >= SHAPE_FIELDS_MAX)
        return false;
    for (uint32_t i = 0; i < count; i++)
        columns[i] = (struct column){.name = name_of(&names[i])};
    if (kind_find_tool(&kind, names)) {
        columns[count] = (struct column){.name = SLICE("TargetFilename")};
        *ret_kind = kind;
        return true;
    }
    int32_t found[SYNONYM_KINDS];
    memset(found, 0xFF, sizeof found);
    for (size_t i = 0; i < ARRAY_SIZE(SYNONYMS); i++) {
        int32_t *place = &found[SYNONYMS[i].kind];
        if (*place < 0)
            *place = synonym_find(&SYNONYMS[i], names, count);
    }
    if (!kind_find_inventory(&kind, found, list))
        return false;
    columns_rename(&kind, names, columns);
    *ret_kind = kind;
    return true;
}
