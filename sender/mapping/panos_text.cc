#include "sender/mapping/panos_text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <optional>
#include <vector>

#include <fmt/format.h>

#include "sender/base/text_check.h"
#include "sender/mapping/console_line.h"

namespace esm {
namespace {

constexpr std::string_view kHeader =
    "IP                                            Vsys   From    User                             "
    "IdleTimeout(s) MaxTimeout(s)\n"
    "--------------------------------------------- ------ ------- -------------------------------- "
    "-------------- -------------\n";

constexpr const char* kRowHint = "a row is: address, vsys, from, user, and the timeouts";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool looks_like_address(std::string_view text) {
  if (text.find_first_of(".:") == std::string_view::npos || !is_hex(text.front())) {
    return text.starts_with("::");
  }
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return is_hex(c) || c == '.' || c == ':'; });
}

bool looks_like_vsys(std::string_view text) {
  return text.size() >= 4 && same_word(text.substr(0, 4), "vsys") &&
         std::all_of(text.begin() + 4, text.end(), is_digit);
}

// What a firewall writes below `From`, as its own completion lists them.
bool is_origin(std::string_view text) {
  static constexpr std::array<std::string_view, 16> kOrigins{
      "SYSLOG", "AD",   "GP",     "CP",      "UIA",  "XMLAPI", "NTLM", "KRB",
      "SSO",    "EDIR", "SSLVPN", "SSL/VPN", "O365", "TS",     "VPN",  "Unknown"};
  return std::any_of(kOrigins.begin(), kOrigins.end(),
                     [&](std::string_view origin) { return same_word(text, origin); });
}

// "----- ---- --": the line below a header.
bool is_ruler(std::string_view line) {
  return line.find("--") != std::string_view::npos &&
         line.find_first_not_of("- \t") == std::string_view::npos;
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

bool all_timeouts(const std::vector<ConsoleWord>& words) {
  return words.size() <= 2 && std::all_of(words.begin(), words.end(), [](const ConsoleWord& word) {
           return timeout_cell(word.text).is_one;
         });
}

// What a header says of the columns.
struct Columns {
  bool vsys = false, from = false, idle = false, maximum = false;
};
std::optional<Columns> columns_of(const std::vector<ConsoleWord>& words) {
  if (words.size() < 2 || !same_word(words[0].text, "ip")) return std::nullopt;
  Columns columns;
  bool user = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    const std::string_view word = words[i].text;
    columns.vsys = columns.vsys || same_word(word, "vsys");
    columns.from = columns.from || same_word(word, "from") || same_word(word, "type");
    user = user || same_word(word, "user");
    columns.idle = columns.idle || same_word(word.substr(0, 4), "idle");
    columns.maximum = columns.maximum || same_word(word.substr(0, 3), "max");
  }
  if (!user && !columns.vsys) return std::nullopt;
  return columns;
}

// A line that may go over several of the console's.
struct LongLine {
  std::string text;
  int number = 0;
  bool exact = true;  // its columns are those of the file
  std::size_t parts = 0;
};

class TableText {
 public:
  TableText(const SourceText& source, TableRows& rows, Diagnostics& diagnostics)
      : source_(source), rows_(rows), diagnostics_(diagnostics) {}

  void read_line(std::string_view raw, int number) {
    const ConsoleLine line = visible(raw);
    const std::vector<ConsoleWord> words = split_words(line.text);
    if (words.empty()) return;
    if (in_header_ && read_header(line, words)) return;
    if (columns_of(words)) {
      end_row();
      begin_header(line, words, number);
      return;
    }
    if (same_word(words[0].text, "total:") && words.size() >= 2) {
      end_row();
      read_total(words[1], number, line.exact);
      return;
    }
    const bool has_address = looks_like_address(words[0].text);
    if (has_address || (words.size() >= 2 && looks_like_vsys(words[1].text))) {
      end_row();
      seen_ = true;
      row_ = LongLine{line.text, number, line.exact, 1};
      return;
    }
    if (row_ && continues_row(line.text, words)) {
      append(*row_, line.text);
      return;
    }
    end_row();
  }

  // An error message that was saved in a table's place must not pass for an empty table.
  void finish() {
    end_row();
    if (seen_) return;
    diagnostics_.error({source_.name(), 0, 0, 1},
                       "this is no mapping table: there is no header, no row and no total in it",
                       "save what `show user ip-user-mapping all` prints, or take `listen "
                       "--mappings-out FILE`");
  }

