#include "sender/message/text_index.h"

#include <algorithm>

namespace esm {

TextIndex::TextIndex(const Template& message, const Plan& plan) {
  const Scenario& scenario = plan.scenario();
  std::uint32_t versions = 0, systems = 0;
  for (const EndpointGroup& group : scenario.endpoints) {
    has_dash = has_dash || group.idle == IdleBeat::kDash;
    version_bases.push_back(versions);
    versions += static_cast<std::uint32_t>(group.versions.empty() ? scenario.esms.size()
                                                                  : group.versions.size());
    os_bases.push_back(systems);
    systems += static_cast<std::uint32_t>(std::max<std::size_t>(group.os.size(), 1));
  }
  for (const UserGroup& group : scenario.users) {
    UserTexts texts{nobody, false, false, group.people.get(), UserVariants(group)};
    texts.quoted = group.people && message.format == Format::kCsv;
    const std::uint32_t size = texts.variants.size() * (texts.quoted ? 2 : 1);
    texts.varied = size > 1;
    nobody += size;
    users.push_back(texts);
  }
}

}  // namespace esm
