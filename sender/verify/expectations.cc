#include "sender/verify/expectations.h"

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
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"
#include "sender/verify/sent.h"

namespace esm {
namespace {

// An address that some expectation is about.
struct Watched {
  // The last login of a message whose fate is uncertain, if no certain one came later.
  std::string maybe_user;
  SimTime maybe_at{};
  bool maybe = false;
  std::string maybe_left;  // whose logout is uncertain, if nothing certain came later
  std::string not_sent;    // the last message that would have changed it and was not sent
};

class Expectations {
 public:
  Expectations(const VerifyInput& input, const ProfileSet& profiles, const TruthOptions& options,
               Verdict& verdict)
      : input_(input),
        profiles_(profiles),
        options_(options),
        verdict_(verdict),
        renderer_(input.templates, input.plan, input.epoch),
        table_(options.timeout, options.settle) {}

  void check(SimTime until) {
    std::vector<const Step*> steps;
    for (const Step& step : input_.plan.scenario().steps) {
      const auto* expected = std::get_if<ExpectStep>(&step.what);
      if (expected == nullptr || step.at > until) continue;
      steps.push_back(&step);
      for (const ExpectStep::Line& line : expected->lines) watched_[address(line, step.at)];
    }
    if (steps.empty()) return;

    // They are about the whole scenario: where each receiver gets a part, about all of these.
    const bool parted =
        input_.record != nullptr && input_.record->distribution != Distribution::kAll;
    SentRule rule(input_.plan, input_.record, parted ? std::nullopt : input_.target);
    Schedule schedule(input_.plan);
    std::vector<Event> events(1024);
    std::size_t next = 0;  // step
    while (const std::size_t count = schedule.next(events)) {
      for (std::size_t i = 0; i < count; ++i) {
        while (next < steps.size() && steps[next]->at < events[i].due) evaluate(*steps[next++]);
        if (next == steps.size()) return;
        const SentRule::Answer answer = rule.next(events[i]);
        const bool held = input_.shard.holds(events[i].endpoint);
        take(events[i], held ? answer : SentRule::Answer{false, Sent::kNotSent, nullptr});
      }
    }
    while (next < steps.size()) evaluate(*steps[next++]);
  }

 private:
  // The endpoint's at that moment.
  IpAddress address(const ExpectStep::Line& line, SimTime at) const {
    const std::uint32_t endpoint = input_.plan.endpoint_index(line.endpoint);
    if (line.second) return input_.plan.second_address(endpoint);
    return input_.plan.address(endpoint, input_.plan.site_at(endpoint, at), at);
  }

  void take(const Event& event, const SentRule::Answer& answer) {
    // What is not watched is not even rendered; a heartbeat speaks of its own endpoint's address.
    if (event.message == 0 && !watched_.contains(input_.plan.address(event))) return;
    const std::string message = renderer_.render(event);
    for_each_message_line(event, message, [&](std::string_view line) {
      if (line.size() > options_.message_bytes_max) return;
      const Reading reading = profiles_.read(line);
      for (const IpAddress& address : reading.addresses()) {
        const auto found = watched_.find(address);
        if (found == watched_.end()) continue;
        apply(event, answer, address, reading.logout, profiles_.table_user(reading), found->second);
      }
    });
  }

  void apply(const Event& event, const SentRule::Answer& answer, const IpAddress& address,
             bool logout, const std::string& user, Watched& watched) {
    if (!answer.due || answer.sent == Sent::kNotSent) {
      watched.not_sent = fmt::format("{}: {}", describe(input_.plan, event), describe(answer));
    } else if (answer.sent == Sent::kUncertain && logout) {
      watched.maybe_left = user;
    } else if (answer.sent == Sent::kUncertain) {
      watched.maybe = true;
      watched.maybe_user = user;
      watched.maybe_at = event.due;
    } else {
      if (!logout || watched.maybe_user == user) watched.maybe = false;
      watched.maybe_left.clear();
      watched.not_sent.clear();
      if (logout) {
        table_.logout(address, user, event.due);
      } else {
        table_.login(address, user, event.due);
      }
    }
  }

  void evaluate(const Step& step) {
    for (const ExpectStep::Line& line : std::get<ExpectStep>(step.what).lines) {
      ++verdict_.expectations;
      const IpAddress where = address(line, step.at);
      const Watched& watched = watched_.at(where);
      const std::optional<Mapping> mapping = table_.find(where, step.at);
      const std::optional<std::string> expected = expected_user(line, step.at);
      const bool maybe_alive = watched.maybe && watched.maybe_at + options_.timeout > step.at;
      bool met =
          expected ? mapping && mapping->accepts(*expected) : !mapping || mapping->may_be_absent;
      if (expected && !mapping) {
        const std::optional<Mapping> left = table_.find_remaining(where, step.at);
        met = left && left->accepts(*expected);
      }
      if (mapping && mapping->user == watched.maybe_left) met = met || !expected;
      if (maybe_alive && expected) met = met || watched.maybe_user == *expected;
      const std::string subject = fmt::format(
          "{} ({}) at {}",
          input_.plan.scenario().endpoints[line.endpoint.group].host.name(line.endpoint.index),
          where.to_string(), format_duration(step.at));
      verdict_.expectation_results.push_back({subject, expected.value_or("nobody"), met});
      if (met) continue;
      ++verdict_.expectations_failed;
      ++verdict_.findings_total;
      if (verdict_.findings.size() >= input_.findings_max) continue;
      Finding finding;
      finding.kind = Finding::Kind::kExpectationFailed;
      finding.subject = subject;
      finding.expected = expected.value_or("nobody");
      finding.found = mapping ? mapping->user : "nobody";
      const Place& place = line.place;
      finding.reason = place.line > 0 ? fmt::format("{}:{}", place.file, place.line) : "";
      if (!watched.not_sent.empty()) {
        finding.reason += (finding.reason.empty() ? "" : "; ") + watched.not_sent;
      }
      verdict_.findings.push_back(std::move(finding));
    }
  }

  // The user as the receiver's table would show them: what the profile reads out of a message of
  // theirs from there. A user it cannot read at all is expected by their own name, and missed.
  std::optional<std::string> expected_user(const ExpectStep::Line& line, SimTime at) {
    if (!line.user) return std::nullopt;
    Event event;
    event.due = at;
    event.endpoint = input_.plan.endpoint_index(line.endpoint);
    event.user = input_.plan.user_index(*line.user);
    event.site = input_.plan.site_at(event.endpoint, at);
    const std::string text = renderer_.render(event);
    const Reading reading = profiles_.read(text);
    if (reading.verdict == Reading::Verdict::kMapped) return profiles_.table_user(reading);
    return input_.plan.scenario().users[line.user->group].name_of(line.user->index);
  }

  const VerifyInput& input_;
  const ProfileSet& profiles_;
  const TruthOptions& options_;
  Verdict& verdict_;
  Renderer renderer_;
  MappingTable table_;
  std::map<IpAddress, Watched> watched_;
};

}  // namespace

void check_expectations(const VerifyInput& input, const ProfileSet& profiles,
                        const TruthOptions& options, SimTime until, Verdict& verdict) {
  Expectations(input, profiles, options, verdict).check(until);
}

}  // namespace esm
