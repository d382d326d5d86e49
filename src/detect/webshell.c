// Pages that only intruders use, on disk or in memory
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/memory.h"
#include "detect/detection.h"
#include "detect/judgement.h"
#include "detect/webshell_inside.h"

#include <string.h>

// A path is scored in bits by who uses it and how (candidate_score); from 6 it is told as one
// finding for the path, one for each client's session, and one for the programs that the web
// server started meanwhile.
// Cost: two passes over web requests, child processes and files; the first finds paths that
// several servers answer. At most two more over web requests when there are such paths.

static const struct slice SHELL_TAGS[] = {JUDGEMENT_TEXT("attack.persistence"),
                                          JUDGEMENT_TEXT("attack.t1505.003"),
                                          JUDGEMENT_TEXT("vedette.stage.foothold")};
static const struct slice ENTRY_TAGS[] = {JUDGEMENT_TEXT("attack.initial-access"),
                                          JUDGEMENT_TEXT("attack.t1190"),
                                          JUDGEMENT_TEXT("vedette.stage.entry")};
static const struct slice MEMORY_TAGS[] = {JUDGEMENT_TEXT("attack.persistence"),
                                           JUDGEMENT_TEXT("attack.t1505.003"),
                                           JUDGEMENT_TEXT("vedette.stage.foothold")};
static const struct slice CONTROL_TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                            JUDGEMENT_TEXT("attack.t1071.001"),
                                            JUDGEMENT_TEXT("vedette.stage.control")};
static const struct slice CHILD_TAGS[] = {
    JUDGEMENT_TEXT("attack.execution"), JUDGEMENT_TEXT("attack.t1059"),
    JUDGEMENT_TEXT("attack.t1505.003"), JUDGEMENT_TEXT("vedette.stage.control")};

// Whether it asks for orders or sends what was taken, its requests do not say: no stage.
static const struct slice CALLER_TAGS[] = {JUDGEMENT_TEXT("attack.command-and-control"),
                                           JUDGEMENT_TEXT("attack.t1090.001")};

static const struct rule RULES[] = {
    [WEBSHELL_VIRTUAL] =
        JUDGEMENT("vedette-webshell-virtual-path",
                  "A path answers that no page and no product accounts for", HIGH, MEMORY_TAGS),
    [WEBSHELL_DISK] = JUDGEMENT("vedette-webshell-page",
                                "A new page file is used by strangers only", HIGH, SHELL_TAGS),
    [WEBSHELL_SESSION] = JUDGEMENT("vedette-webshell-session", "A client works through a web shell",
                                   HIGH, CONTROL_TAGS),
    [WEBSHELL_CHILD] =
        JUDGEMENT("vedette-webshell-commands",
                  "The web server started programs when a web shell was called", HIGH, CHILD_TAGS),
    [WEBSHELL_STATIC] = JUDGEMENT("vedette-webshell-static-post",
                                  "A static file's path took a body from a stranger and answered",
                                  MEDIUM, SHELL_TAGS),
    [WEBSHELL_STATIC_ONCE] = JUDGEMENT(
        "vedette-document-static-post",
        "A static file's path took a body from a stranger for a short while", MEDIUM, ENTRY_TAGS),
    [WEBSHELL_EXISTING] = JUDGEMENT(
        "vedette-webshell-on-existing-path",
        "An ordinary page answers one stranger otherwise than all others", MEDIUM, MEMORY_TAGS),
    [WEBSHELL_NEW_PAGE] =
        JUDGEMENT("vedette-webshell-new-page", "One page is much newer than all others beside it",
                  MEDIUM, SHELL_TAGS),
    [WEBSHELL_CALLED] = JUDGEMENT("vedette-webshell-page-called",
                                  "A page was written, and called soon after", HIGH, SHELL_TAGS),
    [WEBSHELL_GONE] = JUDGEMENT("vedette-webshell-page-gone",
                                "A page was compiled that is not there", MEDIUM, SHELL_TAGS),
    [WEBSHELL_INSIDE] =
        JUDGEMENT("vedette-webshell-inside",
                  "An inside host sends to a page that only intruders knew", HIGH, CALLER_TAGS),
};

