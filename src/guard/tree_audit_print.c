// Findings of an audit as text and as JSON
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "guard/tree_audit.h"

enum {
    SECONDS_SIZE = 19 // 2026-11-22T13:29:17
};

static void append_hash(struct buffer *buffer, const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    char text[DIGEST_SHA256_HEX_SIZE];
    digest_hex(sha256, text);
    buffer_append_text(buffer, text);
}

static void append_time(struct buffer *buffer, int64_t time_ns) {
    char text[CLOCK_TEXT_SIZE];
    size_t size = clock_format(time_ns, text);
    buffer_append(buffer, text, size < SECONDS_SIZE ? size : SECONDS_SIZE);
    buffer_append_text(buffer, size ? "Z" : "-");
}

static void append_bytes(struct buffer *buffer, uint64_t size_bytes) {
    buffer_append_u64(buffer, size_bytes);
    buffer_append_text(buffer, " bytes");
}

#define INDENT "            "

static void text_known(const struct audit_finding *finding, struct buffer *buffer) {
    const struct known_file *known = finding->known;
    buffer_append_text(buffer, INDENT "expected  ");
    if (known->size_bytes >= 0) {
        append_bytes(buffer, (uint64_t)known->size_bytes);
        buffer_append_text(buffer, ", ");
    }
    buffer_append_text(buffer, "sha256 ");
    append_hash(buffer, known->sha256);
    if (known->version.size) {
        buffer_append_text(buffer, ", version ");
        text_append_terminal(buffer, known->version);
    }
    buffer_append_byte(buffer, '\n');
}

static void text_clients(const struct tree_audit *audit, const struct serving_row *rows,
                         uint32_t count, size_t clients_max, struct buffer *buffer) {
    for (uint32_t i = 0; i < count && i < clients_max; i++) {
        buffer_append_text(buffer, INDENT "            ");
        text_append_terminal(buffer, intern_text(&audit->served->clients, rows[i].client));
        buffer_append_format(buffer, "  %llu x  ", (unsigned long long)rows[i].count);
        append_time(buffer, rows[i].first_ns);
        buffer_append_text(buffer, " to ");
        append_time(buffer, rows[i].last_ns);
        buffer_append_byte(buffer, '\n');
    }
    if (count > clients_max)
        buffer_append_format(buffer, INDENT "            and %llu more: --format json lists all\n",
                             (unsigned long long)(count - clients_max));
}

static void text_served(const struct tree_audit *audit, const struct audit_finding *finding,
                        size_t clients_max, struct buffer *buffer) {
    const struct serving_row *rows =
        finding->row_count ? audit->served->rows + finding->first_row : NULL;
    for (uint32_t from = 0; from < finding->row_count;) {
        struct audit_served served = audit_served_next(audit, finding, from);
        buffer_append_text(buffer, INDENT "served    ");
        append_bytes(buffer, served.size_bytes);
        buffer_append_format(buffer, "%s%s to %u client%s, ",
                             rows[from].with_head ? " (with the answer's head)" : "",
                             served.is_now ? ", as now," : "", served.clients,
                             served.clients == 1 ? "" : "s");
        append_time(buffer, served.first_ns);
        buffer_append_text(buffer, " to ");
        append_time(buffer, served.last_ns);
        buffer_append_text(buffer, ", ");
        append_bytes(buffer, served.size_bytes * served.count);
        buffer_append_text(buffer, " in all\n");
        text_clients(audit, rows + from, served.end - from, clients_max, buffer);
        from = served.end;
    }
}

