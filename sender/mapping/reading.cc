#include "sender/mapping/reading.h"

#include <cassert>

namespace esm {

std::string_view name_of(Reading::Verdict verdict) {
  switch (verdict) {
    case Reading::Verdict::kMapped:
      return "mapped";
    case Reading::Verdict::kIgnored:
      return "ignored";
    case Reading::Verdict::kNoEvent:
      return "no-event";
    case Reading::Verdict::kNoUser:
      return "no-user";
    case Reading::Verdict::kNoAddress:
      return "no-address";
    case Reading::Verdict::kBadAddress:
      return "bad-address";
    case Reading::Verdict::kGaveUp:
      return "gave-up";
  }
  assert(false);
  return "";
}

}  // namespace esm
