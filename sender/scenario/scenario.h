// A scenario file as plain values: what a person wrote, checked, with defaults filled in, nothing
// drawn yet. scenarios/README.md documents every key. Built by read_scenario (scenario_reader.h)
// from YAML, or by make_load_scenario (load_scenario.h) from the options of `load`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"
#include "sender/base/time.h"
#include "sender/base/units.h"

namespace esm {

// "PC-{:05}": text, at most one number padded with zeros to `width`, text. Members of a group are
// numbered from 1: index 0 is PC-00001.
struct NamePattern {
  std::string prefix;
  std::string suffix;
  bool numbered = false;
  int width = 0;  // 0 to 20

  std::string name(std::uint32_t index) const;
  // The index whose name is `name`, if there is one below `count`.
  std::optional<std::uint32_t> index_of(std::string_view name, std::uint32_t count) const;
};

enum class UserForm : std::uint8_t {
  kBare,
  kDownLevel,
  kPrincipal
};  // user, DOMAIN\user, user@domain

struct EsmServer {
  std::string name;
  IpAddress address;    // what its messages say
  std::string version;  // for instance 4.1.3.33176
  std::optional<IpAddress>
      source;  // local address its messages leave from; receivers know it by that
  Place place;
};

// A single named user is a group of one whose pattern is not numbered.
struct UserGroup {
  std::string key;  // its name in the file
  std::uint32_t count = 1;
  NamePattern name;
  std::string domain;  // may be empty
  UserForm form = UserForm::kBare;
  Place place;
};

enum class HeartbeatClock : std::uint8_t {
  kBoot,   // phases hashed over the whole period: spread evenly
  kLogon,  // counts from the logon: a morning shift stays bunched
};

struct EndpointGroup {
  std::string key;
  std::uint32_t count = 1;
  NamePattern host;
  std::vector<IpNetwork> pool;  // filled one after the other, endpoint i gets usable address i
  SimTime heartbeat = std::chrono::minutes{60};
  std::uint32_t jitter_ppm =
      0;  // each beat moves by up to this share of the period, both ways; < 50 %
  HeartbeatClock clock = HeartbeatClock::kBoot;
  // Instead of a heartbeat period: the group as a whole sends message k at exactly k / rate, from
  // endpoint k modulo count, and a logon sends nothing of its own. Used by `load`.
  std::optional<Rate> rate;
  std::uint64_t messages_max = 0;  // with rate: how many in all; 0 = until the scenario's end
  std::string agent_version;       // empty: the ESM's version
  std::string esm;                 // name of its ESM; empty: spread over all of them by share
  Place place;
};

enum class Curve : std::uint8_t { kAtOnce, kUniform, kNormal, kPoisson };

// A whole group logs on or off: user i of `users` at endpoint i of `endpoints`.
struct Activity {
  enum class Kind : std::uint8_t { kLogon, kLogoff } kind = Kind::kLogon;
  std::uint32_t users = 0;      // index into Scenario::users
  std::uint32_t endpoints = 0;  // index into Scenario::endpoints; for a logoff that of its logon
  SimTime at{};
  SimTime within{};
  Curve curve = Curve::kUniform;
  Place place;
};

struct UserRef {
  std::uint32_t group = 0;
  std::uint32_t index = 0;
  friend bool operator==(const UserRef&, const UserRef&) = default;
};
struct EndpointRef {
  std::uint32_t group = 0;
  std::uint32_t index = 0;
  friend bool operator==(const EndpointRef&, const EndpointRef&) = default;
};

struct LogonStep {
  UserRef user;
  EndpointRef endpoint;
};
struct LogoffStep {
  UserRef user;
  std::optional<EndpointRef> endpoint;
};  // none: wherever they are
// After everything due up to and at this moment the receiver maps each endpoint's address to the
// user (the text as the profile reads it), or to nobody (empty).
struct ExpectStep {
  struct Line {
    EndpointRef endpoint;
    std::optional<UserRef> user;
    Place place;
  };
  std::vector<Line> lines;
};
struct Step {
  SimTime at{};
  std::variant<LogonStep, LogoffStep, ExpectStep> what;
  Place place;
};

// What the receiver is set to; used by check and truth, never by what is sent, except `for`.
struct ReceiverSettings {
  std::string profile = "traps-kb";
  SimTime mapping_timeout = std::chrono::minutes{45};
  std::string preset;  // `for:` panos-9, rsyslog …; empty: none
};

struct Scenario {
  std::string about;
  UtcTime start{};  // virtual epoch of render and truth
  bool start_given = false;
  SimTime length{};
  std::vector<EsmServer> esms;  // at least one
  ReceiverSettings receiver;
  std::string message = "traps-leef-heartbeat";  // template
  std::vector<UserGroup> users;
  std::vector<EndpointGroup> endpoints;
  std::vector<Activity> activities;  // in file order
  std::vector<Step> steps;           // sorted by time, file order within one moment

  // The YAML it came from (or that describes it), embedded in run records.
  SourceText source;
};

}  // namespace esm
