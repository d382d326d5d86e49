// Which updates a mail server lacks
// SPDX-License-Identifier: Apache-2.0
#include "base/text.h"
#include "detect/exchange_book.h"
#include "detect/reading.h"
#include "model/facts.h"

// Cost: one pass over builds, a handful for each server.

// The highest build seen of a server, and where.
struct level {
    uint32_t server;
    bool of_file;
    struct exchange_build build;
    struct slice text;
    const struct reference *references;
    uint32_t reference_count;
    int64_t first_ns, last_ns;
    uint64_t count;
};

struct lacking {
    uint32_t updates, vulnerabilities, listed; // what is certain
    uint32_t open_updates;                     // what the build cannot tell
    const char *first, *last;
    struct buffer known; // exploited ones
};

static void missing_take(void *context, const struct exchange_missing *missing) {
    struct lacking *lacking = context;
    if (!missing->is_certain) {
        lacking->open_updates++;
        return;
    }
    lacking->updates++;
    if (!lacking->first)
        lacking->first = missing->update;
    lacking->last = missing->update;
    for (size_t i = 0; i < missing->vulnerability_count; i++) {
        const struct exchange_vulnerability *one = &missing->vulnerabilities[i];
        lacking->vulnerabilities++;
        if (!one->listed)
            continue;
        lacking->listed++;
        buffer_append_format(&lacking->known, "%s%s", lacking->known.size ? ", " : "", one->id);
    }
}

static enum status level_tell(struct exchange_book *book, const struct level *level,
                              struct problem *problem) {
    const struct facts *facts = book->context->facts;
    struct exchange_release release;
    if (!facts->exchange_build_find(&level->build, &release))
        return STATUS_OK;
    struct lacking lacking = {.updates = 0};
    buffer_init(&lacking.known, 1 << 16);
    facts->exchange_build_missing(&level->build,
                                  level->of_file ? EXCHANGE_BUILD_OF_FILE : EXCHANGE_BUILD_OF_LOG,
                                  missing_take, &lacking);
    struct draft *draft = &book->draft;
    struct slice server = book->servers[level->server].name;
    if (lacking.updates + lacking.open_updates) {
        draft_begin(draft, lacking.listed ? EXCHANGE_PATCH_LEVEL_KEV : EXCHANGE_PATCH_LEVEL, server,
                    SLICE(""));
        exchange_cite(draft, &(struct exchange_cited){level->references, level->reference_count},
                      1);
        draft->detection.first_ns = level->first_ns;
        draft->detection.last_ns = level->last_ns;
        draft->detection.count = level->count;
        draft_say(draft, "what",
                  "%.*s runs build %.*s (%s %s%s): it lacks %u updates against %u "
                  "vulnerabilities, of which %u are in CISA's catalogue of exploited ones.",
                  SLICE_FORMAT(server), SLICE_FORMAT(level->text), release.product, release.cu,
                  release.is_exact ? "" : " or a later one", lacking.updates,
                  lacking.vulnerabilities, lacking.listed);
        draft_say(draft, "why",
                  lacking.updates ? "from %s to %s; exploited: %.*s"
                                  : "no update is certain to be missing%s%s%.*s",
                  lacking.updates ? lacking.first : "", lacking.updates ? lacking.last : "",
                  SLICE_FORMAT(lacking.known.size ? buffer_slice(&lacking.known) : SLICE("none")));
        if (!level->of_file)
            draft_say(draft, "confidence",
                      "the logs name the build of the cumulative update; whether %u security "
                      "updates on it were installed, only the version of ExSetup.exe tells",
                      lacking.open_updates);
        draft_say_text(draft, "build", level->text);
        for (size_t i = 0; i < facts->exchange_unsettled_count; i++)
            draft_say(draft, "unsettled", "%s", facts->exchange_unsettled[i].id);
    }
    buffer_done(&lacking.known);
    return lacking.updates + lacking.open_updates ? draft_tell(draft, book->sink, problem)
                                                  : STATUS_OK;
}

static bool level_take(struct exchange_book *book, const struct relation *relation,
                       struct level *level) {
    struct exchange_build build;
    uint32_t server = exchange_server_of(book, relation, true);
    bool of_file = slice_equal(relation->detail[0], SLICE("exsetup"));
    if (server == UINT32_MAX || relation->reference_count == 0 ||
        !exchange_build_read(relation->artefact, &build))
        return false;
    bool better = level->server != server || (of_file && !level->of_file) ||
                  (of_file == level->of_file && exchange_build_compare(&build, &level->build) > 0);
    if (!better)
        return true;
    const struct reference *references =
        references_keep(&book->arena, relation->references, relation->reference_count);
    if (!references)
        return false;
    *level = (struct level){.server = server,
                            .of_file = of_file,
                            .build = build,
                            .text = arena_keep(&book->arena, relation->artefact),
                            .references = references,
                            .reference_count = relation->reference_count,
                            .first_ns = relation->first_ns,
                            .last_ns = relation->last_ns,
                            .count = relation->count};
    return true;
}

enum status exchange_tell_patch_levels(struct exchange_book *book, struct problem *problem) {
    if (!book->context->facts)
        return STATUS_OK;
    struct level level = {.server = UINT32_MAX};
    struct reading reading;
    enum status status =
        reading_open(&reading, book->context, RELATION_MASK(BUILD), RELATION_ORDER_TO, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        if (level.server != UINT32_MAX &&
            exchange_server_of(book, &reading.relation, true) != level.server) {
            status = level_tell(book, &level, problem);
            level.server = UINT32_MAX;
        }
        if (status == STATUS_OK)
            level_take(book, &reading.relation, &level);
    }
    reading_close(&reading);
    if (status == STATUS_OK && level.server != UINT32_MAX)
        status = level_tell(book, &level, problem);
    return status;
}
