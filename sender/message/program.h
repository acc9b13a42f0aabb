// A template compiled against a plan: the list of copies that makes a message. Everything that can
// be known now is: names of a group differ in a number only, so what stands before and behind the
// number is escaped once per group and place; literals are joined to their neighbours; what changes
// with the second only is one text a run of it. The renderer runs it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "sender/message/escape.h"
#include "sender/message/template.h"
#include "sender/message/time_format.h"
#include "sender/scenario/plan.h"

namespace esm {

struct Operation {
  enum class Kind : std::uint8_t {
    kLiteral,   // texts[first]
    kClock,     // clocks[first], as it reads in the current second
    kFraction,  // `digits` digits of the second's fraction
    kEndpoint,  // texts[first + endpoint's group], numbered by its index
    kUser,      // texts[first + UserTexts::of(user)]; behind them nobody's text, and that of a dash
    kEsm,       // texts[first + ESM]
    kVersion,   // texts[first + version_bases[endpoint's group] + own version, or else ESM]
    kOs,        // texts[first + os_bases[endpoint's group] + own one]
    kAddress,
    kOrdinal,
    kHash,
    kUuid,
  };
  Kind kind = Kind::kLiteral;
  std::uint8_t digits = 0;
  std::uint32_t first = 0;
};

// `before`, perhaps something of the member's own, `behind`: both in Program::bytes, one behind the
// other.
struct MemberText {
  enum class Own : std::uint8_t {
    kNothing,
    kNumber,   // of at least `width` digits
    kName,     // of somebody of a file, as it is
    kEscaped,  // the same as `how` wants it
    kChanged,  // the same in other letters
  };
  std::uint64_t begin = 0;
  std::uint32_t before = 0;
  std::uint32_t behind = 0;
  Own own = Own::kNothing;
  std::uint8_t width = 0;
  Escape how = Escape::kText;
  LetterCase letters = LetterCase::kAsItIs;
};

// Where the texts of a group's users are, among those of all users.
struct UserTexts {
  std::uint32_t base = 0;
  bool varied = false;             // there are several
  bool quoted = false;             // each twice: the second in quotes, for names that need them
  const People* people = nullptr;  // whose names they are
  UserVariants variants;
};

// Literal text is an item as well.
using ClockText = std::vector<TimeFormat::Item>;

struct Program {
  std::vector<Operation> operations;
  std::string bytes;
  std::vector<MemberText> texts;
  std::vector<ClockText> clocks;
  std::vector<UserTexts> users;  // of each group
  std::uint32_t nobody = 0;      // how many texts there are of users
  char delimiter = '\t';         // of names that are escaped late
  bool has_dash = false;         // nobody may be written as a dash
  std::vector<std::uint32_t> version_bases, os_bases;

  std::string padding;         // what stands before the filler of a padded message
  std::size_t length_max = 0;  // of a message without padding
};

Program compile_program(const Template& message, const Plan& plan);

}  // namespace esm
