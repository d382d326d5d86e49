// What of the evidence found a case holds already
// SPDX-License-Identifier: Apache-2.0
#include "pipeline/keeper_survey.h"

#include "base/buffer.h"
#include "base/digest.h"
#include "base/memory.h"
#include "pipeline/custody.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    SURVEY_NAMES_BYTES = 1 << 30
};

// The real path of each file's directory, worked out once for files that lie together; the last
// part stays, so that a link is what it is called.
struct survey_names {
    char *real; // of `directory`
    struct slice directory;
};

static struct slice name_real(struct survey_names *names, struct slice path, struct arena *arena) {
    size_t size = path.size;
    while (size > 0 && path.data[size - 1] != '/')
        size--;
    struct slice directory = slice_part(path, 0, size);
    if (!names->real || !slice_equal(directory, names->directory)) {
        char real[PATH_MAX];
        char *text = memory_keep_text(size ? (const char *)directory.data : ".", size ? size : 1);
        const char *found = realpath(text, real);
        memory_free(names->real);
        names->real = memory_keep_text(found ? real : text, strlen(found ? real : text));
        memory_free(text);
        names->directory = directory;
    }
    size_t real_size = strlen(names->real);
    bool slash = real_size && names->real[real_size - 1] != '/';
    uint8_t *to = arena_new(arena, real_size + slash + path.size - size + 1, 1);
    if (!to)
        return (struct slice){NULL, 0};
    memcpy(to, names->real, real_size);
    if (slash)
        to[real_size] = '/';
    memcpy(to + real_size + slash, path.data + size, path.size - size);
    return slice_of(to, real_size + slash + path.size - size);
}

static enum status survey_names(struct keeper_survey *survey, struct intake *intake,
                                struct problem *problem) {
    char directory[PATH_MAX];
    struct survey_names names = {0};
    const char *here = getcwd(directory, sizeof directory);
    survey->directory = arena_keep(&survey->arena, slice_of_string(here ? here : ""));
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < survey->count && status == STATUS_OK; i++) {
        const struct source *source = intake_source(intake, i);
        survey->sizes[i] = source->size;
        survey->identities[i] = name_real(&names, source->path, &survey->arena);
        if (!survey->identities[i].data)
            status = problem_set(problem, STATUS_LIMIT, "too many names: scan them in parts");
    }
    memory_free(names.real);
    return status;
}

static bool unit_is(const void *context, uint32_t number, const void *key) {
    const struct keeper_survey *survey = context;
    const struct known_unit *wanted = key, *unit = &survey->units[number];
    return unit->top == wanted->top && unit->sequence == wanted->sequence &&
           unit->offset == wanted->offset;
}

static uint64_t unit_hash(const struct known_unit *unit) {
    return digest_mix64(digest_mix64(digest_mix64(0, unit->top), unit->sequence), unit->offset);
}

bool keeper_survey_knows(const struct keeper_survey *survey, const struct source *source,
                         uint64_t offset) {
    struct known_unit unit = {source->top, source->sequence, offset};
    return survey->unit_count && table_find(&survey->units_by_place, unit_hash(&unit), unit_is,
                                            survey, &unit) != TABLE_NONE;
}

// What lies in the store of a file that is not whole there.
struct survey_resume {
    struct keeper_survey *survey;
    uint32_t top;
};

static enum status survey_resume_piece(void *context, const struct store_piece *piece,
                                       struct problem *problem) {
    struct survey_resume *resume = context;
    struct keeper_survey *survey = resume->survey;
    struct keeper_unit unit;
    if (piece->units.size % sizeof unit)
        return problem_set(problem, STATUS_FORMAT, "the case's list of units is damaged");
    for (size_t at = 0; at < piece->units.size; at += sizeof unit) {
        memcpy(&unit, piece->units.data + at, sizeof unit);
        size_t count = survey->unit_count;
        if ((count & (count - 1)) == 0)
            survey->units =
                memory_resize(survey->units, count ? count * 2 : 1, sizeof *survey->units);
        survey->units[count] = (struct known_unit){resume->top, unit.sequence, unit.offset};
        table_add(&survey->units_by_place, unit_hash(&survey->units[count]), (uint32_t)count);
        survey->unit_count++;
    }
    return STATUS_OK;
}

// A copy that got another time is the same when its bytes are.
static bool survey_bytes_same(const struct store_source *row, const struct source *source) {
    uint8_t sha256[DIGEST_SHA256_SIZE];
    return row->has_sha256 && custody_digest((const char *)source->path.data, NULL, sha256) &&
           memcmp(sha256, row->sha256, sizeof sha256) == 0;
}

static enum status survey_compare(struct keeper_survey *survey, struct store *store,
                                  struct store_source *row, const struct source *source,
                                  struct problem *problem) {
    uint32_t i = source->index;
    bool same = row->size == source->size && row->modified_ns == source->modified_ns;
    if (!same && row->complete && row->size == source->size && survey_bytes_same(row, source)) {
        row->modified_ns = source->modified_ns;
        int64_t id;
        enum status status = store_put_source(store, row, &id, problem);
        if (status != STATUS_OK)
            return status;
        same = true;
    }
    survey->digested[i] = same && row->has_sha256;
    if (!same) {
        survey->known.changed++;
        return store_forget_file(store, row->id, problem);
    }
    survey->skips[i] = row->complete;
    survey->known.whole += row->complete;
    if (row->complete)
        return STATUS_OK;
    size_t units = survey->unit_count;
    struct survey_resume resume = {survey, i};
    struct store_piece_sink sink = {&resume, survey_resume_piece};
    enum status status = store_forget_gaps(store, row->id, problem);
    if (status == STATUS_OK)
        status = store_pieces(store, row->id, &sink, problem);
    survey->known.resumed += survey->unit_count > units;
    return status;
}

