// The campaigns of a scan, told and written
// SPDX-License-Identifier: Apache-2.0
#include "app/scan_story.h"

#include "base/memory.h"
#include "correlate/correlate.h"

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// The directory of an operand, with its '/': itself when it is one. Globs are cut before their
// first wildcard.
static size_t story_directory_size(const char *path) {
    struct stat about;
    size_t size = strcspn(path, "*?[");
    if (!path[size] && stat(path, &about) == 0 && S_ISDIR(about.st_mode))
        return size; // its '/' is not written, or is the last one
    while (size > 0 && path[size - 1] != '/')
        size--;
    return size;
}

// What all operands have in common, cut after a '/'.
static void story_root(struct scan_story *story, const struct scan_story_options *options) {
    struct buffer root;
    buffer_init(&root, 1 << 20);
    for (size_t i = 0; i < options->evidence_count; i++) {
        const char *path = options->evidence[i];
        size_t size = story_directory_size(path), common = 0;
        if (i == 0) {
            buffer_append(&root, path, size);
            if (size && path[size - 1] != '/')
                buffer_append_byte(&root, '/');
            continue;
        }
        while (common < root.size && (common < size ? root.data[common] == (uint8_t)path[common]
                                                    : common == size && root.data[common] == '/'))
            common++;
        while (common > 0 && root.data[common - 1] != '/')
            common--;
        root.size = common;
    }
    story->root_size = root.size;
    story->root = memory_keep_text(root.data, root.size);
    buffer_done(&root);
}

static enum status story_refuse(const char *path, struct problem *problem) {
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
    story_root(story, options);
    if (options->report_count > SCAN_STORY_FILES_MAX)
        return problem_set(problem, STATUS_USAGE, "more than %d reports", SCAN_STORY_FILES_MAX);
    for (size_t i = 0; i < options->report_count; i++)
        if (!report_form_of_path(options->reports[i]))
            return story_refuse(options->reports[i], problem);
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

// Relative to the evidence root: a report says the same wherever the evidence was unpacked.
struct story_sources {
    const struct scan_story *story;
    const struct pipeline_run *run;
};

static struct slice story_path(const void *context, uint32_t source) {
    const struct story_sources *sources = context;
    struct slice path = pipeline_source_path(sources->run, source);
    struct slice root = slice_of(sources->story->root, sources->story->root_size);
    return root.size < path.size && slice_starts(path, root) ? slice_part(path, root.size, SIZE_MAX)
                                                             : path;
}

static struct report_input story_input(const struct scan_story *story,
                                       const struct source_names *names,
                                       const struct pipeline_run *run) {
    struct report_input input = {
        .reconstruction = story->made,
        .cited = &story->cited,
        .names = names,
        .coverage = story->coverage,
        .tlp = story->tlp,
        .tally = story->tally,
    };
    input.gaps = pipeline_gaps(run, &input.gap_count);
    return input;
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
    enum status status = pipeline_reconstruct(run, NULL, 0, &story->made, problem);
    if (status != STATUS_OK)
        return status;
    cited_init(&story->cited, story->made);
    status = pipeline_coverage(run, story->made, &story->coverage, problem);
    struct story_sources sources = {story, run};
    struct source_names names = {&sources, story_path};
    struct report_input input = story_input(story, &names, run);
    for (size_t i = 0; i < story->file_count && status == STATUS_OK; i++)
        status = story_write(&story->files[i], &input, text, problem);
    return status;
}

void scan_story_show(const struct scan_story *story, const struct pipeline_run *run,
                     struct buffer *to) {
    if (!story->made)
        return;
    struct story_sources sources = {story, run};
    struct source_names names = {&sources, story_path};
    struct report_input input = story_input(story, &names, run);
    report_append_text(to, &input);
}

void scan_story_done(struct scan_story *story) {
    evidence_coverage_free(story->coverage);
    reconstruction_free(story->made);
    cited_done(&story->cited);
    for (size_t i = 0; i < story->file_count; i++)
        fclose(story->files[i].to);
    memory_free(story->root);
    *story = (struct scan_story){0};
}