 private:
  void begin_header(const ConsoleLine& line, const std::vector<ConsoleWord>& words, int number) {
    if (totals_ > 0 && !told_second_) {
      told_second_ = true;
      diagnostics_.error(
          {source_.name(), number, line.exact ? static_cast<int>(words[0].at) + 1 : 0, 2},
          "a second table begins after the total of the first",
          "compare one table of one moment at a time");
    }
    seen_ = true;
    in_header_ = true;
    rulers_.clear();
    width_ = 0;
    header_ = {line.text};
    columns_ = columns_of(words);
  }

  // Behind a header's first line, up to its ruler: a narrow terminal breaks both. True where the
  // line belongs to them.
  bool read_header(const ConsoleLine& line, const std::vector<ConsoleWord>& words) {
    if (is_ruler(line.text)) {
      rulers_.push_back(line.text);
      return true;
    }
    constexpr std::size_t kPartsMax = 4;
    if (rulers_.empty() && header_.size() < kPartsMax && !looks_like_address(words[0].text) &&
        !columns_of(words)) {
      header_.push_back(line.text);
      return true;
    }
    in_header_ = false;
    settle_width();
    return false;
  }

  static std::string join(const std::vector<std::string>& parts, std::size_t width) {
    std::string whole;
    for (std::size_t part = 0; part < parts.size(); ++part) {
      whole.resize(std::max(whole.size(), width * part), ' ');
      whole += parts[part];
    }
    return whole;
  }

  // How wide the terminal was: as the ruler's first part, or one more where that ended with a blank
  // which somebody stripped. Then header and ruler have as many words, and more of them are known.
  void settle_width() {
    if (header_.size() < 2 && rulers_.size() < 2) return;
    width_ = rulers_.empty() ? 0 : rulers_.front().size();
    int best = -1;
    for (const std::size_t width : {width_, width_ + 1}) {
      const std::string header = join(header_, width);
      const std::string ruler = join(rulers_, width);
      const std::vector<ConsoleWord> words = split_words(header);
      const std::optional<Columns> columns = columns_of(words);
      if (!columns) continue;
      const bool alike = words.size() == split_words(ruler).size();
      const int score = (alike ? 10 : 0) + int{columns->vsys} + int{columns->from} +
                        int{columns->idle} + int{columns->maximum};
      if (score <= best) continue;
      best = score;
      width_ = width;
      columns_ = columns;
    }
  }

  bool continues_row(std::string_view text, const std::vector<ConsoleWord>& words) const {
    if (is_prompt(text) || is_pager(text)) return false;
    if (rulers_.size() > 1) return row_->parts < rulers_.size();
    const bool timeouts = !columns_ || columns_->idle || columns_->maximum;
    const std::vector<ConsoleWord> before = split_words(row_->text);
    return timeouts && before.size() >= 3 && !timeout_cell(before.back().text).is_one &&
           all_timeouts(words);
  }

  // The terminal's width is the first ruler's, where that was broken.
  void append(LongLine& row, std::string_view text) const {
    if (rulers_.size() > 1) {
      row.text.resize(std::max(row.text.size(), width_ * row.parts), ' ');
    } else {
      row.text += ' ';
    }
    row.text += text;
    ++row.parts;
  }

  void end_row() {
    if (!row_) return;
    const LongLine row = std::move(*row_);
    row_.reset();
    read_row(row);
  }

  void read_row(const LongLine& row) {
    const std::vector<ConsoleWord> words = split_words(row.text);
    const Place place{source_.name(), row.number, row.exact ? static_cast<int>(words[0].at) + 1 : 0,
                      static_cast<int>(words[0].text.size())};
    const std::optional<IpAddress> address = IpAddress::parse(words[0].text);
    if (!address) {
      diagnostics_.error(place, fmt::format("'{}' is no address", words[0].text), kRowHint);
      return;
    }
    ++rows_seen_;
    TableRow out;
    out.address = *address;
    out.place = place;
    // Where the user begins. What a row is without a header is told by its words.
    std::size_t user = 1;
    if (words.size() > user && (looks_like_vsys(words[user].text) ||
                                (columns_ && columns_->vsys && !is_origin(words[user].text)))) {
      out.vsys = words[user++].text;
    } else if (!columns_ && (words.size() <= user || !is_origin(words[user].text))) {
      diagnostics_.error(
          place,
          fmt::format("this row of {} has no vsys and no origin that a firewall has",
                      words[0].text),
          std::string(kRowHint) + "; keep the table's header if columns are missing");
      return;
    }
    if ((!columns_ || columns_->from) && words.size() > user) out.from = words[user++].text;
    if (words.size() <= user) {
      diagnostics_.error(place,
                         fmt::format("this row of {} has no user: the line is cut", words[0].text),
                         kRowHint);
      return;
    }
    read_user(row.text, words, user, out);
    rows_.add(std::move(out));
  }

