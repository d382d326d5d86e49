// Pieces of a case back into a run
// SPDX-License-Identifier: Apache-2.0
//
// Each piece speaks in the numbers of the run that read it. The sources of a case in the order of
// their names are numbered anew, as one run over all of them would: which of two comes first is the
// same in both, so what was kept as the smallest references still is.
#include "pipeline/run.h"

#include "base/digest.h"
#include "base/memory.h"
#include "pipeline/relation_loader.h"
#include "pipeline/worker_keep.h"

#include <string.h>

enum {
    LOAD_NUMBERS_MAX = 1 << 24, // of one run's sources
    LOAD_RELATION_BYTES = 256 << 20,
    LOAD_THREADS_MAX = 16,
    LOAD_REASON_BYTES_MAX = 4096
};

struct load_map {
    int64_t run;
    uint32_t *to;
    struct source_map map;
};

struct load {
    struct pipeline_run *run;
    struct load_map *maps; // by run
    size_t map_count;
    struct relation_loader *relations; // NULL: not wanted
};

static enum status load_damaged(const char *what, struct problem *problem) {
    return problem_set(problem, STATUS_FORMAT, "the case's %s are damaged", what);
}

// The numbers of one run: readings `from` to `to`.
static enum status load_map_init(struct load_map *map, const struct store_reading *rows,
                                 size_t count, const struct table *places,
                                 struct problem *problem) {
    uint32_t last = rows[count - 1].number;
    if (last >= LOAD_NUMBERS_MAX)
        return load_damaged("readings", problem);
    map->run = rows[0].run;
    map->to = memory_new(last + 1, sizeof *map->to);
    memset(map->to, 0xFF, (last + 1) * sizeof *map->to);
    map->map = (struct source_map){.to = map->to, .count = last + 1, .same = true};
    for (size_t i = 0; i < count; i++) {
        uint32_t place = table_find(places, (uint64_t)rows[i].source, NULL, NULL, NULL);
        // The order is the database's word only.
        if (place == TABLE_NONE || rows[i].number > last)
            return load_damaged("readings", problem);
        map->to[rows[i].number] = place;
        map->map.same = map->map.same && place == rows[i].number;
    }
    return STATUS_OK;
}

static enum status load_maps(struct load *load, struct store *store, struct problem *problem) {
    struct store_reading *rows = NULL;
    size_t count = 0;
    struct table places;
    table_init(&places);
    for (size_t i = 0; i < load->run->kept_count; i++)
        table_add(&places, (uint64_t)load->run->kept[i].id, (uint32_t)i);
    enum status status = store_readings(store, &rows, &count, problem);
    for (size_t from = 0; from < count && status == STATUS_OK;) {
        size_t to = from;
        while (to < count && rows[to].run == rows[from].run)
            to++;
        load->maps = memory_resize(load->maps, load->map_count + 1, sizeof *load->maps);
        struct load_map *map = &load->maps[load->map_count++];
        *map = (struct load_map){0};
        status = load_map_init(map, rows + from, to - from, &places, problem);
        map->map.own = load->run->writer.run && load->run->writer.run == map->run;
        from = to;
    }
    memory_free(rows);
    table_done(&places);
    return status;
}

static const struct source_map *load_find(const struct load *load, int64_t run) {
    size_t from = 0, to = load->map_count;
    while (from < to) {
        size_t middle = from + (to - from) / 2;
        if (load->maps[middle].run < run)
            from = middle + 1;
        else
            to = middle;
    }
    return from < load->map_count && load->maps[from].run == run ? &load->maps[from].map : NULL;
}

static enum status load_gaps(struct pipeline_run *run, struct slice gaps,
                             const struct source_map *map, struct problem *problem) {
    struct gap_table *table = &run->gaps;
    while (gaps.size) {
        struct kept_gap row;
        if (gaps.size < sizeof row)
            return load_damaged("gaps", problem);
        memcpy(&row, gaps.data, sizeof row);
        gaps = slice_part(gaps, sizeof row, SIZE_MAX);
        if (row.reason_size > gaps.size || row.reason_size > LOAD_REASON_BYTES_MAX ||
            row.source >= map->count || map->to[row.source] == SOURCE_MAP_NONE)
            return load_damaged("gaps", problem);
        struct slice reason = arena_keep(&run->kept_arena, slice_part(gaps, 0, row.reason_size));
        gaps = slice_part(gaps, row.reason_size, SIZE_MAX);
        struct gap_sum sum = {.source = map->to[row.source],
                              .reason = reason.data ? (const char *)reason.data : "",
                              .count = row.count,
                              .bytes = row.bytes,
                              .records = row.records,
                              .offset = row.offset};
        gap_table_add_sum(table, &sum);
    }
    return STATUS_OK;
}

static enum status load_piece(void *context, const struct store_piece *piece,
                              struct problem *problem) {
    struct load *load = context;
    struct pipeline_run *run = load->run;
    const struct source_map *map = load_find(load, piece->run);
    struct pipeline_counts counts;
    if (!map || piece->counts.size != sizeof counts)
        return load_damaged("pieces", problem);
    memcpy(&counts, piece->counts.data, sizeof counts);
    run_add_counts(&run->counts, &counts);
    enum status status = load_gaps(run, piece->gaps, map, problem);
    if (status == STATUS_OK && run->collector)
        status =
            collector_put(run->collector, piece->findings, (uint32_t)run->rule_count, map, problem);
    if (status == STATUS_OK && run->correlator)
        status = correlator_put(run->correlator, piece->notes, map, problem);
    if (status == STATUS_OK && load->relations)
        status = relation_loader_put(load->relations, piece->relations, map, problem);
    return status;
}

static enum status load_pieces(struct load *load, struct store *store, struct problem *problem) {
    struct pipeline_run *run = load->run;
    if (run->relaters)
        load->relations = relation_loader_new(run->relaters, run->relater_count);
    struct store_piece_sink sink = {load, load_piece};
    enum status status = store_pieces(store, 0, &sink, problem);
    if (status == STATUS_OK && load->relations)
        status = relation_loader_finish(load->relations, problem);
    relation_loader_free(load->relations);
    load->relations = NULL;
    return status;
}

// They share the memory.
static void load_make_relaters(struct pipeline_run *run) {
    unsigned count = run->options.threads ? run->options.threads : 1;
    count = count < LOAD_THREADS_MAX ? count : LOAD_THREADS_MAX;
    run->relaters = memory_new(count, sizeof(struct relater *));
    for (; run->relater_count < count; run->relater_count++)
        run->relaters[run->relater_count] =
            relater_new(LOAD_RELATION_BYTES / count, run->options.spill_directory);
}

enum status run_load(struct pipeline_run *run, struct store *store, struct problem *problem) {
    struct load load = {.run = run};
    enum status status =
        store_sources(store, &run->kept_arena, &run->kept, &run->kept_count, problem);
    if (status != STATUS_OK)
        return status;
    if (!run->kept)
        run->kept = memory_new(1, sizeof *run->kept);
    const char *directory = run->options.spill_directory;
    if (run->options.relations)
        load_make_relaters(run);
    if (run->options.ruleset) {
        run->collector = collector_new(run->rules, directory);
        run->correlator =
            correlator_new(run->shared.correlations, run->shared.correlation_count, directory);
    }
    status = load_maps(&load, store, problem);
    if (status == STATUS_OK)
        status = load_pieces(&load, store, problem);
    for (size_t i = 0; i < load.map_count; i++)
        memory_free(load.maps[i].to);
    memory_free(load.maps);
    return status;
}
