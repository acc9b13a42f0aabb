#include "sender/message/clock_face.h"

namespace esm {

ClockFace::ClockFace(const ClockText& items) : items_(items) {
  std::size_t length = 0;
  for (const TimeFormat::Item& item : items) {
    length += TimeFormat::length_max(item);
    switch (item.part) {
      case TimeFormat::Part::kHour:
        add_hand(item, &HandsText::hour);
        break;
      case TimeFormat::Part::kMinute:
        add_hand(item, &HandsText::minute);
        break;
      case TimeFormat::Part::kSecond:
        add_hand(item, &HandsText::second);
        break;
      case TimeFormat::Part::kEpoch:
        stays_in_place_ = false;
        break;
      default:
        break;
    }
  }
  text_.resize(length + kPutRoom);
  together_.reserve(hands_.size());
  alone_.reserve(hands_.size());
}

void ClockFace::write(const CivilTime& civil, UtcTime second) {
  char* end = text_.data();
  auto hand = hands_.begin();
  for (const TimeFormat::Item& item : items_) {
    if (hand != hands_.end() && hand->item == &item) {
      hand->offset = static_cast<std::size_t>(end - text_.data());
      ++hand;
    }
    end = TimeFormat::write(item, civil, second, end);
  }
  length_ = static_cast<std::size_t>(end - text_.data());
  group_hands();
}

// Whether the hands from this one on stand as HandsText::all() says them, as they do in nearly
// every form.
bool ClockFace::are_together(std::size_t first) const {
  if (first + 3 > hands_.size()) return false;
  constexpr TwoDigits HandsText::*kOrder[] = {&HandsText::hour, &HandsText::minute,
                                              &HandsText::second};
  const std::size_t begin = hands_[first].offset;
  for (std::size_t i = 0; i < 3; ++i) {
    const Hand& hand = hands_[first + i];
    if (hand.text != kOrder[i] || hand.offset != begin + 3 * i) return false;
    if (i > 0 && text_[hand.offset - 1] != ':') return false;
  }
  return true;
}

void ClockFace::group_hands() {
  together_.clear();
  alone_.clear();
  for (std::size_t i = 0; i < hands_.size();) {
    if (are_together(i)) {
      together_.push_back(hands_[i].offset);
      i += 3;
    } else {
      alone_.push_back(hands_[i++]);
    }
  }
}

void ClockFace::add_hand(const TimeFormat::Item& item, TwoDigits HandsText::*text) {
  hands_.push_back({&item, text, 0});
  stays_in_place_ = stays_in_place_ && item.width == 2;
}

}  // namespace esm
