// One host's normal life, happening by happening
// SPDX-License-Identifier: Apache-2.0
#include "drill/life_stream.h"

#include "base/memory.h"
#include "drill/document_system.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

// Invariants: a lane's deeds are in time order, its next happening starts no earlier than the
// last of them, and nothing of a lane hangs on another one: so the outward lanes give the same
// deeds in both scopes. The stream merges its lanes.
#define SECOND_NS 1000000000ll
enum {
    ROUNDS_A_DAY = 6 // records that the usual rounds add to a host
};
#define DAY_NS (86400 * SECOND_NS)

// How busy an hour of local time is, of 100: people, and machines.
static const uint8_t people_hours[24] = {1,  1,  1,  1,  1,  2,  5,  20, 70, 100, 100, 95,
                                         55, 80, 95, 95, 85, 60, 25, 10, 6,  4,   3,   2};

static const struct host *first_of(const struct organisation *organisation, enum host_role role) {
    return organisation_host(organisation, role, 0);
}

static uint32_t number_of(const struct host *host) {
    return host ? host->number : DEED_NO_HOST;
}

static void find_people(struct life_plan *plan) {
    const struct organisation *organisation = plan->organisation;
    for (uint32_t i = 0; i < organisation->central_count; i++)
        if (organisation->hosts[i].role == HOST_ADMINISTRATOR &&
            organisation->hosts[i].company == 0 &&
            plan->administrator_count < LIFE_ADMINISTRATORS_MAX)
            plan->administrators[plan->administrator_count++] = i;
    while (plan->person_count < organisation->account_count &&
           organisation->accounts[plan->person_count].kind < ACCOUNT_SERVICE)
        plan->person_count++;
}

struct life_plan *life_plan_new(const struct scenario *scenario,
                                const struct organisation *organisation, uint32_t records_a_day) {
    struct life_plan *plan = memory_new(1, sizeof *plan);
    plan->scenario = scenario;
    plan->organisation = organisation;
    plan->records_a_day = records_a_day;
    plan->documents = document_system_find(scenario->document_system, organisation->seed);
    assert(plan->documents); // the scenario's reader knows the names
    plan->upgrade = number_of(first_of(organisation, HOST_UPGRADE));
    plan->document = number_of(first_of(organisation, HOST_DOCUMENT));
    plan->mail = number_of(first_of(organisation, HOST_MAIL));
    plan->proxy = number_of(first_of(organisation, HOST_PROXY));
    plan->resolver = number_of(first_of(organisation, HOST_RESOLVER));
    plan->files = number_of(first_of(organisation, HOST_FILES));
    plan->management = number_of(first_of(organisation, HOST_MANAGEMENT));
    plan->backup = number_of(first_of(organisation, HOST_BACKUP));
    plan->jump = number_of(first_of(organisation, HOST_JUMP));
    plan->scanner = number_of(first_of(organisation, HOST_SCANNER));
    plan->room_service = number_of(first_of(organisation, HOST_SERVER));
    find_people(plan);
    life_draw_odds(plan);
    return plan;
}

void life_plan_free(struct life_plan *plan) {
    memory_free(plan);
}

static bool is_machine(const struct host *host) {
    return host->central && host->role != HOST_ADMINISTRATOR;
}

static uint32_t busy(const struct life_stream *stream, int64_t time_ns) {
    const struct scenario_life *life = &stream->plan->scenario->life;
    int64_t local = time_ns / SECOND_NS + stream->host->zone_seconds;
    int64_t weekday = (local / 86400 + 3) % 7; // 1970-01-01 was a Thursday; 0 is Monday
    uint32_t people = people_hours[local % 86400 / 3600];
    if (!(life->working_days >> weekday & 1))
        people = 3;
    return is_machine(stream->host) ? 40 + people / 2 : people;
}

// The next time of a track with so many happenings a day: steps at the busiest rate, of which
// quiet hours keep few.
static int64_t draw_next(struct life_stream *stream, enum life_track track, uint32_t a_day) {
    struct dice *dice = &stream->lanes[track]->dice;
    int64_t end = stream->plan->organisation->end_ns;
    int64_t time_ns = track == TRACK_OUTWARD ? stream->outward_ns : stream->lanes[track]->next_ns;
    uint64_t mean = is_machine(stream->host) ? 54 : 30; // of busy(), over a week
    uint64_t step_ms = 86400000ull * mean / 100 / (a_day ? a_day : 1);
    while (time_ns < end) {
        time_ns += (int64_t)(1 + dice_roll(dice) % (2 * step_ms + 1)) * 1000000;
        if (dice_below(dice, 100) < busy(stream, time_ns))
            return time_ns < end ? time_ns : INT64_MAX;
    }
    return INT64_MAX;
}

