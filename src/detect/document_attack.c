// Break-ins at document systems and other web servers
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "base/text.h"
#include "detect/detection.h"
#include "detect/document_product.h"
#include "detect/judgement.h"
#include "detect/web_episode.h"
#include "detect/web_site.h"

// No list of products is used here but for the inventory: what is judged is how strangers
// behave on paths that ordinary clients never ask for (web_site.h). Listed paths are Sigma rules.
// Cost: one pass over web requests, then a few over the rows kept of each server.

enum document_rule {
    DOCUMENT_SCAN,
    DOCUMENT_SCAN_ONLY,
    DOCUMENT_BREAK_IN,
    DOCUMENT_BREAK_IN_ANSWERED,
    DOCUMENT_AFTER_SCAN,
    DOCUMENT_BYPASS,
    DOCUMENT_SLOW,
    DOCUMENT_LOGIN,
    DOCUMENT_WRITE_READ,
    DOCUMENT_UPGRADE_WRITE,
    DOCUMENT_SYSTEM,
    DOCUMENT_LEFT_OUT,
};

static const struct slice SCAN_TAGS[] = {JUDGEMENT_TEXT("attack.reconnaissance"),
                                         JUDGEMENT_TEXT("attack.t1595.002"),
                                         JUDGEMENT_TEXT("vedette.stage.entry")};
static const struct slice ENTRY_TAGS[] = {JUDGEMENT_TEXT("attack.initial-access"),
                                          JUDGEMENT_TEXT("attack.t1190"),
                                          JUDGEMENT_TEXT("vedette.stage.entry")};
static const struct slice LOGIN_TAGS[] = {JUDGEMENT_TEXT("attack.initial-access"),
                                          JUDGEMENT_TEXT("attack.t1078"),
                                          JUDGEMENT_TEXT("vedette.stage.foothold")};
static const struct slice SHELL_TAGS[] = {JUDGEMENT_TEXT("attack.persistence"),
                                          JUDGEMENT_TEXT("attack.t1505.003"),
                                          JUDGEMENT_TEXT("vedette.stage.foothold")};
static const struct slice UPGRADE_TAGS[] = {JUDGEMENT_TEXT("attack.initial-access"),
                                            JUDGEMENT_TEXT("attack.t1195.002"),
                                            JUDGEMENT_TEXT("vedette.stage.spread")};
static const struct slice SYSTEM_TAGS[] = {JUDGEMENT_TEXT("vedette.stage.entry")};

static const struct rule RULES[] = {
    [DOCUMENT_SCAN] =
        JUDGEMENT("vedette-document-scan",
                  "Strangers tried paths on a server that was then attacked", MEDIUM, SCAN_TAGS),
    [DOCUMENT_SCAN_ONLY] = JUDGEMENT("vedette-document-scan-only",
                                     "Strangers tried paths on a server", LOW, SCAN_TAGS),
    [DOCUMENT_BREAK_IN] =
        JUDGEMENT("vedette-document-break-in-attempts",
                  "Strangers sent requests that a server refused or failed on", MEDIUM, ENTRY_TAGS),
    [DOCUMENT_BREAK_IN_ANSWERED] =
        JUDGEMENT("vedette-document-break-in-answered",
                  "A server answered what it had refused to strangers before", HIGH, ENTRY_TAGS),
    [DOCUMENT_AFTER_SCAN] = JUDGEMENT("vedette-document-answered-after-scan",
                                      "Strangers who had tried paths got answers from pages of "
                                      "their own",
                                      MEDIUM, ENTRY_TAGS),
    [DOCUMENT_BYPASS] =
        JUDGEMENT("vedette-document-filter-bypass",
                  "A path written in another way than it means got an answer", HIGH, ENTRY_TAGS),
    [DOCUMENT_SLOW] =
        JUDGEMENT("vedette-document-slow-pairs",
                  "Answers to a stranger were now quick, now slow by seconds", MEDIUM, ENTRY_TAGS),
    [DOCUMENT_LOGIN] = JUDGEMENT("vedette-document-stolen-login",
                                 "A stranger used administration pages after attacks on the server",
                                 HIGH, LOGIN_TAGS),
    [DOCUMENT_WRITE_READ] =
        JUDGEMENT("vedette-document-write-then-read",
                  "A new page was read soon after a stranger had written", HIGH, SHELL_TAGS),
    [DOCUMENT_UPGRADE_WRITE] =
        JUDGEMENT("vedette-document-upgrade-write",
                  "A stranger wrote to a path of upgrades or packages", HIGH, UPGRADE_TAGS),
    [DOCUMENT_SYSTEM] = JUDGEMENT("vedette-document-system", "A document or office system",
                                  INFORMATIONAL, SYSTEM_TAGS),
    [DOCUMENT_LEFT_OUT] =
        JUDGEMENT("vedette-document-left-out",
                  "More requests of strangers than are kept of one server", LOW, SYSTEM_TAGS),
};

