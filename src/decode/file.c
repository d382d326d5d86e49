// Files that are no log: hashes, program facts, script measures
// SPDX-License-Identifier: Apache-2.0
#include "base/buffer.h"
#include "base/clock.h"
#include "base/memory.h"
#include "decode/decode.h"
#include "decode/file_type.h"
#include "decode/pe_imports.h"
#include "decode/pe_signature.h"
#include "decode/pe_version.h"
#include "decode/script_metrics.h"

#include <assert.h>

// One event a file. The file is read once, in pieces, for its digests and a script's measures;
// what a Windows program says of itself is then read where its headers point, and a signed one
// once more for the digest that was signed.

enum {
    FILE_PIECE_BYTES = 1 << 20,   // also what the event shows as its raw bytes
    FILE_TEXT_CEILING = 64 << 20, // texts of one event: an import list may be long
    FILE_SCRIPT_MAX = 16 << 20,   // of a larger script the beginning is measured
};
// What following a program's structures may read, beside its sections.
#define FILE_WINDOW_BUDGET ((uint64_t)256 << 20)

enum file_field {
#define FIELD(id, name) FILE_FIELD_##id,
#include "decode/file.def"
#undef FIELD
    FILE_FIELD_COUNT,
};

static const char *const NAMES[FILE_FIELD_COUNT] = {
#define FIELD(id, name) name,
#include "decode/file.def"
#undef FIELD
};

struct file_state {
    struct shape shape;
    struct shape_field fields[FILE_FIELD_COUNT];
    struct value values[FILE_FIELD_COUNT];
    size_t starts[FILE_FIELD_COUNT]; // of texts, while they are written
    bool present[FILE_FIELD_COUNT];
    struct buffer text;
    struct buffer imports;
    struct digest_pass *digests;
    unsigned kinds; // bits 1 << DIGEST_*
    struct script_meter meter;
    struct file_window window;
    struct pe_image image;
    struct signed_data signature;
    uint8_t sha256[DIGEST_SIZE_MAX];
    uint8_t *first; // the file's first piece
    size_t first_size;
    uint8_t *piece;
};

static void *file_new_state(const struct decode_options *options) {
    struct file_state *state = memory_new(1, sizeof *state);
    state->kinds = 1u << DIGEST_SHA256;
    if (!options->sha256_only)
        state->kinds |= 1u << DIGEST_SHA1 | 1u << DIGEST_MD5;
    for (uint32_t i = 0; i < FILE_FIELD_COUNT; i++) {
        struct slice name = slice_of_string(NAMES[i]);
        state->fields[i] =
            (struct shape_field){.name = name, .path = name, .slot = {0, (uint16_t)i}};
    }
    state->shape =
        (struct shape){.field_count = FILE_FIELD_COUNT, .fields = state->fields, .format = "file"};
    for (size_t i = 0; i < FIELD_ROLE_COUNT; i++)
        state->shape.role_fields[i] = -1;
    buffer_init(&state->text, FILE_TEXT_CEILING);
    buffer_init(&state->imports, FILE_TEXT_CEILING);
    state->digests = digest_pass_new();
    script_meter_init(&state->meter);
    state->first = memory_resize(NULL, FILE_PIECE_BYTES, 1);
    state->piece = memory_resize(NULL, FILE_PIECE_BYTES, 1);
    return state;
}

static void file_free_state(void *context) {
    struct file_state *state = context;
    buffer_done(&state->text);
    buffer_done(&state->imports);
    digest_pass_free(state->digests);
    script_meter_done(&state->meter);
    memory_free(state->first);
    memory_free(state->piece);
    memory_free(state);
}

// A text is written at the end of state->text between these two; the buffer may move meanwhile.
static struct buffer *field_begin(struct file_state *state, enum file_field field) {
    state->starts[field] = state->text.size;
    state->present[field] = true;
    return &state->text;
}

static void field_end(struct file_state *state, enum file_field field) {
    state->values[field].size = (uint32_t)(state->text.size - state->starts[field]);
}

static void field_put(struct file_state *state, enum file_field field, struct slice text) {
    if (!text.size)
        return;
    buffer_append_slice(field_begin(state, field), text);
    field_end(state, field);
}

static void field_put_text(struct file_state *state, enum file_field field, const char *text) {
    field_put(state, field, slice_of_string(text));
}

static void field_put_digest(struct file_state *state, enum file_field field, enum digest_kind kind,
                             uint8_t digest[DIGEST_SIZE_MAX]) {
    char hex[DIGEST_HEX_SIZE_MAX];
    digest_pass_end(state->digests, kind, digest);
    digest_hex_of(digest, digest_size(kind), hex);
    field_put_text(state, field, hex);
}

static void field_put_share(struct file_state *state, enum file_field field, double number) {
    buffer_append_format(field_begin(state, field), "%.4f", number);
    field_end(state, field);
}

// Where the text of a field lies now.
static struct slice field_text(const struct file_state *state, enum file_field field) {
    if (!state->present[field])
        return (struct slice){0};
    return slice_part(buffer_slice(&state->text), state->starts[field], state->values[field].size);
}

