// Accounts of the drill's organisation
// SPDX-License-Identifier: Apache-2.0
#ifndef DRILL_ORGANISATION_PEOPLE_H
#define DRILL_ORGANISATION_PEOPLE_H

#include "drill/organisation.h"

// Part of organisation_new: a person a workstation and administrator's host, service accounts of
// each company, a computer account of each Windows host.
enum status organisation_add_people(struct organisation *organisation, struct problem *problem);

#endif
