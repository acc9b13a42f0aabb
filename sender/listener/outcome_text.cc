#include "sender/listener/outcome_text.h"

#include <string_view>
#include <vector>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

#include "sender/mapping/mapping_csv.h"
#include "sender/mapping/mapping_json.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/panos_xml.h"
#include "sender/mapping/server_monitor.h"
#include "sender/report/json_text.h"

namespace esm {
namespace {

std::string quoted(const std::string& text) { return boost::json::serialize(json_text(text)); }

}  // namespace

std::string mappings_text(TableForm form, const ListenerResult& result) {
  TruthAt table;
  table.at = result.ended;
  table.mappings = result.mappings;
  switch (form) {
    case TableForm::kConsole:
      break;
    case TableForm::kXml:
      return panos_mapping_xml(result.mappings, result.ended);
    case TableForm::kJson:
      return mapping_json_head() + mapping_json(table, result.began) + mapping_json_tail();
    case TableForm::kCsv:
      return mapping_csv_header() + mapping_csv(table, result.began);
  }
  return panos_mapping_table(result.mappings, result.ended);
}

std::string counters_console(const ListenerOptions& options, const ListenerResult& result) {
  std::vector<MonitorCounters> counters;
  for (const SenderCounters& sender : result.senders) {
    counters.push_back({"ESM", sender.address, sender.messages, sender.mapped,
                        sender.connections_active, sender.connections_total});
  }
  return panos_server_monitor(counters, !options.udp.empty(), !options.tls.empty());
}

std::string counters_json(const ListenerResult& result) {
  std::string out = "{\"schema_version\":1";
  const auto count = [&](std::string_view name, std::uint64_t value) {
    out += fmt::format(",\"{}\":{}", name, value);
  };
  count("messages", result.messages);
  count("mapped", result.mapped);
  count("ignored", result.ignored);
  count("no_match", result.no_match);
  count("too_long", result.too_long);
  count("bytes", result.bytes);
  count("unterminated", result.unterminated);
  count("gave_up", result.gave_up);
  count("table_full", result.table_full);
  count("mappings", result.mappings.size());
  count("kernel_drops", result.kernel_drops);
  count("udp_buffer_bytes", result.udp_buffer_bytes);
  count("datagrams_not_allowed", result.datagrams_not_allowed);
  count("connections_not_allowed", result.connections_not_allowed);
  count("connections_refused", result.connections_refused);
  count("connections_aborted", result.connections_aborted);
  count("framing_errors", result.framing_errors);
  count("faults", result.faults);
  count("tls_handshakes_failed", result.tls_handshakes_failed);
  out += fmt::format(",\"tls_failure\":{}", quoted(result.tls_failure));
  count("tls_clients_known", result.tls_clients_known);
  out += ",\"senders\":[";
  for (const SenderCounters& sender : result.senders) {
    if (&sender != &result.senders.front()) out += ',';
    out += fmt::format(
        "\n {{\"address\":{},\"messages\":{},\"mapped\":{},\"connections_active\":{},"
        "\"connections_total\":{}}}",
        quoted(sender.address), sender.messages, sender.mapped, sender.connections_active,
        sender.connections_total);
  }
  return out + "]}\n";
}

}  // namespace esm
