// What a listener does wrong on purpose, to test senders with it.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>

namespace esm {

struct ListenerFault {
  enum class Kind : std::uint8_t {
    kNone,
    kClose,   // FIN (close_notify over TLS); what still comes is read for 5 s and thrown away
    kReset,   // RST
    kStall,   // reads no more; UDP too, whose datagrams the kernel then drops
    kSlow,    // reads `bytes_per_second`; UDP too
    kRefuse,  // does not listen: ECONNREFUSED; only streams
  };
  Kind kind = Kind::kNone;
  // Once a connection (a UDP port) has given so many messages; those beyond are not taken. 0: from
  // its start. Not of kRefuse.
  std::uint64_t after_messages = 0;
  std::uint64_t bytes_per_second = 0;  // of kSlow; at least 1
  // Of kStall, kSlow, kRefuse: then it behaves. None: to the end.
  std::optional<std::chrono::nanoseconds> lasting{};
  // Connections beyond have no fault. Not of kRefuse and UDP.
  std::uint64_t connections_max = UINT64_MAX;
};

// How much may be read now at a limited speed: what has come together since it was last asked, at
// most a tenth of a second's worth.
class ByteBudget {
 public:
  ByteBudget(std::uint64_t bytes_per_second, std::chrono::nanoseconds now)
      : rate_(bytes_per_second), last_(now) {}

  std::size_t available(std::chrono::nanoseconds now);
  // May be more than there was: then the next bytes wait for longer.
  void spend(std::size_t bytes) { bytes_ -= static_cast<std::int64_t>(bytes); }

 private:
  std::uint64_t rate_;
  std::chrono::nanoseconds last_;
  std::int64_t bytes_ = 0;
};

}  // namespace esm
