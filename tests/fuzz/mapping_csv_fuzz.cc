// A mapping table as CSV: any text is read without harm.
#include <cstddef>
#include <cstdint>
#include <string>

#include "sender/mapping/mapping_csv.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("table", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  esm::TableRows rows("", diagnostics);
  esm::read_mapping_csv(source, rows, diagnostics);
  diagnostics.render();
  return 0;
}
