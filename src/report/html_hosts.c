// The HTML report's table of hosts
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/text.h"

enum {
    CELL_ITEMS_MAX = 12,
    ALIASES_MAX = 3,
    CELL_TEXT_MAX = 300,
    CELL_TAGS_MAX = 3
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
    buffer_append_format(html->to, " <small>%.1f bits</small>",
                         (double)host->best.cost_millibits / 1000);
    for (uint32_t i = 0; i < host->runner_up_count; i++) {
        const struct explanation *other = &host->runners_up[i];
        buffer_append_text(html->to, "<br><small>or ");
        html_value_cut(html, other->reason, CELL_TEXT_MAX);
        buffer_append_text(html->to, " from ");
        hosts_parent(html, campaign, number, other->parent);
        buffer_append_format(html->to, ", %+.1f bits</small>",
                             (double)(other->cost_millibits - host->best.cost_millibits) / 1000);
    }
}

static void hosts_row(const struct html *html, const struct campaign *campaign, uint32_t number,
                      uint32_t place) {
    struct buffer *to = html->to;
    const struct campaign_host *host = &campaign->hosts[place];
    const char *state = host_state_name(host->state);
    buffer_append_format(to, "<tr id=c%uh%u><th scope=row>", number, place);
    html_value_cut(html, host->name, CELL_TEXT_MAX);
    for (uint32_t i = 0; i < host->alias_count && i < ALIASES_MAX; i++) {
        if (text_equal_fold_ascii(host->aliases[i], host->name))
            continue;
        buffer_append_text(to, "<br><small>");
        html_value_cut(html, host->aliases[i], CELL_TEXT_MAX);
        buffer_append_text(to, "</small>");
    }
    buffer_append_format(to, "<td class=%s>%s<td>", state, state);
    html_time(html, host->first_ns);
    buffer_append_text(to, "<td>");
    hosts_parent(html, campaign, number, host->best.parent);
    buffer_append_text(to, "<td>");
    hosts_way(html, campaign, number, host);
    buffer_append_text(to, "<td>");
    hosts_list(html, host->artefacts, host->artefact_count);
    buffer_append_text(to, "<td>");
    hosts_list(html, host->accounts, host->account_count);
    buffer_append_text(to, "<td>");
    html_tags(html, host->references, host->reference_count, CELL_TAGS_MAX);
    buffer_append_text(to, "</tr>\n");
}

void html_hosts(const struct html *html, const struct campaign *campaign, uint32_t number) {
    buffer_append_format(html->to,
                         "<h3 id=c%uhosts>Hosts</h3>\n<div class=bar hidden data-for=c%utable "
                         "data-file=hosts-%u.csv><label>Filter <input type=search "
                         "autocomplete=off placeholder=\"name, state, artefact\"></label><button "
                         "class=b type=button>Download as CSV</button> <output class=d>%u shown"
                         "</output></div>\n",
                         number, number, number, campaign->host_count);
    buffer_append_format(html->to,
                         "<div class=w tabindex=0><table class=\"sort hosts\" id=c%utable><thead>"
                         "<tr><th scope=col>Host<th scope=col>State<th scope=col>First "
                         "compromise<th scope=col>From<th scope=col>How, and what else is "
                         "possible<th scope=col>Find and remove<th scope=col>Accounts to reset<th "
                         "scope=col>Evidence</tr></thead>\n<tbody>\n",
                         number);
    for (uint32_t i = 0; i < campaign->host_count; i++)
        hosts_row(html, campaign, number, i);
    buffer_append_text(html->to, "</tbody></table></div>\n");
}
