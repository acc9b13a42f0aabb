#include "sender/testkit/truth.h"

#include "sender/base/diagnostics.h"
#include "sender/mapping/panos_text.h"
#include "sender/mapping/profile_set.h"
#include "sender/mapping/truth.h"

namespace esm::testkit {

std::string Truth::user_of(std::string_view address) const {
  const std::optional<IpAddress> wanted = IpAddress::parse(address);
  for (const Mapping& mapping : mappings_) {
    if (mapping.address == wanted) return mapping.user;
  }
  return {};
}

Truth truth_of(const Inputs& inputs, const std::string& moment, const std::optional<Speed>& played,
               const ReceiverSetting& receiver) {
  Diagnostics diagnostics;
  const std::optional<SimTime> at = parse_moment(moment, inputs, "moment", diagnostics);
  if (!at) return Truth(diagnostics.render());
  const ProfileSet profiles(inputs.profiles);
  const Templates templates = inputs.templates();
  TruthWalk walk(*inputs.plan, templates, profiles, truth_options_of(inputs, played, receiver));
  walk.advance(*at);
  std::vector<Mapping> mappings = walk.table().alive(*at);
  std::string table = panos_mapping_table(mappings, *at);
  return {std::move(table), std::move(mappings)};
}

}  // namespace esm::testkit
