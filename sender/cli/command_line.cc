#include "sender/cli/command_line.h"

#include <algorithm>
#include <cstdio>
#include <sstream>
#include <utility>

#include <boost/program_options/errors.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/cli/verbs.h"

namespace esm {
namespace po = boost::program_options;
namespace {

constexpr unsigned kHelpWidth = 100;

CommandLine::Result show(const std::string& text) {
  Output out;
  out.write(text);
  return out.finish() ? CommandLine::Result::kHelpShown : CommandLine::Result::kHelpLost;
}

}  // namespace

Parsed<std::chrono::nanoseconds> parse_positive_duration(std::string_view text) {
  Parsed<std::chrono::nanoseconds> parsed = parse_duration(text);
  if (parsed && *parsed < std::chrono::milliseconds{1}) {
    return {{}, fmt::format("'{}' is too short", text), "at least 1ms"};
  }
  return parsed;
}

CommandLine::CommandLine(std::string verb, std::string synopsis, std::string about)
    : verb_(std::move(verb)), synopsis_(std::move(synopsis)), about_(std::move(about)) {
  group("Options");
}

po::options_description& CommandLine::current() { return *groups_.back(); }

void CommandLine::group(const std::string& title) {
  groups_.push_back(std::make_unique<po::options_description>(title, kHelpWidth, kHelpWidth / 2));
}

void CommandLine::option(const std::string& name, const std::string& argument,
                         const std::string& help, Setter set) {
  // Always a list for the parser, so that a repeated option is our error with our words.
  current().add_options()(name.c_str(), po::value<std::vector<std::string>>()->value_name(argument),
                          help.c_str());
  options_[name] = {std::move(set), false, false};
  names_.push_back(name);
}

void CommandLine::option_or(const std::string& name, const std::string& argument,
                            const std::string& implied, const std::string& help, Setter set) {
  option(name, "[=" + argument + "]", help, std::move(set));
  options_[name].implied = implied;
}

void CommandLine::option_list(const std::string& name, const std::string& argument,
                              const std::string& help, Setter set) {
  option(name, argument, help, std::move(set));
  options_[name].list = true;
}

void CommandLine::flag(const std::string& name, const std::string& help, bool& out) {
  current().add_options()(name.c_str(), help.c_str());
  options_[name] = {[&out](const std::string&, Diagnostics&) { out = true; }, true, true};
  names_.push_back(name);
}

void CommandLine::text(const std::string& name, const std::string& argument,
                       const std::string& help, std::string& out) {
  option(name, argument, help, [name, &out](const std::string& value, Diagnostics& diagnostics) {
    if (value.empty()) {
      diagnostics.error({}, fmt::format("--{}: the value is empty", name));
    }
    out = value;
  });
}

void CommandLine::number(const std::string& name, const std::string& argument,
                         const std::string& help, std::uint64_t min, std::uint64_t max,
                         std::function<void(std::uint64_t)> set) {
  option(name, argument, help,
         [name, min, max, set = std::move(set)](const std::string& text, Diagnostics& diagnostics) {
           const Parsed<std::uint64_t> parsed = parse_count(text);
           if (!parsed) {
             diagnostics.error({}, fmt::format("--{}: {}", name, parsed.problem), parsed.hint);
           } else if (*parsed < min || *parsed > max) {
             diagnostics.error({}, fmt::format("--{}: {} is out of range", name, text),
                               max == UINT64_MAX
                                   ? fmt::format("at least {}", min)
                                   : fmt::format("from {} to {}", min, format_thousands(max)));
           } else {
             set(*parsed);
           }
         });
}

void CommandLine::choice(const std::string& name, const std::string& help,
                         std::vector<std::string> choices, std::string& out) {
  std::string argument;
  for (const std::string& one : choices) argument += (argument.empty() ? "" : "|") + one;
  option(name, argument, help,
         [name, choices = std::move(choices), argument, &out](const std::string& value,
                                                              Diagnostics& diagnostics) {
           if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
             diagnostics.error({}, fmt::format("--{}: '{}' is not known here", name, value),
                               did_you_mean(value, choices, "possible: " + argument));
           } else {
             out = value;
           }
         });
}

void CommandLine::positional(const std::string& name, std::size_t min, std::size_t max,
                             std::vector<std::string>& out) {
  positional_name_ = name;
  positional_min_ = min;
  positional_max_ = max;
  positional_ = &out;
}

void CommandLine::example(const std::string& command, const std::string& what) {
  examples_.emplace_back(command, what);
}

