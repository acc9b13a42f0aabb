#include "sender/scenario/curve_reader.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/csv_reader.h"
#include "sender/base/edit_distance.h"
#include "sender/base/units.h"

namespace esm {
namespace {

constexpr std::uint32_t kWhole = 1'000'000;
// A row a second of a day; more would slow down every arrival.
constexpr std::size_t kRowsMax = 86'400;
constexpr std::size_t kFileBytesMax = std::size_t{4} << 20;
constexpr std::string_view kExample = "table: { 5m: 30%, 15m: 100% }";

// A table as it grows, row by row.
class Table {
 public:
  explicit Table(Diagnostics& diagnostics) : diagnostics_(diagnostics) {}

  void add(const Place& place, SimTime offset, std::uint32_t parts_per_million) {
    last_ = place;
    if (offset == SimTime{0} && parts_per_million == 0 && points_.empty()) return;
    const CurvePoint before = points_.empty() ? CurvePoint{} : points_.back();
    if (offset <= before.offset || parts_per_million < before.parts_per_million) {
      error(place, "curve: times and shares must rise",
            "from nobody at 0s on: { 5m: 30%, 15m: 100% }");
    }
    points_.push_back({offset, parts_per_million});
  }
  void error(const Place& place, std::string problem, std::string hint) {
    ++errors_;
    diagnostics_.error(place, std::move(problem), std::move(hint));
  }
  // Nothing when something was wrong.
  std::optional<CurveTable> take() {
    if (good() && (points_.empty() || points_.back().parts_per_million != kWhole)) {
      error(last_, "curve: not all have come by the end", "the last share must be 100%");
    }
    if (!good()) return std::nullopt;
    return std::move(points_);
  }
  bool good() const { return errors_ == 0; }
  // A file that is wrong altogether is so in every line.
  bool enough() const { return errors_ >= 20; }

 private:
  Diagnostics& diagnostics_;
  CurveTable points_;
  Place last_;
  int errors_ = 0;
};

std::optional<CurveTable> read_here(const YamlNode& node, Diagnostics& diagnostics) {
  Table table(diagnostics);
  for (const YamlEntry& entry : node.entries) {
    const Parsed<std::chrono::nanoseconds> offset = parse_duration(entry.key);
    const Parsed<std::uint32_t> share = parse_percent(entry.value.text);
    if (!offset) {
      table.error(entry.place, "curve: " + offset.problem, offset.hint);
    } else if (!share) {
      table.error(entry.value.place, "curve: " + share.problem, share.hint);
    } else {
      table.add(entry.place, *offset, *share);
    }
  }
  return table.take();
}

// `time,share`: so many had come by then; or `time,count`: so many came since the row before, as
// receivers and directories count them.
class TableFile {
 public:
  TableFile(const SourceText& file, Diagnostics& diagnostics)
      : file_(file), csv_(file.text()), table_(diagnostics) {}

  std::optional<CurveTable> read() {
    std::vector<CsvReader::Value> values;
    if (csv_.next(values)) {
      read_header(values);
    } else if (csv_.wrong() == nullptr) {
      table_.error(file_.place(0, 1), "the file is empty", "its first line: time,share");
    }
    if (!table_.good()) return std::nullopt;
    while (!table_.enough() && csv_.next(values)) read_row(values);
    if (const CsvReader::Wrong* const wrong = csv_.wrong()) {
      table_.error(file_.place(wrong->offset, 1), wrong->problem, wrong->hint);
    }
    if (counts_ && table_.good()) add_counts();
    return table_.take();
  }

 private:
  struct Count {
    Place place;
    SimTime offset{};
    std::uint64_t until = 0;  // with those before
  };

  Place place(const CsvReader::Value& value) const {
    return file_.place(value.offset,
                       static_cast<int>(std::clamp<std::size_t>(value.length, 1, 99)));
  }

  void read_header(const std::vector<CsvReader::Value>& values) {
    const std::vector<std::string> known{"time", "share", "count"};
    for (std::size_t i = 0; i < values.size(); ++i) {
      const std::string name(values[i].text);
      if (std::find(known.begin(), known.end(), name) == known.end()) {
        const bool semicolons = name.find(';') != std::string::npos;
        table_.error(
            place(values[i]), fmt::format("the column '{}' is not known", name),
            semicolons
                ? "columns are separated by commas"
                : did_you_mean(name, known, "the columns are time and share, or time and count"));
      }
    }
    if (!table_.good()) return;
    counts_ = values.size() == 2 && (values[0].text == "count" || values[1].text == "count");
    time_ = values[0].text == "time" ? 0 : 1;
    if (values.size() != 2 || values[time_].text != "time" || values[1 - time_].text == "time") {
      table_.error(place(values.front()), "two columns are expected",
                   "time and share, or time and count");
    }
  }

