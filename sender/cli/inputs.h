// From the words on the command line to what every verb works on: a plan, templates, profiles.
// They come from a scenario and options, or all from a run record (`--run`), never half and half.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/units.h"
#include "sender/cli/command_line.h"
#include "sender/mapping/profile.h"
#include "sender/mapping/truth.h"
#include "sender/message/template.h"
#include "sender/report/run_record.h"
#include "sender/scenario/plan.h"

namespace esm {

struct InputOptions {
  std::string scenario;               // name, path or "-"; empty where `run` is used
  std::string run;                    // a run record
  std::string message;                // overrides the scenario's template, and none of its noise
  std::vector<std::string> profiles;  // override the scenario's profiles
  std::optional<std::uint64_t> seed;
  std::optional<UtcTime> epoch;
  std::optional<Shard> shard;
  std::vector<std::string> settings;  // of the scenario's parameters, "NAME=VALUE"
  std::optional<std::size_t> size;    // pads every message to so many bytes

  // Declares --seed, --epoch, --shard, --template, --size; `--profile` and `--run` on request.
  void declare(CommandLine& line, bool with_profile, bool with_run);
  // The files that these options name, for check_standard_input.
  std::vector<std::string_view> files() const;
  // --set, of the verbs that take a scenario. After declare().
  void declare_settings(CommandLine& line);
};

struct Inputs {
  std::unique_ptr<const Plan> plan;
  std::unique_ptr<const Template> message;
  std::vector<Template> others;   // that the scenario names beside it (other_messages.h)
  std::vector<Profile> profiles;  // the receiver's, in the order they are tried
  std::string scenario_name;
  UtcTime epoch{};
  Shard shard;
  std::optional<Speed> speed = Speed{};  // of the recorded run; 1 without a record, none: max
  SimTime mapping_timeout{};             // the scenario's, in the receiver's own time
  SimTime max_mapping_timeout = kNever;  // likewise
  std::optional<RunRecord> record;

  Templates templates() const { return {*message, others}; }
};

// `now`: what simulated time 0 is when neither --epoch nor the scenario nor a record says it.
std::optional<Inputs> load_inputs(const InputOptions& options, UtcTime now,
                                  Diagnostics& diagnostics);
// The same with a scenario whose text is already there (`load`, `send`).
std::optional<Inputs> load_inputs(const InputOptions& options, const SourceText& scenario,
                                  UtcTime now, Diagnostics& diagnostics);

// "2h" or "end": a moment of the scenario.
std::optional<SimTime> parse_moment(std::string_view text, const Inputs& inputs,
                                    std::string_view option, Diagnostics& diagnostics);
std::optional<std::vector<SimTime>> parse_moments(std::string_view text, const Inputs& inputs,
                                                  std::string_view option,
                                                  Diagnostics& diagnostics);

// Profiles by their names or paths, for one receiver.
std::vector<Profile> load_profiles(const std::vector<std::string>& names, Diagnostics& diagnostics);

// What --since and --until say: everything where they are empty.
struct Window {
  SimTime since{0};
  SimTime until = kNever;
};
std::optional<Window> parse_window(const std::string& since, const std::string& until,
                                   const Inputs& inputs, Diagnostics& diagnostics);

// A duration that is not 0: with 0 no mapping would ever be seen.
Parsed<SimTime> parse_mapping_timeout(std::string_view text);

// The receiver's timeout in simulated time (TruthOptions::timeout): a receiver lives on its own
// clock, so at --speed 60 its 45 minutes last 45 hours of the scenario. At --speed max a run is
// over before anything expires.
SimTime timeout_in_simulated_time(SimTime timeout, const std::optional<Speed>& run,
                                  const Speed& receiver_clock);

// What the receiver is set to, where that is not what the scenario says.
struct ReceiverSetting {
  std::optional<SimTime> timeout = {};  // by its own clock
  std::optional<SimTime> max_timeout = {};
  Speed clock_speed = {};  // its clock ran so many times faster
};
// Of the truth after a run at speed `played` (none: max).
TruthOptions truth_options_of(const Inputs& inputs, const std::optional<Speed>& played,
                              const ReceiverSetting& receiver);

}  // namespace esm
