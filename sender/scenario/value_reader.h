// Values of a scenario's file that are more than a word: moments, lengths that vary, shares of a
// whole.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/base/yaml.h"
#include "sender/scenario/scenario.h"

namespace esm {

// +01:00. False where the key is absent or its value wrong (which is reported).
bool read_utc_offset(YamlMap& map, std::chrono::minutes& out, Diagnostics& diagnostics);

// [ { at: 2h, utc-offset: +02:00 } ], added to scenario.clock.
void read_clock_changes(const YamlNode& node, Scenario& scenario, Diagnostics& diagnostics);

// A duration since the start, or a wall time's next occurrence at or after it. False where the key
// is absent or its value wrong (which is reported).
bool read_time(YamlMap& map, std::string_view key, const Scenario& scenario, SimTime& out,
               Diagnostics& diagnostics);

// 8h, { from: 7h, to: 9h }, { normal: 8h, spread: 30m }, { exponential: 20m, most: 2h },
// { log-normal: 20m, factor: 2, most: 4h }, { table: { 10m: 50%, 2h: 50% } }.
bool read_length(const YamlNode& node, std::string_view key, Length& out, Diagnostics& diagnostics);

// [ { at: 2h, for: 10m, flush: 1m } ]: an ESM's outages, which are sorted by time.
bool read_outages(const YamlNode& node, const Scenario& scenario, Outages& out,
                  Diagnostics& diagnostics);

// { 4.1.3: 80%, 4.2.0: 20% }: what is shared, and the parts, which are 100% together.
struct ReadShare {
  const YamlEntry* entry = nullptr;
  std::uint32_t parts_per_million = 0;
};
bool read_shares(const YamlNode& node, std::string_view key, std::vector<ReadShare>& out,
                 Diagnostics& diagnostics);

}  // namespace esm
