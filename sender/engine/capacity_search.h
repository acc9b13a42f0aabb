// Which rate a search for a receiver's capacity plays next, and what a step at a rate has shown.
// Pure: measurements go in, a rate comes out; cli/capacity plays and measures.
//
//   first --x2--> … holds --x2--> fails     then the middle between the highest that held and the
//   first --/2--> … fails --/2--> holds     lowest that failed, until they are close enough
//
// One hiccup of a busy machine must not end the search far below the knee: a rate has failed only
// when it failed twice in a row.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace esm {

struct CapacityLimits {
  std::uint32_t loss_ppm = 1'000;  // more messages lost, or too late to be sent, are too many
  std::chrono::nanoseconds late = std::chrono::milliseconds{100};  // longer is too long
};

// One step: what was asked of the sender, and what came of it.
struct CapacityMeasure {
  std::uint64_t rate = 0;              // messages a second that were asked
  std::chrono::nanoseconds elapsed{};  // from the clock's start to the last fate
  std::uint64_t due = 0, written = 0;
  std::uint64_t unsent = 0;           // due, and not sent in time or for want of local buffers
  std::chrono::nanoseconds p99{};     // of the lateness of what was sent
  std::chrono::nanoseconds waited{};  // streams: longest that a connection waited for its receiver
  // From the last fate until the receiver had read everything: a stream's goodbye, or a file that
  // went on growing for longer than files do. None: it cannot be told.
  std::optional<std::chrono::nanoseconds> behind;
  // By the receiver's own records, where there are any: of messages that certainly left, those that
  // are not there.
  struct Arrived {
    std::uint64_t expected = 0, lost = 0;
  };
  std::optional<Arrived> arrived;
  bool broken = false;  // a connection was lost, or datagrams were refused

  // Messages a second that the receiver took, as far as it is known.
  std::uint64_t reached() const;
};

enum class CapacityVerdict : std::uint8_t {
  kHeld,
  kLoss,          // the receiver's records lack messages
  kBackPressure,  // the receiver does not read as fast as that
  kSender,        // the sender was too slow, and nothing points to the receiver
  kBroken,
};

CapacityVerdict judge(const CapacityMeasure& measure, const CapacityLimits& limits);

class CapacitySearch {
 public:
  struct Bounds {
    std::uint64_t first = 1'000;  // 1 to `most`
    std::uint64_t most = 10'000'000;
    std::uint32_t precision_ppm = 50'000;  // of the highest rate that held
    std::uint32_t steps_max = 40;
  };
  explicit CapacitySearch(const Bounds& bounds) : bounds_(bounds) {}

  // Messages a second to try now; none: the search is over.
  std::optional<std::uint64_t> next() const;
  // What came of next().
  void add(std::uint64_t rate, CapacityVerdict verdict);

  enum class End : std::uint8_t {
    kGoesOn,
    kFound,        // between held() and failed()
    kMostHeld,     // the highest rate that may be tried
    kNothingHeld,  // not even one message a second
    kBroken,
    kStepsUsed,
  };
  End end() const;

  std::uint64_t held() const { return held_; }  // 0: nothing has
  struct Failed {
    std::uint64_t rate = 0;
    CapacityVerdict verdict = CapacityVerdict::kHeld;
  };
  // The lowest rate that failed.
  const std::optional<Failed>& failed() const { return failed_; }

 private:
  bool close_enough() const;

  Bounds bounds_;
  std::uint64_t held_ = 0;
  std::optional<Failed> failed_;
  std::optional<std::uint64_t> again_;  // failed once
  std::uint32_t steps_ = 0;
  bool broken_ = false;
};

}  // namespace esm
