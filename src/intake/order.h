// Servers' logs first
// SPDX-License-Identifier: Apache-2.0
#ifndef INTAKE_ORDER_H
#define INTAKE_ORDER_H

#include "base/slice.h"

// 0: a server's log, by the names in its path; 1: any other. What intruders turn first is read
// first, so that the worst is known early; the result is the same in any order.
int order_rank(struct slice path);

#endif
