// The way from host to host, as SVG
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/memory.h"

// A tree drawn a row a node, indented by depth: hosts that passed it on, servers and the entry have
// rows of their own; a wave, and the other leaves of one parent, are one row each.
//
// Invariants:
//  1. nodes[k] for k < host_count is the host k; then one a wave; then one "others" a host.
//  2. a node is drawn once: it is visited when it is taken off the stack.
//  3. what hangs on no root (a circle in the input) is drawn as a root of its own.

enum {
    ROW_HEIGHT = 24,
    INDENT = 34,
    DEPTH_MAX = 12, // deeper rows are not moved further to the right
    OWN_ROWS_MAX = 150,
    LEAVES_ALONE_MAX = 8, // more leaves of one parent than that are one row
    GRAPH_WIDTH = 1080,
    WAVE_LISTED_MAX = 5000,
    WAVE_TAGS_MAX = 8
};

enum node_kind {
    NODE_NONE, // not drawn: part of another
    NODE_HOST,
    NODE_WAVE,
    NODE_OTHERS
};

struct graph_node {
    enum node_kind kind;
    uint32_t parent; // UINT32_MAX: a root
    uint32_t count;  // of hosts that it stands for
    uint32_t first_child, next, last_child;
    int depth, row;
    bool seen;
};

struct graph {
    const struct html *html;
    const struct campaign *campaign;
    uint32_t number;
    uint32_t node_count;
    struct graph_node *nodes;
    uint32_t *order; // drawn nodes, by row
    uint32_t row_count;
};

static void graph_own_rows(struct graph *graph) {
    const struct campaign *campaign = graph->campaign;
    uint32_t own = 0;
    if (campaign->host_count) {
        graph->nodes[0].kind = NODE_HOST;
        own++;
    }
    for (uint32_t i = 0; i < campaign->server_count && own < OWN_ROWS_MAX; i++) {
        own += graph->nodes[campaign->servers[i].host].kind == NODE_NONE;
        graph->nodes[campaign->servers[i].host].kind = NODE_HOST;
    }
    for (uint32_t i = 0; i < campaign->host_count && own < OWN_ROWS_MAX; i++) {
        int32_t parent = campaign->hosts[i].best.parent;
        uint32_t place = parent < 0 ? i : (uint32_t)parent; // one that came from outside is a root
        own += graph->nodes[place].kind == NODE_NONE;
        graph->nodes[place].kind = NODE_HOST;
    }
}

// The nearest ancestor that has a row; UINT32_MAX when there is none.
static uint32_t graph_ancestor(const struct graph *graph, uint32_t host) {
    int32_t at = graph->campaign->hosts[host].best.parent;
    for (uint32_t i = 0; at >= 0 && i < graph->campaign->host_count; i++) {
        if (graph->nodes[at].kind == NODE_HOST)
            return (uint32_t)at;
        at = graph->campaign->hosts[at].best.parent;
    }
    return UINT32_MAX;
}

static void graph_waves(struct graph *graph, bool *in_wave) {
    const struct campaign *campaign = graph->campaign;
    for (uint32_t i = 0; i < campaign->wave_count; i++) {
        const struct campaign_wave *wave = &campaign->waves[i];
        struct graph_node *node = &graph->nodes[campaign->host_count + i];
        node->kind = NODE_WAVE;
        node->count = wave->host_count;
        node->parent = wave->source < campaign->host_count ? wave->source : UINT32_MAX;
        if (node->parent != UINT32_MAX)
            graph->nodes[node->parent].kind = NODE_HOST;
        for (uint32_t k = 0; k < wave->host_count; k++)
            in_wave[wave->hosts[k]] = true;
    }
}

// Leaves: alone where they are few, else together under their parent.
static void graph_leaves(struct graph *graph, const bool *in_wave) {
    const struct campaign *campaign = graph->campaign;
    uint32_t others = campaign->host_count + campaign->wave_count;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        graph->nodes[i].parent = graph_ancestor(graph, i);
        if (graph->nodes[i].kind == NODE_NONE && !in_wave[i]) {
            uint32_t parent = graph->nodes[i].parent == UINT32_MAX ? 0 : graph->nodes[i].parent;
            graph->nodes[others + parent].count++;
        }
    }
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        uint32_t parent = graph->nodes[i].parent == UINT32_MAX ? 0 : graph->nodes[i].parent;
        struct graph_node *group = &graph->nodes[others + parent];
        if (graph->nodes[i].kind != NODE_NONE || in_wave[i])
            continue;
        if (group->count <= LEAVES_ALONE_MAX) {
            graph->nodes[i].kind = NODE_HOST;
        } else {
            group->kind = NODE_OTHERS;
            group->parent = parent;
        }
    }
}

