// What differs in a directory of packages
// SPDX-License-Identifier: Apache-2.0
#include "guard/tree_audit.h"

#include "base/memory.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/stat.h>

const char *audit_kind_word(enum audit_kind kind) {
    static const char *const WORDS[AUDIT_KIND_COUNT] = {"changed",   "extra",   "missing",
                                                        "symlink",   "special", "unreadable",
                                                        "hard link", "mode",    "size"};
    return WORDS[kind];
}

static struct audit_finding *finding_add(struct tree_audit *audit, enum audit_kind kind,
                                         struct slice path) {
    if (audit->count == audit->capacity) {
        audit->capacity = audit->capacity ? 2 * audit->capacity : 64;
        audit->findings = memory_resize(audit->findings, audit->capacity, sizeof *audit->findings);
    }
    struct audit_finding *finding = &audit->findings[audit->count++];
    *finding = (struct audit_finding){.kind = kind, .path = path};
    return finding;
}

static void rows_find(const struct tree_audit *audit, struct audit_finding *finding) {
    const struct serving_group *group =
        audit->served ? serving_book_find(audit->served, finding->path) : NULL;
    finding->first_row = group ? group->first_row : 0;
    finding->row_count = group ? group->row_count : 0;
}

struct audit_served audit_served_next(const struct tree_audit *audit,
                                      const struct audit_finding *finding, uint32_t from) {
    const struct serving_row *rows = audit->served->rows + finding->first_row;
    const struct serving_row *first = &rows[from];
    struct audit_served served = {.end = from,
                                  .size_bytes = first->size_bytes,
                                  .first_ns = first->first_ns,
                                  .last_ns = first->last_ns};
    assert(from < finding->row_count);
    while (served.end < finding->row_count && rows[served.end].size_bytes == first->size_bytes &&
           rows[served.end].with_head == first->with_head) {
        const struct serving_row *row = &rows[served.end++];
        served.clients++;
        served.count += row->count;
        served.first_ns = row->first_ns < served.first_ns ? row->first_ns : served.first_ns;
        served.last_ns = row->last_ns > served.last_ns ? row->last_ns : served.last_ns;
    }
    served.is_now = finding->entry && serving_size_agrees(first, finding->entry->size_bytes);
    return served;
}

// Whether clients got another whole file. A transfer that was cut short has a size of its own,
// smaller than the file's: one that two clients got alike is none of those.
static bool served_differs(const struct tree_audit *audit, const struct audit_finding *finding) {
    for (uint32_t from = 0; from < finding->row_count;) {
        struct audit_served served = audit_served_next(audit, finding, from);
        if (!served.is_now &&
            (served.clients > 1 || served.size_bytes > finding->entry->size_bytes))
            return true;
        from = served.end;
    }
    return false;
}

static void entry_audit(struct tree_audit *audit, const struct tree_entry *entry) {
    struct audit_finding found = {.path = entry->path, .entry = entry};
    unsigned kinds = 0;
    if (entry->kind == TREE_FILE && audit->known) {
        found.known = known_list_find(audit->known, entry->path, entry->sha256);
        bool good =
            found.known && memcmp(found.known->sha256, entry->sha256, sizeof entry->sha256) == 0;
        if (!good && found.known)
            kinds |= 1u << AUDIT_CHANGED;
        else if (!good && !known_list_hash(audit->known, entry->sha256))
            kinds |= 1u << AUDIT_EXTRA;
    }
    if (entry->kind != TREE_FILE)
        kinds |= 1u << (entry->kind == TREE_LINK      ? AUDIT_LINK
                        : entry->kind == TREE_SPECIAL ? AUDIT_SPECIAL
                                                      : AUDIT_UNREADABLE);
    if (entry->kind == TREE_FILE && entry->links > 1)
        kinds |= 1u << AUDIT_HARD_LINK;
    if (entry->kind == TREE_FILE && entry->mode & (S_IWGRP | S_IWOTH | S_ISUID | S_ISGID))
        kinds |= 1u << AUDIT_MODE;
    if (entry->kind == TREE_FILE) {
        rows_find(audit, &found);
        if (!(kinds & 1u << AUDIT_CHANGED) && served_differs(audit, &found))
            kinds |= 1u << AUDIT_SIZE;
    }
    for (unsigned kind = 0; kind < AUDIT_KIND_COUNT; kind++)
        if (kinds >> kind & 1) {
            found.kind = (enum audit_kind)kind;
            *finding_add(audit, found.kind, found.path) = found;
        }
}

static void known_mark(struct known_list *known, const struct tree_entry *entry) {
    struct known_file *file = known_list_find(known, entry->path, entry->sha256);
    if (file)
        file->seen = true;
    for (file = known_list_hash(known, entry->sha256); file;
         file = file->next_by_hash == TABLE_NONE ? NULL : &known->files[file->next_by_hash])
        file->seen = true;
}

static int finding_compare(const void *a, const void *b) {
    const struct audit_finding *first = a, *second = b;
    int order = slice_compare(first->path, second->path);
    return order ? order : (first->kind > second->kind) - (first->kind < second->kind);
}

void tree_audit_make(const struct tree *tree, struct known_list *known,
                     const struct serving_book *served, struct tree_audit *ret_audit) {
    struct tree_audit audit = {.tree = tree, .known = known, .served = served};
    for (uint32_t i = 0; i < tree->count; i++) {
        entry_audit(&audit, &tree->entries[i]);
        if (known && tree->entries[i].kind == TREE_FILE)
            known_mark(known, &tree->entries[i]);
    }
    for (uint32_t i = 0; known && i < known->count; i++) {
        struct known_file *file = &known->files[i];
        // A name that stands several times, once a version, is missing when none is there.
        if (file->seen || known_list_is_seen(known, file->path))
            continue;
        struct audit_finding *finding = finding_add(&audit, AUDIT_MISSING, file->path);
        finding->known = file;
        rows_find(&audit, finding);
    }
    if (audit.count)
        qsort(audit.findings, audit.count, sizeof *audit.findings, finding_compare);
    *ret_audit = audit;
}

void tree_audit_done(struct tree_audit *audit) {
    memory_free(audit->findings);
    *audit = (struct tree_audit){0};
}
