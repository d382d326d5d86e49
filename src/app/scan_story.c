// The campaigns of a scan, told and written
// SPDX-License-Identifier: Apache-2.0
#include "app/scan_story.h"

#include "base/memory.h"
#include "correlate/correlate.h"

#include <fcntl.h>
#include <unistd.h>

// What the operands share.
static char *story_root(const struct scan_story_options *options) {
    struct slice *directories = memory_new(options->evidence_count + 1, sizeof *directories);
    for (size_t i = 0; i < options->evidence_count; i++)
        directories[i] = slice_of_string(evidence_root_directory(options->evidence[i]));
    char *root = evidence_root(directories, options->evidence_count);
    for (size_t i = 0; i < options->evidence_count; i++)
        memory_free((void *)(uintptr_t)directories[i].data);
    memory_free(directories);
    return root;
}

void scan_story_set_root(struct scan_story *story, const struct slice *directories, size_t count) {
    memory_free(story->root);
    story->root = evidence_root(directories, count);
}

enum status scan_story_refuse(const char *path, struct problem *problem) {
    struct buffer endings;
    buffer_init(&endings, 1 << 12);
    size_t count;
    const struct report_form *forms = report_forms(&count);
    for (size_t i = 0; i < count; i++)
        buffer_append_format(&endings, "%s%s", i ? " " : "", forms[i].ending);
    enum status status = problem_set(problem, STATUS_USAGE, "%s: the endings of reports are %.*s",
                                     path, (int)endings.size, (const char *)endings.data);
    buffer_done(&endings);
    return status;
}

enum status scan_story_open(struct scan_story *story, const struct scan_story_options *options,
                            struct problem *problem) {
    *story = (struct scan_story){.tlp = options->tlp};
    story->root = story_root(options);
    if (options->report_count > SCAN_STORY_FILES_MAX)
        return problem_set(problem, STATUS_USAGE, "more than %d reports", SCAN_STORY_FILES_MAX);
    for (size_t i = 0; i < options->report_count; i++)
        if (!report_form_of_path(options->reports[i]))
            return scan_story_refuse(options->reports[i], problem);
    for (size_t i = 0; i < options->report_count; i++) {
        const char *path = options->reports[i];
        int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY, 0666);
        FILE *to = fd < 0 ? NULL : fdopen(fd, "w");
        if (!to)
            return problem_set_errno(problem, "open %s", path);
        story->files[story->file_count++] =
            (struct scan_story_file){path, to, report_form_of_path(path)};
    }
    return STATUS_OK;
}

static struct slice story_path(const void *context, uint32_t source) {
    const struct scan_story *story = context;
    return source < story->names.count ? story->names.names[source] : (struct slice){NULL, 0};
}

void scan_story_input(const struct scan_story *story, const struct pipeline_run *run,
                      struct source_names *ret_names, struct report_input *ret_input) {
    *ret_names = (struct source_names){story, story_path};
    *ret_input = (struct report_input){
        .reconstruction = story->made,
        .cited = &story->cited,
        .names = ret_names,
        .coverage = story->coverage,
        .tlp = story->tlp,
        .tally = story->tally,
        .verdicts = story->told,
        .verdict_count = story->told_count,
        .interrupted = pipeline_counts(run)->interrupted,
    };
    ret_input->gaps = pipeline_gaps(run, &ret_input->gap_count);
}

static enum status story_write(const struct scan_story_file *file, const struct report_input *input,
                               struct buffer *text, struct problem *problem) {
    buffer_reset(text);
    file->form->append(text, input);
    if (text->failed)
        return problem_set(problem, STATUS_LIMIT, "%s would be larger than %zu bytes", file->path,
                           text->ceiling);
    bool written = ftruncate(fileno(file->to), 0) == 0 &&
                   fwrite(text->data, 1, text->size, file->to) == text->size &&
                   fflush(file->to) == 0;
    buffer_reset(text);
    return written ? STATUS_OK : problem_set_errno(problem, "write %s", file->path);
}

enum status scan_story_tell(struct scan_story *story, struct pipeline_run *run, struct buffer *text,
                            struct problem *problem) {
    enum status status =
        pipeline_reconstruct(run, story->verdicts, story->verdict_count, &story->made, problem);
    if (status != STATUS_OK)
        return status;
    status = pipeline_coverage(run, story->made, &story->coverage, problem);
    cited_init(&story->cited, story->made);
    evidence_names_init(&story->names, run, story->root);
    struct source_names names;
    struct report_input input;
    scan_story_input(story, run, &names, &input);
    for (size_t i = 0; i < story->file_count && status == STATUS_OK; i++)
        status = story_write(&story->files[i], &input, text, problem);
    return status;
}

void scan_story_show(const struct scan_story *story, const struct pipeline_run *run,
                     struct buffer *to) {
    if (!story->made)
        return;
    struct source_names names;
    struct report_input input;
    scan_story_input(story, run, &names, &input);
    report_append_text(to, &input);
}

void scan_story_done(struct scan_story *story) {
    evidence_coverage_free(story->coverage);
    reconstruction_free(story->made);
    cited_done(&story->cited);
    for (size_t i = 0; i < story->file_count; i++)
        fclose(story->files[i].to);
    evidence_names_done(&story->names);
    memory_free(story->root);
    *story = (struct scan_story){0};
}
