// Swim lanes: who had what happen when, as SVG
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/clock.h"
#include "base/memory.h"
#include "report/stage_told.h"

#include <stdlib.h>

enum {
    LANES_MAX = 40, // hosts with a lane of their own
    LANE_HEIGHT = 26,
    LANE_LEFT = 230, // names stand before it
    LANE_RIGHT = 1080,
    LANE_TOP = 34,
    LEGEND_HEIGHT = 24,
    LANE_WIDTH = LANE_RIGHT - LANE_LEFT,
    BARS_MAX = 200,
    TICKS_MAX = 9,
    MARKS_MAX = 8192, // records whose stage is looked up
    SILENT_ROWS_MAX = 64
};

static const int64_t HOUR_NS = 3600000000000;
static const int64_t DAY_NS = 86400000000000;

// A cited record and the stage that it tells of.
struct lane_mark {
    const uint8_t *sha256;
    enum stage stage;
};

// The time that the drawing spans, and which hosts have a lane.
struct lanes {
    const struct html *html;
    const struct campaign *campaign;
    uint32_t number;
    int64_t first_ns, last_ns;
    bool *alone;             // by host: a lane of its own
    bool *waved;             // by host: in a wave
    struct lane_mark *marks; // sorted by digest
    size_t mark_count;
    int y;
};

static double lanes_x(const struct lanes *lanes, int64_t time_ns) {
    if (time_ns <= lanes->first_ns)
        return LANE_LEFT;
    if (time_ns >= lanes->last_ns)
        return LANE_RIGHT;
    return LANE_LEFT + LANE_WIDTH * ((double)time_ns - (double)lanes->first_ns) /
                           ((double)lanes->last_ns - (double)lanes->first_ns);
}

static int mark_compare(const void *left, const void *right) {
    const struct lane_mark *a = left, *b = right;
    int order = memcmp(a->sha256, b->sha256, DIGEST_SHA256_SIZE);
    return order ? order : (int)a->stage - (int)b->stage;
}

static void lanes_index(struct lanes *lanes) {
    const struct campaign *campaign = lanes->campaign;
    lanes->marks = memory_new(MARKS_MAX, sizeof *lanes->marks);
    for (uint32_t i = 0; i < campaign->stage_count; i++)
        for (uint32_t k = 0; k < campaign->stages[i].sentence_count; k++) {
            const struct sentence *sentence = &campaign->stages[i].sentences[k];
            for (uint32_t n = 0; n < sentence->reference_count; n++)
                if (lanes->mark_count < MARKS_MAX)
                    lanes->marks[lanes->mark_count++] = (struct lane_mark){
                        sentence->references[n].sha256, campaign->stages[i].stage};
        }
    if (lanes->mark_count)
        qsort(lanes->marks, lanes->mark_count, sizeof *lanes->marks, mark_compare);
}

// STAGE_NONE for a record that no sentence of the story cites.
static enum stage lanes_stage(const struct lanes *lanes, const uint8_t *sha256) {
    size_t low = 0, high = lanes->mark_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (memcmp(lanes->marks[middle].sha256, sha256, DIGEST_SHA256_SIZE) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low < lanes->mark_count &&
                   memcmp(lanes->marks[low].sha256, sha256, DIGEST_SHA256_SIZE) == 0
               ? lanes->marks[low].stage
               : STAGE_NONE;
}

// From the first stage or host to the last: what was found on a host later, a log cleared as every
// month, would push what happened into a corner.
static void lanes_span(struct lanes *lanes) {
    const struct campaign *campaign = lanes->campaign;
    int64_t first_ns = CLOCK_MAX, last_ns = CLOCK_MIN;
    for (uint32_t i = 0; i < campaign->stage_count; i++) {
        if (campaign->stages[i].first_ns < first_ns)
            first_ns = campaign->stages[i].first_ns;
        if (campaign->stages[i].last_ns > last_ns)
            last_ns = campaign->stages[i].last_ns;
    }
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        int64_t here_ns = campaign->hosts[i].first_ns;
        if (here_ns == CLOCK_NONE || here_ns == CLOCK_MAX)
            continue;
        first_ns = here_ns < first_ns ? here_ns : first_ns;
        last_ns = here_ns > last_ns ? here_ns : last_ns;
    }
    if (last_ns <= first_ns)
        last_ns = first_ns < CLOCK_MAX - HOUR_NS ? first_ns + HOUR_NS : CLOCK_MAX;
    lanes->first_ns = first_ns;
    lanes->last_ns = last_ns;
}

