#include "sender/mapping/panos_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>
#include <map>

#include <fmt/format.h>

namespace esm {
namespace {

constexpr std::string_view kHeader =
    "IP                                            Vsys   From    User                             "
    "IdleTimeout(s) MaxTimeout(s)\n"
    "--------------------------------------------- ------ ------- -------------------------------- "
    "-------------- -------------\n";

bool is_blank(char c) { return c == ' ' || c == '\t'; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

struct Token {
  std::string_view text;
  std::size_t at = 0;  // in the line
};

std::vector<Token> split(std::string_view line) {
  std::vector<Token> tokens;
  for (std::size_t at = 0; at < line.size();) {
    while (at < line.size() && is_blank(line[at])) ++at;
    std::size_t end = at;
    while (end < line.size() && !is_blank(line[end])) ++end;
    if (end > at) tokens.push_back({line.substr(at, end - at), at});
    at = end;
  }
  return tokens;
}

// What a person sees of a line: a pager writes "lines 1-20", returns to the line's start, and
// colours with escape sequences.
std::string visible(std::string_view line) {
  while (!line.empty() && line.back() == '\r') line.remove_suffix(1);
  if (const std::size_t cr = line.rfind('\r'); cr != std::string_view::npos) {
    line.remove_prefix(cr + 1);
  }
  std::string out;
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '\x1b' && i + 1 < line.size() && line[i + 1] == '[') {
      i += 2;
      while (i < line.size() && (line[i] < '@' || line[i] > '~')) ++i;
    } else if (line[i] == '\b') {
      if (!out.empty()) out.pop_back();
    } else {
      out += line[i];
    }
  }
  return out;
}

bool looks_like_address(std::string_view text) {
  if (text.find_first_of(".:") == std::string_view::npos || !is_hex(text.front())) {
    return !text.empty() && text.starts_with("::");
  }
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_hex(c) || c == '.' || c == ':'; });
}

bool looks_like_vsys(std::string_view text) {
  return text.starts_with("vsys") &&
         std::all_of(text.begin() + 4, text.end(), [](char c) { return is_digit(c); });
}

bool same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) {
    const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
    return lower(x) == lower(y);
  });
}

// A cell of a timeout column: seconds, or a word for none.
struct TimeoutCell {
  bool is_one = false;
  std::optional<std::int64_t> seconds;
};
TimeoutCell timeout_cell(std::string_view text) {
  if (same_word(text, "never") || text == "-") return {true, std::nullopt};
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), seconds);
  if (error != std::errc{} || end != text.data() + text.size() || seconds < 0) return {};
  return {true, seconds};
}

