#include "sender/verify/received_form.h"

#include <algorithm>
#include <array>
#include <cctype>

#include <fmt/format.h>

// What rsyslog 8.2302 and syslog-ng 3.38 make of a message by default, seen with both:
//
//   sent       <134>Mar 02 2026 07:55:00 10.0.1.20 LEEF:1.0|Palo Alto …→devTime=…
//   rsyslog    Mar  2 07:55:00 10.0.1.20 LEEF: 1.0|Palo Alto …#011devTime=…
//              2026-03-02T07:55:00+00:00 10.0.1.20 LEEF: 1.0|…      (RSYSLOG_FileFormat)
//   syslog-ng  Mar  2 07:55:00 localhost LEEF:1.0|Palo Alto …→devTime=…
//
// Priority, time and host are the receiver's own, so heads are taken off both sides, and again
// where a receiver has put one before a head it did not understand. rsyslog puts a blank behind
// what it takes for a tag, and writes control characters as #ooo.

namespace esm {
namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
}

std::string_view word(std::string_view text) { return text.substr(0, text.find(' ')); }

// "<134>", at most.
void skip_priority(std::string_view& text) {
  if (!text.starts_with('<')) return;
  const std::size_t end = text.find('>');
  if (end == std::string_view::npos || end < 2 || end > 4) return;
  if (std::all_of(text.begin() + 1, text.begin() + static_cast<std::ptrdiff_t>(end), is_digit)) {
    text.remove_prefix(end + 1);
  }
}

bool matches(std::string_view text, std::string_view shape) {
  // '0' stands for a digit, '_' for a digit or a blank.
  if (text.size() < shape.size()) return false;
  for (std::size_t i = 0; i < shape.size(); ++i) {
    if (shape[i] == '0'   ? !is_digit(text[i])
        : shape[i] == '_' ? !is_digit(text[i]) && text[i] != ' '
                          : text[i] != shape[i]) {
      return false;
    }
  }
  return true;
}

