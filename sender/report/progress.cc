#include "sender/report/progress.h"

#include <algorithm>

#include <fmt/format.h>

#include "sender/base/units.h"
#include "sender/report/figures.h"

namespace esm {

std::string ProgressLine::update(const Progress& now) {
  const std::uint64_t written = now.written > written_before_ ? now.written - written_before_ : 0;
  const std::chrono::nanoseconds time = now.elapsed - elapsed_before_;
  const std::string rate = format_rate_of(written, time);
  written_before_ = now.written;
  elapsed_before_ = now.elapsed;
  if (form_ == Form::kNone) return {};

  if (form_ == Form::kJsonLines) {
    std::string plain = rate;
    std::erase(plain, ',');
    return fmt::format(
        "{{\"elapsed_ns\":{},\"simulated_ns\":{},\"due\":{},\"written\":{},\"refused\":{},"
        "\"dropped\":{},\"written_per_second\":{},\"lateness_max_ns\":{},\"connections_up\":{},"
        "\"connections_wanted\":{}}}\n",
        now.elapsed.count(), now.simulated.count(), now.due, now.written, now.refused, now.dropped,
        plain, now.lateness_max.count(), now.connections_up, now.connections_wanted);
  }

  std::string line;
  if (now.elapsed.count() <= 0) {
    line = fmt::format("connecting: {} of {} connections are up", now.connections_up,
                       now.connections_wanted);
  } else {
    line = fmt::format("{}s  due {}  written {}  {}/s", format_seconds(now.elapsed, 1),
                       format_thousands(now.due), format_thousands(now.written), rate);
    // What is bad comes before what is usual, so that a narrow terminal shows it.
    if (const std::uint64_t lost = now.refused + now.dropped; lost > 0) {
      line += fmt::format("  LOST {}", format_thousands(lost));
    }
    if (now.connections_up < now.connections_wanted) {
      line += fmt::format("  connected {}/{}", now.connections_up, now.connections_wanted);
    }
    if (now.lateness_max.count() > 0) {
      line += fmt::format("  late {}", format_latency(now.lateness_max));
    }
    if (now.connections_up >= now.connections_wanted) {
      line += fmt::format("  connected {}/{}", now.connections_up, now.connections_wanted);
    }
  }
  // The last column stays free: writing there makes some terminals wrap.
  if (line.size() >= columns_) line.resize(std::max<std::size_t>(columns_, 1) - 1);
  standing_ = true;
  return "\r" + line + "\033[K";
}

std::string ProgressLine::clear() {
  if (!standing_) return {};
  standing_ = false;
  return "\r\033[K";
}

}  // namespace esm
