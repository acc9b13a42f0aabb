#include "sender/message/escape.h"

namespace esm {
namespace {

std::string head_word(std::string_view value) {
  std::string out;
  for (const char c : value) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80 && byte < 0xC0) continue;  // the rest of a character that has its '_'
    if (out.size() == kHeadWordMax) break;
    out += byte > ' ' && byte < 0x7F ? c : '_';
  }
  return out.empty() ? "-" : out;
}

}  // namespace

char* put_escaped(char* out, Escape how, std::string_view value, char delimiter) {
  for (const char c : value) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    switch (how) {
      case Escape::kHead:
        break;
      case Escape::kLeefHeader:
        *out++ = control || c == '|' ? ' ' : c;
        break;
      case Escape::kLeefDoubled:
        if (c == '\\' && c != delimiter) *out++ = c;
        [[fallthrough]];
      case Escape::kLeefValue:
        *out++ = control || c == delimiter ? ' ' : c;
        break;
      case Escape::kCefHeader:
        if (c == '|' || c == '\\') *out++ = '\\';
        *out++ = control ? ' ' : c;
        break;
      case Escape::kCefValue:
        if (c == '\n' || c == '\r') {
          *out++ = '\\';
          *out++ = c == '\n' ? 'n' : 'r';
          break;
        }
        if (c == '=' || c == '\\') *out++ = '\\';
        *out++ = control ? ' ' : c;
        break;
      case Escape::kCsv:
        if (c == '"') *out++ = '"';
        *out++ = control ? ' ' : c;
        break;
      case Escape::kParam:
        if (c == '"' || c == '\\' || c == ']') *out++ = '\\';
        *out++ = control ? ' ' : c;
        break;
      case Escape::kTextDoubled:
        if (c == '\\') *out++ = c;
        [[fallthrough]];
      case Escape::kText:
        *out++ = control ? ' ' : c;
        break;
      case Escape::kTextLiteral:
        *out++ = control && c != '\t' ? ' ' : c;
        break;
    }
  }
  return out;
}

std::string escape(Escape how, std::string_view value, char delimiter) {
  if (how == Escape::kHead) return head_word(value);
  std::string out(kEscapedGrowthMax * value.size(), '\0');
  out.resize(static_cast<std::size_t>(put_escaped(out.data(), how, value, delimiter) - out.data()));
  return out;
}

bool needs_quotes(std::string_view value) {
  return value.find_first_of(",\"") != std::string_view::npos;
}

}  // namespace esm
