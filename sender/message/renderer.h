// Event -> bytes. Each template is compiled once, against one plan, into a list of copies;
// rendering an event then allocates nothing and looks nothing up by name. One per thread (it caches
// the text of the current second).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/time.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

class Renderer {
 public:
  // `epoch` is the moment of simulated time 0. The plan must outlive the renderer.
  Renderer(const Templates& templates, const Plan& plan, UtcTime epoch);
  ~Renderer();
  Renderer(Renderer&&) noexcept;

  // No message of this plan is longer, in bytes; and none of one template, by Event::message.
  std::size_t length_max() const;
  std::size_t length_max(std::size_t message) const;

  // Whether every message can be padded to exactly its template's pad_to bytes; and the least that
  // would do for all messages of one template, by Event::message.
  bool padding_fits() const;
  std::size_t padded_length_min(std::size_t message = 0) const;

  // Writes the message for `event`, without any framing, to `out`, where length_max() bytes are
  // free; returns the end. Never contains CR, LF or NUL.
  char* render(const Event& event, char* out);

  // The same for tests and tools.
  std::string render(const Event& event);

 private:
  class Player;
  std::vector<std::unique_ptr<Player>> players_;  // of each template, by Event::message
};

}  // namespace esm
