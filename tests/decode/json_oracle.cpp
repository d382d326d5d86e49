// Leaves of a JSON line as simdjson reads them
// SPDX-License-Identifier: Apache-2.0
#include "json_oracle.h"

#include <simdjson.h>

#include <string>

using namespace simdjson;

namespace {

struct reader {
    oracle_leaf_seen *seen;
    void *context;
    std::string path;

    void give(char kind, std::string_view value) {
        oracle_leaf leaf = {path.data(), path.size(), value.data(), value.size(), kind};
        seen(context, &leaf);
    }

    static std::string_view trim(std::string_view text) {
        size_t end = text.find_last_not_of(" \t\r\n");
        return text.substr(0, end + 1);
    }

    void leaf(ondemand::value value) {
        switch (value.type()) {
        case ondemand::json_type::string:
            give('s', value.get_string());
            break;
        case ondemand::json_type::number:
            give('n', trim(value.raw_json_token()));
            break;
        case ondemand::json_type::boolean:
            give('b', trim(value.raw_json_token()));
            break;
        case ondemand::json_type::null:
            give('0', trim(value.raw_json_token()));
            break;
        case ondemand::json_type::array:
            give('r', std::string_view(to_json_string(value)));
            break;
        default:
            break;
        }
    }

    void object(ondemand::object object, bool top) {
        size_t above = path.size();
        size_t count = 0;
        for (auto item : object) {
            ondemand::field field;
            if (auto error = std::move(item).get(field))
                throw simdjson_error(error);
            count++;
            std::string_view key = field.unescaped_key();
            if (above)
                path += '.';
            path += key;
            ondemand::value value = field.value();
            if (value.type() == ondemand::json_type::object)
                this->object(value.get_object(), false);
            else
                leaf(value);
            path.resize(above);
        }
        if (!count && !top)
            give('r', "{}");
    }
};

} // namespace

bool oracle_read_line(const char *line, size_t size, oracle_leaf_seen *seen, void *context) {
    ondemand::parser parser;
    padded_string padded(line, size);
    reader reader{seen, context, {}};
    try {
        ondemand::document document = parser.iterate(padded);
        reader.object(document.get_object(), true);
        return true;
    } catch (const simdjson_error &) {
        return false;
    }
}
