// Where programs that collect hand over what they have
// SPDX-License-Identifier: Apache-2.0
#ifndef DETECT_IMPLANT_GATHERING_H
#define DETECT_IMPLANT_GATHERING_H

#include "detect/detection.h"
#include "detect/implant_book.h"

// A program that removes itself and searched for files has no business with a server inside: the
// one place to which several hosts' such programs connect from then on is where they hand over what
// they have, whatever it is to everybody else. No such place are relays that all programs go
// through, directories, what gives packages out (that is a fetch), and who is one of many that the
// program tries. One finding for each sender, `source` being the place.
//
// `rule` is the judgement's index. Nothing is read when no program removes itself.
enum status implant_gathering_judge(const struct implant_book *book, uint32_t rule,
                                    const struct detection_sink *sink, struct problem *problem);

#endif
