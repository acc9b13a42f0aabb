// What a correct receiver has learnt.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "sender/base/units.h"
#include "sender/cli/inputs.h"
#include "sender/mapping/table.h"
#include "sender/testkit/result.h"

namespace esm::testkit {

// text() is the table as a firewall's console shows it, or why there is none.
class Truth : public Result {
 public:
  // There is none.
  explicit Truth(std::string why) : Result(false, std::move(why)) {}

  // By address.
  const std::vector<Mapping>& mappings() const { return mappings_; }
  // Who is mapped to an address ("10.0.1.51"); "" nobody. Where either of two is right (contested
  // logins), mappings() tells the other.
  std::string user_of(std::string_view address) const;

 private:
  friend Truth truth_of(const Inputs&, const std::string&, const std::optional<Speed>&,
                        const ReceiverSetting&);
  Truth(std::string table, std::vector<Mapping> mappings)
      : Result(true, std::move(table)), mappings_(std::move(mappings)) {}

  std::vector<Mapping> mappings_;
};

// `moment`: since the scenario's start ("30m"), or "end". `played`: the run's speed, none: max.
Truth truth_of(const Inputs& inputs, const std::string& moment, const std::optional<Speed>& played,
               const ReceiverSetting& receiver);

}  // namespace esm::testkit
