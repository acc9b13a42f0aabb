#include "sender/mapping/mapping_json.h"

#include <string>

#include <boost/json/array.hpp>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/object.hpp>
#include <boost/json/parser.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_from.hpp>
#include <fmt/format.h>

#include "sender/base/text_check.h"
#include "sender/base/units.h"
#include "sender/mapping/table_fields.h"

namespace esm {
namespace {

namespace json = boost::json;

constexpr int kSchemaVersion = 2;
constexpr const char* kHint =
    "a list of objects with ip and user, or what `truth --format json` writes";

// JSON is UTF-8; what a message said need not be.
std::string readable(const std::string& user) {
  return find_invalid_utf8(user) == std::string_view::npos ? user : escape_for_display(user);
}

json::object entry_of(const Mapping& mapping, UtcTime epoch) {
  const std::string ends = end_text(epoch, mapping.expires);
  return {{"ip", mapping.address.to_string()},
          {"user", readable(mapping.user)},
          {"since", format_rfc3339(epoch + mapping.since)},
          {"expires", ends.empty() ? json::value() : json::value(ends)},
          {"contested_with", json::value_from(rivals_of(mapping))}};
}

class JsonTable {
 public:
  JsonTable(const SourceText& source, TableRows& rows, Diagnostics& diagnostics)
      : source_(source), rows_(rows), diagnostics_(diagnostics) {}

  std::optional<SimTime> read() {
    const json::value root = parse();
    if (failed_) return std::nullopt;
    if (const json::array* list = root.if_array()) {
      read_list("", *list);
      return at_;
    }
    const json::value* tables = root.get_object().if_contains("tables");
    const json::value* mappings = root.get_object().if_contains("mappings");
    if (mappings != nullptr) {
      read_table("", root.get_object());
    } else if (tables == nullptr || !tables->is_array()) {
      error("", "there is no member 'tables' and no 'mappings'", kHint);
    } else if (tables->get_array().size() != 1) {
      error("tables", fmt::format("it holds {} tables", tables->get_array().size()),
            "compare one table of one moment at a time");
    } else if (!tables->get_array()[0].is_object()) {
      error("tables[0]", "it is no object", kHint);
    } else {
      read_table("tables[0].", tables->get_array()[0].get_object());
    }
    return at_;
  }

 private:
  json::value parse() {
    const std::string& text = source_.text();
    const std::size_t skipped = byte_order_mark(text);
    json::parse_options options;
    options.max_depth = 16;
    json::parser parser({}, options);
    boost::system::error_code problem;
    const std::size_t consumed =
        skipped + parser.write_some(text.data() + skipped, text.size() - skipped, problem);
    if (!problem && text.find_first_not_of(" \t\r\n", consumed) != std::string::npos) {
      problem = json::error::extra_data;
    }
    if (problem) {
      failed_ = true;
      const bool ended = problem == json::error::incomplete;
      diagnostics_.error(
          source_.place(ended ? text.size() : consumed),
          fmt::format("this is not JSON: {}", ended ? "it ends too early" : problem.message()),
          kHint);
      return {};
    }
    json::value root = parser.release();
    if (!root.is_array() && !root.is_object()) {
      failed_ = true;
      error("", "it is neither a list nor an object", kHint);
    }
    return root;
  }

  void read_table(const std::string& path, const json::object& table) {
    if (const json::value* at = table.if_contains("at"); at != nullptr && at->is_string()) {
      TableRow row;
      const std::string problem = set_field(row, at_, "at", at->get_string());
      if (!problem.empty()) error(path + "at", problem, {});
    }
    const json::value* mappings = table.if_contains("mappings");
    if (mappings == nullptr || !mappings->is_array()) {
      error(path + "mappings", "there is no such list", kHint);
      return;
    }
    read_list(path + "mappings", mappings->get_array());
  }

  void read_list(const std::string& path, const json::array& list) {
    for (std::size_t i = 0; i < list.size(); ++i) {
      const std::string here = fmt::format("{}[{}]", path, i);
      if (!list[i].is_object()) {
        error(here, "it is no object", kHint);
      } else {
        read_row(here, list[i].get_object());
      }
    }
  }

  void read_row(const std::string& path, const json::object& object) {
    TableRow row;
    row.place = {source_.name(), 0, 0, 1};
    bool has_ip = false;
    std::optional<SimTime> at;
    for (const auto& [key, value] : object) {
      std::string text;
      if (value.is_string()) {
        text = value.get_string();
      } else if (value.is_int64() || value.is_uint64()) {
        text = json::serialize(value);
      } else {
        continue;  // null, and what is none of ours
      }
      has_ip = has_ip || same_word(key, "ip");
      const std::string problem = set_field(row, at, key, text);
      if (problem.empty()) continue;
      error(path + "." + std::string(key), problem, {});
      return;
    }
    if (at && at_ && *at != *at_) {
      error(path + ".at",
            fmt::format("rows of two moments: {} here, {} above", format_duration(*at),
                        format_duration(*at_)),
            "compare one table of one moment at a time");
      return;
    }
    if (at) at_ = at;
    if (const std::string lacks = lacking(row, has_ip); !lacks.empty()) {
      error(path, fmt::format("there is no '{}'", lacks), kHint);
      return;
    }
    rows_.add(std::move(row));
  }

  void error(const std::string& path, const std::string& problem, std::string hint) {
    diagnostics_.error({source_.name(), 0, 0, 1}, path.empty() ? problem : path + ": " + problem,
                       std::move(hint));
  }

  const SourceText& source_;
  TableRows& rows_;
  Diagnostics& diagnostics_;
  bool failed_ = false;
  std::optional<SimTime> at_;
};

}  // namespace

std::string mapping_json_head() {
  return fmt::format("{{\"schema_version\":{},\"tables\":[", kSchemaVersion);
}

std::string mapping_json(const TruthAt& table, UtcTime epoch) {
  std::string out = fmt::format("\n{{\"at\":\"{}\",\"time\":\"{}\",\"mappings\":[",
                                format_duration(table.at), format_rfc3339(epoch + table.at));
  for (const Mapping& m : table.mappings) {
    json::object entry = entry_of(m, epoch);
    entry["may_be_absent"] = m.may_be_absent;
    out += (&m == &table.mappings.front() ? "\n" : ",\n") + json::serialize(entry);
  }
  out += "],\"may_remain\":[";
  for (const Mapping& m : table.may_remain) {
    out += (&m == &table.may_remain.front() ? "\n" : ",\n") + json::serialize(entry_of(m, epoch));
  }
  return out + "]}";
}

std::string mapping_json_tail() { return "\n]}\n"; }

std::optional<SimTime> read_mapping_json(const SourceText& source, TableRows& rows,
                                         Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  return JsonTable(source, rows, diagnostics).read();
}

}  // namespace esm