// Reads one table; keeps what the header said about its columns.
class TableText {
 public:
  TableText(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  void read_line(std::string_view raw, int number) {
    const std::string line = visible(raw);
    const std::vector<Token> tokens = split(line);
    if (tokens.empty()) return;
    // Columns are those of the file only where nothing was taken out of the line.
    const bool exact = std::string_view(line) == raw.substr(0, line.size());
    const auto place = [&](const Token& token) {
      return Place{source_.name(), number, exact ? static_cast<int>(token.at) + 1 : 0,
                   static_cast<int>(token.text.size())};
    };
    if (tokens[0].text == "IP" && tokens.size() > 1 && same_word(tokens[1].text, "vsys")) {
      seen_ = true;
      timeout_columns_ = 0;
      for (const Token& token : tokens) {
        if (token.text.find("imeout") != std::string_view::npos) ++*timeout_columns_;
      }
      return;
    }
    if (tokens[0].text == "Total:" && tokens.size() >= 2) {
      seen_ = true;
      check_total(tokens[1], place(tokens[1]));
      return;
    }
    const bool has_address = looks_like_address(tokens[0].text);
    if (!has_address && (tokens.size() < 2 || !looks_like_vsys(tokens[1].text))) return;
    seen_ = true;
    read_row(line, tokens, place);
  }

  // An error message that was saved in a table's place must not pass for an empty table.
  void finish() const {
    if (seen_) return;
    diagnostics_.error({source_.name(), 0, 0, 1},
                       "this is no mapping table: there is no header, no row and no total in it",
                       "save what `show user ip-user-mapping all` prints, or take `listen "
                       "--mappings-out FILE`");
  }

  std::vector<TableRow> take() { return std::move(rows_); }

 private:
  template <typename PlaceOf>
  void read_row(std::string_view line, const std::vector<Token>& tokens, const PlaceOf& place) {
    const std::optional<IpAddress> address = IpAddress::parse(tokens[0].text);
    if (!address) {
      diagnostics_.error(place(tokens[0]), fmt::format("'{}' is no address", tokens[0].text),
                         "a row is: address, vsys, from, user, and the timeouts");
      return;
    }
    if (tokens.size() < 4) {
      diagnostics_.error(place(tokens[0]),
                         fmt::format("this row of {} has no user: the line is cut", tokens[0].text),
                         "a row is: address, vsys, from, user, and the timeouts");
      return;
    }
    ++rows_seen_;

    // The user is what stands between `from` and the timeouts; it may have spaces in it. Without a
    // header up to two numbers at the end are taken for timeouts.
    std::size_t end = tokens.size();
    std::optional<std::int64_t> remaining;
    for (std::size_t column = 0; column < timeout_columns_.value_or(2) && end > 4; ++column) {
      const TimeoutCell cell = timeout_cell(tokens[end - 1].text);
      if (!cell.is_one) break;
      if (cell.seconds) remaining = std::min(remaining.value_or(*cell.seconds), *cell.seconds);
      --end;
    }
    const std::size_t user_end = tokens[end - 1].at + tokens[end - 1].text.size();
    TableRow row;
    row.address = *address;
    row.user = line.substr(tokens[3].at, user_end - tokens[3].at);
    row.remaining_seconds = remaining;
    row.place = place(tokens[0]);
    row.from = tokens[2].text;
    if (same_word(row.from, "unknown")) return;  // seen in traffic, mapped to nobody

    const auto [other, is_new] = index_.emplace(row.address, rows_.size());
    if (is_new) {
      rows_.push_back(std::move(row));
      return;
    }
    const TableRow& first = rows_[other->second];
    if (first.user == row.user) {
      diagnostics_.warning(row.place, fmt::format("{} stands in line {} already",
                                                  row.address.to_string(), first.place.line));
      return;
    }
    diagnostics_.error(row.place,
                       fmt::format("{} has two users: '{}' here and '{}' in line {}",
                                   row.address.to_string(), row.user, first.user, first.place.line),
                       "compare one table of one virtual system at a time");
  }

  void check_total(const Token& number, const Place& place) {
    std::uint64_t total = 0;
    const char* const end = number.text.data() + number.text.size();
    const auto [at, error] = std::from_chars(number.text.data(), end, total);
    if (error == std::errc{} && at == end && total != rows_seen_) {
      diagnostics_.warning(
          place, fmt::format("the total says {}, but {} rows were read above", total, rows_seen_),
          "was all of the output saved? 'set cli pager off' keeps it whole");
    }
    rows_seen_ = 0;
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  std::optional<std::size_t> timeout_columns_;
  bool seen_ = false;  // anything of a table
  std::uint64_t rows_seen_ = 0;
  std::vector<TableRow> rows_;
  std::map<IpAddress, std::size_t> index_;
};

}  // namespace

std::string panos_mapping_table(std::span<const Mapping> mappings, SimTime now) {
  std::string out(kHeader);
  std::array<char, IpAddress::kTextMax> address{};
  for (const Mapping& mapping : mappings) {
    const std::string_view text(
        address.data(),
        static_cast<std::size_t>(mapping.address.write(address.data()) - address.data()));
    const std::int64_t left = std::max<std::int64_t>(
        0, std::chrono::floor<std::chrono::seconds>(mapping.expires - now).count());
    fmt::format_to(std::back_inserter(out), "{:<45} vsys1  SYSLOG  {:<32} {:<14} {}\n", text,
                   escape_for_display(mapping.user), left, left);
  }
  fmt::format_to(std::back_inserter(out), "Total: {} users\n", mappings.size());
  return out;
}

std::vector<TableRow> read_mapping_table(const SourceText& source, Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  TableText table(source, diagnostics);
  const std::string_view text = source.text();
  int number = 1;
  for (std::size_t start = 0; start < text.size(); ++number) {
    const std::size_t end = std::min(text.find('\n', start), text.size());
    table.read_line(text.substr(start, end - start), number);
    start = end + 1;
  }
  table.finish();
  return table.take();
}

std::string panos_server_monitor(std::span<const MonitorCounters> senders, bool udp, bool ssl) {
  const auto state = [](bool on) { return on ? "enabled" : "disabled"; };
  std::string out =
      fmt::format("UDP Syslog Listener Service is {}\nSSL Syslog Listener Service is {}\n",
                  state(udp), state(ssl));
  for (const MonitorCounters& sender : senders) {
    fmt::format_to(std::back_inserter(out),
                   "Proxy: {}(vsys: vsys1) Host: {}({})\n"
                   "number of log messages : {}\n"
                   "number of auth. success messages : {}\n"
                   "number of active connections : {}\n"
                   "total connections made : {}\n",
                   sender.name, sender.name, sender.address, sender.log_messages,
                   sender.auth_success, sender.active_connections, sender.total_connections);
  }
  return out;
}

}  // namespace esm
