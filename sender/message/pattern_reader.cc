#include "sender/message/pattern_reader.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "sender/base/edit_distance.h"
#include "sender/message/time_format.h"

namespace esm {
namespace {

struct Placeholder {
  std::string_view path;
  Field field;
};

struct UserFormWord {
  std::string_view word;
  UserForm form;
};
// The words of a scenario's `form`.
constexpr std::array<UserFormWord, 3> kUserForms{{
    {"user", UserForm::kBare},
    {"DOMAIN\\user", UserForm::kDownLevel},
    {"user@domain", UserForm::kPrincipal},
}};

// Whether it is a name, which may be wanted in other letters.
bool has_letters(Field field) {
  return field == Field::kEndpointHost || field == Field::kUser || field == Field::kUserName ||
         field == Field::kUserDomain;
}

constexpr std::array<Placeholder, 14> kPlaceholders{{
    {"endpoint.host", Field::kEndpointHost},
    {"endpoint.address", Field::kEndpointAddress},
    {"endpoint.version", Field::kEndpointVersion},
    {"endpoint.os", Field::kEndpointOs},
    {"session.user", Field::kUser},
    {"session.name", Field::kUserName},
    {"session.domain", Field::kUserDomain},
    {"esm.name", Field::kEsmName},
    {"esm.address", Field::kEsmAddress},
    {"esm.version", Field::kEsmVersion},
    {"event.time", Field::kTime},
    {"event.ordinal", Field::kOrdinal},
    {"event.hash", Field::kHash},
    {"event.uuid", Field::kUuid},
}};

class PatternReader {
 public:
  PatternReader(const YamlNode& node, std::string_view key, const PatternRules& rules,
                const SourceText& source, Diagnostics& diagnostics)
      : node_(node),
        key_(key),
        rules_(rules),
        source_(source),
        diagnostics_(diagnostics),
        text_(node.text) {}

  Pattern read() {
    if (node_.kind == YamlNode::Kind::kNull) return {};  // an empty value is kept, as ESM does
    if (!node_.is_scalar()) {
      diagnostics_.error(node_.place, fmt::format("{}: a text is expected here", key_),
                         "put a value with braces in quotes: \"{session.user}\"");
      return {};
    }
    for (std::size_t i = 0; i < text_.size();) {
      const std::string_view two = text_.substr(i, 2);
      if (two == "{{" || two == "}}") {
        add(text_[i], i);
        i += 2;
      } else if (two == "{?") {
        flush(i);
        open_optional(i);
        i += 2;
      } else if (text_[i] == '}' && in_optional_) {
        flush(i);
        close_optional(i);
        ++i;
      } else if (text_[i] == '}') {
        error(i, 1, "this brace closes nothing", "a literal brace is written twice: }}");
        ++i;
      } else if (text_[i] == '{') {
        flush(i);
        const std::size_t close = text_.find('}', i);
        if (close == std::string_view::npos) {
          error(i, 1, "this brace is not closed", "{session.user}, or {{ for a literal brace");
          return {};
        }
        placeholder(i, close);
        i = close + 1;
      } else {
        add(text_[i], i);
        ++i;
      }
    }
    flush(text_.size());
    if (in_optional_ && !nested_) {
      error(optional_begin_, 2, "this optional part is not closed",
            "one brace closes it, and two are a literal one: {? of {session.domain}}");
    }
    return std::move(pattern_);
  }

 private:
  void error(std::size_t offset, std::size_t length, const std::string& problem, std::string hint) {
    diagnostics_.error(place_in_scalar(node_, offset, length, source_),
                       fmt::format("{}: {}", key_, problem), std::move(hint));
  }

  // Whether `c` may stand in the message; one mistake of a kind is said once a value.
  void check(char c, std::size_t offset) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    if (control && !(c == '\t' && rules_.tabs)) {
      if (std::exchange(control_said_, true)) return;
      error(offset, 1,
            c == '\n' || c == '\r' ? "a line end cannot stand in a message"
            : c == '\t'            ? "a tab cannot stand in this value"
                                   : "a control character cannot stand in a message",
            c == '\n' ? "write the value in one line; a long one may be folded with >-" : "");
    } else if (rules_.refused.find(c) != std::string_view::npos) {
      if (std::exchange(refused_said_, true)) return;
      error(offset, 1, rules_.problem, rules_.hint);
    }
  }

  void add(char c, std::size_t offset) {
    check(c, offset);
    if (literal_.empty()) literal_begin_ = offset;
    literal_ += c;
  }

