// Any bytes as YARA rules, and as what they look at
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_path.h"
#include "understood.h"

#include "match/match.h"
#include "match/yara_scan.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_at_hit(void *context, const struct yara_hit *hit) {
    const struct yara_rules *rules = context;
    assert(hit->rule < yara_rules_count(rules) && hit->match_count <= YARA_MATCHES_MAX);
    assert(hit->match_total >= hit->match_count && hit->meta_count <= YARA_METAS_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_path file;
    struct yara_rules *rules;
    fuzz_path_init(&file, data, size);
    const char *const paths[] = {file.path};
    if (yara_rules_new(paths, 1, &rules, NULL) == STATUS_OK) {
        struct yara_sink sink = {rules, look_at_hit};
        struct slice bytes = slice_of(data, size);
        struct unit unit = {.fd = -1, .bytes = bytes, .size = size, .path = SLICE("a/b.aspx")};
        struct yara_scanner *scanner = yara_scanner_new(rules);
        if (yara_rules_count(rules))
            fuzz_understood();
        for (size_t i = 0; i < yara_rules_count(rules); i++)
            assert(yara_rules_rule(rules, i)->id.size);
        yara_scan_file(scanner, &unit, &sink);
        yara_scan_log(scanner, bytes, &sink);
        yara_scanner_free(scanner);
        yara_rules_free(rules);
    }
    fuzz_path_done(&file);
    return 0;
}
