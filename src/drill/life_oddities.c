// Normal life: what rules take for an attack
// SPDX-License-Identifier: Apache-2.0
#include "drill/life_stream.h"

#include <string.h>

// Each oddity has a rate of its own, log-uniform from daily on one host in ten to hardly ever;
// which has which the seed decides.
#define SYSTEM32 "C:\\Windows\\System32\\"
#define SHELL SYSTEM32 "cmd.exe"
#define POWERSHELL SYSTEM32 "WindowsPowerShell\\v1.0\\powershell.exe"
#define AGENT "C:\\Program Files\\Corp Tools\\Agent\\agent.exe"

#define WHERE_ADMINS (HOST_MASK(ADMINISTRATOR) | HOST_MASK(JUMP))
#define WHERE_PEOPLE (HOST_MASK(WORKSTATION) | HOST_MASK(ADMINISTRATOR))
#define WHERE_SERVERS (UINT32_MAX & ~WHERE_PEOPLE)
#define WHERE_ANY UINT32_MAX

enum {
    ODDS_MOST = 100 * 1000 * 1000, // of a thousand million: a host and day
    FEW_HOSTS_TIMES = 5,           // where few hosts do it, more often
    FAILURES = 5
};

enum oddity_kind {
    ODDITY_RUN,
    ODDITY_SCRIPT,
    ODDITY_SERVICE,
    ODDITY_TASK,
    ODDITY_REGISTRY,
    ODDITY_ACCOUNT,
    ODDITY_FILE,
    ODDITY_ACCESS,
    ODDITY_SHARE,
    ODDITY_PIPE,
    ODDITY_FAILED,
    ODDITY_CLEAR
};

static const struct oddity {
    enum oddity_kind kind;
    uint32_t where;
    const char *who, *what, *more;
} oddities[] = {
#define ODDITY(kind, where, who, what, more) {ODDITY_##kind, WHERE_##where, who, what, more},
#include "drill/life_oddity.def"
#undef ODDITY
};
_Static_assert(ARRAY_SIZE(oddities) >= 40 && ARRAY_SIZE(oddities) <= LIFE_ODDITIES_MAX,
               "forty rules have something to find");

// The next smaller rate of a log-uniform row: fifty of them span a factor of ten thousand.
static uint64_t next_odds(uint64_t odds) {
    return odds * 829 / 1000;
}

