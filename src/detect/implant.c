// Programs that search, pack, tunnel and remove themselves
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "detect/detection.h"
#include "detect/implant_gathering.h"
#include "detect/judgement.h"

#include <string.h>

// Cost: implant_book.h's pass, one pass over program starts, files and pipes of each host, one over
// contacts of programs.
//
// 1. Who deletes its own image has something to hide: what such a program did on any host is told,
//    there and on the others.
// 2. A lone program in a place where programs do not lie is weighed by what it does.

enum implant_rule {
    IMPLANT_COVER,
    IMPLANT_COLLECTION,
    IMPLANT_TUNNEL,
    IMPLANT_LONE,
    IMPLANT_GATHERS,
};

static const struct slice COVER_TAGS[] = {JUDGEMENT_TEXT("attack.defense-evasion"),
                                          JUDGEMENT_TEXT("attack.t1070.004"),
                                          JUDGEMENT_TEXT("vedette.stage.cover")};
static const struct slice COLLECTION_TAGS[] = {
    JUDGEMENT_TEXT("attack.collection"), JUDGEMENT_TEXT("attack.t1119"),
    JUDGEMENT_TEXT("attack.t1560"), JUDGEMENT_TEXT("vedette.stage.collection")};
static const struct slice CONTROL_TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                            JUDGEMENT_TEXT("attack.t1572"),
                                            JUDGEMENT_TEXT("vedette.stage.control")};

static const struct slice GATHERING_TAGS[] = {
    JUDGEMENT_TEXT("attack.collection"), JUDGEMENT_TEXT("attack.t1074.002"),
    JUDGEMENT_TEXT("attack.t1090.001"), JUDGEMENT_TEXT("vedette.stage.theft")};

static const struct rule RULES[] = {
    [IMPLANT_COVER] =
        JUDGEMENT("vedette-implant-removes-itself", "Program removed itself", MEDIUM, COVER_TAGS),
    [IMPLANT_COLLECTION] =
        JUDGEMENT("vedette-implant-collects",
                  "Program that removes itself searched and packed files", HIGH, COLLECTION_TAGS),
    [IMPLANT_TUNNEL] =
        JUDGEMENT("vedette-implant-tunnel",
                  "Lone program in an odd place opened pipes or connections", HIGH, CONTROL_TAGS),
    [IMPLANT_LONE] =
        JUDGEMENT("vedette-implant-lone-program",
                  "Lone program in a place where programs do not lie", MEDIUM, CONTROL_TAGS),
    [IMPLANT_GATHERS] =
        JUDGEMENT("vedette-implant-gathers",
                  "Programs that collect and remove themselves meet at a server inside", HIGH,
                  GATHERING_TAGS),
};

#define SECOND_NS 1000000000ll
#define GONE_NS (120 * SECOND_NS) // what a removal deletes beside the program itself
#define SERVER_ROLES                                                                               \
    (FLEET_ROLE_MAIL | FLEET_ROLE_DOCUMENT | FLEET_ROLE_UPGRADE | FLEET_ROLE_CONTROLLER |          \
     FLEET_ROLE_WEB | FLEET_ROLE_FILE | FLEET_ROLE_SERVER)

enum {
    LONE_HOSTS_MAX = 2,
    POINTS_LONE = 3,
    POINTS_TUNNEL = 5
};

struct implant {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct problem *problem;
    struct implant_book book;
    struct buffer host;
    struct draft cover, collection;
    bool has_cover, has_collection;
    int64_t removed_ns; // the last removal on this host
    bool guessed;       // a start without its command line speaks on this host
};

// `path`: of the program, or beside it. Programs that remove themselves from one folder are one
// tool: the folder is what its hosts have in common.
static void draft_open(struct implant *implant, enum implant_rule rule, struct slice path,
                       const struct relation *relation) {
    bool cover = rule == IMPLANT_COVER;
    bool *has = cover ? &implant->has_cover : &implant->has_collection;
    struct draft *draft = cover ? &implant->cover : &implant->collection;
    if (!*has) {
        draft_begin(draft, rule, buffer_slice(&implant->host), relation->account);
        if (implant_is_beside_removed(&implant->book, path))
            draft_say_text(draft, "series", implant_folder(path));
    }
    *has = true;
    draft_cite(draft, relation);
}

