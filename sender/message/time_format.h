// How a moment is written: the letters of Java's SimpleDateFormat (which is what LEEF's
// devTimeFormat names), or one of the words `epoch`, `epoch-ms`, `rfc3339`. As clocks show it at
// the distance from UTC that a CivilTime has.
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
  // (+0000) X XX XXX (+01, +0100, +01:00; Z where it is UTC); other letters are refused, 'text' is
  // literal, '' a quote, everything else stands for itself. Two extensions: `_d` is a day padded
  // with a space, as RFC 3164 has it, and
  // `_X` a distance from UTC that is never written Z (+00:00).
  static std::optional<TimeFormat> compile(std::string_view text, Wrong& wrong);

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
    kFraction,  // the one part that changes within a second
    kEpoch,     // seconds since 1970
    kZone,      // the distance from UTC; width: Zone
  };
  // How a distance from UTC is written.
  enum Zone : int {
    kHours = 1,    // +01, Z
    kBasic,        // +0100, Z
    kExtended,     // +01:00, Z
    kRfc822,       // +0100, +0000
    kAlwaysColon,  // +01:00, +00:00
  };
  struct Item {
    Part part = Part::kLiteral;
    int width = 0;  // digits at least; of a fraction: exactly
    std::string literal;
  };
  const std::vector<Item>& items() const { return items_; }

  static std::size_t length_max(const Item& item);
  // Writes at most length_max(item) bytes; returns the end. `time` is the moment of `civil`, not
  // before 1970.
  static char* write(const Item& item, const CivilTime& civil, UtcTime time, char* out);

  // The whole of it.
  std::size_t length_max() const;
  char* write(UtcTime time, char* out,
              std::chrono::minutes utc_offset = std::chrono::minutes{0}) const;

 private:
  std::vector<Item> items_;
};

// What `devTimeFormat` must say for receivers to read such a time; empty for the epochs, which need
// none.
std::string_view java_format_of(std::string_view format);

}  // namespace esm
