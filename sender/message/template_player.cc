#include "sender/message/template_player.h"

#include <cassert>
#include <cstring>

#include "sender/message/put.h"

namespace esm {
namespace {

constexpr std::uint32_t kPowersOfTen[] = {
    1, 10, 100, 1'000, 10'000, 100'000, 1'000'000, 10'000'000, 100'000'000, 1'000'000'000};

}  // namespace

TemplatePlayer::TemplatePlayer(const Template& message, const Plan& plan, UtcTime epoch)
    : plan_(plan),
      pad_to_(message.pad_to),
      program_(compile_program(message, plan)),
      drawn_(plan.seed()),
      clocks_(program_.clocks, plan.scenario().clock, epoch),
      one_group_(plan.scenario().endpoints.size() == 1),
      one_user_group_(plan.scenario().users.size() == 1) {
  for (const Operation& operation : program_.operations) {
    switch (operation.kind) {
      case Operation::Kind::kClock:
      case Operation::Kind::kFraction:
        needs_time_ = true;
        break;
      case Operation::Kind::kEndpoint:
      case Operation::Kind::kOs:
      case Operation::Kind::kIfOs:
        needs_endpoint_ = true;
        break;
      case Operation::Kind::kUser:
      case Operation::Kind::kIfUser:
        needs_user_ = true;
        break;
      case Operation::Kind::kVersion:
        needs_endpoint_ = true;
        needs_esm_ = true;
        break;
      case Operation::Kind::kEsm:
        needs_esm_ = true;
        break;
      case Operation::Kind::kLiteral:
      case Operation::Kind::kAddress:
      case Operation::Kind::kOrdinal:
      case Operation::Kind::kHash:
      case Operation::Kind::kUuid:
      case Operation::Kind::kEndIf:
        break;
    }
  }
  // Whether nobody is written as a dash is the endpoint's group's choice.
  needs_endpoint_ = needs_endpoint_ || (needs_user_ && program_.index.has_dash);
}

void TemplatePlayer::remember() {
  std::size_t ordinals = 0;
  for (const Operation& operation : program_.operations) {
    switch (operation.kind) {
      case Operation::Kind::kOrdinal:
        ++ordinals;
        break;
      // What is new every time, and what may be left out with a clock in it.
      case Operation::Kind::kFraction:
      case Operation::Kind::kHash:
      case Operation::Kind::kUuid:
      case Operation::Kind::kIfUser:
      case Operation::Kind::kIfOs:
        return;
      default:
        break;
    }
  }
  const std::size_t room = length_max() + kPutRoom;
  if (ordinals <= 1 && clocks_.size() <= RememberedMessages::kClocksMax &&
      clocks_.stay_in_place() && plan_.addresses_stay() &&
      RememberedMessages::fit(plan_.endpoint_count(), room)) {
    remembered_.emplace(plan_.endpoint_count(), room);
  }
}

char* TemplatePlayer::render(const Event& event, char* out) {
  if (needs_time_) clocks_.turn(event.due);
  if (!remembered_) return put_together(event, out, [](const Operation&, const char*) {});
  RememberedMessages::Message& message = remembered_->of(event.endpoint);
  if (!message.is_of(event, clocks_.day())) [[unlikely]] {
    return put_together_and_remember(event, out);
  }
  remembered_->put(event.endpoint, event.ordinal, out);
  clocks_.set(message.clocks_at.data(), out);
  return out + message.length;
}

char* TemplatePlayer::put_together_and_remember(const Event& event, char* out) {
  RememberedMessages::Message message(event.user, clocks_.day());
  char* const end = put_together(event, out, [&](const Operation& operation, const char* at) {
    const auto offset = static_cast<std::uint16_t>(at - out);
    if (operation.kind == Operation::Kind::kClock) {
      message.clocks_at[operation.first] = offset;
    } else {
      message.set_ordinal(event.ordinal, offset);
    }
  });
  remembered_->remember(event.endpoint, message, {out, static_cast<std::size_t>(end - out)});
  return end;
}

// Calls `at(operation, out)` where a clock or an ordinal begins.
template <typename At>
char* TemplatePlayer::put_together(const Event& event, char* out, const At& at) {
  char* const begin = out;
  EndpointRef endpoint{0, event.endpoint};
  if (needs_endpoint_ && !one_group_) endpoint = plan_.endpoint_ref(event.endpoint);
  std::uint32_t who = program_.index.nobody;
  if (program_.index.has_dash && event.user == kNobody &&
      plan_.scenario().endpoints[endpoint.group].idle == IdleBeat::kDash) {
    ++who;
  }
  UserRef user{0, event.user};
  if (needs_user_ && event.user != kNobody) {
    if (!one_user_group_) user = plan_.user_ref(event.user);
    who = text_of(user);
  }
  const std::uint32_t esm = needs_esm_ ? plan_.esm(event.endpoint) : 0;
  const Operation* const end = program_.operations.data() + program_.operations.size();
  for (const Operation* next = program_.operations.data(); next != end; ++next) {
    const Operation& operation = *next;
    switch (operation.kind) {
      case Operation::Kind::kLiteral:
        out = put_text(out, operation.first, 0);
        break;
      case Operation::Kind::kClock:
        at(operation, out);
        out = clocks_.put(operation.first, out);
        break;
      case Operation::Kind::kFraction:
        out = put_number_block(out, clocks_.fraction() / kPowersOfTen[9 - operation.digits],
                               operation.digits);
        break;
      case Operation::Kind::kEndpoint:
        out = put_text(out, operation.first + endpoint.group, endpoint.index);
        break;
      case Operation::Kind::kUser:
        out = put_user(out, operation.first + who, user);
        break;
      case Operation::Kind::kEsm:
        out = put_text(out, operation.first + esm, 0);
        break;
      case Operation::Kind::kVersion: {
        const bool own = !plan_.scenario().endpoints[endpoint.group].versions.empty();
        const std::uint32_t which = own ? plan_.version(event.endpoint) : esm;
        out = put_text(out, operation.first + program_.index.version_bases[endpoint.group] + which,
                       0);
        break;
      }
      case Operation::Kind::kOs:
        out = put_text(
            out,
            operation.first + program_.index.os_bases[endpoint.group] + plan_.os(event.endpoint),
            0);
        break;
      case Operation::Kind::kIfUser:
        if (program_.present[operation.first + who] == 0) next += operation.skip;
        break;
      case Operation::Kind::kIfOs: {
        const std::uint32_t system =
            program_.index.os_bases[endpoint.group] + plan_.os(event.endpoint);
        if (program_.present[operation.first + system] == 0) next += operation.skip;
        break;
      }
      case Operation::Kind::kEndIf:
        break;  // of parts, not of programs
      case Operation::Kind::kAddress:
        out = plan_.address(event).write(out);
        break;
      case Operation::Kind::kOrdinal:
        at(operation, out);
        out = put_number_block(out, event.ordinal, 1);
        break;
      case Operation::Kind::kHash:
        out = drawn_.write_hash(plan_.identity(event.endpoint), event.ordinal, out);
        break;
      case Operation::Kind::kUuid:
        out = drawn_.write_uuid(plan_.identity(event.endpoint), event.ordinal, out);
        break;
    }
  }
  if (pad_to_ > 0) out = pad(begin, out);
  return out;
}

// Which of the texts of users is this one's.
std::uint32_t TemplatePlayer::text_of(UserRef user) const {
  const UserTexts& texts = program_.index.users[user.group];
  if (!texts.varied) return texts.base;
  const std::uint32_t variant = texts.variants.of(user.index);
  if (!texts.quoted) return texts.base + variant;
  return texts.base + 2 * variant + (needs_quotes(texts.people->name(user.index)) ? 1 : 0);
}

char* TemplatePlayer::put_text(char* out, std::uint32_t which, std::uint32_t index) const {
  const MemberText& text = program_.texts[which];
  const char* const bytes = program_.bytes.data() + text.begin;
  out = put_blocks(out, bytes, text.before);
  if (text.own == MemberText::Own::kNothing) return out;
  out = put_number_block(out, index + 1, text.width);
  return put_blocks(out, bytes + text.before, text.behind);
}

char* TemplatePlayer::put_user(char* out, std::uint32_t which, UserRef user) const {
  const MemberText& text = program_.texts[which];
  if (text.own <= MemberText::Own::kNumber) return put_text(out, which, user.index);
  const char* const bytes = program_.bytes.data() + text.begin;
  const std::string_view name = program_.index.users[user.group].people->name(user.index);
  out = put_blocks(out, bytes, text.before);
  if (text.own == MemberText::Own::kName) {
    out = put(out, name);
  } else if (text.own == MemberText::Own::kEscaped) {
    out = put_escaped(out, text.how, name, program_.delimiter);
  } else {
    out = put_changed(out, text, name);
  }
  return put_blocks(out, bytes + text.before, text.behind);
}

// Letter by letter, because what an escape adds must stay as it is.
char* TemplatePlayer::put_changed(char* out, const MemberText& text, std::string_view name) const {
  while (!name.empty()) {
    char letter[2];
    const std::size_t size = put_letter(letter, text.letters, name);
    out = put_escaped(out, text.how, {letter, size}, program_.delimiter);
    name.remove_prefix(size);
  }
  return out;
}

char* TemplatePlayer::pad(char* begin, char* out) const {
  const auto length = static_cast<std::size_t>(out - begin);
  assert(length + program_.padding.size() <= pad_to_ && "padding_fits() was asked");
  out = put(out, program_.padding);
  const std::size_t missing = pad_to_ - length - program_.padding.size();
  std::memset(out, 'x', missing);
  return out + missing;
}

}  // namespace esm