static void guess_say(const struct implant *implant, struct draft *draft) {
    if (implant->guessed)
        draft_say(
            draft, "confidence",
            "medium: this host logs no command lines; what its shells were told is taken from "
            "those that the same program started within a day on other hosts");
}

static enum status host_end(struct implant *implant) {
    enum status status = STATUS_OK;
    if (implant->has_cover) {
        draft_say(&implant->cover, "what", "A program on %.*s had itself deleted.",
                  SLICE_FORMAT(buffer_slice(&implant->host)));
        draft_say(&implant->cover, "why",
                  "its child's command deletes the image of its own parent, or that image was "
                  "deleted, which removes itself on other hosts");
        guess_say(implant, &implant->cover);
        draft_say(&implant->cover, "benign",
                  "Uninstallers do so from temporary folders, after a setup that the software "
                  "inventory would show.");
        status = draft_tell(&implant->cover, implant->sink, implant->problem);
    }
    if (implant->has_collection && status == STATUS_OK) {
        draft_say(&implant->collection, "what",
                  "A program on %.*s searched for files and wrote some.",
                  SLICE_FORMAT(buffer_slice(&implant->host)));
        draft_say(&implant->collection, "why",
                  "the same program removes itself, here or on other hosts");
        guess_say(implant, &implant->collection);
        draft_say(&implant->collection, "benign",
                  "Products that search keep themselves installed afterwards.");
        status = draft_tell(&implant->collection, implant->sink, implant->problem);
    }
    implant->has_cover = implant->has_collection = implant->guessed = false;
    implant->removed_ns = CLOCK_NONE;
    return status;
}

static bool time_is_after_removal(const struct implant *implant, int64_t time_ns) {
    return implant->removed_ns != CLOCK_NONE && time_ns >= implant->removed_ns &&
           time_ns <= implant->removed_ns + GONE_NS;
}

// Where no command line was logged, each start speaks for itself.
static void unlogged_take(struct implant *implant, const struct relation *relation) {
    for (uint32_t i = 0; i < relation->reference_count; i++) {
        struct relation one = *relation;
        one.references = &relation->references[i];
        one.reference_count = 1;
        one.count = 1;
        one.first_ns = one.last_ns =
            reading_time(implant->context, relation, &relation->references[i]);
        enum implant_deed deed = implant_unlogged(&implant->book, relation, one.first_ns);
        if (deed == IMPLANT_REMOVED) {
            draft_open(implant, IMPLANT_COVER, relation->detail[0], &one);
            draft_say_text(&implant->cover, "artefact", relation->detail[0]);
        } else if (deed == IMPLANT_SEARCHED) {
            draft_open(implant, IMPLANT_COLLECTION, relation->detail[0], &one);
            draft_say_text(&implant->collection, "artefact", relation->detail[0]);
        } else {
            continue;
        }
        implant->guessed = true;
    }
}

static void spawn_take(struct implant *implant, const struct relation *relation) {
    if (!implant_is_removed(&implant->book, relation->detail[0]))
        return;
    if (implant_removes_parent(relation)) {
        draft_open(implant, IMPLANT_COVER, relation->detail[0], relation);
        draft_say_text(&implant->cover, "artefact", relation->detail[0]);
        implant->removed_ns = relation->last_ns;
    } else if (implant_command_searches(relation->detail[1])) {
        draft_open(implant, IMPLANT_COLLECTION, relation->detail[0], relation);
        draft_say_text(&implant->collection, "artefact", relation->detail[0]);
    } else if (relation->detail[1].size == 0) {
        unlogged_take(implant, relation);
    }
}

static void file_take(struct implant *implant, const struct relation *relation) {
    struct slice how = relation->detail[2];
    if (slice_equal_string(how, "deleted")) {
        if (implant_is_removed(&implant->book, relation->artefact) ||
            time_is_after_removal(implant, relation->first_ns))
            draft_open(implant, IMPLANT_COVER, relation->artefact, relation);
        return;
    }
    if (path_is_image(relation->artefact))
        return;
    bool wrote = slice_equal_string(how, "created") &&
                 implant_is_removed(&implant->book, relation->detail[1]);
    bool beside = slice_equal_string(how, "listed") &&
                  implant_is_beside_removed(&implant->book, relation->artefact);
    if (wrote || beside)
        draft_open(implant, IMPLANT_COLLECTION, beside ? relation->artefact : relation->detail[1],
                   relation);
}