static void graph_link(struct graph *graph) {
    for (uint32_t i = 0; i < graph->node_count; i++) {
        struct graph_node *node = &graph->nodes[i];
        if (node->kind == NODE_NONE || node->parent == UINT32_MAX)
            continue;
        struct graph_node *parent = &graph->nodes[node->parent];
        if (parent->first_child == UINT32_MAX)
            parent->first_child = i;
        else
            graph->nodes[parent->last_child].next = i;
        parent->last_child = i;
    }
}

// In preorder, by a stack of our own.
static void graph_visit(struct graph *graph, uint32_t root, uint32_t *stack) {
    uint32_t height = 0;
    stack[height++] = root;
    while (height) {
        uint32_t at = stack[--height];
        struct graph_node *node = &graph->nodes[at];
        if (node->seen)
            continue;
        node->seen = true;
        node->row = (int)graph->row_count;
        node->depth = at == root ? 0 : graph->nodes[node->parent].depth + 1;
        graph->order[graph->row_count++] = at;
        uint32_t from = height;
        for (uint32_t child = node->first_child; child != UINT32_MAX;
             child = graph->nodes[child].next)
            if (!graph->nodes[child].seen)
                stack[height++] = child;
        for (uint32_t i = from, k = height; i + 1 < k; i++) {
            uint32_t kept = stack[i];
            stack[i] = stack[--k];
            stack[k] = kept;
        }
    }
}

static void graph_lay_out(struct graph *graph) {
    uint32_t *stack = memory_new(2 * (size_t)graph->node_count + 2, sizeof *stack);
    for (int round = 0; round < 2; round++) // roots, then what hangs on none
        for (uint32_t i = 0; i < graph->node_count; i++)
            if (graph->nodes[i].kind != NODE_NONE && !graph->nodes[i].seen &&
                (round || graph->nodes[i].parent == UINT32_MAX))
                graph_visit(graph, i, stack);
    memory_free(stack);
}

static double node_x(const struct graph_node *node) {
    return 12 + INDENT * (node->depth < DEPTH_MAX ? node->depth : DEPTH_MAX);
}

static void edge_draw(const struct graph *graph, const struct graph_node *node) {
    if (node->parent == UINT32_MAX || node->depth == 0)
        return;
    const struct graph_node *parent = &graph->nodes[node->parent];
    buffer_append_format(graph->html->to, "<path class=e d=\"M%.0f %dV%dq0 7 7 7H%.0f\"/>",
                         node_x(parent), parent->row * ROW_HEIGHT + 18, node->row * ROW_HEIGHT + 6,
                         node_x(node) - 5);
}

static void edge_runners_up(const struct graph *graph, const struct campaign_host *host) {
    const struct html *html = graph->html;
    buffer_append_text(html->to, "<title>");
    if (host->runner_up_count == 0)
        buffer_append_text(html->to, "no other explanation is feasible");
    for (uint32_t i = 0; i < host->runner_up_count; i++) {
        const struct explanation *other = &host->runners_up[i];
        buffer_append_text(html->to, i ? "; also possible: " : "also possible: ");
        html_value_cut(html, other->reason, 120);
        buffer_append_text(html->to, " from ");
        if (other->parent < 0)
            buffer_append_text(html->to, "outside");
        else
            html_value_cut(html, graph->campaign->hosts[other->parent].name, 80);
        buffer_append_format(html->to, ", %+.1f bits",
                             (double)(other->cost_millibits - host->best.cost_millibits) / 1000);
    }
    buffer_append_text(html->to, "</title>");
}

// The best of the runners-up, in sight.
static void edge_second(const struct graph *graph, const struct campaign_host *host) {
    const struct html *html = graph->html;
    if (host->runner_up_count == 0)
        return;
    const struct explanation *other = &host->runners_up[0];
    buffer_append_text(html->to, " · or ");
    html_value_cut(html, other->reason, 50);
    buffer_append_text(html->to, " from ");
    if (other->parent < 0)
        buffer_append_text(html->to, "outside");
    else
        html_value_cut(html, graph->campaign->hosts[other->parent].name, 40);
    buffer_append_format(html->to, " (%+.1f)",
                         (double)(other->cost_millibits - host->best.cost_millibits) / 1000);
}

static void node_host(const struct graph *graph, const struct graph_node *node, uint32_t place) {
    const struct html *html = graph->html;
    const struct campaign_host *host = &graph->campaign->hosts[place];
    int y = node->row * ROW_HEIGHT;
    buffer_append_format(html->to, "<circle class=%c cx=%.0f cy=%d r=5 />",
                         host->state == HOST_STATE_CONFIRMED ? 'h' : 'x', node_x(node), y + 13);
    buffer_append_format(html->to, "<text x=%.0f y=%d><a href=\"#c%uh%u\">", node_x(node) + 10,
                         y + 17, graph->number, place);
    html_value_cut(html, host->name, 48);
    buffer_append_text(html->to, "</a> <tspan class=d>");
    for (uint32_t i = 0; i < graph->campaign->server_count; i++)
        if (graph->campaign->servers[i].host == place) {
            buffer_append_byte(html->to, '(');
            html_value_cut(html, graph->campaign->servers[i].role, 40);
            buffer_append_text(html->to, ") ");
            break;
        }
    html_time(html, host->first_ns);
    buffer_append_text(html->to, host->best.is_outside ? ", from outside: " : ": ");
    html_value_cut(html, host->best.reason, 70);
    buffer_append_format(html->to, ", %.1f bits", (double)host->best.cost_millibits / 1000);
    edge_second(graph, host);
    buffer_append_text(html->to, "</tspan>");
    edge_runners_up(graph, host);
    buffer_append_text(html->to, "</text>\n");
}

