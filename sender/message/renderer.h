// Event -> bytes. Each template is compiled once, against one plan, into a list of copies;
// rendering an event then allocates nothing and looks nothing up by name. One per thread (it caches
// the text of the current second).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "sender/base/random.h"
#include "sender/base/time.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

class TemplatePlayer;

class Renderer {
 public:
  // `epoch` is the moment of simulated time 0. The plan must outlive the renderer.
  Renderer(const Templates& templates, const Plan& plan, UtcTime epoch);
  ~Renderer();
  Renderer(Renderer&&) noexcept;

  // No message of this plan is longer, in bytes; and none of one template, by Event::message, that
  // has no fault.
  std::size_t length_max() const;
  std::size_t length_max(std::size_t message) const;

  // What render() needs.
  std::size_t room() const { return length_max() + kRoomBehind; }

  // Whether every message can be padded to exactly its template's pad_to bytes; and the least that
  // would do for all messages of one template, by Event::message.
  bool padding_fits() const;
  std::size_t padded_length_min(std::size_t message = 0) const;

  // The least bytes of the fault kOverLong that make each message of one template longer.
  std::size_t over_long_min(std::size_t message) const;

  // Writes the message for `event`, without any framing, to `out`, where room() bytes are free;
  // returns the end, behind which bytes may have been changed. Never contains CR, LF or NUL, unless
  // the event has a fault.
  char* render(const Event& event, char* out);

  // The same for tests and tools.
  std::string render(const Event& event);

 private:
  static constexpr std::size_t kRoomBehind = 32;
  // A fault, and by Event::message who renders what it is made in: null where it never is.
  struct FaultyPlayers {
    Fault fault;
    std::vector<TemplatePlayer*> players;
  };

  void prepare_fault(std::size_t number, const Templates& templates, UtcTime epoch);
  char* render_with_fault(const Event& event, char* out);

  const Plan* plan_;
  std::size_t length_max_ = 0;
  std::vector<std::unique_ptr<TemplatePlayer>> players_;  // of each template, by Event::message
  std::vector<FaultyPlayers> faulty_;                     // by Event::fault
  std::vector<std::unique_ptr<TemplatePlayer>> altered_;  // of templates that faults have altered
  DrawKey fault_places_;
};

}  // namespace esm
