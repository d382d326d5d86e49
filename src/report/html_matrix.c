// The HTML report's ATT&CK matrix
// SPDX-License-Identifier: Apache-2.0
#include "report/html_piece.h"

#include "base/memory.h"
#include "report/technique.h"

// The first of our stages in which a technique shows, for its link.
static int first_stage(unsigned stages) {
    for (int stage = STAGE_NONE + 1; stage < STAGE_COUNT; stage++)
        if (stages >> stage & 1)
            return stage;
    return STAGE_NONE;
}

static void matrix_cell(const struct html *html, uint32_t number,
                        const struct technique_told *told) {
    buffer_append_format(html->to, "<li><a href=\"#c%us%d\"><b>", number,
                         first_stage(told->stages));
    html_value_cut(html, told->id, 20);
    buffer_append_text(html->to, "</b></a>");
    if (told->known)
        buffer_append_text(html->to, told->known->name);
    buffer_append_text(html->to, "</li>");
}

static bool matrix_has(const struct technique_told *told, uint32_t count, int tactic) {
    for (uint32_t i = 0; i < count; i++)
        if (told[i].known ? (int)told[i].known->tactic == tactic : tactic == TACTIC_COUNT)
            return true;
    return false;
}

static void matrix_column(const struct html *html, uint32_t number,
                          const struct technique_told *told, uint32_t count, int tactic) {
    buffer_append_format(html->to, "<section><h4>%s</h4><ul>",
                         tactic < TACTIC_COUNT ? tactic_name((enum tactic)tactic) : "Others");
    for (uint32_t i = 0; i < count; i++)
        if (told[i].known ? (int)told[i].known->tactic == tactic : tactic == TACTIC_COUNT)
            matrix_cell(html, number, &told[i]);
    buffer_append_text(html->to, "</ul></section>\n");
}

void html_matrix(const struct html *html, const struct campaign *campaign, uint32_t number) {
    struct technique_told *told = memory_new(TECHNIQUES_TOLD_MAX, sizeof *told);
    uint32_t count = techniques_of(campaign, told);
    buffer_append_format(html->to, "<h3 id=c%uattack>ATT&amp;CK matrix</h3>\n", number);
    if (count)
        buffer_append_text(html->to, "<div class=w tabindex=0><div class=matrix>\n");
    for (int tactic = 0; tactic <= TACTIC_COUNT; tactic++)
        if (matrix_has(told, count, tactic))
            matrix_column(html, number, told, count, tactic);
    if (count)
        buffer_append_text(html->to, "</div></div>\n");
    buffer_append_text(html->to, "<p class=d>No evidence of: ");
    bool any = false;
    for (int tactic = 0; tactic < TACTIC_COUNT; tactic++)
        if (!matrix_has(told, count, tactic)) {
            buffer_append_format(html->to, "%s%s", any ? ", " : "",
                                 tactic_name((enum tactic)tactic));
            any = true;
        }
    buffer_append_text(html->to, any ? ".</p>\n" : "no tactic.</p>\n");
    memory_free(told);
}
