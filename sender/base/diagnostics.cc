#include "sender/base/diagnostics.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include <fmt/format.h>

#include "sender/base/text_check.h"

namespace esm {
namespace {

// Columns a terminal needs for `text`, one for each code point: near enough for a caret.
std::size_t display_width(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

}  // namespace

SourceText::SourceText(std::string name, std::string text) : name_(std::move(name)) {
  std::vector<std::size_t> begins{0};
  for (std::size_t i = text.find('\n'); i != std::string::npos; i = text.find('\n', i + 1)) {
    begins.push_back(i + 1);
  }
  content_ = std::make_shared<const Content>(Content{std::move(text), std::move(begins)});
}

const std::string& SourceText::text() const {
  static const std::string kNone;
  return content_ ? content_->text : kNone;
}

SourceText SourceText::renamed(std::string name) const {
  SourceText same = *this;
  same.name_ = std::move(name);
  return same;
}

Place SourceText::place(std::size_t offset, int length) const {
  const std::string_view before = std::string_view(text()).substr(0, offset);
  const std::size_t newline = before.rfind('\n');
  const std::size_t start = newline == std::string_view::npos ? 0 : newline + 1;
  return {name_, static_cast<int>(std::count(before.begin(), before.end(), '\n')) + 1,
          static_cast<int>(before.size() - start) + 1, length};
}

std::string_view SourceText::line(int number) const {
  if (!content_ || number < 1 || static_cast<std::size_t>(number) > content_->begins.size()) {
    return {};
  }
  std::string_view rest = content_->text;
  rest.remove_prefix(content_->begins[static_cast<std::size_t>(number) - 1]);
  rest = rest.substr(0, rest.find('\n'));
  if (!rest.empty() && rest.back() == '\r') rest.remove_suffix(1);
  return rest;
}

void Diagnostics::error(Place place, std::string problem, std::string hint) {
  list_.push_back({Severity::kError, std::move(place), std::move(problem), std::move(hint)});
  ++errors_;
}

void Diagnostics::warning(Place place, std::string problem, std::string hint) {
  list_.push_back({Severity::kWarning, std::move(place), std::move(problem), std::move(hint)});
}

void Diagnostics::add_source(SourceText source) { sources_.push_back(std::move(source)); }

std::string Diagnostics::render() const {
  std::vector<const Diagnostic*> ordered;
  ordered.reserve(list_.size());
  for (const Diagnostic& d : list_) ordered.push_back(&d);
  std::stable_sort(ordered.begin(), ordered.end(), [](const Diagnostic* a, const Diagnostic* b) {
    if (a->place.file != b->place.file) return a->place.file < b->place.file;
    if (a->place.line != b->place.line) return a->place.line < b->place.line;
    return a->place.column < b->place.column;
  });

  std::string out;
  auto to = std::back_inserter(out);
  for (const Diagnostic* d : ordered) {
    const Place& place = d->place;
    if (!place.file.empty()) fmt::format_to(to, "{}:", escape_for_display(place.file));
    if (place.line > 0) fmt::format_to(to, "{}:", place.line);
    if (place.line > 0 && place.column > 0) fmt::format_to(to, "{}:", place.column);
    if (!place.file.empty()) out += ' ';
    fmt::format_to(to, "{}: {}\n", d->severity == Severity::kError ? "error" : "warning",
                   escape_for_display(d->problem));

    const auto source = std::find_if(sources_.begin(), sources_.end(),
                                     [&](const SourceText& s) { return s.name() == place.file; });
    const std::string_view line =
        source == sources_.end() || place.line == 0 ? std::string_view{} : source->line(place.line);
    constexpr std::size_t kLineMax = 200;  // a very long line would bury the message
    if (!line.empty() && line.size() <= kLineMax) {
      fmt::format_to(to, "{:>5} | {}\n", place.line, escape_for_display(line));
      if (place.column > 0 && static_cast<std::size_t>(place.column) <= line.size() + 1) {
        const std::size_t before = static_cast<std::size_t>(place.column) - 1;
        const std::string shown = escape_for_display(line.substr(0, before));
        const std::string_view marked =
            line.substr(before, static_cast<std::size_t>(std::max(place.length, 1)));
        const std::size_t width =
            std::max<std::size_t>(display_width(escape_for_display(marked)), 1);
        fmt::format_to(to, "{:>5} | {:{}}^{:~>{}}\n", "", "", display_width(shown), "", width - 1);
      }
    }
    if (!d->hint.empty()) {
      // A hint may have several lines; those behind the first stand below its text, so that none
      // can be taken for a message of its own.
      const char* before = "hint: ";
      for (std::string_view rest = d->hint; !rest.empty(); before = "      ") {
        const std::size_t end = rest.find('\n');
        fmt::format_to(to, "{}{}\n", before, escape_for_display(rest.substr(0, end)));
        rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
      }
    }
  }
  return out;
}

std::string escape_for_display(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size();) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c >= 0x20 && c < 0x7F) {
      out += text[i++];
      continue;
    }
    const std::size_t length = c >= 0x80 ? utf8_length(text, i) : 0;
    // U+0080 to U+009F are control characters too: a terminal may act on them.
    const bool control = length == 2 && c == 0xC2 && static_cast<unsigned char>(text[i + 1]) < 0xA0;
    if (length > 0 && !control) {
      out.append(text, i, length);
      i += length;
      continue;
    }
    fmt::format_to(std::back_inserter(out), "\\x{:02x}", c);
    ++i;
  }
  return out;
}

}  // namespace esm
