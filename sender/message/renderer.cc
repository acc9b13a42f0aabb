#include "sender/message/renderer.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <optional>
#include <vector>

#include "sender/message/drawn_text.h"
#include "sender/message/fault.h"
#include "sender/message/program.h"
#include "sender/message/put.h"
#include "sender/message/remembered_messages.h"
#include "sender/scenario/other_messages.h"

namespace esm {
namespace {

using std::chrono::nanoseconds;
constexpr std::int64_t kSecond = 1'000'000'000;
constexpr std::int64_t kDay = 86'400 * kSecond;
constexpr UtcTime kLongAgo{nanoseconds{std::int64_t{-1} << 62}};
constexpr std::uint32_t kPowersOfTen[] = {1,       10,        100,        1'000,       10'000,
                                          100'000, 1'000'000, 10'000'000, 100'000'000, kSecond};

// The first in the lowest byte, as store_packed() takes them.
using TwoDigits = std::uint16_t;

constexpr std::array<TwoDigits, 60> make_two_digits() {
  std::array<TwoDigits, 60> texts{};
  for (unsigned i = 0; i < texts.size(); ++i) {
    texts[i] = static_cast<TwoDigits>(('0' + i / 10) | ('0' + i % 10) << 8);
  }
  return texts;
}
constexpr std::array<TwoDigits, 60> kTwoDigits = make_two_digits();

// What a clock shows of a moment.
struct HandsText {
  TwoDigits hour{}, minute{}, second{};

  // In place: to copy six bytes that were just written by two at a time costs a wait for them.
  void set(std::uint32_t second_of_day) {
    const std::uint32_t minute_of_day = second_of_day / 60;
    hour = kTwoDigits[minute_of_day / 60];
    minute = kTwoDigits[minute_of_day % 60];
    second = kTwoDigits[second_of_day % 60];
  }
  // "hour:minute:second"
  std::uint64_t all() const {
    constexpr std::uint64_t kColons = std::uint64_t{':'} << 16 | std::uint64_t{':'} << 40;
    return hour | kColons | std::uint64_t{minute} << 24 | std::uint64_t{second} << 48;
  }
};

// The text of one run of the program that changes with the second.
class Clock {
 public:
  explicit Clock(const ClockText& items) : items_(items) {
    std::size_t length = 0;
    for (const TimeFormat::Item& item : items) {
      length += TimeFormat::length_max(item);
      switch (item.part) {
        case TimeFormat::Part::kHour:
          add_hand(item, &HandsText::hour);
          break;
        case TimeFormat::Part::kMinute:
          add_hand(item, &HandsText::minute);
          break;
        case TimeFormat::Part::kSecond:
          add_hand(item, &HandsText::second);
          break;
        case TimeFormat::Part::kEpoch:
          stays_in_place_ = false;
          break;
        default:
          break;
      }
    }
    text_.resize(length + kPutRoom);
    together_.reserve(hands_.size());
    alone_.reserve(hands_.size());
  }

  // Within a day every part keeps its length: nothing but the hands changes.
  bool stays_in_place() const { return stays_in_place_; }

  void write(const CivilTime& civil, UtcTime second) {
    char* end = text_.data();
    auto hand = hands_.begin();
    for (const TimeFormat::Item& item : items_) {
      if (hand != hands_.end() && hand->item == &item) {
        hand->offset = static_cast<std::size_t>(end - text_.data());
        ++hand;
      }
      end = TimeFormat::write(item, civil, second, end);
    }
    length_ = static_cast<std::size_t>(end - text_.data());
    group_hands();
  }

  char* put(char* out) const { return put_blocks(out, text_.data(), length_); }

  // To copy bytes that were just written two at a time costs a wait for them. So the hands of a new
  // second go into the message itself, and into the text once that second is seen to be asked for
  // again.
  char* put(const HandsText& now, char* out) const {
    char* const end = put(out);
    set(now, out);
    return end;
  }
  void turn(const HandsText& now) { set(now, text_.data()); }
  // In a message in which this clock stands at `text`, of the same day.
  void set(const HandsText& now, char* text) const {
    if (!stays_in_place_) return;
    for (const std::size_t offset : together_) store_packed(text + offset, now.all());
    for (const Hand& hand : alone_) store_packed(text + hand.offset, now.*hand.text);
  }

 private:
  struct Hand {
    const TimeFormat::Item* item = nullptr;
    TwoDigits HandsText::*text = nullptr;
    std::size_t offset = 0;
  };

  // Whether the hands from this one on stand as HandsText::all() says them, as they do in nearly
  // every form.
  bool are_together(std::size_t first) const {
    if (first + 3 > hands_.size()) return false;
    constexpr TwoDigits HandsText::*kOrder[] = {&HandsText::hour, &HandsText::minute,
                                                &HandsText::second};
    const std::size_t begin = hands_[first].offset;
    for (std::size_t i = 0; i < 3; ++i) {
      const Hand& hand = hands_[first + i];
      if (hand.text != kOrder[i] || hand.offset != begin + 3 * i) return false;
      if (i > 0 && text_[hand.offset - 1] != ':') return false;
    }
    return true;
  }

  void group_hands() {
    together_.clear();
    alone_.clear();
    for (std::size_t i = 0; i < hands_.size();) {
      if (are_together(i)) {
        together_.push_back(hands_[i].offset);
        i += 3;
      } else {
        alone_.push_back(hands_[i++]);
      }
    }
  }

  void add_hand(const TimeFormat::Item& item, TwoDigits HandsText::*text) {
    hands_.push_back({&item, text, 0});
    stays_in_place_ = stays_in_place_ && item.width == 2;
  }

  const ClockText& items_;
  std::vector<Hand> hands_;
  std::vector<std::size_t> together_;  // offsets of "hour:minute:second"
  std::vector<Hand> alone_;            // the other hands
  bool stays_in_place_ = true;
  std::string text_;
  std::size_t length_ = 0;
};

}  // namespace

class Renderer::Player {
 public:
  Player(const Template& message, const Plan& plan, UtcTime epoch)
      : plan_(plan),
        epoch_(epoch),
        pad_to_(message.pad_to),
        program_(compile_program(message, plan)),
        drawn_(plan.seed()),
        one_group_(plan.scenario().endpoints.size() == 1),
        one_user_group_(plan.scenario().users.size() == 1),
        local_(plan.scenario().clock),
        clocks_change_(!local_.changes().empty()),
        utc_offset_(local_.utc_offset(SimTime{0})) {
    assert(epoch.time_since_epoch().count() >= 0);
    for (const ClockText& items : program_.clocks) {
      clocks_.emplace_back(items);
      all_stay_in_place_ = all_stay_in_place_ && clocks_.back().stays_in_place();
    }
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

  std::size_t length_max() const { return std::max(program_.length_max, pad_to_); }
  std::size_t padded_length_min() const { return program_.length_max + program_.padding.size(); }
  std::string_view padding() const { return program_.padding; }
  bool padding_fits() const { return pad_to_ == 0 || padded_length_min() <= pad_to_; }

  // From now on; where that saves anything.
  void remember() {
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
    if (ordinals <= 1 && clocks_.size() <= RememberedMessages::kClocksMax && all_stay_in_place_ &&
        plan_.addresses_stay() && RememberedMessages::fit(plan_.endpoint_count(), room)) {
      remembered_.emplace(plan_.endpoint_count(), room);
    }
  }

  char* render(const Event& event, char* out) {
    if (needs_time_) turn_clocks(event.due);
    if (!remembered_) {
      return put_together(event, out, [](const Operation&, const char*) {});
    }
    RememberedMessages::Message& message = remembered_->of(event.endpoint);
    char* const text = remembered_->text_of(event.endpoint);
    const bool same = message.user == event.user && message.day == day_number_ &&
                      event.ordinal >= message.first_ordinal &&
                      event.ordinal <= message.last_ordinal;
    if (!same) [[unlikely]] {
      return put_together_and_remember(event, out, message, text);
    }
    put_blocks(out, text, message.length);
    if (message.ordinal_digits > 0) put_ordinal(event.ordinal, message, text, out);
    const std::uint16_t* at = message.clocks_at.data();
    for (const Clock& clock : clocks_) clock.set(hands_, out + *at++);
    return out + message.length;
  }

 private:
  // Nearly always it is the next one, and nothing but its last digit is another.
  static void put_ordinal(std::uint32_t ordinal, RememberedMessages::Message& message,
                          const char* text, char* out) {
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

  char* put_together_and_remember(const Event& event, char* out,
                                  RememberedMessages::Message& message, char* text) {
    message.user = event.user;
    message.day = day_number_;
    message.ordinal_digits = 0;
    message.first_ordinal = 0;
    message.last_ordinal = UINT32_MAX;
    char* const end = put_together(event, out, [&](const Operation& operation, const char* at) {
      const auto offset = static_cast<std::uint16_t>(at - out);
      if (operation.kind == Operation::Kind::kClock) {
        message.clocks_at[operation.first] = offset;
      } else {
        const int digits = decimal_digits(event.ordinal);
        message.ordinal_at = offset;
        message.ordinal_digits = static_cast<std::uint8_t>(digits);
        message.ordinal = event.ordinal;
        if (digits <= 8) message.ordinal_text = digits_of(event.ordinal, digits).packed;
        if (digits > 1) message.first_ordinal = kPowersOfTen[digits - 1];
        if (digits < 10) message.last_ordinal = kPowersOfTen[digits] - 1;
      }
    });
    message.length = static_cast<std::uint16_t>(end - out);
    std::copy(out, end, text);
    return end;
  }

  // Calls `at(operation, out)` where a clock or an ordinal begins.
  template <typename At>
  char* put_together(const Event& event, char* out, const At& at) {
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
          out = hands_turned_ ? clocks_[operation.first].put(hands_, out)
                              : clocks_[operation.first].put(out);
          break;
        case Operation::Kind::kFraction:
          out = put_number_block(out, fraction_ / kPowersOfTen[9 - operation.digits],
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
          out = put_text(out,
                         operation.first + program_.index.version_bases[endpoint.group] + which, 0);
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
  std::uint32_t text_of(UserRef user) const {
    const UserTexts& texts = program_.index.users[user.group];
    if (!texts.varied) return texts.base;
    const std::uint32_t variant = texts.variants.of(user.index);
    if (!texts.quoted) return texts.base + variant;
    return texts.base + 2 * variant + (needs_quotes(texts.people->name(user.index)) ? 1 : 0);
  }

  char* put_text(char* out, std::uint32_t which, std::uint32_t index) const {
    const MemberText& text = program_.texts[which];
    const char* const bytes = program_.bytes.data() + text.begin;
    out = put_blocks(out, bytes, text.before);
    if (text.own == MemberText::Own::kNothing) return out;
    out = put_number_block(out, index + 1, text.width);
    return put_blocks(out, bytes + text.before, text.behind);
  }

  char* put_user(char* out, std::uint32_t which, UserRef user) const {
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
  char* put_changed(char* out, const MemberText& text, std::string_view name) const {
    while (!name.empty()) {
      char letter[2];
      const std::size_t size = put_letter(letter, text.letters, name);
      out = put_escaped(out, text.how, {letter, size}, program_.delimiter);
      name.remove_prefix(size);
    }
    return out;
  }

  // Events come in time order. In a busy fleet nearly all fall into the second of the one before,
  // in a small one nearly none do: either can be foretold.
  void turn_clocks(SimTime due) {
    const auto into_second = static_cast<std::uint64_t>((due - second_).count());
    if (into_second < kSecond && !clocks_change_) {
      fraction_ = static_cast<std::uint32_t>(into_second);
      if (hands_turned_) {
        for (Clock& clock : clocks_) clock.turn(hands_);
        hands_turned_ = false;
      }
      return;
    }
    if (clocks_change_) {
      if (const auto offset = local_.utc_offset(due); offset != utc_offset_) {
        utc_offset_ = offset;
        day_ = kLongAgo;
      }
    }
    const UtcTime time = epoch_ + due;
    std::int64_t into_day = (time - day_).count();
    const bool another_day = into_day < 0 || into_day >= kDay;
    if (another_day) into_day = begin_day(time);
    const std::uint64_t seconds = static_cast<std::uint64_t>(into_day) / kSecond;
    fraction_ =
        static_cast<std::uint32_t>(static_cast<std::uint64_t>(into_day) - seconds * kSecond);
    second_ = due - nanoseconds{fraction_};
    hands_.set(static_cast<std::uint32_t>(seconds));
    hands_turned_ = true;
    if (another_day || !all_stay_in_place_) write_clocks(another_day, seconds);
  }

  std::int64_t begin_day(UtcTime time) {
    ++day_number_;
    day_ = std::chrono::floor<std::chrono::days>(time + utc_offset_) - utc_offset_;
    return (time - day_).count();
  }

  [[gnu::noinline]] void write_clocks(bool another_day, std::uint64_t second_of_day) {
    const UtcTime second = day_ + std::chrono::seconds{second_of_day};
    const CivilTime civil = civil_time(second, utc_offset_);
    for (Clock& clock : clocks_) {
      if (another_day || !clock.stays_in_place()) clock.write(civil, second);
    }
  }

  char* pad(char* begin, char* out) const {
    const auto length = static_cast<std::size_t>(out - begin);
    assert(length + program_.padding.size() <= pad_to_ && "padding_fits() was asked");
    out = put(out, program_.padding);
    const std::size_t missing = pad_to_ - length - program_.padding.size();
    std::memset(out, 'x', missing);
    return out + missing;
  }

  const Plan& plan_;
  UtcTime epoch_;
  std::size_t pad_to_;
  Program program_;
  DrawnText drawn_;
  bool one_group_, one_user_group_;
  bool needs_time_ = false, needs_endpoint_ = false, needs_user_ = false, needs_esm_ = false;

  std::vector<Clock> clocks_;  // of program_.clocks
  bool all_stay_in_place_ = true;
  SimTime second_ = kNever;  // when it began that hands_ show
  HandsText hands_;
  bool hands_turned_ = false;  // clocks_ do not show them yet
  const LocalClock& local_;
  bool clocks_change_;
  std::chrono::minutes utc_offset_;
  UtcTime day_ = kLongAgo;        // when it began on those clocks
  std::uint32_t day_number_ = 1;  // how many began
  std::uint32_t fraction_ = 0;    // nanoseconds
  std::optional<RememberedMessages> remembered_;
};

Renderer::Renderer(const Templates& templates, const Plan& plan, UtcTime epoch)
    : plan_(&plan), fault_places_(draw_key(plan.seed(), Purpose::kFaultPlace)) {
  assert(templates.others.size() == other_message_count(plan.scenario()));
  players_.reserve(1 + templates.others.size());
  players_.push_back(std::make_unique<Player>(templates.message, plan, epoch));
  players_.back()->remember();
  for (const Template& other : templates.others) {
    players_.push_back(std::make_unique<Player>(other, plan, epoch));
  }
  for (const auto& player : players_) length_max_ = std::max(length_max_, player->length_max());
  for (std::size_t number = 1; number <= plan.scenario().faults.size(); ++number) {
    prepare_fault(number, templates, epoch);
  }
}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;

void Renderer::prepare_fault(std::size_t number, const Templates& templates, UtcTime epoch) {
  FaultyPlayers faulty{plan_->scenario().faults[number - 1], {}};
  faulty.players.resize(players_.size());
  const Fault& fault = faulty.fault;
  for (const std::uint8_t message : messages_with_fault(plan_->scenario(), number)) {
    const Template& whole = message == 0 ? templates.message : templates.others[message - 1U];
    Player*& player = faulty.players[message];
    player = players_[message].get();
    if (is_of_fields(fault.kind) || fault.kind == FaultKind::kTimeSkew) {
      const UtcTime clock = epoch + fault.skew;
      altered_.push_back(std::make_unique<Player>(with_fault(whole, fault), *plan_, clock));
      player = altered_.back().get();
    }
    length_max_ = std::max(length_max_, length_with_fault(fault, player->length_max()));
  }
  faulty_.push_back(std::move(faulty));
}

std::size_t Renderer::length_max() const {
  static_assert(kRoomBehind == kPutRoom);
  return length_max_;
}
std::size_t Renderer::length_max(std::size_t message) const {
  return players_[message]->length_max();
}

bool Renderer::padding_fits() const {
  const auto fits = [](const auto& player) { return player->padding_fits(); };
  return std::all_of(players_.begin(), players_.end(), fits) &&
         std::all_of(altered_.begin(), altered_.end(), fits);
}

std::size_t Renderer::padded_length_min(std::size_t message) const {
  std::size_t least = players_[message]->padded_length_min();
  for (const FaultyPlayers& faulty : faulty_) {
    const Player* const player = faulty.players[message];
    if (player != nullptr) least = std::max(least, player->padded_length_min());
  }
  return least;
}

std::size_t Renderer::over_long_min(std::size_t message) const {
  const Player& player = *players_[message];
  return player.length_max() + player.padding().size() + 1;
}

char* Renderer::render(const Event& event, char* out) {
  if (event.fault > 0) [[unlikely]]
    return render_with_fault(event, out);
  return players_[event.message]->render(event, out);
}

char* Renderer::render_with_fault(const Event& event, char* out) {
  const FaultyPlayers& faulty = faulty_[event.fault - 1U];
  Player& player = *faulty.players[event.message];
  Event shown = event;
  if (faulty.fault.kind == FaultKind::kEmptyUser) shown.user = kNobody;
  char* const end = player.render(shown, out);
  const std::uint64_t bits = draw(fault_places_, plan_->identity(event.endpoint), event.ordinal);
  return make_fault(faulty.fault, player.padding(), bits, out, end);
}

std::string Renderer::render(const Event& event) {
  std::string text(room(), '\0');
  text.resize(static_cast<std::size_t>(render(event, text.data()) - text.data()));
  return text;
}

}  // namespace esm
