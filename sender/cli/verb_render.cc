#include <array>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"

namespace esm {

int verb_render(Words words) {
  InputOptions options;
  std::vector<std::string> scenario;
  std::string since_text, until_text;
  std::uint64_t limit = UINT64_MAX;
  CommandLine line(
      "render", "SCENARIO",
      "Writes the very bytes `run` would send, one message a line, in virtual time and "
      "without a network.");
  line.positional("SCENARIO", 0, 1, scenario);
  options.declare(line, false, true);
  options.declare_settings(line);
  line.group("Which part");
  line.text("since", "TIME", "leave out what is due before this moment: 8h", since_text);
  line.text("until", "TIME", "stop before this moment: 8h05m, end", until_text);
  line.number("limit", "N", "at most so many messages", 0, UINT64_MAX,
              [&](std::uint64_t n) { limit = n; });
  line.example("esm-sender render morning-logon --limit 3", "what a shipped scenario sends first");
  line.example("esm-sender render --run run.json > expected.txt",
               "what a recorded run had to send");
  Diagnostics diagnostics;
  switch (line.parse(words, diagnostics)) {
    case CommandLine::Result::kHelpShown:
      return kAllWell;
    case CommandLine::Result::kHelpLost:
      return kUnexpected;
    case CommandLine::Result::kWrong:
      return usage_error(diagnostics);
    case CommandLine::Result::kGo:
      break;
  }
  if (scenario.empty() == options.run.empty()) {
    diagnostics.error({}, "render: one of SCENARIO and --run is needed",
                      "'esm-sender scenarios' lists the shipped ones");
    return usage_error(diagnostics);
  }
  if (!scenario.empty()) options.scenario = scenario.front();

  const auto inputs = load_inputs(options, wall_clock_now(), diagnostics);
  if (!inputs) return usage_error(diagnostics);
  const auto window = parse_window(since_text, until_text, *inputs, diagnostics);
  if (!window) return usage_error(diagnostics);
  show_warnings(diagnostics);

  Schedule schedule(*inputs->plan, inputs->shard, window->since);
  Renderer renderer(inputs->templates(), *inputs->plan, inputs->epoch);
  std::vector<char> text(renderer.room() + 1);
  std::array<Event, 1024> events;
  Output out;
  while (limit > 0 && !out.closed()) {
    const std::size_t wanted =
        limit < events.size() ? static_cast<std::size_t>(limit) : events.size();
    const std::size_t count = schedule.next(std::span(events).first(wanted), window->until);
    if (count == 0) break;
    limit -= count;
    for (const Event& event : std::span(events).first(count)) {
      char* end = renderer.render(event, text.data());
      *end++ = '\n';
      out.write({text.data(), static_cast<std::size_t>(end - text.data())});
    }
  }
  return out.finish() ? kAllWell : kUnexpected;
}

}  // namespace esm
