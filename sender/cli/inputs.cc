#include "sender/cli/inputs.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>

#include "sender/base/yaml.h"
#include "sender/cli/files_beside.h"
#include "sender/cli/input_file.h"
#include "sender/cli/receiver_preset.h"
#include "sender/cli/shipped.h"
#include "sender/message/fault_check.h"
#include "sender/message/head_check.h"
#include "sender/message/renderer.h"
#include "sender/scenario/other_messages.h"
#include "sender/scenario/parameters.h"
#include "sender/scenario/scenario_reader.h"

namespace esm {
namespace {

constexpr std::size_t kSizeMax = 65'507;  // the largest UDP payload
constexpr SimTime kTimeoutMax = std::chrono::days{10'000};

std::string folder_of(const std::string& path) {
  const std::size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string{} : path.substr(0, slash);
}

// Where a scenario says `key` (within the mapping `outer`, if that is not empty).
Place place_in(const SourceText& scenario, std::string_view outer, std::string_view key) {
  Diagnostics ignored;
  Place whole{scenario.name(), 0, 0, 1};
  const std::optional<YamlNode> root = parse_yaml(scenario, scenario.text().size(), ignored);
  if (!root || !root->is_map()) return whole;
  const auto find = [](const YamlNode& node, std::string_view name) -> const YamlNode* {
    for (const YamlEntry& entry : node.entries) {
      if (entry.key == name) return &entry.value;
    }
    return nullptr;
  };
  const YamlNode* map = outer.empty() ? &*root : find(*root, outer);
  const YamlNode* value = map == nullptr || !map->is_map() ? nullptr : find(*map, key);
  return value == nullptr ? whole : value->place;
}

// A file that a scenario names and that cannot be had is shown where the scenario names it.
void show_at(const Place& place, const Diagnostics& found, Diagnostics& diagnostics) {
  for (const Diagnostic& one : found.list()) {
    diagnostics.error(
        place,
        one.place.file.empty() ? one.problem : fmt::format("{}: {}", one.place.file, one.problem),
        one.hint);
  }
}

std::optional<Template> load_template(const SourceText& text, std::optional<std::size_t> size,
                                      Diagnostics& diagnostics) {
  std::optional<Template> message = read_template(text, diagnostics);
  if (message && size) message->pad_to = *size;
  return message;
}

std::unique_ptr<const Template> owned(std::optional<Template> message) {
  return message ? std::make_unique<Template>(std::move(*message)) : nullptr;
}

std::optional<Template> recorded_template(const std::string& name, const std::string& text,
                                          std::size_t pad_to, Diagnostics& diagnostics) {
  return load_template(SourceText(name, text), pad_to > 0 ? std::optional(pad_to) : std::nullopt,
                       diagnostics);
}

// The templates that the scenario names beside its message; one that is named again is read once.
void load_others(const Scenario& scenario, const std::string& folder,
                 std::optional<std::size_t> size, Inputs& inputs, Diagnostics& diagnostics) {
  std::map<std::string_view, std::optional<Template>> read;
  for (std::size_t number = 1; number <= other_message_count(scenario); ++number) {
    const OtherMessage other = other_message(scenario, number);
    const auto [one, fresh] = read.try_emplace(other.name);
    if (fresh) {
      Diagnostics found;
      const auto text = load_input(InputKind::kTemplate, other.name, folder, found);
      if (found.has_errors()) show_at(other.place, found, diagnostics);
      if (text) one->second = load_template(*text, size, diagnostics);
    }
    if (one->second) inputs.others.push_back(*one->second);
  }
}

void add_profile(const SourceText& text, std::vector<Profile>& profiles, Diagnostics& diagnostics) {
  std::optional<Profile> profile = read_profile(text, diagnostics);
  if (profile) profiles.push_back(std::move(*profile));
}

std::vector<Setting> settings_of(const std::vector<std::string>& texts, Diagnostics& diagnostics) {
  std::vector<Setting> settings;
  for (const std::string& text : texts) {
    Setting setting;
    if (parse_setting(text, setting, diagnostics)) settings.push_back(std::move(setting));
  }
  return settings;
}

// The sizes to which not every message can be padded; of each, the least that would do.
std::map<std::size_t, std::size_t> sizes_too_small(const Inputs& inputs) {
  std::map<std::size_t, std::size_t> least;
  const Renderer renderer(inputs.templates(), *inputs.plan, inputs.epoch);
  if (renderer.padding_fits()) return least;
  const auto look = [&](const Template& message, std::size_t number) {
    const std::size_t fits = renderer.padded_length_min(number);
    if (message.pad_to == 0 || fits <= message.pad_to) return;
    std::size_t& all = least[message.pad_to];
    all = std::max(all, fits);
  };
  look(*inputs.message, 0);
  for (std::size_t i = 0; i < inputs.others.size(); ++i) look(inputs.others[i], i + 1);
  return least;
}

// What only the scenario and templates of a record can tell of its numbers.
bool record_fits(const std::string& name, const RunRecord& record, const Inputs& inputs,
                 Diagnostics& diagnostics) {
  const auto wrong = [&](const std::string& problem) {
    diagnostics.error({name, 0, 0, 1}, problem,
                      "this is no run record as --report writes it, or it was changed or cut");
    return false;
  };
  if (record.pad_to > kSizeMax) {
    return wrong(fmt::format("pad_to_bytes: {} is out of range, 0 to {} are possible",
                             record.pad_to, kSizeMax));
  }
  const std::size_t entries = other_message_count(inputs.plan->scenario());
  if (record.noise_templates.size() != entries) {
    return wrong(
        fmt::format("noise_templates holds {}, and the scenario names {} beside its message",
                    record.noise_templates.size(), entries));
  }
  for (std::size_t i = 0; i < entries; ++i) {
    if (record.noise_templates[i].pad_to <= kSizeMax) continue;
    return wrong(
        fmt::format("noise_templates[{}].pad_to_bytes: {} is out of range, 0 to {} are "
                    "possible",
                    i, record.noise_templates[i].pad_to, kSizeMax));
  }
  if (!check_faults(inputs.templates(), *inputs.plan, inputs.epoch, diagnostics)) return false;
  if (const auto small = sizes_too_small(inputs); !small.empty()) {
    return wrong(
        fmt::format("pad_to_bytes: {} is too small for these messages", small.begin()->first));
  }
  const std::size_t esms = inputs.plan->scenario().esms.size();
  for (std::size_t i = 0; i < record.lanes.size(); ++i) {
    if (record.lanes[i].esm >= esms) {
      return wrong(fmt::format("lanes[{}].esm names none of the scenario's ESMs", i));
    }
  }
  return true;
}

std::optional<Inputs> from_record(const InputOptions& options, Diagnostics& diagnostics) {
  if (!options.scenario.empty() || !options.message.empty() || options.seed || options.epoch ||
      !options.settings.empty() || options.size) {
    diagnostics.error({}, "--run holds scenario, settings, template, seed, epoch and size already",
                      "leave those options out");
    return std::nullopt;
  }
  const std::optional<SourceText> text =
      read_file(options.run, "the run record", kRunRecordBytesMax, diagnostics);
  if (!text) return std::nullopt;
  std::optional<RunRecord> record = read_run_record(*text, diagnostics);
  if (!record) return std::nullopt;
  if (record->plan_version != kPlanVersion) {
    diagnostics.error({options.run, 0, 0, 1},
                      fmt::format("this run was made with plan version {}, this program has {}",
                                  record->plan_version, kPlanVersion),
                      fmt::format("use esm-sender {} on it", record->program_version));
    return std::nullopt;
  }
  Inputs inputs;
  GivenFiles files;
  for (const SourceText& file : record->files) files.add(file);
  std::optional<Scenario> scenario =
      read_scenario(SourceText(record->scenario_name, record->scenario_text),
                    {settings_of(record->settings, diagnostics), &files}, diagnostics);
  inputs.message = owned(
      recorded_template(record->template_name, record->template_text, record->pad_to, diagnostics));
  for (const RunRecord::NoiseTemplate& noise : record->noise_templates) {
    auto one = recorded_template(noise.name, noise.text, noise.pad_to, diagnostics);
    if (one) inputs.others.push_back(std::move(*one));
  }
  if (!options.profiles.empty()) {
    inputs.profiles = load_profiles(options.profiles, diagnostics);
  } else {
    for (const SourceText& profile : record->profiles) {
      add_profile(profile, inputs.profiles, diagnostics);
    }
    if (record->profiles.size() > kProfilesMax) {
      diagnostics.error({options.run, 0, 0, 1},
                        fmt::format("profiles: {} are held", record->profiles.size()),
                        fmt::format("a receiver has at most {}", kProfilesMax));
    }
  }
  if (!scenario || !inputs.message || diagnostics.has_errors()) {
    return std::nullopt;
  }
  inputs.scenario_name = record->scenario_name;
  inputs.epoch = record->epoch;
  inputs.shard = options.shard.value_or(Shard{record->shard_index, record->shard_count});
  inputs.speed = record->speed;
  inputs.mapping_timeout = scenario->receiver.mapping_timeout;
  inputs.max_mapping_timeout = scenario->receiver.max_mapping_timeout;
  inputs.plan = std::make_unique<Plan>(std::move(*scenario), record->seed);
  if (!record_fits(options.run, *record, inputs, diagnostics)) return std::nullopt;
  inputs.record = std::move(record);
  return inputs;
}

std::optional<Inputs> from_scenario(const InputOptions& options, const SourceText& text,
                                    ScenarioFiles* files, UtcTime now, Diagnostics& diagnostics) {
  std::optional<Scenario> scenario =
      read_scenario(text, {settings_of(options.settings, diagnostics), files}, diagnostics);
  if (!scenario) return std::nullopt;
  Inputs inputs;
  const std::string folder = folder_of(text.name());
  const auto load = [&](InputKind kind, const std::string& option, const std::string& in_scenario,
                        std::string_view outer, std::string_view key) {
    if (!option.empty()) return load_input(kind, option, {}, diagnostics);
    Diagnostics found;
    std::optional<SourceText> file = load_input(kind, in_scenario, folder, found);
    if (found.has_errors()) show_at(place_in(text, outer, key), found, diagnostics);
    return file;
  };
  if (const std::string& preset = scenario->receiver.preset;
      !preset.empty() && receiver_preset(preset) == nullptr) {
    diagnostics.error(place_in(text, "receiver", "for"),
                      fmt::format("for: '{}' is not a known receiver", preset),
                      hint_for_receiver(preset));
  }
  const auto message =
      load(InputKind::kTemplate, options.message, scenario->message, {}, "message");
  if (message) inputs.message = owned(load_template(*message, options.size, diagnostics));
  load_others(*scenario, folder, options.size, inputs, diagnostics);
  if (!options.profiles.empty()) {
    inputs.profiles = load_profiles(options.profiles, diagnostics);
  } else {
    for (const ReceiverSettings::Profile& profile : scenario->receiver.profiles) {
      Diagnostics found;
      const auto file = load_input(InputKind::kProfile, profile.name, folder, found);
      if (found.has_errors()) show_at(profile.place, found, diagnostics);
      if (file) add_profile(*file, inputs.profiles, diagnostics);
    }
  }
  if (!inputs.message || diagnostics.has_errors()) return std::nullopt;
  bool heads = check_head(*inputs.message, *scenario, diagnostics);
  for (const Template& other : inputs.others) {
    heads = heads && check_head(other, *scenario, diagnostics);
  }
  if (!heads) return std::nullopt;

  inputs.scenario_name = text.name();
  inputs.epoch = options.epoch ? *options.epoch : scenario->start_given ? scenario->start : now;
  inputs.shard = options.shard.value_or(Shard{});
  inputs.mapping_timeout = scenario->receiver.mapping_timeout;
  inputs.max_mapping_timeout = scenario->receiver.max_mapping_timeout;
  inputs.plan = std::make_unique<Plan>(std::move(*scenario), options.seed.value_or(1));
  if (!check_faults(inputs.templates(), *inputs.plan, inputs.epoch, diagnostics)) {
    return std::nullopt;
  }
  for (const auto& [size, least] : sizes_too_small(inputs)) {
    diagnostics.error({}, fmt::format("a size of {} bytes is too small for these messages", size),
                      fmt::format("at least {}", least));
  }
  if (diagnostics.has_errors()) return std::nullopt;
  return inputs;
}

}  // namespace

void InputOptions::declare(CommandLine& line, bool with_profile, bool with_run) {
  line.group("What is sent");
  line.option("seed", "N", "seed of everything random (default 1)",
              [this](const std::string& text, Diagnostics& diagnostics) {
                const Parsed<std::uint64_t> parsed = parse_count(text);
                if (!parsed) {
                  diagnostics.error({}, "--seed: " + parsed.problem, "a whole number from 0");
                } else {
                  seed = *parsed;
                }
              });
  line.option("epoch", "TIME", "moment of simulated time 0, as 2026-03-02T07:55:00Z",
              [this](const std::string& text, Diagnostics& diagnostics) {
                epoch = parse_rfc3339(text);
                if (!epoch) {
                  diagnostics.error({}, fmt::format("--epoch: '{}' is not a time", text),
                                    "write it as in RFC 3339: 2026-03-02T07:55:00Z");
                }
              });
  line.option(
      "shard", "I/N", "only part I (from 0) of N; the parts together are the whole",
      [this](const std::string& text, Diagnostics& diagnostics) {
        const std::size_t slash = text.find('/');
        const Parsed<std::uint64_t> index = parse_count(text.substr(0, slash));
        const Parsed<std::uint64_t> count =
            parse_count(slash == std::string::npos ? "" : text.substr(slash + 1));
        constexpr std::uint64_t kShardsMax = 65'536;
        if (!index || !count || *count == 0 || *count > kShardsMax || *index >= *count) {
          diagnostics.error({}, fmt::format("--shard: '{}' is not a part of a whole", text),
                            "write I/N with I from 0 to N-1: 0/4, 1/4, 2/4, 3/4");
        } else {
          shard = Shard{static_cast<std::uint32_t>(*index), static_cast<std::uint32_t>(*count)};
        }
      });
  line.text("template", "NAME|FILE", "the message's template instead of the scenario's", message);
  line.option("size", "BYTES", "pad every message to exactly this size",
              [this](const std::string& text, Diagnostics& diagnostics) {
                const Parsed<std::uint64_t> parsed = parse_size(text);
                if (!parsed) {
                  diagnostics.error({}, "--size: " + parsed.problem, parsed.hint);
                } else if (*parsed == 0 || *parsed > kSizeMax) {
                  diagnostics.error({}, fmt::format("--size: {} is out of range", text),
                                    fmt::format("from 1 to {} bytes", kSizeMax));
                } else {
                  size = static_cast<std::size_t>(*parsed);
                }
              });
  if (with_profile) {
    line.option_list("profile", "NAME|FILE",
                     "a parse profile of the receiver, instead of the scenario's; again for those "
                     "tried after it",
                     [this](const std::string& text, Diagnostics&) { profiles.push_back(text); });
  }
  if (with_run) {
    line.text("run", "RUN.json", "take everything from the record of a run", run);
  }
}

std::vector<std::string_view> InputOptions::files() const {
  std::vector<std::string_view> out{scenario, run, message};
  out.insert(out.end(), profiles.begin(), profiles.end());
  return out;
}

void InputOptions::declare_settings(CommandLine& line) {
  line.option_list("set", "NAME=VALUE", "a value for one of the scenario's parameters",
                   [this](const std::string& text, Diagnostics&) { settings.push_back(text); });
}

std::vector<Profile> load_profiles(const std::vector<std::string>& names,
                                   Diagnostics& diagnostics) {
  std::vector<Profile> profiles;
  if (names.size() > kProfilesMax) {
    diagnostics.error({}, fmt::format("--profile: {} are given", names.size()),
                      fmt::format("a receiver has at most {}", kProfilesMax));
    return profiles;
  }
  for (const std::string& name : names) {
    const auto text = load_input(InputKind::kProfile, name, {}, diagnostics);
    if (text) add_profile(*text, profiles, diagnostics);
  }
  return profiles;
}

std::optional<Inputs> load_inputs(const InputOptions& options, UtcTime now,
                                  Diagnostics& diagnostics) {
  if (!check_standard_input(options.files(), diagnostics)) {
    return std::nullopt;
  }
  if (!options.run.empty()) return from_record(options, diagnostics);
  const std::optional<SourceText> scenario =
      load_input(InputKind::kScenario, options.scenario, {}, diagnostics);
  if (!scenario) return std::nullopt;
  const std::unique_ptr<ScenarioFiles> files = files_beside(options.scenario);
  return from_scenario(options, *scenario, files.get(), now, diagnostics);
}

std::optional<Inputs> load_inputs(const InputOptions& options, const SourceText& scenario,
                                  UtcTime now, Diagnostics& diagnostics) {
  return from_scenario(options, scenario, nullptr, now, diagnostics);
}

std::optional<SimTime> parse_moment(std::string_view text, const Inputs& inputs,
                                    std::string_view option, Diagnostics& diagnostics) {
  const SimTime length = inputs.plan->scenario().length;
  if (text == "end") return length;
  const Parsed<SimTime> parsed = parse_duration(text);
  if (!parsed) {
    diagnostics.error({}, fmt::format("{}: {}", option, parsed.problem),
                      "write a time since the scenario's start (35m, 2h), or 'end'");
    return std::nullopt;
  }
  if (*parsed > length) {
    diagnostics.error({}, fmt::format("{}: {} lies beyond the scenario's end", option, text),
                      fmt::format("it ends at {}", format_duration(length)));
    return std::nullopt;
  }
  return *parsed;
}

std::optional<std::vector<SimTime>> parse_moments(std::string_view text, const Inputs& inputs,
                                                  std::string_view option,
                                                  Diagnostics& diagnostics) {
  std::vector<SimTime> moments;
  while (!text.empty()) {
    const std::size_t comma = text.find(',');
    const auto moment = parse_moment(text.substr(0, comma), inputs, option, diagnostics);
    if (!moment) return std::nullopt;
    moments.push_back(*moment);
    text = comma == std::string_view::npos ? std::string_view{} : text.substr(comma + 1);
  }
  std::sort(moments.begin(), moments.end());
  return moments;
}

std::optional<Window> parse_window(const std::string& since, const std::string& until,
                                   const Inputs& inputs, Diagnostics& diagnostics) {
  const int errors_before = diagnostics.errors();
  Window window;
  if (!since.empty()) {
    const auto moment = parse_moment(since, inputs, "--since", diagnostics);
    if (moment) window.since = *moment;
  }
  if (!until.empty() && until != "end") {
    const auto moment = parse_moment(until, inputs, "--until", diagnostics);
    if (moment) window.until = *moment;
  }
  if (diagnostics.errors() == errors_before && window.until < window.since) {
    diagnostics.error({}, fmt::format("--until {} lies before --since {}", until, since),
                      "swap them");
  }
  if (diagnostics.errors() > errors_before) return std::nullopt;
  return window;
}

Parsed<SimTime> parse_mapping_timeout(std::string_view text) {
  Parsed<SimTime> parsed = parse_duration(text);
  if (parsed && *parsed == SimTime{0}) {
    return {{},
            fmt::format("'{}' is no timeout: no mapping would ever be seen", text),
            "a firewall's is 45m, and may be 1m to 3600m"};
  }
  return parsed;
}

SimTime timeout_in_simulated_time(SimTime timeout, const std::optional<Speed>& run,
                                  const Speed& receiver_clock) {
  if (!run) return kTimeoutMax;
  __extension__ using Wide = __int128;
  const Wide scaled = Wide{timeout.count()} * run->numerator * receiver_clock.denominator /
                      (Wide{run->denominator} * receiver_clock.numerator);
  return scaled > kTimeoutMax.count() ? kTimeoutMax : SimTime{static_cast<std::int64_t>(scaled)};
}

TruthOptions truth_options_of(const Inputs& inputs, const std::optional<Speed>& played,
                              const ReceiverSetting& receiver) {
  TruthOptions options;
  options.epoch = inputs.epoch;
  options.timeout = timeout_in_simulated_time(receiver.timeout.value_or(inputs.mapping_timeout),
                                              played, receiver.clock_speed);
  const SimTime maximum = receiver.max_timeout.value_or(inputs.max_mapping_timeout);
  if (maximum != kNever) {
    options.maximum_timeout = timeout_in_simulated_time(maximum, played, receiver.clock_speed);
  }
  options.message_bytes_max = message_bytes_max_of(inputs.plan->scenario().receiver.preset);
  return options;
}

}  // namespace esm
