// JSON lines of many shippers
// SPDX-License-Identifier: Apache-2.0
#include "decode/decode.h"

const struct decoder decoder_json_lines;
