#include "sender/testkit/script.h"

#include <array>
#include <utility>

#include "sender/cli/verbs.h"
#include "sender/scenario/schedule.h"

namespace esm::testkit {
namespace {

InputOptions input_options(const ScriptOptions& options, UtcTime epoch) {
  InputOptions out;
  out.message = options.message;
  out.profiles = options.profiles;
  out.settings = options.settings;
  out.seed = options.seed;
  out.epoch = epoch;
  return out;
}

}  // namespace

Script::Script(std::optional<Inputs> inputs, const Diagnostics& found)
    : Result(inputs.has_value(), found.list().empty() ? std::string{} : found.render()),
      inputs_(inputs ? std::make_shared<const Inputs>(std::move(*inputs)) : nullptr) {}

Script Script::named(const std::string& name, const ScriptOptions& options) {
  const UtcTime epoch = options.epoch.value_or(wall_clock_now());
  InputOptions in = input_options(options, epoch);
  in.scenario = name;
  Diagnostics diagnostics;
  std::optional<Inputs> inputs = load_inputs(in, epoch, diagnostics);
  return {std::move(inputs), diagnostics};
}

Script Script::of_text(const std::string& scenario, const ScriptOptions& options) {
  const UtcTime epoch = options.epoch.value_or(wall_clock_now());
  Diagnostics diagnostics;
  std::optional<Inputs> inputs = load_inputs(input_options(options, epoch),
                                             SourceText("scenario", scenario), epoch, diagnostics);
  return {std::move(inputs), diagnostics};
}

std::uint64_t Script::messages() const {
  if (!ok()) return 0;
  Schedule schedule(*inputs_->plan);
  std::array<Event, 1024> events;
  std::uint64_t count = 0;
  while (const std::size_t some = schedule.next(events)) count += some;
  return count;
}

Truth Script::truth(const std::string& moment, const ReceiverSetting& receiver) const {
  return ok() ? truth_of(*inputs_, moment, Speed{}, receiver) : Truth(text());
}

}  // namespace esm::testkit