enum {
    SCAN_STEMS_MIN = 8,
    ATTEMPTS_MIN = 4,
    SLOW_MS = 4500,
    QUICK_MS = 1500,
    LOGIN_BITS_MIN = 5,
    FOLLOW_DAYS = 30
};

struct document_judge {
    const struct detect_context *context;
    const struct detection_sink *sink;
    struct web_episode episode;
};

// Whether a hit, of whomever, comes up to 30 days after.
static bool hit_follows(const struct web_site *site, int64_t after_ns) {
    for (uint32_t i = 0; i < site->row_count; i++) {
        const struct web_row *row = &site->rows[site->order[i]];
        if (row->hit && row->relation.last_ns >= after_ns &&
            row->relation.first_ns <= after_ns + FOLLOW_DAYS * WEB_DAY)
            return true;
    }
    return false;
}

static enum status scan_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode) || episode->stem_count < SCAN_STEMS_MIN)
        return STATUS_OK;
    bool attacked = hit_follows(episode->site, episode->first_ns);
    episode->draft.detection.rule = attacked ? DOCUMENT_SCAN : DOCUMENT_SCAN_ONLY;
    char who[640];
    web_episode_who(episode, who, sizeof who);
    draft_say(&episode->draft, "what", "%s tried %u paths on %.*s that are not there.", who,
              episode->stem_count, SLICE_FORMAT(episode->site->name));
    draft_say(&episode->draft, "why", "%llu requests from %u clients found nothing%s",
              (unsigned long long)episode->requests, episode->client_count,
              attacked ? "; attacks on this server followed within 30 days"
                       : "; nothing on this server shows that anything came of it");
    draft_say(&episode->draft, "confidence",
              attacked ? "medium: who scans need not be who attacked" : "low");
    draft_say(&episode->draft, "benign",
              "A vulnerability scanner of one's own looks the same but comes from inside; from "
              "outside it may be a service that was hired, or the noise every public server sees.");
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

static bool row_is_scan(const struct web_site *site, const struct web_row *row) {
    const struct web_stem *stem = &site->stems[row->stem];
    if (!row->outside || row->named || stem->ordinary)
        return false;
    return row->answer == WEB_ANSWER_MISSING || (row->answer == WEB_ANSWER_REFUSED && !row->hit);
}

static bool row_is_attempt(const struct web_site *site, const struct web_row *row) {
    (void)site;
    return row->hit && row->answer != WEB_ANSWER_GOOD;
}

static bool row_is_answered(const struct web_site *site, const struct web_row *row) {
    const struct web_stem *stem = &site->stems[row->stem];
    return row->hit && row->answer == WEB_ANSWER_GOOD && stem->refused;
}

// Within a week of the first path that the network tried in vain.
static bool row_is_after_scan(const struct web_site *site, const struct web_row *row) {
    const struct web_stem *stem = &site->stems[row->stem];
    const struct web_net *net = &site->nets[row->net];
    if (!row->outside || row->named || row->existing || row->hit || stem->ordinary)
        return false;
    return (row->post || row->query || stem->script) && row->answer == WEB_ANSWER_GOOD &&
           net->missing >= SCAN_STEMS_MIN && row->relation.first_ns >= net->first_missing_ns &&
           row->relation.first_ns <= net->first_missing_ns + 7 * WEB_DAY;
}

