#include "sender/base/yaml.h"

#include <algorithm>
#include <sstream>
#include <utility>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include "sender/base/edit_distance.h"
#include "sender/base/text_check.h"
#include "sender/base/units.h"

namespace esm {
namespace {

constexpr std::size_t kDepthMax = 20;  // our deepest key lies at 5

// Builds the tree. A problem stops it by an exception of its own, which parse_yaml turns into a
// diagnostic: yaml-cpp offers no other way out of its loop.
struct Refused {
  Place place;
  std::string problem;
  std::string hint;
};

class TreeBuilder : public YAML::EventHandler {
 public:
  explicit TreeBuilder(const SourceText& source) : source_(source), file_(source.name()) {}

  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    refuse_anchor(mark, anchor);
    YamlNode node;
    node.place = place_of_nothing(mark);
    add(std::move(node), false);
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t) override {
    throw Refused{place(mark, 1), "aliases (*name) are not supported", "write the value out"};
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    YamlNode node;
    node.kind = YamlNode::Kind::kScalar;
    node.text = value;
    node.quoted = tag == "!";
    node.place = place(mark, value.size() + (node.quoted ? 2 : 0));
    if (!node.quoted && (value == "~" || value == "null" || value.empty())) {
      node.kind = YamlNode::Kind::kNull;
    }
    add(std::move(node), false);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kSequence);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlNode::Kind::kMap);
  }
  void OnMapEnd() override { close(); }

 private:
  struct Level {
    YamlNode node;
    bool key_pending = false;
    YamlEntry entry;
    std::map<std::string, int> lines;  // of its keys
  };

  Place place(const YAML::Mark& mark, std::size_t length) const {
    return {file_, mark.line + 1, mark.column + 1,
            static_cast<int>(std::min<std::size_t>(length, 500))};
  }

  // Where a value should stand: `mark` is where the next thing does, lines below perhaps. That is
  // behind the last character before it that is no space and in no comment.
  Place place_of_nothing(const YAML::Mark& mark) const {
    for (int line = mark.line + 1; line > 0; --line) {
      std::string_view text = source_.line(line);
      if (line == mark.line + 1) text = text.substr(0, static_cast<std::size_t>(mark.column));
      const std::size_t first = text.find_first_not_of(" \t");
      if (first == std::string_view::npos || text[first] == '#') continue;
      text = text.substr(0, text.find(" #"));
      return {file_, line, static_cast<int>(text.find_last_not_of(" \t")) + 2, 1};
    }
    return place(mark, 1);
  }

  void refuse_anchor(const YAML::Mark& mark, YAML::anchor_t anchor) const {
    if (anchor != 0) {
      throw Refused{place(mark, 1), "anchors (&name) are not supported", "write the value out"};
    }
  }

  void refuse_tag(const YAML::Mark& mark, const std::string& tag) const {
    if (!tag.empty() && tag != "?" && tag != "!") {
      throw Refused{place(mark, 1), fmt::format("tags ({}) are not supported", tag),
                    "leave the tag out"};
    }
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
            YamlNode::Kind kind) {
    refuse_anchor(mark, anchor);
    refuse_tag(mark, tag);
    if (levels_.size() >= kDepthMax) {
      throw Refused{place(mark, 1), fmt::format("nested more than {} levels deep", kDepthMax), ""};
    }
    Level level;
    level.node.kind = kind;
    level.node.place = place(mark, 1);
    levels_.push_back(std::move(level));
  }

  void close() {
    YamlNode done = std::move(levels_.back().node);
    levels_.pop_back();
    add(std::move(done), true);
  }

  void add(YamlNode node, bool collection) {
    if (levels_.empty()) {
      root_ = std::move(node);
      return;
    }
    Level& level = levels_.back();
    if (level.node.is_sequence()) {
      level.node.items.push_back(std::move(node));
      return;
    }
    if (level.key_pending) {
      level.entry.value = std::move(node);
      level.node.entries.push_back(std::move(level.entry));
      level.entry = {};
      level.key_pending = false;
      return;
    }
    if (collection || !node.is_scalar()) {
      throw Refused{node.place, "a key must be a plain word", ""};
    }
    const auto [before, fresh] = level.lines.try_emplace(node.text, node.place.line);
    if (!fresh) {
      throw Refused{node.place, fmt::format("the key '{}' is given twice", node.text),
                    fmt::format("it stands in line {} already", before->second)};
    }
    level.entry.key = node.text;
    level.entry.place = node.place;
    level.key_pending = true;
  }

  const SourceText& source_;
  const std::string& file_;
  YamlNode root_;
  std::vector<Level> levels_;
};

