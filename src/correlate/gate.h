// Which trees are campaigns
// SPDX-License-Identifier: Apache-2.0
#ifndef CORRELATE_GATE_H
#define CORRELATE_GATE_H

#include "correlate/forest.h"

// What a tree shows. Score: over the seven stages of an intrusion (covering of tracks is none), how
// likely it is that at least one of its rules there is right: sum of 1 - product(1 - precision), in
// thousandths; each rule counts once a tree.
struct tree {
    uint32_t root; // host
    uint32_t host_count;
    unsigned stages;  // 1 << enum stage: of findings; what is told of them may be fewer
    unsigned classes; // enum source_class
    int32_t score;
    uint32_t victims; // hosts beside the root with evidence or membership
};

struct tree_list {
    struct tree *trees; // by root's number
    uint32_t count;
};

void tree_list_init(struct tree_list *list, const struct forest *forest,
                    const struct clue_book *book);
void tree_list_done(struct tree_list *list);

// The score that chance reaches: what each rule found in a day is dealt out over the hosts anew
// (shuffle.h), always in the same way, WEIGHT_NULL_ROUNDS times; the WEIGHT_NULL_PERCENTILE-th
// percentile of the best score of a tree that would pass the other gates. What belongs to `trees`
// that pass them is left out: an intrusion is held against the noise around it, not against itself.
int32_t gate_null_score(const struct clue_book *book, const struct edge_list *edges,
                        const struct forest *forest, const struct tree_list *trees,
                        int32_t root_cost);

// What is published as a campaign is judged by those of its stages that the story tells. Trees that
// chance made, and which trees are joined or left out of chance, are judged before anything is
// told, by all of them: never fewer, so that chance is held to be no less than it is.
bool gate_passes(const struct tree *tree, int32_t null_score);

#endif
