// Inside hosts that call an intruder's page
// SPDX-License-Identifier: Apache-2.0
#include "detect/webshell_inside.h"

#include "base/clock.h"
#include "base/digest.h"

static bool page_is_sure(const struct taken_page *page) {
    return page->bits >= WEBSHELL_BITS_HIGH;
}

// The row for one more: a free one, else a less sure one when this one is sure; or NULL.
static struct taken_page *page_place(struct taken_pages *taken, unsigned bits) {
    if (taken->count < TAKEN_PAGES_MAX)
        return &taken->rows[taken->count++];
    for (uint32_t i = 0; bits >= WEBSHELL_BITS_HIGH && i < TAKEN_PAGES_MAX; i++)
        if (!page_is_sure(&taken->rows[i]))
            return &taken->rows[i];
    return NULL;
}

void webshell_inside_add(struct webshell_judge *judge, const struct web_site *site,
                         struct slice path, int64_t first_ns, unsigned bits) {
    struct taken_pages *taken = &judge->taken;
    struct slice server = arena_keep(&taken->arena, site->name);
    struct slice kept = arena_keep(&taken->arena, path);
    struct taken_page *page = server.size && kept.size ? page_place(taken, bits) : NULL;
    if (page)
        *page =
            (struct taken_page){.server = server, .path = kept, .first_ns = first_ns, .bits = bits};
}

// The page that one of ours sends a body to, with success, since a stranger did; or NULL.
static struct taken_page *page_of(struct webshell_judge *judge, const struct relation *request) {
    struct slice from = reading_from(judge->context, request);
    struct slice to = reading_to(judge->context, request);
    bool ours = request->from_host != RELATION_NO_HOST ||
                (address_is_address(from) && !address_is_outside(from));
    bool sends = slice_equal(request->detail[0], SLICE("POST")) ||
                 slice_equal(request->detail[0], SLICE("PUT"));
    if (!ours || !sends || !slice_starts(request->detail[1], SLICE("2")) || request->account.size ||
        request->first_ns == CLOCK_NONE || slice_equal(from, to))
        return NULL;
    for (uint32_t i = 0; i < judge->taken.count; i++) {
        struct taken_page *page = &judge->taken.rows[i];
        if (slice_equal(page->server, to) && slice_equal(page->path, request->artefact) &&
            request->first_ns >= page->first_ns)
            return page;
    }
    return NULL;
}

static enum status caller_tell(struct webshell_judge *judge, const struct taken_page *page,
                               const struct relation *request, struct problem *problem) {
    struct draft *draft = &judge->draft;
    char since[CLOCK_TEXT_SIZE];
    struct slice from = reading_from(judge->context, request);
    clock_format_minute(page->first_ns, since);
    draft_begin(draft, WEBSHELL_INSIDE, from, SLICE(""));
    draft_cite(draft, request);
    draft_say(draft, "what", "%.*s sent to %.*s on %.*s, which %s.", SLICE_FORMAT(from),
              SLICE_FORMAT(page->path), SLICE_FORMAT(page->server),
              page_is_sure(page) ? "only intruders knew" : "strangers used first");
    draft_say(draft, "why",
              "%llu requests with a body, without an account; strangers use the path since %s, no "
              "page and no product accounts for it (%u bits)%s",
              (unsigned long long)request->count, since, page->bits,
              page_is_sure(page) ? "" : "; three of ours and more send there");
    draft_say(draft, "confidence", "high: nobody comes upon such a path by chance%s",
              page_is_sure(page) ? "" : ", and several hosts did");
    draft_say(draft, "benign",
              "An investigator who tries what the path answers would be known, and send little.");
    draft_say_text(draft, "path", page->path);
    draft_say_text(draft, "source", page->server);
    return draft_tell(draft, judge->sink, problem);
}

static void caller_add(struct taken_page *page, struct slice from) {
    uint64_t caller = digest_hash64(from);
    for (uint32_t i = 0; i < page->caller_count; i++)
        if (page->callers[i] == caller)
            return;
    if (page->caller_count < WEBSHELL_CALLERS_MIN)
        page->callers[page->caller_count++] = caller;
}

static bool page_speaks(const struct taken_page *page) {
    return page_is_sure(page) || page->caller_count == WEBSHELL_CALLERS_MIN;
}

static enum status callers_read(struct webshell_judge *judge, bool tell, struct problem *problem) {
    struct reading reading;
    enum status status = reading_open(&reading, judge->context, RELATION_MASK(WEB_REQUEST),
                                      RELATION_ORDER_PAIR, problem);
    while (status == STATUS_OK && (status = reading_next(&reading, problem)) == STATUS_OK &&
           reading.more) {
        struct taken_page *page = page_of(judge, &reading.relation);
        if (page && !tell)
            caller_add(page, reading_from(judge->context, &reading.relation));
        else if (page && page_speaks(page))
            status = caller_tell(judge, page, &reading.relation, problem);
    }
    reading_close(&reading);
    return status;
}

enum status webshell_inside_judge(struct webshell_judge *judge, struct problem *problem) {
    bool count = false;
    for (uint32_t i = 0; i < judge->taken.count; i++)
        count |= !page_is_sure(&judge->taken.rows[i]);
    enum status status = count ? callers_read(judge, false, problem) : STATUS_OK;
    return status == STATUS_OK && judge->taken.count ? callers_read(judge, true, problem) : status;
}
