#include "sender/scenario/name_reader.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

constexpr std::size_t kNameBytesMax = 256;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

std::string what_is_wrong_with_name(std::string_view name) {
  if (name.empty()) return "the value is empty";
  if (has_control(name)) return "control characters cannot stand in a name";
  if (name.size() > kNameBytesMax) return fmt::format("the name has {} bytes", name.size());
  return {};
}

void check_name(const Place& place, std::string_view key, std::string_view name,
                Diagnostics& diagnostics) {
  const std::string problem = what_is_wrong_with_name(name);
  if (problem.empty()) return;
  diagnostics.error(place, fmt::format("{}: {}", key, problem),
                    has_control(name)             ? "they would break the message"
                    : name.size() > kNameBytesMax ? fmt::format("at most {}", kNameBytesMax)
                                                  : "");
}

NamePattern read_pattern(const YamlNode& node, std::string_view key, std::uint32_t count,
                         Diagnostics& diagnostics) {
  NamePattern pattern;
  const std::string& text = node.text;
  check_name(node.place, key, text, diagnostics);
  const std::size_t open = text.find('{');
  if (open == std::string::npos) {
    pattern.prefix = text;
    if (count > 1) {
      diagnostics.error(
          node.place,
          fmt::format("{}: all {} would be called '{}'", key, format_thousands(count), text),
          fmt::format("put a number in: \"{}{{:05}}\"", text));
    }
    return pattern;
  }
  const std::size_t close = text.find('}', open);
  const std::string inside =
      close == std::string::npos ? "" : text.substr(open + 1, close - open - 1);
  bool good = close != std::string::npos && text.find('{', open + 1) == std::string::npos;
  if (good && !inside.empty()) {
    const std::string digits = inside.substr(std::min<std::size_t>(1, inside.size()));
    good = inside[0] == ':' && !digits.empty() && digits.size() <= 3 &&
           std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
    if (good) pattern.width = std::stoi(digits);
    good = good && pattern.width >= 1 && pattern.width <= 20;
  }
  if (!good) {
    const std::size_t length = close == std::string::npos ? 1 : close - open + 1;
    diagnostics.error(
        node.place_in(open, length),
        fmt::format("{}: '{}' is not a number's place", key, text.substr(open, length)),
        "one {} or {:05} (five digits, padded with zeros) in a name");
    return pattern;
  }
  pattern.numbered = true;
  pattern.prefix = text.substr(0, open);
  pattern.suffix = text.substr(close + 1);
  return pattern;
}

}  // namespace esm
