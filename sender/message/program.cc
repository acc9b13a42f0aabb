#include "sender/message/program.h"

#include <utility>

#include "sender/message/length_bound.h"
#include "sender/message/put.h"

namespace esm {
namespace {

using Kind = PartKind;

// Literal text is copied into every group's text behind it only as long as that stays small.
constexpr std::size_t kJoinedBytesMax = 64 * 1024;

TimeFormat::Item item_of(const Part& literal) {
  return {TimeFormat::Part::kLiteral, 0, literal.texts.front().before};
}

// Whether `literal` now is a part of `last`.
bool take_literal(Part& last, const Part& literal) {
  const std::string& text = literal.texts.front().before;
  switch (last.kind) {
    case Kind::kClock:
      last.clock.push_back(item_of(literal));
      return true;
    case Kind::kLiteral:
    case Kind::kEndpoint:
    case Kind::kUser:
    case Kind::kEsm:
    case Kind::kVersion:
    case Kind::kOs:
      if (last.texts.size() > 1 && last.texts.size() * text.size() > kJoinedBytesMax) {
        return false;
      }
      for (Part::Text& one : last.texts) {
        (one.own == OwnText::kNothing ? one.before : one.behind) += text;
      }
      return true;
    case Kind::kFraction:
    case Kind::kAddress:
    case Kind::kOrdinal:
    case Kind::kHash:
    case Kind::kUuid:
    case Kind::kIfUser:
    case Kind::kIfOs:
    case Kind::kEndIf:
      return false;
  }
  return false;
}

bool take_clock(Part& last, Part& clock) {
  if (last.kind == Kind::kLiteral) {
    ClockText items{item_of(last)};
    items.push_back(std::move(clock.clock.front()));
    last = {Kind::kClock, {}, std::move(items), {}};
    return true;
  }
  if (last.kind != Kind::kClock) return false;
  last.clock.push_back(std::move(clock.clock.front()));
  return true;
}

// Literals become a part of their neighbours, and what changes with the second one text.
std::vector<Part> joined(std::vector<Part> parts) {
  std::vector<Part> out;
  for (Part& part : parts) {
    Part* const last = out.empty() ? nullptr : &out.back();
    if (last != nullptr && part.kind == Kind::kLiteral && take_literal(*last, part)) continue;
    if (last != nullptr && part.kind == Kind::kClock && take_clock(*last, part)) continue;
    out.push_back(std::move(part));
  }
  return out;
}

void lay_out(std::vector<Part> parts, Program& program) {
  std::vector<std::size_t> open;  // optional parts
  for (Part& part : parts) {
    if (part.kind == Kind::kEndIf) {
      Operation& begin = program.operations[open.back()];
      begin.skip = static_cast<std::uint16_t>(program.operations.size() - open.back() - 1);
      open.pop_back();
      continue;
    }
    Operation operation;
    operation.kind = part.kind;
    if (part.kind == Kind::kIfUser || part.kind == Kind::kIfOs) {
      open.push_back(program.operations.size());
      operation.first = static_cast<std::uint32_t>(program.present.size());
      program.present.insert(program.present.end(), part.present.begin(), part.present.end());
    } else if (part.kind == Kind::kClock) {
      operation.first = static_cast<std::uint32_t>(program.clocks.size());
      program.clocks.push_back(std::move(part.clock));
    } else if (part.kind == Kind::kFraction) {
      operation.digits = static_cast<std::uint8_t>(part.clock.front().width);
    } else {
      operation.first = static_cast<std::uint32_t>(program.texts.size());
      for (const Part::Text& text : part.texts) {
        program.texts.push_back({program.bytes.size(),
                                 static_cast<std::uint32_t>(text.before.size()),
                                 static_cast<std::uint32_t>(text.behind.size()), text.own,
                                 static_cast<std::uint8_t>(text.width), text.how, text.letters});
        program.bytes += text.before;
        program.bytes += text.behind;
      }
    }
    program.operations.push_back(operation);
  }
}

}  // namespace

Program compile_program(const Template& message, const Plan& plan) {
  Program program(TextIndex(message, plan));
  MessageParts whole = parts_of(message, plan, program.index);
  std::vector<Part> parts = joined(std::move(whole.parts));
  program.delimiter = message.delimiter;
  program.padding = std::move(whole.padding);
  program.length_max = length_bound(parts, plan, program.index);
  lay_out(std::move(parts), program);
  program.bytes.resize(program.bytes.size() + kPutRoom);
  return program;
}

}  // namespace esm
