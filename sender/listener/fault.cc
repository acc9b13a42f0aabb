#include "sender/listener/fault.h"

#include <algorithm>

namespace esm {
namespace {

constexpr std::int64_t kNanosPerSecond = 1'000'000'000;

}  // namespace

std::size_t ByteBudget::available(std::chrono::nanoseconds now) {
  __extension__ using Wide = __int128;
  const std::int64_t most = static_cast<std::int64_t>(std::max<std::uint64_t>(rate_ / 10, 1));
  const Wide more = Wide{(now - last_).count()} * rate_ / kNanosPerSecond;
  if (bytes_ + more >= most) {
    bytes_ = most;
    last_ = now;
  } else {
    bytes_ += static_cast<std::int64_t>(more);
    // What is less than a byte is kept as time.
    last_ += std::chrono::nanoseconds(static_cast<std::int64_t>(more * kNanosPerSecond / rate_));
  }
  return static_cast<std::size_t>(std::max<std::int64_t>(bytes_, 0));
}

}  // namespace esm
