// Scheduling: events a second, at fleets of a million and ten million endpoints, with nanosecond
// order and jitter. Building the schedule (the plan's own time) is measured apart.
#include <array>
#include <cstdlib>
#include <memory>
#include <string>
#include <utility>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

namespace {

std::unique_ptr<const esm::Plan> plan_of(std::int64_t endpoints) {
  const std::string text = fmt::format(
      "about: {0} endpoints for the benchmark.\n"
      "length: 24h\n"
      "esm:\n"
      "  - {{ name: esm01, address: 10.0.1.20, version: 4.1.3.33176 }}\n"
      "users:\n"
      "  user: {{ count: {0}, name: \"user{{:08}}\" }}\n"
      "endpoints:\n"
      "  pc: {{ count: {0}, host: \"PC-{{:08}}\", pool: 10.0.0.0/8, heartbeat: 60m, jitter: 5% }}\n"
      "activity:\n"
      "  - {{ logon: user, on: pc, at: 0s, within: 15m, curve: uniform }}\n",
      endpoints);
  esm::Diagnostics diagnostics;
  auto scenario = esm::read_scenario(esm::SourceText("bench.yaml", text), diagnostics);
  if (!scenario) {
    std::fputs(diagnostics.render().c_str(), stderr);
    std::exit(1);
  }
  return std::make_unique<esm::Plan>(std::move(*scenario), 1);
}

// Events from `since` on, until the day is over, and again.
void play(benchmark::State& state, esm::SimTime since) {
  const auto plan = plan_of(state.range(0));
  auto schedule = std::make_unique<esm::Schedule>(*plan, esm::Shard{}, since);
  std::array<esm::Event, 1024> events;
  std::uint64_t total = 0;
  for (auto _ : state) {
    std::size_t count = schedule->next(events);
    if (count == 0) {
      state.PauseTiming();
      schedule.reset();
      schedule = std::make_unique<esm::Schedule>(*plan, esm::Shard{}, since);
      state.ResumeTiming();
      count = schedule->next(events);
    }
    benchmark::DoNotOptimize(events);
    total += count;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(total));
}

// Heartbeats only: everybody is logged on.
void BM_Schedule(benchmark::State& state) { play(state, std::chrono::minutes{30}); }
BENCHMARK(BM_Schedule)->Arg(100'000)->Arg(1'000'000)->Arg(10'000'000);

// The quarter of an hour in which everybody logs on.
void BM_Logons(benchmark::State& state) { play(state, esm::SimTime{0}); }
BENCHMARK(BM_Logons)->Arg(1'000'000)->Arg(10'000'000);

void BM_BuildSchedule(benchmark::State& state) {
  const auto plan = plan_of(state.range(0));
  for (auto _ : state) {
    const esm::Schedule schedule(*plan);
    benchmark::DoNotOptimize(schedule.next_due());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(BM_BuildSchedule)->Arg(1'000'000)->Arg(10'000'000)->Unit(benchmark::kMillisecond);

}  // namespace
