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

// What it keeps up: of ten million endpoints each beats three times. Right after the plan is made
// the moments lie scattered, and it is slower by a tenth or more for the first few million.
constexpr std::uint64_t kEvents = 30'000'000;

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
  while (total < kEvents) {
    const std::size_t count = schedule.next(events);
    if (count == 0) break;
    total += count;
  }
  const double played = seconds_since(first);
  fmt::print(
      "{{\"endpoints\": {}, \"plan_seconds\": {:.6f}, \"events\": {}, \"seconds\": {:.6f}, "
      "\"resident_bytes\": {}}}\n",
      plan.endpoint_count(), planned, total, played, resident_bytes() - before);
  return 0;
}
