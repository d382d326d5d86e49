// How fast events meet all the rules
// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"
#include "decode/decode.h"
#include "match/evaluate.h"
#include "normalise/normalise.h"

#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    RULE_PATHS_MAX = 16
};

struct scan {
    struct normaliser *normaliser;
    struct matcher *matcher;
    const struct ruleset *ruleset;
    unsigned long long *rule_hits; // by rule
    unsigned long long records, hits, processes, process_tried;
    bool classify, match;
};

static void scan_event(void *context, struct event *event) {
    struct scan *scan = context;
    scan->records++;
    if (!scan->classify || !event->shape->format)
        return;
    normaliser_classify(scan->normaliser, event);
    if (!scan->match)
        return;
    const uint32_t *rules;
    uint64_t tried = scan->matcher->tried_count;
    size_t count = matcher_match(scan->matcher, event, &rules);
    if (log_source_fits(&event->event_class->log_source,
                        &(struct log_source_wanted){.category = LOG_CATEGORY_PROCESS_CREATION})) {
        scan->processes++;
        scan->process_tried += scan->matcher->tried_count - tried;
    }
    scan->hits += count;
    for (size_t i = 0; i < count; i++)
        scan->rule_hits[rules[i]]++;
}

static void scan_gap(void *context, const struct gap *gap) {
    (void)context;
    (void)gap;
}

static double cpu_seconds(void) {
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static double scan_file(struct scan *scan, const char *path) {
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    struct stat state;
    if (fd < 0 || fstat(fd, &state) != 0) {
        perror(path);
        exit(4);
    }
    struct unit unit = {.fd = fd, .size = (uint64_t)state.st_size};
    size_t decoder_count;
    const struct decoder *decoder = decode_list(&decoder_count)[0];
    struct event_sink sink = {scan, scan_event, scan_gap};
    double before = cpu_seconds();
    void *reader = decoder->new_state(&(struct decode_options){0});
    decoder->decode(reader, &unit, &sink, NULL);
    double seconds = cpu_seconds() - before;
    decoder->free_state(reader);
    close(fd);
    return seconds;
}

static void scan_report(struct scan *scan, const char *path, const char *what) {
    scan->normaliser = normaliser_new();
    scan->matcher = matcher_new(scan->ruleset);
    scan->records = scan->hits = 0;
    double seconds = scan_file(scan, path);
    printf("%-10s %9llu records %8llu hits %8.3f CPU s %6.0f ns a record\n", what, scan->records,
           scan->hits, seconds, seconds * 1e9 / (double)(scan->records | 1));
    if (scan->match)
        printf("%llu process creations, %.2f rules tried for each; %.2f for any record\n",
               scan->processes, (double)scan->process_tried / (double)(scan->processes | 1),
               (double)scan->matcher->tried_count / (double)(scan->records | 1));
    matcher_free(scan->matcher);
    normaliser_free(scan->normaliser);
}

static struct ruleset *start(const struct ruleset_options *options) {
    struct ruleset *ruleset;
    struct problem problem;
    int64_t before = clock_now_monotonic();
    double cpu_before = cpu_seconds();
    if (ruleset_new(options, &ruleset, &problem)) {
        fprintf(stderr, "%s\n", problem.text);
        exit(4);
    }
    printf("%-10s %9zu rules  %8zu complaints %6.1f ms, %.1f ms CPU\n",
           ruleset_is_from_image(ruleset) ? "image" : "cold", ruleset_count(ruleset),
           ruleset_complaint_count(ruleset), (double)(clock_now_monotonic() - before) / 1e6,
           (cpu_seconds() - cpu_before) * 1e3);
    return ruleset;
}

// usage: bench_match [-c CACHE] [-r RULES]... [-v] FILE
int main(int count, char **arguments) {
    const char *paths[RULE_PATHS_MAX];
    struct ruleset_options options = {.paths = paths, .threads = 2};
    bool verbose = false;
    for (int letter; (letter = getopt(count, arguments, "c:r:v")) != -1;) {
        if (letter == 'c')
            options.cache_directory = optarg;
        else if (letter == 'r' && options.path_count < RULE_PATHS_MAX)
            paths[options.path_count++] = optarg;
        else if (letter == 'v')
            verbose = true;
    }
    if (optind + 1 != count) {
        fprintf(stderr, "usage: bench_match [-c CACHE] [-r RULES]... [-v] FILE\n");
        return 2;
    }
    struct ruleset *ruleset = start(&options);
    if (options.cache_directory) {
        ruleset_free(ruleset);
        ruleset = start(&options);
    }
    struct scan scan = {.ruleset = ruleset};
    scan.rule_hits = calloc(ruleset_count(ruleset) + 1, sizeof *scan.rule_hits);
    scan_report(&scan, arguments[optind], "decode");
    scan.classify = true;
    scan_report(&scan, arguments[optind], "+classify");
    scan.match = true;
    scan_report(&scan, arguments[optind], "+match");
    for (size_t i = 0; i < ruleset_count(ruleset) && verbose; i++)
        if (scan.rule_hits[i])
            printf("%8llu %.*s %.*s\n", scan.rule_hits[i], (int)ruleset_rule(ruleset, i)->id.size,
                   (const char *)ruleset_rule(ruleset, i)->id.data,
                   (int)ruleset_rule(ruleset, i)->title.size,
                   (const char *)ruleset_rule(ruleset, i)->title.data);
    free(scan.rule_hits);
    ruleset_free(ruleset);
    return 0;
}
