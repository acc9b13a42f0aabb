// Runs the program of one template for an event. One per thread: it keeps the text of the current
// second, and what endpoints of a small fleet said last.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "sender/base/time.h"
#include "sender/message/clock_faces.h"
#include "sender/message/drawn_text.h"
#include "sender/message/program.h"
#include "sender/message/remembered_messages.h"
#include "sender/message/template.h"
#include "sender/scenario/plan.h"

namespace esm {

class TemplatePlayer {
 public:
  // `epoch`: the moment of simulated time 0, not before 1970. The plan must outlive the player.
  TemplatePlayer(const Template& message, const Plan& plan, UtcTime epoch);
  TemplatePlayer(const TemplatePlayer&) = delete;  // clocks_ refer to program_

  std::size_t length_max() const { return std::max(program_.length_max, pad_to_); }
  std::size_t padded_length_min() const { return program_.length_max + program_.padding.size(); }
  std::string_view padding() const { return program_.padding; }
  bool padding_fits() const { return pad_to_ == 0 || padded_length_min() <= pad_to_; }

  // From now on; where that saves anything.
  void remember();

  // As Renderer::render().
  char* render(const Event& event, char* out);

 private:
  char* put_together_and_remember(const Event& event, char* out);
  template <typename At>
  char* put_together(const Event& event, char* out, const At& at);

  std::uint32_t text_of(UserRef user) const;
  char* put_text(char* out, std::uint32_t which, std::uint32_t index) const;
  char* put_user(char* out, std::uint32_t which, UserRef user) const;
  char* put_changed(char* out, const MemberText& text, std::string_view name) const;
  char* pad(char* begin, char* out) const;

  const Plan& plan_;
  std::size_t pad_to_;
  Program program_;
  DrawnText drawn_;
  ClockFaces clocks_;  // of program_.clocks
  bool one_group_, one_user_group_;
  bool needs_time_ = false, needs_endpoint_ = false, needs_user_ = false, needs_esm_ = false;
  std::optional<RememberedMessages> remembered_;
};

}  // namespace esm
