// Web shells told by a page or its file alone
// SPDX-License-Identifier: Apache-2.0
#include "detect/webshell_pages.h"

#include "base/clock.h"

enum {
    EXISTING_REQUESTS_MIN = 5,
    NEW_PAGES_MAX = 16,
    RELEASE_PAGES_MIN = 4 // more pages written within a day are a release
};

static enum status static_judge(struct webshell_judge *judge, const struct web_site *site,
                                struct problem *problem) {
    enum status status = STATUS_OK;
    struct draft *draft = &judge->draft;
    for (uint32_t i = 0; i < site->stem_count && status == STATUS_OK; i++) {
        const struct web_stem *stem = &site->stems[i];
        draft_begin(draft, WEBSHELL_STATIC, site->name, SLICE(""));
        for (uint32_t k = 0; k < stem->row_count && stem->is_static; k++) {
            const struct web_row *row = &site->rows[stem->row_start + k];
            if (row->outside && !row->named && row->post && row->answer == WEB_ANSWER_GOOD) {
                draft_cite(draft, &row->relation);
                draft_say_text(draft, "source", row->relation.from);
            }
        }
        if (draft->detection.reference_count == 0)
            continue;
        // A shell is come back to; a hole in the front door is used and done with.
        if (draft->detection.last_ns - draft->detection.first_ns < WEB_DAY)
            draft->detection.rule = WEBSHELL_STATIC_ONCE;
        draft_say(draft, "what", "%.*s on %.*s took a body from a stranger and answered.",
                  SLICE_FORMAT(stem->path), SLICE_FORMAT(site->name));
        draft_say(draft, "why", "servers refuse a body for static files: something else answered");
        draft_say(draft, "benign", "Some gateways answer every method alike, with the file.");
        draft_say_text(draft, "path", stem->path);
        status = draft_tell(draft, judge->sink, problem);
    }
    return status;
}

// Two clusters on an ordinary path: one stranger's method or answers are apart from all others'.
static unsigned existing_bits(const struct web_site *site, const struct web_row *row) {
    const struct web_stem *stem = &site->stems[row->stem];
    const struct relation *relation = &row->relation;
    bool sized = relation->count >= EXISTING_REQUESTS_MIN && stem->usual_size_max > 0 &&
                 relation->bytes_in_max > 0;
    bool apart = sized && (relation->bytes_in_min > 2 * stem->usual_size_max ||
                           relation->bytes_in_max < stem->usual_size_min / 2);
    bool method = row->post && stem->inside_posts == 0 && relation->count >= WEBSHELL_REQUESTS_MIN;
    if (!apart && !method)
        return 0;
    const struct web_net *net = &site->nets[row->net];
    int64_t hit_ns = web_site_hit_before(
        site, row->stem, relation->first_ns - WEBSHELL_HIT_DAYS * WEB_DAY, relation->first_ns);
    return (apart ? 3u : 0u) + (method ? 3u : 0u) + (hit_ns != CLOCK_NONE ? 2u : 0u) +
           (net->hits + net->missing >= 3 ? 2u : 0u);
}

static enum status existing_judge(struct webshell_judge *judge, const struct web_site *site,
                                  struct problem *problem) {
    enum status status = STATUS_OK;
    struct draft *draft = &judge->draft;
    for (uint32_t i = 0; i < site->row_count && status == STATUS_OK; i++) {
        const struct web_row *row = &site->rows[i];
        if (!row->existing || row->named || !row->outside || row->answer != WEB_ANSWER_GOOD)
            continue;
        unsigned bits = existing_bits(site, row);
        if (bits < WEBSHELL_BITS_MIN)
            continue;
        const struct web_stem *stem = &site->stems[row->stem];
        draft_begin(draft, WEBSHELL_EXISTING, site->name, SLICE(""));
        draft_cite(draft, &row->relation);
        draft_say(draft, "what", "%.*s on %.*s answers %.*s otherwise than all others.",
                  SLICE_FORMAT(stem->path), SLICE_FORMAT(site->name),
                  SLICE_FORMAT(row->relation.from));
        draft_say(
            draft, "why", "%u bits: %.*s, answers of %llu to %llu bytes; others' %llu to %llu",
            bits, SLICE_FORMAT(row->relation.detail[0]),
            (unsigned long long)row->relation.bytes_in_min,
            (unsigned long long)row->relation.bytes_in_max,
            (unsigned long long)stem->usual_size_min, (unsigned long long)stem->usual_size_max);
        draft_say(draft, "benign", "A monitor or a partner's program may ask in its own way.");
        draft_say_text(draft, "path", stem->path);
        draft_say_text(draft, "source", row->relation.from);
        status = draft_tell(draft, judge->sink, problem);
    }
    return status;
}

