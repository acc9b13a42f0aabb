#include "sender/scenario/parameters.h"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"

namespace esm {
namespace {

constexpr std::size_t kTextBytesMax = 256;
constexpr std::string_view kExample = "for instance { count: 300, from: 1, to: 1M }";

using Values = std::map<std::string, std::string>;

// What a type of parameter takes: a number to compare with the bounds, or a problem.
struct Read {
  std::optional<std::uint64_t> number;
  std::string problem{};
  std::string hint{};
};
template <typename Value>
Read numbered(const Parsed<Value>& parsed, std::uint64_t number) {
  if (!parsed) return {{}, parsed.problem, parsed.hint};
  return {number};
}
Read read_count(const std::string& text) {
  const Parsed<std::uint64_t> count = parse_count(text);
  return numbered(count, count ? *count : 0);
}
Read read_length(const std::string& text) {
  const Parsed<std::chrono::nanoseconds> length = parse_duration(text);
  return numbered(length, length ? static_cast<std::uint64_t>((*length).count()) : 0);
}
Read read_part(const std::string& text) {
  const Parsed<std::uint32_t> part = parse_percent(text);
  return numbered(part, part ? *part : 0);
}
Read read_text(const std::string& text) {
  const bool control = std::any_of(text.begin(), text.end(), [](char c) {
    return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
  });
  if (control) return {{}, "control characters cannot stand in a value", {}};
  if (text.size() > kTextBytesMax) {
    return {{},
            fmt::format("the value has {} bytes", text.size()),
            fmt::format("at most {}", kTextBytesMax)};
  }
  return {0};
}

struct Type {
  std::string_view name;
  Read (*read)(const std::string&);
  bool bounded;  // has `from` and `to`
};
constexpr Type kTypes[] = {{"count", read_count, true},
                           {"duration", read_length, true},
                           {"share", read_part, true},
                           {"text", read_text, false},
                           {"choice", read_text, false}};

bool is_name(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
  });
}

// One parameter's declaration, and what a value must be.
class Parameter {
 public:
  // False, with the mistakes reported, where the declaration is of no use.
  bool declare(const YamlEntry& entry, Diagnostics& diagnostics) {
    if (!is_name(entry.key)) {
      diagnostics.error(entry.place, fmt::format("parameters: '{}' is not a name", entry.key),
                        "letters, digits, - and _");
      return false;
    }
    YamlMap map(entry.value, fmt::format("the parameter '{}'", entry.key), diagnostics);
    std::string about;
    map.text("about", about);
    const YamlNode* value = nullptr;
    std::size_t types = 0;
    for (const Type& type : kTypes) {
      const YamlNode* node = map.find(type.name);
      if (node == nullptr) continue;
      ++types;
      type_ = &type;
      value = node;
    }
    bool good = types == 1;
    if (!good) {
      diagnostics.error(
          entry.place,
          fmt::format("the parameter '{}' needs one of count, duration, share, text and choice",
                      entry.key),
          std::string(kExample));
    } else if (!map.text(type_->name, default_)) {
      good = false;
    } else {
      good = read_bound(map, "from", from_, diagnostics) && good;
      good = read_bound(map, "to", to_, diagnostics) && good;
      good = read_choices(map, diagnostics) && good;
    }
    for (const std::string_view key : {"from", "to", "of"}) map.find(key);
    map.finish();
    return good && check(default_, value->place, std::string(type_->name), diagnostics);
  }

  const std::string& initial() const { return default_; }
  const std::vector<std::string>& choices() const { return choices_; }

  // Whether `text` is a value of it; `what` begins the message otherwise.
  bool check(const std::string& text, const Place& place, const std::string& what,
             Diagnostics& diagnostics) const {
    const Read read = type_->read(text);
    if (!read.number) {
      diagnostics.error(place, what + ": " + read.problem, read.hint);
      return false;
    }
    if (type_->name == "choice") {
      if (std::find(choices_.begin(), choices_.end(), text) != choices_.end()) return true;
      diagnostics.error(place, fmt::format("{}: '{}' is none of the choices", what, text),
                        did_you_mean(text, choices_, fmt::format("{}", fmt::join(choices_, ", "))));
      return false;
    }
    const bool low = from_.number && *read.number < *from_.number;
    const bool high = to_.number && *read.number > *to_.number;
    if (!low && !high) return true;
    diagnostics.error(place, fmt::format("{}: '{}' is out of range", what, text), range());
    return false;
  }

 private:
  struct Bound {
    std::optional<std::uint64_t> number;
    std::string text;
  };

  bool read_bound(YamlMap& map, std::string_view key, Bound& bound, Diagnostics& diagnostics) {
    if (map.find(key) == nullptr) return true;
    if (!type_->bounded) {
      diagnostics.error(map.find(key)->place,
                        fmt::format("{}: a {} has no bounds", key, type_->name), "leave it out");
      return false;
    }
    if (!map.text(key, bound.text)) return false;
    const Read read = type_->read(bound.text);
    if (!read.number) {
      diagnostics.error(map.find(key)->place, fmt::format("{}: {}", key, read.problem), read.hint);
      return false;
    }
    bound.number = read.number;
    return true;
  }

  bool read_choices(YamlMap& map, Diagnostics& diagnostics) {
    if (type_->name != "choice") {
      if (map.find("of") == nullptr) return true;
      diagnostics.error(map.find("of")->place, fmt::format("of: a {} is no choice", type_->name),
                        "for instance { choice: normal, of: [normal, poisson] }");
      return false;
    }
    const YamlNode* list = map.require("of", "of: [normal, poisson]");
    if (list == nullptr) return false;
    bool good = list->is_sequence() && !list->items.empty();
    for (const YamlNode& item : list->items) {
      good = good && item.is_scalar();
      choices_.push_back(item.text);
    }
    if (!good) {
      diagnostics.error(list->place, "of: a list of values is expected", "of: [normal, poisson]");
    }
    return good;
  }

