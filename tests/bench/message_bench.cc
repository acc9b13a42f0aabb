// Rendering: messages a second of the default heartbeat by one core, endpoints in random access as
// a schedule gives them, beside the same line by other means. The events are drawn before the clock
// runs. BM_Peer… know the fields beforehand and only put them together.
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include <benchmark/benchmark.h>
#include <fmt/compile.h>
#include <fmt/format.h>

#include "sender/message/framing.h"
#include "sender/message/renderer.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"
#include "sender/scenario/scenario_reader.h"
#include "sender/scenario/schedule.h"

#include "tests/support/shipped_templates.h"

namespace {

[[noreturn]] void fail(const esm::Diagnostics& diagnostics) {
  std::fputs(diagnostics.render().c_str(), stderr);
  std::exit(1);
}

// `more`: further keys of the scenario.
esm::Plan plan_of(std::int64_t endpoints, bool people_of_a_file = false,
                  const std::string& more = "") {
  std::string text = fmt::format(
      "about: {0} endpoints for the benchmark.\n"
      "length: 8h\n"
      "esm:\n"
      "  - {{ name: esm01, address: 10.0.1.20, version: 4.1.3.33176 }}\n"
      "users:\n"
      "  user: {{ count: {0}, {1}, domain: CORP }}\n"
      "endpoints:\n"
      "  pc: {{ count: {0}, host: \"PC-{{:07}}\", pool: 10.0.0.0/8, heartbeat: 60m, jitter: 5% }}\n"
      "activity:\n"
      "  - {{ logon: user, on: pc, at: 0s, within: 15m, curve: uniform }}\n",
      endpoints, people_of_a_file ? "file: people.csv" : "name: \"user{:07}\"");
  text += more;
  esm::GivenFiles files;
  if (people_of_a_file) {
    std::string people = "name\n";
    for (std::int64_t i = 0; i < endpoints; ++i) people += fmt::format("first.last{}\n", i);
    files.add({"people.csv", people});
  }
  esm::Diagnostics diagnostics;
  auto scenario =
      esm::read_scenario(esm::SourceText("bench.yaml", text), {{}, &files}, diagnostics);
  if (!scenario) fail(diagnostics);
  return esm::Plan(std::move(*scenario), 1);
}

esm::Template template_named(const std::string& name) {
  esm::Diagnostics diagnostics;
  auto message = esm::read_template(esm::SourceText(name, esm::test::shipped_template_text(name)),
                                    diagnostics);
  if (!message) fail(diagnostics);
  return std::move(*message);
}

std::vector<esm::Event> events_of(const esm::Plan& plan) {
  std::vector<esm::Event> events(100'000);
  esm::Schedule schedule(plan);
  events.resize(schedule.next(events));
  return events;
}

// Calls `write(event, out)`, which returns the end, for every event in turn.
template <typename Write>
void each_event(benchmark::State& state, const std::vector<esm::Event>& events, Write write) {
  std::vector<char> buffer(4096);
  std::uint64_t bytes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const char* const end = write(events[next], buffer.data());
    benchmark::DoNotOptimize(buffer.data());
    benchmark::ClobberMemory();
    bytes += static_cast<std::uint64_t>(end - buffer.data());
    if (++next == events.size()) next = 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.SetBytesProcessed(static_cast<std::int64_t>(bytes));
}

void render(benchmark::State& state, const std::string& name,
            esm::Framing framing = esm::Framing::kNone, bool people_of_a_file = false) {
  const esm::Plan plan = plan_of(state.range(0), people_of_a_file);
  const esm::Template message = template_named(name);
  const std::vector<esm::Event> events = events_of(plan);
  esm::Renderer renderer(message, plan, esm::UtcTime{});
  each_event(state, events, [&](const esm::Event& event, char* out) {
    return esm::frame(framing, out, renderer.render(event, out));
  });
}

// Of 1,000 endpoints the messages are remembered, of 100,000 each is put together.
void BM_RenderHeartbeat(benchmark::State& state) { render(state, "traps-leef-heartbeat"); }
BENCHMARK(BM_RenderHeartbeat)->Arg(1'000)->Arg(100'000);

// Names that are looked up in memory instead of made.
void BM_RenderPeopleOfAFile(benchmark::State& state) {
  render(state, "traps-leef-heartbeat", esm::Framing::kNone, true);
}
BENCHMARK(BM_RenderPeopleOfAFile)->Arg(1'000)->Arg(100'000)->Arg(1'000'000);

// What it costs messages without a fault that some of the scenario have one.
void BM_RenderBesideFaults(benchmark::State& state) {
  const esm::Plan plan =
      plan_of(state.range(0), false, "faults:\n  - { kind: truncated, on: pc, share: 2% }\n");
  const esm::Template message = template_named("traps-leef-heartbeat");
  std::vector<esm::Event> events = events_of(plan);
  std::erase_if(events, [](const esm::Event& event) { return event.fault != 0; });
  esm::Renderer renderer(message, plan, esm::UtcTime{});
  each_event(state, events, [&](const esm::Event& event, char* out) {
    return esm::frame(esm::Framing::kNone, out, renderer.render(event, out));
  });
}
BENCHMARK(BM_RenderBesideFaults)->Arg(1'000)->Arg(100'000);

void BM_RenderFramed(benchmark::State& state) {
  render(state, "traps-leef-heartbeat", esm::Framing::kOctet);
}
BENCHMARK(BM_RenderFramed)->Arg(100'000);

void BM_RenderCsv(benchmark::State& state) { render(state, "traps-csv-heartbeat"); }
BENCHMARK(BM_RenderCsv)->Arg(100'000);

// What the peers are given: the fields of an event, and the time's text.
struct Fields {
  unsigned number;
  std::uint32_t address;
};
Fields fields_of(const esm::Event& event) {
  return {event.endpoint + 1, 0x0A000001U + event.endpoint};
}
const char* const kTime = "Mar 02 2026 08:00:00";

void BM_PeerFmtCompile(benchmark::State& state) {
  const std::vector<esm::Event> events = events_of(plan_of(100'000));
  each_event(state, events, [](const esm::Event& event, char* out) {
    const Fields f = fields_of(event);
    return fmt::format_to(
        out,
        FMT_COMPILE("<134>{} 10.0.1.20 LEEF:1.0|Palo Alto Networks|Traps Agent|4.1.3.33176|"
                    "Heartbeat|cat=Agent\tdevTime={}\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\t"
                    "dhost=PC-{:07}\tduser=user{:07}\tdst={}.{}.{}.{}\tmsg=Service is alive"),
        kTime, kTime, f.number, f.number, f.address >> 24, f.address >> 16 & 0xFF,
        f.address >> 8 & 0xFF, f.address & 0xFF);
  });
}
BENCHMARK(BM_PeerFmtCompile);

void BM_PeerSnprintf(benchmark::State& state) {
  const std::vector<esm::Event> events = events_of(plan_of(100'000));
  each_event(state, events, [](const esm::Event& event, char* out) {
    const Fields f = fields_of(event);
    return out + std::snprintf(
                     out, 4096,
                     "<134>%s 10.0.1.20 LEEF:1.0|Palo Alto Networks|Traps Agent|4.1.3.33176|"
                     "Heartbeat|cat=Agent\tdevTime=%s\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\t"
                     "dhost=PC-%07u\tduser=user%07u\tdst=%u.%u.%u.%u\tmsg=Service is alive",
                     kTime, kTime, f.number, f.number, f.address >> 24, f.address >> 16 & 0xFF,
                     f.address >> 8 & 0xFF, f.address & 0xFF);
  });
}
BENCHMARK(BM_PeerSnprintf);

void BM_PeerOstringstream(benchmark::State& state) {
  const std::vector<esm::Event> events = events_of(plan_of(100'000));
  std::ostringstream stream;
  stream.fill('0');
  each_event(state, events, [&](const esm::Event& event, char* out) {
    const Fields f = fields_of(event);
    stream.str({});
    stream << "<134>" << kTime
           << " 10.0.1.20 LEEF:1.0|Palo Alto Networks|Traps Agent|4.1.3.33176|Heartbeat|"
              "cat=Agent\tdevTime="
           << kTime << "\tdevTimeFormat=MMM dd yyyy HH:mm:ss\tsev=3\tdhost=PC-";
    stream.width(7);
    stream << f.number << "\tduser=user";
    stream.width(7);
    stream << f.number << "\tdst=" << (f.address >> 24) << '.' << (f.address >> 16 & 0xFF) << '.'
           << (f.address >> 8 & 0xFF) << '.' << (f.address & 0xFF) << "\tmsg=Service is alive";
    const std::string text = stream.str();
    return out + text.copy(out, 4096);
  });
}
BENCHMARK(BM_PeerOstringstream);

}  // namespace
