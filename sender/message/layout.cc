#include "sender/message/layout.h"

#include <map>
#include <optional>
#include <utility>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"

namespace esm {
namespace {

struct EventText {
  std::map<std::string, std::string, std::less<>> values;
  std::string comments;  // whole lines
};

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

EventText read_event(const NamedText& file) {
  EventText event;
  const SourceText source(std::string(file.name), std::string(file.text));
  Diagnostics ours;
  const std::optional<YamlNode> root = parse_yaml(source, file.text.size(), ours);
  if (root) {
    for (const YamlEntry& entry : root->entries) event.values[entry.key] = entry.value.text;
  }
  for (std::string_view rest = file.text; !rest.empty();) {
    const std::string_view line = take_line(rest);
    if (line.starts_with('#')) event.comments.append(line).append("\n");
  }
  return event;
}

// As YAML reads it back as this very text.
std::string scalar(std::string_view text) {
  const bool plain =
      !text.empty() && text != "~" && text != "null" &&
      std::string_view("-?:,[]{}#&*!|>'\"%@` ").find(text.front()) == std::string_view::npos &&
      text.find(": ") == std::string_view::npos && text.find(" #") == std::string_view::npos &&
      !text.ends_with(':') && !text.ends_with(' ');
  if (plain) return std::string(text);
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

// One $(…): the first of the names that the event has, or the stand-in.
std::optional<std::string> choose(std::string_view choices, const EventText& event) {
  while (!choices.empty()) {
    const std::string_view choice = choices.substr(0, choices.find('|'));
    choices.remove_prefix(std::min(choices.size(), choice.size() + 1));
    if (choice.starts_with('"')) return std::string(choice.substr(1, choice.size() - 2));
    if (const auto found = event.values.find(choice); found != event.values.end()) {
      return found->second;
    }
  }
  return std::nullopt;
}

// Nothing where the event lacks what is asked for.
std::optional<std::string> fill_in(std::string_view value, const EventText& event) {
  std::string out;
  for (std::size_t open = value.find("$("); open != std::string_view::npos;
       open = value.find("$(")) {
    const std::size_t close = value.find(')', open);
    const auto chosen = choose(value.substr(open + 2, close - open - 2), event);
    if (!chosen) return std::nullopt;
    out.append(value.substr(0, open)).append(*chosen);
    value.remove_prefix(close + 1);
  }
  return out.append(value);
}

std::string put_in(std::string_view layout, const EventText& event) {
  std::string out;
  while (!layout.empty()) {
    const std::string_view line = take_line(layout);
    if (line == "# $(comments)") {
      out += event.comments;
      continue;
    }
    if (line.find("$(") == std::string_view::npos) {
      out.append(line).append("\n");
      continue;
    }
    // "key: value", or "- value" of a list.
    const std::size_t colon = line.find(": ");
    const std::size_t value = (colon == std::string_view::npos ? line.find("- ") : colon) + 2;
    const auto filled = fill_in(line.substr(value), event);
    if (filled) out.append(line.substr(0, value)).append(scalar(*filled)).append("\n");
  }
  return out;
}

}  // namespace

std::vector<LaidOut> lay_out(std::span<const NamedText> layouts,
                             std::span<const NamedText> events) {
  std::vector<LaidOut> all;
  all.reserve(layouts.size() * events.size());
  for (const NamedText& file : events) {
    const EventText event = read_event(file);
    const auto text = [&event](std::string_view key) {
      const auto found = event.values.find(key);
      return found == event.values.end() ? std::string() : found->second;
    };
    for (const NamedText& layout : layouts) {
      const std::string prefix = std::string(layout.name) + "-";
      const std::string former = text("formerly");
      all.push_back({prefix + std::string(file.name), former.empty() ? "" : prefix + former,
                     text("about"), put_in(layout.text, event)});
    }
  }
  return all;
}

}  // namespace esm
