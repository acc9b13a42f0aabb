#include "sender/scenario/scenario_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"
#include "sender/base/yaml.h"
#include "sender/scenario/activity_reader.h"
#include "sender/scenario/fault_reader.h"
#include "sender/scenario/includes.h"
#include "sender/scenario/message_times.h"
#include "sender/scenario/name_reader.h"
#include "sender/scenario/noise_reader.h"
#include "sender/scenario/parameters.h"
#include "sender/scenario/scenario_rules.h"
#include "sender/scenario/step_reader.h"
#include "sender/scenario/user_reader.h"
#include "sender/scenario/value_reader.h"

namespace esm {
namespace {

constexpr SimTime kLengthMax = std::chrono::days{3650};
constexpr std::size_t kSitesMax = 100;
constexpr std::uint32_t kJitterMaxPpm = 499'999;

// One reading of one file. Each part adds what is wrong and leaves a usable value, so that the
// parts after it can be checked too.
class Reader {
 public:
  Reader(const SourceText& source, const ScenarioContext& context, Diagnostics& diagnostics)
      : source_(source),
        settings_(context.settings),
        diagnostics_(diagnostics),
        files_(context.files, diagnostics) {}

  std::optional<Scenario> read() {
    const int errors_before = diagnostics_.errors();
    std::optional<YamlNode> root = parse_yaml(source_, kScenarioBytesMax, diagnostics_);
    if (!root) return std::nullopt;
    if (!merge_includes(*root, files_, diagnostics_)) return std::nullopt;
    if (!fill_in_parameters(*root, settings_, diagnostics_)) return std::nullopt;
    YamlMap map(*root, "the scenario", diagnostics_);
    map.find("include");  // they have been read
    map.find("parameters");
    map.text("about", scenario_.about);
    read_start(map);
    if (map.require("length", "how long it lasts: length: 4h") != nullptr) {
      map.duration("length", scenario_.length, std::chrono::milliseconds{1}, kLengthMax);
    }
    read_clock(map);
    read_esms(map);
    read_receiver(map);
    map.text("message", scenario_.message);
    if (const YamlNode* users = map.require("users", "users: { alice: { name: alice } }")) {
      read_users(*users, files_, scenario_, diagnostics_);
    }
    if (const YamlNode* endpoints = map.require(
            "endpoints",
            "endpoints: { office: { count: 10, host: \"PC-{:02}\", pool: 10.20.0.0/24 } }")) {
      read_endpoints(*endpoints);
    }
    if (const YamlNode* activity = map.find("activity"))
      read_activities(*activity, files_, scenario_, diagnostics_);
    if (const YamlNode* faults = map.find("faults")) read_faults(*faults, scenario_, diagnostics_);
    if (const YamlNode* steps = map.find("steps")) read_steps(*steps, scenario_, diagnostics_);
    if (const YamlNode* noise = map.find("noise")) read_noise(*noise, scenario_, diagnostics_);
    if (const YamlNode* targets = map.find("targets")) {
      error(*targets, "targets cannot be set in a scenario yet", "give them with --to");
    }
    map.finish();
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    check_scenario_rules(scenario_, diagnostics_);
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    scenario_.source = source_;
    scenario_.settings = settings_;
    scenario_.files = files_.take();
    return std::move(scenario_);
  }

 private:
  void error(const YamlNode& node, std::string problem, std::string hint = {}) {
    diagnostics_.error(node.place, std::move(problem), std::move(hint));
  }

  void read_start(YamlMap& map) {
    const YamlNode* node = map.find("start");
    std::string text;
    if (node == nullptr || !map.text("start", text)) return;
    std::chrono::minutes utc_offset{};
    if (const auto start = parse_rfc3339(text, &utc_offset)) {
      scenario_.start = *start;
      scenario_.clock.start_at(utc_offset);
      scenario_.start_given = true;
    } else {
      error(*node, fmt::format("start: '{}' is not a time", text),
            "write it as in RFC 3339: 2026-03-02T07:55:00Z");
    }
  }

  // After start and length.
  void read_clock(YamlMap& map) {
    std::chrono::minutes utc_offset{};
    if (read_utc_offset(map, utc_offset, diagnostics_)) scenario_.clock.start_at(utc_offset);
    if (const YamlNode* changes = map.find("clock-changes")) {
      read_clock_changes(*changes, scenario_, diagnostics_);
    }
  }

