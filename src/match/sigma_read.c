// From one rule file, or archive of them, to documents
// SPDX-License-Identifier: Apache-2.0
#include "match/sigma_parts.h"

#include "base/memory.h"
#include "base/unpack.h"

#include <fcntl.h>
#include <unistd.h>

enum {
    KEPT_BYTES_MAX = 1 << 30,
    SCRATCH_BYTES_MAX = 256 << 20,
    ARCHIVE_BYTES_MAX = 512 << 20,
};

void sigma_worker_init(struct sigma_worker *worker, const struct sigma_placeholders *placeholders) {
    *worker = (struct sigma_worker){.placeholders = placeholders};
    arena_init(&worker->kept, KEPT_BYTES_MAX);
    arena_init(&worker->scratch, SCRATCH_BYTES_MAX);
}

void sigma_worker_done(struct sigma_worker *worker) {
    arena_done(&worker->scratch);
    memory_free(worker->bytes);
    worker->bytes = NULL;
}

static void input_refuse(struct sigma_worker *worker, struct sigma_input *input,
                         const struct sigma_reader *reader, const struct problem *problem) {
    struct sigma_note *note = arena_new(&worker->kept, 1, sizeof *note);
    if (!note)
        return; // the ceiling is reached, and a note before said so
    note->complaint = (struct rule_complaint){
        .file = reader->file,
        .line = (uint32_t)(problem->unit == PROBLEM_LINE ? problem->at : 0),
        .rule_id = reader->rule_id,
        .refused = true,
        .text = arena_keep(&worker->kept, slice_of_string(problem->text)),
    };
    if (input->notes.last)
        input->notes.last->next = note;
    else
        input->notes.first = note;
    input->notes.last = note;
}

// Where in the file a refusal belongs that only says what, not where.
static struct problem problem_at(const struct problem *problem, uint32_t line) {
    struct problem placed = *problem;
    placed.unit = PROBLEM_LINE;
    placed.at = line;
    return placed;
}

void sigma_text_read(struct sigma_worker *worker, struct sigma_input *input, struct slice file,
                     struct slice text) {
    struct problem problem = {.text = ""};
    struct sigma_reader reader = {.arena = &worker->kept,
                                  .placeholders = worker->placeholders,
                                  .problem = &problem,
                                  .notes = &input->notes,
                                  .file = file};
    const struct yaml_node *root = NULL;
    const struct sigma_reader fresh = reader;
    arena_reset(&worker->scratch);
    if (yaml_read(text, &worker->scratch, &root, &problem)) {
        input_refuse(worker, input, &reader, &problem);
        return;
    }
    for (; root; root = root->next) {
        struct sigma_document *document = NULL;
        if (yaml_is_null(root))
            continue; // nothing between two "---"
        reader = fresh;
        reader.bytes_before = worker->kept.used_bytes;
        problem = (struct problem){.unit = PROBLEM_LINE, .at = root->line, .text = ""};
        if (sigma_document_read(&reader, root, &document)) {
            if (problem.unit != PROBLEM_LINE)
                problem = problem_at(&problem, root->line);
            input_refuse(worker, input, &reader, &problem);
            continue;
        }
        if (input->last)
            input->last->next = document;
        else
            input->documents = document;
        input->last = document;
    }
}

static void worker_reserve(struct sigma_worker *worker, size_t size) {
    if (worker->capacity >= size)
        return;
    worker->capacity = size < 256 * 1024 ? 256 * 1024 : size;
    memory_free(worker->bytes);
    worker->bytes = memory_resize(NULL, worker->capacity, 1);
}

static void file_refuse(struct sigma_worker *worker, struct sigma_input *input, struct slice file,
                        const struct problem *problem) {
    struct sigma_reader reader = {.file = file};
    input_refuse(worker, input, &reader, problem);
}

