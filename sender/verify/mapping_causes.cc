#include "sender/verify/mapping_causes.h"

#include <algorithm>
#include <deque>
#include <map>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/mapping/message_lines.h"
#include "sender/mapping/shown_user.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"
#include "sender/verify/arrivals.h"
#include "sender/verify/sent.h"

namespace esm {
namespace {

// A login of whom an address should show, or the logout that should have ended what it shows.
struct Told {
  Event event;
  Hash128 line;
};
constexpr const char* kNotReceived = "was not received, or not as it was sent";
constexpr std::size_t kLoginsMax = 16;  // that are remembered of an address, the last ones

// What is known of one wrong address, from all messages that speak of it.
struct History {
  std::optional<Event> last;  // that was sent
  std::optional<Event> left;  // the logout after it, that was sent
  std::string last_user;
  std::optional<Event> of_found;  // the last that names the user who was found there
  std::string lost;               // the last that was not sent, if none was sent later
  std::deque<Told> logins;        // sent for certain, of whom it should show, without a gap
  std::optional<Hash128> logout;  // the line of `left`
  std::optional<Event> decoy;     // noise that was sent, names address and user, and maps nobody
};

class Causes {
 public:
  Causes(const VerifyInput& input, const ProfileSet& profiles, const TruthOptions& options,
         SimTime at)
      : input_(input), profiles_(profiles), options_(options), at_(at) {}

  void explain(std::span<WrongMapping> wrong) {
    if (wrong.empty()) return;
    for (WrongMapping& one : wrong) histories_[one.address].first = &one;
    shown_ = wrong.first(std::min(wrong.size(), input_.findings_max));
    walk();
    if (input_.received_lines != nullptr) look_for_arrivals(wrong);
    for (WrongMapping& one : wrong) {
      const History& history = histories_[one.address].second;
      const bool was_right = history.last && one.finding.found == shown_name(history, one);
      if (one.finding.kind == Finding::Kind::kMappingExtra && was_right) {
        one.finding.kind = Finding::Kind::kLingering;
      }
    }
    for (WrongMapping& one : shown_) {
      one.finding.reason = reason(one, histories_[one.address].second);
    }
  }

 private:
  using Histories = std::map<IpAddress, std::pair<const WrongMapping*, History>>;

  static bool shown_as(std::string_view user, std::string_view text) {
    return same_word(user, text) || same_word(escape_for_display(user), text);
  }
  // The found text itself where it shows the last user.
  static std::string shown_name(const History& history, const WrongMapping& wrong) {
    return shown_as(history.last_user, wrong.finding.found) ? wrong.finding.found : "";
  }

  void walk() {
    SentRule rule(input_.plan, input_.record, input_.target);
    Renderer renderer(input_.templates, input_.plan, input_.epoch);
    Schedule schedule(input_.plan);
    std::vector<Event> events(1024);
    const SimTime until = at_ == kNever ? kNever : at_ + SimTime{1};
    while (const std::size_t count = schedule.next(events, until)) {
      for (const Event& event : std::span(events).first(count)) {
        const SentRule::Answer answer = rule.next(event);
        const std::string message = renderer.render(event);
        for_each_message_line(event, message, [&](std::string_view line) {
          if (line.size() <= input_.message_bytes_max) look_at(event, answer, line);
        });
      }
    }
  }

  void look_at(const Event& event, const SentRule::Answer& answer, std::string_view line) {
    const Reading reading = profiles_.read(line);
    if (reading.verdict != Reading::Verdict::kMapped) {
      const bool sent = answer.due && answer.sent != Sent::kNotSent;
      if (event.kind == EventKind::kNoise && sent) look_for_decoy(event, line);
      return;
    }
    for (const IpAddress& address : reading.addresses()) {
      const auto found = histories_.find(address);
      if (found == histories_.end()) continue;
      const std::string user = profiles_.table_user(reading);
      remember(event, answer, reading.logout, user, found->second);
      if (input_.received_lines != nullptr) {
        remember_line(event, answer, reading.logout, user, line, found->second);
      }
    }
  }