  void read_esms(YamlMap& map) {
    const YamlNode* list = map.find("esm");
    if (list == nullptr) {
      scenario_.esms.push_back({"esm01", IpAddress::v4(0x0A000114), "4.1.3.33176", {}, {}, 0, {}});
      return;
    }
    if (!list->is_sequence() || list->items.empty()) {
      error(*list, "esm: a list of at least one server is expected",
            "esm: [ { name: esm01, address: 10.0.1.20 } ]");
      return;
    }
    for (const YamlNode& item : list->items) {
      YamlMap esm(item, "the ESM", diagnostics_);
      EsmServer server;
      server.version = "4.1.3.33176";
      server.place = item.place;
      if (esm.require("name", "name: esm01") != nullptr && esm.text("name", server.name)) {
        check_name(esm.find("name")->place, "name", server.name, diagnostics_);
      }
      if (esm.require("address", "what its messages say: address: 10.0.1.20") != nullptr) {
        read_address(esm, "address", server.address);
      }
      esm.text("version", server.version);
      IpAddress local;
      if (read_address(esm, "source", local)) server.source = local;
      esm.percent("share", server.share_ppm);
      if (const YamlNode* outages = esm.find("outages")) {
        read_outages(*outages, scenario_, server.outages, diagnostics_);
      }
      esm.finish();
      for (const EsmServer& other : scenario_.esms) {
        if (other.name == server.name) {
          error(item, fmt::format("esm: the name '{}' is given twice", server.name),
                fmt::format("it stands in line {} already", other.place.line));
        }
      }
      scenario_.esms.push_back(std::move(server));
    }
    std::uint64_t shares = 0;
    std::size_t given = 0;
    for (const EsmServer& server : scenario_.esms) {
      shares += server.share_ppm;
      given += server.share_ppm > 0 ? 1 : 0;
    }
    if (given > 0 && (given < scenario_.esms.size() || shares != 1'000'000)) {
      error(*list, "esm: the shares must be 100% together, and every server has one or none does",
            "leave them out for equal parts");
    }
  }

  bool read_address(YamlMap& map, std::string_view key, IpAddress& out) {
    std::string text;
    if (!map.text(key, text)) return false;
    const std::optional<IpAddress> address = IpAddress::parse(text);
    if (!address) {
      error(*map.find(key), fmt::format("{}: '{}' is not an address", key, text),
            "for instance 10.0.1.20 or 2001:db8::20");
      return false;
    }
    out = *address;
    return true;
  }

  void read_receiver(YamlMap& map) {
    const YamlNode* node = map.find("receiver");
    if (node == nullptr) return;
    YamlMap receiver(*node, "the receiver", diagnostics_);
    read_profiles(receiver);
    receiver.duration("mapping-timeout", scenario_.receiver.mapping_timeout,
                      std::chrono::seconds{1}, std::chrono::days{365});
    receiver.duration("max-mapping-timeout", scenario_.receiver.max_mapping_timeout,
                      std::chrono::seconds{1}, std::chrono::days{365});
    receiver.text("for", scenario_.receiver.preset);
    receiver.finish();
  }

  // A name, or a list of them.
  void read_profiles(YamlMap& receiver) {
    constexpr std::size_t kProfilesMax = 16;
    const YamlNode* node = receiver.find("profile");
    if (node == nullptr) return;
    scenario_.receiver.profiles.clear();
    if (!node->is_sequence()) {
      std::string name;
      if (receiver.text("profile", name)) scenario_.receiver.profiles = {{name, node->place}};
      return;
    }
    if (node->items.empty() || node->items.size() > kProfilesMax) {
      error(*node, fmt::format("profile: {} are listed", node->items.size()),
            fmt::format("from 1 to {} profiles", kProfilesMax));
    }
    for (const YamlNode& item : node->items) {
      if (!item.is_scalar()) {
        error(item, "profile: a profile's name is expected", "profile: [traps-kb, mine.yaml]");
        continue;
      }
      const auto same = [&](const auto& other) { return other.name == item.text; };
      auto& profiles = scenario_.receiver.profiles;
      if (std::any_of(profiles.begin(), profiles.end(), same)) {
        error(item, fmt::format("profile: '{}' is listed twice", item.text),
              "the second one is never asked");
      }
      profiles.push_back({item.text, item.place});
    }
  }

