// How a moment is written: the letters of Java's SimpleDateFormat (which is what LEEF's
// devTimeFormat names), or one of the words `epoch`, `epoch-ms`, `rfc3339`. UTC throughout.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/time.h"

namespace esm {

class TimeFormat {
 public:
  // Or what is wrong with it, and where.
  struct Wrong {
    std::size_t offset = 0;
    std::size_t length = 1;
    std::string problem;
    std::string hint;
  };
  // yyyy yy MMMM MMM MM M dd d EEEE EEE HH H mm m ss s S SS SSS (fractions of a second, up to 9) Z
  // (+0000) X (Z); other letters are refused, 'text' is literal, '' a quote, everything else stands
  // for itself. One extension: a `_d` is a day padded with a space, as RFC 3164 has it.
  static std::optional<TimeFormat> compile(std::string_view text, Wrong& wrong);

  static constexpr std::size_t kTextMax = 128;
  // Writes at most length_max() bytes; returns the end.
  char* write(UtcTime time, char* out) const;
  std::size_t length_max() const { return length_max_; }
  // The text changes within a second.
  bool has_fractions() const { return has_fractions_; }

 private:
  enum class Part : std::uint8_t {
    kLiteral,
    kYear4,
    kYear2,
    kMonthName,
    kMonthShort,
    kMonth,
    kDay,
    kDaySpaced,
    kWeekdayName,
    kWeekdayShort,
    kHour,
    kMinute,
    kSecond,
    kFraction,
    kEpoch,
    kEpochMs,
  };
  struct Item {
    Part part = Part::kLiteral;
    int width = 0;
    std::string literal;
  };
  std::vector<Item> items_;
  std::size_t length_max_ = 0;
  bool has_fractions_ = false;
};

}  // namespace esm
