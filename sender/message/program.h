// A template compiled against a plan: the list of copies that makes a message. Literals are joined
// to their neighbours; what changes with the second only is one text a run of it. The renderer runs
// it.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "sender/message/parts.h"
#include "sender/message/text_index.h"
#include "sender/scenario/plan.h"

namespace esm {

struct Operation {
  using Kind = PartKind;
  Kind kind = Kind::kLiteral;
  std::uint8_t digits = 0;  // of a fraction
  std::uint16_t skip = 0;   // of an optional part: how many operations are left out with it
  std::uint32_t first = 0;  // of its texts in Program::texts, or clocks, or present
};

// `before`, perhaps something of the member's own, `behind`: both in Program::bytes, one behind the
// other.
struct MemberText {
  using Own = OwnText;
  std::uint64_t begin = 0;
  std::uint32_t before = 0;
  std::uint32_t behind = 0;
  Own own = Own::kNothing;
  std::uint8_t width = 0;
  Escape how = Escape::kText;
  LetterCase letters = LetterCase::kAsItIs;
};

struct Program {
  explicit Program(TextIndex texts_of) : index(std::move(texts_of)) {}

  TextIndex index;
  std::vector<Operation> operations;
  std::string bytes;  // and kPutRoom more
  std::vector<MemberText> texts;
  std::vector<ClockText> clocks;
  std::vector<std::uint8_t> present;  // 0: the optional part is left out
  char delimiter = '\t';              // of names that are escaped late
  std::string padding;                // what stands before the filler of a padded message
  std::size_t length_max = 0;         // of a message without padding
};

Program compile_program(const Template& message, const Plan& plan);

}  // namespace esm
