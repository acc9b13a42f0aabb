#include "sender/report/record_bound.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

// What an interval takes in the record's JSON: its line with indent, comma and line end.
std::size_t json_bytes(const FateInterval& interval) {
  constexpr std::size_t kIndent = 8, kEnd = 2;
  return kIndent + kEnd +
         fmt::formatted_size(
             R"({{"first": {}, "last": {}, "fate": "{}", "reason": "{}", "errno": {}}})",
             interval.first, interval.last, name_of(interval.fate), name_of(interval.reason),
             interval.error);
}

// The same as json_bytes() of the first n of a lane's exceptions together.
using Sums = std::vector<std::size_t>;

Sums sums_of(const LaneRecord& lane) {
  Sums sums{0};
  sums.reserve(lane.exceptions.size() + 1);
  for (const FateInterval& interval : lane.exceptions) {
    sums.push_back(sums.back() + json_bytes(interval));
  }
  return sums;
}

std::size_t json_bytes_without_exceptions(RunRecord& record) {
  std::vector<std::vector<FateInterval>> aside;
  aside.reserve(record.lanes.size());
  for (LaneRecord& lane : record.lanes) aside.push_back(std::exchange(lane.exceptions, {}));
  const std::size_t bytes = to_json(record).size();
  for (std::size_t i = 0; i < aside.size(); ++i) record.lanes[i].exceptions = std::move(aside[i]);
  return bytes;
}

}  // namespace

void bound_exceptions(RunRecord& record, std::size_t bytes_max) {
  // The line end and indent of a list that is not empty, and of the warning.
  constexpr std::size_t kOfALane = 8, kOfTheWarning = 512;
  std::vector<Sums> lanes;
  lanes.reserve(record.lanes.size());
  std::size_t all = 0, longest = 0;
  for (const LaneRecord& lane : record.lanes) {
    lanes.push_back(sums_of(lane));
    all += lanes.back().back() + kOfALane;
    longest = std::max(longest, lane.exceptions.size());
  }
  const std::size_t others = json_bytes_without_exceptions(record) + kOfTheWarning;
  if (others + all > bytes_max) {
    // How many every lane may keep.
    std::size_t fits = 0, too_many = longest;
    while (too_many - fits > 1) {
      const std::size_t middle = fits + (too_many - fits) / 2;
      std::size_t bytes = others;
      for (const Sums& sums : lanes) bytes += sums[std::min(middle, sums.size() - 1)] + kOfALane;
      (bytes <= bytes_max ? fits : too_many) = middle;
    }
    for (LaneRecord& lane : record.lanes) {
      if (lane.exceptions.size() <= fits) continue;
      lane.exceptions.resize(fits);
      lane.exceptions.shrink_to_fit();
      lane.exceptions_overflowed = true;
    }
  }
  const auto overflowed =
      std::count_if(record.lanes.begin(), record.lanes.end(),
                    [](const LaneRecord& lane) { return lane.exceptions_overflowed; });
  if (overflowed == 0) return;
  record.warnings.push_back(fmt::format(
      "the run record has no room for all exceptions of {} of its {} lanes: there every message "
      "that it does not list counts as uncertain",
      format_thousands(static_cast<std::uint64_t>(overflowed)),
      format_thousands(record.lanes.size())));
}

}  // namespace esm
