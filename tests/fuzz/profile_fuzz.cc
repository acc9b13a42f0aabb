// A profile (the text up to a line "---") and a line to read with it: either the profile is
// refused, or what it reads lies inside the line.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <functional>
#include <string>
#include <string_view>

#include "sender/mapping/profile_reader.h"

namespace {

bool inside(std::string_view part, std::string_view whole) {
  const std::less_equal<const char*> not_after;
  return part.empty() || (not_after(whole.data(), part.data()) &&
                          not_after(part.data() + part.size(), whole.data() + whole.size()));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const std::size_t border = text.find("\n---\n");
  const esm::SourceText source("fuzz.yaml", std::string(text.substr(0, border)));
  std::string line =
      border == std::string_view::npos
          ? "Service is alive duser=jdoe dst=10.0.1.51 cat=Agent\tdevTime=Sep 28 2016 17:38:48"
          : std::string(text.substr(border + 5));
  esm::Diagnostics diagnostics;
  const auto profile = esm::read_profile(source, diagnostics);
  diagnostics.add_source(source);
  diagnostics.render();
  if (profile.has_value() == diagnostics.has_errors()) std::abort();
  if (!profile) return 0;
  const esm::ProfileReader reader(*profile);
  const esm::Reading reading = reader.read(line);
  if (!inside(reading.user, line) || reading.text_count > esm::Reading::kAddressesMax) std::abort();
  for (const std::string_view address : reading.texts) {
    if (!inside(address, line)) std::abort();
  }
  const bool mapped = reading.verdict == esm::Reading::Verdict::kMapped;
  if (mapped == reading.addresses().empty() || (mapped && reading.user.empty())) std::abort();
  reader.table_user(reading.user);
  return 0;
}