void tree_audit_append_text(const struct tree_audit *audit, const struct audit_finding *finding,
                            size_t clients_max, struct buffer *buffer) {
    const struct tree_entry *entry = finding->entry;
    buffer_append_format(buffer, "%-11s ", audit_kind_word(finding->kind));
    text_append_terminal(buffer, finding->path);
    buffer_append_byte(buffer, '\n');
    if (entry && entry->kind == TREE_FILE) {
        buffer_append_text(buffer, INDENT "now       ");
        append_bytes(buffer, entry->size_bytes);
        buffer_append_text(buffer, ", sha256 ");
        append_hash(buffer, entry->sha256);
        buffer_append_text(buffer, ", of ");
        append_time(buffer, entry->modified_ns);
        if (finding->kind == AUDIT_MODE)
            buffer_append_format(buffer, ", mode %04o", entry->mode);
        if (finding->kind == AUDIT_HARD_LINK)
            buffer_append_format(buffer, ", %u names", entry->links);
        buffer_append_byte(buffer, '\n');
    }
    if (finding->known && (finding->kind == AUDIT_CHANGED || finding->kind == AUDIT_MISSING))
        text_known(finding, buffer);
    if (finding->kind <= AUDIT_MISSING || finding->kind == AUDIT_SIZE)
        text_served(audit, finding, clients_max, buffer);
}

static void json_time(struct buffer *buffer, const char *name, int64_t time_ns) {
    buffer_append_format(buffer, ",\"%s\":\"", name);
    append_time(buffer, time_ns);
    buffer_append_byte(buffer, '"');
}

static void json_hash(struct buffer *buffer, const char *name,
                      const uint8_t sha256[DIGEST_SHA256_SIZE]) {
    buffer_append_format(buffer, ",\"%s\":\"", name);
    append_hash(buffer, sha256);
    buffer_append_byte(buffer, '"');
}

static void json_clients(const struct tree_audit *audit, const struct serving_row *rows,
                         uint32_t count, struct buffer *buffer) {
    for (uint32_t i = 0; i < count; i++) {
        buffer_append_text(buffer, i ? ",{\"client\":" : "{\"client\":");
        text_append_json(buffer, intern_text(&audit->served->clients, rows[i].client));
        buffer_append_format(buffer, ",\"count\":%llu", (unsigned long long)rows[i].count);
        json_time(buffer, "first", rows[i].first_ns);
        json_time(buffer, "last", rows[i].last_ns);
        buffer_append_byte(buffer, '}');
    }
}

static void json_served(const struct tree_audit *audit, const struct audit_finding *finding,
                        struct buffer *buffer) {
    buffer_append_text(buffer, ",\"served\":[");
    for (uint32_t from = 0; from < finding->row_count;) {
        const struct serving_row *rows = audit->served->rows + finding->first_row + from;
        struct audit_served served = audit_served_next(audit, finding, from);
        buffer_append_format(buffer,
                             "%s{\"size\":%llu,\"with_head\":%s,\"as_now\":%s,\"count\":%llu",
                             from ? "," : "", (unsigned long long)served.size_bytes,
                             rows->with_head ? "true" : "false", served.is_now ? "true" : "false",
                             (unsigned long long)served.count);
        json_time(buffer, "first", served.first_ns);
        json_time(buffer, "last", served.last_ns);
        buffer_append_text(buffer, ",\"clients\":[");
        json_clients(audit, rows, served.end - from, buffer);
        buffer_append_text(buffer, "]}");
        from = served.end;
    }
    buffer_append_byte(buffer, ']');
}

void tree_audit_append_json(const struct tree_audit *audit, const struct audit_finding *finding,
                            struct buffer *buffer) {
    const struct tree_entry *entry = finding->entry;
    const struct known_file *known = finding->known;
    buffer_append_format(buffer, "{\"finding\":\"%s\",\"path\":", audit_kind_word(finding->kind));
    text_append_json(buffer, finding->path);
    if (entry) {
        buffer_append_format(buffer, ",\"size\":%llu,\"mode\":\"%04o\",\"links\":%u",
                             (unsigned long long)entry->size_bytes, entry->mode, entry->links);
        json_time(buffer, "modified", entry->modified_ns);
        if (entry->kind == TREE_FILE)
            json_hash(buffer, "sha256", entry->sha256);
    }
    if (known) {
        json_hash(buffer, "sha256_expected", known->sha256);
        if (known->size_bytes >= 0)
            buffer_append_format(buffer, ",\"size_expected\":%lld", (long long)known->size_bytes);
    }
    if (finding->row_count)
        json_served(audit, finding, buffer);
    buffer_append_text(buffer, "}\n");
}