// Entry, servers, and who passed it on have lanes; members of a wave that did not are one.
static void lanes_choose(struct lanes *lanes) {
    const struct campaign *campaign = lanes->campaign;
    for (uint32_t i = 0; i < campaign->wave_count; i++)
        for (uint32_t k = 0; k < campaign->waves[i].host_count; k++)
            lanes->waved[campaign->waves[i].hosts[k]] = true;
    uint32_t chosen = 0;
    if (campaign->host_count)
        lanes->alone[0] = ++chosen > 0;
    for (uint32_t i = 0; i < campaign->server_count && chosen < LANES_MAX; i++) {
        chosen += !lanes->alone[campaign->servers[i].host];
        lanes->alone[campaign->servers[i].host] = true;
    }
    for (uint32_t i = 0; i < campaign->host_count && chosen < LANES_MAX; i++) {
        int32_t parent = campaign->hosts[i].best.parent;
        if (parent >= 0 && !lanes->alone[parent]) {
            lanes->alone[parent] = true;
            chosen++;
        }
    }
    for (uint32_t i = 0; i < campaign->host_count && chosen < LANES_MAX; i++)
        if (!lanes->alone[i] && !lanes->waved[i]) {
            lanes->alone[i] = true;
            chosen++;
        }
}

static void lane_name(const struct lanes *lanes, struct slice name) {
    struct buffer *to = lanes->html->to;
    buffer_append_format(to, "<text x=4 y=%d>", lanes->y + 17);
    html_value_cut(lanes->html, name, 32);
    buffer_append_format(to, "</text><path class=l d=\"M0 %dH%d\"/>", lanes->y + LANE_HEIGHT,
                         LANE_RIGHT);
}

// Days on which no log of the host speaks, within the drawing; all of them for a host without any.
static void lane_silence(const struct lanes *lanes, uint32_t fleet_host) {
    const struct evidence_coverage *coverage = lanes->html->input->coverage;
    int32_t first = (int32_t)(lanes->first_ns / DAY_NS);
    int32_t last = (int32_t)(lanes->last_ns / DAY_NS);
    if (!coverage || last - first < 1 || last - first > 4000)
        return;
    uint8_t *spoken = memory_new((size_t)(last - first) + 1, 1);
    unsigned rows = 0;
    for (uint32_t i = 0; i < coverage->row_count && rows < SILENT_ROWS_MAX; i++) {
        const struct coverage_row *row = &coverage->rows[i];
        if (row->host != fleet_host)
            continue;
        rows += row->span_count > 0;
        for (uint32_t k = 0; k < row->span_count; k++)
            for (int32_t day = row->spans[k].first_day; day <= row->spans[k].last_day; day++)
                if (day >= first && day <= last)
                    spoken[day - first] = 1;
    }
    for (int32_t day = first; day <= last; day++) {
        if (spoken[day - first])
            continue;
        int32_t end = day;
        while (end < last && !spoken[end + 1 - first])
            end++;
        double from = lanes_x(lanes, day * DAY_NS), until = lanes_x(lanes, (end + 1) * DAY_NS);
        buffer_append_format(lanes->html->to,
                             "<rect class=o x=%.1f y=%d width=%.1f height=%d><title>no telemetry"
                             "</title></rect>",
                             from, lanes->y + 3, until - from, LANE_HEIGHT - 6);
        if (until - from > 84)
            buffer_append_format(lanes->html->to, "<text class=d x=%.1f y=%d>no telemetry</text>",
                                 from + 4, lanes->y + 17);
        day = end;
    }
    memory_free(spoken);
}

static void lane_mark(const struct lanes *lanes, const struct reference *reference, double x) {
    const struct html *html = lanes->html;
    enum stage stage = lanes_stage(lanes, reference->sha256);
    char tag[TAG_SIZE];
    cited_tag(html->input->cited, reference, tag);
    html->linked[cited_place(html->input->cited, reference->sha256)] = 1;
    buffer_append_format(html->to,
                         "<a href=\"#%s\"><circle class=s%d cx=%.1f cy=%d r=4.5><title>%s ", tag,
                         (int)stage, x, lanes->y + LANE_HEIGHT / 2, tag);
    html_time(html, reference->time_ns);
    buffer_append_format(html->to, "%s%s</title></circle></a>", stage ? ", " : "",
                         stage_told_kind(lanes->campaign, stage));
}

