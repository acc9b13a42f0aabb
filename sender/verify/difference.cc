#include "sender/verify/difference.h"

#include <algorithm>
#include <numeric>
#include <set>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace esm {
namespace {

std::size_t common_prefix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first -
                                  a.begin());
}

std::size_t common_suffix(std::string_view a, std::string_view b) {
  return static_cast<std::size_t>(std::mismatch(a.rbegin(), a.rend(), b.rbegin(), b.rend()).first -
                                  a.rbegin());
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

// "#011" -> tab: how rsyslog writes control characters.
std::string without_octal(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::string_view code = text.substr(i, 4);
    const auto octal = [](char c) { return c >= '0' && c <= '7'; };
    if (code.size() == 4 && code[0] == '#' && code[1] <= '3' && octal(code[1]) && octal(code[2]) &&
        octal(code[3])) {
      out += static_cast<char>((code[1] - '0') * 64 + (code[2] - '0') * 8 + (code[3] - '0'));
      i += 3;
    } else {
      out += text[i];
    }
  }
  return out;
}

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string out(text);
  for (std::size_t at = 0; (at = out.find(from, at)) != std::string::npos; at += to.size()) {
    out.replace(at, from.size(), to);
  }
  return out;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = lower(c);
  return out;
}

bool equal_but_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string shortened(std::string_view text) {
  constexpr std::size_t kShownMax = 40;
  return text.size() <= kShownMax ? std::string(text)
                                  : std::string(text.substr(0, kShownMax)) + "…";
}

// `text` from `begin` to `end`, with a little around it.
std::string excerpt(std::string_view text, std::size_t begin, std::size_t end) {
  constexpr std::size_t kAround = 16;
  constexpr std::size_t kInsideMax = 60;
  const std::size_t from = begin > kAround ? begin - kAround : 0;
  const std::size_t to = std::min({end + kAround, begin + kInsideMax, text.size()});
  return (from > 0 ? "…" : "") + std::string(text.substr(from, to - from)) +
         (to < text.size() ? "…" : "");
}

// What is shorter is no message.
constexpr std::size_t kMessageMin = 20;

std::string what_changed(std::string_view expected, std::string_view found, std::size_t prefix,
                         std::size_t suffix) {
  if (expected.starts_with(found)) {
    return fmt::format("cut after {} of {} bytes", found.size(), expected.size());
  }
  if (found.starts_with(expected)) {
    const std::string_view rest = found.substr(expected.size());
    if (rest.find_first_not_of(" \t\r\n") == std::string_view::npos) {
      return "white space was added at the end";
    }
    if (rest.size() > kMessageMin && rest.find('<') != std::string_view::npos) {
      return "another message stands behind it in the same line";
    }
    return fmt::format("'{}' was added at the end", shortened(rest));
  }
  if (found.ends_with(expected)) {
    const std::string_view front = found.substr(0, found.size() - expected.size());
    const bool count = front.size() > 1 && front.back() == ' ' &&
                       std::all_of(front.begin(), front.end() - 1, is_digit);
    if (front.size() > kMessageMin && front.find('<') != std::string_view::npos) {
      return "another message stands in front of it in the same line";
    }
    return count ? fmt::format(
                       "the frame's length, '{}', is part of the line: this receiver does "
                       "not count octets, --framing lf suits it",
                       front)
                 : fmt::format("'{}' stands in front of it", shortened(front));
  }
  if (expected.ends_with(found)) {
    const std::size_t count = expected.size() - found.size();
    return fmt::format("the first {} bytes, '{}', are missing", count,
                       shortened(expected.substr(0, count)));
  }
  if (without_octal(found) == expected) {
    return "control characters became #ooo: in rsyslog "
           "parser.escapeControlCharacterTab=\"off\" keeps tabs";
  }
  if (replaced(found, "\\t", "\t") == expected) return "tabs became \\t";
  if (replaced(expected, "\t", " ") == found) return "tabs became spaces";
  if (equal_but_case(found, expected)) return "upper and lower case were changed";
  const std::size_t end = expected.size() - suffix;
  if (prefix == end) {
    return fmt::format("{} bytes were put in behind byte {} of {}", found.size() - suffix - prefix,
                       prefix, expected.size());
  }
  const bool missing = prefix + suffix == found.size();
  if (prefix + 1 == end) {
    return fmt::format("byte {} of {} is {}", end, expected.size(),
                       missing ? "missing" : "another");
  }
  return fmt::format("bytes {} to {} of {} are {}", prefix + 1, end, expected.size(),
                     missing ? "missing" : "another text");
}

