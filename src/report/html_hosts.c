// The HTML report's table of hosts
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/text.h"

enum {
    CELL_ITEMS_MAX = 12,
    ALIASES_MAX = 3,
    CELL_TEXT_MAX = 300,
    CELL_TAGS_MAX = 3,
    BYSTANDERS_SHOWN_MAX = 1000, // the page stays below 5 MB; the lists have all
    BYSTANDERS_SHARE = 5         // one less for so many hosts of the campaign
};

static void hosts_list(const struct html *html, const struct slice *texts, uint32_t count) {
    for (uint32_t i = 0; i < count && i < CELL_ITEMS_MAX; i++) {
        buffer_append_text(html->to, i ? "<br>" : "");
        html_value_cut(html, texts[i], CELL_TEXT_MAX);
    }
    if (count > CELL_ITEMS_MAX)
        buffer_append_format(html->to, "<br><small>and %u more</small>", count - CELL_ITEMS_MAX);
}

static void hosts_parent(const struct html *html, const struct campaign *campaign, uint32_t number,
                         int32_t parent) {
    if (parent < 0)
        buffer_append_text(html->to, "outside");
    else
        html_host_link(html, campaign, number, (uint32_t)parent);
}

static void hosts_way(const struct html *html, const struct campaign *campaign, uint32_t number,
                      const struct campaign_host *host) {
    html_value_cut(html, host->best.reason, CELL_TEXT_MAX);
    buffer_append_format(html->to, " <small>%.1f&nbsp;bits</small>",
                         (double)host->best.cost_millibits / 1000);
    for (uint32_t i = 0; i < host->runner_up_count; i++) {
        const struct explanation *other = &host->runners_up[i];
        buffer_append_text(html->to, "<br><small>or ");
        html_value_cut(html, other->reason, CELL_TEXT_MAX);
        buffer_append_text(html->to, " from ");
        hosts_parent(html, campaign, number, other->parent);
        buffer_append_format(html->to, ", %+.1f&nbsp;bits</small>",
                             (double)(other->cost_millibits - host->best.cost_millibits) / 1000);
    }
}

static void hosts_name(const struct html *html, struct slice name, const struct slice *aliases,
                       uint32_t count) {
    html_value_cut(html, name, CELL_TEXT_MAX);
    for (uint32_t i = 0; i < count && i < ALIASES_MAX; i++) {
        if (text_equal_fold_ascii(aliases[i], name))
            continue;
        buffer_append_text(html->to, "<br><small>");
        html_value_cut(html, aliases[i], CELL_TEXT_MAX);
        buffer_append_text(html->to, "</small>");
    }
}

// Records that say how the host was reached before others of it, those of that time or later first:
// on a busy host what was found earlier is mostly its everyday.
static void hosts_tags(const struct html *html, const struct campaign_host *host) {
    struct reference shown[CELL_TAGS_MAX];
    uint32_t count = 0, others = host->reference_count;
    for (int turn = 0; turn < 3; turn++) {
        const struct reference *rows = turn ? host->references : host->best.references;
        uint32_t row_count = turn ? host->reference_count : host->best.reference_count;
        for (uint32_t i = 0; i < row_count && count < CELL_TAGS_MAX; i++) {
            bool there = turn == 1 && rows[i].time_ns < host->first_ns;
            for (uint32_t k = 0; k < count && !there; k++)
                there = memcmp(shown[k].sha256, rows[i].sha256, DIGEST_SHA256_SIZE) == 0;
            if (!there)
                shown[count++] = rows[i];
        }
    }
    for (uint32_t i = 0; i < host->reference_count; i++)
        for (uint32_t k = 0; k < count; k++)
            others -= memcmp(shown[k].sha256, host->references[i].sha256, DIGEST_SHA256_SIZE) == 0;
    html_tags(html, shown, count, CELL_TAGS_MAX);
    if (others)
        buffer_append_format(html->to, " <small>+%u</small>", others);
}

// A host that could have been reached: how, and what its logs say, in one sentence.
static void hosts_bystander(const struct html *html, const struct campaign *campaign,
                            uint32_t number, uint32_t place) {
    struct buffer *to = html->to;
    const struct bystander *host = &campaign->bystanders[place];
    const char *state = host_state_name(host->state);
    buffer_append_text(to, "<tr><th scope=row>");
    hosts_name(html, host->name, host->aliases, host->alias_count);
    buffer_append_format(to, "<td class=%s>%s<td>none known<td>", state, state);
    html_host_link(html, campaign, number, host->source);
    buffer_append_text(to, "<td>");
    html_value_cut(html, host->reason, 2 * CELL_TEXT_MAX);
    buffer_append_text(to, "<td><td><td>");
    html_tags(html, host->references, host->reference_count, 1);
    buffer_append_text(to, "</tr>\n");
}

