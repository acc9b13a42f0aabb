// Rendering: messages a second of the default heartbeat by one core, endpoints in random access as
// a schedule gives them. The events are drawn before the clock runs.
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/format.h>

#include "sender/message/renderer.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

namespace {

[[noreturn]] void fail(const esm::Diagnostics& diagnostics) {
  std::fputs(diagnostics.render().c_str(), stderr);
  std::exit(1);
}

esm::Plan plan_of(std::int64_t endpoints) {
  const std::string text = fmt::format(
      "about: {0} endpoints for the benchmark.\n"
      "length: 8h\n"
      "esm:\n"
      "  - {{ name: esm01, address: 10.0.1.20, version: 4.1.3.33176 }}\n"
      "users:\n"
      "  user: {{ count: {0}, name: \"user{{:07}}\", domain: CORP }}\n"
      "endpoints:\n"
      "  pc: {{ count: {0}, host: \"PC-{{:07}}\", pool: 10.0.0.0/8, heartbeat: 60m, jitter: 5% }}\n"
      "activity:\n"
      "  - {{ logon: user, on: pc, at: 0s, within: 15m, curve: uniform }}\n",
      endpoints);
  esm::Diagnostics diagnostics;
  auto scenario = esm::read_scenario(esm::SourceText("bench.yaml", text), diagnostics);
  if (!scenario) fail(diagnostics);
  return esm::Plan(std::move(*scenario), 1);
}

esm::Template template_named(const std::string& name) {
  const std::string path = std::string(ESM_SOURCE_DIR) + "/templates/" + name + ".yaml";
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  esm::Diagnostics diagnostics;
  auto message = esm::read_template(esm::SourceText(path, text), diagnostics);
  if (!message) fail(diagnostics);
  return std::move(*message);
}

void render(benchmark::State& state, const std::string& name) {
  const esm::Plan plan = plan_of(state.range(0));
  const esm::Template message = template_named(name);
  std::vector<esm::Event> events(100'000);
  esm::Schedule schedule(plan);
  events.resize(schedule.next(events));
  esm::Renderer renderer(message, plan, esm::UtcTime{});
  std::vector<char> buffer(renderer.length_max() + 64);
  std::uint64_t bytes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const char* const end = renderer.render(events[next], buffer.data());
    benchmark::DoNotOptimize(buffer.data());
    benchmark::ClobberMemory();
    bytes += static_cast<std::uint64_t>(end - buffer.data());
    if (++next == events.size()) next = 0;
  }
  state.SetItemsProcessed(state.iterations());
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void BM_RenderHeartbeat(benchmark::State& state) { render(state, "traps-leef-heartbeat"); }
BENCHMARK(BM_RenderHeartbeat)->Arg(1'000)->Arg(100'000);

}  // namespace
