// The options of one verb: declared once, with their unit, their help and where the value goes.
// Boost.Program_options splits the words; values are read by the same functions as in scenario
// files, so that units, messages and hints are the same everywhere. All mistakes are reported at
// once.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/program_options/options_description.hpp>

#include "sender/base/diagnostics.h"
#include "sender/base/units.h"

namespace esm {

// A duration that is not 0.
Parsed<std::chrono::nanoseconds> parse_positive_duration(std::string_view text);

class CommandLine {
 public:
  // `synopsis` follows "esm-sender VERB "; `about` is a paragraph.
  CommandLine(std::string verb, std::string synopsis, std::string about);

  // Options declared from here on stand under this title in the help.
  void group(const std::string& title);

  using Setter = std::function<void(const std::string& value, Diagnostics& diagnostics)>;
  // Takes one value; `argument` is what the help calls it.
  void option(const std::string& name, const std::string& argument, const std::string& help,
              Setter set);
  // The same, but the value may be left out: then it is `implied`. One is given with '=' alone.
  void option_or(const std::string& name, const std::string& argument, const std::string& implied,
                 const std::string& help, Setter set);
  // As option(), any number of times.
  void option_list(const std::string& name, const std::string& argument, const std::string& help,
                   Setter set);
  void flag(const std::string& name, const std::string& help, bool& out);

  // Conveniences: the value is left alone where the option is absent.
  void text(const std::string& name, const std::string& argument, const std::string& help,
            std::string& out);
  template <typename T, typename Out>
  void value(const std::string& name, const std::string& argument, const std::string& help,
             Parsed<T> (*read)(std::string_view), Out& out) {
    option(name, argument, help, [=, &out](const std::string& text, Diagnostics& diagnostics) {
      const Parsed<T> parsed = read(text);
      if (!parsed) {
        diagnostics.error({}, "--" + name + ": " + parsed.problem, parsed.hint);
      } else if constexpr (requires { out = std::chrono::duration_cast<Out>(*parsed); }) {
        out = std::chrono::duration_cast<Out>(*parsed);
      } else {
        out = static_cast<Out>(*parsed);
      }
    });
  }
  // A whole number between `min` and `max`.
  void number(const std::string& name, const std::string& argument, const std::string& help,
              std::uint64_t min, std::uint64_t max, std::function<void(std::uint64_t)> set);
  void choice(const std::string& name, const std::string& help, std::vector<std::string> choices,
              std::string& out);

  // Words without an option, `min` to `max` of them.
  void positional(const std::string& name, std::size_t min, std::size_t max,
                  std::vector<std::string>& out);
  void example(const std::string& command, const std::string& what);

  enum class Result { kGo, kHelpShown, kHelpLost, kWrong };
  // Help goes to standard output; kHelpLost, with an error shown, when that cannot be written. On
  // kWrong `diagnostics` says what is wrong.
  Result parse(std::span<const std::string> words, Diagnostics& diagnostics);

  std::string help() const;
  // "--seed", for completion.
  std::vector<std::string> option_names() const;

 private:
  struct Option {
    Setter set;
    bool flag = false;
    bool list = false;
    std::string implied{};  // the value where none is given; empty: one must be
  };
  boost::program_options::options_description& current();

  std::string verb_, synopsis_, about_;
  std::vector<std::unique_ptr<boost::program_options::options_description>> groups_;
  std::map<std::string, Option> options_;
  std::vector<std::string> names_;  // in order of declaration
  std::string positional_name_;
  std::size_t positional_min_ = 0, positional_max_ = 0;
  std::vector<std::string>* positional_ = nullptr;
  std::vector<std::pair<std::string, std::string>> examples_;
};

}  // namespace esm
