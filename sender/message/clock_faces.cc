#include "sender/message/clock_faces.h"

#include <cassert>

namespace esm {
namespace {

using std::chrono::nanoseconds;
constexpr UtcTime kLongAgo{nanoseconds{std::int64_t{-1} << 62}};
constexpr std::int64_t kDay = nanoseconds{std::chrono::days{1}}.count();

}  // namespace

ClockFaces::ClockFaces(const std::vector<ClockText>& texts, const LocalClock& local, UtcTime epoch)
    : local_(local),
      epoch_(epoch),
      faces_(texts.begin(), texts.end()),
      change_(!local.changes().empty()),
      utc_offset_(local.utc_offset(SimTime{0})),
      day_(kLongAgo) {
  assert(epoch.time_since_epoch().count() >= 0);
  for (const ClockFace& face : faces_) stay_in_place_ = stay_in_place_ && face.stays_in_place();
}

void ClockFaces::turn_to_second(SimTime due) {
  if (change_) {
    if (const auto offset = local_.utc_offset(due); offset != utc_offset_) {
      utc_offset_ = offset;
      day_ = kLongAgo;
    }
  }
  const UtcTime time = epoch_ + due;
  std::int64_t into_day = (time - day_).count();
  const bool another_day = into_day < 0 || into_day >= kDay;
  if (another_day) into_day = begin_day(time);
  const std::uint64_t seconds = static_cast<std::uint64_t>(into_day) / kSecond;
  fraction_ = static_cast<std::uint32_t>(static_cast<std::uint64_t>(into_day) - seconds * kSecond);
  second_ = due - nanoseconds{fraction_};
  hands_.set(static_cast<std::uint32_t>(seconds));
  turned_ = true;
  if (another_day || !stay_in_place_) write(another_day, seconds);
}

std::int64_t ClockFaces::begin_day(UtcTime time) {
  ++day_number_;
  day_ = std::chrono::floor<std::chrono::days>(time + utc_offset_) - utc_offset_;
  return (time - day_).count();
}

void ClockFaces::write(bool another_day, std::uint64_t second_of_day) {
  const UtcTime second = day_ + std::chrono::seconds{second_of_day};
  const CivilTime civil = civil_time(second, utc_offset_);
  for (ClockFace& face : faces_) {
    if (another_day || !face.stays_in_place()) face.write(civil, second);
  }
}

}  // namespace esm
