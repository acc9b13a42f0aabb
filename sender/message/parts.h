// A template against a plan, place by place. Everything that can be known now is known. Names of a
// group differ in a number only, so what stands before and behind the number is escaped once per
// group and place. `program` lays it out for running.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "sender/message/escape.h"
#include "sender/message/letter_case.h"
#include "sender/message/template.h"
#include "sender/message/text_index.h"
#include "sender/message/time_format.h"
#include "sender/scenario/plan.h"

namespace esm {

// What chooses among a part's texts, or what is written in their place.
enum class PartKind : std::uint8_t {
  kLiteral,   // one text
  kClock,     // as it reads in the current second
  kFraction,  // digits of the second's fraction
  kEndpoint,  // the endpoint's group, numbered by its index
  kUser,      // TextIndex::users; behind them nobody's text, and that of a dash
  kEsm,       // the ESM
  kVersion,   // TextIndex::version_bases[endpoint's group] + own version, or else ESM
  kOs,        // TextIndex::os_bases[endpoint's group] + own one
  kAddress,
  kOrdinal,
  kHash,
  kUuid,
  // An optional part begins, and its end. What is between is left out where `present` says so, of
  // users as kUser, of operating systems as kOs.
  kIfUser,
  kIfOs,
  kEndIf,
};

// What a text has of the member itself, between what is the same for all.
enum class OwnText : std::uint8_t {
  kNothing,
  kNumber,   // of at least `width` digits
  kName,     // of somebody of a file, as it is
  kEscaped,  // the same as `how` wants it
  kChanged,  // the same in other letters
};

// Literal text is an item as well.
using ClockText = std::vector<TimeFormat::Item>;

struct Part {
  struct Text {
    std::string before, behind;
    OwnText own = OwnText::kNothing;
    int width = 0;  // of a number
    Escape how = Escape::kText;
    LetterCase letters = LetterCase::kAsItIs;
    std::size_t own_max = 0;  // bytes of the longest number or name

    std::size_t length_max() const { return before.size() + own_max + behind.size(); }
    bool is_empty() const { return own == OwnText::kNothing && before.empty() && behind.empty(); }
    friend bool operator==(const Text&, const Text&) = default;
  };
  PartKind kind = PartKind::kLiteral;
  std::vector<Text> texts;
  ClockText clock;                    // kClock; kFraction: one item
  std::vector<std::uint8_t> present;  // kIfUser, kIfOs
};

struct MessageParts {
  std::vector<Part> parts;
  std::string padding;  // what stands before the filler of a padded message
};

MessageParts parts_of(const Template& message, const Plan& plan, const TextIndex& index);

}  // namespace esm