static bool row_is_bypass(const struct web_site *site, const struct web_row *row) {
    (void)site;
    return row->hit && row->odd &&
           (row->answer == WEB_ANSWER_GOOD || row->answer == WEB_ANSWER_FAILED);
}

// A login page's answer, or pages of administration, or anything under a name: of strangers.
static bool row_is_login(const struct web_site *site, const struct web_row *row) {
    const struct web_stem *stem = &site->stems[row->stem];
    if (!row->outside || row->hit || row->odd || stem->refused)
        return false;
    if (row->answer != WEB_ANSWER_GOOD && row->answer != WEB_ANSWER_MOVED)
        return false;
    return stem->admin || (!row->existing && (row->named || stem->login));
}

static bool row_is_upgrade_write(const struct web_site *site, const struct web_row *row) {
    const struct web_stem *stem = &site->stems[row->stem];
    return row->outside && row->post && stem->upgrade && !row->existing && !stem->ordinary &&
           row->answer == WEB_ANSWER_GOOD;
}

static enum status attempts_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode) || (episode->requests < ATTEMPTS_MIN && !episode->odd))
        return STATUS_OK;
    char who[640];
    web_episode_who(episode, who, sizeof who);
    draft_say(&episode->draft, "what",
              "%s sent %llu requests to %u pages of %.*s that were refused.", who,
              (unsigned long long)episode->requests, episode->stem_count,
              SLICE_FORMAT(episode->site->name));
    draft_say(&episode->draft, "why",
              "pages that ordinary clients never ask for, %llu answers of 4xx or 5xx%s%s",
              (unsigned long long)episode->refused,
              episode->cohort ? ", from networks that also tried paths" : "",
              episode->odd ? ", paths written to pass a filter" : "");
    draft_say(&episode->draft, "confidence", "medium: some products answer 500 when they are had");
    draft_say(&episode->draft, "benign",
              "A partner's program with an expired login is refused too, but on pages that it "
              "was answered on before.");
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

static enum status answered_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode))
        return STATUS_OK;
    char who[640];
    web_episode_who(episode, who, sizeof who);
    draft_say(&episode->draft, "what",
              "%.*s answered %s on pages where strangers had been refused or met errors.",
              SLICE_FORMAT(episode->site->name), who);
    draft_say(&episode->draft, "why",
              "%llu answers of 2xx on %u pages that no ordinary client uses%s",
              (unsigned long long)episode->good, episode->stem_count,
              episode->cohort ? ", to networks that also tried paths" : "");
    draft_say(&episode->draft, "confidence", "high: tried until it worked");
    draft_say(&episode->draft, "benign",
              "A new public page that failed at first looks the same; then many clients follow.");
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

static enum status after_scan_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode))
        return STATUS_OK;
    char who[640];
    web_episode_who(episode, who, sizeof who);
    draft_say(&episode->draft, "what",
              "%s got answers from %u pages of %.*s that nobody else uses.", who,
              episode->stem_count, SLICE_FORMAT(episode->site->name));
    draft_say(&episode->draft, "why",
              "%llu answers of 2xx within a week of the same networks' trying paths in vain",
              (unsigned long long)episode->good);
    draft_say(&episode->draft, "confidence",
              "medium: an attack that works at once, or a shell, shows no more than this");
    draft_say(&episode->draft, "benign", "A scanner counts what answers as well, and stops there.");
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

static enum status bypass_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode))
        return STATUS_OK;
    char who[640];
    web_episode_who(episode, who, sizeof who);
    draft_say(&episode->draft, "what",
              "%s reached %.*s on %.*s by a path written in another way than it means.", who,
              SLICE_FORMAT(episode->paths[0]->path), SLICE_FORMAT(episode->site->name));
    draft_say(&episode->draft, "why",
              "filters judge the path as written, the server runs the one it means; %llu "
              "requests without an account were not refused",
              (unsigned long long)episode->requests);
    draft_say(&episode->draft, "confidence", "high");
    draft_say(&episode->draft, "benign",
              "Clumsy programs write \"/./\" or double encoding as well, but use it on all pages.");
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

