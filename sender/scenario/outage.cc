#include "sender/scenario/outage.h"

#include <algorithm>

namespace esm {
namespace {

__extension__ using Wide = __int128;

// The outage in which `time` lies, or null.
const Outage* outage_at(const Outages& outages, SimTime time) {
  const auto after =
      std::upper_bound(outages.begin(), outages.end(), time,
                       [](SimTime moment, const Outage& outage) { return moment < outage.at; });
  if (after == outages.begin()) return nullptr;
  const Outage& last = *(after - 1);
  return time < last.over() ? &last : nullptr;
}

}  // namespace

SimTime leaves_at(const Outages& outages, SimTime ready) {
  const Outage* const outage = outage_at(outages, ready);
  if (outage == nullptr) return ready;
  const Wide waited = (ready - outage->at).count();
  return outage->back() +
         SimTime{static_cast<std::int64_t>(waited * outage->flush.count() /
                                           (outage->lasts + outage->flush).count())};
}

SimTime ready_before(const Outages& outages, SimTime leaves) {
  const Outage* const outage = outage_at(outages, leaves);
  if (outage == nullptr) return leaves;
  if (leaves <= outage->back()) return outage->at;
  const Wide sent = (leaves - outage->back()).count();
  const std::int64_t flush = outage->flush.count();
  return outage->at + SimTime{static_cast<std::int64_t>(
                          (sent * (outage->lasts + outage->flush).count() + flush - 1) / flush)};
}

}  // namespace esm
