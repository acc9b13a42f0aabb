#include "sender/scenario/name_pattern.h"

#include <fmt/format.h>

namespace esm {

std::string NamePattern::name(std::uint32_t index) const {
  if (!numbered) return prefix;
  return fmt::format("{}{:0{}}{}", prefix, std::uint64_t{index} + 1, width, suffix);
}

std::optional<std::uint32_t> NamePattern::index_of(std::string_view text,
                                                   std::uint32_t count) const {
  if (!numbered)
    return text == prefix && count > 0 ? std::optional<std::uint32_t>(0) : std::nullopt;
  if (text.size() <= prefix.size() + suffix.size() || !text.starts_with(prefix) ||
      !text.ends_with(suffix)) {
    return std::nullopt;
  }
  const std::string_view digits =
      text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
  std::uint64_t number = 0;
  for (const char c : digits) {
    if (c < '0' || c > '9' || number > 0xFFFFFFFF) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  if (number == 0 || number > count) return std::nullopt;
  const auto index = static_cast<std::uint32_t>(number - 1);
  // "PC-7" is not "PC-00007": only the exact spelling counts.
  return name(index) == text ? std::optional<std::uint32_t>(index) : std::nullopt;
}

}  // namespace esm
