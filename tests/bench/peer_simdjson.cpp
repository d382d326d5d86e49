// The peer of bench_json: simdjson on demand
// SPDX-License-Identifier: Apache-2.0
#include <simdjson.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>

// usage: peer_simdjson FILE [TIMES [lines]]
// The same work as bench_json: all leaves of all records, keys and values as raw views, an array
// as one value. Documents as a stream (simdjson's fastest way), or line by line.
using namespace simdjson;

namespace {

struct totals {
    uint64_t records = 0;
    uint64_t values = 0;
    uint64_t bytes = 0;
};

void walk(ondemand::object object, totals &sum) {
    for (auto item : object) {
        ondemand::field field;
        if (std::move(item).get(field))
            std::exit(4);
        // Where the key is counts as read: ours compares it too.
        sum.bytes += field.key().raw() != nullptr;
        ondemand::value value = field.value();
        switch (value.type()) {
        case ondemand::json_type::object:
            walk(value.get_object(), sum);
            break;
        case ondemand::json_type::array:
            sum.bytes += std::string_view(to_json_string(value)).size();
            sum.values++;
            break;
        default:
            sum.bytes += value.raw_json_token().size();
            sum.values++;
        }
    }
}

void read_stream(ondemand::parser &parser, const padded_string &file, totals &sum) {
    ondemand::document_stream stream;
    if (parser.iterate_many(file.data(), file.size(), 1 << 20).get(stream))
        std::exit(4);
    for (auto document : stream) {
        walk(document.get_object(), sum);
        sum.records++;
    }
}

void read_lines(ondemand::parser &parser, const padded_string &file, totals &sum) {
    const char *at = file.data(), *end = at + file.size();
    while (at < end) {
        const char *stop = static_cast<const char *>(memchr(at, '\n', size_t(end - at)));
        if (!stop)
            stop = end;
        if (stop > at) {
            ondemand::document document =
                parser.iterate(at, size_t(stop - at), size_t(end - at) + SIMDJSON_PADDING);
            walk(document.get_object(), sum);
            sum.records++;
        }
        at = stop + 1;
    }
}

} // namespace

int main(int count, char **words) {
    if (count < 2) {
        std::fputs("usage: peer_simdjson FILE [TIMES [lines]]\n", stderr);
        return 2;
    }
    padded_string file = padded_string::load(words[1]);
    long times = count > 2 ? std::strtol(words[2], nullptr, 10) : 20;
    ondemand::parser parser;
    parser.threaded = false;
    totals sum;
    auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < times; i++)
        (count > 3 ? read_lines : read_stream)(parser, file, sum);
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::printf("%llu records, %llu values: %.0f MB/s, %.0f ns a record (%s)\n",
                (unsigned long long)sum.records, (unsigned long long)sum.values,
                double(file.size()) * double(times) / seconds / 1e6,
                seconds * 1e9 / double(sum.records), get_active_implementation()->name().c_str());
    return 0;
}
