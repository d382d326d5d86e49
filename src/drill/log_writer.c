// All log writers
// SPDX-License-Identifier: Apache-2.0
#include "drill/log_writer.h"

#define LOG_WRITER(name) extern const struct log_writer log_writer_##name;
#include "drill/log_writers.def"
#undef LOG_WRITER

static const struct log_writer *const writers[] = {
#define LOG_WRITER(name) &log_writer_##name,
#include "drill/log_writers.def"
#undef LOG_WRITER
};

const struct log_writer *const *log_writer_list(size_t *ret_count) {
    *ret_count = ARRAY_SIZE(writers);
    return writers;
}
