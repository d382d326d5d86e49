// What settling needs of a relater
// SPDX-License-Identifier: Apache-2.0
#ifndef RELATE_RELATER_H
#define RELATE_RELATER_H

#include "relate/relate.h"
#include "relate/relation_table.h"
#include "relate/row_plan.h"

// Give up all relations: records of a sorter that the caller owns, not yet finished. Only
// relater_free may follow.
enum status relater_drain(struct relater *relater, struct sorter **ret_sorter,
                          struct problem *problem);

const char *relater_directory(const struct relater *relater);

#endif
