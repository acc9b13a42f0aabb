// Names as directories really have them, and as parse profiles trip over: a word is put in front of
// the names of some of a group's members, `o'` in front of user00042. The words are a committed
// list, and no word has a digit in it: so no two names of a group become the same.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace esm {

struct Awkward {
  enum class Kind : std::uint8_t { kDots, kHyphens, kApostrophes, kSpaces, kAccents, kLong };
  static constexpr std::size_t kKinds = 6;
  // Parts per million of the members with a word of each kind; at most the whole together.
  std::array<std::uint32_t, kKinds> shares{};

  bool any() const { return shares != std::array<std::uint32_t, kKinds>{}; }
};

// All words, by kind.
std::span<const std::string_view> awkward_words();

// Which word member `index` of the group has (its position in awkward_words() plus 1); 0: none. The
// seed has no part in it: steps speak of people by name, whatever the seed.
std::uint32_t awkward_word_of(const Awkward& awkward, std::uint64_t group_hash,
                              std::uint32_t index);

}  // namespace esm
