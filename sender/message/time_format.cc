#include "sender/message/time_format.h"

#include <algorithm>
#include <array>
#include <cstring>

#include <fmt/format.h>

namespace esm {
namespace {

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_number(char* out, std::uint64_t number, int width) {
  char digits[20];
  int count = 0;
  do {
    digits[count++] = static_cast<char>('0' + number % 10);
    number /= 10;
  } while (number != 0);
  for (int i = count; i < width; ++i) *out++ = '0';
  while (count > 0) *out++ = digits[--count];
  return out;
}

}  // namespace

std::optional<TimeFormat> TimeFormat::compile(std::string_view text, Wrong& wrong) {
  TimeFormat format;
  const auto add = [&](Part part, int width, std::size_t length_max) {
    format.items_.push_back({part, width, {}});
    format.length_max_ += length_max;
  };
  const auto add_literal = [&](std::string_view literal) {
    if (format.items_.empty() || format.items_.back().part != Part::kLiteral) {
      add(Part::kLiteral, 0, 0);
    }
    format.items_.back().literal += literal;
    format.length_max_ += literal.size();
  };
  if (text.empty()) {
    wrong = {
        0, 1, "a time needs a format",
        "for instance {event.time:MMM dd yyyy HH:mm:ss}, {event.time:rfc3339}, {event.time:epoch}"};
    return std::nullopt;
  }
  if (text == "epoch") {
    add(Part::kEpoch, 0, 20);
    return format;
  }
  if (text == "epoch-ms") {
    add(Part::kEpochMs, 0, 20);
    format.has_fractions_ = true;
    return format;
  }
  if (text == "rfc3339") text = "yyyy-MM-dd'T'HH:mm:ss.SSSX";

  for (std::size_t i = 0; i < text.size();) {
    const char c = text[i];
    if (c == '\'') {
      const std::size_t close = text.find('\'', i + 1);
      if (close == std::string_view::npos) {
        wrong = {i, 1, "this quote is not closed", "literal text stands between two quotes: 'T'"};
        return std::nullopt;
      }
      add_literal(close == i + 1 ? "'" : text.substr(i + 1, close - i - 1));
      i = close + 1;
      continue;
    }
    if (text.substr(i, 2) == "_d") {
      add(Part::kDaySpaced, 2, 2);
      i += 2;
      continue;
    }
    if (!is_letter(c)) {
      add_literal(text.substr(i, 1));
      ++i;
      continue;
    }
    std::size_t run = 1;
    while (i + run < text.size() && text[i + run] == c) ++run;
    const int width = static_cast<int>(std::min<std::size_t>(run, 2));
    bool known = true;
    switch (c) {
      case 'y':
        known = run == 2 || run == 4;
        add(run == 2 ? Part::kYear2 : Part::kYear4, 0, 4);
        break;
      case 'M':
        known = run <= 4;
        add(run == 4 ? Part::kMonthName : run == 3 ? Part::kMonthShort : Part::kMonth, width, 9);
        break;
      case 'd':
        known = run <= 2;
        add(Part::kDay, width, 2);
        break;
      case 'E':
        known = run == 3 || run == 4;
        add(run == 4 ? Part::kWeekdayName : Part::kWeekdayShort, 0, 9);
        break;
      case 'H':
        known = run <= 2;
        add(Part::kHour, width, 2);
        break;
      case 'm':
        known = run <= 2;
        add(Part::kMinute, width, 2);
        break;
      case 's':
        known = run <= 2;
        add(Part::kSecond, width, 2);
        break;
      case 'S':
        known = run <= 9;
        add(Part::kFraction, static_cast<int>(run), run);
        format.has_fractions_ = true;
        break;
      case 'Z':
        known = run == 1;
        add_literal("+0000");
        break;
      case 'X':
        known = run <= 3;
        add_literal("Z");
        break;
      default:
        known = false;
        break;
    }
    if (!known) {
      wrong = {
          i, run, fmt::format("'{}' is not a part of a time", text.substr(i, run)),
          "known: yyyy yy MMMM MMM MM dd EEE HH mm ss SSS Z X; literal letters in quotes: 'T'"};
      return std::nullopt;
    }
    i += run;
  }
  if (format.length_max_ > kTextMax) {
    wrong = {0, text.size(), "this time's format is too long", "at most 128 bytes of text"};
    return std::nullopt;
  }
  return format;
}

char* TimeFormat::write(UtcTime time, char* out) const {
  const CivilTime t = civil_time(time);
  for (const Item& item : items_) {
    switch (item.part) {
      case Part::kLiteral:
        out = put(out, item.literal);
        break;
      case Part::kYear4:
        out = put_number(out, static_cast<std::uint64_t>(t.year), 4);
        break;
      case Part::kYear2:
        out = put_number(out, static_cast<std::uint64_t>(t.year % 100), 2);
        break;
      case Part::kMonthName:
        out = put(out, kMonths[t.month - 1]);
        break;
      case Part::kMonthShort:
        out = put(out, kMonths[t.month - 1].substr(0, 3));
        break;
      case Part::kMonth:
        out = put_number(out, t.month, item.width);
        break;
      case Part::kDay:
        out = put_number(out, t.day, item.width);
        break;
      case Part::kDaySpaced:
        if (t.day < 10) *out++ = ' ';
        out = put_number(out, t.day, 1);
        break;
      case Part::kWeekdayName:
        out = put(out, kDays[t.weekday]);
        break;
      case Part::kWeekdayShort:
        out = put(out, kDays[t.weekday].substr(0, 3));
        break;
      case Part::kHour:
        out = put_number(out, t.hour, item.width);
        break;
      case Part::kMinute:
        out = put_number(out, t.minute, item.width);
        break;
      case Part::kSecond:
        out = put_number(out, t.second, item.width);
        break;
      case Part::kFraction: {
        std::uint32_t value = t.nanosecond;
        for (int i = item.width; i < 9; ++i) value /= 10;
        out = put_number(out, value, item.width);
        break;
      }
      case Part::kEpoch:
        out = put_number(
            out, static_cast<std::uint64_t>(time.time_since_epoch().count()) / 1'000'000'000, 1);
        break;
      case Part::kEpochMs:
        out = put_number(
            out, static_cast<std::uint64_t>(time.time_since_epoch().count()) / 1'000'000, 1);
        break;
    }
  }
  return out;
}

}  // namespace esm
