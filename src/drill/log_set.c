// Which file a record goes to
// SPDX-License-Identifier: Apache-2.0
#include "drill/log_set.h"

#include "base/buffer.h"
#include "base/durable_file.h"
#include "base/memory.h"
#include "drill/evtx_truth.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum {
    CHANNELS_MAX = 64,
    PATH_SIZE_MAX = 4096,
    TRUTH_BUFFER_SIZE = 1 << 20,
    TRUTH_LINE_MAX = 1 << 18
};

struct log_set {
    const struct drill_logs_options *options;
    const struct evtx_catalogue *catalogue;
    const char *channels[CHANNELS_MAX];
    uint8_t *channel_of_type;
    size_t channel_count;
    struct evtx_writer *writers[CHANNELS_MAX]; // of the host at hand; [0] when there is one file
    uint64_t *counters;                        // a host and channel; only with one file
    char host[64];
    FILE *truth;
    struct buffer truth_lines;
    struct drill_logs_result result;
};

static uint8_t find_channel(struct log_set *set, const char *channel) {
    for (size_t i = 0; i < set->channel_count; i++)
        if (strcmp(set->channels[i], channel) == 0)
            return (uint8_t)i;
    assert(set->channel_count < CHANNELS_MAX);
    set->channels[set->channel_count] = channel;
    return (uint8_t)set->channel_count++;
}

enum status log_set_new(const struct drill_logs_options *options,
                        const struct evtx_catalogue *catalogue, size_t type_count,
                        struct log_set **ret_set, struct problem *problem) {
    FILE *truth = NULL;
    if (options->truth && !(truth = fopen(options->truth, "wbe")))
        return problem_set_errno(problem, "create %s", options->truth);
    struct log_set *set = memory_new(1, sizeof *set);
    set->options = options;
    set->catalogue = catalogue;
    set->truth = truth;
    buffer_init(&set->truth_lines, TRUTH_BUFFER_SIZE + TRUTH_LINE_MAX);
    set->channel_of_type = memory_new(type_count, sizeof *set->channel_of_type);
    for (size_t i = 0; i < type_count; i++)
        set->channel_of_type[i] = find_channel(set, evtx_catalogue_type(catalogue, i)->channel);
    enum status status = STATUS_OK;
    if (options->single) {
        set->counters = memory_new(options->hosts * set->channel_count, sizeof *set->counters);
        status =
            evtx_writer_open(catalogue, options->single, options->hosts, &set->writers[0], problem);
    }
    if (status != STATUS_OK) {
        log_set_close(set, NULL, NULL);
        return status;
    }
    *ret_set = set;
    return STATUS_OK;
}

enum status log_set_begin_host(struct log_set *set, const char *name, struct problem *problem) {
    char path[PATH_SIZE_MAX];
    snprintf(set->host, sizeof set->host, "%s", name);
    set->result.hosts++;
    if (set->options->single)
        return STATUS_OK;
    snprintf(path, sizeof path, "%s/%s/C/Windows/System32/winevt/Logs", set->options->directory,
             name);
    return durable_directory_make(path, 0755, problem);
}

static enum status close_writer(struct log_set *set, size_t channel, struct problem *problem) {
    struct evtx_writer *writer = set->writers[channel];
    if (!writer)
        return STATUS_OK;
    set->writers[channel] = NULL;
    uint64_t records = evtx_writer_records(writer), bytes = evtx_writer_bytes(writer);
    enum status status = evtx_writer_close(writer, problem);
    set->result.files++;
    set->result.records += records;
    set->result.bytes += bytes;
    return status;
}

enum status log_set_end_host(struct log_set *set, struct problem *problem) {
    enum status status = STATUS_OK;
    for (size_t i = 0; i < set->channel_count && !set->options->single; i++) {
        enum status closed = close_writer(set, i, status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? closed : status;
    }
    return status;
}

// "Microsoft-Windows-Sysmon/Operational" is kept in Microsoft-Windows-Sysmon%4Operational.evtx.
static void name_file(const struct log_set *set, const char *channel, char path[PATH_SIZE_MAX]) {
    int size = snprintf(path, PATH_SIZE_MAX, "%s/C/Windows/System32/winevt/Logs/", set->host);
    size_t at = (size_t)size;
    for (; *channel && at < PATH_SIZE_MAX - 8; channel++) {
        if (*channel == '/') {
            path[at++] = '%';
            path[at++] = '4';
        } else
            path[at++] = *channel;
    }
    memcpy(path + at, ".evtx", 6);
}

static enum status open_writer(struct log_set *set, size_t channel, struct problem *problem) {
    char name[PATH_SIZE_MAX], path[2 * PATH_SIZE_MAX];
    name_file(set, set->channels[channel], name);
    snprintf(path, sizeof path, "%s/%s", set->options->directory, name);
    return evtx_writer_open(set->catalogue, path, 1, &set->writers[channel], problem);
}

static enum status flush_truth(struct log_set *set, struct problem *problem) {
    struct buffer *lines = &set->truth_lines;
    assert(!lines->failed);
    size_t written = lines->size ? fwrite(lines->data, 1, lines->size, set->truth) : 0;
    if (written != lines->size)
        return problem_set_errno(problem, "write %s", set->options->truth);
    buffer_reset(lines);
    return STATUS_OK;
}

static enum status tell_truth(struct log_set *set, const struct evtx_record *record, size_t channel,
                              uint64_t number, struct problem *problem) {
    char name[PATH_SIZE_MAX];
    const char *slash = NULL;
    if (set->options->single)
        slash = strrchr(set->options->single, '/');
    else
        name_file(set, set->channels[channel], name);
    const char *file = !set->options->single ? name : slash ? slash + 1 : set->options->single;
    evtx_truth_append(&set->truth_lines, file, number, record);
    return set->truth_lines.size < TRUTH_BUFFER_SIZE ? STATUS_OK : flush_truth(set, problem);
}

enum status log_set_append(struct log_set *set, struct evtx_record *record,
                           struct problem *problem) {
    size_t channel = set->channel_of_type[record->type];
    size_t file = set->options->single ? 0 : channel;
    enum status status = STATUS_OK;
    if (!set->writers[file])
        status = open_writer(set, channel, problem);
    if (set->counters)
        record->event_id =
            ++set->counters[evtx_host_number(record->host) * set->channel_count + channel];
    if (status == STATUS_OK)
        status = evtx_writer_append(set->writers[file], record, problem);
    if (status == STATUS_OK && set->truth)
        status = tell_truth(set, record, channel, evtx_writer_records(set->writers[file]), problem);
    return status;
}

enum status log_set_close(struct log_set *set, struct drill_logs_result *ret_result,
                          struct problem *problem) {
    if (!set)
        return STATUS_OK;
    enum status status = STATUS_OK;
    for (size_t i = 0; i < set->channel_count; i++) {
        enum status closed = close_writer(set, i, status == STATUS_OK ? problem : NULL);
        status = status == STATUS_OK ? closed : status;
    }
    if (set->truth && status == STATUS_OK)
        status = flush_truth(set, problem);
    if (set->truth && fclose(set->truth) != 0 && status == STATUS_OK)
        status = problem_set_errno(problem, "close %s", set->options->truth);
    if (status == STATUS_OK && ret_result)
        *ret_result = set->result;
    buffer_done(&set->truth_lines);
    memory_free(set->channel_of_type);
    memory_free(set->counters);
    memory_free(set);
    return status;
}
