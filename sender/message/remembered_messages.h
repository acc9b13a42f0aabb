// What each endpoint of a small fleet said last. A heartbeat says the same as the one before, but
// for its times and its ordinal: to copy it and to put these into their places takes half the time
// of putting it together, as long as all that is remembered stays in the processor's second cache.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "sender/base/packed_text.h"
#include "sender/message/put.h"
#include "sender/scenario/event.h"

namespace esm {

class RememberedMessages {
 public:
  static constexpr std::size_t kClocksMax = 4;

  // All about it but its text.
  struct Message {
    Message() = default;
    Message(std::uint32_t user_named, std::uint32_t day_said) : user(user_named), day(day_said) {}
    // It has one, which stands there.
    void set_ordinal(std::uint32_t number, std::uint16_t offset);

    // Whether it is what the event says, but for clocks and ordinal.
    bool is_of(const Event& event, std::uint32_t today) const {
      return user == event.user && day == today && event.ordinal >= first_ordinal &&
             event.ordinal <= last_ordinal;
    }

    std::uint32_t user = 0;
    std::uint32_t day = 0;  // which of the clocks', from 1; 0: nothing is remembered
    std::uint16_t length = 0;
    std::uint16_t ordinal_at = 0;     // offset into the text
    std::uint8_t ordinal_digits = 0;  // 0: it has none
    std::array<std::uint16_t, kClocksMax> clocks_at{};
    // It is the same with the ordinals from the first of as many digits to the last; without one,
    // with all.
    std::uint32_t first_ordinal = 0, last_ordinal = UINT32_MAX;
    std::uint32_t ordinal = 0;       // the last that was said
    std::uint64_t ordinal_text = 0;  // of up to eight digits, packed
  };

  // Whether messages of up to `room` bytes of so many endpoints are few enough to be remembered.
  static bool fit(std::size_t endpoints, std::size_t room) {
    return room <= UINT16_MAX && endpoints * room <= kBytesMax;
  }

  // `room`: with kPutRoom bytes behind the longest message.
  RememberedMessages(std::size_t endpoints, std::size_t room)
      : room_(room), messages_(endpoints), texts_(endpoints * room) {}

  Message& of(std::uint32_t endpoint) { return messages_[endpoint]; }

  void remember(std::uint32_t endpoint, const Message& message, std::string_view text) {
    messages_[endpoint] = message;
    messages_[endpoint].length = static_cast<std::uint16_t>(text.size());
    std::copy(text.begin(), text.end(), texts_.data() + endpoint * room_);
  }

  // Its text, with this ordinal; clocks as they were. `out` has kPutRoom bytes more than it needs.
  void put(std::uint32_t endpoint, std::uint32_t ordinal, char* out) {
    Message& message = messages_[endpoint];
    const char* const text = texts_.data() + endpoint * room_;
    put_blocks(out, text, message.length);
    if (message.ordinal_digits > 0) put_ordinal(ordinal, message, text, out);
  }

 private:
  static constexpr std::size_t kBytesMax = std::size_t{512} * 1024;

  // Nearly always it is the next one, and nothing but its last digit is another.
  static void put_ordinal(std::uint32_t ordinal, Message& message, const char* text, char* out) {
    const std::size_t digits = message.ordinal_digits;
    if (digits > 8) {
      put_number(out + message.ordinal_at, ordinal);
      return;
    }
    const std::size_t last = 8 * (digits - 1);
    if (ordinal == message.ordinal + 1 && (message.ordinal_text >> last & 0xFF) != '9') {
      message.ordinal_text += std::uint64_t{1} << last;
    } else {
      message.ordinal_text = digits_of(ordinal, message.ordinal_digits).packed;
    }
    message.ordinal = ordinal;
    // Eight bytes, of which those behind the digits are put right again.
    char* const behind = out + message.ordinal_at + digits;
    store_packed(out + message.ordinal_at, message.ordinal_text);
    std::memcpy(behind, text + message.ordinal_at + digits, 8);
  }

  std::size_t room_;
  std::vector<Message> messages_;
  std::vector<char> texts_;
};

inline void RememberedMessages::Message::set_ordinal(std::uint32_t number, std::uint16_t offset) {
  const int digits = decimal_digits(number);
  std::uint64_t first = 1;
  for (int i = 1; i < digits; ++i) first *= 10;
  ordinal_at = offset;
  ordinal_digits = static_cast<std::uint8_t>(digits);
  first_ordinal = digits == 1 ? 0 : static_cast<std::uint32_t>(first);
  last_ordinal = static_cast<std::uint32_t>(std::min<std::uint64_t>(first * 10 - 1, UINT32_MAX));
  ordinal = number;
  if (digits <= 8) ordinal_text = digits_of(number, digits).packed;
}

}  // namespace esm
