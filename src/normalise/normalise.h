// Door of the room: one vocabulary for all formats
// SPDX-License-Identifier: Apache-2.0
#ifndef NORMALISE_NORMALISE_H
#define NORMALISE_NORMALISE_H

#include "base/buffer.h"
#include "model/event.h"
#include "model/event_class.h"

// Knows the classes one worker has met. Not thread-safe: one per worker.
struct normaliser;

struct normaliser *normaliser_new(void);
void normaliser_free(struct normaliser *normaliser);

// Set event->event_class, worked out at first sight of (shape, provider, channel, event id).
// Classes are capped (65,536, and 12 MiB of them); beyond that a class of their own is made for
// each record in a scratch place, valid until the next call, with id UINT32_MAX. Shapes are
// told apart by address: the normaliser must not outlive the decoder states it has served.
void normaliser_classify(struct normaliser *normaliser, struct event *event);

// The canonical form: one JSON object of nested ECS names ("@timestamp", "event.code",
// "host.name", "process.command_line", "winlog.event_data.X" for what ECS has no name for).
// Appends the object without a line end. The event must be classified.
void normalise_append_ecs(const struct event *event, struct buffer *buffer);

// ECS name of a field as rules call it in a class, dotted; static text or NULL when ECS has
// none. For findings' matched fields.
const char *normalise_ecs_name(const struct event_class *event_class, struct slice name);

#endif
