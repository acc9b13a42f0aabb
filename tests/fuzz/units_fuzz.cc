// Values with units: any text is either refused with a reason, or survives writing and reading
// again.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "sender/base/ip_address.h"
#include "sender/base/time.h"
#include "sender/base/units.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

template <typename Parse, typename Format>
void round_trip(std::string_view text, Parse parse, Format format) {
  const auto first = parse(text);
  must(first.value.has_value() == first.problem.empty());
  if (!first) return;
  const auto second = parse(format(*first));
  must(second && *second == *first);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  round_trip(text, esm::parse_duration, esm::format_duration);
  round_trip(text, esm::parse_percent, esm::format_percent);
  round_trip(text, esm::parse_speed, esm::format_speed);
  round_trip(text, esm::parse_rate, esm::format_rate);
  esm::parse_count(text);
  if (const auto bytes = esm::parse_size(text)) esm::format_size(*bytes);  // rounds: for people
  esm::parse_rfc3339(text);
  if (const auto address = esm::IpAddress::parse(text)) {
    must(esm::IpAddress::parse(address->to_string()) == address);
  }
  return 0;
}