  std::string range() const {
    if (!to_.number) return "at least " + from_.text;
    if (!from_.number) return "at most " + to_.text;
    return fmt::format("from {} to {}", from_.text, to_.text);
  }

  const Type* type_ = nullptr;
  std::string default_;
  Bound from_, to_;
  std::vector<std::string> choices_;
};

// Puts values in, everywhere below a node.
class Filler {
 public:
  Filler(const Values& values, const std::vector<std::string>& declared, Diagnostics& diagnostics)
      : values_(values), declared_(declared), diagnostics_(diagnostics) {}

  // False where something stands for nothing.
  bool fill_all(YamlNode& node) {
    fill(node);
    return good_;
  }

 private:
  void fill(YamlNode& node) {
    if (node.is_scalar()) fill(node.text, node);
    for (YamlNode& item : node.items) fill(item);
    std::set<std::string> keys;
    for (YamlEntry& entry : node.entries) {
      YamlNode key;
      key.place = entry.place;
      fill(entry.key, key);
      if (!keys.insert(entry.key).second) {
        good_ = false;
        diagnostics_.error(entry.place, fmt::format("the key '{}' stands here twice", entry.key),
                           "with the value of its parameter; leave one of them out");
      }
      fill(entry.value);
    }
  }

  void fill(std::string& text, const YamlNode& node) {
    if (text.find("$(") == std::string::npos) return;
    std::string out;
    for (std::size_t i = 0; i < text.size();) {
      if (text.compare(i, 3, "$$(") == 0) {
        out += "$(";
        i += 3;
      } else if (text.compare(i, 2, "$(") != 0) {
        out += text[i++];
      } else {
        const std::size_t close = text.find(')', i);
        const std::string name = text.substr(i + 2, close - i - 2);
        const auto value = values_.find(name);
        if (close == std::string::npos) {
          diagnostics_.error(node.place_in(i, 2), "this parameter's name is not closed",
                             "$(name), or $$( for the two characters");
          good_ = false;
          return;
        }
        if (value != values_.end()) {
          out += value->second;
        } else if (std::find(declared_.begin(), declared_.end(), name) == declared_.end()) {
          // (A declaration that is wrong has been reported.)
          good_ = false;
          diagnostics_.error(node.place_in(i, close - i + 1),
                             fmt::format("there is no parameter '{}'", name),
                             did_you_mean(name, declared_,
                                          "add it to 'parameters', or write $$( for the two "
                                          "characters"));
        }
        i = close + 1;
      }
    }
    text = out;
  }

  const Values& values_;
  const std::vector<std::string>& declared_;
  Diagnostics& diagnostics_;
  bool good_ = true;
};

}  // namespace

bool parse_setting(const std::string& text, Setting& out, Diagnostics& diagnostics) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0) {
    diagnostics.error({}, fmt::format("--set: '{}' is not a parameter and its value", text),
                      "write NAME=VALUE: --set endpoints=5000");
    return false;
  }
  out = {text.substr(0, equals), text.substr(equals + 1)};
  return true;
}

std::vector<ParameterOffer> offered_parameters(const YamlNode& root) {
  std::vector<ParameterOffer> offered;
  for (const YamlEntry& part : root.entries) {
    if (part.key != "parameters") continue;
    for (const YamlEntry& entry : part.value.entries) {
      Parameter parameter;
      Diagnostics unsaid;
      if (parameter.declare(entry, unsaid)) offered.push_back({entry.key, parameter.choices()});
    }
  }
  return offered;
}

bool fill_in_parameters(YamlNode& root, const std::vector<Setting>& settings,
                        Diagnostics& diagnostics) {
  bool good = true;
  Values values;
  std::vector<std::string> declared;
  std::map<std::string, Parameter> parameters;
  std::map<std::string, Place> places;
  for (YamlEntry& part : root.entries) {
    if (part.key != "parameters") continue;
    if (!part.value.is_map() || part.value.entries.empty()) {
      diagnostics.error(part.value.place, "parameters: names and what they are are expected",
                        "parameters: { endpoints: { count: 300, from: 1, to: 1M } }");
      good = false;
    }
    for (const YamlEntry& entry : part.value.entries) {
      declared.push_back(entry.key);
      Parameter parameter;
      if (!parameter.declare(entry, diagnostics)) {
        good = false;
        continue;
      }
      values[entry.key] = parameter.initial();
      places[entry.key] = entry.place;
      parameters[entry.key] = std::move(parameter);
    }
  }
  std::vector<std::string> set;
  for (const Setting& setting : settings) {
    const std::string what = "--set " + setting.name;
    if (std::find(set.begin(), set.end(), setting.name) != set.end()) {
      diagnostics.error({}, what + ": this is set twice", "leave one of them out");
    } else if (const auto found = parameters.find(setting.name); found != parameters.end()) {
      if (found->second.check(setting.value, places[setting.name], what, diagnostics)) {
        values[setting.name] = setting.value;
      }
    } else if (std::find(declared.begin(), declared.end(), setting.name) == declared.end()) {
      diagnostics.error(
          {}, what + ": the scenario has no such parameter",
          did_you_mean(setting.name, declared,
                       declared.empty() ? "it has none at all"
                                        : fmt::format("it has {}", fmt::join(declared, ", "))));
    }
    set.push_back(setting.name);
  }
  Filler filler(values, declared, diagnostics);
  for (YamlEntry& part : root.entries) {
    if (part.key != "parameters") good = filler.fill_all(part.value) && good;
  }
  return good;
}

}  // namespace esm