static void lane_marks(const struct lanes *lanes, const struct campaign_host *host) {
    double last_x = -9;
    for (uint32_t i = 0; i < host->reference_count; i++) {
        const struct reference *reference = &host->references[i];
        double x = lanes_x(lanes, reference->time_ns);
        if (reference->time_ns == CLOCK_NONE || reference->time_ns < lanes->first_ns ||
            reference->time_ns > lanes->last_ns || (x - last_x < 3 && x >= last_x))
            continue;
        last_x = x;
        lane_mark(lanes, reference, x);
    }
}

// A cross where a log of the host was cleared.
static void lane_cleared(const struct lanes *lanes, uint32_t fleet_host) {
    const struct evidence_coverage *coverage = lanes->html->input->coverage;
    for (uint32_t i = 0; coverage && i < coverage->row_count; i++) {
        const struct coverage_row *row = &coverage->rows[i];
        if (row->host != fleet_host || row->state != COVERAGE_CLEARED ||
            row->cleared_ns < lanes->first_ns || row->cleared_ns > lanes->last_ns)
            continue;
        buffer_append_format(lanes->html->to, "<path class=z d=\"M%.1f %dl8 8m0-8l-8 8\"><title>",
                             lanes_x(lanes, row->cleared_ns) - 4, lanes->y + 9);
        html_value_cut(lanes->html, row->log, 60);
        buffer_append_text(lanes->html->to, " log cleared</title></path>");
    }
}

// Stages that show on this host alone: how long each lasted, a thin line a stage.
static void lane_bands(const struct lanes *lanes, const struct campaign_host *host) {
    for (uint32_t i = 0; i < lanes->campaign->stage_count; i++) {
        const struct campaign_stage *stage = &lanes->campaign->stages[i];
        if (stage->host_count != 1 || !(host->stages >> stage->stage & 1))
            continue;
        double from = lanes_x(lanes, stage->first_ns), until = lanes_x(lanes, stage->last_ns);
        buffer_append_format(lanes->html->to,
                             "<rect class=s%d x=%.1f y=%.1f width=%.1f height=2.4><title>%s, ",
                             (int)stage->stage, from, lanes->y + 3 + 2.6 * ((int)stage->stage - 1),
                             until > from + 3 ? until - from : 3.0, stage_told_heading(stage));
        html_time(lanes->html, stage->first_ns);
        buffer_append_text(lanes->html->to, " to ");
        html_time(lanes->html, stage->last_ns);
        buffer_append_text(lanes->html->to, "</title></rect>");
    }
}

static void lane_stages(const struct lanes *lanes, const struct campaign_host *host) {
    buffer_append_text(lanes->html->to, "<title>");
    html_value_cut(lanes->html, host->name, 80);
    for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT; stage++)
        if (host->stages >> stage & 1)
            buffer_append_format(lanes->html->to, "; %s",
                                 stage_told_kind(lanes->campaign, (enum stage)stage));
    buffer_append_text(lanes->html->to, "</title>");
}

static void lane_host(struct lanes *lanes, uint32_t place) {
    const struct campaign *campaign = lanes->campaign;
    const struct campaign_host *host = &campaign->hosts[place];
    struct buffer *to = lanes->html->to;
    buffer_append_format(to, "<a href=\"#c%uh%u\">", lanes->number, place);
    lane_name(lanes, host->name);
    buffer_append_text(to, "</a>");
    lane_silence(lanes, host->host);
    double from = lanes_x(lanes, host->first_ns), until = lanes_x(lanes, host->last_ns);
    buffer_append_format(to, "<rect class=k x=%.1f y=%d width=%.1f height=10>", from, lanes->y + 8,
                         until > from + 2 ? until - from : 2.0);
    lane_stages(lanes, host);
    buffer_append_text(to, "</rect>");
    lane_bands(lanes, host);
    lane_marks(lanes, host);
    lane_cleared(lanes, host->host);
    for (uint32_t i = 0; i < campaign->theft_count; i++) {
        const struct campaign_theft *theft = &campaign->thefts[i];
        if (theft->host != place)
            continue;
        double x = lanes_x(lanes, theft->first_ns);
        buffer_append_format(to, "<path class=h d=\"M%.1f %dl7 9-7 9-7-9z\"><title>theft: ", x,
                             lanes->y + 4);
        html_value_cut(lanes->html, theft->what, 120);
        buffer_append_text(to, "</title></path>");
    }
    buffer_append_byte(to, '\n');
    lanes->y += LANE_HEIGHT;
}

