#include "sender/mapping/profile.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/base/yaml.h"
#include "sender/mapping/ignore_list.h"
#include "sender/mapping/regex_matcher.h"

namespace esm {
namespace {

// Where byte `offset` of a scalar's value stands in the file. YamlNode::place_in knows no escapes;
// regexes in quotes have them ('' in single quotes, \\ in double quotes), so the raw text is
// walked. For a scalar that goes over several lines the place is the scalar's.
Place place_in_scalar(const SourceText& source, const YamlNode& node, std::size_t offset) {
  const std::string_view line = source.line(node.place.line);
  const auto start = static_cast<std::size_t>(node.place.column - 1);
  Place place = node.place;
  place.length = 1;
  if (start >= line.size()) return place;
  const char quote = node.quoted ? line[start] : '\0';
  if (quote != '\'' && quote != '"') {
    const bool here = !node.quoted && line.substr(start, node.text.size()) == node.text;
    if (here) place.column += static_cast<int>(offset);
    return here ? place : node.place;
  }
  std::size_t raw = start + 1;
  for (std::size_t value = 0; value < offset; ++value) {
    if (raw >= line.size()) return node.place;
    if (quote == '\'' && line.substr(raw, 2) == "''") {
      raw += 2;
    } else if (quote == '"' && line[raw] == '\\') {
      const char kind = raw + 1 < line.size() ? line[raw + 1] : '\0';
      raw += kind == 'x' ? 4 : kind == 'u' ? 6 : kind == 'U' ? 10 : 2;
    } else {
      raw += 1;
    }
  }
  if (raw > line.size()) return node.place;
  place.column = static_cast<int>(raw) + 1;
  return place;
}

// In double quotes YAML reads the backslashes before the regex does: "\_" becomes a non-breaking
// space and the regex quietly means something else.
bool yaml_eats_backslashes(const SourceText& source, const YamlNode& node) {
  const std::string_view line = source.line(node.place.line);
  const auto start = static_cast<std::size_t>(node.place.column - 1);
  if (!node.quoted || start >= line.size() || line[start] != '"') return false;
  return line.substr(start + 1, node.text.size()) != node.text;
}

bool has_non_ascii(std::string_view text) {
  for (const char c : text) {
    if (static_cast<unsigned char>(c) >= 0x80) return true;
  }
  return false;
}

struct RegexKey {
  std::string_view key;
  std::string_view what;     // "the user"
  std::string_view example;  // for the hint
  bool needs_group;
};

void read_regex(YamlMap& map, const RegexKey& which, const SourceText& source, std::string& out,
                Diagnostics& diagnostics) {
  const YamlNode* node =
      map.require(which.key, fmt::format("for instance {}: '{}'", which.key, which.example));
  if (node == nullptr || !map.text(which.key, out)) return;
  if (out.empty()) {
    diagnostics.error(node->place,
                      fmt::format("{}: the regex is empty: it would match every line", which.key),
                      fmt::format("for instance '{}'", which.example));
    return;
  }
  if (yaml_eats_backslashes(source, *node)) {
    diagnostics.warning(
        node->place,
        fmt::format("{}: in double quotes YAML changes backslashes before the regex is read: it "
                    "is now {}",
                    which.key, out),
        "write it in single quotes, where a backslash stays a backslash");
  }
  const RegexVerdict regex = check_regex(out);
  if (!regex.problem.empty()) {
    diagnostics.error(place_in_scalar(source, *node, regex.offset),
                      fmt::format("{}: not a regex: {}", which.key, regex.problem),
                      "the dialect is PCRE2");
    return;
  }
  if (has_non_ascii(out)) {
    diagnostics.warning(
        node->place,
        fmt::format("{}: a regex matches bytes, and '{}' has characters of several", which.key,
                    out),
        "outside [classes] and quantifiers that is the same; inside, write what ends the value "
        "instead: [^\\t]+");
  }
  if (!which.needs_group) return;
  if (regex.groups == 0) {
    diagnostics.error(
        node->place,
        fmt::format("{}: '{}' has no group: nothing says which part is {}", which.key, out,
                    which.what),
        fmt::format("put that part in parentheses, for instance '{}'", which.example));
  } else if (regex.groups > 1) {
    diagnostics.warning(
        node->place,
        fmt::format("{}: '{}' has {} groups, only the first is read", which.key, out, regex.groups),
        "write the others as (?:…)");
  }
}

RegexIdentifier read_regexes(YamlMap& map, const SourceText& source, Diagnostics& diagnostics) {
  RegexIdentifier identifier;
  read_regex(map, {"event", "the event", "Service is alive", false}, source, identifier.event,
             diagnostics);
  read_regex(map, {"username", "the user", "duser=([a-zA-Z0-9\\_]+)", true}, source,
             identifier.username, diagnostics);
  read_regex(map, {"address", "the address", "dst=([A-F0-9a-f:.]+)", true}, source,
             identifier.address, diagnostics);
  return identifier;
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '\x7F'; }

// Reads a text of the field identifier, and what is wrong with any of them; null where it is.
const YamlNode* read_literal(YamlMap& map, std::string_view key, const std::string& example,
                             std::string& out, Diagnostics& diagnostics) {
  const YamlNode* node = map.require(key, fmt::format("for instance {}: {}", key, example));
  if (node == nullptr || !map.text(key, out)) return nullptr;
  if (out.empty()) {
    diagnostics.error(node->place, fmt::format("{}: there is nothing to look for", key),
                      fmt::format("for instance {}", example));
    return nullptr;
  }
  if (std::any_of(out.begin(), out.end(), is_control)) {
    diagnostics.error(
        node->place,
        fmt::format("{}: '{}' holds a control character, which nobody can type into a firewall's "
                    "form",
                    key, escape_for_display(out)),
        "write \\t for a tab and \\n for the line's end, as delimiters, outside of double quotes");
    return nullptr;
  }
  return node;
}

void read_prefix(YamlMap& map, std::string_view key, const std::string& example, std::string& out,
                 Diagnostics& diagnostics) {
  const YamlNode* node = read_literal(map, key, example, out, diagnostics);
  if (node == nullptr) return;
  for (const std::string_view escape : {"\\s", "\\t", "\\n"}) {
    if (out.find(escape) == std::string::npos) continue;
    diagnostics.warning(
        node->place,
        fmt::format("{}: '{}' is looked for to the letter, '{}' and all", key, out, escape),
        "only a delimiter that is nothing else stands for white space");
  }
}

void read_delimiter(YamlMap& map, std::string_view key, std::string& out,
                    Diagnostics& diagnostics) {
  const YamlNode* node = read_literal(map, key, "\\t", out, diagnostics);
  if (node == nullptr || out == "\\s" || out == "\\t" || out == "\\n") return;
  if (out.find('\\') == std::string::npos) return;
  diagnostics.error(
      node->place,
      fmt::format("{}: nobody has written down what '{}' means to a firewall", key, out),
      "\\s is a space, \\t a tab, \\n the line's end; anything else is text without a "
      "backslash");
}

FieldIdentifier read_fields(YamlMap& map, Diagnostics& diagnostics) {
  FieldIdentifier identifier;
  read_prefix(map, "event", "Service is alive", identifier.event, diagnostics);
  read_prefix(map, "username-prefix", "duser=", identifier.username_prefix, diagnostics);
  read_delimiter(map, "username-delimiter", identifier.username_delimiter, diagnostics);
  read_prefix(map, "address-prefix", "dst=", identifier.address_prefix, diagnostics);
  read_delimiter(map, "address-delimiter", identifier.address_delimiter, diagnostics);
  map.count("addresses-per-log", identifier.addresses_max, 1, Reading::kAddressesMax);
  return identifier;
}

// Users to be ignored; every entry that is wrong is reported.
void read_ignored(YamlMap& map, std::vector<std::string>& out, Diagnostics& diagnostics) {
  const YamlNode* node = map.find("ignore");
  if (node == nullptr) return;
  if (!node->is_sequence()) {
    diagnostics.error(node->place, "ignore: a list of users is expected",
                      "ignore: [svc-*, CORP\\administrator]");
    return;
  }
  if (node->items.size() > kIgnoredMax) {
    diagnostics.error(node->items[kIgnoredMax].place,
                      fmt::format("ignore: more than the {} users a firewall takes",
                                  format_thousands(kIgnoredMax)));
    return;
  }
  for (const YamlNode& item : node->items) {
    if (!item.is_scalar() || item.text.empty()) {
      diagnostics.error(item.place, "ignore: a user is expected", "jdoe, or svc-* for all such");
    } else if (item.text.find('*') < item.text.size() - 1) {
      diagnostics.error(item.place, fmt::format("ignore: '{}' has a '*' before its end", item.text),
                        "it stands for the rest of the name, and only there");
    } else {
      if (item.text == "*") {
        diagnostics.warning(item.place, "ignore: '*' is everybody: nobody is mapped",
                            "put the beginning of names before it");
      }
      out.push_back(item.text);
    }
  }
}

std::string name_from(std::string_view file) {
  if (const std::size_t slash = file.rfind('/'); slash != std::string_view::npos) {
    file.remove_prefix(slash + 1);
  }
  for (const std::string_view ending : {".yaml", ".yml"}) {
    if (file.size() > ending.size() && file.ends_with(ending)) file.remove_suffix(ending.size());
  }
  return std::string(file);
}

}  // namespace

std::optional<Profile> read_profile(const SourceText& source, Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  const std::optional<YamlNode> root = parse_yaml(source, kProfileBytesMax, diagnostics);
  if (!root) return std::nullopt;

  Profile profile;
  profile.name = name_from(source.name());
  profile.source = source;
  YamlMap map(*root, "the profile", diagnostics);
  map.text("about", profile.about);

  std::size_t type = 0;
  if (map.require("type", "write type: regex, or type: field") != nullptr) {
    map.choice("type", {"regex", "field"}, type);
  }
  std::size_t purpose = 0;
  if (map.choice("for", {"login", "logout"}, purpose)) {
    profile.purpose = purpose == 0 ? Profile::For::kLogin : Profile::For::kLogout;
  }
  if (type == 0) {
    profile.identifier = read_regexes(map, source, diagnostics);
  } else {
    profile.identifier = read_fields(map, diagnostics);
  }
  if (map.text("default-domain", profile.default_domain) &&
      profile.default_domain.find_first_of("\\@ \t\r\n") != std::string::npos) {
    diagnostics.error(
        map.find("default-domain")->place,
        fmt::format("default-domain: '{}' is not a domain's name", profile.default_domain),
        "write it alone, without backslash, @ or spaces: CORP");
  }
  read_ignored(map, profile.ignored, diagnostics);
  map.finish();
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return profile;
}

}  // namespace esm