  void remember(const Event& event, const SentRule::Answer& answer, bool logout,
                const std::string& user, Histories::mapped_type& of) const {
    History& history = of.second;
    if (!answer.due || answer.sent == Sent::kNotSent || !input_.shard.holds(event.endpoint)) {
      history.lost =
          fmt::format("{}, did not leave: {}", describe(input_.plan, event), describe(answer));
      return;
    }
    history.lost.clear();
    history.left.reset();
    if (logout) {
      history.left = event;
      return;
    }
    history.last = event;
    history.last_user = user;
    if (shown_as(user, of.first->finding.found)) history.of_found = event;
  }

  void remember_line(const Event& event, const SentRule::Answer& answer, bool logout,
                     const std::string& user, std::string_view line, Histories::mapped_type& of) {
    const WrongMapping& wrong = *of.first;
    History& history = of.second;
    const bool certain = answer.due && answer.sent == Sent::kSent;
    if (!certain || !input_.shard.holds(event.endpoint)) return;
    const Hash128 hash = hash128(input_.form.sent(line, scratch_));
    if (logout) {
      history.logout = hash;
      return;
    }
    history.logout.reset();
    if (!wrong.confirmed || event.due > *wrong.confirmed) return;
    // Only a login that still counts at the moment could have made what is missing.
    if (user != wrong.finding.expected) {
      history.logins.clear();
      return;
    }
    history.logins.push_back({event, hash});
    if (history.logins.size() > kLoginsMax) history.logins.pop_front();
  }

  // Whether the entry would still live by this login alone.
  bool still_counts(const WrongMapping& wrong, const Told& login) const {
    return login.event.due >= *wrong.since && at_ - login.event.due < options_.timeout;
  }

  void look_for_arrivals(std::span<WrongMapping> wrong) {
    for (const auto& [address, of] : histories_) {
      for (const Told& login : of.second.logins) arrivals_.want(login.line);
      if (of.second.logout) arrivals_.want(*of.second.logout);
    }
    arrivals_are_known_ = arrivals_.read(input_.form, *input_.received_lines);
    if (!arrivals_are_known_) return;
    for (WrongMapping& one : wrong) {
      const History& history = histories_[one.address].second;
      if (history.logins.empty() || lines_are_equal(history)) continue;
      one.came = arrived(one, history) != nullptr ? WrongMapping::Came::kReceived
                                                  : WrongMapping::Came::kNotReceived;
    }
  }

  // Then nobody can tell which of them came.
  static bool lines_are_equal(const History& history) {
    std::vector<Hash128> lines;
    for (const Told& login : history.logins) lines.push_back(login.line);
    std::sort(lines.begin(), lines.end());
    return std::adjacent_find(lines.begin(), lines.end()) != lines.end();
  }

  // The last login that came and still counts.
  const Told* arrived(const WrongMapping& wrong, const History& history) const {
    const auto found =
        std::find_if(history.logins.rbegin(), history.logins.rend(), [&](const Told& login) {
          return still_counts(wrong, login) && arrivals_.line_of(login.line) > 0;
        });
    return found == history.logins.rend() ? nullptr : &*found;
  }

  // The words that a careless receiver finds in a line that is no heartbeat.
  void look_for_decoy(const Event& event, std::string_view line) {
    for (const WrongMapping& one : shown_) {
      const Finding& finding = one.finding;
      if (finding.found.empty() || line.find(finding.found) == std::string::npos) continue;
      if (line.find(finding.subject) != std::string::npos) {
        histories_[one.address].second.decoy = event;
      }
    }
  }

