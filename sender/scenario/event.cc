#include "sender/scenario/event.h"

namespace esm {

std::string_view name_of(EventKind kind) {
  switch (kind) {
    case EventKind::kLogon:
      return "logon";
    case EventKind::kHeartbeat:
      return "heartbeat";
    case EventKind::kUnlock:
      return "unlock";
    case EventKind::kWake:
      return "wake";
    case EventKind::kRoam:
      return "roam";
    case EventKind::kBoot:
      return "boot";
    case EventKind::kNoise:
      return "noise";
    case EventKind::kLogoff:
      return "logoff";
  }
  return "";
}

}  // namespace esm
