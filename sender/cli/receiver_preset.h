// What known receivers take (`--for`, and `for:` in a scenario): so that nobody has to know about
// framings. Sources: vendors' documentation, and what rsyslog and syslog-ng did when tried.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "sender/message/framing.h"

namespace esm {

struct ReceiverPreset {
  std::string_view name;
  Framing framing;                // on streams
  std::size_t message_bytes_max;  // longer messages are cut or refused there
  bool plain_tcp;                 // takes syslog over TCP without TLS
  std::string_view about;
};

// The longest message that a receiver takes: a preset's, or that of PAN-OS from 10.0 (and of our
// own `listen`) where none is named.
std::size_t message_bytes_max_of(std::string_view preset);

const ReceiverPreset* receiver_preset(std::string_view name);  // null: no such
std::vector<std::string> receiver_preset_names();
// What to say to somebody who wrote a name that is none.
std::string hint_for_receiver(std::string_view name);

}  // namespace esm
