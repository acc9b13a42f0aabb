// What is wrong, where, and what to do: the one way in which a scenario, template, profile, table
// or option is rejected. Readers add every problem they find and carry on, so that a person sees
// all of a file's mistakes at once; the program exits with 2 when has_errors().
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

// line and column count from 1 (columns in bytes); 0 means unknown. `length` bytes are underlined.
struct Place {
  std::string file;
  int line = 0;
  int column = 0;
  int length = 1;
};

// A text that came from a file, standard input or the command line, kept for its source lines.
// Copies share it.
class SourceText {
 public:
  SourceText() = default;
  // `name` is what messages call it: a path, "<stdin>", "--rate".
  SourceText(std::string name, std::string text);

  const std::string& name() const { return name_; }
  const std::string& text() const;
  // The same text by another name.
  SourceText renamed(std::string name) const;
  // Line `number` (from 1) without its line end; empty where there is no such line.
  std::string_view line(int number) const;
  // Where byte `offset` of the text is.
  Place place(std::size_t offset, int length = 1) const;

 private:
  struct Content {
    std::string text;
    std::vector<std::size_t> begins;  // of its lines
  };
  std::string name_;
  std::shared_ptr<const Content> content_;
};

enum class Severity { kError, kWarning };

struct Diagnostic {
  Severity severity = Severity::kError;
  Place place;
  std::string problem;  // names the key and the value: "heartbeat: '60' has no unit"
  std::string hint;     // what to do; may be empty; '\n' between lines
};

class Diagnostics {
 public:
  void error(Place place, std::string problem, std::string hint = {});
  void warning(Place place, std::string problem, std::string hint = {});

  // The lines shown under a message are taken from here; without it messages have no caret.
  void add_source(SourceText source);

  bool has_errors() const { return errors_ > 0; }
  int errors() const { return errors_; }
  int warnings() const { return static_cast<int>(list_.size()) - errors_; }
  const std::vector<Diagnostic>& list() const { return list_; }

  // For people, in order of file and place:
  //   morning.yaml:12:14: error: heartbeat: '60' has no unit
  //      12 |   heartbeat: 60
  //         |              ^~
  //   hint: write 60s, 60m or 60h
  // Bytes that are not printable are escaped.
  std::string render() const;

 private:
  std::vector<Diagnostic> list_;
  std::vector<SourceText> sources_;
  int errors_ = 0;
};

// Printable form of text that came from outside: control characters and invalid UTF-8 become \xNN.
std::string escape_for_display(std::string_view text);

}  // namespace esm
