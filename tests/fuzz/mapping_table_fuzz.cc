// A table that a person saved from a console: any text is read without harm.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sender/mapping/panos_text.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("table.txt", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  esm::TableRows rows("", diagnostics);
  esm::read_panos_table(source, rows, diagnostics);
  diagnostics.render();
  return 0;
}
