// Counters that a person saved from a console: any text is read without harm, and what was read is
// written and read back the same.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "sender/mapping/server_monitor.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const esm::SourceText source("fw", std::string(reinterpret_cast<const char*>(data), size));
  esm::Diagnostics diagnostics;
  const auto senders = esm::read_server_monitor(source, diagnostics);
  diagnostics.render();
  if (diagnostics.has_errors()) return 0;
  for (const auto& sender : senders) {
    // No firewall's name for a server has a colon, and who reads takes "Host:" for what it says.
    if (sender.name.find(':') != std::string::npos) return 0;
  }
  const std::string text = esm::panos_server_monitor(senders, true, true);
  esm::Diagnostics again;
  const auto back = esm::read_server_monitor(esm::SourceText("again", text), again);
  if (again.has_errors() || back.size() != senders.size()) std::abort();
  for (std::size_t i = 0; i < back.size(); ++i) {
    const esm::MonitorCounters &one = senders[i], &other = back[i];
    if (one.name != other.name || one.address != other.address ||
        one.log_messages != other.log_messages || one.auth_success != other.auth_success ||
        one.active_connections != other.active_connections ||
        one.total_connections != other.total_connections) {
      std::abort();
    }
  }
  return 0;
}
