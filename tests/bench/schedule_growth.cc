// One fleet, measured alone in its process: how long its plan takes, how fast its heartbeats come,
// what memory they need. scripts/bench calls it for fleets of 10,000 to 10,000,000 endpoints.
//
//   schedule_growth SCENARIO
#include <array>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

namespace {

// Right after the plan is made the moments lie scattered, which costs the first few million events
// a little: they are shown apart. Of ten million endpoints each beats three times in all.
constexpr std::uint64_t kFirst = 5'000'000;
constexpr std::uint64_t kAll = 30'000'000;

double seconds_since(std::chrono::steady_clock::time_point begin) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

// Memory that the process has, not what it has reserved.
std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: schedule_growth SCENARIO\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto begin = std::chrono::steady_clock::now();
  esm::Diagnostics diagnostics;
  auto scenario = esm::read_scenario(esm::SourceText(argv[1], text), diagnostics);
  if (!scenario) {
    fmt::print(stderr, "{}", diagnostics.render());
    return 1;
  }
  const std::int64_t before = resident_bytes();
  const esm::Plan plan(std::move(*scenario), 1);
  // From the moment on at which everybody is logged on: heartbeats only.
  esm::Schedule schedule(plan, esm::Shard{}, std::chrono::minutes{30});
  const double planned = seconds_since(begin);
  std::array<esm::Event, 1024> events;
  std::uint64_t total = 0;
  const auto first = std::chrono::steady_clock::now();
  std::uint64_t first_total = 0;
  double first_played = 0;
  while (total < kAll) {
    const std::size_t count = schedule.next(events);
    if (count == 0) break;
    total += count;
    if (first_total == 0 && total >= kFirst) {
      first_total = total;
      first_played = seconds_since(first);
    }
  }
  const double played = seconds_since(first);
  fmt::print(
      "{{\"endpoints\": {}, \"plan_seconds\": {:.6f}, \"events\": {}, \"seconds\": {:.6f}, "
      "\"first_events\": {}, \"first_seconds\": {:.6f}, \"resident_bytes\": {}}}\n",
      plan.endpoint_count(), planned, total, played, first_total == 0 ? total : first_total,
      first_total == 0 ? played : first_played, resident_bytes() - before);
  return 0;
}
