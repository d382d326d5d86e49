// Which of its format's logs an event is from
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_NETWORK_H
#define NORMALISE_NETWORK_H

#include "model/event_class.h"

// Add the services and categories that a class of Zeek or syslog has by its log or program
// (event_class->channel, provider); classes of other formats stay as they are. Sources: Sigma
// 2.1.0, appendix taxonomy; pySigma's Zeek pipelines.
void network_describe(struct event_class *event_class);

#endif