// What speaks for a stolen login, in bits.
static unsigned login_bits(const struct web_episode *episode, bool after_hits) {
    bool admin = false, login = false;
    for (uint32_t i = 0; i < episode->stem_count && i < EPISODE_PATHS_KEPT; i++) {
        admin |= episode->paths[i]->admin;
        login |= episode->paths[i]->login;
    }
    return (after_hits ? 2u : 0u) + (episode->cohort ? 2u : 0u) + (admin ? 2u : 0u) +
           (login ? 1u : 0u) + (episode->account ? 1u : 0u) + (episode->stem_count > 1 ? 1u : 0u);
}

static enum status login_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode))
        return STATUS_OK;
    int64_t hit_ns = web_site_hit_before(
        episode->site, UINT32_MAX, episode->first_ns - FOLLOW_DAYS * WEB_DAY, episode->first_ns);
    unsigned bits = login_bits(episode, hit_ns != CLOCK_NONE);
    if (bits < LOGIN_BITS_MIN || hit_ns == CLOCK_NONE)
        return STATUS_OK;
    char who[640], when[CLOCK_TEXT_SIZE];
    web_episode_who(episode, who, sizeof who);
    clock_format_second(hit_ns, when);
    struct slice account = episode->account ? episode->account->relation.account : SLICE("");
    draft_say(&episode->draft, "what",
              "%s used %u pages of administration on %.*s%s%.*s, after it had been attacked.", who,
              episode->stem_count, SLICE_FORMAT(episode->site->name), account.size ? " as " : "",
              SLICE_FORMAT(account));
    draft_say(&episode->draft, "why",
              "%u bits: pages that ordinary clients do not use, attacks on this server since "
              "%s%s%s; never seen there before from outside",
              bits, when, episode->cohort ? ", the same network tried or attacked before" : "",
              account.size ? ", logged in" : "");
    draft_say(&episode->draft, "confidence", bits >= 7 ? "high" : "medium");
    draft_say(&episode->draft, "benign",
              "An administrator away from home looks the same: ask whose account it is.");
    if (account.size)
        draft_say_text(&episode->draft, "account", account);
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

static enum status upgrade_tell(struct document_judge *judge, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    if (!web_episode_is_open(episode))
        return STATUS_OK;
    int64_t hit_ns = web_site_hit_before(
        episode->site, UINT32_MAX, episode->first_ns - FOLLOW_DAYS * WEB_DAY, episode->first_ns);
    if (hit_ns == CLOCK_NONE && !episode->cohort)
        return STATUS_OK;
    char who[640];
    web_episode_who(episode, who, sizeof who);
    draft_say(&episode->draft, "what", "%s wrote to %.*s on %.*s and was answered.", who,
              SLICE_FORMAT(episode->paths[0]->path), SLICE_FORMAT(episode->site->name));
    draft_say(&episode->draft, "why",
              "a path of upgrades or packages that ordinary clients do not write to, after attacks "
              "on this server: what it gives to its clients may have been changed");
    draft_say(&episode->draft, "confidence", "medium");
    draft_say(&episode->draft, "benign", "A supplier who publishes releases does so regularly.");
    web_episode_say(episode);
    return draft_tell(&episode->draft, judge->sink, problem);
}

struct document_step {
    enum document_rule rule;
    bool (*wants)(const struct web_site *site, const struct web_row *row);
    enum status (*tell)(struct document_judge *judge, struct problem *problem);
};

static const struct document_step STEPS[] = {
    {DOCUMENT_SCAN, row_is_scan, scan_tell},
    {DOCUMENT_BREAK_IN, row_is_attempt, attempts_tell},
    {DOCUMENT_BREAK_IN_ANSWERED, row_is_answered, answered_tell},
    {DOCUMENT_AFTER_SCAN, row_is_after_scan, after_scan_tell},
    {DOCUMENT_BYPASS, row_is_bypass, bypass_tell},
    {DOCUMENT_LOGIN, row_is_login, login_tell},
    {DOCUMENT_UPGRADE_WRITE, row_is_upgrade_write, upgrade_tell},
};

