// Sigma texts read for tests, trees as one line
// SPDX-License-Identifier: Apache-2.0
#include "sigma_fixture.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

void fixture_init(struct fixture *fixture) {
    *fixture = (struct fixture){.directory = "/tmp/sigma-test-XXXXXX"};
    assert_non_null(mkdtemp(fixture->directory));
    buffer_init(&fixture->text, 1 << 20);
}

void fixture_done(struct fixture *fixture) {
    DIR *directory = opendir(fixture->directory);
    assert_non_null(directory);
    struct dirent *entry;
    char path[512];
    while ((entry = readdir(directory))) {
        snprintf(path, sizeof path, "%s/%s", fixture->directory, entry->d_name);
        unlink(path);
    }
    closedir(directory);
    rmdir(fixture->directory);
    sigma_rules_done(&fixture->rules);
    buffer_done(&fixture->text);
}

void fixture_put(struct fixture *fixture, const char *name, const char *text) {
    char path[512];
    snprintf(path, sizeof path, "%s/%s", fixture->directory, name);
    FILE *file = fopen(path, "wb");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

void fixture_put_detection(struct fixture *fixture, const char *detection) {
    char text[16384];
    snprintf(text, sizeof text,
             "title: t\nid: i\nlogsource:\n    category: process_creation\n    product: windows\n"
             "detection:\n%s\n",
             detection);
    fixture_put(fixture, "rule.yml", text);
}

void fixture_read(struct fixture *fixture, const struct ruleset_options *options) {
    const char *path = fixture->directory;
    struct ruleset_options all = options ? *options : (struct ruleset_options){.threads = 2};
    struct problem problem = {.text = ""};
    sigma_rules_done(&fixture->rules);
    all.paths = &path;
    all.path_count = 1;
    if (sigma_rules_init(&fixture->rules, &all, &problem))
        fail_msg("%s", problem.text);
}

static void print_pattern(struct buffer *to, const struct pattern *pattern) {
    for (uint32_t i = 0; i < pattern->part_count; i++) {
        const struct pattern_part *part = &pattern->parts[i];
        const struct pattern_part *next = i + 1 < pattern->part_count ? part + 1 : NULL;
        if (next && next->kind == part->kind)
            assert_int_equal(part->kind, PATTERN_ONE); // the invariant of struct pattern
        if (part->kind == PATTERN_LITERAL)
            assert_int_not_equal(part->literal.size, 0);
        for (size_t j = 0; part->kind == PATTERN_LITERAL && j < part->literal.size; j++)
            if (part->literal.data[j])
                buffer_append_byte(to, part->literal.data[j]);
            else
                buffer_append_text(to, "\\0");
        if (part->kind == PATTERN_ANY)
            buffer_append_text(to, "<*>");
        if (part->kind == PATTERN_ONE)
            buffer_append_text(to, "<?>");
    }
}

static void print_network(struct buffer *to, const struct atom *atom) {
    char text[INET6_ADDRSTRLEN];
    inet_ntop(AF_INET6, atom->cidr_address, text, sizeof text);
    buffer_append_format(to, "@%s/%u", text, atom->cidr_bits);
}

static void print_atom(struct buffer *to, const struct atom *atom) {
    static const char *const compares[] = {"<", "<=", ">", ">="};
    static const char *const parts[] = {"minute", "hour", "day", "week", "month", "year"};
    static const char *const relations[] = {"", "*", "^", "$"};
    buffer_append_slice(to, atom->field);
    switch (atom->kind) {
    case ATOM_PATTERN:
        buffer_append_text(to, atom->pattern.cased ? "==" : "=");
        print_pattern(to, &atom->pattern);
        break;
    case ATOM_REGEX:
        buffer_append_format(to, "~%.*s/%s%s%s", (int)atom->regex.size,
                             (const char *)atom->regex.data, atom->regex_caseless ? "i" : "",
                             atom->regex_multiline ? "m" : "", atom->regex_dotall ? "s" : "");
        break;
    case ATOM_CIDR:
        print_network(to, atom);
        break;
    case ATOM_COMPARE:
        buffer_append_format(to, "%s%g", compares[atom->compare], atom->number);
        break;
    case ATOM_TIME_PART:
        buffer_append_format(to, ".%s=%g", parts[atom->time_part], atom->number);
        break;
    case ATOM_FIELD:
        buffer_append_format(to, "%s%s$%.*s", atom->cased ? "==" : "=", relations[atom->relation],
                             (int)atom->field2.size, (const char *)atom->field2.data);
        break;
    case ATOM_NULL:
        buffer_append_text(to, " null");
        break;
    case ATOM_EXISTS:
        buffer_append_text(to, " exists");
        break;
    }
}

static void print_node(struct buffer *to, const struct node *node) {
    switch (node->kind) {
    case NODE_AND:
    case NODE_OR:
        for (uint32_t i = 0; i < node->child_count; i++) {
            buffer_append_text(to, !i ? "(" : node->kind == NODE_AND ? " & " : " | ");
            print_node(to, node->children[i]);
        }
        buffer_append_text(to, ")");
        break;
    case NODE_NOT:
        buffer_append_text(to, "!");
        print_node(to, node->children[0]);
        break;
    case NODE_ATOM:
        print_atom(to, &node->atom);
        break;
    case NODE_TRUE:
        buffer_append_text(to, "true");
        break;
    case NODE_FALSE:
        buffer_append_text(to, "false");
        break;
    }
}

const char *print_tree(struct fixture *fixture, const struct node *root) {
    buffer_reset(&fixture->text);
    print_node(&fixture->text, root);
    buffer_append_byte(&fixture->text, 0);
    assert_false(fixture->text.failed);
    return (const char *)fixture->text.data;
}