  std::string reason(const WrongMapping& wrong, const History& history) const {
    std::string out;
    const auto add = [&](const std::string& text) { out += (out.empty() ? "" : "; ") + text; };
    const bool extra = wrong.finding.kind == Finding::Kind::kMappingExtra ||
                       wrong.finding.kind == Finding::Kind::kLingering;
    if (extra) {
      if (history.left) {
        add("ended by the " + describe(input_.plan, *history.left));
        if (history.logout && arrivals_are_known_) {
          const std::uint64_t line = arrivals_.line_of(*history.logout);
          add(line > 0 ? fmt::format("it was received (line {})", line)
                       : fmt::format("it {}", kNotReceived));
        }
      } else if (history.last) {
        // A maximum timeout may have ended it before.
        const std::string ended =
            options_.maximum_timeout == kNever
                ? "it ended at " + format_moment(history.last->due + options_.timeout)
                : "it had ended by then";
        add(fmt::format("the last message there was the {}, and {}",
                        describe(input_.plan, *history.last), ended));
      } else if (history.lost.empty() && !history.decoy) {
        add("no message speaks of this address");
      }
    } else {
      if (history.last) add("made by the " + describe(input_.plan, *history.last));
      add_arrival(wrong, history, add);
      if (wrong.expires) {
        add(*wrong.expires > input_.plan.scenario().length
                ? "outlasts the scenario"
                : "ends at " + format_moment(*wrong.expires));
      }
      if (wrong.finding.kind == Finding::Kind::kWrongUser) add_misreading(wrong, history, add);
      if (wrong.finding.kind == Finding::Kind::kWrongUser && history.of_found) {
        add("what was found was right until then, since the " +
            describe(input_.plan, *history.of_found));
      }
    }
    if (!wrong.from.empty() && !same_word(wrong.from, "syslog")) {
      add("the receiver learnt it by " + wrong.from);
    }
    if (history.decoy) {
      add(fmt::format("its words stand in the {}, which is no heartbeat",
                      describe(input_.plan, *history.decoy)));
    }
    if (!history.lost.empty()) add("the " + history.lost);
    return out;
  }

  // Whether the receiver can know what it should hold.
  template <typename Add>
  void add_arrival(const WrongMapping& wrong, const History& history, const Add& add) const {
    if (wrong.came == WrongMapping::Came::kUnknown) return;
    const Told& last = history.logins.back();
    const bool named = history.last && history.last->endpoint == last.event.endpoint &&
                       history.last->ordinal == last.event.ordinal;
    const std::string it = named ? "it" : "the " + describe(input_.plan, last.event) + ",";
    if (const std::uint64_t line = arrivals_.line_of(last.line); line > 0) {
      add(fmt::format("{} was received (line {}): the receiver should have mapped it", it, line));
      return;
    }
    add(fmt::format("{} {}", it, kNotReceived));
    if (const Told* const earlier = arrived(wrong, history)) {
      add(fmt::format("the {}, was (line {}): the receiver should still have it",
                      describe(input_.plan, earlier->event), arrivals_.line_of(earlier->line)));
      return;
    }
    const auto before =
        std::count_if(history.logins.begin(), history.logins.end() - 1,
                      [&](const Told& login) { return still_counts(wrong, login); });
    if (before > 0) add(fmt::format("nor were the {} before it that would still count", before));
  }

  // The receiver may have read the right message, and made something else of the name.
  template <typename Add>
  void add_misreading(const WrongMapping& wrong, const History& history, const Add& add) const {
    const std::string& expected = wrong.finding.expected;
    const std::string& found = wrong.finding.found;
    if (!history.last || history.last->user == kNobody) return;
    const UserRef ref = input_.plan.user_ref(history.last->user);
    if (is_right_user(input_.plan.scenario().users[ref.group], ref.index, found)) {
      add(
          fmt::format("that is the user's whole name, of which the profile here reads '{}': the "
                      "receiver has another",
                      expected));
    } else if (!found.empty() && found.size() < expected.size() && expected.starts_with(found)) {
      add(fmt::format("cut: the receiver's profile ends a name at '{}'",
                      escape_for_display(expected.substr(found.size(), 1))));
    }
  }

  const VerifyInput& input_;
  const ProfileSet& profiles_;
  const TruthOptions& options_;
  SimTime at_;
  Arrivals arrivals_;
  bool arrivals_are_known_ = false;
  std::string scratch_;
  std::span<WrongMapping> shown_;
  Histories histories_;
};

}  // namespace

void explain_mappings(const VerifyInput& input, const ProfileSet& profiles,
                      const TruthOptions& options, SimTime at, std::span<WrongMapping> wrong) {
  Causes(input, profiles, options, at).explain(wrong);
}

}  // namespace esm
