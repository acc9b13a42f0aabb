#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/mapping/message_lines.h"
#include "sender/mapping/table_fields.h"
#include "sender/verify/expectations.h"
#include "sender/verify/mapping_causes.h"
#include "sender/verify/sent.h"
#include "sender/verify/timeout_guess.h"
#include "sender/verify/verify.h"

// What the table may hold at an address follows from the logins there in order. Those that are
// certain to have reached the receiver well before the table was taken are put into the truth; the
// others, because the record calls them uncertain or because they were due about when the table was
// taken, may each have been the last one, or not have been there at all; and so may what is
// contested with a logout.

namespace esm {
namespace {

__extension__ using Wide = __int128;

struct Login {
  std::string user;
  SimTime at{};
};

SimTime clamped(Wide ns) {
  return SimTime{static_cast<std::int64_t>(
      std::clamp<Wide>(ns, SimTime::min().count(), SimTime::max().count()))};
}

// Real time as simulated time of the run.
SimTime played(const VerifyInput& input, SimTime real) {
  if (input.record == nullptr || !input.record->speed) return real;
  const Speed& speed = *input.record->speed;
  return clamped(Wide{real.count()} * speed.numerator / speed.denominator);
}

class TableCheck {
 public:
  TableCheck(const VerifyInput& input, const ProfileSet& profiles, const TruthOptions& options,
             std::span<const TableRow> table, SimTime at, Verdict& verdict)
      : input_(input),
        profiles_(profiles),
        options_(options),
        at_(at),
        verdict_(verdict),
        tolerance_(played(input, input.at_tolerance)) {
    for (const TableRow& row : table) rows_[row.address] = &row;
    // When all was sent before the table was taken, no login came about then.
    const bool over = at >= input.plan.scenario().length;
    certain_until_ = over ? at : clamped(Wide{at.count()} - tolerance_.count());
    early_ = clamped(Wide{at.count()} - tolerance_.count());
    late_ = clamped(Wide{at.count()} + tolerance_.count());
  }

  void check() {
    verdict_.received = rows_.size();
    const std::vector<Mapping> truth = learnt();
    std::set<IpAddress> addresses;
    for (const auto& [address, row] : rows_) addresses.insert(address);
    for (const Mapping& mapping : truth) addresses.insert(mapping.address);
    for (const auto& [address, logins] : maybe_) addresses.insert(address);
    for (const IpAddress& address : addresses) {
      const auto mapping =
          std::lower_bound(truth.begin(), truth.end(), address,
                           [](const Mapping& m, const IpAddress& a) { return m.address < a; });
      const bool there = mapping != truth.end() && mapping->address == address;
      const auto row = rows_.find(address);
      compare(address, there ? &*mapping : nullptr, row == rows_.end() ? nullptr : row->second);
    }
    look_for_early_ends();
    explain_mappings(input_, profiles_, options_, at_, wrong_);
    verdict_.arrivals_known = input_.received_lines != nullptr;
    for (const WrongMapping& wrong : wrong_) {
      const bool missing = wrong.finding.kind == Finding::Kind::kMappingMissing ||
                           wrong.finding.kind == Finding::Kind::kExpiredEarly;
      if (!missing) continue;
      verdict_.not_mapped += wrong.came == WrongMapping::Came::kReceived ? 1 : 0;
      verdict_.not_received += wrong.came == WrongMapping::Came::kNotReceived ? 1 : 0;
    }
    verdict_.lingering = static_cast<std::uint64_t>(std::count_if(
        wrong_.begin(), wrong_.end(),
        [](const WrongMapping& wrong) { return wrong.finding.kind == Finding::Kind::kLingering; }));
    verdict_.findings_total +=
        verdict_.missing + verdict_.extra + verdict_.wrong_user + verdict_.wrong_remaining;
    for (WrongMapping& wrong : wrong_) {
      if (verdict_.findings.size() >= input_.findings_max) break;
      verdict_.findings.push_back(std::move(wrong.finding));
    }
  }

 private:
  // The truth without what is uncertain, sorted by address; the rest goes to maybe_.
  std::vector<Mapping> learnt() {
    SentRule rule(input_.plan, input_.record, input_.target);
    const auto keep = [&](const Event& event, std::string_view line) {
      const SentRule::Answer answer = rule.next(event);
      if (!answer.due || !input_.shard.holds(event.endpoint)) return false;
      if (answer.sent == Sent::kNotSent) {
        verdict_.not_sent += answer.elsewhere ? 0U : 1U;
        return false;
      }
      const bool certain = answer.sent == Sent::kSent && event.due <= certain_until_;
      for_each_message_line(event, line, [&](std::string_view one) {
        if (one.size() <= options_.message_bytes_max) note_uncertain(event, one, certain);
      });
      return certain;
    };
    // Entries that end about then are looked at before they do; logins are looked at for as long as
    // they may have come before the table was taken.
    const SimTime first = std::max(early_, SimTime{0});
    const std::vector<SimTime> moments{first, std::max(at_, first), std::max(late_, first)};
    std::vector<TruthAt> tables =
        truth(input_.plan, input_.templates, profiles_, options_, moments, nullptr, keep);
    std::vector<Mapping> all = std::move(tables[1].mappings);
    const std::size_t alive = all.size();
    const auto by_address = [](const Mapping& a, const Mapping& b) {
      return a.address < b.address;
    };
    for (Mapping& mapping : tables[0].mappings) {
      const auto end = all.begin() + static_cast<std::ptrdiff_t>(alive);
      if (!std::binary_search(all.begin(), end, mapping, by_address))
        all.push_back(std::move(mapping));
    }
    std::sort(all.begin(), all.end(), by_address);
    // Who logged out just before or after a login of theirs may have been seen to stay.
    for (const Mapping& mapping : tables[1].may_remain) {
      std::vector<Login>& logins = maybe_[mapping.address];
      logins.push_back({mapping.user, mapping.confirmed});
      if (mapping.contested()) logins.push_back({mapping.rival, mapping.confirmed});
      for (const std::string& user : mapping.other_rivals) {
        logins.push_back({user, mapping.confirmed});
      }
    }
    return all;
  }

