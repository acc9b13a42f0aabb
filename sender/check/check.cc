#include "sender/check/check.h"

#include <utility>

#include <fmt/format.h>

#include "sender/check/fault_reading_check.h"
#include "sender/check/length_check.h"
#include "sender/check/lines_check.h"
#include "sender/check/logoff_check.h"
#include "sender/check/noise_check.h"
#include "sender/check/reading_check.h"
#include "sender/check/session_check.h"
#include "sender/check/shown_profiles.h"
#include "sender/check/timing_check.h"

namespace esm {
namespace {

void check_purposes(const std::vector<Profile>& profiles, std::vector<Warning>& warnings) {
  if (has_login(profiles)) return;
  warnings.push_back({"profile-logout",
                      fmt::format("the {} is for logouts: a receiver with it alone never maps "
                                  "anybody",
                                  shown_profiles(profiles)),
                      {},
                      "give the receiver a profile for logins too"});
}

void check_esms(const Scenario& scenario, std::vector<Warning>& warnings) {
  constexpr std::size_t kSendersMax = 50;
  if (scenario.esms.size() <= kSendersMax) return;
  warnings.push_back({"esms-too-many",
                      fmt::format("there are {} ESMs, a firewall takes at most {} syslog senders",
                                  scenario.esms.size(), kSendersMax),
                      {},
                      "spread them over several receivers; the limit is not documented, 50 is our "
                      "best knowledge"});
}

}  // namespace

SimTime settle_time(const Speed& speed) {
  constexpr SimTime kSettle = std::chrono::seconds{1};
  return kSettle * speed.numerator / speed.denominator;
}

std::vector<Warning> check_at_receiver(const Plan& plan, const Templates& templates,
                                       const std::vector<Profile>& profiles,
                                       const CheckOptions& options) {
  std::vector<Warning> warnings;
  check_purposes(profiles, warnings);
  check_reading(plan, templates, profiles, options, warnings);
  check_noise(plan, templates, profiles, options, warnings);
  check_logoffs(plan, templates, profiles, options, warnings);
  check_fault_readings(plan, templates, profiles, options, warnings);
  check_lengths(plan, templates, options, warnings);
  check_sessions(plan, options, warnings);
  check_timing(plan, options, warnings);
  check_lines(plan, templates, options, warnings);
  check_esms(plan.scenario(), warnings);
  return warnings;
}

}  // namespace esm
