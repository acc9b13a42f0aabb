// Latencies in HdrHistogram's own bucket geometry (lowest 1 ns, highest 1 h, 3 significant digits),
// so that its percentile rules hold exactly and histograms of shards can be summed.
#pragma once

#include <chrono>
#include <cstdint>
#include <vector>

namespace esm {

class Histogram {
 public:
  Histogram();

  // Negative values count as 0, values above an hour as an hour.
  void record(std::chrono::nanoseconds value, std::uint64_t count = 1);
  void add(const Histogram& other);

  std::uint64_t count() const { return count_; }
  std::chrono::nanoseconds min() const;
  std::chrono::nanoseconds max() const;
  // The highest value equivalent (to 3 digits) to the one that `percentile` (0 to 100) of all
  // values do not exceed.
  std::chrono::nanoseconds percentile(double percentile) const;

  // Non-empty buckets as (lowest equivalent value in ns, count), for run records.
  struct Bucket {
    std::int64_t value;
    std::uint64_t count;
  };
  std::vector<Bucket> buckets() const;

 private:
  std::vector<std::uint64_t> counts_;
  std::uint64_t count_ = 0;
  std::int64_t min_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace esm
