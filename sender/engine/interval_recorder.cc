#include "sender/engine/interval_recorder.h"

#include <algorithm>
#include <cassert>

namespace esm {
namespace {

bool same_fate(const FateInterval& a, const FateInterval& b) {
  return a.fate == b.fate && a.reason == b.reason && a.error == b.error;
}

void merge_sorted(std::vector<FateInterval>& list) {
  std::sort(list.begin(), list.end(),
            [](const FateInterval& a, const FateInterval& b) { return a.first < b.first; });
  std::size_t kept = 0;
  for (const FateInterval& next : list) {
    assert(kept == 0 || list[kept - 1].last < next.first);  // no message has two fates
    if (kept > 0 && same_fate(list[kept - 1], next) && list[kept - 1].last + 1 == next.first) {
      list[kept - 1].last = next.last;
    } else {
      list[kept++] = next;
    }
  }
  list.resize(kept);
}

}  // namespace

void IntervalRecorder::add(const FateInterval& interval) {
  assert(interval.first <= interval.last);
  if (!list_.empty()) {
    FateInterval& back = list_.back();
    if (same_fate(back, interval) && back.last + 1 == interval.first) {
      back.last = interval.last;
      return;
    }
  }
  // Twice the bound while unmerged, so that a sort is paid for by as many additions.
  if (list_.size() >= 2 * intervals_max_) merge();
  list_.push_back(interval);
}

void IntervalRecorder::merge() {
  merge_sorted(list_);
  if (list_.size() > intervals_max_) {
    list_.resize(intervals_max_);
    overflowed_ = true;
  }
}

void IntervalRecorder::take(IntervalRecorder& other) {
  for (const FateInterval& interval : other.list_) add(interval);
  overflowed_ = overflowed_ || other.overflowed_;
  other.clear();
}

std::optional<MessageInterval> IntervalRecorder::remove_first(std::uint64_t count,
                                                              IntervalRecorder* into) {
  merge();
  std::optional<MessageInterval> removed;
  auto interval = list_.begin();
  for (; interval != list_.end() && count > 0; ++interval) {
    const std::uint64_t size = interval->last - interval->first + 1;
    const std::uint64_t last = size > count ? interval->first + count - 1 : interval->last;
    if (!removed) removed = MessageInterval{interval->first, last};
    removed->last = last;
    if (into != nullptr) {
      into->add({interval->first, last, interval->fate, interval->reason, interval->error});
    }
    count -= last - interval->first + 1;
    if (last < interval->last) {
      interval->first = last + 1;
      break;
    }
  }
  list_.erase(list_.begin(), interval);
  return removed;
}

void IntervalRecorder::clear() {
  list_.clear();
  overflowed_ = false;
}

const std::vector<FateInterval>& IntervalRecorder::intervals() {
  merge();
  return list_;
}

}  // namespace esm
