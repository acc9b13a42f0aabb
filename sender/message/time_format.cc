#include "sender/message/time_format.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstdlib>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/message/put.h"

namespace esm {
namespace {

using Part = TimeFormat::Part;

constexpr std::array<std::string_view, 12> kMonths{"January",   "February", "March",    "April",
                                                   "May",       "June",     "July",     "August",
                                                   "September", "October",  "November", "December"};
constexpr std::array<std::string_view, 7> kDays{"Sunday",   "Monday", "Tuesday", "Wednesday",
                                                "Thursday", "Friday", "Saturday"};

constexpr std::string_view kRfc3339 = "yyyy-MM-dd'T'HH:mm:ss.SSSXXX";

struct Letters {
  std::string_view text;
  Part part;
  int width;  // as of Item
};
constexpr std::array<Letters, 15> kLetters{{
    {"yyyy", Part::kYear4, 4},
    {"yy", Part::kYear2, 2},
    {"MMMM", Part::kMonthName, 0},
    {"MMM", Part::kMonthShort, 0},
    {"MM", Part::kMonth, 2},
    {"M", Part::kMonth, 1},
    {"dd", Part::kDay, 2},
    {"d", Part::kDay, 1},
    {"EEEE", Part::kWeekdayName, 0},
    {"EEE", Part::kWeekdayShort, 0},
    {"HH", Part::kHour, 2},
    {"H", Part::kHour, 1},
    {"mm", Part::kMinute, 2},
    {"m", Part::kMinute, 1},
    {"ss", Part::kSecond, 2},
}};

constexpr std::string_view kKnown =
    "known: yyyy yy MMMM MMM MM M dd d EEEE EEE HH H mm m ss s SSS Z X XXX; literal letters in "
    "quotes: "
    "'T'";

bool is_letter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// One run of a letter, or nothing if it means nothing.
std::optional<TimeFormat::Item> item_of(std::string_view run) {
  for (const Letters& letters : kLetters) {
    if (letters.text == run) return TimeFormat::Item{letters.part, letters.width, {}};
  }
  if (run == "s") return TimeFormat::Item{Part::kSecond, 1, {}};
  if (run[0] == 'S' && run.size() <= 9) {
    return TimeFormat::Item{Part::kFraction, static_cast<int>(run.size()), {}};
  }
  if (run == "Z") return TimeFormat::Item{Part::kZone, TimeFormat::kRfc822, {}};
  if (run[0] == 'X' && run.size() <= 3) {
    return TimeFormat::Item{Part::kZone, static_cast<int>(run.size()), {}};
  }
  return std::nullopt;
}

char* put_zone(char* out, std::chrono::minutes offset, TimeFormat::Zone zone) {
  if (offset.count() == 0 && zone <= TimeFormat::kExtended) {
    *out++ = 'Z';
    return out;
  }
  *out++ = offset.count() < 0 ? '-' : '+';
  const auto minutes = static_cast<std::uint32_t>(std::abs(offset.count()));
  out = put_number(out, minutes / 60, 2);
  if (zone == TimeFormat::kHours) return out;
  if (zone == TimeFormat::kExtended || zone == TimeFormat::kAlwaysColon) *out++ = ':';
  return put_number(out, minutes % 60, 2);
}

std::string hint_for(std::string_view text, std::string_view run) {
  const std::array<std::string, 3> words{"epoch", "epoch-ms", "rfc3339"};
  if (const auto word = nearest(text, words)) return fmt::format("did you mean '{}'?", *word);
  // The same letter in the other case, or as many of it as are known.
  std::vector<std::string> candidates;
  for (const Letters& letters : kLetters) {
    if (lower(letters.text[0]) == lower(run[0])) candidates.emplace_back(letters.text);
  }
  return did_you_mean(run, candidates, std::string(kKnown));
}

}  // namespace

std::optional<TimeFormat> TimeFormat::compile(std::string_view text, Wrong& wrong) {
  TimeFormat format;
  const auto add = [&](Item item) {
    if (item.part == Part::kLiteral && !format.items_.empty() &&
        format.items_.back().part == Part::kLiteral) {
      format.items_.back().literal += item.literal;
    } else {
      format.items_.push_back(std::move(item));
    }
  };
  const auto add_literal = [&](std::string_view literal) {
    add({Part::kLiteral, 0, std::string(literal)});
  };
  if (text.empty()) {
    wrong = {
        0, 1, "a time needs a format",
        "for instance {event.time:MMM dd yyyy HH:mm:ss}, {event.time:rfc3339}, {event.time:epoch}"};
    return std::nullopt;
  }
  if (text == "epoch" || text == "epoch-ms") {
    add({Part::kEpoch, 1, {}});
    if (text == "epoch-ms") add({Part::kFraction, 3, {}});
    return format;
  }
  if (text == "rfc3339") text = kRfc3339;

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
    } else if (text.substr(i, 2) == "_d" && text.substr(i, 3) != "_dd") {
      add({Part::kDaySpaced, 2, {}});
      i += 2;
    } else if (text.substr(i, 2) == "_X" && text.substr(i, 3) != "_XX") {
      add({Part::kZone, kAlwaysColon, {}});
      i += 2;
    } else if (!is_letter(c)) {
      add_literal(text.substr(i, 1));
      ++i;
    } else {
      std::size_t run = 1;
      while (i + run < text.size() && text[i + run] == c) ++run;
      std::optional<Item> item = item_of(text.substr(i, run));
      if (!item) {
        wrong = {i, run, fmt::format("'{}' is not a part of a time", text.substr(i, run)),
                 hint_for(text, text.substr(i, run))};
        return std::nullopt;
      }
      add(std::move(*item));
      i += run;
    }
  }
  return format;
}

