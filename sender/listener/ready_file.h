// How whoever started a listener learns that it listens, and on which ports.
#pragma once

#include <string>

#include "sender/base/diagnostics.h"
#include "sender/listener/listener_options.h"

namespace esm {

// {"udp":[…],"tcp":[…],"tls":[…]}, whole: who waits for the file never finds a part of it.
void write_ready_file(const std::string& path, const ListenerPorts& ports,
                      Diagnostics& diagnostics);

}  // namespace esm
