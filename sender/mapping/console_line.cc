#include "sender/mapping/console_line.h"

#include "sender/mapping/table_rows.h"

namespace esm {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

}  // namespace

ConsoleLine visible(std::string_view line) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  const std::string_view raw = line;
  if (const std::size_t cr = line.rfind('\r'); cr != std::string_view::npos) {
    line.remove_prefix(cr + 1);
  }
  ConsoleLine out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
      i += 2;
      while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
    } else if (line[i] == '\b') {
      if (!out.text.empty()) out.text.pop_back();
    } else if (line[i] != '\f') {
      out.text += line[i];
    }
  }
  out.exact = out.text == raw;
  return out;
}

std::vector<ConsoleWord> split_words(std::string_view line) {
  std::vector<ConsoleWord> words;
  for (std::size_t at = 0; at < line.size();) {
    while (at < line.size() && is_blank(line[at])) ++at;
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (end > at) words.push_back({line.substr(at, end - at), at});
    at = end;
  }
  return words;
}

bool is_prompt(std::string_view line) {
  if (line.starts_with("> ")) return true;
  const std::size_t at = line.find('@');
  const std::size_t end = line.find_first_of(">#");
  return at != std::string_view::npos && end != std::string_view::npos && at < end &&
         line.substr(0, end).find(' ') == std::string_view::npos &&
         (end + 1 == line.size() || line[end + 1] == ' ');
}

bool is_pager(std::string_view line) {
  const std::vector<ConsoleWord> words = split_words(line);
  return !words.empty() && (same_word(words[0].text, "--more--") ||
                            (same_word(words[0].text, "lines") && words.size() == 2));
}

}  // namespace esm
