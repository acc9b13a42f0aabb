#include "sender/cli/receiver_preset.h"

#include <cstdint>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"

namespace esm {
namespace {

constexpr ReceiverPreset kPresets[] = {
    {"panos-9", Framing::kLf, 2048, false, "PAN-OS User-ID listener up to 9.1"},
    {"panos-10", Framing::kLf, 8000, false, "PAN-OS User-ID listener from 10.0"},
    {"rsyslog", Framing::kOctetLf, 8192, true, "rsyslog imudp, imtcp, imptcp"},
    {"syslog-ng", Framing::kLf, 65536, true, "syslog-ng network()"},
    {"syslog-ng-octet", Framing::kOctet, 65536, true, "syslog-ng syslog()"},
    {"rfc5425", Framing::kOctet, 8192, true, "any receiver that follows RFC 5425 or RFC 6587"},
    {"sc4s", Framing::kLf, 65536, true, "Splunk Connect for Syslog, ports 514 and 6514"},
    {"sc4s-octet", Framing::kOctet, 65536, true, "Splunk Connect for Syslog, ports 601 and 5425"},
    {"logstash", Framing::kLf, 65535, true, "Logstash syslog, tcp and udp inputs"},
    {"filebeat", Framing::kLf, 10240, true,
     "Filebeat syslog, tcp and udp inputs; streams take 20 MiB"},
    {"fluentd", Framing::kLf, 2048, true,
     "Fluentd in_syslog; its limit is a setting, 2,048 by default"},
    {"opentelemetry", Framing::kLf, 65535, true,
     "OpenTelemetry syslog receiver; streams take 1 MiB"},
    {"telegraf", Framing::kOctet, 8192, true,
     "Telegraf inputs.syslog; by default it wants a head of RFC 5424"},
    {"splunk", Framing::kLf, 10000, true, "Splunk TCP and UDP inputs"},
    {"qradar", Framing::kLf, 4096, true, "QRadar; its limit is a setting, 4,096 by default"},
};

}  // namespace

const ReceiverPreset* receiver_preset(std::string_view name) {
  for (const ReceiverPreset& preset : kPresets) {
    if (preset.name == name) return &preset;
  }
  return nullptr;
}

std::size_t message_bytes_max_of(std::string_view preset) {
  const ReceiverPreset* const known = receiver_preset(preset.empty() ? "panos-10" : preset);
  return known == nullptr ? SIZE_MAX : known->message_bytes_max;
}

std::vector<std::string> receiver_preset_names() {
  std::vector<std::string> names;
  for (const ReceiverPreset& preset : kPresets) names.emplace_back(preset.name);
  return names;
}

std::string hint_for_receiver(std::string_view name) {
  const std::vector<std::string> names = receiver_preset_names();
  return did_you_mean(name, names, fmt::format("known: {}", fmt::join(names, ", ")));
}

}  // namespace esm
