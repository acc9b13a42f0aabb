// Measured figures as people read them, from integers: rounded half up, the same text everywhere.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

namespace esm {

// Three significant digits with the unit that suits: "850ns", "1.23ms", "12.3s", "75.0s".
std::string format_latency(std::chrono::nanoseconds latency);

// `count` in `time` as a rate a second: one decimal below 1,000 ("0.3", "999.9"), else none
// ("50,000"). "0" when `time` is not positive.
std::string format_rate_of(std::uint64_t count, std::chrono::nanoseconds time);

// Seconds with `decimals` (0 to 9) decimals: "12.3".
std::string format_seconds(std::chrono::nanoseconds time, int decimals);

}  // namespace esm