static uint32_t rate(const struct life_stream *stream, enum life_track track) {
    uint32_t all = stream->plan->records_a_day;
    if (track == TRACK_SERVICE)
        return life_service_rate(stream->plan, stream->host);
    uint32_t by_rounds = all / 3 < ROUNDS_A_DAY ? all / 3 : ROUNDS_A_DAY;
    return track == TRACK_LOCAL ? all * 8 / 10 - by_rounds : all / 10 + 1;
}

uint32_t life_round_due(const struct scenario_round *round, int64_t day) {
    if (day < round->first_day || (day - round->first_day) % round->every_days != 0)
        return UINT32_MAX;
    return (uint32_t)((day - round->first_day) / round->every_days);
}

static bool publishes(const struct life_stream *stream, const struct scenario_round *round) {
    return round->kind == ROUND_RELEASE && stream->host->number == stream->plan->upgrade;
}

// The scanner comes back to a web server many times in a night.
static uint32_t times_of(const struct life_stream *stream, const struct scenario_round *round) {
    enum host_role role = stream->host->role;
    bool web = role == HOST_MAIL || role == HOST_DOCUMENT || role == HOST_UPGRADE;
    return round->kind == ROUND_SCAN && web ? 12 : 1;
}

static bool takes_part(const struct life_stream *stream, const struct scenario_round *round,
                       struct dice *dice) {
    uint32_t count = (uint32_t)stream->plan->organisation->host_count;
    if (publishes(stream, round))
        return true;
    if (round->hosts)
        return dice_below(dice, count) < round->hosts;
    return round->share_percent == 0 || dice_below(dice, 100) < round->share_percent;
}

static void insert_round(struct life_stream *stream, int64_t time_ns, uint32_t round) {
    size_t at = stream->round_count;
    if (at == LIFE_ROUNDS_MAX)
        return;
    for (; at > 0 && stream->rounds[at - 1].time_ns > time_ns; at--)
        stream->rounds[at] = stream->rounds[at - 1];
    stream->rounds[at].time_ns = time_ns;
    stream->rounds[at].round = round;
    stream->round_count++;
}

// All rounds of a day that this host takes part in.
static void plan_day(struct life_stream *stream, int64_t day) {
    const struct scenario_life *life = &stream->plan->scenario->life;
    stream->round_count = stream->round_at = 0;
    stream->day = day;
    for (uint32_t i = 0; i < life->round_count; i++) {
        const struct scenario_round *round = &life->rounds[i];
        struct scenario_hours hours =
            round->hours.from == round->hours.to ? life->hours : round->hours;
        struct dice dice;
        if (life_round_due(round, day) == UINT32_MAX)
            continue;
        host_dice_init(&dice, stream->host, 0xA0000000ull + (uint64_t)day * 256 + i);
        if (!takes_part(stream, round, &dice))
            continue;
        uint32_t minutes = (hours.to + 1440u - hours.from) % 1440u;
        for (uint32_t j = times_of(stream, round); j > 0; j--) {
            int64_t second = hours.from * 60 + (int64_t)dice_below(&dice, minutes * 60);
            if (publishes(stream, round)) // before the first client can fetch it
                second = hours.from * 30 + (int64_t)dice_below(&dice, hours.from * 20u + 1);
            insert_round(stream,
                         stream->plan->organisation->start_ns + day * DAY_NS + second * SECOND_NS +
                             dice_below(&dice, 1000000000),
                         i);
        }
    }
}

static int64_t next_round(struct life_stream *stream) {
    const struct organisation *organisation = stream->plan->organisation;
    while (stream->round_at == stream->round_count) {
        if (organisation->start_ns + (stream->day + 1) * DAY_NS >= organisation->end_ns)
            return INT64_MAX;
        plan_day(stream, stream->day + 1);
    }
    return stream->rounds[stream->round_at].time_ns;
}

