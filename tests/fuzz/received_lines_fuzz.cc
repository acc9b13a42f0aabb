// What a receiver stored, in every form: any text is cut into lines and read without harm, and the
// bytes that tshark prints are the message again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iterator>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

#include "sender/verify/line_reader.h"
#include "sender/verify/received_form.h"

namespace {

constexpr std::size_t kLineMax = 64;

const std::vector<esm::ReceivedForm>& forms() {
  static const std::vector<esm::ReceivedForm> all = [] {
    std::vector<esm::ReceivedForm> made;
    for (const char* text : {"raw", "rsyslog", "syslog-ng", "tshark", "regex:^[^ ]+ (.*)$"}) {
      made.push_back(*esm::ReceivedForm::parse(text));
    }
    return made;
  }();
  return all;
}

bool lies_in(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void read_line(std::string_view given) {
  // A copy of its own, so that reading past a line is an error the sanitizer sees.
  const std::vector<char> bytes(given.begin(), given.end());
  const std::string_view line(bytes.data(), bytes.size());
  for (const esm::ReceivedForm& form : forms()) {
    std::string scratch;
    if (const auto stored = form.stored(line, scratch)) {
      if (!lies_in(*stored, line) && !lies_in(*stored, scratch)) std::abort();
    }
    const std::string_view sent = form.sent(line, scratch);
    if (!lies_in(sent, line) && !lies_in(sent, scratch)) std::abort();
    if (form.kind() == esm::ReceivedForm::Kind::kRaw && sent != line) std::abort();
  }
}

void print_as_tshark(std::string_view message, const esm::ReceivedForm& tshark) {
  while (message.ends_with('\n') || message.ends_with('\r')) message.remove_suffix(1);
  if (message.empty()) return;
  std::string printed;
  for (const char c : message) {
    fmt::format_to(std::back_inserter(printed), "{:02x}", static_cast<unsigned char>(c));
  }
  std::string scratch;
  if (tshark.stored(printed, scratch) != message) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  std::istringstream stream(text);
  esm::LineReader reader(stream, kLineMax);
  std::string_view line;
  std::uint64_t lines = 0;
  while (reader.next(line)) {
    ++lines;
    if (reader.number() != lines || line.size() > kLineMax) std::abort();
    if (line.find('\n') != std::string_view::npos) std::abort();
    read_line(line);
  }
  read_line(text);
  print_as_tshark(text, forms()[3]);
  return 0;
}
