#include "sender/message/escape.h"

namespace esm {

std::string escape(Escape how, std::string_view value, char delimiter) {
  std::string out;
  out.reserve(value.size());
  for (const char c : value) {
    const bool control = static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
    switch (how) {
      case Escape::kHead:
        out += control || c == ' ' ? '_' : c;
        break;
      case Escape::kLeefHeader:
        out += control || c == '|' ? ' ' : c;
        break;
      case Escape::kLeefValue:
        out += control || c == delimiter ? ' ' : c;
        break;
      case Escape::kCefHeader:
        if (c == '|' || c == '\\') out += '\\';
        out += control ? ' ' : c;
        break;
      case Escape::kCefValue:
        if (c == '\n' || c == '\r') {
          out += c == '\n' ? "\\n" : "\\r";
          break;
        }
        if (c == '=' || c == '\\') out += '\\';
        out += control ? ' ' : c;
        break;
      case Escape::kCsv:
        if (c == '"') out += '"';
        out += control ? ' ' : c;
        break;
      case Escape::kText:
        out += control ? ' ' : c;
        break;
    }
  }
  return out;
}

}  // namespace esm
