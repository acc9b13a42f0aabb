// `scenarios`, `templates`, `profiles`: what is shipped, and its text to copy and change.
#include <algorithm>
#include <array>
#include <vector>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/cli/command_line.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/inputs.h"
#include "sender/cli/verbs.h"
#include "sender/message/renderer.h"
#include "sender/scenario/schedule.h"

namespace esm {
namespace {

constexpr std::string_view kExampleScenario = "first-contact";

// The first message of a small scenario in this template.
std::string example_of(const ShippedFile& file) {
  InputOptions options;
  options.scenario = kExampleScenario;
  options.message = file.name;
  Diagnostics diagnostics;
  const auto inputs = load_inputs(options, UtcTime{}, diagnostics);
  if (!inputs) return {};
  Schedule schedule(*inputs->plan);
  std::array<Event, 1> event;
  if (schedule.next(event) == 0) return {};
  Renderer renderer(inputs->templates(), *inputs->plan, inputs->epoch);
  return renderer.render(event[0]);
}

// An event's templates stand together, below what happened; each in one line, so that grep finds a
// name with its example.
void list_templates(Output& out) {
  std::size_t longest = 0;
  for (const ShippedFile& file : shipped_files()) {
    if (file.kind == InputKind::kTemplate) longest = std::max(longest, file.name.size());
  }
  std::string_view event;
  for (const ShippedFile& file : shipped_files()) {
    if (file.kind != InputKind::kTemplate) continue;
    if (file.event.empty()) {
      out.write(about(file) + "\n");
    } else if (file.event != event) {
      out.write(fmt::format("{}{}.\n", event.empty() ? "" : "\n", file.event));
    }
    event = file.event;
    out.write(fmt::format("  {:<{}} {}\n{}", file.name, longest,
                          escape_for_display(example_of(file)), event.empty() ? "\n" : ""));
  }
}

int list(InputKind kind, Words words, const std::string& about_text,
         const std::vector<std::pair<std::string, std::string>>& examples) {
  const std::string verb = std::string(name_of(kind)) + "s";
  std::vector<std::string> names;
  bool want_schema = false;
  CommandLine line(verb, "[NAME]", about_text);
  line.positional("NAME", 0, 1, names);
  if (kind == InputKind::kScenario) {
    line.flag("schema", "show the JSON Schema of scenarios, with which editors help to write them",
              want_schema);
  }
  for (const auto& [command, what] : examples) line.example(command, what);
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
  if (want_schema && !names.empty()) {
    diagnostics.error({}, "scenarios: either NAME or --schema", "leave one of them out");
    return usage_error(diagnostics);
  }
  Output out;
  if (want_schema) {
    out.write(scenario_schema());
    return out.finish() ? kAllWell : kUnexpected;
  }
  if (!names.empty()) {
    const ShippedFile* file = shipped_file(kind, names.front());
    if (file == nullptr && kind == InputKind::kScenario) {
      file = shipped_file(InputKind::kScenarioFile, names.front());
    }
    if (file == nullptr) {
      std::vector<std::string> candidates;
      for (const ShippedFile& one : shipped_files()) {
        if (one.kind == kind) candidates.emplace_back(one.name);
      }
      diagnostics.error(
          {}, fmt::format("no {} '{}' is shipped", name_of(kind), names.front()),
          did_you_mean(names.front(), candidates, fmt::format("'esm-sender {}' lists them", verb)));
      return usage_error(diagnostics);
    }
    out.write(file->text);
    return out.finish() ? kAllWell : kUnexpected;
  }
  if (kind == InputKind::kTemplate) {
    list_templates(out);
  } else {
    for (const ShippedFile& file : shipped_files()) {
      if (file.kind == kind) out.write(fmt::format("{:<22} {}\n", file.name, about(file)));
    }
  }
  std::string last = "\nExamples:\n";
  for (const auto& [command, what] : examples)
    last += fmt::format("  {:<58} # {}\n", command, what);
  out.write(last);
  return out.finish() ? kAllWell : kUnexpected;
}

}  // namespace

int verb_scenarios(Words words) {
  return list(
      InputKind::kScenario, words,
      "Lists the shipped scenarios with a line each; with NAME shows that one's text, to copy "
      "and change.",
      {{"esm-sender scenarios morning-logon > mine.yaml", "a start for your own"},
       {"esm-sender scenarios --schema > schema.json", "for editors"},
       {"esm-sender check --explain morning-logon", "what it contains"},
       {"esm-sender render morning-logon --limit 3", "what it sends"}});
}

int verb_templates(Words words) {
  return list(
      InputKind::kTemplate, words,
      "Lists the shipped message templates by the event they tell of, each with one message (tabs "
      "shown as \\x09); with NAME shows that one's text, to copy and change.",
      {{"esm-sender templates | grep traps-csv", "the messages of one form"},
       {"esm-sender templates traps-leef-heartbeat > mine.yaml", "a start for your own"},
       {"esm-sender render first-contact --template mine.yaml", "try it"}});
}

int verb_profiles(Words words) {
  return list(
      InputKind::kProfile, words,
      "Lists the shipped parse profiles with a line each; with NAME shows that one's text, to "
      "copy and change.",
      {{"esm-sender profiles traps-kb > mine.yaml", "a start for your own"},
       {"esm-sender check awkward-names --profile mine.yaml", "whom it would misread"}});
}

}  // namespace esm
