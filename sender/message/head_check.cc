#include "sender/message/head_check.h"

#include <fmt/format.h>

#include "sender/message/escape.h"

namespace esm {

bool check_head(const Template& message, const Scenario& scenario, Diagnostics& diagnostics) {
  if (message.head != Head::kRfc5424) return true;
  bool good = true;
  for (const EsmServer& server : scenario.esms) {
    if (escape(Escape::kHead, server.name) == server.name) continue;
    good = false;
    diagnostics.error(
        server.place,
        server.name.size() > kHeadWordMax
            ? fmt::format("esm: a name of {} bytes cannot stand in an RFC 5424 head",
                          server.name.size())
            : fmt::format("esm: the name '{}' cannot stand in an RFC 5424 head", server.name),
        fmt::format("{} puts it there as HOSTNAME: 1 to {} visible ASCII characters, without "
                    "spaces; give it such a name, or the template another head",
                    message.name, kHeadWordMax));
  }
  return good;
}

}  // namespace esm
