// The reference receiver: listens on UDP, TCP and TLS, reads lines with parse profiles, keeps the
// table and the counters a firewall keeps.
#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "sender/base/diagnostics.h"
#include "sender/listener/listener_options.h"
#include "sender/listener/listener_result.h"
#include "sender/mapping/profile.h"
#include "sender/mapping/table.h"

namespace esm {

// Blocks until a stop condition or SIGINT/SIGTERM. What the sockets' buffers hold then is still
// read (for at most 1 s; a second signal cuts that short). A socket or file that cannot be opened
// is reported in `diagnostics` and nothing is listened to or returned. An output file that could
// not be written in full is an error there beside a result. `profiles`, at least one, have passed
// read_profile. `on_mapping` may be empty.
std::optional<ListenerResult> listen(const std::vector<Profile>& profiles,
                                     const ListenerOptions& options,
                                     const std::function<void(const Mapping&)>& on_mapping,
                                     Diagnostics& diagnostics);

}  // namespace esm
