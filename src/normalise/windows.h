// What a Windows event is, by its head
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_WINDOWS_H
#define NORMALISE_WINDOWS_H

#include "model/event_class.h"

// Fill log_source, aliases and message of a class whose provider, channel and code are set.
// Names are compared without ASCII case. A channel that no table knows, none at all, and
// ForwardedEvents leave it to the provider. Everything written is static. Sources: Sigma
// 2.1.0, appendix taxonomy ("Windows Folder"); pySigma's Windows pipelines.
void windows_describe(struct event_class *event_class);

#endif
