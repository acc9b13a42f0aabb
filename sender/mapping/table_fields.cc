#include "sender/mapping/table_fields.h"

#include <charconv>
#include <cstdint>

#include <fmt/format.h>

#include "sender/base/units.h"

namespace esm {
namespace {

std::string set_seconds(std::optional<std::int64_t>& out, std::string_view text) {
  if (text.empty() || same_word(text, "never")) return {};
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) {
    return fmt::format("'{}' is no number of seconds", text);
  }
  out = seconds;
  return {};
}

}  // namespace

std::string set_field(TableRow& row, std::optional<SimTime>& at, std::string_view name,
                      std::string_view text) {
  if (same_word(name, "ip")) {
    const std::optional<IpAddress> address = IpAddress::parse(text);
    if (!address) return fmt::format("'{}' is no address", text);
    row.address = *address;
  } else if (same_word(name, "user")) {
    row.user = text;
  } else if (same_word(name, "from") || same_word(name, "type")) {
    row.from = text;
  } else if (same_word(name, "vsys")) {
    row.vsys = text;
  } else if (same_word(name, "idle_timeout")) {
    return set_seconds(row.idle_seconds, text);
  } else if (same_word(name, "timeout")) {
    return set_seconds(row.maximum_seconds, text);
  } else if (same_word(name, "expires") && !text.empty()) {
    row.expires = parse_rfc3339(text);
    if (!row.expires) return fmt::format("'{}' is no time: 2026-03-02T07:55:00Z is one", text);
  } else if (same_word(name, "at")) {
    const auto parsed = parse_duration(text);
    if (!parsed) return parsed.problem;
    at = *parsed;
  }
  return {};
}

std::string lacking(const TableRow& row, bool has_ip) {
  if (!has_ip) return "ip";
  return row.user.empty() ? "user" : "";
}

std::string end_text(UtcTime epoch, SimTime expires) {
  const bool never = expires > UtcTime::max() - epoch;
  return never ? std::string() : format_rfc3339(epoch + expires);
}

std::vector<std::string> rivals_of(const Mapping& mapping) {
  std::vector<std::string> out;
  if (!mapping.contested()) return out;
  out.push_back(mapping.rival);
  out.insert(out.end(), mapping.other_rivals.begin(), mapping.other_rivals.end());
  return out;
}

}  // namespace esm