enum {
    FEW_CLIENTS = 16,
    SHARED_PATHS_MAX = 65536,
    SOURCES_MAX = 24,
    SESSION_RECORDS_MAX = 256
};

#define CHILD_BEFORE_NS (2ll * 1000000000) // logs that round to seconds

// A path that strangers use, and what speaks for its being a shell.
struct candidate {
    const struct web_site *site;
    uint32_t number;
    const struct web_stem *stem;
    const struct web_file *file;
    int64_t first_ns; // first answer
    int64_t hit_ns;   // an attack before it
    uint64_t requests, posts;
    uint32_t children; // rows with a child within a minute
    bool no_referrer, cohort, no_file, new_file, was_missing, shared;
    unsigned bits;
};

static uint64_t path_hash(struct slice path) {
    uint64_t hash = 14695981039346656037ull;
    for (size_t i = 0; i < path.size; i++)
        hash = (hash ^ path.data[i]) * 1099511628211ull;
    return hash;
}

// Of strangers; where none uses the path, of the one or two inside clients that do: intruders come
// from inside, too.
static bool row_is_use(const struct candidate *candidate, const struct web_row *row) {
    if (row->named || row->existing || row->outside != (candidate->stem->outside_clients > 0))
        return false;
    return row->answer == WEB_ANSWER_GOOD ||
           (row->answer == WEB_ANSWER_FAILED && candidate->stem->script);
}

static bool row_has_child(const struct web_site *site, const struct web_row *row) {
    for (uint32_t i = 0; i < row->relation.time_count; i++) {
        uint32_t at = web_site_child_from(site, row->relation.times[i] - CHILD_BEFORE_NS);
        if (at < site->child_count &&
            site->children[at].time_ns <= row->relation.times[i] + WEB_MINUTE)
            return true;
    }
    return false;
}

static void candidate_count(struct candidate *candidate) {
    const struct web_site *site = candidate->site;
    const struct web_stem *stem = candidate->stem;
    for (uint32_t i = 0; i < stem->row_count; i++) {
        const struct web_row *row = &site->rows[stem->row_start + i];
        if (!row_is_use(candidate, row))
            continue;
        if (candidate->first_ns == CLOCK_NONE)
            candidate->first_ns = row->relation.first_ns;
        candidate->requests += row->relation.count;
        candidate->posts += row->post ? row->relation.count : 0;
        candidate->no_referrer |= row->no_referrer;
        candidate->children += row_has_child(site, row);
        if (row->outside) {
            const struct web_net *net = &site->nets[row->net];
            candidate->cohort |= net->hits + net->missing >= 3;
        }
    }
}

static void candidate_find_file(struct candidate *candidate, int64_t evidence_ns) {
    const struct web_site *site = candidate->site;
    if (!candidate->stem->script)
        return;
    candidate->file = web_site_file(site, candidate->stem);
    if (!candidate->file) {
        candidate->no_file = site->listed_pages >= WEBSHELL_LISTED_MIN;
        return;
    }
    int64_t came_ns = candidate->file->relation.first_ns;
    candidate->new_file = came_ns != CLOCK_NONE && came_ns >= evidence_ns - WEB_DAY &&
                          came_ns >= candidate->first_ns - WEBSHELL_HIT_DAYS * WEB_DAY &&
                          came_ns <= candidate->first_ns + WEB_DAY;
}

