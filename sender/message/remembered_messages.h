// What each endpoint of a small fleet said last. A heartbeat says the same as the one before, but
// for its times and its ordinal: to copy it and to put these into their places takes half the time
// of putting it together, as long as all that is remembered stays in the processor's second cache.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace esm {

class RememberedMessages {
 public:
  static constexpr std::size_t kClocksMax = 4;

  struct Message {
    std::uint32_t user = 0;
    std::uint32_t day = 0;  // which of the renderer's, from 1; 0: nothing is remembered
    std::uint16_t length = 0;
    std::uint16_t ordinal_at = 0;     // offset into the text
    std::uint8_t ordinal_digits = 0;  // 0: it has none
    // It is the same with the ordinals from the first of as many digits to the last; without one,
    // with all.
    std::uint32_t first_ordinal = 0, last_ordinal = UINT32_MAX;
    std::array<std::uint16_t, kClocksMax> clocks_at{};
    std::uint32_t ordinal = 0;       // the last that was said
    std::uint64_t ordinal_text = 0;  // of up to eight digits, packed
  };

  // Whether messages of up to `room` bytes of so many endpoints are few enough to be remembered.
  static bool fit(std::size_t endpoints, std::size_t room) {
    return room <= UINT16_MAX && endpoints * room <= kBytesMax;
  }

  RememberedMessages(std::size_t endpoints, std::size_t room)
      : room_(room), messages_(endpoints), texts_(endpoints * room) {}

  Message& of(std::uint32_t endpoint) { return messages_[endpoint]; }
  char* text_of(std::uint32_t endpoint) { return texts_.data() + endpoint * room_; }

 private:
  static constexpr std::size_t kBytesMax = std::size_t{512} * 1024;

  std::size_t room_;
  std::vector<Message> messages_;
  std::vector<char> texts_;
};

}  // namespace esm