  // What a line may have changed at a receiver that may have got it, or a logout certainly has.
  void note_uncertain(const Event& event, std::string_view line, bool certain) {
    const Reading reading = profiles_.read(line);
    if (certain && !reading.logout) return;
    for (const IpAddress& address : reading.addresses()) {
      const std::string user = profiles_.table_user(reading);
      if (!reading.logout) {
        maybe_[address].push_back({user, event.due});
      } else if (!certain) {
        maybe_left_[address].push_back({user, event.due});
      } else if (const auto found = maybe_.find(address); found != maybe_.end()) {
        std::erase_if(found->second, [&](const Login& login) { return login.user == user; });
      }
    }
  }

  // `user` as the table's text shows it. Directories know no case, and firewalls show names in
  // letters of their own.
  static bool shown_as(std::string_view user, std::string_view text) {
    return same_word(user, text) || same_word(escape_for_display(user), text);
  }

  // Other ways than syslog in which a firewall learns: what they teach is none of the scenario's.
  // (A receiver may pass on what it read by way of an agent or the API.)
  static bool is_from_elsewhere(const TableRow& row) {
    return !row.from.empty() && !same_word(row.from, "syslog") && !same_word(row.from, "uia") &&
           !same_word(row.from, "xmlapi");
  }

  void compare(const IpAddress& address, const Mapping* mapping, const TableRow* row) {
    // Logins that may have been the last one and not yet have ended.
    std::vector<const Login*> may;
    if (const auto found = maybe_.find(address); found != maybe_.end()) {
      for (const Login& login : found->second) {
        const bool later = mapping == nullptr || login.at > mapping->confirmed - options_.settle;
        if (later && login.at + options_.timeout > early_) may.push_back(&login);
      }
    }
    const bool may_be_absent = mapping == nullptr || mapping->expires <= late_ ||
                               mapping->may_be_absent || may_have_left(address, *mapping);
    if (!may_be_absent) ++verdict_.expected;
    if (row == nullptr) {
      if (may_be_absent) {
        if (mapping != nullptr || !may.empty()) ++verdict_.uncertain_missing;
        return;
      }
      ++verdict_.missing;
      missing_.emplace_back(wrong_.size(), at_ - mapping->confirmed);
      guess_.gone(at_ - mapping->confirmed);
      report(Finding::Kind::kMappingMissing, address, mapping->user, "", mapping);
      return;
    }
    const bool right = mapping != nullptr && shown_as(mapping->user, row->user);
    bool rival = false;
    if (mapping != nullptr && !right) {
      rival = (mapping->contested() && shown_as(mapping->rival, row->user)) ||
              std::any_of(mapping->other_rivals.begin(), mapping->other_rivals.end(),
                          [&](const std::string& user) { return shown_as(user, row->user); });
    }
    const bool maybe = std::any_of(may.begin(), may.end(), [&](const Login* login) {
      return shown_as(login->user, row->user);
    });
    if (right || rival || maybe) {
      if (may_be_absent || (!right && !rival)) {
        ++verdict_.uncertain_received;
        if (!may_be_absent) --verdict_.expected;
      } else {
        ++verdict_.matched;
        if (mapping->contested()) ++verdict_.contested;
      }
      if (right && row->user != mapping->user && row->user != escape_for_display(mapping->user)) {
        ++verdict_.other_letters;
      }
      if (right && may.empty() && !mapping->contested()) {
        guess_.there(at_ - mapping->confirmed, left(*row));
        compare_remaining(*mapping, *row);
      }
      return;
    }
    if (mapping == nullptr && may.empty() && is_from_elsewhere(*row)) {
      ++verdict_.from_elsewhere;
      return;
    }
    if (mapping == nullptr && may.empty()) {
      ++verdict_.extra;
      report(Finding::Kind::kMappingExtra, address, "", row->user, nullptr, row->from);
      return;
    }
    ++verdict_.wrong_user;
    const std::string expected = mapping != nullptr ? mapping->user : may.back()->user;
    report(Finding::Kind::kWrongUser, address, expected, row->user, mapping, row->from);
  }

