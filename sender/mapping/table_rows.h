// The rows of a mapping table that somebody saved, whatever form it has.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"
#include "sender/base/time.h"

namespace esm {

struct TableRow {
  IpAddress address;
  std::string user;
  // What the table says of the mapping's end: none where it does not, or says "Never".
  std::optional<std::int64_t> idle_seconds, maximum_seconds;  // left, when the table was taken
  std::optional<UtcTime> expires;
  Place place;
  std::string from;  // what taught it: SYSLOG, AD, GP …; empty where the table does not say
  std::string vsys;  // "vsys1"; likewise

  // The smaller of both.
  std::optional<std::int64_t> remaining_seconds() const;
};

// Letters A to Z count as a to z.
bool same_word(std::string_view a, std::string_view b);

// What all forms have in common: which rows count, and that an address has one user.
class TableRows {
 public:
  // `vsys`: only rows of this virtual system, and rows that name none, count; empty: all do.
  TableRows(std::string vsys, Diagnostics& diagnostics)
      : vsys_(std::move(vsys)), diagnostics_(diagnostics) {}

  // Passes over rows of unknown users (seen in traffic, mapped to nobody). One address with two
  // users is an error; a row given twice is a warning.
  void add(TableRow row);
  std::size_t seen() const { return seen_; }  // the unknown ones and other systems' among them
  std::vector<TableRow> take() { return std::move(rows_); }

 private:
  std::string vsys_;
  Diagnostics& diagnostics_;
  std::size_t seen_ = 0;
  std::vector<TableRow> rows_;
  std::map<IpAddress, std::size_t> index_;
};

}  // namespace esm
