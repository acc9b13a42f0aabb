// Latencies in HdrHistogram's own bucket geometry (lowest 1 ns, highest 1 h, 3 significant digits),
// so that its percentile rules hold exactly and histograms of shards can be summed.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace esm {

// Memory is fixed (264 KiB) from construction on; recording allocates nothing. Not thread-safe.
class Histogram {
 public:
  static constexpr std::chrono::nanoseconds kHighest = std::chrono::hours{1};

  Histogram();

  // Negative values count as 0, values above an hour as an hour.
  void record(std::chrono::nanoseconds value, std::uint64_t count = 1);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  // Exact, not rounded to a bucket; 0 when nothing was recorded.
  std::chrono::nanoseconds min() const { return std::chrono::nanoseconds{min_}; }
  std::chrono::nanoseconds max() const { return std::chrono::nanoseconds{max_}; }
  // The highest value equivalent (to 3 digits) to the one that `percentile` (0 to 100) of all
  // values do not exceed, by HdrHistogram's rule; it may therefore lie above max() by up to 0.1 %.
  // For 0 the lowest equivalent of the smallest value, as there. 0 when nothing was recorded.
  std::chrono::nanoseconds percentile(double percentile) const;

  // Non-empty buckets as (lowest equivalent value in ns, count), rising, for run records.
  struct Bucket {
    std::int64_t value;
    std::uint64_t count;
    friend bool operator==(const Bucket&, const Bucket&) = default;
  };
  std::vector<Bucket> buckets() const;
  // The histogram whose buckets(), min() and max() these are; nothing if there is none: a value
  // that is no bucket's lowest, an order that does not rise, a count of 0, a sum beyond 64 bits, a
  // smallest or largest value outside the first or last bucket.
  static std::optional<Histogram> from_buckets(std::span<const Bucket> buckets,
                                               std::chrono::nanoseconds min,
                                               std::chrono::nanoseconds max);

  // The ends of the range of values that share a bucket with `value` (0 to an hour, in ns).
  static std::int64_t lowest_equivalent(std::int64_t value);
  static std::int64_t highest_equivalent(std::int64_t value);

  friend bool operator==(const Histogram&, const Histogram&) = default;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace esm