// yaml-cpp takes the end of the file for the end of a quoted value. Only the last value can be so
// long; keys are words of one line.
const YamlNode* last_value(const YamlNode& node) {
  if (node.is_map() && !node.entries.empty()) return last_value(node.entries.back().value);
  if (node.is_sequence() && !node.items.empty()) return last_value(node.items.back());
  return &node;
}

const YamlNode* unclosed_quote(const YamlNode& root, const SourceText& source) {
  const YamlNode* const node = last_value(root);
  if (!node->quoted) return nullptr;
  const std::string& text = source.text();
  std::size_t at = 0;
  for (int line = 1; line < node->place.line; ++line) at = text.find('\n', at) + 1;
  at += static_cast<std::size_t>(node->place.column) - 1;
  if (at >= text.size() || (text[at] != '"' && text[at] != '\'')) return nullptr;
  const char quote = text[at];
  for (++at; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 >= text.size() || text[at + 1] != quote) return nullptr;
      ++at;  // '' is one quote within
    }
  }
  return node;
}

}  // namespace

Place YamlNode::place_in(std::size_t offset, std::size_t length) const {
  Place inside = place;
  inside.column += static_cast<int>(offset) + (quoted ? 1 : 0);
  inside.length = static_cast<int>(length);
  return inside;
}

std::optional<YamlNode> parse_yaml(const SourceText& source, std::size_t bytes_max,
                                   Diagnostics& diagnostics) {
  const std::string& text = source.text();
  if (text.size() > bytes_max) {
    diagnostics.error({source.name(), 0, 0, 1},
                      fmt::format("the file has {}, more than the {} allowed",
                                  format_size(text.size()), format_size(bytes_max)));
    return std::nullopt;
  }
  diagnostics.add_source(source);
  if (!check_text(source, diagnostics)) return std::nullopt;

  TreeBuilder builder(source);
  try {
    std::istringstream stream(text);
    YAML::Parser parser(stream);
    parser.HandleNextDocument(builder);
    YamlNode root = builder.take();
    TreeBuilder rest(source);
    if (parser.HandleNextDocument(rest)) {
      const YamlNode second = rest.take();
      diagnostics.error(second.place.line > 0 ? second.place : Place{source.name(), 0, 0, 1},
                        "a second document in one file", "remove the '---' line");
      return std::nullopt;
    }
    if (const YamlNode* open = unclosed_quote(root, source)) {
      diagnostics.error(open->place, "the quote that begins here is never closed",
                        "close it, or leave it out");
      return std::nullopt;
    }
    if (root.place.file.empty()) root.place = {source.name(), 1, 1, 1};
    return root;
  } catch (const Refused& refused) {
    diagnostics.error(refused.place, refused.problem, refused.hint);
  } catch (const YAML::Exception& error) {
    const bool placed = !error.mark.is_null();
    Place place{source.name(), placed ? error.mark.line + 1 : 0, placed ? error.mark.column + 1 : 0,
                1};
    const bool tab = placed && source.line(place.line).find('\t') != std::string_view::npos;
    diagnostics.error(place, fmt::format("this is not valid YAML: {}", error.msg),
                      tab ? "indent with spaces, not tabs" : "");
  }
  return std::nullopt;
}

YamlMap::YamlMap(const YamlNode& node, std::string what, Diagnostics& diagnostics)
    : node_(node), what_(std::move(what)), diagnostics_(diagnostics) {
  for (const YamlEntry& entry : node.entries) entries_.try_emplace(entry.key, Entry{&entry.value});
  if (!node.is_map()) {
    diagnostics_.error(node.place, fmt::format("{} must be a mapping of keys to values", what_),
                       "write 'key: value' lines, or { key: value, … }");
  }
}

const YamlNode* YamlMap::find(std::string_view key) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
    return nullptr;
  }
  if (!std::exchange(found->second.known, true)) known_.emplace_back(key);
  return found->second.value;
}

const YamlNode* YamlMap::require(std::string_view key, std::string hint) {
  const YamlNode* value = find(key);
  if (value == nullptr && node_.is_map()) {
    diagnostics_.error(node_.place, fmt::format("{}: the key '{}' is missing", what_, key),
                       std::move(hint));
  }
  return value;
}

void YamlMap::wrong(std::string_view key, const YamlNode& value, const std::string& problem,
                    std::string hint) {
  diagnostics_.error(value.place, fmt::format("{}: {}", key, problem), std::move(hint));
}