// Leases change with their period, for everybody: the server gives each its address anew.
static int64_t first_lease(const struct life_stream *stream) {
    const struct organisation *organisation = stream->plan->organisation;
    if (!stream->host->leases || stream->plan->resolver == DEED_NO_HOST)
        return INT64_MAX;
    struct dice dice;
    host_dice_init(&dice, stream->host, 0x1EA5E);
    return organisation_lease_start(organisation, organisation->start_ns) +
           (int64_t)dice_below(&dice, 60000) * 1000000;
}

static int64_t next_outward(const struct life_stream *stream) {
    return stream->lease_ns < stream->outward_ns ? stream->lease_ns : stream->outward_ns;
}

struct life_stream *life_stream_new(const struct life_plan *plan, const struct host *host,
                                    enum life_scope scope) {
    struct life_stream *stream = memory_new(1, sizeof *stream);
    stream->plan = plan;
    stream->host = host;
    stream->scope = scope;
    stream->day = -1;
    for (unsigned i = 0; i < LIFE_TRACKS; i++) {
        bool whole = i == TRACK_LOCAL || i == TRACK_SERVICE;
        if ((whole && scope == LIFE_OUTWARD) || (i == TRACK_SERVICE && rate(stream, i) == 0))
            continue;
        struct life_lane *lane = stream->lanes[i] = memory_new(1, sizeof *lane);
        host_dice_init(&lane->dice, host, 0x11FE + i);
        lane->next_ns = plan->organisation->start_ns;
        stream->outward_ns = plan->organisation->start_ns;
        lane->next_ns =
            i == TRACK_ROUND ? next_round(stream) : draw_next(stream, i, rate(stream, i));
        if (i != TRACK_OUTWARD)
            continue;
        stream->outward_ns = lane->next_ns;
        stream->lease_ns = first_lease(stream);
        lane->next_ns = next_outward(stream);
    }
    return stream;
}

void life_stream_free(struct life_stream *stream) {
    if (!stream)
        return;
    for (size_t i = 0; i < LIFE_TRACKS; i++)
        memory_free(stream->lanes[i]);
    memory_free(stream);
}

static int64_t peek_lane(const struct life_lane *lane) {
    if (!lane)
        return INT64_MAX;
    if (lane->queue_at < lane->queue_count)
        return lane->queue[lane->queue_at].time_ns;
    return lane->next_ns < lane->now_ns ? lane->now_ns : lane->next_ns;
}

static enum life_track earliest(const struct life_stream *stream) {
    enum life_track best = TRACK_LOCAL;
    for (unsigned i = 1; i < LIFE_TRACKS; i++)
        if (peek_lane(stream->lanes[i]) < peek_lane(stream->lanes[best]))
            best = i;
    return best;
}

int64_t life_stream_peek(const struct life_stream *stream) {
    return peek_lane(stream->lanes[earliest(stream)]);
}

// Local deeds of outward happenings fall away where only what others see is wanted.
static void keep_outward(struct life_lane *lane, uint32_t host) {
    size_t kept = 0;
    for (size_t i = 0; i < lane->queue_count; i++)
        if (lane->queue[i].from.host != host || lane->queue[i].to.host != host)
            lane->queue[kept++] = lane->queue[i];
    lane->queue_count = kept;
}

static void happen_outward(struct life_stream *stream, struct life_lane *lane) {
    const struct organisation *organisation = stream->plan->organisation;
    if (stream->lease_ns < stream->outward_ns) {
        life_happen_lease(stream);
        stream->lease_ns += ORGANISATION_LEASE_NS;
        if (stream->lease_ns >= organisation->end_ns)
            stream->lease_ns = INT64_MAX;
    } else {
        life_happen_outward(stream, &lane->dice);
        stream->outward_ns = draw_next(stream, TRACK_OUTWARD, rate(stream, TRACK_OUTWARD));
    }
    lane->next_ns = next_outward(stream);
}