  void open_optional(std::size_t at) {
    if (in_optional_) {
      nested_ = true;
      error(at, 2, "an optional part cannot stand in another", "close the first one before it");
      return;
    }
    in_optional_ = true;
    ++optionals_;
    optional_begin_ = at;
    errors_before_ = diagnostics_.errors();
  }

  void close_optional(std::size_t at) {
    in_optional_ = false;
    if (diagnostics_.errors() > errors_before_) return;
    const auto here = [this](const Piece& piece) { return piece.optional == optionals_; };
    const auto is_value = [&](const Piece& piece) { return here(piece) && piece.is_field; };
    if (std::any_of(pattern_.begin(), pattern_.end(),
                    [&](const Piece& piece) { return here(piece) && may_be_empty(piece); })) {
      return;
    }
    error(optional_begin_, at - optional_begin_ + 1,
          "nothing in this optional part can be empty: it would never be left out",
          std::any_of(pattern_.begin(), pattern_.end(), is_value)
              ? "what may be: session.user, session.name, session.domain, endpoint.os, without a "
                "stand-in"
              : "placeholders in it have braces of their own: {? of {session.domain}}");
  }

  void push(Piece piece) {
    piece.optional = in_optional_ ? optionals_ : 0;
    pattern_.push_back(std::move(piece));
  }

  void flush(std::size_t end) {
    if (literal_.empty()) return;
    Piece piece;
    piece.place = place_in_scalar(node_, literal_begin_, end - literal_begin_, source_);
    piece.literal = std::exchange(literal_, {});
    push(std::move(piece));
  }

  void placeholder(std::size_t open, std::size_t close) {
    const std::string_view inside = text_.substr(open + 1, close - open - 1);
    const std::string_view path = inside.substr(0, inside.find_first_of(":|"));
    const auto* known = std::find_if(kPlaceholders.begin(), kPlaceholders.end(),
                                     [&](const Placeholder& p) { return p.path == path; });
    if (known == kPlaceholders.end()) {
      std::vector<std::string> candidates;
      candidates.reserve(kPlaceholders.size());
      for (const Placeholder& p : kPlaceholders) candidates.emplace_back(p.path);
      error(open + 1, std::max<std::size_t>(path.size(), 1),
            fmt::format("there is no placeholder '{}'", path),
            did_you_mean(path, candidates,
                         fmt::format("placeholders: {}; a literal brace is written twice: {{{{",
                                     fmt::join(candidates, ", "))));
      return;
    }
    Piece piece;
    piece.is_field = true;
    piece.field = known->field;
    piece.place = place_in_scalar(node_, open, close - open + 1, source_);
    std::string_view rest = inside.substr(path.size());
    const std::size_t rest_at = open + 1 + path.size();
    if (piece.field == Field::kTime && !rest.starts_with('|')) {
      if (!rest.empty()) piece.format = rest.substr(1);
      if (!time(piece.format, open, close, path.size())) return;
    } else {
      const std::string_view words = rest.substr(0, rest.find('|'));
      if (!words.empty() && !options(words.substr(1), rest_at + 1, path, piece)) return;
      rest.remove_prefix(words.size());
      if (!rest.empty() && !stand_in(rest, rest_at + words.size(), path, piece)) return;
    }
    push(std::move(piece));
  }

  // "DOMAIN\\user,lower": a user's form and letters.
  bool options(std::string_view words, std::size_t at, std::string_view path, Piece& piece) {
    if (!has_letters(piece.field)) {
      error(at - 1, words.size() + 1, fmt::format("{} takes no format", path),
            "event.time has one, and names may be wanted in lower or upper letters");
      return false;
    }
    std::vector<std::string> possible;
    if (piece.field == Field::kUser) {
      for (const UserFormWord& known : kUserForms) possible.emplace_back(known.word);
    }
    possible.insert(possible.end(), {"lower", "upper"});
    bool letters = false;
    for (bool more = true; more;) {
      const std::string_view word = words.substr(0, words.find(','));
      const auto form = std::find_if(kUserForms.begin(), kUserForms.end(),
                                     [&](const UserFormWord& known) { return known.word == word; });
      const std::size_t length = std::max<std::size_t>(word.size(), 1);
      if (std::find(possible.begin(), possible.end(), word) == possible.end()) {
        error(at, length, fmt::format("'{}' is no form of {}", word, path),
              did_you_mean(word, possible, fmt::format("possible: {}", fmt::join(possible, ", "))));
        return false;
      }
      if (form != kUserForms.end() ? piece.form.has_value() : letters) {
        error(at, length, fmt::format("'{}' is one form too many", word),
              "a user's form and lower or upper can stand together: {session.user:user,lower}");
        return false;
      }
      if (form != kUserForms.end()) {
        piece.form = form->form;
      } else {
        letters = true;
        piece.letters = word == "lower" ? LetterCase::kLower : LetterCase::kUpper;
      }
      more = word.size() < words.size();
      words.remove_prefix(word.size() + (more ? 1 : 0));
      at += word.size() + 1;
    }
    return true;
  }