  void read_endpoints(const YamlNode& node) {
    if (!node.is_map() || node.entries.empty()) {
      error(node, "endpoints: groups of endpoints are expected",
            "endpoints: { office: { count: 10, host: \"PC-{:02}\", pool: 10.20.0.0/24 } }");
      return;
    }
    for (const YamlEntry& entry : node.entries) {
      YamlMap map(entry.value, fmt::format("the endpoints '{}'", entry.key), diagnostics_);
      EndpointGroup group;
      group.key = entry.key;
      group.place = entry.place;
      map.count("count", group.count, 1, kGroupCountMax);
      if (const YamlNode* host = map.require("host", "host: w10, or host: \"PC-{:05}\"")) {
        if (map.text("host", group.host.prefix)) {
          group.host = read_pattern(*host, "host", group.count, diagnostics_);
        }
      }
      if (const YamlNode* pool =
              map.require("pool", "the addresses: pool: 10.20.0.0/22 or a list of networks")) {
        read_pool(*pool, group.pool);
      }
      read_second_pool(map, group);
      const bool heartbeat = map.duration("heartbeat", group.heartbeat,
                                          std::chrono::milliseconds{1}, std::chrono::days{100});
      const bool jitter = map.percent("jitter", group.jitter_ppm);
      if (jitter && group.jitter_ppm > kJitterMaxPpm) {
        error(*map.find("jitter"),
              fmt::format("jitter: {} is out of range", format_percent(group.jitter_ppm)),
              "below 50%, so that heartbeats keep their order");
      }
      std::size_t clock = 0;
      map.choice("heartbeat-clock", {"boot", "logon"}, clock);
      group.clock = static_cast<HeartbeatClock>(clock);
      read_group_rate(map, group, heartbeat || jitter || clock != 0);
      read_text_shares(map, "version", group.versions);
      read_text_shares(map, "os", group.os);
      read_kind(map, group);
      map.duration("lease", group.lease, std::chrono::seconds{1}, std::chrono::days{3650});
      if (const YamlNode* sites = map.find("sites")) read_sites(*sites, group);
      read_logoff_message(map, group);
      map.text("esm", group.esm);
      if (!group.esm.empty()) check_esm(*map.find("esm"), group.esm);
      map.finish();
      scenario_.endpoints.push_back(std::move(group));
    }
  }

  // Dual stack.
  void read_second_pool(YamlMap& map, EndpointGroup& group) {
    const YamlNode* const pool = map.find("second-pool");
    if (pool != nullptr) read_pool(*pool, group.second_pool);
    const bool share = map.percent("second-share", group.second_ppm);
    if (share && pool == nullptr) {
      error(*map.find("second-share"), "second-share: there is no second address",
            "add for instance second-pool: 2001:db8:1::/64");
    }
  }

  void read_group_rate(YamlMap& map, EndpointGroup& group, bool has_clock) {
    std::string text;
    const bool limited = map.count64("messages", group.messages_max, 1, 0xFFFFFFFF);
    const bool rises = map.duration("ramp", group.ramp, SimTime{0}, kRampMax);
    if (map.text("rate", text)) {
      const YamlNode& node = *map.find("rate");
      const Parsed<Rate> rate = parse_rate(text);
      if (!rate) {
        error(node, "rate: " + rate.problem, rate.hint);
      } else {
        group.rate = *rate;
      }
      if (has_clock) {
        error(node, "rate: a group has either a rate or heartbeat, jitter and heartbeat-clock",
              "leave one of them out");
      }
    } else if (limited) {
      error(*map.find("messages"), "messages: only a group with a rate can be limited so",
            "add for instance rate: 100");
    } else if (rises) {
      error(*map.find("ramp"), "ramp: only a group's rate can rise", "add for instance rate: 100");
    }
  }

  void check_esm(const YamlNode& node, const std::string& name) {
    std::vector<std::string> names;
    for (const EsmServer& server : scenario_.esms) names.push_back(server.name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      error(node, fmt::format("esm: there is no ESM '{}'", name), did_you_mean(name, names));
    }
  }

  // One for all, or { 4.1.3: 80%, 4.2.0: 20% }.
  void read_text_shares(YamlMap& map, std::string_view key, std::vector<TextShare>& out) {
    const YamlNode* const node = map.find(key);
    std::string one;
    if (node == nullptr || !node->is_map()) {
      if (map.text(key, one) && !one.empty()) out.push_back({std::move(one), kWholePpm});
      return;
    }
    std::vector<ReadShare> shares;
    if (!read_shares(*node, key, shares, diagnostics_)) return;
    for (const ReadShare& share : shares) {
      out.push_back({share.entry->key, share.parts_per_million});
    }
  }

  // What the machines are, and what they say while nobody is logged on.
  void read_kind(YamlMap& map, EndpointGroup& group) {
    std::size_t kind = 0;
    map.choice("kind",
               {"workstation", "laptop", "vdi-pool", "persistent-vdi", "server", "terminal-server"},
               kind);
    group.many_users = kind == 5;
    // Where machines run for themselves their agents beat with nobody logged on.
    std::size_t idle = kind == 3 || kind == 4 ? 1 : 0;
    map.choice("idle", {"silent", "empty", "dash", "stale"}, idle);
    group.idle = static_cast<IdleBeat>(idle);
    if (group.rate && group.idle != IdleBeat::kSilent) {
      error(*map.find(map.find("idle") != nullptr ? "idle" : "kind"),
            "a group with a rate sends while somebody is logged on",
            "leave 'idle' out, or give a heartbeat instead of the rate");
    }
  }

