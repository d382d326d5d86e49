// How far bytes can be pressed together; gzip undone
// SPDX-License-Identifier: Apache-2.0
#ifndef BASE_DEFLATE_H
#define BASE_DEFLATE_H

#include "base/slice.h"
#include "base/status.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Counts what zlib (RFC 1950, its default level) would make of bytes that come in pieces; what
// comes out is thrown away. One measure after the other. Not thread-safe.
struct deflate_measure;
struct deflate_measure *deflate_measure_new(void);
void deflate_measure_free(struct deflate_measure *measure);
void deflate_measure_begin(struct deflate_measure *measure);
void deflate_measure_add(struct deflate_measure *measure, struct slice bytes);
// The compressed size in bytes; ends the measure.
uint64_t deflate_measure_end(struct deflate_measure *measure);

// Undoes gzip (RFC 1952), members behind one another too. Of a stream that is damaged or cut off
// all comes out that stands before the damage. What is no member behind the last one is left out,
// as gzip itself does.
struct gunzip;

// Where compressed bytes come from: up to `size` of them; *ret_size = 0 at the end.
typedef enum status gunzip_source(void *context, void *to, size_t size, size_t *ret_size,
                                  struct problem *problem);
struct gunzip *gunzip_new(gunzip_source *source, void *context);
void gunzip_free(struct gunzip *gunzip);
// Up to `size` bytes; *ret_size = 0 at the end. STATUS_FORMAT, when nothing is left before it, for
// damage; or whatever the source gives.
enum status gunzip_read(struct gunzip *gunzip, void *to, size_t size, size_t *ret_size,
                        struct problem *problem);
// Whether that damage is that the stream ends too early.
bool gunzip_is_cut(const struct gunzip *gunzip);
// The name that the first member's header gives its file, in whatever code page; empty: none.
struct slice gunzip_name(const struct gunzip *gunzip);
// Compressed bytes that were taken.
uint64_t gunzip_taken(const struct gunzip *gunzip);

#endif
