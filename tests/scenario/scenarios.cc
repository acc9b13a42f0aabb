#include "tests/scenario/scenarios.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <utility>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sender/base/random.h"
#include "sender/scenario/load_scenario.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

#include "tests/support/shipped_files.h"

namespace esm {

void PrintTo(const Event& event, std::ostream* out) {
  *out << "{due " << event.due.count() << ", endpoint " << event.endpoint << ", user " << event.user
       << ", ordinal " << event.ordinal << ", site " << int{event.site} << ", "
       << name_of(event.kind) << ", message " << int{event.message} << ", fault "
       << int{event.fault} << "}";
}

}  // namespace esm

namespace esm::test {
namespace {

const std::filesystem::path kFolder = std::filesystem::path(ESM_SOURCE_DIR) / "scenarios";

// Small numbers from a seed.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  // 0 to sides - 1.
  std::uint32_t roll(std::uint32_t sides) {
    state_ += 0x9E3779B97F4A7C15U;
    return static_cast<std::uint32_t>(scale(mix64(state_), sides));
  }

 private:
  std::uint64_t state_;
};

// Some noise of some of the groups e0, e1 …, or none.
std::string random_noise(Dice& dice, std::uint32_t groups) {
  std::string noise;
  const std::uint32_t count = dice.roll(2) * dice.roll(5);
  for (std::uint32_t i = 0; i < count; ++i) {
    noise += fmt::format("  - {{ message: m{}, on: e{}, ", i, dice.roll(groups));
    switch (dice.roll(3)) {
      case 0:
        noise += fmt::format("every: {}ms }}\n", 100 + dice.roll(60'000));
        break;
      case 1:
        noise += fmt::format("rate: {}/m }}\n", 1 + dice.roll(200));
        break;
      default:
        noise += fmt::format("share: {}% }}\n", 1 + dice.roll(100));
        break;
    }
  }
  return noise.empty() ? noise : "noise:\n" + noise;
}

}  // namespace

std::vector<std::string> shipped_names() {
  std::vector<std::string> names;
  for (const auto& file : std::filesystem::directory_iterator(kFolder)) {
    if (file.path().extension() == ".yaml") names.push_back(file.path().stem().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string shipped_text(const std::string& name) {
  std::ifstream file(kFolder / (name + ".yaml"), std::ios::binary);
  EXPECT_TRUE(file) << name;
  return std::string(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

Scenario scenario_of(const std::string& text) {
  Diagnostics diagnostics;
  GivenFiles files = shipped_files();
  std::optional<Scenario> scenario =
      read_scenario(SourceText("test.yaml", text), {{}, &files}, diagnostics);
  EXPECT_TRUE(scenario) << diagnostics.render() << text;
  return scenario ? std::move(*scenario) : Scenario{};
}

std::string random_scenario(std::uint64_t seed) {
  Dice dice(seed);
  const char* const curves[] = {"uniform", "normal", "poisson"};
  std::string users, endpoints, activity, steps;
  const std::uint32_t groups = 1 + dice.roll(3);
  for (std::uint32_t g = 0; g < groups; ++g) {
    const std::uint32_t count = 1 + dice.roll(12);
    const bool by_rate = dice.roll(6) == 0;
    users += fmt::format("  u{}: {{ count: {}, name: \"u{}-{{}}\" }}\n", g, count, g);
    endpoints += fmt::format("  e{}: {{ count: {}, host: \"e{}-{{}}\", pool: 10.{}.0.0/24", g,
                             by_rate ? count : count + dice.roll(4), g, g);
    if (by_rate) {
      endpoints += fmt::format(", rate: {}/m", 1 + dice.roll(600));
      if (dice.roll(2) == 0) endpoints += fmt::format(", messages: {}", 1 + dice.roll(900));
    } else {
      endpoints += fmt::format(", heartbeat: {}s, jitter: {}%", 1 + dice.roll(90),
                               dice.roll(2) == 0 ? 0 : dice.roll(50));
      if (dice.roll(2) == 0) endpoints += ", heartbeat-clock: logon";
    }
    endpoints += " }\n";
    std::uint32_t at = by_rate ? 0 : dice.roll(60);
    const std::uint32_t times = 1 + dice.roll(3);
    for (std::uint32_t i = 0; i < times; ++i) {
      for (const char* const what : {"logon", "logoff"}) {
        const bool at_once = (by_rate && i == 0) || dice.roll(3) == 0;
        const std::uint32_t within = at_once ? 0 : dice.roll(100);
        activity += fmt::format("  - {{ {}: u{}, on: e{}, at: {}s", what, g, g, at);
        activity +=
            at_once ? ", curve: at-once }\n"
                    : fmt::format(", within: {}s, curve: {} }}\n", within, curves[dice.roll(3)]);
        at += within + dice.roll(40);
        if (dice.roll(5) == 0) i = times;  // sometimes they stay
        if (i == times) break;
      }
    }
    // A second group of users at the same endpoints.
    if (dice.roll(2) == 0) {
      users +=
          fmt::format("  v{}: {{ count: {}, name: \"v{}-{{}}\" }}\n", g, 1 + dice.roll(count), g);
      activity +=
          fmt::format("  - {{ logon: v{}, on: e{}, at: {}s, within: {}s, curve: normal }}\n", g, g,
                      dice.roll(300), dice.roll(60));
      activity += fmt::format("  - {{ logoff: v{}, at: {}s }}\n", g, 370 + dice.roll(100));
    }
  }
  std::vector<std::string> on;
  std::uint32_t at = 0;
  const std::uint32_t count = dice.roll(12);
  for (std::uint32_t i = 0; i < count; ++i) {
    at += dice.roll(60);
    const std::string user = fmt::format("u{}-1", dice.roll(groups));
    const std::string host = fmt::format("e{}-1", dice.roll(groups));
    if (on.empty() || dice.roll(3) > 0) {
      steps += fmt::format("  - {{ at: {}s, logon: {}, on: {} }}\n", at, user, host);
      on.push_back(fmt::format("logoff: {}, on: {}", user, host));
      if (dice.roll(2) == 0) on.back() = "logoff: " + user;
    } else {
      steps += fmt::format("  - {{ at: {}s, {} }}\n", at,
                           on[dice.roll(static_cast<std::uint32_t>(on.size()))]);
    }
  }
  std::string esms;
  for (std::uint32_t i = 0; i <= dice.roll(3); ++i) {
    esms += fmt::format("  - {{ name: m{}, address: 192.0.2.{} }}\n", i, i + 1);
  }
  return "length: 15m\nesm:\n" + esms + "users:\n" + users + "endpoints:\n" + endpoints +
         "activity:\n" + activity + (steps.empty() ? "" : "steps:\n" + steps) +
         random_noise(dice, groups);
}

std::string random_lives(std::uint64_t seed) {
  Dice dice(seed);
  const auto one_of = [&dice](std::initializer_list<const char*> texts) {
    return std::string(texts.begin()[dice.roll(static_cast<std::uint32_t>(texts.size()))]);
  };
  const auto curve = [&] {
    return one_of({", within: 40s", ", within: 50s, curve: normal", ", within: 30s, curve: poisson",
                   ", within: 45s, curve: ramp", ", within: 60s, curve: ramp-down",
                   ", within: 20s, curve: sine", "", ", curve: at-once",
                   ", curve: { table: { 5s: 10%, 10s: 10%, 35s: 80%, 50s: 100% } }"});
  };
  const auto length = [&] {
    return one_of({"20s", "{ from: 5s, to: 60s }", "{ normal: 40s, spread: 10s }",
                   "{ exponential: 20s, most: 1m }", "{ log-normal: 20s, factor: 1.5, most: 1m }",
                   "{ table: { 10s: 25%, 30s: 70%, 1m: 5% } }"});
  };
  const auto extras = [&] {
    return one_of({"", "", "", ", share: 60%", ", share: 7.5%", ", share: { 25%: 90%, 75%: 20% }",
                   ", silent: yes"});
  };
  std::string users, endpoints, activity, steps;
  const std::uint32_t groups = 1 + dice.roll(3);
  for (std::uint32_t g = 0; g < groups; ++g) {
    const std::uint32_t count = 1 + dice.roll(9);
    const bool many = dice.roll(4) == 0;
    const std::uint32_t people = many ? 1 + dice.roll(4 * count) : 1 + dice.roll(count);
    users += fmt::format("  u{}: {{ count: {}, name: \"u{}-{{}}\" }}\n", g, people, g);
    endpoints += fmt::format(
        "  e{}: {{ count: {}, host: \"e{}-{{}}\", pool: 10.{}.0.0/25, heartbeat: {}s, jitter: "
        "{}%{}{}"
        ", kind: {}, sites: {{ wifi: 10.{}.1.0/25, vpn: {{ pool: 10.{}.2.0/25, lease: 35s }} }} "
        "}}\n",
        g, count, g, g, 1 + dice.roll(90), dice.roll(2) == 0 ? 0 : dice.roll(50),
        one_of({"", "", ", lease: 50s"}), one_of({"", "", ", idle: empty", ", idle: stale"}),
        many ? std::string("terminal-server")
             : one_of({"workstation", "vdi-pool", "persistent-vdi"}),
        g, g);
    if (dice.roll(3) == 0) endpoints.insert(endpoints.size() - 3, ", heartbeat-clock: logon");
    if (const std::uint32_t which = dice.roll(5); which < 2) {
      endpoints.insert(endpoints.size() - 3, fmt::format(", logoff-message: l{}", which));
    }
    const bool again = dice.roll(2) == 0;
    const std::string repeat = again ? ", repeat: 3m" : "";
    std::uint32_t at = dice.roll(40);
    activity += fmt::format("  - {{ logon: u{}, on: e{}, at: {}s{}{}, for: {}{}{}{} }}\n", g, g, at,
                            curve(), extras(), length(), repeat,
                            one_of({"", ", then: shutdown", ", then: crash"}),
                            many || dice.roll(3) > 0 ? "" : ", seats: shuffled");
    const std::uint32_t more = dice.roll(4);
    for (std::uint32_t i = 0; i < more; ++i) {
      const std::string what = one_of({"sleep", "crash", "shutdown", "roam"});
      activity +=
          fmt::format("  - {{ {}: e{}, at: {}s{}{}{}, for: {}{} }}\n", what, g, dice.roll(300),
                      curve(), extras(), what == "roam" ? one_of({", to: wifi", ", to: vpn"}) : "",
                      length(), one_of({"", ", repeat: 2m30s"}));
    }
    if (dice.roll(3) == 0) {
      activity += fmt::format("  - {{ wake: e{}, at: {}s{} }}\n", g, dice.roll(500), curve());
      activity += fmt::format("  - {{ boot: e{}, at: {}s{} }}\n", g, dice.roll(500), extras());
    }
    // A second group of users at the same endpoints.
    if (dice.roll(2) == 0) {
      users +=
          fmt::format("  v{}: {{ count: {}, name: \"v{}-{{}}\" }}\n", g, 1 + dice.roll(count), g);
      activity +=
          fmt::format("  - {{ logon: v{}, on: e{}, at: {}s{} }}\n", g, g, dice.roll(200), curve());
      activity += fmt::format("  - {{ lock: v{}, at: {}s{}, for: {} }}\n", g, 270 + dice.roll(60),
                              curve(), length());
      activity += fmt::format("  - {{ logoff: v{}, at: {}s }}\n", g, 450 + dice.roll(100));
    }
  }
  const std::uint32_t count = dice.roll(10);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::uint32_t g = dice.roll(groups);
    if (dice.roll(8) == 0) {
      // Wherever that is. All windows of u… have begun by then.
      steps += fmt::format("  - {{ at: {}s, logoff: u{}-1 }}\n", 40 + dice.roll(500), g);
      continue;
    }
    const std::uint32_t at = dice.roll(590);
    const std::string what =
        one_of({"sleep", "wake", "boot", "shutdown", "crash", "roam", "logon", "lock", "unlock"});
    if (what == "logon" || what == "lock" || what == "unlock") {
      steps += fmt::format("  - {{ at: {}s, {}: u{}-1, on: e{}-1 }}\n", at, what, g, g);
    } else {
      steps += fmt::format("  - {{ at: {}s, {}: e{}-1{}{} }}\n", at, what, g,
                           what == "roam" ? one_of({", to: home", ", to: wifi", ", to: vpn"}) : "",
                           one_of({"", ", silent: yes", ", repeat: 7s, times: 2"}));
    }
  }
  return "length: 10m\nusers:\n" + users + "endpoints:\n" + endpoints + "activity:\n" + activity +
         (steps.empty() ? "" : "steps:\n" + steps) + random_noise(dice, groups);
}

std::string random_outages(std::uint64_t seed) {
  Dice dice(seed ^ 0x0A7A6E5);
  std::string text = seed % 2 == 0 ? random_lives(seed) : random_scenario(seed);
  if (const std::size_t esm = text.find("esm:\n"); esm != std::string::npos) {
    text.erase(esm, text.find("users:\n") - esm);
  }
  std::string esms = "esm:\n";
  const std::uint32_t count = 1 + dice.roll(3);
  for (std::uint32_t i = 0; i < count; ++i) {
    esms += fmt::format("  - {{ name: m{}, address: 192.0.2.{}", i, i + 1);
    std::string outages;
    std::uint32_t at = dice.roll(100);
    for (std::uint32_t n = dice.roll(4); n > 0; --n) {
      const std::uint32_t lasts = 1 + dice.roll(60);
      const std::uint32_t flush = 1 + dice.roll(40);
      outages += fmt::format("{}{{ at: {}s, for: {}s, flush: {}s }}", outages.empty() ? "" : ", ",
                             at, lasts, flush);
      at += lasts + flush + dice.roll(50);
    }
    esms += outages.empty() ? " }\n" : ", outages: [" + outages + "] }\n";
  }
  return esms + text;
}

std::string random_faults(std::uint64_t seed) {
  Dice dice(seed ^ 0xFA017);
  constexpr std::array kKinds = {"truncated",
                                 "over-long, bytes: 2049",
                                 "no-pri",
                                 "wrong-pri",
                                 "missing-key",
                                 "empty-user",
                                 "two-users",
                                 "wrong-delimiter",
                                 "embedded-lf",
                                 "embedded-nul",
                                 "invalid-utf8",
                                 "bom",
                                 "duplicate",
                                 "duplicate",
                                 "several, times: 2",
                                 "time-skew, skew: -90s"};
  const auto kind = [&] {
    return fmt::format("kind: {}", kKinds[dice.roll(static_cast<std::uint32_t>(kKinds.size()))]);
  };
  const std::string whole = seed % 3 == 0 ? random_outages(seed) : random_lives(seed);
  std::string text;
  std::uint32_t groups = 0;
  bool in_steps = false, by_rate = false;
  for (std::size_t at = 0; at < whole.size();) {
    const std::size_t end = whole.find('\n', at);
    std::string line = whole.substr(at, end - at);
    at = end + 1;
    groups += line.starts_with("  e") && line.find("host:") != std::string::npos ? 1U : 0U;
    by_rate = by_rate || line.find(", rate: ") != std::string::npos;
    if (line.find(':') == line.size() - 1) in_steps = line == "steps:";
    bool sends = false;
    for (const char* const verb : {"logon:", "unlock:", "wake:", "boot:", "roam:"}) {
      sends = sends || (line.find(verb) != std::string::npos && line.find("silent") == line.npos);
    }
    if (in_steps && sends && !by_rate && dice.roll(2) == 0) {
      line.insert(line.size() - 2, fmt::format(", fault: {{ {} }}", kind()));
    }
    text += line + "\n";
  }
  text += "faults:\n";
  for (std::uint32_t g = 0; g < groups; ++g) {
    std::uint32_t left = 100;
    for (std::uint32_t n = dice.roll(5); n > 0 && left > 0; --n) {
      const std::uint32_t share = 1 + dice.roll(left);
      left -= share;
      text += fmt::format("  - {{ {}, on: e{}, share: {}% }}\n", kind(), g, share);
    }
  }
  if (text.ends_with("faults:\n")) text += "  - { kind: duplicate, on: e0, share: 100% }\n";
  return text;
}

std::string random_days(std::uint64_t seed) {
  Dice dice(seed ^ 0xDA75);
  const auto offset = [&dice] {
    const std::uint32_t quarters = dice.roll(96);  // -12:00 to +11:45
    const int minutes = 15 * static_cast<int>(quarters) - 720;
    return fmt::format("{}{:02}:{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                       std::abs(minutes) % 60);
  };
  std::string text = "start: 2026-03-29T00:00:00Z\nlength: 6d\nutc-offset: " + offset() + "\n";
  std::string changes;
  std::uint32_t at = 0;
  for (std::uint32_t n = dice.roll(4); n > 0; --n) {
    at += 1 + dice.roll(2'000);
    changes += fmt::format("  - {{ at: {}m, utc-offset: {} }}\n", at, offset());
  }
  if (!changes.empty()) text += "clock-changes:\n" + changes;
  const std::uint32_t count = 1 + dice.roll(5);
  text += fmt::format(
      "users:\n  u: {{ count: {0}, name: \"u{{}}\" }}\n"
      "endpoints:\n  e: {{ count: {0}, host: \"e{{}}\", pool: 10.0.0.0/24, heartbeat: {1}m, "
      "jitter: 5% }}\nactivity:\n",
      count, 30 + dice.roll(100));
  // Clocks may go forward by nearly a day here, which a repeat must leave room for.
  const std::uint32_t days = 3 + dice.roll(2);
  text += fmt::format(
      "  - {{ logon: u, on: e, at: \"{:02}:{:02}\", within: {}m, for: {}h, repeat: {}d }}\n",
      dice.roll(24), dice.roll(60), dice.roll(100), 1 + dice.roll(9), days);
  text += fmt::format("  - {{ sleep: e, at: {}m, within: 30m, for: 2h, repeat: {} }}\n",
                      dice.roll(3'000), dice.roll(2) == 0 ? "4d" : "29h");
  return text + "steps:\n  - { at: \"12:30\", wake: e1, repeat: 2d, times: 2 }\n";
}

std::string random_load(std::uint64_t seed) {
  Dice dice(seed);
  LoadOptions options;
  options.message = "traps-leef-load";
  options.endpoints = 1 + dice.roll(dice.roll(2) == 0 ? 4 : 90);
  options.rate =
      Rate{1 + dice.roll(1U << dice.roll(30)), std::chrono::seconds{dice.roll(3) == 0 ? 60 : 1}};
  const SimTime message = options.rate->per / static_cast<std::int64_t>(options.rate->messages);
  options.duration =
      std::max<SimTime>(message * (1 + dice.roll(300)), std::chrono::milliseconds{1});
  if (dice.roll(2) == 0) options.count = 1 + dice.roll(400);
  options.esms = 1 + dice.roll(3);
  std::string text = make_load_scenario(options);
  if (dice.roll(3) == 0)
    text.replace(text.find("at: 0s"), 6, fmt::format("at: {}us", dice.roll(900)));
  return text;
}

std::vector<Event> events_of(const Plan& plan, Shard shard, SimTime since, std::size_t chunk) {
  Schedule schedule(plan, shard, since);
  std::vector<Event> all;
  std::vector<Event> part(chunk);
  while (const std::size_t count = schedule.next(part)) {
    all.insert(all.end(), part.begin(), part.begin() + static_cast<std::ptrdiff_t>(count));
  }
  return all;
}

}  // namespace esm::test
