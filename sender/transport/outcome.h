// What became of what was asked of a transport, as plain values (transport.h).
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "sender/base/books.h"

namespace esm {

// The next `count` messages of the batch ended like this. Runs are in batch order and cover a
// prefix of the batch: all of it unless the connection was lost. Behind a loss the rest has no fate
// yet and is the engine's to decide on.
struct FateRun {
  std::uint32_t count = 0;
  Fate fate = Fate::kWritten;
  Reason reason = Reason::kNone;
  int error = 0;  // errno

  friend bool operator==(const FateRun&, const FateRun&) = default;
};

// Why a connection could not be made, or ended.
struct Problem {
  bool happened = false;
  std::string what;        // "connection refused by 127.0.0.1:6514"
  std::string hint;        // "is the listener running? …"
  bool permanent = false;  // trying again cannot help: unknown CA, wrong name, unreadable key file
  // The peer took nothing for the whole write timeout: it may accept another connection, and take
  // nothing there either.
  bool stalled = false;
};

struct WriteOutcome {
  std::vector<FateRun> runs;
  std::uint64_t icmp_errors = 0;
  bool lost = false;  // the connection is gone; open() makes a new one
  Problem problem;    // of the loss; else what people should know: the last ICMP error
  // Streams: how long the batch waited for the receiver to make room.
  std::chrono::nanoseconds waited{};

  // As write() begins with it; `runs` keeps its capacity.
  void clear() {
    runs.clear();
    icmp_errors = 0;
    lost = false;
    problem = Problem{};
    waited = std::chrono::nanoseconds{};
  }
};

// What is known of the messages written on a connection when it is over.
struct CloseOutcome {
  bool drained = false;  // the peer answered our FIN with its own after everything was acknowledged
  std::uint64_t icmp_errors = 0;  // UDP: that have come since the last write
  Problem problem;
};

}  // namespace esm