static unsigned candidate_bits(const struct candidate *candidate) {
    const struct web_stem *stem = candidate->stem;
    bool posts = candidate->posts * 5 > candidate->requests * 4;
    unsigned bits = stem->outside_clients > FEW_CLIENTS ? 0 : stem->outside_clients ? 2 : 1;
    bits += posts ? (candidate->no_referrer ? 2 : 1) : 0;
    bits += candidate->hit_ns != CLOCK_NONE ? 2 : 0;
    bits += candidate->cohort ? 2 : 0;
    bits += candidate->new_file ? 3 : candidate->no_file ? 2 : 0;
    bits += candidate->new_file && candidate->file->by_worker ? 2 : 0;
    bits += candidate->was_missing ? 2 : 0;
    bits += candidate->shared ? 2 : 0;
    return bits + (candidate->children ? 2 : 0);
}

// False when the path cannot be a shell of its own: ordinary, a static file, an old page, an
// endpoint that was attacked, or only read.
static bool candidate_make(struct candidate *candidate, const struct web_site *site,
                           uint32_t number, int64_t evidence_ns) {
    const struct web_stem *stem = &site->stems[number];
    *candidate = (struct candidate){.site = site, .number = number, .stem = stem};
    candidate->first_ns = candidate->hit_ns = CLOCK_NONE;
    if (stem->ordinary || stem->is_static || (stem->refused && !stem->script))
        return false;
    candidate_count(candidate);
    if (candidate->first_ns == CLOCK_NONE)
        return false;
    candidate_find_file(candidate, evidence_ns);
    if (candidate->file && !candidate->new_file && !candidate->children)
        return false;
    bool page = stem->script && (candidate->no_file || candidate->new_file);
    if (candidate->requests < WEBSHELL_REQUESTS_MIN && !page)
        return false;
    if (candidate->posts * 2 < candidate->requests && !candidate->new_file)
        return false;
    candidate->hit_ns = web_site_hit_before(
        site, number, candidate->first_ns - WEBSHELL_HIT_DAYS * WEB_DAY, candidate->first_ns);
    candidate->was_missing = stem->first_missing_ns != CLOCK_NONE &&
                             stem->first_missing_ns < candidate->first_ns && !candidate->new_file;
    return true;
}

static enum status shared_take(void *taker, const struct web_site *site, struct problem *problem) {
    (void)problem;
    struct webshell_judge *judge = taker;
    struct shared_paths *shared = &judge->shared;
    struct candidate candidate;
    if (site->logged_ns != CLOCK_NONE &&
        (judge->logged_ns == CLOCK_NONE || site->logged_ns < judge->logged_ns))
        judge->logged_ns = site->logged_ns;
    for (uint32_t i = 0; i < site->stem_count; i++) {
        if (!candidate_make(&candidate, site, i, judge->context->first_ns))
            continue;
        uint64_t hash = path_hash(candidate.stem->path);
        uint32_t place = table_find(&shared->table, hash, NULL, NULL, NULL);
        if (place != TABLE_NONE) {
            shared->servers[place]++;
        } else if (shared->count < SHARED_PATHS_MAX) {
            table_add(&shared->table, hash, shared->count);
            shared->servers[shared->count++] = 1;
        }
    }
    return STATUS_OK;
}

static bool path_is_shared(const struct shared_paths *shared, struct slice path) {
    uint32_t place = table_find(&shared->table, path_hash(path), NULL, NULL, NULL);
    return place != TABLE_NONE && shared->servers[place] > 1;
}

// Each distinct client as a source.
static void say_sources(struct draft *draft, const struct candidate *candidate) {
    const struct web_row *rows = candidate->site->rows + candidate->stem->row_start;
    struct slice seen[SOURCES_MAX];
    uint32_t count = 0;
    for (uint32_t i = 0; i < candidate->stem->row_count && count < SOURCES_MAX; i++) {
        bool is_new = row_is_use(candidate, &rows[i]);
        for (uint32_t k = 0; k < count && is_new; k++)
            is_new = !slice_equal(seen[k], rows[i].relation.from);
        if (!is_new)
            continue;
        draft_say_text(draft, "source", rows[i].relation.from);
        seen[count++] = rows[i].relation.from;
    }
}

