// The text of one run of a template's program that changes with the second, rewritten no more than
// that: once a day, and its hands each second.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sender/base/packed_text.h"
#include "sender/base/time.h"
#include "sender/message/program.h"
#include "sender/message/put.h"
#include "sender/message/time_format.h"

namespace esm {

// The first in the lowest byte, as store_packed() takes them.
using TwoDigits = std::uint16_t;

constexpr std::array<TwoDigits, 60> make_two_digits() {
  std::array<TwoDigits, 60> texts{};
  for (unsigned i = 0; i < texts.size(); ++i) {
    texts[i] = static_cast<TwoDigits>(('0' + i / 10) | ('0' + i % 10) << 8);
  }
  return texts;
}
inline constexpr std::array<TwoDigits, 60> kTwoDigits = make_two_digits();

// What a clock shows of a moment.
struct HandsText {
  TwoDigits hour{}, minute{}, second{};

  // In place: to copy six bytes that were just written by two at a time costs a wait for them.
  void set(std::uint32_t second_of_day) {
    const std::uint32_t minute_of_day = second_of_day / 60;
    hour = kTwoDigits[minute_of_day / 60];
    minute = kTwoDigits[minute_of_day % 60];
    second = kTwoDigits[second_of_day % 60];
  }
  // "hour:minute:second"
  std::uint64_t all() const {
    constexpr std::uint64_t kColons = std::uint64_t{':'} << 16 | std::uint64_t{':'} << 40;
    return hour | kColons | std::uint64_t{minute} << 24 | std::uint64_t{second} << 48;
  }
};

class ClockFace {
 public:
  // `items` must outlive it.
  explicit ClockFace(const ClockText& items);

  // Within a day every part keeps its length: nothing but the hands changes.
  bool stays_in_place() const { return stays_in_place_; }

  // All of it, for a moment within `second`.
  void write(const CivilTime& civil, UtcTime second);

  char* put(char* out) const { return put_blocks(out, text_.data(), length_); }

  // To copy bytes that were just written two at a time costs a wait for them. So the hands of a new
  // second go into the message itself, and into the text once that second is seen to be asked for
  // again.
  char* put(const HandsText& now, char* out) const {
    char* const end = put(out);
    set(now, out);
    return end;
  }
  void turn(const HandsText& now) { set(now, text_.data()); }
  // In a message in which this clock stands at `text`, of the same day.
  void set(const HandsText& now, char* text) const {
    if (!stays_in_place_) return;
    for (const std::size_t offset : together_) store_packed(text + offset, now.all());
    for (const Hand& hand : alone_) store_packed(text + hand.offset, now.*hand.text);
  }

 private:
  struct Hand {
    const TimeFormat::Item* item = nullptr;
    TwoDigits HandsText::*text = nullptr;
    std::size_t offset = 0;
  };

  bool are_together(std::size_t first) const;
  void group_hands();
  void add_hand(const TimeFormat::Item& item, TwoDigits HandsText::*text);

  const ClockText& items_;
  std::vector<Hand> hands_;
  std::vector<std::size_t> together_;  // offsets of "hour:minute:second"
  std::vector<Hand> alone_;            // the other hands
  bool stays_in_place_ = true;
  std::string text_;
  std::size_t length_ = 0;
};

}  // namespace esm
