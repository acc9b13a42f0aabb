#include "sender/mapping/table_rows.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace esm {

std::optional<std::int64_t> TableRow::remaining_seconds() const {
  if (idle_seconds && maximum_seconds) return std::min(*idle_seconds, *maximum_seconds);
  return idle_seconds ? idle_seconds : maximum_seconds;
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

void TableRows::add(TableRow row) {
  ++seen_;
  if (!vsys_.empty() && !row.vsys.empty() && !same_word(row.vsys, vsys_)) return;
  if (same_word(row.from, "unknown") || (row.from.empty() && same_word(row.user, "unknown"))) {
    return;
  }
  const auto [other, is_new] = index_.emplace(row.address, rows_.size());
  if (is_new) {
    rows_.push_back(std::move(row));
    return;
  }
  const TableRow& first = rows_[other->second];
  const std::string where =
      first.place.line > 0 ? fmt::format("in line {}", first.place.line) : "before";
  if (first.user == row.user) {
    diagnostics_.warning(row.place,
                         fmt::format("{} stands {} already", row.address.to_string(), where));
    return;
  }
  const bool systems = !same_word(first.vsys, row.vsys);
  diagnostics_.error(row.place,
                     fmt::format("{} has two users: '{}' here and '{}' {}", row.address.to_string(),
                                 row.user, first.user, where),
                     systems ? fmt::format("--vsys {} takes one virtual system alone", first.vsys)
                             : "compare one table of one moment at a time");
}

}  // namespace esm