static void say_why(struct draft *draft, const struct candidate *candidate) {
    char hit[CLOCK_TEXT_SIZE];
    clock_format_second(candidate->hit_ns, hit);
    draft_say(
        draft, "why",
        "%u bits: %u outside clients and no ordinary one; %llu of %llu requests with a "
        "body%s%s%s%s%s%s%s%s%s",
        candidate->bits, candidate->stem->outside_clients, (unsigned long long)candidate->posts,
        (unsigned long long)candidate->requests, candidate->no_referrer ? ", without referrer" : "",
        candidate->hit_ns != CLOCK_NONE ? "; first answered after attacks on this server since "
                                        : "",
        hit, candidate->cohort ? "; the same networks tried or attacked other paths" : "",
        candidate->no_file ? "; no such file among the listed pages" : "",
        candidate->new_file ? "; its file is new" : "",
        candidate->was_missing ? "; not found before, and no file came" : "",
        candidate->shared ? "; the same path on another server" : "",
        candidate->children ? "; programs started within a minute of a request" : "");
}

static enum status candidate_tell(struct webshell_judge *judge, const struct candidate *candidate,
                                  struct problem *problem) {
    struct draft *draft = &judge->draft;
    const struct web_site *site = candidate->site;
    const struct web_stem *stem = candidate->stem;
    draft_begin(draft, candidate->new_file ? WEBSHELL_DISK : WEBSHELL_VIRTUAL, site->name,
                SLICE(""));
    if (candidate->new_file)
        draft_cite(draft, &candidate->file->relation);
    for (uint32_t i = 0; i < stem->row_count; i++)
        if (row_is_use(candidate, &site->rows[stem->row_start + i]))
            draft_cite(draft, &site->rows[stem->row_start + i].relation);
    if (candidate->new_file)
        draft_say(draft, "what", "%.*s on %.*s is a new page that only strangers use.",
                  SLICE_FORMAT(stem->path), SLICE_FORMAT(site->name));
    else
        draft_say(draft, "what", "%.*s on %.*s answers, but nothing accounts for it.",
                  SLICE_FORMAT(stem->path), SLICE_FORMAT(site->name));
    say_why(draft, candidate);
    draft_say(draft, "confidence", candidate->bits >= WEBSHELL_BITS_HIGH ? "high" : "medium");
    draft_say(draft, "benign",
              "A new interface for a partner looks the same for a while, but comes with a release "
              "and without attacks before it.");
    if (candidate->new_file)
        draft_say_text(draft, "artefact", candidate->file->relation.artefact);
    draft_say_text(draft, "path", stem->path);
    say_sources(draft, candidate);
    return draft_tell(draft, judge->sink, problem);
}

// Records of one session: they follow each other within six hours.
struct session {
    struct session_record {
        int64_t time_ns; // corrected
        struct reference reference;
    } records[SESSION_RECORDS_MAX];
    uint32_t count;
};

static int record_compare(const struct session_record *a, const struct session_record *b) {
    if (a->time_ns != b->time_ns)
        return a->time_ns < b->time_ns ? -1 : 1;
    return reference_compare(&a->reference, &b->reference);
}

static void session_add(struct session *session, const struct reference *reference,
                        int64_t time_ns) {
    uint32_t at = session->count;
    struct session_record *records = session->records;
    if (time_ns == CLOCK_NONE)
        return;
    struct session_record record = {time_ns, *reference};
    while (at > 0 && record_compare(&records[at - 1], &record) > 0)
        at--;
    if (session->count == SESSION_RECORDS_MAX ||
        (at > 0 && record_compare(&records[at - 1], &record) == 0))
        return;
    memmove(&records[at + 1], &records[at], (session->count - at) * sizeof *records);
    records[at] = record;
    session->count++;
}