static void happen(struct life_stream *stream, enum life_track track) {
    struct life_lane *lane = stream->lanes[track];
    stream->at = track;
    lane->queue_count = lane->queue_at = lane->scratch_used = 0;
    if (lane->next_ns > lane->now_ns)
        lane->now_ns = lane->next_ns;
    if (track == TRACK_ROUND) {
        uint32_t number = stream->rounds[stream->round_at++].round;
        const struct scenario_round *round = &stream->plan->scenario->life.rounds[number];
        life_happen_round(stream, &lane->dice, round, life_round_due(round, stream->day));
        lane->next_ns = next_round(stream);
    } else if (track == TRACK_OUTWARD) {
        happen_outward(stream, lane);
    } else {
        if (track == TRACK_LOCAL)
            life_happen_local(stream, &lane->dice);
        else
            life_happen_service(stream, &lane->dice);
        lane->next_ns = draw_next(stream, track, rate(stream, track));
    }
    if (lane->queue_count)
        lane->now_ns = lane->queue[lane->queue_count - 1].time_ns;
    if (stream->scope == LIFE_OUTWARD)
        keep_outward(lane, stream->host->number);
}

// A happening may leave nothing to give, or only what comes later than what was looked at (other
// hosts' deeds may lie between): then it is looked for again.
bool life_stream_take(struct life_stream *stream, struct deed *ret_deed) {
    enum life_track track = earliest(stream);
    struct life_lane *lane = stream->lanes[track];
    int64_t due_ns = peek_lane(lane);
    if (due_ns == INT64_MAX)
        return false;
    if (lane->queue_at == lane->queue_count)
        happen(stream, track);
    if (lane->queue_at == lane->queue_count || lane->queue[lane->queue_at].time_ns != due_ns)
        return false;
    *ret_deed = lane->queue[lane->queue_at++];
    return true;
}

struct deed *life_add(struct life_stream *stream, enum deed_kind kind, uint32_t later_ms) {
    struct life_lane *lane = stream->lanes[stream->at];
    assert(lane->queue_count < LIFE_QUEUE_MAX);
    struct deed *deed = &lane->queue[lane->queue_count];
    int64_t before = lane->queue_count ? deed[-1].time_ns : lane->now_ns;
    uint64_t lane_bits = (uint64_t)(stream->host->number + 1) << 34 | (uint64_t)stream->at << 32;
    *deed = (struct deed){
        .time_ns = before + (int64_t)later_ms * 1000000,
        .kind = kind,
        .step = DEED_NO_STEP,
        .serial = lane_bits + lane->serial++,
        .account = stream->host->user,
    };
    deed->from.host = deed->to.host = stream->host->number;
    deed->from.address =
        organisation_address(stream->plan->organisation, stream->host, deed->time_ns);
    deed->to.address = deed->from.address;
    lane->queue_count++;
    return deed;
}

static void set_end(const struct life_stream *stream, struct deed_end *end, uint32_t number,
                    int64_t time_ns) {
    const struct organisation *organisation = stream->plan->organisation;
    end->host = number;
    if (number != DEED_NO_HOST)
        end->address = organisation_address(organisation, &organisation->hosts[number], time_ns);
}

struct deed *life_add_to(struct life_stream *stream, enum deed_kind kind, uint32_t later_ms,
                         uint32_t to) {
    struct deed *deed = life_add(stream, kind, later_ms);
    set_end(stream, &deed->to, to, deed->time_ns);
    return deed;
}

struct deed *life_add_from(struct life_stream *stream, enum deed_kind kind, uint32_t later_ms,
                           uint32_t from) {
    struct deed *deed = life_add(stream, kind, later_ms);
    set_end(stream, &deed->from, from, deed->time_ns);
    return deed;
}

struct slice life_text(struct life_stream *stream, const char *format, ...) {
    struct life_lane *lane = stream->lanes[stream->at];
    size_t room = LIFE_SCRATCH_SIZE - lane->scratch_used;
    char *to = lane->scratch + lane->scratch_used;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(to, room, format, arguments);
    va_end(arguments);
    size_t used = size < 0 ? 0 : (size_t)size < room ? (size_t)size : room - 1;
    lane->scratch_used += used;
    return slice_of(to, used);
}

void life_put_program(struct life_stream *stream, struct deed *deed, const char *image) {
    struct life_lane *lane = stream->lanes[stream->at];
    lane->next_program++;
    deed->program.key = lane->next_program * 4 + (uint32_t)stream->at;
    deed->program.id = 1000 + 4 * (deed->program.key * 2654435761u >> 20);
    deed->program.image = slice_of_string(image);
    deed->program.command = deed->program.image;
}