  void read_row(const std::vector<CsvReader::Value>& values) {
    if (values.size() != 2) {
      table_.error(file_.place(values.front().offset, 1),
                   fmt::format("{} values where the first line has 2", values.size()),
                   "for instance 5m,30%");
      return;
    }
    if (++rows_ > kRowsMax) {
      table_.error(place(values.front()), fmt::format("more than {} rows", kRowsMax),
                   "one for every second of a day is the most");
      return;
    }
    const CsvReader::Value& time = values[time_];
    const CsvReader::Value& much = values[1 - time_];
    const Parsed<std::chrono::nanoseconds> offset = parse_duration(time.text);
    if (!offset) table_.error(place(time), "time: " + offset.problem, offset.hint);
    if (!counts_) {
      const Parsed<std::uint32_t> share = parse_percent(much.text);
      if (!share) table_.error(place(much), "share: " + share.problem, share.hint);
      if (offset && share) table_.add(place(time), *offset, *share);
      return;
    }
    const Parsed<std::uint64_t> count = parse_count(much.text);
    if (!count) table_.error(place(much), "count: " + count.problem, count.hint);
    if (!offset || !count) return;
    std::uint64_t until = 0;
    const std::uint64_t before = read_.empty() ? 0 : read_.back().until;
    if (__builtin_add_overflow(before, *count, &until) || until > kCountMax) {
      table_.error(place(much), "count: together that is too many",
                   fmt::format("at most {}", kCountMax));
      return;
    }
    read_.push_back({place(time), *offset, until});
  }

  void add_counts() {
    const std::uint64_t all = read_.empty() ? 0 : read_.back().until;
    if (all == 0) {
      table_.error(file_.place(0, 1), "count: nobody comes at all", "for instance 5m,120");
      return;
    }
    for (const Count& count : read_) {
      table_.add(count.place, count.offset, static_cast<std::uint32_t>(count.until * kWhole / all));
    }
  }

  static constexpr std::uint64_t kCountMax = 1'000'000'000'000;  // times a million still fits

  const SourceText& file_;
  CsvReader csv_;
  Table table_;
  bool counts_ = false;
  std::size_t time_ = 0;  // which column
  std::size_t rows_ = 0;
  std::vector<Count> read_;
};

std::optional<CurveTable> read_table(const YamlNode& table, LoadedFiles& files,
                                     Diagnostics& diagnostics) {
  if (table.is_map() && !table.entries.empty()) return read_here(table, diagnostics);
  if (!table.is_scalar() || !table.text.ends_with(".csv")) {
    diagnostics.error(table.place, "curve: times and how many have come by then are expected",
                      fmt::format("{}, or a file: table: arrivals.csv", kExample));
    return std::nullopt;
  }
  const std::optional<SourceText> file = files.load(table, "table", kFileBytesMax);
  if (!file) return std::nullopt;
  return TableFile(*file, diagnostics).read();
}

}  // namespace

bool read_curve(YamlMap& map, LoadedFiles& files, Activity& activity, Diagnostics& diagnostics) {
  map.duration("within", activity.within);
  const YamlNode* const node = map.find("curve");
  const YamlNode* const within = map.find("within");
  if (node == nullptr || !node->is_map()) {
    std::size_t curve = 1;
    map.choice("curve", {"at-once", "uniform", "normal", "poisson", "ramp", "ramp-down", "sine"},
               curve);
    activity.curve = static_cast<Curve>(curve);
    if (activity.curve == Curve::kAtOnce && activity.within.count() > 0) {
      diagnostics.error(within->place, "within: 'curve: at-once' has no window",
                        "leave one of them out");
      return false;
    }
    return true;
  }
  YamlMap shape(*node, "the curve", diagnostics);
  const YamlNode* const written =
      shape.require("table", fmt::format("how many have come by when: {}", kExample));
  shape.finish();
  if (written == nullptr) return false;
  std::optional<CurveTable> table = read_table(*written, files, diagnostics);
  if (!table) return false;
  const SimTime end = table->back().offset;
  if (within != nullptr && activity.within != end) {
    diagnostics.error(within->place,
                      fmt::format("within: the curve's table ends after {}", format_duration(end)),
                      "leave 'within' out");
    return false;
  }
  activity.curve = Curve::kTable;
  activity.curve_table = std::move(*table);
  activity.within = end;
  return true;
}

}  // namespace esm
