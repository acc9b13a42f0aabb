// Any text is either refused with at least one error, or is a template.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sender/message/template.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("fuzz.yaml", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  const auto message = esm::read_template(source, diagnostics);
  diagnostics.add_source(source);
  diagnostics.render();
  if (message.has_value() == diagnostics.has_errors()) std::abort();
  return 0;
}