// The end of the session that begins at `start`: a gap, or as many as a finding cites.
static uint32_t session_end(const struct session *session, uint32_t start) {
    uint32_t end = start + 1;
    while (end < session->count && end - start < FINDING_REFERENCES_MAX &&
           session->records[end].time_ns - session->records[end - 1].time_ns <= 6 * WEB_HOUR)
        end++;
    return end;
}

static void session_cite(struct draft *draft, const struct session *session, uint32_t start,
                         uint32_t end) {
    for (uint32_t i = start; i < end; i++)
        draft_cite_record(draft, &session->records[i].reference, session->records[i].time_ns);
}

static enum status client_tell(struct webshell_judge *judge, const struct candidate *candidate,
                               struct slice client, const struct session *session,
                               struct problem *problem) {
    struct draft *draft = &judge->draft;
    enum status status = STATUS_OK;
    for (uint32_t start = 0, end; start < session->count && status == STATUS_OK; start = end) {
        end = session_end(session, start);
        draft_begin(draft, WEBSHELL_SESSION, candidate->site->name, SLICE(""));
        session_cite(draft, session, start, end);
        draft_say(draft, "what", "%.*s worked through %.*s on %.*s.", SLICE_FORMAT(client),
                  SLICE_FORMAT(candidate->stem->path), SLICE_FORMAT(candidate->site->name));
        draft_say(draft, "why", "%u requests to a path that %u bits speak against", end - start,
                  candidate->bits);
        draft_say(draft, "confidence", candidate->bits >= WEBSHELL_BITS_HIGH ? "high" : "medium");
        draft_say_text(draft, "path", candidate->stem->path);
        draft_say_text(draft, "source", client);
        status = draft_tell(draft, judge->sink, problem);
    }
    return status;
}

static enum status sessions_tell(struct webshell_judge *judge, const struct candidate *candidate,
                                 struct problem *problem) {
    const struct web_row *rows = candidate->site->rows + candidate->stem->row_start;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < candidate->stem->row_count && status == STATUS_OK; i++) {
        bool is_first = row_is_use(candidate, &rows[i]);
        for (uint32_t k = 0; k < i && is_first; k++)
            is_first = !row_is_use(candidate, &rows[k]) ||
                       !slice_equal(rows[k].relation.from, rows[i].relation.from);
        if (!is_first)
            continue;
        struct session session = {.count = 0};
        for (uint32_t k = i; k < candidate->stem->row_count; k++)
            for (uint32_t n = 0;
                 row_is_use(candidate, &rows[k]) && n < rows[k].relation.reference_count &&
                 slice_equal(rows[k].relation.from, rows[i].relation.from);
                 n++)
                session_add(&session, &rows[k].relation.references[n],
                            reading_time(judge->context, &rows[k].relation,
                                         &rows[k].relation.references[n]));
        status = client_tell(judge, candidate, rows[i].relation.from, &session, problem);
    }
    return status;
}

// Children within a minute of a request of the row.
static void session_add_children(struct session *session, const struct web_site *site,
                                 const struct web_row *row, uint32_t *ret_spawn) {
    for (uint32_t i = 0; i < row->relation.time_count; i++) {
        int64_t time_ns = row->relation.times[i];
        for (uint32_t at = web_site_child_from(site, time_ns - CHILD_BEFORE_NS);
             at < site->child_count && site->children[at].time_ns <= time_ns + WEB_MINUTE; at++) {
            const struct web_child *child = &site->children[at];
            session_add(session, &site->spawns[child->spawn].references[child->reference],
                        child->time_ns);
            *ret_spawn = child->spawn;
        }
    }
}

