// Commands, names and paths of what starts by itself
// SPDX-License-Identifier: Apache-2.0
#include "detect/autostart_text.h"

#include "base/text.h"
#include "detect/path_name.h"

static uint8_t lower(uint8_t byte) {
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte + 32) : byte;
}

static bool is_digit(uint8_t byte) {
    return byte >= '0' && byte <= '9';
}

static bool contains_any(struct slice text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_find_fold_ascii(text, 0, slice_of_string(words[i])) != SIZE_MAX)
            return true;
    return false;
}

static bool starts_any(struct slice text, const char *const *words, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_starts_fold_ascii(text, slice_of_string(words[i])))
            return true;
    return false;
}

static void append_lower(struct buffer *buffer, struct slice text) {
    for (size_t i = 0; i < text.size; i++)
        buffer_append_byte(buffer, lower(text.data[i]));
}

// What stands for a beginning: variables, and the forms that drivers' paths have.
static struct slice path_root(struct slice path, struct slice *ret_rest) {
    static const struct {
        const char *start, *means;
    } ROOTS[] = {
        {"%systemroot%", "\\windows"},
        {"%windir%", "\\windows"},
        {"\\systemroot\\", "\\windows\\"},
        {"system32\\", "\\windows\\system32\\"},
        {"%programdata%", "\\programdata"},
        {"%allusersprofile%", "\\programdata"},
        {"%programfiles%", "\\program files"},
        {"%programfiles(x86)%", "\\program files (x86)"},
        {"%public%", "\\users\\public"},
        {"%appdata%", "\\users\\*\\appdata\\roaming"},
        {"%localappdata%", "\\users\\*\\appdata\\local"},
        {"%temp%", "\\users\\*\\appdata\\local\\temp"},
        {"%userprofile%", "\\users\\*"},
        {"%comspec%", "\\windows\\system32\\cmd.exe"},
    };
    if (text_starts_fold_ascii(path, SLICE("\\??\\")))
        path = slice_part(path, 4, SIZE_MAX);
    if (path.size > 2 && path.data[1] == ':')
        path = slice_part(path, 2, SIZE_MAX);
    *ret_rest = path;
    for (size_t i = 0; i < ARRAY_SIZE(ROOTS); i++) {
        if (!text_starts_fold_ascii(path, slice_of_string(ROOTS[i].start)))
            continue;
        *ret_rest = slice_part(path, strlen(ROOTS[i].start), SIZE_MAX);
        return slice_of_string(ROOTS[i].means);
    }
    return SLICE("");
}

void autostart_path(struct buffer *buffer, struct slice path) {
    static const char *const SHARED[] = {"public\\", "default\\", "all users\\", "*\\"};
    struct slice rest;
    buffer_append_slice(buffer, path_root(path, &rest));
    if (text_starts_fold_ascii(rest, SLICE("\\users\\"))) {
        struct slice below = slice_part(rest, 7, SIZE_MAX);
        size_t name = 0;
        while (name < below.size && below.data[name] != '\\')
            name++;
        if (name < below.size && !starts_any(below, SHARED, ARRAY_SIZE(SHARED))) {
            buffer_append_text(buffer, "\\users\\*");
            rest = slice_part(below, name, SIZE_MAX);
        }
    }
    append_lower(buffer, rest);
}

// Where the first program or script of a text ends: behind an ending that a blank, a quote, a comma
// or nothing follows; 0 when there is none.
static size_t path_end(struct slice text) {
    static const char *const ENDINGS[] = {".exe", ".dll", ".sys", ".bat", ".cmd", ".ps1",
                                          ".vbs", ".js",  ".hta", ".scr", ".com", ".py",
                                          ".jar", ".wsf", ".ocx", ".cpl"};
    for (size_t i = 1; i < text.size; i++) {
        if (text.data[i] != '.')
            continue;
        for (size_t k = 0; k < ARRAY_SIZE(ENDINGS); k++) {
            size_t end = i + strlen(ENDINGS[k]);
            if (!text_starts_fold_ascii(slice_part(text, i, SIZE_MAX), slice_of_string(ENDINGS[k])))
                continue;
            if (end == text.size || text.data[end] == ' ' || text.data[end] == '"' ||
                text.data[end] == ',' || text.data[end] == '\'')
                return end;
        }
    }
    return 0;
}

