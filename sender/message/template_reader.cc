// Template files: YAML in, checked Template out. templates/README.md is the language's page.
#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"
#include "sender/base/yaml.h"
#include "sender/message/template.h"
#include "sender/message/time_format.h"

namespace esm {
namespace {

struct Placeholder {
  std::string_view path;
  Field field;
};
constexpr std::array<Placeholder, 11> kPlaceholders{{
    {"endpoint.host", Field::kEndpointHost},
    {"endpoint.address", Field::kEndpointAddress},
    {"endpoint.version", Field::kEndpointVersion},
    {"session.user", Field::kUser},
    {"session.name", Field::kUserName},
    {"session.domain", Field::kUserDomain},
    {"esm.name", Field::kEsmName},
    {"esm.address", Field::kEsmAddress},
    {"esm.version", Field::kEsmVersion},
    {"event.time", Field::kTime},
    {"event.ordinal", Field::kOrdinal},
}};

constexpr std::size_t kPadToMax = 65'507;
constexpr std::size_t kEventIdMax = 255;  // LEEF

class Reader {
 public:
  Reader(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  std::optional<Template> read() {
    const int errors_before = diagnostics_.errors();
    const std::optional<YamlNode> root = parse_yaml(source_, kTemplateBytesMax, diagnostics_);
    if (!root) return std::nullopt;
    YamlMap map(*root, "the template", diagnostics_);
    out_.name = source_.name();
    out_.source = source_;
    map.text("about", out_.about);
    std::size_t which = 0;
    map.require("format", "format: leef1, leef2, cef, csv or text");
    map.choice("format", {"leef1", "leef2", "cef", "csv", "text"}, which);
    out_.format = static_cast<Format>(which);
    which = 1;
    map.choice("head", {"none", "esm", "rfc3164", "rfc5424", "esm-5424"}, which);
    out_.head = static_cast<Head>(which);
    std::size_t facility = 16, severity = 6;
    map.choice("facility",
               {"kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
                "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
                "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"},
               facility);
    map.choice("severity", {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"},
               severity);
    out_.priority = static_cast<int>(facility * 8 + severity);
    if (map.text("app-name", out_.app_name)) {
      check_word(*map.find("app-name"), "app-name", out_.app_name, 48);
    }
    if (map.text("message-id", out_.message_id)) {
      check_word(*map.find("message-id"), "message-id", out_.message_id, 32);
    }
    read_delimiter(map);
    const bool has_header = out_.format != Format::kCsv && out_.format != Format::kText;
    if (has_header) {
      read_header(map);
    }
    if (out_.format == Format::kText) {
      if (const YamlNode* text = map.require("text", "text: \"…{session.user}…\"")) {
        out_.text = pattern(*text, "text");
      }
    } else {
      read_fields(map);
    }
    read_pad_to(map);
    map.finish();
    check_head();
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    return std::move(out_);
  }

 private:
  void error(const Place& place, std::string problem, std::string hint = {}) {
    diagnostics_.error(place, std::move(problem), std::move(hint));
  }

  void check_word(const YamlNode& node, std::string_view key, const std::string& text,
                  std::size_t max) {
    const bool visible =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (text.empty() || text.size() > max || !visible) {
      error(node.place, fmt::format("{}: '{}' cannot stand in an RFC 5424 head", key, text),
            fmt::format("1 to {} visible ASCII characters, without spaces", max));
    }
  }

  // A character, or x and one to four hexadecimal digits.
  void read_delimiter(YamlMap& map) {
    if (out_.format != Format::kLeef2) return;
    std::string text;
    if (!map.text("delimiter", text)) return;
    const YamlNode& node = *map.find("delimiter");
    out_.delimiter_text = text;
    std::string_view hex = text;
    if (hex.starts_with("0x")) hex.remove_prefix(1);
    if (hex.size() >= 2 && hex.size() <= 5 && (hex[0] == 'x' || hex[0] == 'X')) {
      unsigned value = 0;
      bool good = true;
      for (const char c : hex.substr(1)) {
        const std::size_t digit =
            std::string_view("0123456789abcdef")
                .find(static_cast<char>(c >= 'A' && c <= 'F' ? c - 'A' + 'a' : c));
        good = good && digit != std::string_view::npos;
        value = value * 16 + static_cast<unsigned>(digit & 0xF);
      }
      if (good && value > 0 && value < 0x80) {
        out_.delimiter = static_cast<char>(value);
        check_delimiter(node);
        return;
      }
    } else if (text.size() == 1 && text[0] > ' ' && text[0] < 0x7F) {
      out_.delimiter = text[0];
      check_delimiter(node);
      return;
    }
    error(node.place, fmt::format("delimiter: '{}' is not a delimiter", text),
          "one character, or its code: ^, x5E, 0x09");
  }

  void check_delimiter(const YamlNode& node) {
    const char c = out_.delimiter;
    if (c == '|' || c == '=' || c == '\n' || c == '\r' || (c >= '0' && c <= '9') ||
        (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) {
      error(node.place, "delimiter: this character parts something else already",
            "not | = line ends, letters or digits");
    }
  }

  void read_header(YamlMap& map) {
    const bool cef = out_.format == Format::kCef;
    const YamlNode* node = map.require(
        "header",
        cef ? "header: { vendor: …, product: …, version: …, event: …, name: …, severity: … }"
            : "header: { vendor: …, product: …, version: …, event: … }");
    if (node == nullptr) return;
    YamlMap header(*node, "the header", diagnostics_);
    const auto part = [&](std::string_view key, Pattern& out) {
      const YamlNode* value = header.require(key, "every part of the header is needed");
      if (value == nullptr) return;
      out = pattern(*value, key);
      for (const Piece& piece : out) {
        if (!cef && !piece.is_field && piece.literal.find('|') != std::string::npos) {
          error(piece.place, fmt::format("{}: '|' cannot stand in a LEEF header", key),
                "it parts the header's fields, and LEEF defines no escape");
        }
      }
    };
    part("vendor", out_.vendor);
    part("product", out_.product);
    part("version", out_.version);
    part("event", out_.event_id);
    if (cef) {
      part("name", out_.event_name);
      header.require("severity", "0 to 10");
      std::uint32_t severity = 0;
      if (header.count("severity", severity, 0, 10)) out_.cef_severity = std::to_string(severity);
    }
    std::size_t length = 0;
    for (const Piece& piece : out_.event_id) length += piece.literal.size();
    if (!cef && length > kEventIdMax) {
      error(header.find("event")->place, fmt::format("event: the event ID has {} bytes", length),
            fmt::format("LEEF allows {}", kEventIdMax));
    }
    header.finish();
  }

  void read_fields(YamlMap& map) {
    const bool csv = out_.format == Format::kCsv;
    const YamlNode* node =
        map.require("fields", csv ? "fields: [ \"{event.time:…}\", Heartbeat, … ]"
                                  : "fields: [ { duser: \"{session.user}\" }, … ]");
    if (node == nullptr) return;
    if (!node->is_sequence() || node->items.empty()) {
      error(node->place, "fields: a list is expected",
            csv ? "- \"{session.user}\"" : "- duser: \"{session.user}\"");
      return;
    }
    for (const YamlNode& item : node->items) {
      TemplateField field;
      field.place = item.place;
      if (csv) {
        field.value = pattern(item, "fields");
      } else if (!item.is_map() || item.entries.size() != 1) {
        error(item.place, "fields: one key with its value is expected here",
              "- duser: \"{session.user}\"");
        continue;
      } else {
        const YamlEntry& entry = item.entries.front();
        field.key = entry.key;
        field.place = entry.place;
        check_key(entry);
        field.value = pattern(entry.value, entry.key);
        check_literals(entry.key, field.value);
      }
      out_.fields.push_back(std::move(field));
    }
  }

  void check_key(const YamlEntry& entry) {
    const bool word =
        !entry.key.empty() && std::all_of(entry.key.begin(), entry.key.end(), [](char c) {
          return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        });
    if (!word) {
      error(entry.place, fmt::format("'{}' is not a key", entry.key),
            "keys are letters and digits");
    }
    for (const TemplateField& other : out_.fields) {
      if (other.key == entry.key) {
        error(entry.place, fmt::format("the key '{}' is given twice", entry.key),
              fmt::format("it stands in line {} already", other.place.line));
      }
    }
    const bool leef = out_.format == Format::kLeef1 || out_.format == Format::kLeef2;
    if (leef && entry.key == "sev" && entry.value.is_scalar() &&
        entry.value.text.find('{') == std::string::npos) {
      const Parsed<std::uint64_t> value = parse_count(entry.value.text);
      if (!value || *value < 1 || *value > 10) {
        error(entry.value.place, fmt::format("sev: '{}' is out of range", entry.value.text),
              "LEEF's severity is 1 to 10");
      }
    }
  }

  void check_literals(std::string_view key, const Pattern& value) {
    const bool leef = out_.format == Format::kLeef1 || out_.format == Format::kLeef2;
    for (const Piece& piece : value) {
      if (piece.is_field || !leef) continue;
      if (piece.literal.find(out_.delimiter) != std::string::npos) {
        error(piece.place, fmt::format("{}: the delimiter stands in this value", key),
              "LEEF defines no escape: choose other words, or another delimiter with leef2");
      }
    }
  }

  // Literal text and {placeholders}; {{ and }} are braces.
  Pattern pattern(const YamlNode& node, std::string_view key) {
    Pattern out;
    if (node.kind == YamlNode::Kind::kNull) return out;  // an empty value is kept, as ESM does
    if (!node.is_scalar()) {
      error(node.place, fmt::format("{}: a text is expected here", key));
      return out;
    }
    const std::string& text = node.text;
    std::string literal;
    const auto flush = [&](std::size_t end) {
      if (literal.empty()) return;
      Piece piece;
      piece.place = node.place_in(end - literal.size(), literal.size());
      for (const char c : literal) {
        if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
          error(piece.place, fmt::format("{}: control characters cannot stand in a message", key));
          break;
        }
      }
      piece.literal = std::move(literal);
      out.push_back(std::move(piece));
      literal.clear();
    };
    for (std::size_t i = 0; i < text.size();) {
      const std::string_view two = std::string_view(text).substr(i, 2);
      if (two == "{{" || two == "}}") {
        literal += text[i];
        i += 2;
      } else if (text[i] == '}') {
        error(node.place_in(i, 1), fmt::format("{}: this brace closes nothing", key),
              "a literal brace is written twice: }}");
        ++i;
      } else if (text[i] == '{') {
        flush(i);
        const std::size_t close = text.find('}', i);
        if (close == std::string::npos) {
          error(node.place_in(i, 1), fmt::format("{}: this brace is not closed", key),
                "{session.user}, or {{ for a literal brace");
          return out;
        }
        placeholder(node, key, i, close, out);
        i = close + 1;
      } else {
        literal += text[i++];
      }
    }
    flush(text.size());
    return out;
  }

  void placeholder(const YamlNode& node, std::string_view key, std::size_t open, std::size_t close,
                   Pattern& out) {
    const std::string_view inside = std::string_view(node.text).substr(open + 1, close - open - 1);
    const std::size_t colon = inside.find(':');
    const std::string_view path = inside.substr(0, colon);
    Piece piece;
    piece.is_field = true;
    piece.place = node.place_in(open, close - open + 1);
    const auto* known = std::find_if(kPlaceholders.begin(), kPlaceholders.end(),
                                     [&](const Placeholder& p) { return p.path == path; });
    if (known == kPlaceholders.end()) {
      std::vector<std::string> candidates;
      for (const Placeholder& p : kPlaceholders) candidates.emplace_back(p.path);
      error(
          piece.place, fmt::format("{}: there is no placeholder '{}'", key, path),
          did_you_mean(path, candidates, fmt::format("possible: {}", fmt::join(candidates, ", "))));
      return;
    }
    piece.field = known->field;
    if (colon != std::string_view::npos) piece.format = inside.substr(colon + 1);
    if (piece.field == Field::kTime) {
      TimeFormat::Wrong wrong;
      if (!TimeFormat::compile(piece.format, wrong)) {
        const std::size_t at =
            colon == std::string_view::npos ? open : open + 2 + colon + wrong.offset;
        error(node.place_in(at, colon == std::string_view::npos ? close - open + 1 : wrong.length),
              fmt::format("{}: {}", key, wrong.problem), wrong.hint);
        return;
      }
    } else if (colon != std::string_view::npos) {
      error(piece.place, fmt::format("{}: '{}' takes no format", key, path),
            "only event.time does");
      return;
    }
    out.push_back(std::move(piece));
  }

  void read_pad_to(YamlMap& map) {
    std::string text;
    if (!map.text("pad-to", text)) return;
    const Parsed<std::uint64_t> size = parse_size(text);
    if (!size || *size == 0 || *size > kPadToMax) {
      error(map.find("pad-to")->place,
            size ? fmt::format("pad-to: {} is out of range", text) : "pad-to: " + size.problem,
            fmt::format("1 to {} bytes", kPadToMax));
      return;
    }
    out_.pad_to = static_cast<std::size_t>(*size);
  }

  // A message that begins with a digit would be taken for an octet count on a stream.
  void check_head() {
    if (out_.head != Head::kNone) return;
    const Pattern* first = out_.format == Format::kText ? &out_.text
                           : out_.format == Format::kCsv && !out_.fields.empty()
                               ? &out_.fields.front().value
                               : nullptr;
    if (first == nullptr || first->empty()) return;
    const Piece& piece = first->front();
    if (!piece.is_field && piece.literal[0] >= '0' && piece.literal[0] <= '9') {
      diagnostics_.warning(piece.place, "the message begins with a digit",
                           "receivers on TCP and TLS take that for an octet count: use a head");
    }
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  Template out_;
};

}  // namespace

std::optional<Template> read_template(const SourceText& source, Diagnostics& diagnostics) {
  return Reader(source, diagnostics).read();
}

}  // namespace esm
