// Event -> bytes. A template is compiled once, against one plan, into a list of copies; rendering
// an event then allocates nothing and looks nothing up by name. One per thread (it caches the text
// of the current second).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "sender/base/time.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

class Renderer {
 public:
  // `epoch` is the moment of simulated time 0. Both references must outlive the renderer.
  Renderer(const Template& message, const Plan& plan, UtcTime epoch);
  ~Renderer();
  Renderer(Renderer&&) noexcept;

  // No message of this plan is longer, in bytes.
  std::size_t length_max() const;

  // Whether every message can be padded to exactly message.pad_to bytes; what length_max() would be
  // without padding, and with the shortest padding there is.
  bool padding_fits() const;
  std::size_t padded_length_min() const;

  // Writes the message for `event`, without any framing, to `out`, where length_max() bytes are
  // free; returns the end. Never contains CR, LF or NUL.
  char* render(const Event& event, char* out);

  // The same for tests and tools.
  std::string render(const Event& event);

 private:
  class Player;
  std::unique_ptr<Player> player_;
};

}  // namespace esm