// Only what begins as a path may hold blanks without quotes.
static struct slice first_word(struct slice command) {
    while (command.size && (command.data[0] == ' ' || command.data[0] == '"'))
        command = slice_part(command, 1, SIZE_MAX);
    size_t quote = 0, blank = 0;
    while (quote < command.size && command.data[quote] != '"')
        quote++;
    while (blank < quote && command.data[blank] != ' ')
        blank++;
    bool path = blank && memchr(command.data, '\\', blank) != NULL;
    size_t end = path ? path_end(slice_part(command, 0, quote)) : 0;
    return slice_part(command, 0, end ? end : blank);
}

static bool name_is_interpreter(struct slice word) {
    static const char *const NAMES[] = {
        "cmd",      "powershell", "pwsh",    "wscript",     "cscript", "mshta",
        "rundll32", "regsvr32",   "msbuild", "installutil", "python",  "pythonw",
        "java",     "javaw",      "bash",    "sh",          "perl",    "conhost"};
    struct slice name = path_base(word);
    if (name.size > 4 && text_equal_fold_ascii(slice_part(name, name.size - 4, 4), SLICE(".exe")))
        name = slice_part(name, 0, name.size - 4);
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (text_equal_fold_ascii(name, slice_of_string(NAMES[i])))
            return true;
    return text_starts_fold_ascii(word, SLICE("%comspec%"));
}

bool autostart_by_interpreter(struct slice command) {
    return name_is_interpreter(first_word(command));
}

// The first path behind the interpreter: "C:\x", "\\server\x" or "/x/y" behind a blank or quote.
static struct slice argument_path(struct slice command, struct slice word) {
    size_t from = (size_t)(word.data - command.data) + word.size;
    for (size_t i = from; i + 3 < command.size; i++) {
        const uint8_t *at = command.data + i;
        bool drive = at[1] == ':' && at[2] == '\\', share = at[0] == '\\' && at[1] == '\\';
        bool variable = at[0] == '%' && i > from;
        if (!drive && !share && !variable)
            continue;
        struct slice rest = slice_part(command, i, SIZE_MAX);
        size_t end = path_end(rest);
        return slice_part(rest, 0, end);
    }
    return SLICE("");
}

void autostart_program(struct buffer *buffer, struct slice command) {
    struct slice word = first_word(command);
    if (!word.size)
        return;
    struct slice script = SLICE("");
    if (name_is_interpreter(word))
        script = argument_path(command, word);
    autostart_path(buffer, script.size ? script : word);
}

void autostart_pattern(struct buffer *buffer, struct slice name) {
    for (size_t i = 0; i < name.size;) {
        size_t end = i;
        bool digit = false;
        while (end < name.size && text_hex_digit(name.data[end]) >= 0)
            digit |= is_digit(name.data[end++]);
        // "ed" of a word is no number; "2ea1" is, and so is "7".
        if (digit && (end - i >= 4 || is_digit(name.data[i]))) {
            buffer_append_byte(buffer, '#');
            i = end;
            continue;
        }
        buffer_append_byte(buffer, lower(name.data[i++]));
    }
}

static bool lies_right_in(struct slice program, const char *folder) {
    struct slice start = slice_of_string(folder);
    return slice_starts(program, start) && path_base(program).size == program.size - start.size;
}

