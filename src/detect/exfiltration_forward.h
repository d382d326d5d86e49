// Mail that goes on to the outside
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_EXFILTRATION_FORWARD_H
#define DETECT_EXFILTRATION_FORWARD_H

#include "detect/detection.h"

// Tell recipients outside that get what several people of the inside got, and senders who mail far
// more than usual to a domain that hardly anybody writes to.
enum status exfiltration_forward_judge(const struct detect_context *context, struct draft *draft,
                                       const struct detection_sink *sink, struct problem *problem);

#endif