static enum status removals_tell(struct implant *implant) {
    struct reading reading;
    enum status status =
        reading_open(&reading, implant->context, RELATION_MASK(SPAWN) | RELATION_MASK(FILE),
                     RELATION_ORDER_TO, implant->problem);
    while (status == STATUS_OK &&
           (status = reading_next(&reading, implant->problem)) == STATUS_OK && reading.more) {
        const struct relation *relation = &reading.relation;
        struct slice host = reading_to(implant->context, relation);
        if (!slice_equal(host, buffer_slice(&implant->host))) {
            status = host_end(implant);
            buffer_reset(&implant->host);
            buffer_append_slice(&implant->host, host);
        }
        if (relation->kind == RELATION_SPAWN)
            spawn_take(implant, relation);
        else
            file_take(implant, relation);
    }
    if (status == STATUS_OK)
        status = host_end(implant);
    reading_close(&reading);
    return status;
}

static int lone_points(const struct implant *implant, const struct lone_program *program) {
    const struct fleet *fleet = implant->context->fleet;
    int points = program->odd ? 2 : 0;
    if (program->host < fleet->count && fleet->hosts[program->host].roles & SERVER_ROLES)
        points++;
    points += program->by_shell ? 1 : 0;
    points += program->pipes ? 1 : 0;
    return points + (program->outside ? 1 : 0);
}

static enum status lone_tell(struct implant *implant, const struct lone_program *program) {
    int points = lone_points(implant, program);
    if (points < POINTS_LONE || !program->odd || program->cited.reference_count == 0)
        return STATUS_OK;
    struct draft *draft = &implant->cover;
    draft_begin(draft, points >= POINTS_TUNNEL ? IMPLANT_TUNNEL : IMPLANT_LONE, program->host_name,
                SLICE(""));
    struct relation cited = program->cited;
    cited.references = program->references;
    draft_cite(draft, &cited);
    draft_say(draft, "what", "%.*s has %.*s, which lies where programs do not, %s%s%s.",
              SLICE_FORMAT(program->host_name), SLICE_FORMAT(program->path),
              program->hosts == 1 ? "on no other host" : "on one other host at most",
              program->pipes ? "; it opened a named pipe" : "",
              program->outside ? "; it connected to the outside" : "");
    draft_say(draft, "why",
              "%d points: odd place 2, server 1, brought or started by a shell 1, "
              "named pipe 1, contact outside 1 (%d are enough)",
              points, POINTS_LONE);
    draft_say(draft, "confidence", points >= POINTS_TUNNEL ? "high" : "medium");
    draft_say(draft, "benign",
              "A tool that somebody put there by hand looks the same; ask who did. Rolled out "
              "software would be on more hosts.");
    draft_say_text(draft, "artefact", program->path);
    if (program->destination.size)
        draft_say_text(draft, "destination", program->destination);
    return draft_tell(draft, implant->sink, implant->problem);
}

static enum status implant_judge(const struct detect_context *context,
                                 const struct detection_sink *sink, struct problem *problem) {
    struct implant implant = {
        .context = context, .sink = sink, .problem = problem, .removed_ns = CLOCK_NONE};
    implant_book_init(&implant.book, context);
    buffer_init(&implant.host, RELATION_PART_BYTES_MAX);
    draft_init(&implant.cover);
    draft_init(&implant.collection);
    enum status status = implant_book_read(&implant.book, LONE_HOSTS_MAX, problem);
    if (status == STATUS_OK)
        status = removals_tell(&implant);
    for (uint32_t i = 0; i < implant.book.lone_count && status == STATUS_OK; i++)
        status = lone_tell(&implant, &implant.book.lone[i]);
    if (status == STATUS_OK)
        status = implant_gathering_judge(&implant.book, IMPLANT_GATHERS, sink, problem);
    draft_done(&implant.cover);
    draft_done(&implant.collection);
    buffer_done(&implant.host);
    implant_book_done(&implant.book);
    return status;
}

const struct detector detector_implant = {
    .name = "implant",
    .summary = "programs that search, pack, tunnel and remove themselves",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = implant_judge,
};
