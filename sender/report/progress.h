// What is shown while a run goes on: one line that is written over itself on a terminal, or a JSON
// object a line for programs. Pure text: the caller has the terminal and the clock.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>

#include "sender/base/time.h"

namespace esm {

// Where a run stands; given to the caller of play() about once a second.
struct Progress {
  std::uint64_t due = 0, written = 0, refused = 0, dropped = 0;
  std::uint32_t connections_up = 0, connections_wanted = 0;
  std::chrono::nanoseconds elapsed{};       // real, since the clock's start; 0 before it
  SimTime simulated{};                      // how far the plan has been played
  std::chrono::nanoseconds lateness_max{};  // of the last second
};

class ProgressLine {
 public:
  enum class Form : std::uint8_t {
    kNone,
    kTerminal,   // begins with CR and clears to the end of the line; no line end
    kJsonLines,  // README.md names the members
  };

  // `columns`: the terminal's width; a longer line would wrap and could not be written over.
  explicit ProgressLine(Form form, std::size_t columns = 80) : form_(form), columns_(columns) {}

  // What is to be written now; empty for kNone. The rate shown is that since the update before.
  std::string update(const Progress& now);
  // What removes a line that stands on the terminal; empty where none stands. To be written before
  // anything else goes there.
  std::string clear();

 private:
  Form form_;
  std::size_t columns_;
  bool standing_ = false;
  std::uint64_t written_before_ = 0;
  std::chrono::nanoseconds elapsed_before_{};
};

}  // namespace esm
