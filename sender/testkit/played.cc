#include "sender/testkit/played.h"

#include <sstream>
#include <utility>
#include <vector>

#include <fmt/format.h>

#include "sender/cli/options.h"
#include "sender/cli/play.h"
#include "sender/cli/receiver_preset.h"
#include "sender/cli/settle.h"
#include "sender/cli/summary.h"
#include "sender/mapping/saved_table.h"
#include "sender/report/record_bound.h"
#include "sender/report/run_summary.h"
#include "sender/verify/verify.h"

namespace esm::testkit {
namespace {

VerifyInput verify_input(const Inputs& inputs, const RunRecord& record) {
  VerifyInput input{*inputs.plan, inputs.templates(), inputs.epoch, inputs.shard, &record};
  input.message_bytes_max = message_bytes_max_of(inputs.plan->scenario().receiver.preset);
  return input;
}

}  // namespace

Played::Played(bool ok, std::string text, std::shared_ptr<const Inputs> inputs, RunRecord record)
    : Result(ok, std::move(text)), inputs_(std::move(inputs)), record_(std::move(record)) {}

Played play(const Script& script, const std::string& target, const PlayAs& as) {
  if (!script.ok()) return {false, script.text(), nullptr, {}};
  const Inputs& inputs = *script.inputs();
  Diagnostics diagnostics;
  TargetOptions targets;
  targets.transport = as.transport;
  if (auto parsed = parse_target(target, "target", diagnostics)) {
    targets.targets.push_back(std::move(*parsed));
    targets.settle(inputs.plan->scenario().receiver.preset, false, diagnostics);
    if (as.framing) targets.transport.framing = *as.framing;
  }
  PlayOptions options;
  if (!diagnostics.has_errors()) {
    options.speed = as.speed;
    options.connections = as.connections;
    options = settle_play(inputs, targets, std::move(options), diagnostics);
  }
  if (diagnostics.has_errors()) return {false, diagnostics.render(), nullptr, {}};

  const std::vector<std::string> words{script.inputs()->scenario_name, "--to", target};
  RunRecord record = begin_record("run", words, inputs, options);
  PlayOutcome outcome = esm::play(
      *inputs.plan, inputs.templates(), options, record, [](const Progress&) {},
      [](const Diagnostic&) {});
  bound_exceptions(record);
  const int status = exit_status_of(record, outcome, {}, outcome.messages);
  std::string text = outcome.messages.list().empty() ? std::string{} : outcome.messages.render();
  if (outcome.end != PlayOutcome::End::kNotReady) text += summary_text(record);
  return {status == 0, std::move(text), script.inputs(), std::move(record)};
}

Books Played::books() const {
  return record_.targets.empty() ? Books{} : record_.targets.front().books;
}

Truth Played::truth(const std::string& moment, const ReceiverSetting& receiver) const {
  return inputs_ ? truth_of(*inputs_, moment, record_.speed, receiver) : Truth(text());
}

Comparison Played::compare_lines(std::span<const std::string> lines) const {
  if (!inputs_) return Comparison(text());
  std::stringstream received;
  for (const std::string& line : lines) received << line << '\n';
  return {verify_received(verify_input(*inputs_, record_), received), "messages"};
}

Comparison Played::compare_file(const std::string& path, std::chrono::nanoseconds settle,
                                const ReceivedForm& form) const {
  if (!inputs_) return Comparison(text());
  VerifyInput input = verify_input(*inputs_, record_);
  input.form = form;
  Diagnostics diagnostics;
  std::optional<Verdict> verdict = verify_settled(input, path, settle, diagnostics);
  if (!verdict) return Comparison(diagnostics.render());
  return {std::move(*verdict), "messages"};
}

Comparison Played::compare_rows(std::span<const TableRow> rows, const std::string& moment,
                                const ReceiverSetting& receiver) const {
  Diagnostics diagnostics;
  const std::optional<SimTime> at = parse_moment(moment, *inputs_, "moment", diagnostics);
  if (!at) return Comparison(diagnostics.render());
  VerifyInput input = verify_input(*inputs_, record_);
  input.receiver_timeout = receiver.timeout.value_or(inputs_->mapping_timeout);
  input.compare_remaining = false;
  return {verify_mappings(input, ProfileSet(inputs_->profiles),
                          truth_options_of(*inputs_, record_.speed, receiver), rows, *at),
          "mappings"};
}

Comparison Played::compare_table(const std::string& table, const std::string& moment,
                                 const ReceiverSetting& receiver) const {
  if (!inputs_) return Comparison(text());
  Diagnostics diagnostics;
  const SavedTable saved = read_saved_table(SourceText("table", table), {}, diagnostics);
  if (diagnostics.has_errors()) return Comparison(diagnostics.render());
  return compare_rows(saved.rows, moment, receiver);
}

Comparison Played::compare_users(const std::map<std::string, std::string>& users,
                                 const std::string& moment, const ReceiverSetting& receiver) const {
  if (!inputs_) return Comparison(text());
  Diagnostics diagnostics;
  std::vector<TableRow> rows;
  for (const auto& [address, user] : users) {
    TableRow row;
    if (const auto parsed = IpAddress::parse(address)) {
      row.address = *parsed;
      row.user = user;
      rows.push_back(std::move(row));
    } else {
      diagnostics.error({}, fmt::format("users: '{}' is not an address", address));
    }
  }
  if (diagnostics.has_errors()) return Comparison(diagnostics.render());
  return compare_rows(rows, moment, receiver);
}

}  // namespace esm::testkit