void life_draw_odds(struct life_plan *plan) {
    struct dice dice;
    uint32_t order[ARRAY_SIZE(oddities)];
    uint64_t odds = ODDS_MOST;
    dice_init(&dice, plan->organisation->seed, 0x0DD);
    for (uint32_t i = 0; i < ARRAY_SIZE(order); i++)
        order[i] = i;
    for (uint32_t i = ARRAY_SIZE(order); i > 1; i--) {
        uint32_t other = dice_below(&dice, i), kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
    for (size_t i = 0; i < ARRAY_SIZE(order); i++, odds = next_odds(odds)) {
        bool few = oddities[order[i]].where == WHERE_ADMINS;
        plan->oddity_odds[order[i]] = (uint32_t)(few ? FEW_HOSTS_TIMES * odds : odds);
    }
}

// "$d" becomes the company's domain.
static struct slice fill(struct life_stream *stream, const char *pattern) {
    const char *at = strstr(pattern, "$d");
    if (!at)
        return slice_of_string(pattern);
    return life_text(stream, "%.*s%s%s", (int)(at - pattern), pattern,
                     stream->plan->organisation->companies[stream->host->company].domain, at + 2);
}

static void run(struct life_stream *stream, struct dice *dice, const struct oddity *oddity) {
    life_start_program(stream, dice_below(dice, 900), oddity->who, oddity->what,
                       fill(stream, oddity->more));
    struct life_lane *lane = stream->lanes[stream->at];
    if (strcmp(oddity->who, AGENT) != 0) // somebody's doing
        lane->queue[lane->queue_count - 1].account = stream->host->user;
}

static void run_script(struct life_stream *stream, const struct oddity *oddity) {
    life_start_program(
        stream, 0, oddity->who, POWERSHELL,
        life_text(stream, "powershell.exe -ExecutionPolicy Bypass -File \"%s\"", oddity->more));
    struct deed *deed = life_add(stream, DEED_SCRIPT, 700);
    deed->program = deed[-1].program;
    deed->script.text = slice_of_string(oddity->what);
    deed->script.path = slice_of_string(oddity->more);
}

static void change_account(struct life_stream *stream, struct dice *dice,
                           const struct oddity *oddity) {
    struct deed *deed = life_add(stream, DEED_ACCOUNT_CHANGE, dice_below(dice, 900));
    uint32_t people = stream->plan->person_count;
    if (deed->account == DEED_NO_ACCOUNT)
        deed->account = life_find_account(stream, PERSON_ADMINISTRATOR, 0);
    deed->account_change.change = slice_of_string(oddity->what);
    deed->account_change.target = people ? dice_below(dice, people) : deed->account;
    deed->account_change.group = slice_of_string(oddity->more);
}

static void fail(struct life_stream *stream, struct dice *dice) {
    uint32_t account = life_find_account(stream, ACCOUNT_SERVICE, dice_below(dice, 5));
    for (int i = 0; i < FAILURES; i++) {
        struct deed *deed = life_add(stream, DEED_LOGON, 200 + dice_below(dice, 20000));
        deed->account = account;
        deed->logon.type = LOGON_NETWORK;
        deed->logon.package = SLICE("NTLM");
        deed->logon.failure = 0xC000006A;
    }
}

// What one deed tells.
static void tell(struct life_stream *stream, struct dice *dice, const struct oddity *oddity) {
    static const enum deed_kind kinds[] = {[ODDITY_SERVICE] = DEED_SERVICE_INSTALL,
                                           [ODDITY_TASK] = DEED_TASK_CREATE,
                                           [ODDITY_REGISTRY] = DEED_REGISTRY_SET,
                                           [ODDITY_FILE] = DEED_FILE_WRITE,
                                           [ODDITY_ACCESS] = DEED_PROCESS_ACCESS,
                                           [ODDITY_SHARE] = DEED_SHARE_ACCESS,
                                           [ODDITY_PIPE] = DEED_PIPE,
                                           [ODDITY_CLEAR] = DEED_LOG_CLEAR};
    struct slice what = fill(stream, oddity->what), more = fill(stream, oddity->more);
    struct deed *deed = life_add(stream, kinds[oddity->kind], dice_below(dice, 900));
    life_put_program(stream, deed, oddity->who);
    if (oddity->kind == ODDITY_SERVICE) {
        deed->service.name = what;
        deed->service.command = more;
        deed->service.on_demand = true;
    } else if (oddity->kind == ODDITY_TASK) {
        deed->task.name = what;
        deed->task.command = more;
    } else if (oddity->kind == ODDITY_REGISTRY) {
        deed->registry.key = what;
        deed->registry.value = more;
    } else if (oddity->kind == ODDITY_FILE)
        deed->file.path = what;
    else if (oddity->kind == ODDITY_ACCESS) {
        deed->access.target = (struct deed_program){1, 700, what, what};
        deed->access.granted = 0x1410;
    } else if (oddity->kind == ODDITY_SHARE) {
        deed->account = life_find_account(stream, PERSON_HELP_DESK, dice_below(dice, 4));
        deed->share.share = what;
        deed->share.path = more;
    } else if (oddity->kind == ODDITY_PIPE)
        deed->pipe.name = what;
    else {
        deed->account = life_find_account(stream, PERSON_ADMINISTRATOR, 0);
        deed->clear.what = CLEAR_APPLICATION;
    }
}

void life_be_odd(struct life_stream *stream, struct dice *dice) {
    if (stream->host->system != SYSTEM_WINDOWS)
        return;
    for (size_t i = 0; i < ARRAY_SIZE(oddities); i++) {
        const struct oddity *oddity = &oddities[i];
        bool happens = dice_below(dice, 1000000000) < stream->plan->oddity_odds[i];
        if (!happens || !(oddity->where >> stream->host->role & 1) ||
            stream->lanes[stream->at]->queue_count + FAILURES > LIFE_QUEUE_MAX)
            continue;
        if (oddity->kind == ODDITY_RUN)
            run(stream, dice, oddity);
        else if (oddity->kind == ODDITY_SCRIPT)
            run_script(stream, oddity);
        else if (oddity->kind == ODDITY_ACCOUNT)
            change_account(stream, dice, oddity);
        else if (oddity->kind == ODDITY_FAILED)
            fail(stream, dice);
        else
            tell(stream, dice, oddity);
    }
}
