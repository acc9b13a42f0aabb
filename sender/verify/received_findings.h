// What is wrong with received lines, in words: by a second walk through the schedule.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <string>

#include "sender/verify/expected_window.h"
#include "sender/verify/verify.h"

namespace esm {

struct StrangeLine {
  std::string text;
  std::uint64_t number = 0;  // of the line, from 1
  bool too_long = false;
};

// The texts of strays, as long as there is room.
class StrangeLines {
 public:
  void keep(StrangeLine line);
  bool has(std::uint64_t number) const { return lines_.contains(number); }
  // Forgets all whose number `wanted` does not take.
  template <typename Wanted>
  void retain(const Wanted& wanted) {
    std::erase_if(lines_, [&](const auto& item) { return !wanted(item.first); });
  }
  const std::map<std::uint64_t, StrangeLine>& lines() const { return lines_; }

 private:
  std::map<std::uint64_t, StrangeLine> lines_;
  std::size_t bytes_ = 0;
};

// Fills the rest of the verdict. `received` is read again where that is possible and needed for the
// text of a line.
void explain_received(const VerifyInput& input, const ExpectedWindow& window, StrangeLines& strange,
                      std::istream& received, std::optional<Finding> mismatch, Verdict& verdict);

}  // namespace esm