static void node_group(const struct graph *graph, const struct graph_node *node, uint32_t place) {
    const struct html *html = graph->html;
    const struct campaign *campaign = graph->campaign;
    int y = node->row * ROW_HEIGHT;
    buffer_append_format(html->to,
                         "<rect class=h x=%.0f y=%d width=10 height=10 /><text x=%.0f y=%d>",
                         node_x(node) - 5, y + 8, node_x(node) + 10, y + 17);
    if (node->kind == NODE_WAVE) {
        uint32_t wave = place - campaign->host_count;
        buffer_append_format(html->to, "<a href=\"#c%uw%u\">wave %u: %u hosts</a> <tspan class=d>",
                             graph->number, wave, wave + 1, node->count);
        html_time(html, campaign->waves[wave].first_ns);
        buffer_append_text(html->to, " to ");
        html_time(html, campaign->waves[wave].last_ns);
        buffer_append_text(html->to, "</tspan></text>\n");
    } else {
        buffer_append_format(html->to, "%u other hosts, see the table</text>\n", node->count);
    }
}

static void graph_draw(const struct graph *graph) {
    buffer_append_format(graph->html->to,
                         "<div class=w tabindex=0><svg viewBox=\"0 0 %d %d\" role=img "
                         "aria-label=\"From host to host\">\n",
                         GRAPH_WIDTH, (int)graph->row_count * ROW_HEIGHT + 8);
    for (uint32_t i = 0; i < graph->row_count; i++)
        edge_draw(graph, &graph->nodes[graph->order[i]]);
    for (uint32_t i = 0; i < graph->row_count; i++) {
        const struct graph_node *node = &graph->nodes[graph->order[i]];
        if (node->kind == NODE_HOST)
            node_host(graph, node, graph->order[i]);
        else
            node_group(graph, node, graph->order[i]);
    }
    buffer_append_text(graph->html->to, "</svg></div>\n");
}

static void graph_wave_list(const struct graph *graph, uint32_t place) {
    const struct html *html = graph->html;
    const struct campaign_wave *wave = &graph->campaign->waves[place];
    buffer_append_format(html->to, "<details><summary>Wave %u: %u hosts, ", place + 1,
                         wave->host_count);
    html_value_cut(html, wave->artefact, 160);
    buffer_append_format(html->to, "</summary><p id=c%uw%u>", graph->number, place);
    for (uint32_t i = 0; i < wave->host_count && i < WAVE_LISTED_MAX; i++) {
        buffer_append_text(html->to, i ? ", " : "");
        html_host_link(html, graph->campaign, graph->number, wave->hosts[i]);
    }
    html_tags(html, wave->references, wave->reference_count, WAVE_TAGS_MAX);
    buffer_append_text(html->to, "</p></details>\n");
}

void html_graph(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct graph graph = {.html = html, .campaign = campaign, .number = number};
    graph.node_count = 2 * campaign->host_count + campaign->wave_count;
    graph.nodes = memory_new((size_t)graph.node_count + 1, sizeof *graph.nodes);
    graph.order = memory_new((size_t)graph.node_count + 1, sizeof *graph.order);
    bool *in_wave = memory_new((size_t)campaign->host_count + 1, sizeof *in_wave);
    for (uint32_t i = 0; i < graph.node_count; i++)
        graph.nodes[i] = (struct graph_node){
            .parent = UINT32_MAX, .first_child = UINT32_MAX, .next = UINT32_MAX};
    graph_own_rows(&graph);
    graph_waves(&graph, in_wave);
    graph_leaves(&graph, in_wave);
    graph_link(&graph);
    graph_lay_out(&graph);
    buffer_append_format(html->to,
                         "<h3 id=c%ugraph>From host to host</h3>\n<p class=d>Each row says how "
                         "the host above reached this one, and what that explanation costs: fewer "
                         "bits are likelier. After \"or\" stands what else is possible, and how "
                         "much dearer. A wave opens into its hosts below.</p>\n",
                         number);
    graph_draw(&graph);
    for (uint32_t i = 0; i < campaign->wave_count; i++)
        graph_wave_list(&graph, i);
    memory_free(in_wave);
    memory_free(graph.order);
    memory_free(graph.nodes);
}