static enum status step_judge(struct document_judge *judge, const struct document_step *step,
                              const struct web_site *site, struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    enum status status = STATUS_OK;
    web_episode_begin(episode, step->rule, site);
    for (uint32_t i = 0; i < site->row_count && status == STATUS_OK; i++) {
        const struct web_row *row = &site->rows[site->order[i]];
        if (!step->wants(site, row))
            continue;
        if (web_episode_is_over(episode, row)) {
            status = step->tell(judge, problem);
            web_episode_begin(episode, step->rule, site);
        }
        web_episode_add(episode, row);
    }
    return status == STATUS_OK ? step->tell(judge, problem) : status;
}

// A write of a stranger that was answered, up to a day before the stem's first answer.
static const struct web_row *write_before(const struct web_site *site,
                                          const struct web_stem *stem) {
    for (uint32_t i = 0; i < site->row_count; i++) {
        const struct web_row *row = &site->rows[site->order[i]];
        if (row->relation.first_ns > stem->first_good_ns)
            break;
        if (row->outside && row->post && &site->stems[row->stem] != stem &&
            row->answer != WEB_ANSWER_MISSING && row->answer != WEB_ANSWER_REFUSED &&
            !site->stems[row->stem].ordinary &&
            stem->first_good_ns - row->relation.first_ns <= WEB_DAY)
            return row;
    }
    return NULL;
}

// The first answer of a page to a stranger that asks without a body.
static const struct web_row *first_read(const struct web_site *site, const struct web_stem *stem) {
    for (uint32_t i = 0; i < stem->row_count; i++) {
        const struct web_row *row = &site->rows[stem->row_start + i];
        if (row->outside && !row->named && !row->post && row->answer == WEB_ANSWER_GOOD)
            return row->relation.first_ns <= stem->first_good_ns ? row : NULL;
    }
    return NULL;
}

static enum status write_read_judge(struct document_judge *judge, const struct web_site *site,
                                    struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < site->stem_count && status == STATUS_OK; i++) {
        const struct web_stem *stem = &site->stems[i];
        bool text = slice_ends(stem->path, SLICE(".txt")) || slice_ends(stem->path, SLICE(".htm"));
        if (stem->ordinary || stem->refused || stem->admin || stem->login ||
            (!stem->script && !text) || stem->nets > 2)
            continue;
        const struct web_row *read = first_read(site, stem);
        const struct web_row *write = read ? write_before(site, stem) : NULL;
        if (!write)
            continue;
        web_episode_begin(episode, DOCUMENT_WRITE_READ, site);
        web_episode_add_first(episode, write);
        web_episode_add_first(episode, read);
        draft_say(&episode->draft, "what",
                  "%.*s on %.*s was first read %lld s after a stranger's %.*s to %.*s.",
                  SLICE_FORMAT(stem->path), SLICE_FORMAT(site->name),
                  (long long)((read->relation.first_ns - write->relation.first_ns) / 1000000000),
                  SLICE_FORMAT(write->relation.detail[0]),
                  SLICE_FORMAT(site->stems[write->stem].path));
        draft_say(&episode->draft, "why",
                  "the page had never been answered before, both are used by strangers only: "
                  "written, then read");
        draft_say(&episode->draft, "confidence", "high");
        draft_say(&episode->draft, "benign", "A new page is found by many clients soon.");
        web_episode_say(episode);
        status = draft_tell(&episode->draft, judge->sink, problem);
    }
    return status;
}

// Average time of a row's answers.
static uint64_t row_taken(const struct web_row *row) {
    return row->relation.count ? row->relation.taken_ms / row->relation.count : 0;
}

