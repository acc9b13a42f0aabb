#include "sender/cli/cli.h"

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sender/base/edit_distance.h"
#include "sender/cli/exit_status.h"
#include "sender/cli/files_beside.h"
#include "sender/cli/receiver_preset.h"
#include "sender/cli/shipped.h"
#include "sender/cli/verbs.h"
#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

struct Verb {
  std::string_view name;
  int (*run)(Words);
  std::string_view summary;
};

constexpr Verb kVerbs[] = {
    {"run", verb_run, "play a scenario against one or more targets"},
    {"load", verb_load, "load without a file: a rate, a duration or a count"},
    {"send", verb_send, "one heartbeat: the first thing to try against a firewall"},
    {"render", verb_render, "the very bytes `run` would send, on standard output"},
    {"check", verb_check, "find errors, and what will go wrong at the receiver"},
    {"truth", verb_truth, "the mapping table a correct receiver holds at a moment"},
    {"listen", verb_listen, "the reference receiver"},
    {"verify", verb_verify, "compare what a receiver got or learnt with the truth"},
    {"scenarios", verb_scenarios, "list the shipped scenarios, or show one"},
    {"templates", verb_templates, "list the shipped message templates, or show one"},
    {"profiles", verb_profiles, "list the shipped parse profiles, or show one"},
};

// A connection takes a descriptor. Shells give 1,024 by default, for the sake of programs that call
// select(), and allow many more.
void take_all_descriptors() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);  // where it cannot be had, connections say so
}

std::string help() {
  std::string out =
      "Usage: esm-sender VERB [options]\n\n"
      "Simulates endpoints with Palo Alto Networks' Traps agents logging on: sends the heartbeats "
      "that\n"
      "ESM forwards as LEEF syslog over UDP, TCP or TLS, and knows which IP-to-user mappings a "
      "receiver\n"
      "must have made of them.\n\n";
  for (const Verb& verb : kVerbs) out += fmt::format("  {:<10} {}\n", verb.name, verb.summary);
  out +=
      "\n'esm-sender VERB --help' explains a verb, with examples. First steps:\n"
      "  esm-sender listen --udp 127.0.0.1:5514 --follow\n"
      "  esm-sender send --to udp://127.0.0.1:5514 --user jdoe --ip 10.0.1.51\n\n"
      "Exit status: 0 all well; 2 options or files invalid; 3 transport failed; 4 rate not "
      "reached;\n"
      "5 a --fail-if threshold failed; 6 mismatch; 1 unexpected; 130/143 interrupted.\n";
  return out;
}

int show(const std::string& text) {
  Output out;
  out.write(text);
  return out.finish() ? kAllWell : kUnexpected;
}

// What scripts/completion asks: the words of a kind, one a line.
int complete(std::string_view kind) {
  std::vector<std::string> out;
  if (kind == "verbs") {
    for (const Verb& verb : kVerbs) out.emplace_back(verb.name);
  } else if (kind == "receivers") {
    out = receiver_preset_names();
  } else {
    for (const ShippedFile& file : shipped_files()) {
      if (std::string(name_of(file.kind)) + "s" == kind) out.emplace_back(file.name);
    }
  }
  std::string text;
  for (const std::string& word : out) text += word + "\n";
  return show(text);
}

// The same of the parameters of a scenario: "name=", or of a choice every "name=value".
int complete_settings(const std::string& scenario) {
  Diagnostics unsaid;
  const std::optional<SourceText> source = load_input(InputKind::kScenario, scenario, {}, unsaid);
  if (!source) return kAllWell;
  const std::unique_ptr<ScenarioFiles> files = files_beside(scenario);
  std::string text;
  for (const ParameterOffer& parameter : offered_parameters(*source, files.get())) {
    if (parameter.choices.empty()) text += parameter.name + "=\n";
    for (const std::string& choice : parameter.choices) {
      text += parameter.name + "=" + choice + "\n";
    }
  }
  return show(text);
}

}  // namespace

int run_cli(std::span<const std::string> words) {
  take_all_descriptors();
  if (words.empty()) {
    std::fputs(help().c_str(), stderr);
    return kUsage;
  }
  const std::string& word = words.front();
  if (word == "help" && words.size() > 1) {  // "help run" is "run --help"
    const std::string& about = words[1];
    const std::vector<std::string> verb_and_help{about, "--help"};
    return run_cli(verb_and_help);
  }
  if (word == "--help" || word == "-h" || word == "help") return show(help());
  if (word == "--version") return show("esm-sender " ESM_VERSION "\n");
  if (word == "--complete" && words.size() == 2) return complete(words[1]);
  if (word == "--complete" && words.size() == 3 && words[1] == "settings") {
    return complete_settings(words[2]);
  }
  for (const Verb& verb : kVerbs) {
    if (verb.name == word) return verb.run(words.subspan(1));
  }
  std::vector<std::string> names;
  for (const Verb& verb : kVerbs) names.emplace_back(verb.name);
  names.insert(names.end(), {"--help", "--version"});
  Diagnostics diagnostics;
  diagnostics.error({}, fmt::format("there is no verb '{}'", word),
                    did_you_mean(word, names, "'esm-sender --help' lists the verbs"));
  return usage_error(diagnostics);
}

int usage_error(const Diagnostics& diagnostics) {
  std::fputs(diagnostics.render().c_str(), stderr);
  return kUsage;
}

void show_warnings(const Diagnostics& diagnostics) {
  if (diagnostics.warnings() > 0) std::fputs(diagnostics.render().c_str(), stderr);
}

UtcTime wall_clock_now() {
  return std::chrono::time_point_cast<std::chrono::nanoseconds>(std::chrono::system_clock::now());
}

constexpr std::size_t kOutputBytes = 256 * 1024;

Output::Output() { buffer_.reserve(kOutputBytes); }

Output::~Output() { flush(); }

void Output::write(std::string_view text) {
  if (buffer_.size() + text.size() > kOutputBytes) flush();
  buffer_ += text;
}

void Output::flush() {
  std::string_view rest = buffer_;
  while (!rest.empty() && error_ == 0 && !closed_) {
    const ssize_t written = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      closed_ = errno == EPIPE;
      error_ = closed_ ? 0 : errno;
      break;
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  buffer_.clear();
}

bool Output::finish() {
  flush();
  if (error_ == 0) return true;
  Diagnostics diagnostics;
  diagnostics.error({}, fmt::format("cannot write to standard output: {}", std::strerror(error_)));
  std::fputs(diagnostics.render().c_str(), stderr);
  return false;
}

}  // namespace esm