// The case's found files by their real path.
struct survey_rows {
    struct store_source *rows;
    size_t count;
    struct table by_identity;
};

static bool row_is(const void *context, uint32_t number, const void *key) {
    const struct survey_rows *rows = context;
    return slice_equal(rows->rows[number].identity, *(const struct slice *)key);
}

static enum status survey_rows_init(struct survey_rows *rows, struct store *store,
                                    struct arena *arena, struct problem *problem) {
    *rows = (struct survey_rows){0};
    table_init(&rows->by_identity);
    enum status status = store_sources(store, arena, &rows->rows, &rows->count, problem);
    for (size_t i = 0; status == STATUS_OK && i < rows->count; i++)
        if (rows->rows[i].sequence == 0)
            table_add(&rows->by_identity, digest_hash64(rows->rows[i].identity), (uint32_t)i);
    return status;
}

static struct store_source *survey_row(const struct survey_rows *rows, struct slice identity) {
    uint32_t place =
        table_find(&rows->by_identity, digest_hash64(identity), row_is, rows, &identity);
    return place == TABLE_NONE ? NULL : &rows->rows[place];
}

// Other rules: whatever was read is read again, so it has to be among what was given.
static enum status survey_restart(struct keeper_survey *survey, const struct survey_rows *rows,
                                  struct store *store, struct problem *problem) {
    struct table given;
    table_init(&given);
    for (uint32_t i = 0; i < survey->count; i++) {
        struct store_source *row = survey_row(rows, survey->identities[i]);
        if (row && table_find(&given, (uint64_t)row->id, NULL, NULL, NULL) == TABLE_NONE)
            table_add(&given, (uint64_t)row->id, i);
    }
    enum status status = STATUS_OK;
    for (size_t i = 0; i < rows->count && status == STATUS_OK; i++) {
        struct store_source *row = &rows->rows[i];
        if (row->sequence)
            continue;
        if (table_find(&given, (uint64_t)row->id, NULL, NULL, NULL) == TABLE_NONE)
            status = problem_set(problem, STATUS_USAGE,
                                 "the case was read by other rules or options, and %.*s of it is "
                                 "not among what is given now: give all its evidence, the same "
                                 "rules, or a new case",
                                 (int)(row->identity.size > 256 ? 256 : row->identity.size),
                                 (const char *)row->identity.data);
        else
            status = store_forget_file(store, row->id, problem);
        row->complete = row->has_sha256 = false;
        row->size = UINT64_MAX; // as if it were another file
    }
    table_done(&given);
    survey->known.other_rules = rows->count > 0;
    return status;
}

static enum status survey_all(struct keeper_survey *survey, const struct pipeline_keep *keep,
                              struct intake *intake, int64_t *ids, struct problem *problem) {
    struct survey_rows rows;
    struct slice read_by;
    enum status status = survey_rows_init(&rows, keep->store, &survey->arena, problem);
    if (status == STATUS_OK)
        status = store_fact(keep->store, STORE_FACT_READ_BY, &survey->arena, &read_by, problem);
    if (status == STATUS_OK && !slice_equal(read_by, keep->read_by))
        status = survey_restart(survey, &rows, keep->store, problem);
    for (uint32_t i = 0; i < survey->count && status == STATUS_OK; i++) {
        struct store_source *row = survey_row(&rows, survey->identities[i]);
        ids[i] = row ? row->id : 0;
        if (row)
            status = survey_compare(survey, keep->store, row, intake_source(intake, i), problem);
    }
    if (survey->known.other_rules)
        survey->known.changed = 0;
    if (status == STATUS_OK)
        status = store_put_fact(keep->store, STORE_FACT_READ_BY, keep->read_by, problem);
    if (status == STATUS_OK && survey->known.whole < survey->count)
        status = store_put_fact(keep->store, STORE_FACT_FINISHED, SLICE("0"), problem);
    memory_free(rows.rows);
    table_done(&rows.by_identity);
    return status;
}

enum status keeper_survey_init(struct keeper_survey *survey, const struct pipeline_keep *keep,
                               struct intake *intake, int64_t *ids, struct problem *problem) {
    *survey = (struct keeper_survey){.count = (uint32_t)intake_count(intake)};
    size_t room = survey->count ? survey->count : 1;
    arena_init(&survey->arena, SURVEY_NAMES_BYTES);
    table_init(&survey->units_by_place);
    survey->identities = memory_new(room, sizeof *survey->identities);
    survey->sizes = memory_new(room, sizeof *survey->sizes);
    survey->skips = memory_new(room, sizeof *survey->skips);
    survey->digested = memory_new(room, sizeof *survey->digested);
    survey->put = memory_new(room, sizeof *survey->put);
    enum status status = survey_names(survey, intake, problem);
    if (status == STATUS_OK)
        status = store_begin(keep->store, problem);
    if (status == STATUS_OK)
        status = survey_all(survey, keep, intake, ids, problem);
    if (status == STATUS_OK)
        status = store_commit(keep->store, problem);
    survey->known.files = survey->count;
    if (status == STATUS_OK && keep->known)
        keep->known(keep->context, &survey->known);
    return status;
}

void keeper_survey_done(struct keeper_survey *survey) {
    arena_done(&survey->arena);
    table_done(&survey->units_by_place);
    memory_free(survey->identities);
    memory_free(survey->sizes);
    memory_free(survey->skips);
    memory_free(survey->digested);
    memory_free(survey->put);
    memory_free(survey->units);
}
