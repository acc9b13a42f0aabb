#include "sender/base/books.h"

namespace esm {

std::string_view name_of(Fate fate) {
  switch (fate) {
    case Fate::kWritten:
      return "written";
    case Fate::kCut:
      return "cut";
    case Fate::kRefused:
      return "refused";
    case Fate::kDropped:
      return "dropped";
    case Fate::kElsewhere:
      return "elsewhere";
  }
  return "?";
}

std::string_view name_of(Reason reason) {
  switch (reason) {
    case Reason::kNone:
      return "none";
    case Reason::kTooLong:
      return "too-long";
    case Reason::kNoBuffers:
      return "no-buffers";
    case Reason::kConnectionRefused:
      return "connection-refused";
    case Reason::kUnreachable:
      return "unreachable";
    case Reason::kNotPermitted:
      return "not-permitted";
    case Reason::kOtherError:
      return "other-error";
    case Reason::kTooLate:
      return "too-late";
    case Reason::kDisconnected:
      return "disconnected";
    case Reason::kQueueFull:
      return "queue-full";
    case Reason::kInterrupted:
      return "interrupted";
    case Reason::kCount:
      break;
  }
  return "?";
}

void Books::add(const Books& other) {
  due += other.due;
  written += other.written;
  cut += other.cut;
  refused += other.refused;
  dropped += other.dropped;
  for (std::size_t i = 0; i < kReasonCount; ++i) by_reason[i] += other.by_reason[i];
  stream = stream || other.stream;
  drained += other.drained;
  acknowledged += other.acknowledged;
  uncertain += other.uncertain;
  icmp_errors += other.icmp_errors;
  bytes_written += other.bytes_written;
  connections += other.connections;
  reconnects += other.reconnects;
  resent += other.resent;
}

bool Books::balanced(bool finished) const {
  std::uint64_t reasons = 0;
  for (const std::uint64_t count : by_reason) reasons += count;
  const bool ends = !stream || !finished || written == drained + acknowledged + uncertain;
  return due == written + refused + dropped && cut <= written && reasons == refused + dropped &&
         ends;
}

}  // namespace esm