static void hosts_row(const struct html *html, const struct campaign *campaign, uint32_t number,
                      uint32_t place) {
    struct buffer *to = html->to;
    const struct campaign_host *host = &campaign->hosts[place];
    const char *state = host_state_name(host->state);
    buffer_append_format(to, "<tr id=c%uh%u><th scope=row>", number, place);
    hosts_name(html, host->name, host->aliases, host->alias_count);
    buffer_append_format(to, "<td class=%s>%s<td>", state, state);
    html_time(html, host->first_ns);
    buffer_append_text(to, "<td>");
    if (host->best.parent < 0 && !host->best.is_outside)
        buffer_append_text(html->to, "not known");
    else
        hosts_parent(html, campaign, number, host->best.parent);
    buffer_append_text(to, "<td>");
    hosts_way(html, campaign, number, host);
    buffer_append_text(to, "<td>");
    hosts_list(html, host->artefacts, host->artefact_count);
    buffer_append_text(to, "<td>");
    hosts_list(html, host->accounts, host->account_count);
    buffer_append_text(to, "<td>");
    hosts_tags(html, host);
    buffer_append_text(to, "</tr>\n");
}

static void hosts_bar(const struct html *html, const struct campaign *campaign, uint32_t number,
                      uint32_t shown) {
    buffer_append_format(html->to,
                         "<h3 id=c%uhosts>Hosts</h3>\n<div class=bar hidden data-for=c%utable "
                         "data-file=hosts-%u.csv><label>Filter <input type=search "
                         "autocomplete=off placeholder=\"name, artefact, account\"></label>"
                         "<label>State <select><option value=\"\">all",
                         number, number, number);
    for (int state = HOST_STATE_CONFIRMED; state >= 0; state--)
        buffer_append_format(html->to, "<option>%s", host_state_name((enum host_state)state));
    buffer_append_format(html->to,
                         "</select></label><button class=b type=button>Download as CSV</button> "
                         "<output class=d>%u shown</output></div>\n",
                         campaign->host_count + shown);
}

static uint32_t bystanders_shown(const struct campaign *campaign) {
    uint32_t taken = campaign->host_count / BYSTANDERS_SHARE;
    uint32_t most = taken < BYSTANDERS_SHOWN_MAX ? BYSTANDERS_SHOWN_MAX - taken : 0;
    return campaign->bystander_count < most ? campaign->bystander_count : most;
}

void html_hosts(const struct html *html, const struct campaign *campaign, uint32_t number) {
    uint32_t shown = bystanders_shown(campaign);
    hosts_bar(html, campaign, number, shown);
    if (campaign->exposed_count + campaign->cleared_count)
        buffer_append_format(
            html->to,
            "<p>Confirmed and probable hosts are the campaign's. %u exposed and %u cleared ones "
            "could have been reached: nothing shows that an exposed one was, but its logs cannot "
            "tell; a cleared one's own logs cover the time and show nothing.%s</p>\n",
            campaign->exposed_count, campaign->cleared_count,
            campaign->exposed_count + campaign->cleared_count > shown
                ? " The first of them stand here, more in hosts.csv and report.json."
                : "");
    buffer_append_format(html->to,
                         "<div class=w tabindex=0><table class=\"sort hosts\" id=c%utable><thead>"
                         "<tr><th scope=col>Host<th scope=col>State<th scope=col>First "
                         "compromise<th scope=col>From<th scope=col>How, and what else is "
                         "possible<th scope=col>Find and remove<th scope=col>Accounts to reset<th "
                         "scope=col>Evidence</tr></thead>\n<tbody>\n",
                         number);
    for (uint32_t i = 0; i < campaign->host_count; i++)
        hosts_row(html, campaign, number, i);
    for (uint32_t i = 0; i < shown; i++)
        hosts_bystander(html, campaign, number, i);
    buffer_append_text(html->to, "</tbody></table></div>\n");
    html_paper(html, campaign->host_count + shown);
}