// Words as they may stand in a line: letters, digits and what names and addresses are made of.
template <typename Function>
void for_each_word(std::string_view text, Function function) {
  constexpr std::string_view kInside = "._:-@$'~";
  const auto inside = [&](char c) {
    return is_digit(c) || (c >= 'a' && c <= 'z') || (c & 0x80) != 0 ||
           kInside.find(c) != std::string_view::npos;
  };
  for (std::size_t i = 0; i < text.size();) {
    if (!inside(text[i])) {
      ++i;
      continue;
    }
    const std::size_t begin = i;
    while (i < text.size() && inside(text[i])) ++i;
    function(text.substr(begin, i - begin));
  }
}

}  // namespace

Difference difference(std::string_view expected, std::string_view found) {
  const std::size_t shorter = std::min(expected.size(), found.size());
  const std::size_t prefix = common_prefix(expected, found);
  const std::size_t suffix = std::min(common_suffix(expected, found), shorter - prefix);
  Difference out;
  out.expected = excerpt(expected, prefix, expected.size() - suffix);
  out.found = excerpt(found, prefix, found.size() - suffix);
  out.what = what_changed(expected, found, prefix, suffix);
  return out;
}

Nearest::Nearest(std::vector<Candidate> candidates) : candidates_(std::move(candidates)) {
  taken_.resize(candidates_.size());
  by_text_.resize(candidates_.size());
  std::iota(by_text_.begin(), by_text_.end(), std::size_t{0});
  std::sort(by_text_.begin(), by_text_.end(), [this](std::size_t a, std::size_t b) {
    return std::tie(candidates_[a].text, a) < std::tie(candidates_[b].text, b);
  });
  for (std::size_t i = 0; i < candidates_.size(); ++i) {
    for (const std::string& name : candidates_[i].names) {
      for_each_word(lower(name), [&](std::string_view word) {
        constexpr std::size_t kWordMin = 2;
        std::vector<std::size_t>& list = by_name_[std::string(word)];
        if (word.size() >= kWordMin && (list.empty() || list.back() != i)) list.push_back(i);
      });
    }
  }
}

std::optional<std::size_t> Nearest::take(std::string_view line) {
  std::optional<std::size_t> best;
  std::size_t best_score = 0;
  const auto consider = [&](std::size_t i, std::size_t score) {
    const bool better =
        !best || score > best_score ||
        (score == best_score && candidates_[i].uncertain && !candidates_[*best].uncertain) ||
        (score == best_score && candidates_[i].uncertain == candidates_[*best].uncertain &&
         i < *best);
    if (!better) return;
    best = i;
    best_score = score;
  };

  // Messages that it names. Escapes would hide what is equal at beginning and end.
  constexpr std::size_t kListMax = 1024;  // bounds the work for a line that names many messages
  const std::string plain = replaced(without_octal(line), "\\t", "\t");
  std::set<std::string, std::less<>> words;
  for_each_word(lower(plain), [&](std::string_view word) {
    words.emplace(word);
    words.emplace(word.substr(0, word.find(':')));  // 10.0.1.51:514
  });
  for (const std::string& word : words) {
    const auto list = by_name_.find(word);
    if (list == by_name_.end()) continue;
    std::size_t looked = 0;
    for (const std::size_t i : list->second) {
      if (taken_[i]) continue;
      if (++looked > kListMax) break;
      const std::string& text = candidates_[i].text;
      const std::size_t prefix = common_prefix(text, plain);
      const std::size_t suffix =
          std::min(common_suffix(text, plain), std::min(text.size(), plain.size()) - prefix);
      const std::size_t score = equal_but_case(text, plain) ? text.size() : prefix + suffix;
      if (score * 4 >= text.size()) consider(i, score);
    }
  }

  // Messages that it is the beginning of.
  constexpr std::size_t kCutMin = 8;
  if (line.size() >= kCutMin) {
    auto at = std::lower_bound(
        by_text_.begin(), by_text_.end(), line,
        [this](std::size_t i, std::string_view text) { return candidates_[i].text < text; });
    for (std::size_t looked = 0; at != by_text_.end() && looked < kListMax; ++at) {
      if (!std::string_view(candidates_[*at].text).starts_with(line)) break;
      if (taken_[*at]) continue;
      ++looked;
      consider(*at, line.size());
    }
  }
  if (best) taken_[*best] = true;
  return best;
}

}  // namespace esm
