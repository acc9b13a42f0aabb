// What a receiver of lines finds in one message: itself. Only a deliberate fault can put line ends
// into it.
#pragma once

#include <string_view>

#include "sender/base/lines.h"
#include "sender/scenario/event.h"

namespace esm {

// Calls `sink(std::string_view line)` for each line of the message rendered for `event`.
template <typename Sink>
void for_each_message_line(const Event& event, std::string_view message, const Sink& sink) {
  if (event.fault == 0) {
    sink(message);
  } else {
    for_each_line(message, sink);
  }
}

}  // namespace esm