const YamlNode* YamlMap::scalar(std::string_view key) {
  const YamlNode* value = find(key);
  if (value == nullptr) return nullptr;
  if (value->is_scalar()) return value;
  wrong(
      key, *value,
      value->kind == YamlNode::Kind::kNull ? "the value is missing" : "one value is expected here",
      "");
  return nullptr;
}

bool YamlMap::text(std::string_view key, std::string& out) {
  const YamlNode* value = scalar(key);
  if (value == nullptr) return false;
  out = value->text;
  return true;
}

bool YamlMap::duration(std::string_view key, SimTime& out, SimTime min, SimTime max) {
  const YamlNode* value = scalar(key);
  if (value == nullptr) return false;
  Parsed<SimTime> parsed = parse_duration(value->text);
  if (!parsed) {
    wrong(key, *value, parsed.problem, std::move(parsed.hint));
    return false;
  }
  if (*parsed < min || *parsed > max) {
    wrong(key, *value, fmt::format("{} is out of range", value->text),
          fmt::format("from {} to {}", format_duration(min), format_duration(max)));
    return false;
  }
  out = *parsed;
  return true;
}

bool YamlMap::count64(std::string_view key, std::uint64_t& out, std::uint64_t min,
                      std::uint64_t max) {
  const YamlNode* value = scalar(key);
  if (value == nullptr) return false;
  const std::string& text = value->text;
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') {
    wrong(key, *value, fmt::format("'{}' has a leading zero", text),
          fmt::format("numbers are decimal: write {}",
                      text.substr(std::min(text.find_first_not_of('0'), text.size() - 1))));
    return false;
  }
  Parsed<std::uint64_t> parsed = parse_count(text);
  if (!parsed) {
    wrong(key, *value, parsed.problem, std::move(parsed.hint));
    return false;
  }
  if (*parsed < min || *parsed > max) {
    wrong(key, *value, fmt::format("{} is out of range", text),
          max == UINT64_MAX ? fmt::format("at least {}", min)
                            : fmt::format("from {} to {}", min, format_thousands(max)));
    return false;
  }
  out = *parsed;
  return true;
}

bool YamlMap::count(std::string_view key, std::uint32_t& out, std::uint32_t min,
                    std::uint32_t max) {
  std::uint64_t wide = 0;
  if (!count64(key, wide, min, max)) return false;
  out = static_cast<std::uint32_t>(wide);
  return true;
}

bool YamlMap::percent(std::string_view key, std::uint32_t& parts_per_million) {
  const YamlNode* value = scalar(key);
  if (value == nullptr) return false;
  Parsed<std::uint32_t> parsed = parse_percent(value->text);
  if (!parsed) {
    wrong(key, *value, parsed.problem, std::move(parsed.hint));
    return false;
  }
  parts_per_million = *parsed;
  return true;
}

bool YamlMap::boolean(std::string_view key, bool& out) {
  std::size_t which = 0;
  if (!choice(key, {"yes", "no", "true", "false"}, which)) return false;
  out = which % 2 == 0;
  return true;
}

bool YamlMap::choice(std::string_view key, std::initializer_list<std::string_view> choices,
                     std::size_t& out) {
  const YamlNode* value = scalar(key);
  if (value == nullptr) return false;
  const auto found = std::find(choices.begin(), choices.end(), std::string_view(value->text));
  if (found == choices.end()) {
    const std::vector<std::string> candidates(choices.begin(), choices.end());
    const std::optional<std::string> near = nearest(value->text, candidates);
    const std::string all = list_of_choices(choices);
    wrong(key, *value, fmt::format("'{}' is not known here", value->text),
          near ? fmt::format("did you mean '{}'? Possible: {}", *near, all) : "possible: " + all);
    return false;
  }
  out = static_cast<std::size_t>(found - choices.begin());
  return true;
}

void YamlMap::finish() {
  for (const YamlEntry& entry : node_.entries) {
    if (entries_.at(entry.key).known) continue;
    std::string all;
    for (const std::string& key : known_) all += (all.empty() ? "" : ", ") + key;
    diagnostics_.error(entry.place, fmt::format("{}: unknown key '{}'", what_, entry.key),
                       did_you_mean(entry.key, known_, "keys here: " + all));
  }
}

std::string list_of_choices(std::initializer_list<std::string_view> choices) {
  std::string out;
  std::size_t i = 0;
  for (const std::string_view choice : choices) {
    if (i > 0) out += i + 1 == choices.size() ? " or " : ", ";
    out += choice;
    ++i;
  }
  return out;
}

}  // namespace esm
