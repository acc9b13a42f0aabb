#include "sender/engine/capacity_search.h"

#include <algorithm>

namespace esm {
namespace {

__extension__ using Wide = unsigned __int128;

bool exceeds(std::uint64_t part, std::uint64_t whole, std::uint32_t ppm) {
  return Wide{part} * 1'000'000 > Wide{whole} * ppm;
}

}  // namespace

std::uint64_t CapacityMeasure::reached() const {
  const std::chrono::nanoseconds time = elapsed + behind.value_or(std::chrono::nanoseconds{});
  if (time.count() <= 0) return 0;
  const auto ns = static_cast<std::uint64_t>(time.count());
  const std::uint64_t lost = arrived ? std::min(arrived->lost, written) : 0;
  return static_cast<std::uint64_t>((Wide{written - lost} * 1'000'000'000U + ns / 2) / ns);
}

CapacityVerdict judge(const CapacityMeasure& measure, const CapacityLimits& limits) {
  if (measure.broken) return CapacityVerdict::kBroken;
  if (measure.arrived &&
      exceeds(measure.arrived->lost, measure.arrived->expected, limits.loss_ppm)) {
    return CapacityVerdict::kLoss;
  }
  const bool behind = measure.behind && *measure.behind > limits.late;
  if (behind) return CapacityVerdict::kBackPressure;
  const bool slow =
      exceeds(measure.unsent, measure.due, limits.loss_ppm) || measure.p99 > limits.late;
  if (!slow) return CapacityVerdict::kHeld;
  // A receiver that is fast empties its buffers at once when nothing more comes; that the sender
  // stood still before them a good part of the time tells all the same.
  return measure.waited >= measure.elapsed / 4 && measure.waited.count() > 0
             ? CapacityVerdict::kBackPressure
             : CapacityVerdict::kSender;
}

bool CapacitySearch::close_enough() const {
  const std::uint64_t gap = failed_->rate - held_;
  return gap <= 1 || !exceeds(gap, held_, bounds_.precision_ppm);
}

CapacitySearch::End CapacitySearch::end() const {
  if (broken_) return End::kBroken;
  if (!again_) {
    if (failed_ && held_ == 0 && failed_->rate <= 1) return End::kNothingHeld;
    if (failed_ && held_ > 0 && close_enough()) return End::kFound;
    if (!failed_ && held_ >= bounds_.most) return End::kMostHeld;
  }
  return steps_ >= bounds_.steps_max ? End::kStepsUsed : End::kGoesOn;
}

std::optional<std::uint64_t> CapacitySearch::next() const {
  if (end() != End::kGoesOn) return std::nullopt;
  if (again_) return again_;
  if (!failed_) return held_ == 0 ? bounds_.first : std::min(held_ * 2, bounds_.most);
  return held_ + (failed_->rate - held_) / 2;
}

void CapacitySearch::add(std::uint64_t rate, CapacityVerdict verdict) {
  ++steps_;
  if (verdict == CapacityVerdict::kBroken) {
    broken_ = true;
    failed_ = Failed{rate, verdict};
  } else if (verdict == CapacityVerdict::kHeld) {
    again_.reset();
    held_ = std::max(held_, rate);
  } else if (again_ == rate) {
    again_.reset();
    failed_ = Failed{rate, verdict};
  } else {
    again_ = rate;
  }
}

}  // namespace esm