enum autostart_place autostart_place_of(struct slice program) {
    static const char *const ODD[] = {
        "\\",
        "\\windows\\",
        "\\windows\\temp\\",
        "\\windows\\tasks\\",
        "\\windows\\fonts\\",
        "\\windows\\debug\\",
        "\\windows\\help\\",
        "\\windows\\media\\",
        "\\programdata\\",
        "\\perflogs\\",
        "\\temp\\",
        "\\users\\",
        "\\users\\public\\",
        "\\users\\public\\documents\\",
        "\\users\\public\\music\\",
        "\\users\\public\\pictures\\",
        "\\users\\public\\videos\\",
        "\\users\\default\\",
        "\\users\\*\\",
        "\\users\\*\\appdata\\roaming\\",
        "\\users\\*\\appdata\\local\\",
        "\\users\\*\\appdata\\local\\temp\\",
        "\\users\\*\\music\\",
        "\\users\\*\\pictures\\",
        "/tmp/",
        "/var/tmp/",
        "/dev/shm/",
    };
    static const char *const BELOW_ODD[] = {"\\$recycle.bin\\", "\\perflogs\\", "\\windows\\temp\\",
                                            "/dev/shm/"};
    // Defender keeps its engine and the drivers of its definitions where users may not write.
    static const char *const HOMES[] = {"\\program files\\", "\\program files (x86)\\",
                                        "\\programdata\\microsoft\\windows defender\\"};
    static const char *const SYSTEM[] = {"\\windows\\"};
    static const char *const WRITABLE[] = {"\\programdata\\", "\\users\\", "\\temp\\"};
    for (size_t i = 0; i < ARRAY_SIZE(ODD); i++)
        if (lies_right_in(program, ODD[i]))
            return AUTOSTART_ODD;
    if (starts_any(program, BELOW_ODD, ARRAY_SIZE(BELOW_ODD)))
        return AUTOSTART_ODD;
    if (starts_any(program, HOMES, ARRAY_SIZE(HOMES)))
        return AUTOSTART_HOME;
    if (starts_any(program, SYSTEM, ARRAY_SIZE(SYSTEM)))
        return AUTOSTART_SYSTEM;
    return starts_any(program, WRITABLE, ARRAY_SIZE(WRITABLE)) ? AUTOSTART_WRITABLE
                                                               : AUTOSTART_OTHER;
}

bool autostart_hides(struct slice command) {
    static const char *const WORDS[] = {
        " -enc",         " -ec ",          "downloadstring", "downloadfile", "frombase64string",
        "-w hidden",     "-windowstyle h", "http://",        "https://",     "\\pipe\\",
        "\\127.0.0.1\\", "javascript:",    "scrobj.dll",     " -e jab",      "/c echo "};
    return contains_any(command, WORDS, ARRAY_SIZE(WORDS));
}

bool autostart_masquerades(struct slice program) {
    static const char *const NAMES[] = {
        "svchost.exe", "lsass.exe",   "services.exe",      "csrss.exe",     "winlogon.exe",
        "smss.exe",    "wininit.exe", "spoolsv.exe",       "taskhostw.exe", "taskhost.exe",
        "dllhost.exe", "conhost.exe", "searchindexer.exe", "wuauclt.exe",   "explorer.exe"};
    struct slice name = path_base(program);
    if (slice_starts(program, SLICE("\\windows\\system32\\")) ||
        slice_starts(program, SLICE("\\windows\\syswow64\\")) ||
        slice_starts(program, SLICE("\\windows\\winsxs\\")) ||
        slice_equal(program, SLICE("\\windows\\explorer.exe")) || name.size == program.size)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(NAMES); i++)
        if (text_equal_fold_ascii(name, slice_of_string(NAMES[i])))
            return true;
    return false;
}

bool autostart_name_is_random(struct slice name) {
    size_t hexadecimal = 0, digits = 0, letters = 0, consonants = 0;
    for (size_t i = 0; i < name.size; i++) {
        uint8_t byte = lower(name.data[i]);
        bool hex = text_hex_digit(byte) >= 0;
        hexadecimal = hex ? hexadecimal + 1 : 0;
        digits = hex ? digits + is_digit(byte) : 0;
        letters = hex ? letters + !is_digit(byte) : 0;
        bool consonant = byte >= 'a' && byte <= 'z' && !memchr("aeiouy", byte, 6);
        consonants = consonant ? consonants + 1 : 0;
        // Years and versions are digits alone.
        if ((hexadecimal >= 4 && digits && (letters || digits > 6)) || consonants >= 6)
            return true;
    }
    return false;
}

bool autostart_series(struct buffer *buffer, struct slice path) {
    struct slice name = path_base(path);
    size_t stem = name.size > 4 ? name.size - 4 : name.size; // without ".exe"
    if (autostart_place_of(path) != AUTOSTART_ODD ||
        !autostart_name_is_random(slice_part(name, 0, stem)))
        return false;
    size_t start = buffer_slice(buffer).size;
    buffer_append_slice(buffer, slice_part(path, 0, path.size - name.size));
    autostart_pattern(buffer, name);
    struct slice pattern = slice_part(buffer_slice(buffer), start, SIZE_MAX);
    return memchr(pattern.data, '#', pattern.size) != NULL;
}
