// What every report of a reconstruction is made of
// SPDX-License-Identifier: Apache-2.0
#include "report/report_input.h"

#include "report/tally.h"

enum marking report_marking(const struct report_input *input) {
    enum marking marking = input->tlp ? marking_of(slice_of_string(input->tlp)) : MARKING_RED;
    for (size_t i = 0; input->tally && i < input->tally->rule_count; i++)
        marking = marking_strictest(marking, marking_of_rule(input->tally->rules[i].rule));
    return marking;
}
