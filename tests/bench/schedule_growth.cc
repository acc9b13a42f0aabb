// One fleet, measured alone in its process: how long its plan takes, how fast its heartbeats come,
// what memory they need. scripts/bench calls it for fleets of 10,000 to 10,000,000 endpoints.
//
//   schedule_growth SCENARIO
//   schedule_growth --raw ENDPOINTS
//
// The second is what the machine itself takes for such a fleet's memory: as many records of 40
// bytes are written in large pages, in order where nobody has written before (the kernel gives and
// clears the pages, and a virtual machine has to get them first), then once more, each on a day
// that chance chooses. It does nothing else, so whatever it grows by beyond tenfold is none of
// ours.
//
// Both count the processor's time of their one thread, the kernel's included: what else runs on the
// machine then costs caches, but no time of others.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <unistd.h>

#include "sender/scenario/calendar.h"
#include "sender/scenario/large_array.h"
#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

namespace {

// Right after the plan is made the moments lie as the plan came upon them: the first few million
// events are shown apart. Of ten million endpoints each beats three times in all.
constexpr std::uint64_t kFirst = 5'000'000;
constexpr std::uint64_t kAll = 30'000'000;

// Of the processor, for this process.
double seconds() {
  timespec time{};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

// Memory that the process has, not what it has reserved.
std::int64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t all = 0, resident = 0;
  statm >> all >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

int raw(std::uint64_t endpoints) {
  constexpr std::uint64_t kMomentsADay = 750;
  const std::uint64_t days = endpoints / kMomentsADay + 1;
  const auto record = [](std::uint64_t n) {
    esm::Pending pending;
    pending.due = static_cast<std::int64_t>(n);
    return pending;
  };
  const double begin = seconds();
  auto records = esm::LargeArray<esm::Pending>::untouched(days * kMomentsADay);
  for (std::uint64_t n = 0; n < records.size(); ++n) records[n] = record(n);
  const double touched = seconds();
  std::vector<std::uint32_t> filled(days);
  std::uint64_t chance = 88172645463325252;  // xorshift64 (Marsaglia)
  const double filing = seconds();
  for (std::uint64_t n = 0; n < endpoints; ++n) {
    chance ^= chance << 13;
    chance ^= chance >> 7;
    chance ^= chance << 17;
    const std::uint64_t day = (chance >> 32) * days >> 32;
    records[day * kMomentsADay + filled[day]] = record(n);
    if (filled[day] + 1 < kMomentsADay) ++filled[day];
  }
  fmt::print("{{\"endpoints\": {}, \"touch_seconds\": {:.6f}, \"filing_seconds\": {:.6f}}}\n",
             endpoints, touched - begin, seconds() - filing);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 3 && std::string_view(argv[1]) == "--raw") {
    return raw(std::strtoull(argv[2], nullptr, 10));
  }
  if (argc != 2) {
    fmt::print(stderr, "usage: schedule_growth SCENARIO | --raw ENDPOINTS\n");
    return 2;
  }
  std::ifstream file(argv[1]);
  const std::string text((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const double begin = seconds();
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
  const double planned = seconds() - begin;
  std::array<esm::Event, 1024> events;
  std::uint64_t total = 0;
  const double first = seconds();
  std::uint64_t first_total = 0;
  double first_played = 0;
  while (total < kAll) {
    const std::size_t count = schedule.next(events);
    if (count == 0) break;
    total += count;
    if (first_total == 0 && total >= kFirst) {
      first_total = total;
      first_played = seconds() - first;
    }
  }
  const double played = seconds() - first;
  fmt::print(
      "{{\"endpoints\": {}, \"plan_seconds\": {:.6f}, \"events\": {}, \"seconds\": {:.6f}, "
      "\"first_events\": {}, \"first_seconds\": {:.6f}, \"resident_bytes\": {}}}\n",
      plan.endpoint_count(), planned, total, played, first_total == 0 ? total : first_total,
      first_total == 0 ? played : first_played, resident_bytes() - before);
  return 0;
}