// "shell.aspx" of "shell.aspx.87362f71.compiled".
static struct slice compiled_page(struct slice name) {
    for (int dots = 0; name.size && dots < 2; dots += name.data[name.size] == '.')
        name.size--;
    return name;
}

// The page that a compiled trace is of, when it was created up to a day before.
static const struct web_file *written_before(const struct web_site *site,
                                             const struct web_file *compiled) {
    struct slice page = compiled_page(compiled->name);
    const struct web_file *found = NULL;
    uint32_t same_day = 0;
    for (uint32_t i = 0; i < site->file_count && compiled->created; i++) {
        const struct web_file *file = &site->files[i];
        int64_t before_ns = compiled->relation.first_ns - file->relation.first_ns;
        if (file->compiled || !file->created || before_ns < 0 || before_ns > WEB_DAY)
            continue;
        same_day++;
        if (slice_equal(file->name, page))
            found = file;
    }
    return same_day <= RELEASE_PAGES_MIN ? found : NULL;
}

static enum status called_tell(struct webshell_judge *judge, const struct web_site *site,
                               const struct web_file *compiled, struct problem *problem) {
    const struct web_file *page = written_before(site, compiled);
    if (!page)
        return STATUS_OK;
    struct draft *draft = &judge->draft;
    draft_begin(draft, WEBSHELL_CALLED, site->name, SLICE(""));
    draft_cite(draft, &page->relation);
    draft_cite(draft, &compiled->relation);
    draft_say(draft, "what", "%.*s was written on %.*s and called %lld s later.",
              SLICE_FORMAT(page->name), SLICE_FORMAT(site->name),
              (long long)((compiled->relation.first_ns - page->relation.first_ns) / 1000000000));
    draft_say(draft, "why",
              "ASP.NET compiles a page at its first request, and did; hardly another page was "
              "written that day%s%.*s",
              page->relation.detail[1].size ? "; written by " : "",
              SLICE_FORMAT(page->relation.detail[1]));
    draft_say(draft, "confidence", "high where a web server's own process wrote it, else medium");
    draft_say(draft, "benign", "A developer who changes one page and looks at it.");
    draft_say_text(draft, "artefact", page->relation.artefact);
    return draft_tell(draft, judge->sink, problem);
}

static enum status gone_tell(struct webshell_judge *judge, const struct web_site *site,
                             const struct web_file *file, struct problem *problem) {
    struct slice page = compiled_page(file->name);
    for (uint32_t i = 0; i < site->file_count; i++)
        if (!site->files[i].compiled && !site->files[i].deleted &&
            slice_equal(site->files[i].name, page))
            return STATUS_OK;
    for (uint32_t i = 0; i < site->stem_count && page.size; i++) {
        const struct web_stem *stem = &site->stems[i];
        if (stem->ordinary || !stem->script || !slice_ends(stem->path, page) ||
            stem->first_outside_ns == CLOCK_NONE)
            continue;
        struct draft *draft = &judge->draft;
        draft_begin(draft, WEBSHELL_GONE, site->name, SLICE(""));
        draft_cite(draft, &file->relation);
        draft_cite(draft, &site->rows[stem->row_start].relation);
        draft_say(draft, "what",
                  "%.*s was compiled on %.*s and answered strangers; its file is gone.",
                  SLICE_FORMAT(page), SLICE_FORMAT(site->name));
        draft_say(draft, "why",
                  "ASP.NET keeps what it made of a page after the page is deleted; among %u listed "
                  "pages there is none of this name",
                  site->listed_pages);
        draft_say(draft, "benign", "A page of an application that was removed.");
        draft_say_text(draft, "artefact", file->relation.artefact);
        draft_say_text(draft, "path", stem->path);
        return draft_tell(draft, judge->sink, problem);
    }
    return STATUS_OK;
}

