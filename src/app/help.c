// Help, man page and completion out of the option tables
// SPDX-License-Identifier: Apache-2.0
#include "app/command.h"

#include "base/buffer.h"

#include <stdio.h>
#include <string.h>

enum {
    HELP_COLUMN = 28
};

static void help_row(const struct option_row *row) {
    char left[96];
    int size = snprintf(left, sizeof left, "  %c%c%c --%s%s%s", row->letter ? '-' : ' ',
                        row->letter ? row->letter : ' ', row->letter ? ',' : ' ', row->name,
                        row->value ? " " : "", row->value ? row->value : "");
    printf("%s%s%*s%s", left, size >= HELP_COLUMN ? "\n" : "",
           size >= HELP_COLUMN ? HELP_COLUMN : HELP_COLUMN - size, "", row->help);
    if (row->choices)
        printf(" (%s)", row->choices);
    if (row->fallback)
        printf(" [%s]", row->fallback);
    putchar('\n');
}

static void help_family(const struct command *family) {
    printf("vedette %s - %s\n\nvedette %s VERB [OPTION]... [OPERAND]...\n\n%s\n\n", family->name,
           family->summary, family->name, family->text);
    for (const struct command *const *at = family->verbs; *at; at++)
        printf("  %-16s %s\n", (*at)->name, (*at)->summary);
    printf("\nvedette %s VERB --help tells more.\n", family->name);
}

void help_command(const struct command *command) {
    if (command->verbs) {
        help_family(command);
        return;
    }
    printf("vedette %s - %s\n\nvedette %s [OPTION]... %s\n\n%s\n\nOptions:\n", command->name,
           command->summary, command->name, command->operands, command->text);
    for (const struct option_row *row = command->options; row->name; row++)
        help_row(row);
    printf("  -h, --help%*sthis text\n", HELP_COLUMN - 12, "");
    printf("\nExit status: %s\n",
           command->exits ? command->exits
                          : "0 done, 1 findings at or above --fail-on, 2 usage, 3 some evidence\n"
                            "damaged (the rest was read) or none understood, 4 failure, 130 "
                            "interrupted.");
}

void help_program(void) {
    size_t count;
    const struct command *const *commands = command_list(&count);
    printf("vedette - catches and reconstructs intrusions through an organisation's own servers\n\n"
           "vedette COMMAND [OPTION]... [OPERAND]...\n\nCommands:\n");
    for (size_t i = 0; i < count; i++)
        printf("  %-10s %s\n", commands[i]->name, commands[i]->summary);
    printf("\nvedette COMMAND --help tells more. First steps:\n"
           "  vedette scan EVIDENCE-DIRECTORY\n"
           "  vedette scan EVIDENCE-DIRECTORY -r SIGMA-RULES -o findings.jsonl\n");
}

// mdoc: a '-' at the start of a word and '.' at the start of a line need care.
static void help_man_text(const char *text) {
    bool line_start = true;
    for (; *text; text++) {
        if (line_start && (*text == '.' || *text == '\''))
            fputs("\\&", stdout);
        line_start = *text == '\n';
        if (*text == '\\')
            fputs("\\e", stdout);
        else if (*text == '-')
            fputs("\\-", stdout);
        else
            putchar(*text);
    }
}

static void help_man_row(const struct option_row *row) {
    printf(".It ");
    if (row->letter)
        printf("Fl %c , ", row->letter);
    printf("Fl \\-%s", row->name);
    if (row->value)
        printf(" Ar %s", row->value);
    printf("\n");
    help_man_text(row->help);
    if (row->choices)
        printf("\n(%s)", row->choices);
    if (row->fallback) {
        printf("\n(default ");
        help_man_text(row->fallback);
        printf(")");
    }
    printf("\n");
}

static void help_man_command(const struct command *command) {
    printf(".Ss vedette %s Oo OPTION Oc ... %s\n", command->name,
           command->verbs ? "" : command->operands);
    help_man_text(command->text);
    if (command->verbs) {
        printf("\n");
        return;
    }
    printf("\n.Bl -tag -width Ds\n");
    for (const struct option_row *row = command->options; row->name; row++)
        help_man_row(row);
    printf(".It Fl h , Fl \\-help\nPrint help.\n.El\n");
    if (command->exits) {
        printf("Exit status: ");
        help_man_text(command->exits);
        printf("\n");
    }
}

void help_man(void) {
    size_t count;
    const struct command *const *commands = command_list(&count);
    for (size_t i = 0; i < count; i++) {
        help_man_command(commands[i]);
        for (const struct command *const *verb = commands[i]->verbs; verb && *verb; verb++)
            help_man_command(*verb);
    }
}

static void help_completion_case(const struct command *command) {
    printf("    \"%s\")\n        case \"$previous\" in\n", command->name);
    for (const struct option_row *row = command->options; row->name; row++) {
        if (row->kind != OPTION_CHOICE)
            continue;
        printf("        --%s", row->name);
        if (row->letter)
            printf("|-%c", row->letter);
        printf(") COMPREPLY=($(compgen -W \"");
        for (const char *at = row->choices; *at; at++)
            putchar(*at == '|' ? ' ' : *at);
        printf("\" -- \"$word\")); return ;;\n");
    }
    printf("        esac\n        options=\"--help");
    for (const struct option_row *row = command->options; row->name; row++)
        printf(" --%s", row->name);
    printf("\" ;;\n");
}

// The second word of a family.
static void help_completion_verbs(const struct command *family) {
    size_t skip = strlen(family->name) + 1;
    printf("    if [ \"$command\" = %s ]; then\n"
           "        if [ \"$COMP_CWORD\" -eq 2 ]; then\n            COMPREPLY=($(compgen -W \"",
           family->name);
    for (const struct command *const *verb = family->verbs; *verb; verb++)
        printf("%s%s", verb == family->verbs ? "" : " ", (*verb)->name + skip);
    printf("\" -- \"$word\")); return\n        fi\n"
           "        command=\"%s ${COMP_WORDS[2]}\"\n    fi\n",
           family->name);
}

void help_completion(void) {
    size_t count;
    const struct command *const *commands = command_list(&count);
    printf("# bash completion for vedette; generated from its option tables\n"
           "_vedette() {\n"
           "    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD-1]} "
           "options=\"\"\n"
           "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \"");
    for (size_t i = 0; i < count; i++)
        printf("%s%s", i ? " " : "", commands[i]->name);
    printf("\" -- \"$word\")); return\n    fi\n    local command=${COMP_WORDS[1]}\n");
    for (size_t i = 0; i < count; i++)
        if (commands[i]->verbs)
            help_completion_verbs(commands[i]);
    printf("    case \"$command\" in\n");
    for (size_t i = 0; i < count; i++) {
        for (const struct command *const *verb = commands[i]->verbs; verb && *verb; verb++)
            help_completion_case(*verb);
        if (!commands[i]->verbs)
            help_completion_case(commands[i]);
    }
    printf("    esac\n"
           "    case \"$word\" in\n"
           "    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$word\")) ;;\n"
           "    *) COMPREPLY=($(compgen -f -- \"$word\")) ;;\n"
           "    esac\n}\ncomplete -o filenames -F _vedette vedette\n");
}