  void read_logoff_message(YamlMap& map, EndpointGroup& group) {
    std::string message;
    if (!map.text("logoff-message", message)) return;
    const YamlNode& node = *map.find("logoff-message");
    if (message.empty()) {
      error(node, "logoff-message: a template is expected", "logoff-message: fsso-logoff");
      return;
    }
    if (group.rate) {
      error(node, "logoff-message: changes send nothing in a group with a rate",
            "leave one of them out");
    }
    std::vector<LogoffMessage>& all = scenario_.logoffs;
    auto found = std::find_if(all.begin(), all.end(),
                              [&](const LogoffMessage& other) { return other.message == message; });
    if (found == all.end()) {
      if (all.size() == kLogoffMessagesMax) {
        error(node, fmt::format("logoff-message: more than {} different ones", kLogoffMessagesMax),
              "let groups share one");
        return;
      }
      all.push_back({std::move(message), node.place});
      found = all.end() - 1;
    }
    group.logoff = static_cast<std::uint8_t>(found - all.begin() + 1);
  }

  // { wifi: 10.30.0.0/22, vpn: { pool: 10.99.0.0/16, lease: 8h } }
  void read_sites(const YamlNode& node, EndpointGroup& group) {
    if (!node.is_map() || node.entries.empty()) {
      error(node, "sites: names and their pools are expected",
            "sites: { wifi: 10.30.0.0/22, vpn: { pool: 10.99.0.0/16, lease: 8h } }");
      return;
    }
    for (const YamlEntry& entry : node.entries) {
      Site site;
      site.key = entry.key;
      if (entry.key == "home") {
        diagnostics_.error(entry.place, "sites: 'home' is where the endpoints are at the start",
                           "its addresses are the group's own 'pool'; call this one otherwise");
      }
      if (group.away.size() == kSitesMax) {
        diagnostics_.error(entry.place, fmt::format("sites: more than {}", kSitesMax));
        return;
      }
      if (entry.value.is_map()) {
        YamlMap map(entry.value, fmt::format("the site '{}'", entry.key), diagnostics_);
        if (const YamlNode* pool =
                map.require("pool", "the addresses: pool: 10.30.0.0/22 or a list of networks")) {
          read_pool(*pool, site.pool);
        }
        map.duration("lease", site.lease, std::chrono::seconds{1}, std::chrono::days{3650});
        map.finish();
      } else {
        read_pool(entry.value, site.pool);
      }
      group.away.push_back(std::move(site));
    }
  }

  void read_pool(const YamlNode& node, std::vector<AddressBlock>& out) {
    const auto read_one = [&](const YamlNode& item) {
      const std::optional<AddressBlock> block =
          item.is_scalar() ? AddressBlock::parse(item.text) : std::nullopt;
      if (block) {
        out.push_back(*block);
        return;
      }
      std::string hint = "for instance 10.20.0.0/22 or 2001:db8:1::/64";
      if (item.text.find('-') != std::string::npos) {
        hint = "from the lower to the higher address, both of one kind: 10.20.0.10-10.20.0.99";
      } else if (const std::size_t slash = item.text.find('/'); slash == std::string::npos) {
        if (const auto address = IpAddress::parse(item.text)) {
          hint = fmt::format("a single address is {}/{}", item.text, address->is_v6() ? 128 : 32);
        }
      } else if (IpAddress::parse(item.text.substr(0, slash))) {
        hint = "the bits behind the prefix must be zero: 10.20.4.0/22, not 10.20.5.0/22";
      }
      error(item, fmt::format("pool: '{}' is not a network", item.text), hint);
    };
    if (!node.is_sequence()) {
      read_one(node);
      return;
    }
    for (const YamlNode& item : node.items) read_one(item);
  }

  const SourceText& source_;
  const std::vector<Setting>& settings_;
  Diagnostics& diagnostics_;
  LoadedFiles files_;
  Scenario scenario_;
};

}  // namespace

std::optional<Scenario> read_scenario(const SourceText& source, const ScenarioContext& context,
                                      Diagnostics& diagnostics) {
  return Reader(source, context, diagnostics).read();
}

std::vector<ParameterOffer> offered_parameters(const SourceText& source, ScenarioFiles* files) {
  Diagnostics unsaid;
  std::optional<YamlNode> root = parse_yaml(source, kScenarioBytesMax, unsaid);
  LoadedFiles loaded(files, unsaid);
  if (!root || !merge_includes(*root, loaded, unsaid)) return {};
  return offered_parameters(*root);
}

}  // namespace esm