// One bar an hour, or as many hours as make at most BARS_MAX bars.
static int64_t bar_width(const struct lanes *lanes) {
    int64_t hours = (lanes->last_ns / HOUR_NS - lanes->first_ns / HOUR_NS) / BARS_MAX + 1;
    return hours * HOUR_NS;
}

// Arrivals of the hosts for which `takes` says so, over time.
static void lane_arrivals(struct lanes *lanes, const uint32_t *hosts, uint32_t host_count,
                          struct slice name) {
    uint32_t counts[BARS_MAX + 2] = {0}, most = 1;
    int64_t width = bar_width(lanes);
    for (uint32_t i = 0; i < host_count; i++) {
        int64_t first_ns = lanes->campaign->hosts[hosts[i]].first_ns;
        if (first_ns < lanes->first_ns || first_ns > lanes->last_ns)
            continue;
        int64_t bar = (first_ns - lanes->first_ns) / width;
        if (bar < BARS_MAX + 2 && ++counts[bar] > most)
            most = counts[bar];
    }
    lane_name(lanes, name);
    for (int bar = 0; bar < BARS_MAX + 2; bar++) {
        if (!counts[bar])
            continue;
        int64_t from_ns = lanes->first_ns + bar * width;
        double x = lanes_x(lanes, from_ns), height = 2 + 20.0 * counts[bar] / most;
        buffer_append_format(lanes->html->to,
                             "<rect class=b x=%.1f y=%.1f width=%.1f height=%.1f><title>%u hosts, "
                             "from ",
                             x, lanes->y + LANE_HEIGHT - 1 - height,
                             LANE_WIDTH * 0.8 * (double)width /
                                 ((double)lanes->last_ns - (double)lanes->first_ns),
                             height, counts[bar]);
        html_time(lanes->html, from_ns);
        buffer_append_text(lanes->html->to, "</title></rect>");
    }
    buffer_append_byte(lanes->html->to, '\n');
    lanes->y += LANE_HEIGHT;
}

static void lane_others(struct lanes *lanes, uint32_t count) {
    uint32_t *hosts = memory_new((size_t)count + 1, sizeof *hosts);
    uint32_t found = 0;
    for (uint32_t i = 0; i < lanes->campaign->host_count; i++)
        if (!lanes->alone[i] && !lanes->waved[i])
            hosts[found++] = i;
    struct buffer name;
    buffer_init(&name, 64);
    buffer_append_format(&name, "%u other hosts", count);
    lane_arrivals(lanes, hosts, found, buffer_slice(&name));
    buffer_done(&name);
    memory_free(hosts);
}

// The finest round step that needs at most TICKS_MAX lines.
static int64_t axis_step(const struct lanes *lanes) {
    static const int HOURS[] = {1,       2,       4,       6,        12,
                                24,      2 * 24,  3 * 24,  7 * 24,   14 * 24,
                                28 * 24, 56 * 24, 91 * 24, 182 * 24, 365 * 24};
    int64_t span_hours = lanes->last_ns / HOUR_NS - lanes->first_ns / HOUR_NS;
    for (size_t i = 0; i < ARRAY_SIZE(HOURS); i++)
        if (span_hours / HOURS[i] < TICKS_MAX)
            return HOURS[i] * HOUR_NS;
    return (span_hours / TICKS_MAX + 1) * HOUR_NS;
}

