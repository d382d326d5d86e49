// The campaigns of a scan, told and written
// SPDX-License-Identifier: Apache-2.0
#include "app/scan_story.h"

#include "correlate/correlate.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

enum status scan_story_open(struct scan_story *story, const char *path, struct problem *problem) {
    *story = (struct scan_story){.path = path};
    if (!path)
        return STATUS_OK;
    int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
    story->to = fd < 0 ? NULL : fdopen(fd, "w");
    return story->to ? STATUS_OK : problem_set_errno(problem, "open %s", path);
}

static struct slice story_path(const void *context, uint32_t source) {
    return pipeline_source_path(context, source);
}

static struct report_input story_input(const struct scan_story *story,
                                       const struct source_names *names,
                                       const struct pipeline_run *run) {
    struct report_input input = {
        .reconstruction = story->made,
        .cited = &story->cited,
        .names = names,
        .coverage = story->coverage,
    };
    input.gaps = pipeline_gaps(run, &input.gap_count);
    return input;
}

enum status scan_story_tell(struct scan_story *story, struct pipeline_run *run, struct buffer *text,
                            struct problem *problem) {
    enum status status = pipeline_reconstruct(run, NULL, 0, &story->made, problem);
    if (status != STATUS_OK)
        return status;
    cited_init(&story->cited, story->made);
    status = pipeline_coverage(run, story->made, &story->coverage, problem);
    if (status != STATUS_OK || !story->to)
        return status;
    struct source_names names = {run, story_path};
    struct report_input input = story_input(story, &names, run);
    report_append_campaigns(text, &input);
    bool written = !text->failed && ftruncate(fileno(story->to), 0) == 0 &&
                   fwrite(text->data, 1, text->size, story->to) == text->size &&
                   fflush(story->to) == 0;
    buffer_reset(text);
    return written ? STATUS_OK : problem_set_errno(problem, "write %s", story->path);
}

void scan_story_show(const struct scan_story *story, const struct pipeline_run *run,
                     struct buffer *to) {
    if (!story->made)
        return;
    struct source_names names = {run, story_path};
    struct report_input input = story_input(story, &names, run);
    report_append_screen(to, &input);
    report_append_missing(to, story->coverage);
}

void scan_story_done(struct scan_story *story) {
    evidence_coverage_free(story->coverage);
    reconstruction_free(story->made);
    cited_done(&story->cited);
    if (story->to)
        fclose(story->to);
    *story = (struct scan_story){0};
}
