// How messages stand in what a receiver wrote: as they were sent, behind a prefix, or as bytes that
// tshark printed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sender/base/units.h"
#include "sender/mapping/regex_matcher.h"

namespace esm {

class ReceivedForm {
 public:
  enum class Kind { kRaw, kRsyslog, kSyslogNg, kTshark, kRegex };

  // Each line is a message.
  ReceivedForm() = default;
  // "raw", "rsyslog", "syslog-ng", "tshark", or "regex:" and a regex whose first group is the
  // message.
  static Parsed<ReceivedForm> parse(std::string_view text);

  Kind kind() const { return kind_; }
  // Whether only what stands behind the syslog head is compared.
  bool drops_heads() const { return kind_ == Kind::kRsyslog || kind_ == Kind::kSyslogNg; }

  // What is compared of a line that was stored; none: the line holds no message (the receiver's own
  // words, or another program's). The result lies in `line` or in `scratch`.
  std::optional<std::string_view> stored(std::string_view line, std::string& scratch) const;
  // What is compared of a message that was sent; likewise.
  std::string_view sent(std::string_view message, std::string& scratch) const;

 private:
  Kind kind_ = Kind::kRaw;
  std::shared_ptr<const RegexMatcher> regex_;
};

}  // namespace esm
