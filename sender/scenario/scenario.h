// A scenario file as plain values: what a person wrote, checked, with defaults filled in, nothing
// drawn yet. scenarios/README.md documents every key. Built by read_scenario (scenario_reader.h)
// from YAML, or by make_load_scenario (load_scenario.h) from the options of `load`.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "sender/base/address_block.h"
#include "sender/base/diagnostics.h"
#include "sender/base/ip_address.h"
#include "sender/base/time.h"
#include "sender/base/units.h"
#include "sender/scenario/curve.h"
#include "sender/scenario/fault.h"
#include "sender/scenario/length.h"
#include "sender/scenario/local_clock.h"
#include "sender/scenario/name_pattern.h"
#include "sender/scenario/outage.h"
#include "sender/scenario/share.h"
#include "sender/scenario/user_group.h"

namespace esm {

inline constexpr std::uint32_t kNoGroup = 0xFFFFFFFF;
// Members of a group of users or endpoints.
inline constexpr std::uint32_t kGroupCountMax = 100'000'000;

struct EsmServer {
  std::string name;
  IpAddress address;    // what its messages say
  std::string version;  // for instance 4.1.3.33176
  std::optional<IpAddress>
      source;  // local address its messages leave from; receivers know it by that
  Place place{};
  // How much of the fleet reports to it; 0 for all: equal parts. Together 1,000,000.
  std::uint32_t share_ppm = 0;
  Outages outages;
};

enum class HeartbeatClock : std::uint8_t {
  kBoot,   // phases hashed over the whole period: spread evenly
  kLogon,  // counts from the logon: a morning shift stays bunched
};

// What agents send while nobody is logged on.
enum class IdleBeat : std::uint8_t {
  kSilent,  // nothing
  kEmpty,   // heartbeats without a user
  kDash,    // heartbeats with '-' as the user
  kStale,   // heartbeats with the user who was there last
};

// Addresses of a group's endpoints at one place: the office, its wifi, the VPN.
struct Site {
  std::string key;
  std::vector<AddressBlock> pool;  // filled one after the other
  // 0: endpoint i has usable address i for ever. Else leases last so long, and each is for another
  // address of the pool, which is at least twice as large as the group.
  SimTime lease{};
};

struct EndpointGroup {
  std::string key;
  std::uint32_t count = 1;
  NamePattern host;
  std::vector<AddressBlock> pool;  // of site 0, where they are at the start
  SimTime lease{};                 // of site 0
  std::vector<Site> away;          // sites 1, 2 …
  // A second address of each endpoint at site 0, for ever: dual stack. Filled as `pool`.
  std::vector<AddressBlock> second_pool;
  std::uint32_t second_ppm = 500'000;  // how many of the messages from there say it
  SimTime heartbeat = std::chrono::minutes{60};
  std::uint32_t jitter_ppm =
      0;  // each beat moves by up to this share of the period, both ways; < 50 %
  HeartbeatClock clock = HeartbeatClock::kBoot;
  // Instead of a heartbeat period: the group as a whole sends message k at exactly k / rate, from
  // endpoint k modulo count, and a logon sends nothing of its own. Used by `load`.
  std::optional<Rate> rate;
  SimTime ramp{};                   // with rate: it rises evenly from nothing over so long
  std::uint64_t messages_max = 0;   // with rate: how many in all; 0 = until the scenario's end
  std::vector<TextShare> versions;  // of the agents; none: their ESM's
  std::vector<TextShare> os;        // operating systems; none: no text
  IdleBeat idle = IdleBeat::kSilent;
  // What an endpoint sends when somebody logs off there: which of Scenario::logoffs, from 1. 0:
  // nothing, as it is with ESM.
  std::uint8_t logoff = 0;
  bool many_users = false;  // a terminal server: user i of a larger group sits at i modulo count
  std::string esm;          // name of its ESM; empty: spread over all of them by share
  Place place;
};

// A part of a group, and how many of it take part in something.
struct PartShare {
  std::uint32_t parts_per_million = 0;
  std::uint32_t share_ppm = 0;
};

// A whole group of users or endpoints does something, each member at its own moment, once or again
// and again.
struct Activity {
  enum class Kind : std::uint8_t {
    // of users, at the endpoints where they sit
    kLogon,
    kLogoff,
    kLock,
    kUnlock,
    // of endpoints
    kSleep,
    kWake,
    kBoot,
    kShutdown,
    kCrash,
    kRoam,
  };
  Kind kind = Kind::kLogon;
  std::uint32_t users = kNoGroup;  // index into Scenario::users; kNoGroup where endpoints act
  std::uint32_t endpoints = 0;     // index into Scenario::endpoints
  std::uint8_t site = 0;           // kRoam: where to
  SimTime at{};
  SimTime within{};
  Curve curve = Curve::kUniform;
  CurveTable curve_table;               // of Curve::kTable
  std::uint32_t share_ppm = 1'000'000;  // how many of the members take part, drawn each time anew
  std::vector<PartShare> shares;        // instead: by part of the group; the parts are the whole
  SimTime repeat{};                     // 0: once; else the window comes again after so long
  // After so long it is undone: a logon by `then`, a lock by an unlock, and so on.
  std::optional<Length> lasts;
  Kind then = Kind::kLogoff;
  bool silent = false;    // no heartbeat is sent because of it, nor of its undoing
  bool shuffled = false;  // kLogon: each time the users sit at other endpoints
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
// A machine does something, or somebody at it: any kind but logons and logoffs.
struct MachineStep {
  Activity::Kind kind = Activity::Kind::kSleep;
  EndpointRef endpoint;
  std::optional<UserRef> user;  // of kLock and kUnlock
  std::uint8_t site = 0;        // of kRoam
};
// After everything due up to and at this moment the receiver maps each endpoint's address to the
// user (the text as the profile reads it), or to nobody (empty).
struct ExpectStep {
  struct Line {
    EndpointRef endpoint;
    std::optional<UserRef> user;
    bool second = false;  // it is about the endpoint's second address
    Place place;
  };
  std::vector<Line> lines;
};
struct Step {
  SimTime at{};
  std::variant<LogonStep, LogoffStep, MachineStep, ExpectStep> what;
  bool silent = false;
  std::uint8_t fault = 0;  // of the message that it sends: Event::fault
  Place place;
};

// What agents of a group send beside their heartbeats, while they send those.
struct Noise {
  std::string message;          // template
  std::uint32_t endpoints = 0;  // index into Scenario::endpoints
  SimTime every{};  // one from each endpoint in every so long, at moments drawn for each
  Place place;      // of `message`
};

// A template of what endpoints send when somebody logs off.
struct LogoffMessage {
  std::string message;
  Place place{};
};
// Different ones.
inline constexpr std::size_t kLogoffMessagesMax = 100;

// What the receiver is set to; used by check and truth, never by what is sent, except `for`.
struct ReceiverSettings {
  struct Profile {
    std::string name;
    Place place{};
  };
  std::vector<Profile> profiles{{"traps-kb"}};  // in the order the receiver tries them
  SimTime mapping_timeout = std::chrono::minutes{45};
  SimTime max_mapping_timeout = kNever;  // of an entry from its user's first login on
  std::string preset;                    // `for:` panos-9, rsyslog …; empty: none
};

// What the person who plays the scenario chose for one of its parameters: --set endpoints=5000.
struct Setting {
  std::string name;
  std::string value;
};

struct Scenario {
  std::string about;
  UtcTime start{};  // virtual epoch of render and truth
  bool start_given = false;
  LocalClock clock;  // of times of day in the file, and of what messages say
  SimTime length{};
  std::vector<EsmServer> esms;  // at least one
  ReceiverSettings receiver;
  std::string message = "traps-leef-heartbeat";  // template
  std::vector<UserGroup> users;
  std::vector<EndpointGroup> endpoints;
  std::vector<Activity> activities;    // in file order
  std::vector<Step> steps;             // sorted by time, file order within one moment
  std::vector<Noise> noise;            // in file order
  std::vector<LogoffMessage> logoffs;  // each template once, as endpoint groups name them first
  std::vector<Fault> faults;           // in file order, then those that only steps ask for

  // The YAML it came from (or that describes it), and all that was read or chosen besides: embedded
  // in run records.
  SourceText source;
  std::vector<Setting> settings;
  // The files it names, by the names it gives them, in the order in which they were first read.
  std::vector<SourceText> files;
};

}  // namespace esm