  // The user is what stands between `from` and the timeouts; it may have spaces in it. Without a
  // header up to two numbers at the end are taken for timeouts.
  void read_user(std::string_view text, const std::vector<ConsoleWord>& words, std::size_t user,
                 TableRow& out) const {
    std::size_t end = words.size();
    const auto take = [&](std::optional<std::int64_t>& seconds) {
      if (end <= user + 1) return;
      const TimeoutCell cell = timeout_cell(words[end - 1].text);
      if (!cell.is_one) return;
      seconds = cell.seconds;
      --end;
    };
    const bool both = !columns_ || (columns_->idle && columns_->maximum);
    if (both || columns_->maximum) take(out.maximum_seconds);
    if (both || columns_->idle) take(out.idle_seconds);
    const std::size_t user_end = words[end - 1].at + words[end - 1].text.size();
    out.user = text.substr(words[user].at, user_end - words[user].at);
  }

  void read_total(const ConsoleWord& word, int number, bool exact) {
    seen_ = true;
    ++totals_;
    const Place place{source_.name(), number, exact ? static_cast<int>(word.at) + 1 : 0,
                      static_cast<int>(word.text.size())};
    std::uint64_t total = 0;
    const char* const end = word.text.data() + word.text.size();
    const auto [at, error] = std::from_chars(word.text.data(), end, total);
    if (error == std::errc{} && at == end && total != rows_seen_) {
      diagnostics_.warning(
          place, fmt::format("the total says {}, but {} rows were read above", total, rows_seen_),
          "was all of the output saved? 'set cli pager off' keeps it whole");
    }
    rows_seen_ = 0;
  }

  const SourceText& source_;
  TableRows& rows_;
  Diagnostics& diagnostics_;
  std::optional<Columns> columns_;
  bool in_header_ = false;
  std::vector<std::string> header_;
  std::vector<std::string> rulers_;  // several parts: the terminal was narrower than the table
  std::size_t width_ = 0;
  std::optional<LongLine> row_;
  bool seen_ = false;  // anything of a table
  std::size_t totals_ = 0;
  bool told_second_ = false;
  std::uint64_t rows_seen_ = 0;
};

}  // namespace

SecondsLeft seconds_left(const Mapping& mapping, SimTime now) {
  const auto left = [&](SimTime end) {
    return std::max<std::int64_t>(0, std::chrono::floor<std::chrono::seconds>(end - now).count());
  };
  const std::int64_t idle = left(std::min(mapping.idle_ends, mapping.expires));
  return {idle, mapping.maximum_ends == kNever ? idle : left(mapping.maximum_ends)};
}

std::string panos_mapping_table(std::span<const Mapping> mappings, SimTime now) {
  std::string out(kHeader);
  std::array<char, IpAddress::kTextMax> address{};
  for (const Mapping& mapping : mappings) {
    const std::string_view text(
        address.data(),
        static_cast<std::size_t>(mapping.address.write(address.data()) - address.data()));
    const SecondsLeft left = seconds_left(mapping, now);
    fmt::format_to(std::back_inserter(out), "{:<45} vsys1  SYSLOG  {:<32} {:<14} {}\n", text,
                   escape_for_display(mapping.user), left.idle, left.maximum);
  }
  fmt::format_to(std::back_inserter(out), "Total: {} users\n", mappings.size());
  return out;
}

void read_panos_table(const SourceText& source, TableRows& rows, Diagnostics& diagnostics) {
  diagnostics.add_source(source);
  TableText table(source, rows, diagnostics);
  std::string_view text = source.text();
  text.remove_prefix(byte_order_mark(text));
  for_each_console_line(text,
                        [&](std::string_view line, int number) { table.read_line(line, number); });
  table.finish();
}

}  // namespace esm
