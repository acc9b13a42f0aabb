#include "sender/mapping/field_matcher.h"

#include <cassert>

namespace esm {
namespace {

std::string delimiter_of(const std::string& written) {
  if (written == "\\s") return " ";
  if (written == "\\t") return "\t";
  if (written == "\\n") return "\n";
  return written;
}

// The line ends before its "\n" or "\r\n"; a frame's own "\n" is already gone.
std::string_view without_carriage_return(std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

FieldMatcher::FieldMatcher(const FieldIdentifier& identifier)
    : event_(identifier.event),
      username_{identifier.username_prefix, delimiter_of(identifier.username_delimiter),
                identifier.username_delimiter == "\\n"},
      address_{identifier.address_prefix, delimiter_of(identifier.address_delimiter),
               identifier.address_delimiter == "\\n"},
      addresses_max_(identifier.addresses_max) {
  assert(!event_.empty() && !username_.prefix.empty() && !address_.prefix.empty());
  assert(addresses_max_ >= 1 && addresses_max_ <= Reading::kAddressesMax);
}

bool FieldMatcher::Field::find(std::string_view line, std::size_t from,
                               std::string_view& value) const {
  const std::size_t at = line.find(prefix, from);
  if (at == std::string_view::npos) return false;
  const std::size_t start = at + prefix.size();
  const std::size_t end = line.find(delimiter, start);
  if (end == std::string_view::npos && !ends_with_line) return false;
  value = line.substr(start, end == std::string_view::npos ? end : end - start);
  if (ends_with_line) value = without_carriage_return(value);
  return true;
}

void FieldMatcher::find(std::string_view line, Reading& reading) const {
  using Verdict = Reading::Verdict;
  reading.verdict = Verdict::kNoEvent;
  if (line.find(event_) == std::string_view::npos) return;
  reading.verdict = Verdict::kNoUser;
  if (!username_.find(line, 0, reading.user) || reading.user.empty()) {
    reading.user = {};
    return;
  }
  std::size_t from = 0;
  std::string_view text;
  while (reading.text_count < addresses_max_ && address_.find(line, from, text)) {
    if (text.empty()) break;
    reading.texts[reading.text_count++] = text;
    from = static_cast<std::size_t>(text.data() - line.data()) + text.size();
  }
  reading.verdict = reading.text_count == 0 ? Verdict::kNoAddress : Verdict::kMapped;
}

}  // namespace esm
