#include "sender/scenario/awkward.h"

#include "sender/base/random.h"
#include "sender/scenario/share.h"

namespace esm {
namespace {

// The order is a part of the plan version, and so is the number of words of a kind.
constexpr std::size_t kWordsOfAKind = 4;
constexpr std::string_view kWords[Awkward::kKinds * kWordsOfAKind] = {
    // dots
    "j.", "anna.", "m.k.", "ext.",
    // hyphens
    "mary-", "karl-heinz-", "al-", "x-",
    // apostrophes
    "o'", "d'", "n'", "l'",
    // spaces
    "de la ", "van der ", "anna maria ", "dr ",
    // accents: Latin of two bytes a letter, Greek, Cyrillic, and Han of three
    "müller", "josé", "Ελένη", "山田",
    // long
    "wolfeschlegelsteinhausenbergerdorff", "keihanaikukauakahihuliheekahaunaele",
    "llanfairpwllgwyngyllgogerychwyrndrobwllllantysiliogogoch",
    "taumatawhakatangihangakoauauotamateaturipukakapikimaungahoronukupokaiwhenuakitanatahu"};

}  // namespace

std::span<const std::string_view> awkward_words() { return kWords; }

std::uint32_t awkward_word_of(const Awkward& awkward, std::uint64_t group_hash,
                              std::uint32_t index) {
  const Identity who{group_hash, index};
  const std::uint64_t part = scale(draw(0, who, Purpose::kAwkward, 0), kWholePpm);
  std::uint64_t before = 0;
  for (std::uint32_t kind = 0; kind < Awkward::kKinds; ++kind) {
    before += awkward.shares[kind];
    if (part >= before) continue;
    const std::uint64_t word = scale(draw(0, who, Purpose::kAwkward, 1), kWordsOfAKind);
    return kind * std::uint32_t{kWordsOfAKind} + static_cast<std::uint32_t>(word) + 1;
  }
  return 0;
}

}  // namespace esm
