#include "sender/scenario/scenario_reader.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "sender/base/edit_distance.h"
#include "sender/base/units.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario_rules.h"

namespace esm {
namespace {

constexpr std::uint32_t kCountMax = 100'000'000;
constexpr std::size_t kNameBytesMax = 256;
constexpr SimTime kLengthMax = std::chrono::days{3650};
constexpr std::uint32_t kJitterMaxPpm = 499'999;

bool has_control(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

// One reading of one file. Each part adds what is wrong and leaves a usable value, so that the
// parts after it can be checked too.
class Reader {
 public:
  Reader(const SourceText& source, Diagnostics& diagnostics)
      : source_(source), diagnostics_(diagnostics) {}

  std::optional<Scenario> read() {
    const int errors_before = diagnostics_.errors();
    const std::optional<YamlNode> root = parse_yaml(source_, kScenarioBytesMax, diagnostics_);
    if (!root) return std::nullopt;
    YamlMap map(*root, "the scenario", diagnostics_);
    map.text("about", scenario_.about);
    read_start(map);
    if (map.require("length", "how long it lasts: length: 4h") != nullptr) {
      map.duration("length", scenario_.length, std::chrono::milliseconds{1}, kLengthMax);
    }
    read_esms(map);
    read_receiver(map);
    map.text("message", scenario_.message);
    if (const YamlNode* users = map.require("users", "users: { alice: { name: alice } }")) {
      read_users(*users);
    }
    if (const YamlNode* endpoints = map.require(
            "endpoints",
            "endpoints: { office: { count: 10, host: \"PC-{:02}\", pool: 10.20.0.0/24 } }")) {
      read_endpoints(*endpoints);
    }
    if (const YamlNode* activity = map.find("activity")) read_activities(*activity);
    if (const YamlNode* steps = map.find("steps")) read_steps(*steps);
    if (const YamlNode* targets = map.find("targets")) {
      error(*targets, "targets cannot be set in a scenario yet", "give them with --to");
    }
    map.finish();
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    check_scenario_rules(scenario_, diagnostics_);
    if (diagnostics_.errors() > errors_before) return std::nullopt;
    scenario_.source = source_;
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
    if (const auto start = parse_rfc3339(text)) {
      scenario_.start = *start;
      scenario_.start_given = true;
    } else {
      error(*node, fmt::format("start: '{}' is not a time", text),
            "write it as in RFC 3339: 2026-03-02T07:55:00Z");
    }
  }

  void read_esms(YamlMap& map) {
    const YamlNode* list = map.find("esm");
    if (list == nullptr) {
      scenario_.esms.push_back({"esm01", IpAddress::v4(0x0A000114), "4.1.3.33176", {}, {}});
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
        check_name(*esm.find("name"), "name", server.name);
      }
      if (esm.require("address", "what its messages say: address: 10.0.1.20") != nullptr) {
        read_address(esm, "address", server.address);
      }
      esm.text("version", server.version);
      IpAddress local;
      if (read_address(esm, "source", local)) server.source = local;
      esm.finish();
      for (const EsmServer& other : scenario_.esms) {
        if (other.name == server.name) {
          error(item, fmt::format("esm: the name '{}' is given twice", server.name),
                fmt::format("it stands in line {} already", other.place.line));
        }
      }
      scenario_.esms.push_back(std::move(server));
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
    receiver.text("profile", scenario_.receiver.profile);
    receiver.duration("mapping-timeout", scenario_.receiver.mapping_timeout,
                      std::chrono::seconds{1}, std::chrono::days{365});
    receiver.text("for", scenario_.receiver.preset);
    receiver.finish();
  }

  void check_name(const YamlNode& node, std::string_view key, const std::string& name) {
    if (name.empty()) error(node, fmt::format("{}: the value is empty", key));
    if (has_control(name)) {
      error(node, fmt::format("{}: control characters cannot stand in a name", key),
            "they would break the message");
    }
    if (name.size() > kNameBytesMax) {
      error(node, fmt::format("{}: the name has {} bytes", key, name.size()),
            fmt::format("at most {}", kNameBytesMax));
    }
  }

  // "PC-{:05}": at most one number.
  NamePattern read_pattern(const YamlNode& node, std::string_view key, std::uint32_t count) {
    NamePattern pattern;
    const std::string& text = node.text;
    check_name(node, key, text);
    const std::size_t open = text.find('{');
    if (open == std::string::npos) {
      pattern.prefix = text;
      if (count > 1) {
        error(node,
              fmt::format("{}: all {} would be called '{}'", key, format_thousands(count), text),
              fmt::format("put a number in: \"{}{{:05}}\"", text));
      }
      return pattern;
    }
    const std::size_t close = text.find('}', open);
    const std::string inside =
        close == std::string::npos ? "" : text.substr(open + 1, close - open - 1);
    bool good = close != std::string::npos && text.find('{', open + 1) == std::string::npos;
    if (good && !inside.empty()) {
      const std::string digits = inside.substr(std::min<std::size_t>(1, inside.size()));
      good = inside[0] == ':' && !digits.empty() && digits.size() <= 3 &&
             std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
      if (good) pattern.width = std::stoi(digits);
      good = good && pattern.width >= 1 && pattern.width <= 20;
    }
    if (!good) {
      const std::size_t length = close == std::string::npos ? 1 : close - open + 1;
      diagnostics_.error(
          node.place_in(open, length),
          fmt::format("{}: '{}' is not a number's place", key, text.substr(open, length)),
          "one {} or {:05} (five digits, padded with zeros) in a name");
      return pattern;
    }
    pattern.numbered = true;
    pattern.prefix = text.substr(0, open);
    pattern.suffix = text.substr(close + 1);
    return pattern;
  }

  void read_users(const YamlNode& node) {
    if (!node.is_map() || node.entries.empty()) {
      error(node, "users: groups of users are expected", "users: { alice: { name: alice } }");
      return;
    }
    for (const YamlEntry& entry : node.entries) {
      YamlMap map(entry.value, fmt::format("the users '{}'", entry.key), diagnostics_);
      UserGroup group;
      group.key = entry.key;
      group.place = entry.place;
      map.count("count", group.count, 1, kCountMax);
      if (const YamlNode* name = map.require("name", "name: alice, or name: \"user{:05}\"")) {
        if (map.text("name", group.name.prefix)) {
          group.name = read_pattern(*name, "name", group.count);
        }
      }
      if (map.text("domain", group.domain)) check_name(*map.find("domain"), "domain", group.domain);
      std::size_t form = 0;
      map.choice("form", {"user", "DOMAIN\\user", "user@domain"}, form);
      group.form = static_cast<UserForm>(form);
      if (group.form != UserForm::kBare && group.domain.empty()) {
        error(entry.value, fmt::format("the users '{}': this form needs a domain", entry.key),
              "add for instance domain: CORP");
      }
      map.finish();
      scenario_.users.push_back(std::move(group));
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
      map.count("count", group.count, 1, kCountMax);
      if (const YamlNode* host = map.require("host", "host: w10, or host: \"PC-{:05}\"")) {
        if (map.text("host", group.host.prefix)) {
          group.host = read_pattern(*host, "host", group.count);
        }
      }
      if (const YamlNode* pool =
              map.require("pool", "the addresses: pool: 10.20.0.0/22 or a list of networks")) {
        read_pool(*pool, group);
      }
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
      map.text("version", group.agent_version);
      map.text("esm", group.esm);
      if (!group.esm.empty()) check_esm(*map.find("esm"), group.esm);
      map.finish();
      scenario_.endpoints.push_back(std::move(group));
    }
  }

  void read_group_rate(YamlMap& map, EndpointGroup& group, bool has_clock) {
    std::string text;
    const bool limited = map.count64("messages", group.messages_max, 1, 0xFFFFFFFF);
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
    }
  }

  void check_esm(const YamlNode& node, const std::string& name) {
    std::vector<std::string> names;
    for (const EsmServer& server : scenario_.esms) names.push_back(server.name);
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      error(node, fmt::format("esm: there is no ESM '{}'", name), did_you_mean(name, names));
    }
  }

