#include "sender/mapping/mapping_csv.h"

#include <algorithm>
#include <iterator>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sender/base/csv_reader.h"
#include "sender/base/csv_value.h"
#include "sender/base/units.h"
#include "sender/mapping/table_fields.h"

namespace esm {
namespace {

constexpr const char* kHint = "a header line names the columns, at least ip and user";

class CsvTable {
 public:
  CsvTable(const SourceText& source, TableRows& rows, Diagnostics& diagnostics)
      : source_(source), rows_(rows), diagnostics_(diagnostics) {}

  std::optional<SimTime> read() {
    CsvReader reader(source_.text());
    std::vector<CsvReader::Value> values;
    if (reader.next(values)) {
      for (const CsvReader::Value& value : values) names_.emplace_back(value.text);
      if (!has("ip") || !has("user")) {
        diagnostics_.error(source_.place(values.front().offset),
                           fmt::format("there is no column '{}'", has("ip") ? "user" : "ip"),
                           kHint);
        return std::nullopt;
      }
      while (reader.next(values)) read_row(values);
    }
    if (const CsvReader::Wrong* wrong = reader.wrong()) {
      diagnostics_.error(source_.place(wrong->offset), wrong->problem, wrong->hint);
    }
    return at_;
  }

 private:
  bool has(std::string_view name) const {
    return std::any_of(names_.begin(), names_.end(),
                       [&](const std::string& other) { return same_word(name, other); });
  }

  void read_row(const std::vector<CsvReader::Value>& values) {
    if (values.size() != names_.size()) {
      diagnostics_.error(
          source_.place(values.front().offset),
          fmt::format("this row has {} values, the header {}", values.size(), names_.size()),
          "values with commas in them stand in quotes");
      return;
    }
    TableRow row;
    row.place = source_.place(values.front().offset);
    std::optional<SimTime> at;
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string problem = set_field(row, at, names_[i], values[i].text);
      const Place place = source_.place(
          values[i].offset, static_cast<int>(std::max<std::size_t>(values[i].length, 1)));
      if (!problem.empty()) {
        diagnostics_.error(place, names_[i] + ": " + problem);
        return;
      }
      if (same_word(names_[i], "ip")) row.place = place;
    }
    if (at && at_ && *at != *at_) {
      diagnostics_.error(row.place,
                         fmt::format("rows of two moments: {} here, {} above", format_duration(*at),
                                     format_duration(*at_)),
                         "compare one table of one moment at a time");
      return;
    }
    if (at) at_ = at;
    if (row.user.empty()) {
      diagnostics_.error(row.place,
                         fmt::format("this row of {} has no user", row.address.to_string()));
      return;
    }
    rows_.add(std::move(row));
  }

  const SourceText& source_;
  TableRows& rows_;
  Diagnostics& diagnostics_;
  std::vector<std::string> names_;
  std::optional<SimTime> at_;
};

}  // namespace

std::string mapping_csv_header() {
  return "at,ip,user,since,expires,contested_with,may_be_absent\n";
}

std::string mapping_csv(const TruthAt& table, UtcTime epoch) {
  std::string out;
  for (const Mapping& m : table.mappings) {
    fmt::format_to(std::back_inserter(out), "{},{},{},{},{},{},{}\n", format_duration(table.at),
                   m.address.to_string(), csv_value(m.user), format_rfc3339(epoch + m.since),
                   end_text(epoch, m.expires),
                   csv_value(fmt::format("{}", fmt::join(rivals_of(m), ";"))),
                   m.may_be_absent ? "yes" : "");
  }
  return out;
}

std::optional<SimTime> read_mapping_csv(const SourceText& source, TableRows& rows,
                                        Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  return CsvTable(source, rows, diagnostics).read();
}

}  // namespace esm
