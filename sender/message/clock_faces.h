// All clocks of a template, turned from event to event.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "sender/base/time.h"
#include "sender/message/clock_face.h"
#include "sender/message/program.h"
#include "sender/scenario/local_clock.h"

namespace esm {

class ClockFaces {
 public:
  // `epoch`: the moment of simulated time 0, not before 1970. `texts` and `local` must outlive it.
  ClockFaces(const std::vector<ClockText>& texts, const LocalClock& local, UtcTime epoch);

  // To the moment at which an event is due. They come in time order: in a busy fleet nearly all
  // fall into the second of the one before, in a small one nearly none do, and either can be
  // foretold.
  void turn(SimTime due) {
    const auto into_second = static_cast<std::uint64_t>((due - second_).count());
    if (into_second >= kSecond || change_) return turn_to_second(due);
    fraction_ = static_cast<std::uint32_t>(into_second);
    if (!turned_) return;
    for (ClockFace& face : faces_) face.turn(hands_);
    turned_ = false;
  }

  std::uint32_t fraction() const { return fraction_; }  // nanoseconds into the second
  // From 1; another one with every day that begins on these clocks.
  std::uint32_t day() const { return day_number_; }

  std::size_t size() const { return faces_.size(); }
  bool stay_in_place() const { return stay_in_place_; }

  // Clock number `which`.
  char* put(std::uint32_t which, char* out) const {
    return turned_ ? faces_[which].put(hands_, out) : faces_[which].put(out);
  }
  // Where each stands in a message of the same day, by offsets: the hands of now.
  void set(const std::uint16_t* offsets, char* message) const {
    for (const ClockFace& face : faces_) face.set(hands_, message + *offsets++);
  }

 private:
  static constexpr std::uint64_t kSecond = 1'000'000'000;

  void turn_to_second(SimTime due);
  std::int64_t begin_day(UtcTime time);
  void write(bool another_day, std::uint64_t second_of_day);

  const LocalClock& local_;
  UtcTime epoch_;
  std::vector<ClockFace> faces_;
  bool stay_in_place_ = true;
  bool change_;              // to another UTC offset, some day
  SimTime second_ = kNever;  // when it began that hands_ show
  HandsText hands_;
  bool turned_ = false;  // faces_ do not show them yet
  std::chrono::minutes utc_offset_;
  UtcTime day_;  // when it began
  std::uint32_t day_number_ = 1;
  std::uint32_t fraction_ = 0;
};

}  // namespace esm
