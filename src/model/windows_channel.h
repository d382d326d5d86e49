// Which log a channel of Windows is
// SPDX-License-Identifier: Apache-2.0
#ifndef MODEL_WINDOWS_CHANNEL_H
#define MODEL_WINDOWS_CHANNEL_H

#include "model/log_source.h"

#include <stddef.h>

// A channel or a provider, and the service its events are. A name that ends in '*' stands for
// all that start so.
struct windows_service {
    const char *name;
    enum log_service service;
};

// The first row that fits, ASCII case folded; LOG_SERVICE_NONE: none does.
enum log_service windows_service_find(const struct windows_service *rows, size_t count,
                                      struct slice name);

// Of a channel's full name ("Microsoft-Windows-Sysmon/Operational").
enum log_service windows_channel_service(struct slice channel);

#endif
