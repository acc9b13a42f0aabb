// Targets: any text is either refused with one error and a hint, or means one thing.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "sender/transport/target.h"

namespace {

void must(bool holds) {
  if (!holds) std::abort();
}

template <typename NetworkTarget>
void check_network(const esm::Target& target) {
  if (const auto* network = std::get_if<NetworkTarget>(&target.kind)) {
    must(network->port != 0);
    must(!network->host.empty());
    // Nothing that a resolver, a message or a terminal could take for something else.
    for (const char c : network->host) must(c > ' ' && c < 0x7F && c != '/' && c != '@');
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  esm::Diagnostics diagnostics;
  const auto target = esm::parse_target(text, "--to", diagnostics);
  must(diagnostics.errors() == (target ? 0 : 1));
  diagnostics.render();
  if (!target) {
    must(!diagnostics.list().front().hint.empty());
    return 0;
  }
  if (target->weight) {
    must(*target->weight >= 1 && *target->weight <= esm::kTargetWeightMax);
    must(text.starts_with(target->text + ",weight="));
  } else {
    must(target->text == text);
  }
  check_network<esm::UdpTarget>(*target);
  check_network<esm::TcpTarget>(*target);
  check_network<esm::TlsTarget>(*target);
  return 0;
}
