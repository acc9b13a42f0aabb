#include "sender/check/fault_reading_check.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/check/event_walk.h"
#include "sender/check/shown_profiles.h"
#include "sender/mapping/message_lines.h"
#include "sender/mapping/profile_set.h"
#include "sender/message/renderer.h"

namespace esm {
namespace {

// One thing that a receiver learns of a message.
struct Learnt {
  IpAddress address;
  std::string user;
  bool logout = false;
  friend auto operator<=>(const Learnt&, const Learnt&) = default;
};

class FaultReadingCheck {
 public:
  FaultReadingCheck(const Plan& plan, const Templates& templates,
                    const std::vector<Profile>& profiles, const CheckOptions& options)
      : plan_(plan),
        profiles_(shown_profiles(profiles)),
        options_(options),
        renderer_(templates, plan, options.epoch),
        reader_(profiles),
        tallies_(plan.scenario().faults.size()) {}

  void run(std::vector<Warning>& warnings) {
    const bool more = walk_events(plan_, options_.messages_max, [this](const Event& event) {
      if (event.fault > 0) read(event);
    });
    for (std::size_t i = 0; i < tallies_.size(); ++i) {
      if (!tallies_[i].samples.empty())
        warn(plan_.scenario().faults[i], tallies_[i], more, warnings);
    }
  }

 private:
  struct Tally {
    std::uint64_t messages = 0;
    std::vector<std::string> samples;  // of those that are read otherwise than declared
  };

  // What the receiver learns of it, each thing once.
  std::vector<Learnt> learnt(const Event& event) {
    std::vector<Learnt> all;
    const std::string message = renderer_.render(event);
    for_each_message_line(event, message, [&](std::string_view line) {
      if (line.size() > options_.message_bytes_max) return;
      const Reading reading = reader_.read(line);
      for (const IpAddress& address : reading.addresses()) {
        all.push_back({address, reader_.table_user(reading), reading.logout});
      }
    });
    std::sort(all.begin(), all.end());
    all.erase(std::unique(all.begin(), all.end()), all.end());
    return all;
  }

  void read(const Event& event) {
    Tally& tally = tallies_[event.fault - 1U];
    ++tally.messages;
    const std::vector<Learnt> read = learnt(event);
    std::vector<Learnt> right;
    if (verdict_of(plan_.scenario().faults[event.fault - 1U], options_.message_bytes_max) ==
        FaultVerdict::kMap) {
      Event whole = event;
      whole.fault = 0;
      right = learnt(whole);
    }
    if (read == right) return;
    const EndpointRef endpoint = plan_.endpoint_ref(event.endpoint);
    tally.samples.push_back(
        fmt::format("{} of {} at {} is read as {}{}", name_of(event.kind),
                    plan_.scenario().endpoints[endpoint.group].host.name(endpoint.index),
                    format_moment(event.due), in_words(read),
                    right.empty() ? "" : fmt::format(", undamaged as {}", in_words(right))));
  }

  static std::string in_words(const std::vector<Learnt>& all) {
    if (all.empty()) return "nothing";
    std::string out;
    for (const Learnt& one : all) {
      out += fmt::format("{}{}{} at {}", out.empty() ? "" : ", ", one.logout ? "a logout of " : "",
                         one.user, one.address.to_string());
    }
    return out;
  }

  void warn(const Fault& fault, Tally& tally, bool more, std::vector<Warning>& warnings) const {
    const FaultVerdict verdict = verdict_of(fault, options_.message_bytes_max);
    const std::size_t wrong = tally.samples.size();
    std::string problem = fmt::format(
        "{} of {}{} message{} with the fault {} {} read by the {} otherwise than the verdict '{}' "
        "says",
        format_thousands(wrong), more ? "the first " : "", format_thousands(tally.messages),
        tally.messages == 1 ? "" : "s", to_text(fault), wrong == 1 ? "is" : "are", profiles_,
        name_of(verdict));
    warnings.push_back({"fault-misread", std::move(problem), std::move(tally.samples),
                        verdict == FaultVerdict::kMap
                            ? "if that is right for this receiver, declare it: verdict: fail, or "
                              "verdict: ignore"
                            : "if that is right for this receiver, declare it: verdict: map"});
  }

  const Plan& plan_;
  const std::string profiles_;
  const CheckOptions& options_;
  Renderer renderer_;
  ProfileSet reader_;
  std::vector<Tally> tallies_;  // of each of the scenario's faults
};

}  // namespace

void check_fault_readings(const Plan& plan, const Templates& templates,
                          const std::vector<Profile>& profiles, const CheckOptions& options,
                          std::vector<Warning>& warnings) {
  if (plan.scenario().faults.empty()) return;
  FaultReadingCheck(plan, templates, profiles, options).run(warnings);
}

}  // namespace esm
