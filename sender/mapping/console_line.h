// Lines of a session that somebody saved from a console.
#pragma once

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace esm {

// What a person sees of a line: a pager writes "lines 1-20" and returns to the line's start; escape
// sequences colour. `exact`: nothing was taken out of it, columns are those of the file.
struct ConsoleLine {
  std::string text;
  bool exact = true;
};
ConsoleLine visible(std::string_view line);

// Words parted by blanks.
struct ConsoleWord {
  std::string_view text;
  std::size_t at = 0;  // in the line
};
std::vector<ConsoleWord> split_words(std::string_view line);

// "admin@PA-220> show …", "admin@PA-220(active)#", "> show …".
bool is_prompt(std::string_view line);
// "lines 1-23", "--more--".
bool is_pager(std::string_view line);

// Calls `look(line, number)`, numbers from 1, for the lines of `text`, without their LF.
template <typename Look>
void for_each_console_line(std::string_view text, const Look& look) {
  int number = 1;
  for (std::size_t start = 0; start < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    look(text.substr(start, end - start), number);
    start = end + 1;
  }
}

}  // namespace esm