static struct slice folder_of(const struct web_file *file) {
    return slice_part(file->relation.artefact, 0, file->relation.artefact.size - file->name.size);
}

// A page that came while the logs ran, where all others beside it are a week older at least, and
// hardly another came the same day: releases bring many.
static bool page_is_new(const struct web_site *site, const struct web_file *page,
                        int64_t logged_ns) {
    int64_t came_ns = page->relation.first_ns;
    if (!page->listed || page->compiled || came_ns == CLOCK_NONE || logged_ns == CLOCK_NONE ||
        came_ns < logged_ns)
        return false;
    uint32_t beside = 0, same_day = 0;
    for (uint32_t i = 0; i < site->file_count; i++) {
        const struct web_file *other = &site->files[i];
        if (!other->listed || other->compiled ||
            slice_equal(other->relation.artefact, page->relation.artefact))
            continue;
        bool is_beside = slice_equal(folder_of(other), folder_of(page));
        if (is_beside && other->relation.first_ns > came_ns - 7 * WEB_DAY &&
            other->relation.first_ns < came_ns - WEB_DAY)
            return false;
        beside += is_beside;
        same_day += other->relation.first_ns > came_ns - WEB_DAY &&
                    other->relation.first_ns < came_ns + WEB_DAY;
        if (same_day > 2)
            return false;
    }
    return beside >= WEBSHELL_LISTED_MIN;
}

static enum status new_pages_judge(struct webshell_judge *judge, const struct web_site *site,
                                   struct problem *problem) {
    enum status status = STATUS_OK;
    uint32_t told = 0;
    for (uint32_t i = 0; i < site->file_count && status == STATUS_OK; i++) {
        const struct web_file *page = &site->files[i];
        if (told == NEW_PAGES_MAX || !page_is_new(site, page, judge->logged_ns))
            continue;
        char came[CLOCK_TEXT_SIZE];
        clock_format_second(page->relation.first_ns, came);
        struct draft *draft = &judge->draft;
        draft_begin(draft, WEBSHELL_NEW_PAGE, site->name, SLICE(""));
        draft_cite(draft, &page->relation);
        draft_say(draft, "what", "%.*s on %.*s was written at %s; all pages beside it are older.",
                  SLICE_FORMAT(page->name), SLICE_FORMAT(site->name), came);
        draft_say(draft, "why", "no more than two other pages of %u changed within a day of it",
                  site->listed_pages);
        draft_say(draft, "confidence", "medium: the file itself decides");
        draft_say(draft, "benign", "A correction of a single page by its makers.");
        draft_say_text(draft, "artefact", page->relation.artefact);
        status = draft_tell(draft, judge->sink, problem);
        told++;
    }
    return status;
}

enum status webshell_pages_judge(struct webshell_judge *judge, const struct web_site *site,
                                 struct problem *problem) {
    enum status status = static_judge(judge, site, problem);
    if (status == STATUS_OK)
        status = existing_judge(judge, site, problem);
    if (status == STATUS_OK)
        status = new_pages_judge(judge, site, problem);
    for (uint32_t i = 0; i < site->file_count && status == STATUS_OK; i++) {
        if (!site->files[i].compiled)
            continue;
        status = called_tell(judge, site, &site->files[i], problem);
        if (status == STATUS_OK && site->listed_pages >= WEBSHELL_LISTED_MIN)
            status = gone_tell(judge, site, &site->files[i], problem);
    }
    return status;
}