// Reads all of the unit; returns how many bytes there were.
static uint64_t file_read(struct file_state *state, const struct unit *unit, bool is_script) {
    uint64_t at = 0;
    digest_pass_begin(state->digests, state->kinds);
    if (is_script)
        script_meter_begin(&state->meter);
    for (struct slice piece = slice_of(state->first, state->first_size); piece.size;) {
        digest_pass_add(state->digests, piece);
        if (is_script && at < FILE_SCRIPT_MAX)
            script_meter_add(&state->meter, piece);
        at += piece.size;
        piece = slice_of(state->piece, unit_read(unit, at, FILE_PIECE_BYTES, state->piece));
    }
    return at;
}

static void file_tell_script(struct file_state *state) {
    struct script_metrics metrics;
    script_meter_end(&state->meter, &metrics);
    field_put_share(state, FILE_FIELD_ENTROPY, metrics.entropy);
    field_put_share(state, FILE_FIELD_COINCIDENCE, metrics.coincidence);
    buffer_append_u64(field_begin(state, FILE_FIELD_TOKEN), metrics.token_bytes);
    field_end(state, FILE_FIELD_TOKEN);
    field_put_share(state, FILE_FIELD_COMPRESSED, metrics.compressed);
}

// The entropy of a section; `*budget` bounds what all sections may read, as they may overlap.
static double section_entropy(struct file_state *state, const struct unit *unit,
                              const struct pe_section *section, uint64_t *budget) {
    struct byte_counts counts = {0};
    uint64_t left = section->raw_size < *budget ? section->raw_size : *budget;
    for (uint64_t at = section->raw_offset; left;) {
        size_t got = unit_read(unit, at, left < FILE_PIECE_BYTES ? (size_t)left : FILE_PIECE_BYTES,
                               state->piece);
        if (got == 0)
            break;
        byte_counts_add(&counts, slice_of(state->piece, got));
        at += got;
        left -= got;
        *budget -= got;
    }
    return byte_counts_entropy(&counts);
}

// ".text 6.41, .data 1.93"
static void file_tell_sections(struct file_state *state, const struct unit *unit) {
    uint64_t budget = unit->size;
    struct buffer *text = field_begin(state, FILE_FIELD_SECTIONS);
    for (uint32_t i = 0; i < state->image.section_count; i++) {
        const struct pe_section *section = &state->image.sections[i];
        double entropy = section_entropy(state, unit, section, &budget);
        buffer_append_format(text, "%s%s %.2f", i ? ", " : "", section->name, entropy);
    }
    field_end(state, FILE_FIELD_SECTIONS);
}

static void file_tell_imports(struct file_state *state) {
    uint8_t digest[DIGEST_SIZE_MAX];
    buffer_reset(&state->imports);
    pe_imports_append(&state->image, &state->imports);
    if (state->imports.size == 0 || state->imports.failed)
        return;
    digest_pass_begin(state->digests, 1u << DIGEST_MD5);
    digest_pass_add(state->digests, buffer_slice(&state->imports));
    field_put_digest(state, FILE_FIELD_IMPHASH, DIGEST_MD5, digest);
}

static void file_tell_version(struct file_state *state) {
    static const enum file_field fields[PE_VERSION_COUNT] = {
        FILE_FIELD_COMPANY,       FILE_FIELD_PRODUCT,         FILE_FIELD_DESCRIPTION,
        FILE_FIELD_FILE_VERSION,  FILE_FIELD_PRODUCT_VERSION, FILE_FIELD_INTERNAL_NAME,
        FILE_FIELD_ORIGINAL_NAME,
    };
    struct pe_version version;
    pe_version_read(&state->image, &state->text, &version);
    for (size_t i = 0; i < PE_VERSION_COUNT; i++) {
        if (version.texts[i].size == 0)
            continue;
        state->present[fields[i]] = true;
        state->starts[fields[i]] = version.texts[i].from;
        state->values[fields[i]].size = (uint32_t)version.texts[i].size;
    }
}

static void file_tell_signature(struct file_state *state) {
    enum pe_signature found = pe_signature_read(&state->image, state->digests, &state->signature);
    field_put_text(state, FILE_FIELD_SIGNATURE_STATE, pe_signature_text(found));
    if (found == PE_SIGNATURE_NONE || found == PE_SIGNATURE_UNREADABLE)
        return;
    field_put_text(state, FILE_FIELD_SIGNED_BY, state->signature.common_name);
    field_put_text(state, FILE_FIELD_SIGNER_SUBJECT, state->signature.subject);
    field_put_text(state, FILE_FIELD_SIGNER_ISSUER, state->signature.issuer);
    field_put_text(state, FILE_FIELD_SIGNER_SERIAL, state->signature.serial);
}

