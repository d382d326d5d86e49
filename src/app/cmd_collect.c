// vedette collect
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "base/slice.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct option_row options[] = {
    {"format", 'f', OPTION_CHOICE, "FORMAT", "text|paths|kape|velociraptor", "text",
     "in words, as paths, as a KAPE target, as a Velociraptor artifact"},
    {0},
};

enum collect_set {
    SET_EXCHANGE = 1,
    SET_DOCUMENT = 2,
    SET_UPGRADE = 4,
    SET_WINDOWS = 8,
};

enum collect_system {
    WINDOWS,
    LINUX,
    NEITHER
};

struct collect_target {
    unsigned sets;
    enum collect_system system;
    const char *title, *directory, *mask;
    bool recursive;
    const char *why;
};

static const struct collect_target TARGETS[] = {
#define TARGET(sets, system, title, directory, mask, recursive, why)                               \
    {sets, system, title, directory, mask, recursive, why},
#include "app/collect_target.def"
#undef TARGET
};

struct collection {
    const char *name;
    enum collect_set set;
    const char *what;
    const char *id; // of the KAPE target: stays the same for ever
};

static const struct collection COLLECTIONS[] = {
    {"exchange", SET_EXCHANGE, "an Exchange server that may have been taken",
     "9b0cf1de-6a0e-4c5b-8f0f-6f0b5e1d7a01"},
    {"document", SET_DOCUMENT, "a document, office or endpoint-management server",
     "9b0cf1de-6a0e-4c5b-8f0f-6f0b5e1d7a02"},
    {"upgrade", SET_UPGRADE, "a software-upgrade server and what it gave out",
     "9b0cf1de-6a0e-4c5b-8f0f-6f0b5e1d7a03"},
    {"windows", SET_WINDOWS, "any Windows host", "9b0cf1de-6a0e-4c5b-8f0f-6f0b5e1d7a04"},
};

static const struct collection *collection_find(const char *name) {
    for (size_t i = 0; i < ARRAY_SIZE(COLLECTIONS); i++)
        if (strcmp(COLLECTIONS[i].name, name) == 0)
            return &COLLECTIONS[i];
    return NULL;
}

// "C:\a\**\*.log", "/var/log/nginx/**"
static void target_print_path(const struct collect_target *target, bool slashes) {
    char separator = target->system == WINDOWS && !slashes ? '\\' : '/';
    for (const char *at = target->directory; *at; at++)
        putchar(*at == '\\' ? separator : *at);
    if (target->recursive)
        printf("%c**", separator);
    printf("%c%s", separator, target->mask);
}

// A sentence in lines of at most 90 characters.
static void text_print_wrapped(const char *text) {
    size_t column = 0;
    for (const char *word = text; *word;) {
        size_t size = strcspn(word, " ");
        if (column && column + size + 1 > 90) {
            putchar('\n');
            column = 0;
        }
        printf("%s%.*s", column ? " " : "    ", (int)size, word);
        column += size + 1;
        word += size + (word[size] == ' ');
    }
    putchar('\n');
}

static void collect_text(const struct collection *collection) {
    printf("What to gather from %s, most telling first.\n"
           "Copy; do not open or export in place. Note clock and time zone of each host.\n",
           collection->what);
    unsigned number = 0;
    for (size_t i = 0; i < ARRAY_SIZE(TARGETS); i++) {
        const struct collect_target *target = &TARGETS[i];
        if (!(target->sets & collection->set))
            continue;
        printf("\n%2u. %s\n", ++number, target->title);
        text_print_wrapped(target->why);
        if (target->system == NEITHER)
            continue;
        printf("    ");
        target_print_path(target, false);
        putchar('\n');
    }
}

static void collect_paths(const struct collection *collection) {
    for (size_t i = 0; i < ARRAY_SIZE(TARGETS); i++) {
        if (!(TARGETS[i].sets & collection->set) || TARGETS[i].system == NEITHER)
            continue;
        target_print_path(&TARGETS[i], false);
        putchar('\n');
    }
}

// YAML, single quotes: a quote is written twice.
static void yaml_print(const char *text) {
    putchar('\'');
    for (; *text; text++) {
        if (*text == '\'')
            putchar('\'');
        putchar(*text);
    }
    putchar('\'');
}

// KAPE's target files: one entry a directory and mask. KAPE reads Windows only.
static void collect_kape(const struct collection *collection) {
    printf("Description: 'Vedette: %s'\nAuthor: Vedette\nVersion: 1.0\nId: %s\n"
           "RecreateDirectories: true\nTargets:\n",
           collection->what, collection->id);
    for (size_t i = 0; i < ARRAY_SIZE(TARGETS); i++) {
        const struct collect_target *target = &TARGETS[i];
        if (!(target->sets & collection->set) || target->system != WINDOWS)
            continue;
        printf("    -\n        Name: ");
        yaml_print(target->title);
        printf("\n        Category: Logs\n        Path: ");
        yaml_print(target->directory);
        printf("\n        FileMask: ");
        yaml_print(target->mask);
        printf("\n        Recursive: %s\n        Comment: ", target->recursive ? "true" : "false");
        yaml_print(target->why);
        putchar('\n');
    }
}

static void collect_velociraptor(const struct collection *collection) {
    printf("name: Custom.Vedette.%c%s\ndescription: 'Logs of %s, for vedette scan.'\n"
           "type: CLIENT\nparameters:\n  - name: Globs\n    type: csv\n    default: |\n"
           "      Glob\n",
           toupper((unsigned char)collection->name[0]), collection->name + 1, collection->what);
    for (size_t i = 0; i < ARRAY_SIZE(TARGETS); i++) {
        if (!(TARGETS[i].sets & collection->set) || TARGETS[i].system == NEITHER)
            continue;
        printf("      ");
        target_print_path(&TARGETS[i], true);
        putchar('\n');
    }
    printf("sources:\n  - query: |\n"
           "      SELECT OSPath, Size, Mtime, upload(file=OSPath, mtime=Mtime) AS Upload\n"
           "      FROM glob(globs=Globs.Glob)\n"
           "      WHERE NOT IsDir\n");
}

static enum exit_code collect_run(const struct command_line *line) {
    static const struct {
        const char *name;
        void (*print)(const struct collection *collection);
    } FORMS[] = {{"text", collect_text},
                 {"paths", collect_paths},
                 {"kape", collect_kape},
                 {"velociraptor", collect_velociraptor}};
    const char *form = command_line_text(line, "format");
    const struct collection *collection = collection_find(line->operands[0]);
    if (!collection || line->operand_count > 1) {
        fprintf(stderr, "vedette collect: name one of exchange, document, upgrade, windows\n");
        return EXIT_USAGE;
    }
    for (size_t i = 0; i < ARRAY_SIZE(FORMS); i++)
        if (strcmp(FORMS[i].name, form) == 0)
            FORMS[i].print(collection);
    if (fflush(stdout) == 0)
        return EXIT_DONE;
    perror("vedette collect: standard output");
    return EXIT_TROUBLE;
}

const struct command command_collect = {
    .name = "collect",
    .summary = "tell which logs to gather",
    .operands = "exchange|document|upgrade|windows",
    .operands_min = 1,
    .text = "What a responder should gather from a mail server, a document or office system, an "
            "upgrade\n"
            "server, any Windows host: in words with the reason, as paths, or as a target list for "
            "the\n"
            "collectors KAPE (.tkape) and Velociraptor (artifact).",
    .options = options,
    .run = collect_run,
};
