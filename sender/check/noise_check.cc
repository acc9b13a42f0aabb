#include "sender/check/noise_check.h"

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

class NoiseCheck {
 public:
  NoiseCheck(const Plan& plan, const Templates& templates, const std::vector<Profile>& profiles,
             const CheckOptions& options)
      : plan_(plan),
        profiles_(shown_profiles(profiles)),
        options_(options),
        renderer_(templates, plan, options.epoch),
        reader_(profiles) {}

  void run(std::vector<Warning>& warnings) {
    const bool more = walk_events(plan_, options_.messages_max, [this](const Event& event) {
      if (event.kind == EventKind::kNoise) read(event);
    });
    const std::string of_all = fmt::format("{}{} noise message{}", more ? "the first " : "",
                                           format_thousands(messages_), messages_ == 1 ? "" : "s");
    taken(
        "noise-misread", "and tell it something wrong", misread_, of_all,
        "let the profile's event regex match nothing but heartbeats: that of traps-safe wants the "
        "words where a field begins",
        warnings);
    taken("noise-read", "and tell it the right user and address", read_, of_all,
          "mappings last longer than heartbeats alone would make them; harmless, if that is meant",
          warnings);
  }

 private:
  void read(const Event& event) {
    const std::string line = renderer_.render(event);
    ++messages_;
    const Reading reading = reader_.read(line);
    if (reading.verdict != Reading::Verdict::kMapped) return;
    const std::string shown = reader_.table_user(reading);
    const EndpointRef endpoint = plan_.endpoint_ref(event.endpoint);
    const Scenario& scenario = plan_.scenario();
    std::string sample = fmt::format("{} of {} at {} is read as {} at {}",
                                     scenario.noise[event.message - 1U].message,
                                     scenario.endpoints[endpoint.group].host.name(endpoint.index),
                                     format_moment(event.due), shown, addresses_text(reading));
    (is_right(event, shown, reading) ? read_ : misread_).push_back(std::move(sample));
  }

  static std::string addresses_text(const Reading& reading) {
    std::string out;
    for (const IpAddress& address : reading.addresses()) {
      out += (out.empty() ? "" : ", ") + address.to_string();
    }
    return out;
  }

  bool is_right(const Event& event, const std::string& shown, const Reading& reading) const {
    if (event.user == kNobody) return false;
    const IpAddress right = plan_.address(event);
    for (const IpAddress& address : reading.addresses()) {
      if (address != right) return false;
    }
    const UserRef user = plan_.user_ref(event.user);
    return is_right_user(plan_.scenario().users[user.group], user.index, shown);
  }

  void taken(const char* code, std::string_view tells, std::vector<std::string>& samples,
             const std::string& of_all, std::string hint, std::vector<Warning>& warnings) const {
    if (samples.empty()) return;
    std::string problem = fmt::format("{} of {} {} taken for heartbeats by the {}, {}",
                                      format_thousands(samples.size()), of_all,
                                      samples.size() == 1 ? "is" : "are", profiles_, tells);
    warnings.push_back({code, std::move(problem), std::move(samples), std::move(hint)});
  }

  const Plan& plan_;
  const std::string profiles_;
  const CheckOptions& options_;
  Renderer renderer_;
  ProfileSet reader_;

  std::uint64_t messages_ = 0;
  std::vector<std::string> misread_, read_;
};

}  // namespace

void check_noise(const Plan& plan, const Templates& templates, const std::vector<Profile>& profiles,
                 const CheckOptions& options, std::vector<Warning>& warnings) {
  if (plan.scenario().noise.empty()) return;
  NoiseCheck(plan, templates, profiles, options).run(warnings);
}

}  // namespace esm