// How long the time at the text's begin is; 0: there is none. As in RFC 3164, also with a year; or
// as in RFC 3339, also as ESM writes it ("…00.00Z+00:00").
std::size_t time_length(std::string_view text) {
  if (matches(text, "0000-00-00T00:00:00")) {
    const std::string_view time = word(text);
    const bool clean = time.find_first_not_of("0123456789.:+-TZ") == std::string_view::npos;
    return clean ? time.size() : 0;
  }
  static constexpr std::array<std::string_view, 12> kMonths{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  if (std::find(kMonths.begin(), kMonths.end(), text.substr(0, 3)) == kMonths.end()) return 0;
  const std::string_view rest = text.substr(3);
  std::size_t length = matches(rest, " _0 0000 00:00:00") ? 20
                       : matches(rest, " _0 00:00:00")    ? 15
                                                          : 0;
  if (length > 0 && length < text.size() && text[length] == ':') ++length;
  return length > 0 && (length == text.size() || text[length] == ' ') ? length : 0;
}

// "APP PROCID MSGID SD ": what RFC 5424 has between host and message.
void skip_protocol_fields(std::string_view& text) {
  std::string_view rest = text;
  for (int field = 0; field < 3; ++field) {
    const std::string_view name = word(rest);
    if (name.empty() || name.size() == rest.size()) return;
    rest.remove_prefix(name.size() + 1);
  }
  if (rest.starts_with("- ")) {
    text = rest.substr(2);
  } else if (rest.starts_with('[')) {
    const std::size_t end = rest.find("] ");
    if (end != std::string_view::npos) text = rest.substr(end + 2);
  }
}

// True where there was a head.
bool skip_head(std::string_view& text) {
  std::string_view rest = text;
  skip_blanks(rest);
  skip_priority(rest);
  const bool protocol = rest.starts_with("1 ") && time_length(rest.substr(2)) > 0;
  if (protocol) rest.remove_prefix(2);
  const std::size_t time = time_length(rest);
  if (time == 0) {
    if (rest.size() == text.size()) return false;
    text = rest;  // a priority alone
    return true;
  }
  rest.remove_prefix(std::min(time + 1, rest.size()));
  rest.remove_prefix(std::min(word(rest).size() + 1, rest.size()));
  if (protocol) skip_protocol_fields(rest);
  text = rest;
  return true;
}

std::string_view without_heads(std::string_view text) {
  constexpr int kHeadsMax = 4;
  for (int i = 0; i < kHeadsMax && skip_head(text); ++i) {
  }
  skip_blanks(text);
  return text;
}

// A tag's blank, and control characters, as rsyslog writes them.
std::string_view as_rsyslog(std::string_view text, std::string& out) {
  out.clear();
  const std::size_t colon = word(text).find(':');
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (i > 0 && i == colon + 1 && text[i] == ' ') continue;
    const auto octal = [&](std::size_t at) { return text[at] >= '0' && text[at] <= '7'; };
    if (text[i] == '#' && i + 3 < text.size() && text[i + 1] <= '3' && octal(i + 1) &&
        octal(i + 2) && octal(i + 3)) {
      out += static_cast<char>((text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 +
                               (text[i + 3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

// "3c:31:33" or "3c3133": the last column of what tshark printed.
std::optional<std::string_view> from_hex(std::string_view line, std::string& out) {
  while (!line.empty() && std::isspace(static_cast<unsigned char>(line.back())) != 0) {
    line.remove_suffix(1);
  }
  const std::size_t begin = line.find_last_of(" \t,;");
  if (begin != std::string_view::npos) line.remove_prefix(begin + 1);
  out.clear();
  for (std::size_t i = 0; i < line.size();) {
    if (line[i] == ':' || line[i] == '"') {
      ++i;
      continue;
    }
    const int high = hex_digit(line[i]);
    const int low = i + 1 < line.size() ? hex_digit(line[i + 1]) : -1;
    if (high < 0 || low < 0) return std::nullopt;
    out += static_cast<char>(high * 16 + low);
    i += 2;
  }
  if (out.empty()) return std::nullopt;
  // What a receiver takes off a datagram's end.
  while (out.ends_with('\n') || out.ends_with('\r')) out.pop_back();
  return out;
}

}  // namespace

Parsed<ReceivedForm> ReceivedForm::parse(std::string_view text) {
  ReceivedForm form;
  constexpr std::string_view kRegexPrefix = "regex:";
  if (text == "raw") {
    form.kind_ = Kind::kRaw;
  } else if (text == "rsyslog") {
    form.kind_ = Kind::kRsyslog;
  } else if (text == "syslog-ng") {
    form.kind_ = Kind::kSyslogNg;
  } else if (text == "tshark") {
    form.kind_ = Kind::kTshark;
  } else if (text.starts_with(kRegexPrefix)) {
    const std::string pattern(text.substr(kRegexPrefix.size()));
    const RegexVerdict verdict = check_regex(pattern);
    if (!verdict.problem.empty()) {
      return {
          {},
          fmt::format("'{}': {} (at character {})", pattern, verdict.problem, verdict.offset + 1),
          "the dialect is PCRE2"};
    }
    if (verdict.groups == 0) {
      return {{},
              fmt::format("'{}' has no group", pattern),
              "the first group is the message: regex:^[^ ]+ [^ ]+ (.*)$"};
    }
    form.kind_ = Kind::kRegex;
    form.regex_ = std::make_shared<const RegexMatcher>(RegexIdentifier{pattern, pattern, pattern});
  } else {
    return {
        {},
        fmt::format("'{}' is no form of received lines", text),
        "raw, rsyslog, syslog-ng, tshark, or regex: and a regex whose first group is the message"};
  }
  return {form, {}, {}};
}

std::optional<std::string_view> ReceivedForm::stored(std::string_view line,
                                                     std::string& scratch) const {
  switch (kind_) {
    case Kind::kRaw:
      break;
    case Kind::kRsyslog:
    case Kind::kSyslogNg: {
      std::string_view text = line;
      skip_priority(text);
      if (text.starts_with("1 ")) text.remove_prefix(2);
      if (time_length(text) == 0) return std::nullopt;
      text = without_heads(line);
      const std::string_view own = kind_ == Kind::kRsyslog ? "rsyslogd" : "syslog-ng[";
      if (text.starts_with(own)) return std::nullopt;
      return kind_ == Kind::kRsyslog ? as_rsyslog(text, scratch) : text;
    }
    case Kind::kTshark:
      return from_hex(line, scratch);
    case Kind::kRegex: {
      Reading reading;
      regex_->find(line, reading);
      if (reading.verdict != Reading::Verdict::kMapped) return std::nullopt;
      return reading.user;
    }
  }
  return line;
}

std::string_view ReceivedForm::sent(std::string_view message, std::string& scratch) const {
  if (kind_ == Kind::kRsyslog) return as_rsyslog(without_heads(message), scratch);
  if (kind_ == Kind::kSyslogNg) return without_heads(message);
  return message;
}

}  // namespace esm
