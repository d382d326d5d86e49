// Windows event log files
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

const struct decoder decoder_evtx;