std::size_t TimeFormat::length_max(const Item& item) {
  switch (item.part) {
    case Part::kLiteral:
      return item.literal.size();
    case Part::kYear4:
      return 4;
    case Part::kMonthName:
    case Part::kWeekdayName:
      return 9;  // September, Wednesday
    case Part::kMonthShort:
    case Part::kWeekdayShort:
      return 3;
    case Part::kFraction:
      return static_cast<std::size_t>(item.width);
    case Part::kZone:
      return 6;  // +01:00
    case Part::kEpoch:
      return 10;  // until the year 2286, which 64 bits of nanoseconds do not reach
    case Part::kYear2:
    case Part::kMonth:
    case Part::kDay:
    case Part::kDaySpaced:
    case Part::kHour:
    case Part::kMinute:
    case Part::kSecond:
      return 2;
  }
  return 0;
}

char* TimeFormat::write(const Item& item, const CivilTime& t, UtcTime time, char* out) {
  assert(time.time_since_epoch().count() >= 0);
  switch (item.part) {
    case Part::kLiteral:
      return put(out, item.literal);
    case Part::kYear4:
      return put_number(out, static_cast<std::uint32_t>(t.year), 4);
    case Part::kYear2:
      return put_number(out, static_cast<std::uint32_t>(t.year % 100), 2);
    case Part::kMonthName:
      return put(out, kMonths[t.month - 1]);
    case Part::kMonthShort:
      return put(out, kMonths[t.month - 1].substr(0, 3));
    case Part::kMonth:
      return put_number(out, t.month, item.width);
    case Part::kDay:
      return put_number(out, t.day, item.width);
    case Part::kDaySpaced:
      if (t.day < 10) *out++ = ' ';
      return put_number(out, t.day);
    case Part::kWeekdayName:
      return put(out, kDays[t.weekday]);
    case Part::kWeekdayShort:
      return put(out, kDays[t.weekday].substr(0, 3));
    case Part::kHour:
      return put_number(out, t.hour, item.width);
    case Part::kMinute:
      return put_number(out, t.minute, item.width);
    case Part::kSecond:
      return put_number(out, t.second, item.width);
    case Part::kFraction: {
      std::uint32_t value = t.nanosecond;
      for (int i = item.width; i < 9; ++i) value /= 10;
      return put_number(out, value, item.width);
    }
    case Part::kZone:
      return put_zone(out, t.utc_offset, static_cast<Zone>(item.width));
    case Part::kEpoch: {
      const auto seconds =
          static_cast<std::uint64_t>(time.time_since_epoch().count()) / 1'000'000'000;
      const auto billions = static_cast<std::uint32_t>(seconds / 1'000'000'000);
      const auto rest = static_cast<std::uint32_t>(seconds % 1'000'000'000);
      if (billions == 0) return put_number(out, rest);
      return put_number(put_number(out, billions), rest, 9);
    }
  }
  return out;
}

std::size_t TimeFormat::length_max() const {
  std::size_t length = 0;
  for (const Item& item : items_) length += length_max(item);
  return length;
}

char* TimeFormat::write(UtcTime time, char* out, std::chrono::minutes utc_offset) const {
  const CivilTime civil = civil_time(time, utc_offset);
  for (const Item& item : items_) out = write(item, civil, time, out);
  return out;
}

std::string_view java_format_of(std::string_view format) {
  if (format == "epoch" || format == "epoch-ms") return {};
  return format == "rfc3339" ? kRfc3339 : format;
}

}  // namespace esm
