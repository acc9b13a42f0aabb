// Any text is either refused with at least one error, or a record that survives writing and
// reading.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sender/report/run_record.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("run.json", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  const auto record = esm::read_run_record(source, diagnostics);
  diagnostics.add_source(source);
  diagnostics.render();
  if (record.has_value() == diagnostics.has_errors()) std::abort();
  if (!record) return 0;
  const std::string written = esm::to_json(*record);
  esm::Diagnostics again;
  const auto second = esm::read_run_record(esm::SourceText("run.json", written), again);
  if (!second || esm::to_json(*second) != written) std::abort();
  return 0;
}
