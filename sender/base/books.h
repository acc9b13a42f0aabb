// What became of each message, and the sums of it (the words are defined in the README, "What it
// can know"). Counting happens after the system call. One set of books per target; the total is
// their sum.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace esm {

// Where a message ended. Exactly one per message that was due.
enum class Fate : std::uint8_t {
  kWritten,    // the local kernel accepted all of it
  kCut,        // the local kernel accepted only its first part (streams): counts as written, and is
               // uncertain
  kRefused,    // a local error before any byte left
  kDropped,    // never offered to the kernel
  kElsewhere,  // of several targets another one was to get it: it is in no books of this one's
};
inline constexpr int kFateCount = 5;

enum class Reason : std::uint8_t {
  kNone,
  // refused
  kTooLong,            // EMSGSIZE: longer than the transport or the path takes
  kNoBuffers,          // ENOBUFS: the local queue was full
  kConnectionRefused,  // ECONNREFUSED on this very call
  kUnreachable,        // ENETUNREACH, EHOSTUNREACH, ENETDOWN
  kNotPermitted,       // EPERM, EACCES: a local filter
  kOtherError,         // any other errno
  // dropped
  kTooLate,       // beyond the catch-up window
  kDisconnected,  // due while there was no connection
  kQueueFull,     // the bounded queue was full
  kInterrupted,   // due before the run was stopped, not yet offered
  kCount
};

// "too-late", as in reports.
std::string_view name_of(Fate fate);
std::string_view name_of(Reason reason);

inline constexpr std::size_t kReasonCount = static_cast<std::size_t>(Reason::kCount);

struct Books {
  std::uint64_t due = 0;      // = written + refused + dropped
  std::uint64_t written = 0;  // at least one byte was accepted; includes cut
  std::uint64_t cut = 0;      // part of written
  std::uint64_t refused = 0;
  std::uint64_t dropped = 0;
  std::array<std::uint64_t, kReasonCount> by_reason{};  // of refused and dropped

  // Streams only: written = drained + acknowledged + uncertain.
  bool stream = false;
  std::uint64_t drained = 0;  // the peer answered our FIN with its own, after everything
  std::uint64_t acknowledged =
      0;                        // covered by the peer kernel's ACK on a connection that ended badly
  std::uint64_t uncertain = 0;  // written, and nothing more is known

  // Beside the sums.
  std::uint64_t icmp_errors = 0;    // reported on a later call; which message it was cannot be told
  std::uint64_t bytes_written = 0;  // of messages and their framing, before encryption
  std::uint64_t connections = 0;    // that were established
  std::uint64_t reconnects = 0;     // of these, after the first of their lane
  // Written again, because the connection on which they had been written was lost before they were
  // acknowledged: so many may have come more than once. Each time counts.
  std::uint64_t resent = 0;

  void add(const Books& other);
  // The equations above hold. `finished` also demands that every written message of a stream has
  // its end, which is known only when all connections are closed.
  bool balanced(bool finished) const;
};

}  // namespace esm
