#include "sender/report/histogram.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cmath>

// HdrHistogram's geometry. Values below 2,048 (the power of two above 2 * 10^3, for three digits)
// have a counter each. Above that every doubling of the value, called a bucket, has 1,024 counters
// and so twice the width of the one before: bucket b holds values of 11 + b bits in steps of 2^b.
// Bucket 0 uses all of its 2,048 counters, every other one only its upper half, because the lower
// half belongs to the buckets before it: counters lie one behind the other, 1,024 a bucket.

namespace esm {
namespace {

constexpr int kHalfBits = 10;
constexpr std::int64_t kHalf = std::int64_t{1} << kHalfBits;
constexpr std::int64_t kMask = 2 * kHalf - 1;
constexpr std::int64_t kHighestNs = Histogram::kHighest / std::chrono::nanoseconds{1};

constexpr int bucket_of(std::int64_t value) {
  return 63 - std::countl_zero(static_cast<std::uint64_t>(value | kMask)) - kHalfBits;
}

constexpr std::size_t index_of(std::int64_t value) {
  const int bucket = bucket_of(value);
  return static_cast<std::size_t>((std::int64_t{bucket} << kHalfBits) + (value >> bucket));
}

constexpr std::int64_t value_at(std::size_t index) {
  const auto i = static_cast<std::int64_t>(index);
  const std::int64_t bucket = std::max<std::int64_t>((i >> kHalfBits) - 1, 0);
  return (i - (bucket << kHalfBits)) << bucket;
}

constexpr std::size_t kCounters = index_of(kHighestNs) + 1;
static_assert(value_at(index_of(kHighestNs)) <= kHighestNs);
static_assert(value_at(0) == 0 && value_at(2047) == 2047 && value_at(2048) == 2048 &&
              value_at(2049) == 2050);

}  // namespace

std::int64_t Histogram::lowest_equivalent(std::int64_t value) {
  const int bucket = bucket_of(value);
  return value >> bucket << bucket;
}

std::int64_t Histogram::highest_equivalent(std::int64_t value) {
  return lowest_equivalent(value) + (std::int64_t{1} << bucket_of(value)) - 1;
}

Histogram::Histogram() : counts_(kCounters, 0) {}

void Histogram::record(std::chrono::nanoseconds value, std::uint64_t count) {
  if (count == 0) return;
  const std::int64_t ns = std::clamp<std::int64_t>(value.count(), 0, kHighestNs);
  counts_[index_of(ns)] += count;
  min_ = count_ == 0 ? ns : std::min(min_, ns);
  max_ = std::max(max_, ns);
  count_ += count;
}

void Histogram::add(const Histogram& other) {
  if (other.count_ == 0) return;
  for (std::size_t i = 0; i < kCounters; ++i) counts_[i] += other.counts_[i];
  min_ = count_ == 0 ? other.min_ : std::min(min_, other.min_);
  max_ = std::max(max_, other.max_);
  count_ += other.count_;
}

std::chrono::nanoseconds Histogram::percentile(double percentile) const {
  if (count_ == 0) return std::chrono::nanoseconds{0};
  // One step down, so that rounding cannot ask for a value more than the percentile means.
  const double asked = std::clamp(std::nextafter(percentile, -INFINITY), 0.0, 100.0);
  const double share = std::ceil(asked * static_cast<double>(count_) / 100.0);
  // The largest count is not exact as a double.
  const std::uint64_t wanted = share >= static_cast<double>(count_)
                                   ? count_
                                   : std::max<std::uint64_t>(static_cast<std::uint64_t>(share), 1);
  std::uint64_t seen = 0;
  for (std::size_t i = 0; i < kCounters; ++i) {
    seen += counts_[i];
    if (seen < wanted) continue;
    const std::int64_t value = value_at(i);
    return std::chrono::nanoseconds{percentile <= 0 ? value : highest_equivalent(value)};
  }
  assert(false && "the counters sum up to count_");
  return max();
}

std::vector<Histogram::Bucket> Histogram::buckets() const {
  std::vector<Bucket> out;
  for (std::size_t i = 0; i < kCounters; ++i) {
    if (counts_[i] > 0) out.push_back({value_at(i), counts_[i]});
  }
  return out;
}

std::optional<Histogram> Histogram::from_buckets(std::span<const Bucket> buckets,
                                                 std::chrono::nanoseconds min,
                                                 std::chrono::nanoseconds max) {
  Histogram out;
  if (buckets.empty()) {
    if (min.count() != 0 || max.count() != 0) return std::nullopt;
    return out;
  }
  std::int64_t before = -1;
  for (const Bucket& bucket : buckets) {
    if (bucket.value <= before || bucket.value > kHighestNs ||
        lowest_equivalent(bucket.value) != bucket.value || bucket.count == 0 ||
        bucket.count > UINT64_MAX - out.count_) {
      return std::nullopt;
    }
    before = bucket.value;
    out.counts_[index_of(bucket.value)] = bucket.count;
    out.count_ += bucket.count;
  }
  const auto within = [](std::int64_t value, const Bucket& bucket) {
    return value >= bucket.value && value <= kHighestNs && lowest_equivalent(value) == bucket.value;
  };
  if (!within(min.count(), buckets.front()) || !within(max.count(), buckets.back()) || max < min) {
    return std::nullopt;
  }
  out.min_ = min.count();
  out.max_ = max.count();
  return out;
}

}  // namespace esm
