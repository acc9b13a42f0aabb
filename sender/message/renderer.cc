#include "sender/message/renderer.h"

#include <algorithm>
#include <cassert>

#include "sender/message/fault.h"
#include "sender/message/put.h"
#include "sender/message/template_player.h"
#include "sender/scenario/other_messages.h"

namespace esm {

Renderer::Renderer(const Templates& templates, const Plan& plan, UtcTime epoch)
    : plan_(&plan), fault_places_(draw_key(plan.seed(), Purpose::kFaultPlace)) {
  assert(templates.others.size() == other_message_count(plan.scenario()));
  players_.reserve(1 + templates.others.size());
  players_.push_back(std::make_unique<TemplatePlayer>(templates.message, plan, epoch));
  players_.back()->remember();
  for (const Template& other : templates.others) {
    players_.push_back(std::make_unique<TemplatePlayer>(other, plan, epoch));
  }
  for (const auto& player : players_) length_max_ = std::max(length_max_, player->length_max());
  for (std::size_t number = 1; number <= plan.scenario().faults.size(); ++number) {
    prepare_fault(number, templates, epoch);
  }
}
Renderer::~Renderer() = default;
Renderer::Renderer(Renderer&&) noexcept = default;

void Renderer::prepare_fault(std::size_t number, const Templates& templates, UtcTime epoch) {
  FaultyPlayers faulty{plan_->scenario().faults[number - 1], {}};
  faulty.players.resize(players_.size());
  const Fault& fault = faulty.fault;
  for (const std::uint8_t message : messages_with_fault(plan_->scenario(), number)) {
    const Template& whole = message == 0 ? templates.message : templates.others[message - 1U];
    TemplatePlayer*& player = faulty.players[message];
    player = players_[message].get();
    if (is_of_fields(fault.kind) || fault.kind == FaultKind::kTimeSkew) {
      const UtcTime clock = epoch + fault.skew;
      altered_.push_back(std::make_unique<TemplatePlayer>(with_fault(whole, fault), *plan_, clock));
      player = altered_.back().get();
    }
    length_max_ = std::max(length_max_, length_with_fault(fault, player->length_max()));
  }
  faulty_.push_back(std::move(faulty));
}

std::size_t Renderer::length_max() const {
  static_assert(kRoomBehind == kPutRoom);
  return length_max_;
}
std::size_t Renderer::length_max(std::size_t message) const {
  return players_[message]->length_max();
}

bool Renderer::padding_fits() const {
  const auto fits = [](const auto& player) { return player->padding_fits(); };
  return std::all_of(players_.begin(), players_.end(), fits) &&
         std::all_of(altered_.begin(), altered_.end(), fits);
}

std::size_t Renderer::padded_length_min(std::size_t message) const {
  std::size_t least = players_[message]->padded_length_min();
  for (const FaultyPlayers& faulty : faulty_) {
    const TemplatePlayer* const player = faulty.players[message];
    if (player != nullptr) least = std::max(least, player->padded_length_min());
  }
  return least;
}

std::size_t Renderer::over_long_min(std::size_t message) const {
  const TemplatePlayer& player = *players_[message];
  return player.length_max() + player.padding().size() + 1;
}

char* Renderer::render(const Event& event, char* out) {
  if (event.fault > 0) [[unlikely]]
    return render_with_fault(event, out);
  return players_[event.message]->render(event, out);
}

char* Renderer::render_with_fault(const Event& event, char* out) {
  const FaultyPlayers& faulty = faulty_[event.fault - 1U];
  TemplatePlayer& player = *faulty.players[event.message];
  Event shown = event;
  if (faulty.fault.kind == FaultKind::kEmptyUser) shown.user = kNobody;
  char* const end = player.render(shown, out);
  const std::uint64_t bits = draw(fault_places_, plan_->identity(event.endpoint), event.ordinal);
  return make_fault(faulty.fault, player.padding(), bits, out, end);
}

std::string Renderer::render(const Event& event) {
  std::string text(room(), '\0');
  text.resize(static_cast<std::size_t>(render(event, text.data()) - text.data()));
  return text;
}

}  // namespace esm