  // Whether the mapping's user may have logged out since, by a message whose fate is uncertain.
  bool may_have_left(const IpAddress& address, const Mapping& mapping) const {
    const auto found = maybe_left_.find(address);
    return found != maybe_left_.end() &&
           std::any_of(found->second.begin(), found->second.end(), [&](const Login& logout) {
             return logout.user == mapping.user && logout.at >= mapping.confirmed;
           });
  }

  void compare_remaining(const Mapping& mapping, const TableRow& row) {
    constexpr Wide kSecond = 1'000'000'000;
    if (!input_.compare_remaining || !input_.receiver_timeout) return;
    if (row.expires) {
      const Wide off = Wide{(*row.expires - input_.epoch - mapping.expires).count()};
      const Wide tolerance = Wide{tolerance_.count()} + kSecond;
      if (off <= tolerance && -off <= tolerance) return;
      ++verdict_.wrong_remaining;
      report(Finding::Kind::kWrongRemaining, mapping.address,
             fmt::format("{}: until {}", mapping.user, end_text(input_.epoch, mapping.expires)),
             fmt::format("{}: until {}", row.user, format_rfc3339(*row.expires)), &mapping);
      return;
    }
    if (!row.remaining_seconds()) return;
    // The receiver's clock may run at another speed than the scenario's.
    const Wide real = Wide{(mapping.expires - at_).count()} * input_.receiver_timeout->count() /
                      options_.timeout.count();
    const Wide found = Wide{*row.remaining_seconds()} * kSecond;
    const Wide tolerance = Wide{input_.at_tolerance.count()} + kSecond;
    if (found - real <= tolerance && real - found <= tolerance) return;
    ++verdict_.wrong_remaining;
    report(Finding::Kind::kWrongRemaining, mapping.address,
           fmt::format("{}: {}s", mapping.user, static_cast<std::int64_t>(real / kSecond)),
           fmt::format("{}: {}s", row.user, *row.remaining_seconds()), &mapping);
  }

  // How long the row's mapping lives on, in simulated time.
  std::optional<SimTime> left(const TableRow& row) const {
    if (row.expires) return *row.expires - input_.epoch - at_;
    if (!row.remaining_seconds() || !input_.receiver_timeout) return std::nullopt;
    return clamped(Wide{*row.remaining_seconds()} * 1'000'000'000 * options_.timeout.count() /
                   input_.receiver_timeout->count());
  }

  void look_for_early_ends() {
    const SimTime tolerance = 2 * tolerance_ + played(input_, std::chrono::seconds{1});
    const std::optional<SimTime> shorter = guess_.shorter_than(options_.timeout, tolerance);
    if (!shorter) return;
    for (const auto& [index, age] : missing_) {
      if (age + tolerance < *shorter) continue;
      ++verdict_.expired_early;
      wrong_[index].finding.kind = Finding::Kind::kExpiredEarly;
      wrong_[index].finding.found =
          fmt::format("nobody: mappings there seem to end after about {}",
                      format_duration(std::chrono::round<std::chrono::seconds>(*shorter)));
    }
  }

  void report(Finding::Kind kind, const IpAddress& address, std::string expected, std::string found,
              const Mapping* expected_here, std::string from = {}) {
    WrongMapping wrong;
    wrong.address = address;
    wrong.finding.kind = kind;
    wrong.finding.subject = address.to_string();
    wrong.finding.expected = std::move(expected);
    wrong.finding.found = std::move(found);
    if (expected_here != nullptr) {
      wrong.expires = expected_here->expires;
      wrong.since = expected_here->since;
      wrong.confirmed = expected_here->confirmed;
    }
    wrong.from = std::move(from);
    wrong_.push_back(std::move(wrong));
  }

  const VerifyInput& input_;
  const ProfileSet& profiles_;
  const TruthOptions& options_;
  SimTime at_;
  Verdict& verdict_;
  SimTime tolerance_;
  SimTime certain_until_{}, early_{}, late_{};
  std::map<IpAddress, const TableRow*> rows_;
  std::map<IpAddress, std::vector<Login>> maybe_;
  std::map<IpAddress, std::vector<Login>> maybe_left_;  // likewise, logouts
  std::vector<WrongMapping> wrong_;
  // Of those that are missing: the index in wrong_, and how old they are.
  std::vector<std::pair<std::size_t, SimTime>> missing_;
  TimeoutGuess guess_;
};

}  // namespace

Verdict verify_mappings(const VerifyInput& input, const ProfileSet& profiles,
                        const TruthOptions& options, std::span<const TableRow> table, SimTime at) {
  TruthOptions used = options;
  if (input.record != nullptr && input.record->speed) {
    const SimTime settle =
        played(input, std::chrono::seconds{1} + SimTime{input.record->lateness.max()});
    used.settle = std::max(used.settle, settle);
  }
  Verdict verdict;
  check_expectations(input, profiles, used, at, verdict);
  TableCheck(input, profiles, used, table, at, verdict).check();
  return verdict;
}

}  // namespace esm
