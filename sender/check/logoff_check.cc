#include "sender/check/logoff_check.h"

#include <cstdint>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/check/event_walk.h"
#include "sender/check/shown_profiles.h"
#include "sender/mapping/profile_set.h"
#include "sender/mapping/shown_user.h"
#include "sender/message/renderer.h"

namespace esm {
namespace {

class LogoffCheck {
 public:
  LogoffCheck(const Plan& plan, const Templates& templates, const std::vector<Profile>& profiles,
              const CheckOptions& options)
      : plan_(plan),
        options_(options),
        renderer_(templates, plan, options.epoch),
        reader_(profiles),
        profiles_(shown_profiles(profiles)),
        settle_(settle_time(options.speed.value_or(Speed{}))),
        told_(plan.endpoint_count()) {}

  void run(std::vector<Warning>& warnings) {
    const bool more = walk_events(plan_, options_.messages_max, [this](const Event& event) {
      if (event.kind == EventKind::kNoise || event.user == kNobody) return;
      if (event.kind == EventKind::kLogoff && event.fault == 0) read(event);
      compare_with_the_last(event);
    });
    unread(more, warnings);
    contested(warnings);
  }

 private:
  // What an endpoint has told of last: that somebody is there, or has left.
  struct Told {
    std::uint32_t user = kNobody;
    bool left = false;
    SimTime at{};
  };

  void unread(bool more, std::vector<Warning>& warnings) {
    if (unread_.empty()) return;
    std::string problem =
        fmt::format("{} of {}{} messages of logoffs {} no mapping at a receiver with the {}",
                    format_thousands(unread_.size()), more ? "the first " : "",
                    format_thousands(messages_), unread_.size() == 1 ? "ends" : "end", profiles_);
    warnings.push_back({"logoff-unread", std::move(problem), std::move(unread_),
                        "give the receiver a profile for logouts that reads user and address out "
                        "of them: profile: [fsso-logon, fsso-logoff]"});
  }

  void contested(std::vector<Warning>& warnings) {
    if (contested_.empty()) return;
    std::string problem = fmt::format(
        "{} closer than {} to another message of the same user at the same address, that they are "
        "there: the receiver may hold them or nobody",
        contested_.size() == 1 ? "1 message of a logoff is"
                               : format_thousands(contested_.size()) + " messages of logoffs are",
        format_duration(settle_));
    warnings.push_back(
        {"logoffs-contested", std::move(problem), std::move(contested_),
         "keep them a second of real time apart; truth and verify take either for right"});
  }

  // In the other order the two would leave the receiver with another table.
  void compare_with_the_last(const Event& event) {
    Told& last = told_[event.endpoint];
    const bool left = event.kind == EventKind::kLogoff;
    if (last.user == event.user && last.left != left && event.due - last.at < settle_) {
      const UserRef ref = plan_.user_ref(event.user);
      const EndpointRef endpoint = plan_.endpoint_ref(event.endpoint);
      contested_.push_back(fmt::format(
          "{} ({}): {} {} at {}, {} after the message that they {}",
          plan_.scenario().endpoints[endpoint.group].host.name(endpoint.index),
          plan_.address(event).to_string(), plan_.scenario().users[ref.group].written(ref.index),
          left ? "logs off" : "is heard of", format_moment(event.due),
          format_moment(event.due - last.at), left ? "are there" : "left"));
    }
    last = {event.user, left, event.due};
  }

  void read(const Event& event) {
    const std::string line = renderer_.render(event);
    ++messages_;
    const Reading reading = reader_.read(line);
    const UserRef ref = plan_.user_ref(event.user);
    const UserGroup& group = plan_.scenario().users[ref.group];
    std::string what(name_of(reading.verdict));
    if (reading.verdict == Reading::Verdict::kMapped) {
      const std::string shown = reader_.table_user(reading);
      const IpAddress first = reading.addresses().front();
      if (reading.logout && first == plan_.address(event) &&
          is_right_user(group, ref.index, shown)) {
        return;
      }
      what = fmt::format("a {} of {} at {}", reading.logout ? "logout" : "login", shown,
                         first.to_string());
    }
    unread_.push_back(fmt::format("that of {} at {} is read as {}", group.written(ref.index),
                                  format_moment(event.due), what));
  }

  const Plan& plan_;
  const CheckOptions& options_;
  Renderer renderer_;
  ProfileSet reader_;
  const std::string profiles_;
  std::uint64_t messages_ = 0;
  const SimTime settle_;
  std::vector<Told> told_;  // by endpoint
  std::vector<std::string> unread_, contested_;
};

}  // namespace

void check_logoffs(const Plan& plan, const Templates& templates,
                   const std::vector<Profile>& profiles, const CheckOptions& options,
                   std::vector<Warning>& warnings) {
  if (plan.scenario().logoffs.empty()) return;
  LogoffCheck(plan, templates, profiles, options).run(warnings);
}

}  // namespace esm
