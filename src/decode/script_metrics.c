// How unlike ordinary text a script is
// SPDX-License-Identifier: Apache-2.0
#include "decode/script_metrics.h"

#include "base/text.h"

#include <math.h>

void byte_counts_add(struct byte_counts *counts, struct slice bytes) {
    size_t i = 0;
    for (; i + 4 <= bytes.size; i += 4)
        for (size_t k = 0; k < 4; k++)
            counts->counts[k][bytes.data[i + k]]++;
    for (; i < bytes.size; i++)
        counts->counts[0][bytes.data[i]]++;
}

static uint64_t byte_count(const struct byte_counts *counts, size_t byte) {
    return counts->counts[0][byte] + counts->counts[1][byte] + counts->counts[2][byte] +
           counts->counts[3][byte];
}

static uint64_t byte_counts_total(const struct byte_counts *counts) {
    uint64_t total = 0;
    for (size_t byte = 0; byte < 256; byte++)
        total += byte_count(counts, byte);
    return total;
}

double byte_counts_entropy(const struct byte_counts *counts) {
    double total = (double)byte_counts_total(counts), entropy = 0;
    for (size_t byte = 0; byte < 256; byte++) {
        uint64_t count = byte_count(counts, byte);
        double share = count ? (double)count / total : 1;
        entropy -= share * log2(share);
    }
    return entropy > 0 ? entropy : 0;
}

double byte_counts_coincidence(const struct byte_counts *counts) {
    double total = (double)byte_counts_total(counts), pairs = 0;
    if (total < 2)
        return 0;
    for (size_t byte = 0; byte < 256; byte++) {
        double count = (double)byte_count(counts, byte);
        pairs += count * (count - 1);
    }
    return pairs / (total * (total - 1));
}

void script_meter_init(struct script_meter *meter) {
    *meter = (struct script_meter){.deflate = deflate_measure_new()};
}

void script_meter_done(struct script_meter *meter) {
    deflate_measure_free(meter->deflate);
}

void script_meter_begin(struct script_meter *meter) {
    struct deflate_measure *deflate = meter->deflate;
    *meter = (struct script_meter){.deflate = deflate};
    deflate_measure_begin(deflate);
}

static bool is_white(uint8_t byte) {
    return byte == ' ' || (byte >= '\t' && byte <= '\r');
}

void script_meter_add(struct script_meter *meter, struct slice bytes) {
    byte_counts_add(&meter->counts, bytes);
    deflate_measure_add(meter->deflate, bytes);
    meter->size += bytes.size;
    for (size_t i = 0; i < bytes.size; i++) {
        meter->token = is_white(bytes.data[i]) ? 0 : meter->token + 1;
        if (meter->token > meter->token_longest)
            meter->token_longest = meter->token;
    }
}

void script_meter_end(struct script_meter *meter, struct script_metrics *ret_metrics) {
    double size = (double)meter->size;
    uint64_t compressed = deflate_measure_end(meter->deflate);
    *ret_metrics = (struct script_metrics){
        .entropy = byte_counts_entropy(&meter->counts),
        .coincidence = byte_counts_coincidence(&meter->counts),
        .token_bytes = meter->token_longest,
        .compressed = size > 0 ? (double)compressed / size : 1,
    };
}

static bool ending_is(struct slice ending, const char *const *endings, size_t count) {
    for (size_t i = 0; i < count; i++)
        if (text_equal_fold_ascii(ending, slice_of_string(endings[i])))
            return true;
    return false;
}

// ".aspx" of a path; empty when its last part has no dot.
static struct slice path_ending(struct slice path) {
    for (size_t i = path.size; i > 0 && path.size - i < 12; i--) {
        uint8_t byte = path.data[i - 1];
        if (byte == '.')
            return slice_part(path, i - 1, SIZE_MAX);
        if (byte == '/' || byte == '\\' || byte == '!')
            break;
    }
    return (struct slice){0};
}

bool script_recognise(struct slice first, struct slice path, bool *ret_page) {
    static const char *const pages[] = {
        ".asp",  ".aspx",  ".ashx", ".asmx", ".ascx",  ".asax",   ".cer",   ".asa",  ".jsp",
        ".jspx", ".jspf",  ".jsw",  ".jsv",  ".jhtml", ".php",    ".php3",  ".php4", ".php5",
        ".php7", ".phtml", ".phar", ".cfm",  ".cfc",   ".cshtml", ".vbhtml"};
    static const char *const scripts[] = {".js",  ".mjs", ".vbs",  ".vbe", ".jse",  ".wsf", ".wsh",
                                          ".hta", ".ps1", ".psm1", ".bat", ".cmd",  ".sh",  ".py",
                                          ".pl",  ".rb",  ".inc",  ".htm", ".html", ".cgi"};
    struct slice ending = path_ending(path);
    *ret_page = ending_is(ending, pages, ARRAY_SIZE(pages));
    return *ret_page || ending_is(ending, scripts, ARRAY_SIZE(scripts)) ||
           slice_starts(first, SLICE("<%")) || slice_starts(first, SLICE("<?php")) ||
           slice_starts(first, SLICE("#!"));
}