// Lines at round times: days without their hour.
static void lanes_axis(const struct lanes *lanes, int height) {
    struct buffer *to = lanes->html->to;
    int64_t step = axis_step(lanes), at = lanes->first_ns / step * step;
    for (int i = 0; i <= TICKS_MAX + 1 && at <= lanes->last_ns; i++) {
        char text[CLOCK_TEXT_SIZE];
        if (at >= lanes->first_ns && clock_format_minute(at, text)) {
            double x = lanes_x(lanes, at);
            bool right = x > LANE_RIGHT - 60;
            buffer_append_format(to,
                                 "<path class=l d=\"M%.1f %dV%d\"/><text class=d x=%.1f y=18 "
                                 "text-anchor=%s>%.*s</text>",
                                 x, LANE_TOP - 8, height, x, right ? "end" : "middle",
                                 step % DAY_NS ? 16 : 10, text);
        }
        if (at > CLOCK_MAX - step)
            break;
        at += step;
    }
    buffer_append_byte(to, '\n');
}

static void lanes_legend(const struct lanes *lanes) {
    struct buffer *to = lanes->html->to;
    double x = 4;
    int y = lanes->y + 8;
    for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT; stage++) {
        const char *heading = stage_told_kind(lanes->campaign, (enum stage)stage);
        buffer_append_format(to,
                             "<circle class=s%d cx=%.0f cy=%d r=4.5 /><text class=d x=%.0f y=%d>%s"
                             "</text>",
                             stage, x + 5, y + 6, x + 14, y + 10, heading);
        x += 34 + 6.4 * (double)strlen(heading);
    }
    buffer_append_format(to,
                         "<circle class=s0 cx=%.0f cy=%d r=4.5 /><text class=d x=%.0f y=%d>other "
                         "records</text>\n",
                         x + 5, y + 6, x + 14, y + 10);
}

static void lanes_draw(struct lanes *lanes) {
    const struct campaign *campaign = lanes->campaign;
    struct buffer *to = lanes->html->to;
    uint32_t own = 0, others = 0;
    for (uint32_t i = 0; i < campaign->host_count; i++) {
        own += lanes->alone[i];
        others += !lanes->alone[i] && !lanes->waved[i];
    }
    uint32_t waves = campaign->wave_count < LANES_MAX ? campaign->wave_count : LANES_MAX;
    int height = LANE_TOP + LANE_HEIGHT * (int)(own + waves + (others > 0)) + 4;
    buffer_append_format(to,
                         "<div class=w tabindex=0><svg viewBox=\"0 0 %d %d\" role=img "
                         "aria-label=\"Time line by host\">\n",
                         LANE_RIGHT + 12, height + LEGEND_HEIGHT);
    lanes_axis(lanes, height);
    lanes->y = LANE_TOP;
    for (uint32_t i = 0; i < campaign->host_count; i++)
        if (lanes->alone[i])
            lane_host(lanes, i);
    for (uint32_t i = 0; i < waves; i++) {
        struct buffer name;
        buffer_init(&name, 64);
        buffer_append_format(&name, "wave %u: %u hosts", i + 1, campaign->waves[i].host_count);
        lane_arrivals(lanes, campaign->waves[i].hosts, campaign->waves[i].host_count,
                      buffer_slice(&name));
        buffer_done(&name);
    }
    if (others)
        lane_others(lanes, others);
    lanes_legend(lanes);
    buffer_append_text(to, "</svg></div>\n");
}

void html_lanes(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct lanes lanes = {.html = html, .campaign = campaign, .number = number};
    lanes.alone = memory_new((size_t)campaign->host_count + 1, sizeof *lanes.alone);
    lanes.waved = memory_new((size_t)campaign->host_count + 1, sizeof *lanes.waved);
    lanes_index(&lanes);
    lanes_span(&lanes);
    lanes_choose(&lanes);
    buffer_append_format(
        html->to,
        "<h3 id=c%utime>Time</h3>\n<p class=d>A lane a host, from the first time that "
        "is told to the last: dots are records, coloured by the stage of the sentence that cites "
        "them, hollow without one, diamonds thefts, crosses cleared logs, thin lines stages that "
        "show on this host alone. Hatched: no telemetry, "
        "no log of the host speaks of those days. Waves: arrivals, a bar every "
        "%lld h.</p>\n",
        number, (long long)(bar_width(&lanes) / HOUR_NS));
    lanes_draw(&lanes);
    memory_free(lanes.marks);
    memory_free(lanes.alone);
    memory_free(lanes.waved);
}
