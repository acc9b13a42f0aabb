#include "sender/message/fault.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstring>
#include <optional>
#include <utility>

namespace esm {
namespace {

// An address of documentation and a name of cryptography's tales stand for whoever it is not; so
// does traps-leef-decoy.
constexpr std::string_view kOtherUser = "mallory";
constexpr std::string_view kBom = "\xEF\xBB\xBF";
// Above the highest, out of all bounds, with a leading zero, empty, negative, no number.
constexpr std::array<std::string_view, 6> kWrongPris = {"<192>", "<999>", "<0134>",
                                                        "<>",    "<-1>",  "<1x4>"};
constexpr std::size_t kWrongPriMax = 6;
// A continuation byte alone, a sequence that ends early, "/" in two bytes, a surrogate, a character
// beyond the last one, a byte that never occurs.
constexpr std::array<std::string_view, 6> kInvalidUtf8 = {
    "\x80", "\xC3", "\xC0\xAF", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"};
constexpr std::size_t kInvalidUtf8Max = 4;

bool is_user(const Piece& piece) {
  return piece.is_field && (piece.field == Field::kUser || piece.field == Field::kUserName);
}
bool is_address(const Piece& piece) {
  return piece.is_field && piece.field == Field::kEndpointAddress;
}
using Is = bool (*)(const Piece&);

bool holds(const Pattern& value, Is what) { return std::any_of(value.begin(), value.end(), what); }

// ---- a text, which has words in place of fields ------------------------------------------------

// From where on, and up to where, the word goes around a placeholder: from behind what parts it
// from the word before to behind what parts it from the next.
struct Word {
  std::size_t first_piece = 0, first_byte = 0;
  std::size_t last_piece = 0, last_end = 0;  // a literal's bytes before last_end belong to it
};
constexpr std::string_view kPartsWords = " \t|,;";

Word word_around(const Pattern& text, std::size_t placeholder) {
  Word word{placeholder, 0, placeholder, 0};
  for (std::size_t i = placeholder; i-- > 0;) {
    word.first_piece = i;
    word.first_byte = 0;
    if (text[i].is_field) continue;
    const std::size_t found = text[i].literal.find_last_of(kPartsWords);
    if (found == std::string::npos) continue;
    word.first_byte = found + 1;
    break;
  }
  for (std::size_t i = placeholder + 1; i < text.size(); ++i) {
    word.last_piece = i;
    word.last_end = text[i].literal.size();
    if (text[i].is_field) continue;
    const std::size_t found = text[i].literal.find_first_of(kPartsWords);
    if (found == std::string::npos) continue;
    word.last_end = found + 1;
    break;
  }
  return word;
}

// In the same optional part as `where`.
Piece literal(std::string text, const Piece& where) {
  Piece piece;
  piece.literal = std::move(text);
  piece.optional = where.optional;
  return piece;
}

// The three parts of a text: before the word, the word, behind it.
std::array<Pattern, 3> cut(const Pattern& text, const Word& word) {
  std::array<Pattern, 3> parts;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const Piece& piece = text[i];
    if (piece.is_field) {
      parts[i < word.first_piece ? 0 : i > word.last_piece ? 2 : 1].push_back(piece);
      continue;
    }
    const std::size_t size = piece.literal.size();
    const std::size_t from = i < word.first_piece    ? size
                             : i == word.first_piece ? word.first_byte
                                                     : 0;
    const std::size_t to = i > word.last_piece ? 0 : i == word.last_piece ? word.last_end : size;
    const auto put = [&](Pattern& out, std::size_t begin, std::size_t end) {
      if (begin < end) out.push_back(literal(piece.literal.substr(begin, end - begin), piece));
    };
    put(parts[0], 0, std::min(from, size));
    put(parts[1], from, to);
    put(parts[2], std::max(from, to), size);
  }
  return parts;
}

std::optional<std::size_t> first(const Pattern& value, Is what) {
  const auto found = std::find_if(value.begin(), value.end(), what);
  if (found == value.end()) return std::nullopt;
  return static_cast<std::size_t>(found - value.begin());
}

// What ends the user's value in a text: the character behind it.
std::optional<char> delimiter_of_text(const Pattern& text) {
  const auto user = first(text, is_user);
  if (!user || *user + 1 == text.size() || text[*user + 1].is_field) return std::nullopt;
  return text[*user + 1].literal.front();
}

// ---- the faults of fields ----------------------------------------------------------------------

// The first user's name becomes a literal.
void name_another(Pattern& value) {
  for (Piece& piece : value) {
    if (is_user(piece)) piece = literal(std::string(kOtherUser), piece);
  }
}

void leave_out_address(Template& message) {
  if (message.format == Format::kText) {
    while (const auto at = first(message.text, is_address)) {
      auto [before, word, behind] = cut(message.text, word_around(message.text, *at));
      before.insert(before.end(), behind.begin(), behind.end());
      message.text = std::move(before);
    }
  } else if (message.format == Format::kCsv) {
    for (TemplateField& column : message.fields) {
      if (holds(column.value, is_address)) column.value.clear();
    }
  } else {
    std::erase_if(message.fields,
                  [](const TemplateField& field) { return holds(field.value, is_address); });
  }
}

void add_user(Template& message) {
  if (message.format == Format::kText) {
    auto [before, word, behind] =
        cut(message.text, word_around(message.text, *first(message.text, is_user)));
    Pattern again = word;
    name_another(again);
    before.insert(before.end(), word.begin(), word.end());
    before.insert(before.end(), again.begin(), again.end());
    before.insert(before.end(), behind.begin(), behind.end());
    message.text = std::move(before);
    return;
  }
  const auto user =
      std::find_if(message.fields.begin(), message.fields.end(),
                   [](const TemplateField& field) { return holds(field.value, is_user); });
  TemplateField again = *user;
  again.optional = false;
  name_another(again.value);
  message.fields.insert(user + 1, std::move(again));
}

void use_wrong_delimiter(Template& message) {
  if (message.format != Format::kText) {
    const bool taken = message.format == Format::kLeef2 && message.delimiter == ';';
    message.wrong_delimiter = taken ? ',' : ';';
    return;
  }
  const char own = *delimiter_of_text(message.text);
  for (Piece& piece : message.text) {
    std::replace(piece.literal.begin(), piece.literal.end(), own, own == ';' ? ',' : ';');
  }
}

// Behind the user, which no receiver then finds together with all the rest.
void embed(Template& message, char what) {
  const auto put_in = [&](Pattern& value) {
    const auto user = std::find_if(value.begin(), value.end(), is_user);
    if (user == value.end()) return false;
    Piece piece = literal({what}, *user);
    piece.raw = true;
    value.insert(user + 1, std::move(piece));
    return true;
  };
  if (message.format == Format::kText) {
    put_in(message.text);
    return;
  }
  for (TemplateField& field : message.fields) {
    if (put_in(field.value)) return;
  }
}

bool has(const Template& message, Is what) {
  return holds(message.text, what) ||
         std::any_of(message.fields.begin(), message.fields.end(),
                     [&](const TemplateField& field) { return holds(field.value, what); });
}

// ---- the faults of bytes -----------------------------------------------------------------------

// "<134>" at the beginning; 0: there is none.
std::size_t pri_length(std::string_view message) {
  constexpr std::size_t kDigitsMax = 3;
  if (!message.starts_with('<')) return 0;
  const std::size_t end = message.find_first_not_of("0123456789", 1);
  if (end == std::string_view::npos || end == 1 || end > 1 + kDigitsMax) return 0;
  return message[end] == '>' ? end + 1 : 0;
}

// Puts `text` in place of the first `old` bytes.
char* replace_front(char* begin, char* end, std::size_t old, std::string_view text) {
  std::memmove(begin + text.size(), begin + old, static_cast<std::size_t>(end - begin) - old);
  std::copy(text.begin(), text.end(), begin);
  return end + text.size() - old;
}

// RFC 5424's version goes with it: alone in front it would be read as an octet count.
char* leave_out_pri(char* begin, char* end) {
  const std::string_view message(begin, static_cast<std::size_t>(end - begin));
  std::size_t pri = pri_length(message);
  if (pri > 0 && message.substr(pri).starts_with("1 ")) pri += 2;
  return replace_front(begin, end, pri, {});
}

char* put_wrong_pri(std::uint64_t bits, char* begin, char* end) {
  const std::size_t pri = pri_length({begin, static_cast<std::size_t>(end - begin)});
  return replace_front(begin, end, pri, kWrongPris[scale(bits, kWrongPris.size())]);
}

char* truncate(std::uint64_t bits, char* begin, char* end) {
  const auto length = static_cast<std::uint64_t>(end - begin);
  if (length < 2) return end;
  return begin + 1 + scale(bits, length / 2);
}

char* lengthen(std::size_t bytes, std::string_view padding, char* begin, char* end) {
  const auto length = static_cast<std::size_t>(end - begin);
  if (length >= bytes) return end;
  const std::size_t missing = bytes - length;
  if (padding.size() <= missing) end = std::copy(padding.begin(), padding.end(), end);
  return std::fill_n(end, bytes - static_cast<std::size_t>(end - begin), 'x');
}

char* repeat(std::uint32_t times, char* begin, char* end) {
  const auto length = static_cast<std::size_t>(end - begin);
  for (std::uint32_t n = 1; n < times; ++n) {
    *end++ = '\n';
    end = std::copy_n(begin, length, end);
  }
  return end;
}

}  // namespace

std::string why_unfit(const Template& message, const Fault& fault) {
  switch (fault.kind) {
    case FaultKind::kNoPri:
    case FaultKind::kWrongPri: {
      const bool in_text = message.head == Head::kNone && message.format == Format::kText &&
                           !message.text.front().is_field &&
                           pri_length(message.text.front().literal) > 0;
      return message.head != Head::kNone || in_text ? "" : "has no PRI";
    }
    case FaultKind::kMissingKey: {
      if (!has(message, is_address)) return "has no {endpoint.address} to be left out";
      Template without = message;
      leave_out_address(without);
      return without.text.empty() && without.fields.empty() ? "has nothing but the address" : "";
    }
    case FaultKind::kEmptyUser:
    case FaultKind::kEmbeddedLf:
    case FaultKind::kEmbeddedNul:
      return has(message, is_user) ? "" : "names no user";
    case FaultKind::kTwoUsers:
      if (!has(message, is_user)) return "names no user";
      return message.format == Format::kCsv ? "has columns and no keys, so none can be there twice"
                                            : "";
    case FaultKind::kWrongDelimiter:
      if (message.format == Format::kText) {
        return delimiter_of_text(message.text) ? "" : "has no character that ends its user";
      }
      return message.fields.size() < 2 ? "has one field only" : "";
    case FaultKind::kTruncated:
    case FaultKind::kOverLong:
    case FaultKind::kInvalidUtf8:
    case FaultKind::kBom:
    case FaultKind::kDuplicate:
    case FaultKind::kSeveral:
    case FaultKind::kTimeSkew:
      break;
  }
  return {};
}

bool is_of_fields(FaultKind kind) {
  return kind == FaultKind::kMissingKey || kind == FaultKind::kTwoUsers ||
         kind == FaultKind::kWrongDelimiter || kind == FaultKind::kEmbeddedLf ||
         kind == FaultKind::kEmbeddedNul;
}

Template with_fault(const Template& message, const Fault& fault) {
  Template out = message;
  switch (fault.kind) {
    case FaultKind::kMissingKey:
      leave_out_address(out);
      break;
    case FaultKind::kTwoUsers:
      add_user(out);
      break;
    case FaultKind::kWrongDelimiter:
      use_wrong_delimiter(out);
      break;
    case FaultKind::kEmbeddedLf:
      embed(out, '\n');
      break;
    case FaultKind::kEmbeddedNul:
      embed(out, '\0');
      break;
    default:
      break;
  }
  return out;
}

std::size_t length_with_fault(const Fault& fault, std::size_t length) {
  switch (fault.kind) {
    case FaultKind::kOverLong:
      return std::max<std::size_t>(length, fault.bytes);
    case FaultKind::kWrongPri:
      return length + kWrongPriMax;
    case FaultKind::kInvalidUtf8:
      return length + kInvalidUtf8Max;
    case FaultKind::kBom:
      return length + kBom.size();
    case FaultKind::kSeveral:
      return (length + 1) * std::max(fault.times, 1U);
    default:
      return length;
  }
}

char* make_fault(const Fault& fault, std::string_view padding, std::uint64_t bits, char* begin,
                 char* end) {
  switch (fault.kind) {
    case FaultKind::kTruncated:
      return truncate(bits, begin, end);
    case FaultKind::kOverLong:
      return lengthen(fault.bytes, padding, begin, end);
    case FaultKind::kNoPri:
      return leave_out_pri(begin, end);
    case FaultKind::kWrongPri:
      return put_wrong_pri(bits, begin, end);
    case FaultKind::kInvalidUtf8: {
      const std::string_view bytes = kInvalidUtf8[scale(bits, kInvalidUtf8.size())];
      return std::copy(bytes.begin(), bytes.end(), end);
    }
    case FaultKind::kBom:
      return replace_front(begin, end, 0, kBom);
    case FaultKind::kSeveral:
      return repeat(fault.times, begin, end);
    case FaultKind::kMissingKey:
    case FaultKind::kEmptyUser:
    case FaultKind::kTwoUsers:
    case FaultKind::kWrongDelimiter:
    case FaultKind::kEmbeddedLf:
    case FaultKind::kEmbeddedNul:
    case FaultKind::kDuplicate:
    case FaultKind::kTimeSkew:
      break;
  }
  return end;
}

}  // namespace esm