static enum status children_tell(struct webshell_judge *judge, const struct candidate *candidate,
                                 struct problem *problem) {
    const struct web_site *site = candidate->site;
    struct session session = {.count = 0};
    uint32_t spawn = 0;
    for (uint32_t i = 0; i < candidate->stem->row_count; i++) {
        const struct web_row *row = &site->rows[candidate->stem->row_start + i];
        if (row_is_use(candidate, row))
            session_add_children(&session, site, row, &spawn);
    }
    enum status status = STATUS_OK;
    for (uint32_t start = 0, end; start < session.count && status == STATUS_OK; start = end) {
        struct draft *draft = &judge->draft;
        end = session_end(&session, start);
        draft_begin(draft, WEBSHELL_CHILD, site->name, site->spawns[spawn].account);
        session_cite(draft, &session, start, end);
        draft_say(draft, "what",
                  "%.*s started %.*s and others within a minute of requests for %.*s.",
                  SLICE_FORMAT(site->name), SLICE_FORMAT(site->spawns[spawn].artefact),
                  SLICE_FORMAT(candidate->stem->path));
        draft_say(draft, "why", "%u starts by %.*s, a web server process", end - start,
                  SLICE_FORMAT(site->spawns[spawn].detail[0]));
        draft_say(draft, "command", "%.*s", SLICE_FORMAT(site->spawns[spawn].detail[1]));
        draft_say(draft, "benign", "Jobs that run anyway may fall into the same minute.");
        draft_say_text(draft, "path", candidate->stem->path);
        status = draft_tell(draft, judge->sink, problem);
    }
    return status;
}

static enum status candidates_judge(struct webshell_judge *judge, const struct web_site *site,
                                    struct problem *problem) {
    enum status status = STATUS_OK;
    struct candidate candidate;
    for (uint32_t i = 0; i < site->stem_count && status == STATUS_OK; i++) {
        if (!candidate_make(&candidate, site, i, judge->context->first_ns))
            continue;
        candidate.shared = path_is_shared(&judge->shared, candidate.stem->path);
        candidate.bits = candidate_bits(&candidate);
        // An attacked endpoint runs programs, too: only a page without a file that is used on
        // and on, or a new file, makes it a shell.
        if (candidate.bits < WEBSHELL_BITS_MIN ||
            (candidate.stem->refused && !candidate.new_file &&
             (!candidate.no_file || candidate.requests < WEBSHELL_REQUESTS_MIN)))
            continue;
        if (candidate.stem->outside_clients)
            webshell_inside_add(judge, site, candidate.stem->path, candidate.first_ns,
                                candidate.bits);
        status = candidate_tell(judge, &candidate, problem);
        if (status == STATUS_OK)
            status = sessions_tell(judge, &candidate, problem);
        if (status == STATUS_OK)
            status = children_tell(judge, &candidate, problem);
    }
    return status;
}

static enum status site_take(void *taker, const struct web_site *site, struct problem *problem) {
    struct webshell_judge *judge = taker;
    enum status status = candidates_judge(judge, site, problem);
    return status == STATUS_OK ? webshell_pages_judge(judge, site, problem) : status;
}

static enum status webshell_judge(const struct detect_context *context,
                                  const struct detection_sink *sink, struct problem *problem) {
    struct webshell_judge judge = {.context = context, .sink = sink, .logged_ns = CLOCK_NONE};
    draft_init(&judge.draft);
    arena_init(&judge.taken.arena, TAKEN_PAGES_BYTES);
    table_init(&judge.shared.table);
    judge.shared.servers = memory_new(SHARED_PATHS_MAX, sizeof *judge.shared.servers);
    enum status status = web_sites_each(context, shared_take, &judge, problem);
    if (status == STATUS_OK)
        status = web_sites_each(context, site_take, &judge, problem);
    if (status == STATUS_OK)
        status = webshell_inside_judge(&judge, problem);
    arena_done(&judge.taken.arena);
    memory_free(judge.shared.servers);
    table_done(&judge.shared.table);
    draft_done(&judge.draft);
    return status;
}

const struct detector detector_webshell = {
    .name = "webshell",
    .summary = "pages that only intruders use, on disk or in memory",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = webshell_judge,
};