  void read_pool(const YamlNode& node, EndpointGroup& group) {
    const auto read_one = [&](const YamlNode& item) {
      const std::optional<IpNetwork> network =
          item.is_scalar() ? IpNetwork::parse(item.text) : std::nullopt;
      if (network) {
        group.pool.push_back(*network);
        return;
      }
      std::string hint = "for instance 10.20.0.0/22 or 2001:db8:1::/64";
      if (const std::size_t slash = item.text.find('/'); slash == std::string::npos) {
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

  // A duration since the start, or a wall time's next occurrence at or after it.
  bool read_time(YamlMap& map, std::string_view key, SimTime& out) {
    const YamlNode* node = map.find(key);
    if (node == nullptr) return false;
    const std::string& text = node->text;
    if (!node->is_scalar() || text.find(':') == std::string::npos) {
      return map.duration(key, out);
    }
    const bool seconds = text.size() == 8;
    const auto two_digits = [&](std::size_t at) {
      const bool digits =
          text[at] >= '0' && text[at] <= '9' && text[at + 1] >= '0' && text[at + 1] <= '9';
      return digits ? (text[at] - '0') * 10 + (text[at + 1] - '0') : 100;
    };
    if ((text.size() != 5 && !seconds) || text[2] != ':' || (seconds && text[5] != ':') ||
        two_digits(0) > 23 || two_digits(3) > 59 || (seconds && two_digits(6) > 59)) {
      error(*node, fmt::format("{}: '{}' is not a time of day", key, text),
            "write 08:30 or 08:30:15, or a duration since the start: 35m");
      return false;
    }
    if (!scenario_.start_given) {
      error(*node, fmt::format("{}: a time of day needs the scenario's start", key),
            "add for instance start: 2026-03-02T07:55:00Z, or write a duration: 35m");
      return false;
    }
    const SimTime wanted = std::chrono::hours{two_digits(0)} + std::chrono::minutes{two_digits(3)} +
                           std::chrono::seconds{seconds ? two_digits(6) : 0};
    const SimTime start_of_day =
        scenario_.start - std::chrono::floor<std::chrono::days>(scenario_.start);
    out = wanted >= start_of_day ? wanted - start_of_day
                                 : wanted + std::chrono::days{1} - start_of_day;
    return true;
  }

  template <typename Group>
  std::optional<std::uint32_t> find_group(const std::vector<Group>& groups, const YamlNode& node,
                                          std::string_view key, std::string_view kind) {
    std::vector<std::string> keys;
    for (std::uint32_t i = 0; i < groups.size(); ++i) {
      if (groups[i].key == node.text) return i;
      keys.push_back(groups[i].key);
    }
    error(node, fmt::format("{}: there is no group of {} '{}'", key, kind, node.text),
          did_you_mean(node.text, keys,
                       fmt::format("groups of {}: {}", kind, fmt::join(keys, ", "))));
    return std::nullopt;
  }

  void read_activities(const YamlNode& node) {
    if (!node.is_sequence()) {
      error(node, "activity: a list is expected", "- { logon: office, on: office, at: 5m }");
      return;
    }
    for (const YamlNode& item : node.items) {
      YamlMap map(item, "the activity", diagnostics_);
      if (!item.is_map()) continue;
      const YamlNode* logon = map.find("logon");
      const YamlNode* logoff = map.find("logoff");
      const YamlNode* on = map.find("on");
      Activity activity;
      activity.place = item.place;
      activity.kind = logon != nullptr ? Activity::Kind::kLogon : Activity::Kind::kLogoff;
      bool good = true;
      if ((logon != nullptr) == (logoff != nullptr)) {
        error(item, "the activity: one of 'logon' and 'logoff' is needed",
              "- { logon: office, on: office, at: 5m, within: 15m, curve: normal }");
        good = false;
      } else {
        const YamlNode& who = logon != nullptr ? *logon : *logoff;
        const auto users =
            find_group(scenario_.users, who, logon != nullptr ? "logon" : "logoff", "users");
        good = users.has_value();
        activity.users = users.value_or(0);
      }
      if (on != nullptr) {
        const auto endpoints = find_group(scenario_.endpoints, *on, "on", "endpoints");
        good = good && endpoints;
        activity.endpoints = endpoints.value_or(0);
      } else if (logon != nullptr) {
        error(item, "the activity: 'on' is missing", "the group of endpoints: on: office");
        good = false;
      } else {
        activity.endpoints = kNoGroup;  // that of its logon: check_scenario_rules fills it in
      }
      if (map.require("at", "a time since the start, or of day: at: 5m, at: 08:00") != nullptr) {
        good = read_time(map, "at", activity.at) && good;
      } else {
        good = false;
      }
      map.duration("within", activity.within);
      std::size_t curve = 1;
      map.choice("curve", {"at-once", "uniform", "normal", "poisson"}, curve);
      activity.curve = static_cast<Curve>(curve);
      if (activity.curve == Curve::kAtOnce && activity.within.count() > 0) {
        error(*map.find("within"), "within: 'curve: at-once' has no window",
              "leave one of them out");
      }
      map.finish();
      if (good) scenario_.activities.push_back(activity);
    }
  }

  // By name, by DOMAIN\name, or by the key of a group of one.
  std::optional<UserRef> find_user(const YamlNode& node, std::string_view key) {
    const std::string& text = node.text;
    std::vector<UserRef> found;
    std::vector<std::string> candidates;
    for (std::uint32_t g = 0; g < scenario_.users.size(); ++g) {
      const UserGroup& group = scenario_.users[g];
      std::string_view name = text;
      if (!group.domain.empty() && name.starts_with(group.domain + "\\")) {
        name.remove_prefix(group.domain.size() + 1);
      }
      if (const auto index = group.name.index_of(name, group.count)) found.push_back({g, *index});
      candidates.push_back(group.name.name(0));
      if (group.count > 1) candidates.push_back(group.name.name(group.count - 1));
    }
    if (found.empty()) {
      for (std::uint32_t g = 0; g < scenario_.users.size(); ++g) {
        if (scenario_.users[g].key == text && scenario_.users[g].count == 1)
          found.push_back({g, 0});
      }
    }
    if (found.size() == 1) return found.front();
    if (found.size() > 1) {
      error(node, fmt::format("{}: there are {} users '{}'", key, found.size(), text),
            "write it with its domain: CORP\\name");
    } else {
      error(node, fmt::format("{}: there is no user '{}'", key, text),
            did_you_mean(
                text, candidates,
                fmt::format("for instance {}", candidates.empty() ? "alice" : candidates.front())));
    }
    return std::nullopt;
  }

  // By host name, by address, or by the key of a group of one.
  std::optional<EndpointRef> find_endpoint(const YamlNode& node, const std::string& text,
                                           std::string_view key) {
    std::vector<std::string> candidates;
    for (std::uint32_t g = 0; g < scenario_.endpoints.size(); ++g) {
      const EndpointGroup& group = scenario_.endpoints[g];
      if (const auto index = group.host.index_of(text, group.count)) return EndpointRef{g, *index};
      candidates.push_back(group.host.name(0));
      if (group.count > 1) candidates.push_back(group.host.name(group.count - 1));
    }
    for (std::uint32_t g = 0; g < scenario_.endpoints.size(); ++g) {
      if (scenario_.endpoints[g].key == text && scenario_.endpoints[g].count == 1) {
        return EndpointRef{g, 0};
      }
    }
    if (const auto address = IpAddress::parse(text)) {
      if (const auto ref = endpoint_with_address(scenario_, *address)) return ref;
    }
    error(node, fmt::format("{}: there is no endpoint '{}'", key, text),
          did_you_mean(text, candidates,
                       fmt::format("for instance {}",
                                   candidates.empty() ? "PC-00001" : candidates.front())));
    return std::nullopt;
  }

  void read_steps(const YamlNode& node) {
    if (!node.is_sequence()) {
      error(node, "steps: a list is expected", "- { at: 35m, logon: alice, on: PC-00007 }");
      return;
    }
    for (const YamlNode& item : node.items) {
      YamlMap map(item, "the step", diagnostics_);
      if (!item.is_map()) continue;
      Step step;
      step.place = item.place;
      bool good = map.require("at", "a time since the start, or of day: at: 35m, at: 08:30") &&
                  read_time(map, "at", step.at);
      const YamlNode* logon = map.find("logon");
      const YamlNode* logoff = map.find("logoff");
      const YamlNode* expect = map.find("expect");
      const YamlNode* on = map.find("on");
      if ((logon != nullptr) + (logoff != nullptr) + (expect != nullptr) != 1) {
        error(item, "the step: one of 'logon', 'logoff' and 'expect' is needed",
              "- { at: 35m, logon: alice, on: PC-00007 }");
        good = false;
      } else if (expect != nullptr) {
        if (on != nullptr) error(*on, "the step: 'on' has no meaning beside 'expect'");
        good = read_expectation(*expect, step) && good;
      } else {
        const YamlNode& who = logon != nullptr ? *logon : *logoff;
        const auto user = find_user(who, logon != nullptr ? "logon" : "logoff");
        const auto endpoint = on != nullptr ? find_endpoint(*on, on->text, "on") : std::nullopt;
        if (logon != nullptr && on == nullptr) {
          error(item, "the step: 'on' is missing", "the endpoint's host name: on: PC-00007");
        }
        good = good && user && (on == nullptr ? logoff != nullptr : endpoint.has_value());
        if (good && logon != nullptr) step.what = LogonStep{*user, *endpoint};
        if (good && logoff != nullptr) step.what = LogoffStep{*user, endpoint};
      }
      map.finish();
      if (good) scenario_.steps.push_back(std::move(step));
    }
    std::stable_sort(scenario_.steps.begin(), scenario_.steps.end(),
                     [](const Step& a, const Step& b) { return a.at < b.at; });
  }

  bool read_expectation(const YamlNode& node, Step& step) {
    if (!node.is_map() || node.entries.empty()) {
      error(node, "expect: endpoints and their users are expected", "expect: { PC-00007: alice }");
      return false;
    }
    ExpectStep expect;
    bool good = true;
    for (const YamlEntry& entry : node.entries) {
      YamlNode host;
      host.place = entry.place;
      const auto endpoint = find_endpoint(host, entry.key, "expect");
      ExpectStep::Line line;
      line.place = entry.place;
      if (!entry.value.is_scalar()) {
        error(entry.value.place.line > 0 ? entry.value : host,
              fmt::format("expect: the user of '{}' is missing", entry.key),
              "a user's name, or none");
        good = false;
      } else if (entry.value.text != "none") {
        line.user = find_user(entry.value, "expect");
        good = good && line.user;
      }
      good = good && endpoint;
      if (endpoint) line.endpoint = *endpoint;
      expect.lines.push_back(line);
    }
    step.what = std::move(expect);
    return good;
  }

  const SourceText& source_;
  Diagnostics& diagnostics_;
  Scenario scenario_;
};

}  // namespace

std::optional<Scenario> read_scenario(const SourceText& source, Diagnostics& diagnostics) {
  return Reader(source, diagnostics).read();
}

}  // namespace esm
