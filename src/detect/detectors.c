// Which detectors there are
// SPDX-License-Identifier: Apache-2.0
#include "detect/detector.h"

#define DETECTOR(name) extern const struct detector detector_##name;
#include "detect/detectors.def"
#undef DETECTOR

static const struct detector *const detectors[] = {
#define DETECTOR(name) &detector_##name,
#include "detect/detectors.def"
#undef DETECTOR
};

const struct detector *const *detector_list(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(detectors);
    return detectors;
}
