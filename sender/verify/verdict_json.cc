#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "sender/report/json_text.h"
#include "sender/verify/verdict.h"

namespace esm {

namespace {

namespace json = boost::json;

json::array lost_of(const Verdict& verdict) {
  json::array out;
  for (const LostInterval& lost : verdict.lost) {
    out.push_back(json::object{{"lane", lost.lane},
                               {"first", lost.first},
                               {"last", lost.last},
                               {"first_due_ns", lost.first_due.count()},
                               {"last_due_ns", lost.last_due.count()},
                               {"messages", lost.messages}});
  }
  return out;
}

json::array endpoints_of(const Verdict& verdict) {
  json::array out;
  for (const EndpointVerdict& endpoint : verdict.endpoints) {
    out.push_back(json::object{{"host", json_text(endpoint.host)},
                               {"missing", endpoint.missing},
                               {"altered", endpoint.altered},
                               {"duplicated", endpoint.duplicated},
                               {"reordered", endpoint.reordered}});
  }
  return out;
}

}  // namespace

std::string verdict_json(const Verdict& verdict) {
  json::array findings;
  for (const Finding& finding : verdict.findings) {
    findings.push_back(json::object{{"kind", name_of(finding.kind)},
                                    {"subject", json_text(finding.subject)},
                                    {"expected", json_text(finding.expected)},
                                    {"found", json_text(finding.found)},
                                    {"reason", json_text(finding.reason)},
                                    {"count", finding.count}});
  }
  json::object out{{"ok", verdict.ok()},
                   {"expected", verdict.expected},
                   {"matched", verdict.matched},
                   {"missing", verdict.missing},
                   {"altered", verdict.altered},
                   {"duplicated", verdict.duplicated},
                   {"invented", verdict.invented},
                   {"expired_early", verdict.expired_early},
                   {"extra", verdict.extra},
                   {"lingering", verdict.lingering},
                   {"wrong_user", verdict.wrong_user},
                   {"wrong_remaining", verdict.wrong_remaining},
                   {"wrong_counters", verdict.wrong_counters},
                   {"contested", verdict.contested},
                   {"other_letters", verdict.other_letters},
                   {"from_elsewhere", verdict.from_elsewhere},
                   {"not_sent", verdict.not_sent},
                   {"uncertain_missing", verdict.uncertain_missing},
                   {"uncertain_received", verdict.uncertain_received},
                   {"uncertain_cut", verdict.uncertain_cut},
                   {"expectations", verdict.expectations},
                   {"expectations_failed", verdict.expectations_failed},
                   {"received", verdict.received},
                   {"other_lines", verdict.other_lines},
                   {"tolerated", verdict.tolerated}};
  if (verdict.arrivals_known) {
    out["not_mapped"] = verdict.not_mapped;
    out["not_received"] = verdict.not_received;
  }
  if (verdict.order != Verdict::Order::kNotLookedAt) {
    out["order_within"] = verdict.order == Verdict::Order::kOfConnections ? "connection"
                          : verdict.order == Verdict::Order::kOfEsms      ? "esm"
                                                                          : "none";
    out["out_of_order"] = verdict.out_of_order;
    out["out_of_order_first_line"] = verdict.out_of_order_line;
    out["displaced"] = verdict.displaced;
    out["resent_received"] = verdict.again;
    out["lost_total"] = verdict.lost_total;
    out["lost"] = lost_of(verdict);
    out["endpoints_wrong"] = verdict.endpoints_wrong;
    out["endpoints"] = endpoints_of(verdict);
  }
  out["not_compared"] = verdict.not_compared;
  out["trouble"] = json_text(verdict.trouble);
  out["findings_total"] = verdict.findings_total;
  out["findings"] = std::move(findings);
  return json::serialize(out);
}

}  // namespace esm
