// Template files: YAML in, checked Template out. templates/README.md is the language's page.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/base/yaml.h"
#include "sender/message/csv_column.h"
#include "sender/message/escape.h"
#include "sender/message/pattern_reader.h"
#include "sender/message/template.h"
#include "sender/message/time_format.h"

namespace esm {
namespace {

constexpr std::size_t kPadToMax = 65'507;  // a UDP datagram
constexpr std::size_t kEventIdMax = 255;   // LEEF
constexpr std::size_t kAppNameMax = 48;    // RFC 5424
constexpr std::size_t kMessageIdMax = 32;  // RFC 5424

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word_character(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// The text of a value without placeholders.
std::optional<std::string> constant(const Pattern& value) {
  std::string text;
  for (const Piece& piece : value) {
    if (piece.is_field) return std::nullopt;
    text += piece.literal;
  }
  return text;
}

// Of the text that stands in every message.
std::size_t own_bytes(const Pattern& value) {
  std::size_t bytes = 0;
  for (const Piece& piece : value) bytes += piece.optional == 0 ? piece.literal.size() : 0;
  return bytes;
}

// Whether what a time format writes begins with a digit.
bool begins_with_digit(const std::string& format) {
  TimeFormat::Wrong wrong;
  const auto compiled = TimeFormat::compile(format, wrong);
  if (!compiled) return false;
  char text[8] = {};
  const TimeFormat::Item& first = compiled->items().front();
  if (first.part == TimeFormat::Part::kLiteral) return is_digit(first.literal[0]);
  if (TimeFormat::length_max(first) > sizeof text) return first.part == TimeFormat::Part::kEpoch;
  TimeFormat::write(first, civil_time(UtcTime{}), UtcTime{}, text);
  return is_digit(text[0]);
}

bool begins_with_digit(const Piece& piece) {
  if (!piece.is_field) return is_digit(piece.literal[0]);
  if (!piece.stand_in.empty() && is_digit(piece.stand_in[0])) return true;
  switch (piece.field) {
    case Field::kEndpointAddress:
    case Field::kEndpointVersion:
    case Field::kEsmAddress:
    case Field::kEsmVersion:
    case Field::kOrdinal:
    case Field::kHash:
    case Field::kUuid:
      return true;
    case Field::kTime:
      return begins_with_digit(piece.format);
    case Field::kEndpointHost:
    case Field::kEndpointOs:
    case Field::kUser:
    case Field::kUserName:
    case Field::kUserDomain:
    case Field::kEsmName:
      return false;  // the scenario's matter
  }
  return false;
}

// The piece that makes a value begin with one, also where optional parts in front are left out.
const Piece* first_digit(const Pattern& value) {
  int left_out = 0;
  for (const Piece& piece : value) {
    if (piece.optional != 0 && piece.optional == left_out) continue;
    if (begins_with_digit(piece)) return &piece;
    if (piece.optional == 0) return nullptr;
    left_out = piece.optional;
  }
  return nullptr;
}

class Reader {
 public:
  Reader(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  std::optional<Template> read() {
    const int errors_before = diagnostics_.errors();
    const std::optional<YamlNode> root = parse_yaml(source_, kTemplateBytesMax, diagnostics_);
    if (!root) return std::nullopt;
    root_ = &*root;
    YamlMap map(*root, "the template", diagnostics_);
    out_.name = source_.name();
    out_.source = source_;
    map.text("about", out_.about);
    read_format(map);
    read_head(map);
    read_delimiter(map);
    if (belongs(map, "header", is_leef() || is_cef(), "format: leef1, leef2 or cef")) {
      read_header(map);
    }
    if (belongs(map, "fields", is_leef() || is_cef() || is_csv(),
                "format: leef1, leef2, cef or csv")) {
      read_fields(map);
    }
    read_escape(map);
    if (belongs(map, "text", is(Format::kText), "format: text")) read_text(map);
    read_pad_to(map);
    map.finish();
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    check_first_byte();
    check_dev_time();
    return std::move(out_);
  }

 private:
  void error(const Place& place, std::string problem, std::string hint = {}) {
    diagnostics_.error(place, std::move(problem), std::move(hint));
  }

  // All false while the format is not known, so that nothing is blamed on the wrong one.
  bool is(Format format) const { return format_known_ && out_.format == format; }
  bool is_leef() const { return is(Format::kLeef1) || is(Format::kLeef2); }
  bool is_cef() const { return is(Format::kCef); }
  bool is_csv() const { return is(Format::kCsv); }

  // Whether this key is to be read. One that stands where it means nothing is a mistake: what a
  // person wrote must not be passed over.
  bool belongs(YamlMap& map, std::string_view key, bool wanted, std::string_view where) {
    if (wanted) return true;
    if (map.find(key) == nullptr || !format_known_) return false;
    for (const YamlEntry& entry : root_->entries) {
      if (entry.key != key) continue;
      error(entry.place, fmt::format("{}: means nothing here", key),
            fmt::format("it belongs to {}; leave it out", where));
    }
    return false;
  }

  void read_format(YamlMap& map) {
    std::size_t which = 0;
    if (map.require("format", "format: leef1, leef2, cef, csv or text") == nullptr) return;
    format_known_ = map.choice("format", {"leef1", "leef2", "cef", "csv", "text"}, which);
    out_.format = static_cast<Format>(which);
  }

  void read_head(YamlMap& map) {
    auto which = static_cast<std::size_t>(Head::kEsm);
    const bool wrong =
        map.find("head") != nullptr &&
        !map.choice("head", {"none", "esm", "rfc3164", "rfc5424", "esm-5424"}, which);
    out_.head = static_cast<Head>(which);
    const bool any = wrong || out_.head != Head::kNone;
    std::size_t facility = 16, severity = 6;  // local0.info
    if (belongs(map, "facility", any, "a head other than none")) {
      map.choice("facility",
                 {"kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
                  "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
                  "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"},
                 facility);
    }
    if (belongs(map, "severity", any, "a head other than none")) {
      map.choice("severity",
                 {"emerg", "alert", "crit", "err", "warning", "notice", "info", "debug"}, severity);
    }
    out_.priority = static_cast<int>(facility * 8 + severity);
    const bool rfc5424 = wrong || out_.head == Head::kRfc5424;
    if (belongs(map, "app-name", rfc5424, "head: rfc5424")) {
      read_head_word(map, "app-name", out_.app_name, kAppNameMax);
    }
    if (belongs(map, "message-id", rfc5424, "head: rfc5424")) {
      read_head_word(map, "message-id", out_.message_id, kMessageIdMax);
    }
  }

  void read_head_word(YamlMap& map, std::string_view key, std::string& text, std::size_t max) {
    if (!map.text(key, text)) return;
    const bool visible =
        std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7F; });
    if (!text.empty() && text.size() <= max && visible) return;
    error(map.find(key)->place, fmt::format("{}: '{}' cannot stand in an RFC 5424 head", key, text),
          fmt::format("1 to {} visible ASCII characters, without spaces", max));
  }

  // A character, or x and one to four hexadecimal digits.
  static std::optional<char> delimiter_of(std::string_view text) {
    if (text.size() == 1) return text[0];
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(1);
    if (text.size() < 2 || text.size() > 5 || (text[0] != 'x' && text[0] != 'X')) {
      return std::nullopt;
    }
    unsigned value = 0;
    for (const char c : text.substr(1)) {
      const char low = c >= 'A' && c <= 'F' ? static_cast<char>(c - 'A' + 'a') : c;
      const std::size_t digit = std::string_view("0123456789abcdef").find(low);
      if (digit == std::string_view::npos) return std::nullopt;
      value = value * 16 + static_cast<unsigned>(digit);
    }
    if (value == 0 || value >= 0x80) return std::nullopt;
    return static_cast<char>(value);
  }

  void read_delimiter(YamlMap& map) {
    if (!belongs(map, "delimiter", is(Format::kLeef2), "format: leef2")) return;
    std::string text;
    if (!map.text("delimiter", text)) return;
    const Place& place = map.find("delimiter")->place;
    const std::optional<char> c = delimiter_of(text);
    const bool visible = text.size() > 1 || (text.size() == 1 && text[0] > ' ' && text[0] < 0x7F);
    if (!c || !visible) {
      error(place, fmt::format("delimiter: '{}' is not a delimiter", escape_for_display(text)),
            "one visible character, or the code of an ASCII character: ^, x5E, 0x09");
    } else if (is_word_character(*c) ||
               std::string_view("|=.: \n\r").find(*c) != std::string_view::npos) {
      error(place, fmt::format("delimiter: '{}' stands in headers, keys, addresses or times", text),
            "take a character that occurs nowhere else: ^, x5E, 0x09");
    } else {
      out_.delimiter = *c;
      out_.delimiter_text = std::move(text);
    }
  }

  // What each format does by itself cannot break a message; these are for receivers that want more.
  void read_escape(YamlMap& map) {
    out_.escape = is_leef() ? Escape::kLeefValue : Escape::kText;
    const bool text = is(Format::kText);
    if (!belongs(map, "escape", is_leef() || text, "format: leef1, leef2 or text")) return;
    std::size_t which = 0;
    if (text) {
      constexpr Escape kOfText[] = {Escape::kText,     Escape::kTextDoubled, Escape::kCefHeader,
                                    Escape::kCefValue, Escape::kCsv,         Escape::kParam};
      map.choice("escape",
                 {"raw", "doubled-backslash", "cef-header", "cef-value", "csv", "rfc5424-param"},
                 which);
      out_.escape = kOfText[which];
    } else {
      map.choice("escape", {"raw", "doubled-backslash"}, which);
      if (which == 1) out_.escape = Escape::kLeefDoubled;
    }
  }

  Pattern pattern(const YamlNode& node, std::string_view key, const PatternRules& rules = {}) {
    return read_pattern(node, key, rules, source_, diagnostics_);
  }

  void read_header(YamlMap& map) {
    const YamlNode* node = map.require(
        "header",
        is_cef() ? "header: { vendor: …, product: …, version: …, event: …, name: …, severity: … }"
                 : "header: { vendor: …, product: …, version: …, event: … }");
    if (node == nullptr) return;
    PatternRules rules;
    if (is_leef()) {
      rules.refused = "|";
      rules.problem = "'|' cannot stand in a LEEF header";
      rules.hint = "it parts the header's fields, and LEEF defines no escape";
    }
    YamlMap header(*node, "the header", diagnostics_);
    const auto part = [&](std::string_view key, Pattern& out) {
      const YamlNode* value = header.require(key, "every part of the header is needed");
      if (value == nullptr) return;
      const int errors_before = diagnostics_.errors();
      out = pattern(*value, key, rules);
      if (out.empty() && diagnostics_.errors() == errors_before) {
        error(value->place, fmt::format("{}: the value is empty", key),
              "every part of the header is needed");
      }
    };
    part("vendor", out_.vendor);
    part("product", out_.product);
    part("version", out_.version);
    part("event", out_.event_id);
    if (const std::size_t bytes = own_bytes(out_.event_id); is_leef() && bytes > kEventIdMax) {
      error(header.find("event")->place, fmt::format("event: the event ID has {} bytes", bytes),
            fmt::format("LEEF allows {}", kEventIdMax));
    }
    if (is_cef()) {
      part("name", out_.event_name);
      std::uint32_t severity = 0;
      header.require("severity", "severity: 0 to 10");
      if (header.count("severity", severity, 0, 10)) out_.cef_severity = std::to_string(severity);
    }
    header.finish();
  }

  void read_fields(YamlMap& map) {
    const YamlNode* node =
        map.require("fields", is_csv() ? "fields: [ \"{event.time:…}\", Heartbeat, … ]"
                                       : "fields: [ { duser: \"{session.user}\" }, … ]");
    if (node == nullptr) return;
    if (!node->is_sequence() || node->items.empty()) {
      error(node->place, "fields: a list is expected",
            is_csv() ? "- \"{session.user}\"" : "- duser: \"{session.user}\"");
      return;
    }
    PatternRules rules;
    if (is_leef()) {
      rules.refused = {&out_.delimiter, 1};
      rules.problem = fmt::format("the delimiter '{}' cannot stand in a value",
                                  escape_for_display(rules.refused));
      rules.hint = "LEEF defines no escape: choose other words, or another delimiter";
    }
    for (const YamlNode& item : node->items) {
      TemplateField field;
      field.place = item.place;
      if (is_csv()) {
        field.value = pattern(item, "fields", rules);
      } else if (!item.is_map() || item.entries.size() != 1) {
        error(item.place, "fields: one key with its value is expected here",
              "- duser: \"{session.user}\"");
        continue;
      } else {
        const YamlEntry& entry = item.entries.front();
        field.key = entry.key;
        field.place = entry.place;
        field.optional = entry.key.ends_with('?');
        if (field.optional) field.key.pop_back();
        check_key(entry.place, field.key);
        const int errors_before = diagnostics_.errors();
        field.value = pattern(entry.value, entry.key, rules);
        if (field.optional && diagnostics_.errors() == errors_before) {
          check_optional(entry, field.value);
        }
        if (is_leef() && field.key == "sev") check_leef_severity(entry, field.value);
      }
      out_.fields.push_back(std::move(field));
    }
    if (is_csv() && out_.fields.size() == 1) {
      const Pattern& value = out_.fields.front().value;
      if (value.empty() && out_.head == Head::kNone) {
        error(node->place, "fields: the message is empty", "- \"{session.user}\"");
      }
      check_never_empty(map, *node, "fields", value);
    }
  }

  // An empty message is an empty line, which no receiver tells from nothing.
  void check_never_empty(YamlMap& map, const YamlNode& node, std::string_view key,
                         const Pattern& body) {
    if (body.empty() || out_.head != Head::kNone || map.find("pad-to") != nullptr) return;
    if (!std::all_of(body.begin(), body.end(), [](const Piece& piece) {
          return piece.optional != 0 || may_be_empty(piece);
        })) {
      return;
    }
    error(node.place,
          fmt::format("{}: the message may be empty: nothing of it is always there", key),
          "add a word, a stand-in ({session.user|-}) or a head");
  }

  // A field that is left out where its value is empty.
  void check_optional(const YamlEntry& entry, const Pattern& value) {
    if (out_.fields.empty()) {
      error(entry.place, fmt::format("{}: the first field cannot be left out", entry.key),
            "put it behind one that is always there");
    }
    if (std::any_of(value.begin(), value.end(), [](const Piece& piece) {
          return piece.optional == 0 && may_be_empty(piece);
        })) {
      return;
    }
    if (std::any_of(value.begin(), value.end(),
                    [](const Piece& piece) { return piece.optional != 0; })) {
      error(entry.value.place,
            fmt::format("{}: only optional parts of this value can be empty", entry.key),
            "what leaves the field out stands outside of them; or leave out the '?' of the key");
    } else {
      error(
          entry.value.place,
          fmt::format("{}: this value is {} empty", entry.key, value.empty() ? "always" : "never"),
          value.empty() ? "leave out the field" : "leave out the '?'");
    }
  }

  void check_key(const Place& place, std::string_view key) {
    if (key.empty() || !std::all_of(key.begin(), key.end(), is_word_character)) {
      error(place, fmt::format("'{}' is not a key", escape_for_display(key)),
            "keys are letters and digits; a '?' behind one leaves it out where its value is empty");
    }
    if (key == "pad") {
      error(place, "the key 'pad' is kept for pad-to and --size", "choose another name");
    }
    for (const TemplateField& other : out_.fields) {
      if (other.key != key) continue;
      error(place, fmt::format("the key '{}' is given twice", key),
            fmt::format("it stands in line {} already", other.place.line));
    }
  }

  void check_leef_severity(const YamlEntry& entry, const Pattern& value) {
    const std::optional<std::string> text = constant(value);
    if (!text || *text == "10" || (text->size() == 1 && *text >= "1" && *text <= "9")) return;
    error(entry.value.place, fmt::format("sev: '{}' is not a severity", *text),
          "LEEF's is a number from 1 to 10");
  }

  void read_text(YamlMap& map) {
    const YamlNode* node =
        map.require("text", "text: \"user={session.user} ip={endpoint.address}\"");
    if (node == nullptr) return;
    PatternRules rules;
    rules.tabs = true;
    const int errors_before = diagnostics_.errors();
    out_.text = pattern(*node, "text", rules);
    if (out_.text.empty() && diagnostics_.errors() == errors_before) {
      error(node->place, "text: the message is empty",
            "text: \"user={session.user} ip={endpoint.address}\"");
    }
    if (diagnostics_.errors() == errors_before) check_never_empty(map, *node, "text", out_.text);
  }

  void read_pad_to(YamlMap& map) {
    std::string text;
    if (!map.text("pad-to", text)) return;
    const Place& place = map.find("pad-to")->place;
    const Parsed<std::uint64_t> size = parse_size(text);
    if (!size || *size == 0 || *size > kPadToMax) {
      error(place,
            size ? fmt::format("pad-to: {} is out of range", text) : "pad-to: " + size.problem,
            fmt::format("from 1 to {} bytes", format_thousands(kPadToMax)));
      return;
    }
    out_.pad_to = static_cast<std::size_t>(*size);
    // What is the same in every message must fit; the rest is known with a scenario only.
    std::size_t own = own_bytes(out_.text);
    for (const Pattern* part :
         {&out_.vendor, &out_.product, &out_.version, &out_.event_id, &out_.event_name}) {
      own += own_bytes(*part);
    }
    for (const TemplateField& field : out_.fields) {
      own += field.key.size() + (is_csv() ? 0 : 1) + own_bytes(field.value);
    }
    if (own > out_.pad_to) {
      error(place, fmt::format("pad-to: {} is less than the template's own text", text),
            fmt::format("that alone has {} bytes", format_thousands(own)));
    }
  }

  // On a stream a message that begins with a digit would be taken for an octet count.
  void check_first_byte() {
    if (out_.head != Head::kNone) return;
    const Pattern* first = is(Format::kText) ? &out_.text
                           : is_csv()        ? &out_.fields.front().value
                                             : nullptr;
    if (first == nullptr || first->empty()) return;
    if (is_csv() && is_always_quoted(*first)) return;
    const Piece* digit = first_digit(*first);
    if (digit == nullptr) return;
    diagnostics_.warning(digit->place, "the message begins with a digit",
                         "receivers on TCP and TLS take that for an octet count: use a head");
  }

  // A receiver reads LEEF's devTime by devTimeFormat, and as an epoch without it.
  void check_dev_time() {
    if (!is_leef()) return;
    const TemplateField* time = nullptr;
    const TemplateField* format = nullptr;
    for (const TemplateField& field : out_.fields) {
      if (field.key == "devTime") time = &field;
      if (field.key == "devTimeFormat") format = &field;
    }
    if (time == nullptr || time->value.size() != 1 || !time->value.front().is_field ||
        time->value.front().field != Field::kTime) {
      return;
    }
    const std::string_view wanted = java_format_of(time->value.front().format);
    const std::optional<std::string> given = format ? constant(format->value) : std::string();
    if (!given || *given == wanted) return;
    if (wanted.empty()) {
      diagnostics_.warning(format->place, "devTimeFormat: devTime is an epoch, which needs none",
                           "leave devTimeFormat out");
    } else {
      diagnostics_.warning((format ? format : time)->place,
                           format ? fmt::format("devTimeFormat: '{}' is not how devTime is written",
                                                escape_for_display(*given))
                                  : "devTime: without devTimeFormat receivers expect an epoch",
                           fmt::format("devTimeFormat: {}", wanted));
    }
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  const YamlNode* root_ = nullptr;
  bool format_known_ = false;
  Template out_;
};

}  // namespace

std::optional<Template> read_template(const SourceText& source, Diagnostics& diagnostics) {
  return Reader(source, diagnostics).read();
}

}  // namespace esm