static enum status slow_judge(struct document_judge *judge, const struct web_site *site,
                              struct problem *problem) {
    struct web_episode *episode = &judge->episode;
    enum status status = STATUS_OK;
    for (uint32_t i = 0; i < site->stem_count && status == STATUS_OK; i++) {
        const struct web_stem *stem = &site->stems[i];
        uint64_t slow = 0, quick = 0;
        web_episode_begin(episode, DOCUMENT_SLOW, site);
        for (uint32_t k = 0; k < stem->row_count && !stem->ordinary; k++) {
            const struct web_row *row = &site->rows[stem->row_start + k];
            if (!row->outside || row->named || !site->has_taken)
                continue;
            slow += row_taken(row) >= SLOW_MS ? row->relation.count : 0;
            quick += row_taken(row) <= QUICK_MS ? row->relation.count : 0;
            web_episode_add(episode, row);
        }
        if (slow < 2 || quick < 2 || stem->nets > 2)
            continue;
        draft_say(&episode->draft, "what",
                  "%.*s on %.*s answered strangers within %d s and after more than %d s in turn.",
                  SLICE_FORMAT(stem->path), SLICE_FORMAT(site->name), QUICK_MS / 1000,
                  SLOW_MS / 1000);
        draft_say(&episode->draft, "why",
                  "%llu slow and %llu quick answers: questions put to a data base by waiting",
                  (unsigned long long)slow, (unsigned long long)quick);
        draft_say(&episode->draft, "benign", "A report that is computed once and then kept.");
        web_episode_say(episode);
        status = draft_tell(&episode->draft, judge->sink, problem);
    }
    return status;
}

static enum status product_judge(struct document_judge *judge, const struct web_site *site,
                                 struct problem *problem) {
    enum status status = STATUS_OK;
    struct draft *draft = &judge->episode.draft;
    for (uint32_t i = 0; i < site->product_count && status == STATUS_OK; i++) {
        const struct web_product *product = &site->products[i];
        draft_begin(draft, DOCUMENT_SYSTEM, site->name, SLICE(""));
        draft_cite(draft, &product->relation);
        draft_say(draft, "what", "%.*s answers as %s.", SLICE_FORMAT(site->name), product->name);
        draft_say(draft, "why", "%llu requests on %u paths, the first of them %.*s",
                  (unsigned long long)product->requests, product->stems,
                  SLICE_FORMAT(product->relation.artefact));
        draft_say(draft, "log", "Its access log has %s and %s.",
                  site->has_no_referrer ? "the referrer" : "no referrer (%{Referer}i)",
                  site->has_taken ? "the time taken" : "no time taken (%D)");
        draft_say_text(draft, "path", product->relation.artefact);
        status = draft_tell(draft, judge->sink, problem);
    }
    return status;
}

static enum status left_out_judge(struct document_judge *judge, const struct web_site *site,
                                  struct problem *problem) {
    if (site->left_out == 0 || site->row_count == 0)
        return STATUS_OK;
    struct draft *draft = &judge->episode.draft;
    draft_begin(draft, DOCUMENT_LEFT_OUT, site->name, SLICE(""));
    draft_cite(draft, &site->rows[site->order[0]].relation);
    draft_say(draft, "what", "%llu of %llu requests to %.*s were left out of judgement.",
              (unsigned long long)site->left_out, (unsigned long long)site->requests,
              SLICE_FORMAT(site->name));
    draft_say(draft, "why", "one server keeps %u paths and %u rows at most", WEB_STEMS_MAX,
              WEB_ROWS_MAX);
    draft_say(draft, "benign", "Scanning by many addresses for long does this.");
    return draft_tell(draft, judge->sink, problem);
}

static enum status site_judge(void *taker, const struct web_site *site, struct problem *problem) {
    struct document_judge *judge = taker;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < ARRAY_SIZE(STEPS) && status == STATUS_OK; i++)
        status = step_judge(judge, &STEPS[i], site, problem);
    if (status == STATUS_OK)
        status = write_read_judge(judge, site, problem);
    if (status == STATUS_OK)
        status = slow_judge(judge, site, problem);
    if (status == STATUS_OK)
        status = product_judge(judge, site, problem);
    return status == STATUS_OK ? left_out_judge(judge, site, problem) : status;
}

static enum status document_attack_judge(const struct detect_context *context,
                                         const struct detection_sink *sink,
                                         struct problem *problem) {
    struct document_judge judge = {.context = context, .sink = sink};
    web_episode_init(&judge.episode);
    enum status status = web_sites_each(context, site_judge, &judge, problem);
    web_episode_done(&judge.episode);
    return status;
}

const struct detector detector_document_attack = {
    .name = "document_attack",
    .summary = "break-ins at document systems and other web servers",
    .rules = RULES,
    .rule_count = ARRAY_SIZE(RULES),
    .judge = document_attack_judge,
};
