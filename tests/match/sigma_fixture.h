// Sigma texts read for tests, trees as one line
// SPDX-License-Identifier: Apache-2.0
#ifndef TESTS_MATCH_SIGMA_FIXTURE_H
#define TESTS_MATCH_SIGMA_FIXTURE_H

#include "base/buffer.h"
#include "match/sigma.h"

// A directory of its own for each fixture; rules are read from all files put into it.
struct fixture {
    char directory[64];
    struct sigma_rules rules;
    struct buffer text; // what print_* wrote last
};

void fixture_init(struct fixture *fixture);
void fixture_done(struct fixture *fixture);
void fixture_put(struct fixture *fixture, const char *name, const char *text);
// Read everything; `options` may be NULL, its paths are set here.
void fixture_read(struct fixture *fixture, const struct ruleset_options *options);

// (a & b), (a | b), !a; F=text<*><?>, F==cased, F~regex/ims, F@address/bits, F<5, F.hour=5,
// F=$other (^ starts, $ ends, * contains), F null, F exists; keywords have no F.
const char *print_tree(struct fixture *fixture, const struct node *root);

// A rule around a detection written with four blanks before each line.
void fixture_put_detection(struct fixture *fixture, const char *detection);

#endif