// One more byte than allowed is asked for, so that what is too large shows.
static enum status entry_read(struct sigma_worker *worker, struct unpacker *unpacker,
                              size_t *ret_size, struct problem *problem) {
    size_t size = 0, part = 1;
    worker_reserve(worker, SIGMA_FILE_BYTES_MAX + 1);
    while (part && size <= SIGMA_FILE_BYTES_MAX) {
        enum status status = unpacker_read(unpacker, worker->bytes + size,
                                           SIGMA_FILE_BYTES_MAX + 1 - size, &part, problem);
        if (status)
            return status;
        size += part;
    }
    if (size > SIGMA_FILE_BYTES_MAX)
        return problem_set(problem, STATUS_LIMIT, "larger than %d bytes", SIGMA_FILE_BYTES_MAX);
    *ret_size = size;
    return STATUS_OK;
}

static struct slice entry_file(struct sigma_worker *worker, const struct sigma_input *input,
                               struct slice name) {
    struct slice path = input->file.path;
    uint8_t *text = arena_new(&worker->kept, path.size + name.size + 2, 1);
    if (!text)
        return path;
    memcpy(text, path.data, path.size);
    text[path.size] = '!';
    if (name.size)
        memcpy(text + path.size + 1, name.data, name.size);
    return slice_of(text, path.size + 1 + name.size);
}

// rules.zip gives its *.yml and *.yaml; rule.yml.gz is one file.
static enum status archive_entries_read(struct sigma_worker *worker, struct sigma_input *input,
                                        struct unpacker *unpacker, struct problem *problem) {
    for (;;) {
        struct unpack_entry entry;
        bool more = false;
        enum status status = unpacker_next(unpacker, &entry, &more, problem);
        if (status || !more)
            return status;
        bool alone = slice_equal_string(entry.name, "data");
        if (!alone && !slice_ends(entry.name, SLICE(".yml")) &&
            !slice_ends(entry.name, SLICE(".yaml")))
            continue;
        struct slice file = alone ? input->file.path : entry_file(worker, input, entry.name);
        size_t size = 0;
        status = entry_read(worker, unpacker, &size, problem);
        if (status == STATUS_OK)
            sigma_text_read(worker, input, file, slice_of(worker->bytes, size));
        else
            file_refuse(worker, input, file, problem);
    }
}

static void archive_read_all(struct sigma_worker *worker, struct sigma_input *input) {
    static const struct unpack_limits limits = {.bytes_max = ARCHIVE_BYTES_MAX,
                                                .entries_max = SIGMA_FILES_MAX};
    struct problem problem = {.text = ""};
    struct unpacker *unpacker = NULL;
    enum status status =
        unpacker_new_path((const char *)input->file.path.data, &limits, &unpacker, &problem);
    if (!status)
        status = archive_entries_read(worker, input, unpacker, &problem);
    if (status)
        file_refuse(worker, input, input->file.path, &problem);
    unpacker_free(unpacker);
}

static enum status file_bytes(struct sigma_worker *worker, const struct sigma_input *input,
                              size_t *ret_size, struct problem *problem) {
    const char *path = (const char *)input->file.path.data;
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return problem_set_errno(problem, "open");
    size_t wanted = input->file.size < SIGMA_FILE_BYTES_MAX ? (size_t)input->file.size + 1
                                                            : SIGMA_FILE_BYTES_MAX + 1;
    size_t size = 0;
    ssize_t part = 1;
    worker_reserve(worker, wanted);
    while (part > 0 && size < wanted) {
        part = read(fd, worker->bytes + size, wanted - size);
        size += part > 0 ? (size_t)part : 0;
    }
    enum status status = part < 0 ? problem_set_errno(problem, "read") : STATUS_OK;
    close(fd);
    if (!status)
        *ret_size = size;
    return status;
}

void sigma_input_read(struct sigma_worker *worker, struct sigma_input *input) {
    struct problem problem = {.text = ""};
    size_t size = 0;
    if (file_bytes(worker, input, &size, &problem)) {
        file_refuse(worker, input, input->file.path, &problem);
        return;
    }
    struct slice text = slice_of(worker->bytes, size);
    if (unpack_recognise(slice_part(text, 0, 512))) {
        archive_read_all(worker, input);
        return;
    }
    if (size > SIGMA_FILE_BYTES_MAX) {
        problem_set(&problem, STATUS_LIMIT, "larger than %d bytes", SIGMA_FILE_BYTES_MAX);
        file_refuse(worker, input, input->file.path, &problem);
        return;
    }
    sigma_text_read(worker, input, input->file.path, text);
}
