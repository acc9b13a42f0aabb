// Any message with any fault of bytes stays within its bound; and any template that can have a
// fault of fields makes messages with it that stay within theirs.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <string>

#include "sender/message/fault.h"
#include "sender/message/fault_check.h"
#include "sender/message/renderer.h"

namespace {

constexpr std::size_t kChoice = 12;  // bytes that choose the fault

void check_bytes(const esm::Fault& fault, std::uint64_t bits, const std::string& message) {
  const std::size_t most = esm::length_with_fault(fault, message.size());
  std::string room = message + std::string(most - message.size() + 8, '\x5A');
  const char* const end =
      esm::make_fault(fault, "\tpad=", bits, room.data(), room.data() + message.size());
  if (end < room.data() || end > room.data() + most) std::abort();
  if (room.substr(most) != std::string(8, '\x5A')) std::abort();
}

void check_template(const esm::Fault& fault, const std::string& text) {
  esm::Diagnostics diagnostics;
  const auto message = esm::read_template(esm::SourceText("fuzz.yaml", text), diagnostics);
  if (!message || message->pad_to > 0) return;
  esm::Scenario scenario;
  scenario.length = std::chrono::hours{1};
  scenario.esms.push_back({"esm01", esm::IpAddress::v4(0x0A000114), "4.1", {}, {}, 0, {}});
  esm::UserGroup user;
  user.key = "user";
  user.name.prefix = "jdoe";
  scenario.users.push_back(user);
  esm::EndpointGroup pc;
  pc.key = "pc";
  pc.host.prefix = "w10";
  pc.pool = {*esm::IpNetwork::parse("10.0.1.51/32")};
  scenario.endpoints.push_back(pc);
  scenario.faults = {fault};
  const esm::Plan plan(std::move(scenario), 1);
  const esm::UtcTime epoch{std::chrono::hours{400'000}};
  esm::Diagnostics found;
  if (!esm::check_faults(*message, plan, epoch, found)) {
    if (!found.has_errors()) std::abort();
    return;
  }
  esm::Renderer renderer(*message, plan, epoch);
  std::string room(renderer.room() + 8, '\x5A');
  esm::Event event;
  event.user = 0;
  event.fault = 1;
  const char* const end = renderer.render(event, room.data());
  if (end > room.data() + renderer.length_max()) std::abort();
  if (room.substr(renderer.room()) != std::string(8, '\x5A')) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < kChoice) return 0;
  std::uint64_t bits = 0;
  std::memcpy(&bits, data, sizeof bits);
  esm::Fault fault;
  fault.kind = static_cast<esm::FaultKind>(data[8] % esm::kFaultKinds);
  fault.times = data[9] % (esm::kFaultTimesMax + 1);
  fault.bytes = data[10] * 256U + data[11];
  fault.skew = std::chrono::minutes{static_cast<int>(data[9]) - 128};
  fault.endpoints = 0;
  fault.share_ppm = 1'000'000;
  const std::string text(reinterpret_cast<const char*>(data) + kChoice, size - kChoice);
  check_bytes(fault, bits, text);
  check_template(fault, text);
  return 0;
}