CommandLine::Result CommandLine::parse(std::span<const std::string> words,
                                       Diagnostics& diagnostics) {
  for (const std::string& word : words) {
    if (word == "--") break;
    if (word == "--help" || word == "-h") {
      return show(help());
    }
    if (word == "--complete-options") {  // asked by scripts/completion
      std::string names;
      for (const std::string& name : option_names()) names += name + "\n";
      return show(names);
    }
  }
  // A value that may be left out stands behind '=' alone: what follows such an option is no value.
  std::vector<std::string> whole(words.begin(), words.end());
  for (std::string& word : whole) {
    if (word == "--") break;
    const auto known = word.starts_with("--") ? options_.find(word.substr(2)) : options_.end();
    if (known != options_.end() && !known->second.implied.empty()) {
      word += '=' + known->second.implied;
    }
  }
  po::options_description all;
  for (const auto& group : groups_) all.add(*group);
  // Long options only, never abbreviated: a script must not change its meaning when an option is
  // added.
  const int style = po::command_line_style::allow_long |
                    po::command_line_style::long_allow_adjacent |
                    po::command_line_style::long_allow_next;
  std::vector<std::string> free_words;
  bool unknown_option = false;
  try {
    const po::parsed_options parsed =
        po::command_line_parser(whole).options(all).style(style).allow_unregistered().run();
    std::map<std::string, int> seen;
    for (const po::option& found : parsed.options) {
      if (found.position_key >= 0 || found.string_key.empty()) {
        free_words.insert(free_words.end(), found.value.begin(), found.value.end());
        continue;
      }
      const auto known = options_.find(found.string_key);
      if (found.unregistered || known == options_.end()) {
        // The parser hands over an unknown word together with what follows it.
        unknown_option = true;
        const std::string& word = found.original_tokens.front();
        std::vector<std::string> candidates;
        for (const std::string& name : names_) candidates.push_back("--" + name);
        diagnostics.error(
            {}, fmt::format("{}: unknown option '{}'", verb_, word.substr(0, word.find('='))),
            did_you_mean(word.substr(0, word.find('=')), candidates,
                         fmt::format("see 'esm-sender {} --help'", verb_)));
        continue;
      }
      if (const int times = ++seen[found.string_key]; times > 1 && !known->second.list) {
        if (times == 2 && !known->second.flag) {
          diagnostics.error({}, fmt::format("--{} is given more than once", found.string_key),
                            "leave all but one of them out");
        }
        continue;
      }
      known->second.set(found.value.empty() ? std::string{} : found.value.front(), diagnostics);
    }
  } catch (const po::error& error) {
    // A missing or superfluous value: Program_options' own words name the option.
    diagnostics.error({}, fmt::format("{}: {}", verb_, error.what()),
                      fmt::format("see 'esm-sender {} --help'", verb_));
    return Result::kWrong;
  }

  // What follows an unknown option is likely its value.
  if (unknown_option) return Result::kWrong;
  if (positional_ == nullptr && !free_words.empty()) {
    diagnostics.error({}, fmt::format("{}: '{}' is not expected here", verb_, free_words.front()),
                      fmt::format("see 'esm-sender {} --help'", verb_));
  } else if (positional_ != nullptr) {
    if (free_words.size() < positional_min_) {
      diagnostics.error({}, fmt::format("{}: {} is missing", verb_, positional_name_),
                        fmt::format("usage: esm-sender {} {}", verb_, synopsis_));
    } else if (free_words.size() > positional_max_) {
      diagnostics.error({},
                        fmt::format("{}: '{}' is one {} too many", verb_,
                                    free_words[positional_max_], positional_name_),
                        fmt::format("usage: esm-sender {} {}", verb_, synopsis_));
    }
    *positional_ = std::move(free_words);
  }
  return diagnostics.has_errors() ? Result::kWrong : Result::kGo;
}

std::string CommandLine::help() const {
  std::ostringstream out;
  out << "Usage: esm-sender " << verb_ << (synopsis_.empty() ? "" : " ") << synopsis_ << "\n\n"
      << about_ << "\n";
  for (const auto& group : groups_) {
    if (!group->options().empty()) out << "\n" << *group;
  }
  out << "\n  --help                this text\n";
  if (!examples_.empty()) out << "\nExamples:\n";
  for (const auto& [command, what] : examples_) out << "  # " << what << "\n  " << command << "\n";
  return out.str();
}

std::vector<std::string> CommandLine::option_names() const {
  std::vector<std::string> out;
  for (const std::string& name : names_) out.push_back("--" + name);
  out.emplace_back("--help");
  return out;
}

}  // namespace esm