static void file_tell_program(struct file_state *state, const struct unit *unit) {
    const struct pe_image *image = &state->image;
    const char *machine = pe_image_machine(image);
    bool library = (image->characteristics & 0x2000) != 0;
    char time[CLOCK_TEXT_SIZE];
    buffer_append_format(field_begin(state, FILE_FIELD_TYPE), "Windows %s %s%s",
                         image->subsystem == 1 ? "driver"
                         : library             ? "library"
                                               : "program",
                         machine       ? machine
                         : image->wide ? "64 bit"
                                       : "32 bit",
                         image->directories[PE_DIRECTORY_RUNTIME].address ? " .NET" : "");
    field_end(state, FILE_FIELD_TYPE);
    clock_format((int64_t)image->timestamp * 1000000000, time);
    field_put_text(state, FILE_FIELD_LINK_TIME, time);
    file_tell_sections(state, unit);
    file_tell_imports(state);
    file_tell_version(state);
    file_tell_signature(state);
}

// As Sysmon writes them, for rules that look there.
static void file_tell_hashes(struct file_state *state) {
    static const struct {
        const char *name;
        enum file_field field;
    } rows[] = {{"SHA1=", FILE_FIELD_SHA1},
                {"MD5=", FILE_FIELD_MD5},
                {"SHA256=", FILE_FIELD_SHA256},
                {"IMPHASH=", FILE_FIELD_IMPHASH}};
    struct buffer *text = field_begin(state, FILE_FIELD_HASHES);
    for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
        char hex[DIGEST_HEX_SIZE_MAX];
        struct slice digest = field_text(state, rows[i].field);
        if (!digest.size)
            continue;
        memcpy(hex, digest.data, digest.size);
        for (size_t k = 0; k < digest.size; k++)
            hex[k] = (char)(hex[k] >= 'a' ? hex[k] - 32 : hex[k]);
        if (text->size > state->starts[FILE_FIELD_HASHES])
            buffer_append_byte(text, ',');
        buffer_append_text(text, rows[i].name);
        buffer_append(text, hex, digest.size);
    }
    field_end(state, FILE_FIELD_HASHES);
}

static void file_tell(struct file_state *state, const struct unit *unit, bool is_script,
                      uint64_t size) {
    uint8_t digest[DIGEST_SIZE_MAX];
    buffer_reset(&state->text);
    memset(state->present, 0, sizeof state->present);
    file_path_append_original(unit->path, field_begin(state, FILE_FIELD_PATH));
    field_end(state, FILE_FIELD_PATH);
    buffer_append_u64(field_begin(state, FILE_FIELD_SIZE), size);
    field_end(state, FILE_FIELD_SIZE);
    field_put_digest(state, FILE_FIELD_SHA256, DIGEST_SHA256, state->sha256);
    if (state->kinds >> DIGEST_SHA1 & 1)
        field_put_digest(state, FILE_FIELD_SHA1, DIGEST_SHA1, digest);
    if (state->kinds >> DIGEST_MD5 & 1)
        field_put_digest(state, FILE_FIELD_MD5, DIGEST_MD5, digest);
    if (is_script)
        file_tell_script(state);
    file_window_begin(&state->window, unit, FILE_WINDOW_BUDGET);
    if (pe_image_read(&state->image, &state->window))
        file_tell_program(state, unit);
    else
        field_put_text(state, FILE_FIELD_TYPE,
                       file_type_of(slice_of(state->first, state->first_size)));
    file_tell_hashes(state);
}

static enum status file_decode(void *context, const struct unit *unit,
                               const struct event_sink *sink, struct problem *problem) {
    struct file_state *state = context;
    bool page;
    state->first_size = unit_read(unit, 0, FILE_PIECE_BYTES, state->first);
    struct slice first = slice_of(state->first, state->first_size);
    bool is_script = script_recognise(first, unit->path, &page);
    uint64_t size = file_read(state, unit, is_script);
    if (size < unit->size) {
        struct gap gap = {.source = unit->source,
                          .offset = size,
                          .bytes = unit->size - size,
                          .reason = "file became shorter while it was read"};
        sink->gap(sink->context, &gap);
    }
    file_tell(state, unit, is_script, size);
    if (state->text.failed)
        return problem_set(problem, STATUS_LIMIT, "a file says too much of itself");
    for (uint32_t i = 0; i < FILE_FIELD_COUNT; i++) {
        struct slice text = field_text(state, (enum file_field)i);
        state->values[i] = (struct value){
            .data = text.data,
            .size = (uint32_t)text.size,
            .kind = state->present[i] ? VALUE_UTF8 : VALUE_ABSENT,
        };
    }
    struct event event = {
        .shape = &state->shape,
        .banks = {state->values},
        .bank_sizes = {FILE_FIELD_COUNT},
        .time_ns = CLOCK_NONE,
        .position = {.source = unit->source},
        .raw = first,
        .raw_sha256 = state->sha256,
    };
    sink->event(sink->context, &event);
    return STATUS_OK;
}

// Pages that a web server would run are evidence wherever they lie; other files only when asked
// for.
static int file_recognise(struct slice first, struct slice path) {
    bool page;
    script_recognise(first, path, &page);
    return page ? 1 : 0;
}

const struct decoder decoder_file = {
    .name = "file",
    .summary = "files that are no log: hashes, program facts, signers, script measures",
    .division = DIVISION_FILE,
    .recognise = file_recognise,
    .new_state = file_new_state,
    .decode = file_decode,
    .free_state = file_free_state,
};
