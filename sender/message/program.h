// A template compiled against a plan: the list of copies that makes a message. Everything that can
// be known now is: names of a group differ in a number only, so what stands before and behind the
// number is escaped once per group and place; literals are joined to their neighbours; what changes
// with the second only is one text a run of it. The renderer runs it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

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
    kUser,      // texts[first + user's group]; behind them nobody's text, and that of a dash
    kEsm,       // texts[first + ESM]
    kVersion,   // texts[first + version_bases[endpoint's group] + own version, or else ESM]
    kAddress,
    kOrdinal,
  };
  Kind kind = Kind::kLiteral;
  std::uint8_t digits = 0;
  std::uint32_t first = 0;
};

// `before`, perhaps a number of at least `width` digits, `behind`: both in Program::bytes, one
// behind the other.
struct NumberedText {
  std::uint64_t begin = 0;
  std::uint32_t before = 0;
  std::uint32_t behind = 0;
  bool numbered = false;
  std::uint8_t width = 0;
};

// Literal text is an item as well.
using ClockText = std::vector<TimeFormat::Item>;

struct Program {
  std::vector<Operation> operations;
  std::string bytes;
  std::vector<NumberedText> texts;
  std::vector<ClockText> clocks;
  std::uint32_t user_groups = 0;
  bool has_dash = false;  // nobody may be written as a dash
  std::vector<std::uint32_t> version_bases;

  std::string padding;         // what stands before the filler of a padded message
  std::size_t length_max = 0;  // of a message without padding
};

Program compile_program(const Template& message, const Plan& plan);

}  // namespace esm
