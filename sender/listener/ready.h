// How whoever started a listener learns that it listens, and on which ports.
#pragma once

#include <string>

#include "sender/base/diagnostics.h"
#include "sender/listener/listener_options.h"

namespace esm {

// {"udp":[…],"tcp":[…],"tls":[…]} and LF.
std::string ready_text(const ListenerPorts& ports);

// Removes what an earlier run left. False, with an error, for a file that is none of ours.
bool remove_ready_file(const std::string& path, Diagnostics& diagnostics);
// Who waits for the file finds all of it or no file, and no other file is touched. What is there
// already and no file (a device, a pipe) is written to.
void write_ready_file(const std::string& path, const std::string& text, Diagnostics& diagnostics);
// A descriptor that whoever started us holds the other end of; closed then, unless it is a standard
// one.
void write_ready_fd(int fd, const std::string& text, Diagnostics& diagnostics);

}  // namespace esm
