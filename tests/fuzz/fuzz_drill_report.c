// Any bytes as a report, and as a drill's truth
// SPDX-License-Identifier: Apache-2.0
#include "fuzz_path.h"
#include "understood.h"

#include "drill/check_json.h"
#include "drill/check_names.h"
#include "drill/check_side.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef enum status check_read(struct check_document *document, struct check_names *names,
                               struct check_side *side);

// What is refused is refused in words.
static void read_one(const char *path, check_read *read) {
    struct check_document document;
    struct check_names names;
    struct check_side side = {0};
    struct problem problem = {0};
    check_names_init(&names);
    enum status status = check_document_open(&document, path, &problem);
    if (status == STATUS_OK)
        status = read(&document, &names, &side);
    if (status == STATUS_OK)
        fuzz_understood();
    else
        assert(problem.text[0]);
    check_side_done(&side);
    check_names_done(&names);
    check_document_done(&document);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_path file;
    fuzz_path_init(&file, data, size);
    read_one(file.path, check_read_report);
    read_one(file.path, check_read_truth);
    fuzz_path_done(&file);
    return 0;
}