  // "|-"
  bool stand_in(std::string_view text, std::size_t at, std::string_view path, Piece& piece) {
    if (!may_be_empty(piece.field)) {
      error(at, text.size(), fmt::format("{} is never empty", path),
            "leave out what would stand for it");
      return false;
    }
    if (text.size() == 1) {
      error(at, 1, "nothing stands behind the bar",
            "what is to be written where the value is empty: {session.user|-}");
      return false;
    }
    piece.stand_in = text.substr(1);
    for (std::size_t i = 1; i < text.size(); ++i) check(text[i], at + i);
    return true;
  }

  bool time(const std::string& format, std::size_t open, std::size_t close, std::size_t colon) {
    TimeFormat::Wrong wrong;
    if (!TimeFormat::compile(format, wrong)) {
      if (format.empty()) {
        error(open, close - open + 1, wrong.problem, wrong.hint);
      } else {
        error(open + 2 + colon + wrong.offset, wrong.length, wrong.problem, wrong.hint);
      }
      return false;
    }
    for (std::size_t i = 0; i < format.size(); ++i) check(format[i], open + 2 + colon + i);
    return true;
  }

  const YamlNode& node_;
  std::string_view key_;
  const PatternRules& rules_;
  const SourceText& source_;
  Diagnostics& diagnostics_;
  std::string_view text_;

  Pattern pattern_;
  std::string literal_;
  std::size_t literal_begin_ = 0;
  bool control_said_ = false, refused_said_ = false;
  bool in_optional_ = false, nested_ = false;
  int optionals_ = 0;  // begun up to here
  std::size_t optional_begin_ = 0;
  int errors_before_ = 0;  // the optional part
};

}  // namespace

bool may_be_empty(Field field) {
  return field == Field::kUser || field == Field::kUserName || field == Field::kUserDomain ||
         field == Field::kEndpointOs;
}

bool may_be_empty(const Piece& piece) {
  return piece.is_field && may_be_empty(piece.field) && piece.stand_in.empty();
}

Pattern read_pattern(const YamlNode& node, std::string_view key, const PatternRules& rules,
                     const SourceText& source, Diagnostics& diagnostics) {
  return PatternReader(node, key, rules, source, diagnostics).read();
}

Place place_in_scalar(const YamlNode& node, std::size_t offset, std::size_t length,
                      const SourceText& source) {
  const std::string_view wanted = std::string_view(node.text).substr(offset, length);
  Place direct = node.place_in(offset, length);
  if (direct.column < 1) return node.place;
  const std::string_view line = source.line(direct.line);
  const auto direct_at = static_cast<std::size_t>(direct.column - 1);
  if (direct_at < line.size() && line.substr(direct_at, length) == wanted) return direct;

  // A control character has been written as an escape.
  if (std::any_of(wanted.begin(), wanted.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20; })) {
    return node.place;
  }
  // Otherwise it is the same text's so-and-so-manieth time, from the scalar's begin on.
  std::size_t skip = 0;
  for (std::size_t at = node.text.find(wanted); at < offset; at = node.text.find(wanted, at + 1)) {
    ++skip;
  }
  const std::string& text = source.text();
  std::size_t begin = 0;
  for (int number = 1; number < node.place.line; ++number) begin = text.find('\n', begin) + 1;
  std::size_t at = text.find(wanted, begin + static_cast<std::size_t>(node.place.column - 1));
  for (; skip > 0 && at != std::string::npos; --skip) at = text.find(wanted, at + 1);
  if (at == std::string::npos) return node.place;
  const std::string_view before = std::string_view(text).substr(begin, at - begin);
  const std::size_t newline = before.rfind('\n');
  const std::size_t column =
      newline == std::string_view::npos ? at - begin : at - begin - newline - 1;
  return {node.place.file,
          node.place.line + static_cast<int>(std::count(before.begin(), before.end(), '\n')),
          static_cast<int>(column) + 1, static_cast<int>(length)};
}

}  // namespace esm
